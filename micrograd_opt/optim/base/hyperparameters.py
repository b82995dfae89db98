"""Hyperparameters: what each may be, and how a schedule, a function of the step, becomes a number.

A range is written as in mathematics: "[0, 1)" for a number, "{1, 2, …}" for a whole one, a tuple
of ranges for a tuple such as betas, `bool` for a flag, a list for a choice by name. Read next:
`blocks.py`.
"""

from functools import cache
from math import inf

from ...array.ieee import as_float

RATE = "[0, inf)"
COUNT = "{1, 2, …}"


def at(given, i):
    """A hyperparameter at step i: schedules, also inside a tuple, are asked; the rest stays."""
    if callable(given):
        return given(i)
    if isinstance(given, (tuple, list)):
        return tuple([at(part, i) for part in given])
    return given


def scheduled(given):
    """Whether it is a schedule, or a tuple with one inside."""
    return callable(given) or (isinstance(given, (tuple, list)) and any(map(scheduled, given)))


def checked(value, allowed, what):
    """`value` as a plain float, int, bool, name or tuple, if it is in the range `allowed`.

    Raises TypeError for the wrong kind of thing, ValueError for a number outside the range, NaN
    and infinities among them, and for a name that is not in the list.
    """
    if isinstance(allowed, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(allowed):
            ranges = ", ".join(map(str, allowed))
            raise TypeError(f"{what} must be {len(allowed)} numbers in {ranges}, got {value!r:.60}")
        parts = enumerate(zip(value, allowed, strict=True))
        return tuple([checked(x, ok, f"{what}[{i}]") for i, (x, ok) in parts])
    if allowed is bool:
        if not isinstance(value, bool):
            raise TypeError(f"{what} must be True or False, got {value!r:.60}")
        return value
    if isinstance(allowed, list):
        if value not in allowed:
            names = ", ".join(map(repr, allowed))
            raise ValueError(f"{what} must be one of {names}, got {value!r:.60}")
        return value
    if isinstance(value, bool):
        raise TypeError(f"{what} must be a number in {allowed}, got {value}")
    try:
        x = as_float(value)
    except TypeError as error:
        raise TypeError(f"{what} must be a number in {allowed}: {error}") from None
    low, low_allowed, high, high_allowed, whole = _bounds(allowed)
    inside = low < x < high or (x == low and low_allowed) or (x == high and high_allowed)
    if not inside or (whole and not hasattr(value, "__index__")):
        raise ValueError(f"{what} must be in {allowed}, got {value!r}")
    return value.__index__() if whole else x


@cache
def _bounds(allowed):
    """A range as (low, is low in it, high, is high in it, whole numbers only)."""
    first, last = allowed[1:-1].split(", ")[:: 2 if allowed[0] == "{" else 1]
    if allowed[0] == "{":
        return float(first), True, inf, False, True
    return float(first), allowed[0] == "[", float(last), allowed[-1] == "]", False
