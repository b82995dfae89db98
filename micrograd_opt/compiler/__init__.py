"""compile: a traced graph becomes readable, fast Python."""

from .compilation import compile
from .compiled import Compiled

__all__ = ["Compiled", "compile"]
