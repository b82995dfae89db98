"""Checks of arguments that many functions share; each returns what it has checked.

A check takes `what`, the name of the argument, for its error: "Linear: in_features".
Read next: `shapes.py`, which checks shapes.
"""

import random
from math import inf, isfinite

from ..array.ieee import as_float


def generator(rng):
    """A `random.Random` as it is; the `random` module for None. TypeError for a bare seed."""
    if rng is None or rng is random:
        return random
    if not isinstance(rng, random.Random):
        remedy = f"pass rng=random.Random({rng if isinstance(rng, int) else 0})"
        raise TypeError(f"rng: expected a random.Random, got {rng!r:.60}; {remedy}")
    return rng


def whole(n, least, what):
    """n, a whole number from `least` up; TypeError or ValueError if not."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{what} must be an int, got {n!r:.60}")
    if n.__index__() < least:
        raise ValueError(f"{what} must be at least {least}, got {n}")
    return n.__index__()


def real(x, least, most, what, finite=True):
    """x as a float from `least` to `most`; TypeError or ValueError, for NaN too, if not.

    With finite=False an infinity is a number like any other.
    """
    try:
        number = as_float(x)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None
    if finite and not isfinite(number):
        raise ValueError(f"{what} {number} must be finite")
    if not least <= number <= most:
        within = f"at least {least}" if most == inf else f"within [{least}, {most}]"
        raise ValueError(f"{what} {number} must be {within}")
    return number
