"""Statements of several parts as lines: what is too long for one is broken between its parts.

Read next: `layout.py`, which breaks a part.
"""

from .layout import filled
from .text import WIDTH, wrapped


class Bracketed:
    """An expression in brackets, in parts that may stand on lines of their own."""

    def __init__(self, opening, closing, *parts):
        self.opening, self.closing, self.parts = opening, closing, parts

    def __str__(self):
        return f"{self.opening}{' '.join(self.parts)}{self.closing}"


def comprehension(expression, *clauses):
    """[expression for targets in over …], from (targets, over) of each clause."""
    return Bracketed("[", "]", expression, *[f"for {names} in {over}" for names, over in clauses])


def statement(head, text, indent="    "):
    """The lines of a head such as `x = ` and an expression, a string or Bracketed."""
    line = f"{indent}{head}{text}"
    if len(line) <= WIDTH:
        return [line]
    if isinstance(text, str):
        text = Bracketed("(", ")", text)
    inner = [line for part in text.parts for line in filled(part, indent + "    ")]
    return [indent + head + text.opening, *inner, indent + text.closing]


def loop(targets, sources):
    """The lines of a `for` over several lists together."""
    over = f"zip({', '.join(sources)})" if len(sources) > 1 else sources[0]
    line = f"    for {', '.join(targets)} in {over}:"
    if len(line) <= WIDTH:
        return [line]
    head = wrapped(targets, "    ", "for (", ") in zip(")
    return [*head, *filled(f"{', '.join(sources)},", "            "), "    ):"]
