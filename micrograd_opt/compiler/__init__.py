"""compile: a traced graph becomes readable, fast Python."""

from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
