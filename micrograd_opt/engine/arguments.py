"""Arguments and saved states: what a value may be is written down, and one function checks it.

    "[0, 1)"           a number in a range, as mathematics writes it; "[0, inf]" takes inf too
    "{1, 2, …}"        a whole number from 1 on; "{0, 1, …, 9}" one of 0 to 9
    int                any whole number
    float              any real number, NaN and infinities too
    bool, str          a flag, a text
    ["mean", "sum"]    one of these
    (s, t)             two values, the first as s says and the second as t says
    {"x": s, "y": t}   a dict of exactly these keys
    Each(s), Each(s, n)  a list, of n, each entry as s says
    Optional(s)        None, or as s says

An error says fact, value and place: `checked([0.9, 2], ("[0, 1)", "[0, 1)"), "Adam: betas")` raises
"Adam: betas[1] must be in [0, 1), got 2".

Read next: `functional/`.
"""

import random
import threading
from functools import cache
from math import inf, isfinite
from typing import NamedTuple

from ..array.ieee import as_float

NUMBER = "(-inf, inf)"
RATE = "[0, inf)"
POSITIVE = "(0, inf)"
COUNT = "{1, 2, …}"
WHOLE = "{0, 1, …}"


class Each(NamedTuple):
    """A list, each entry as `allowed` says; of `length` entries, or of any number."""

    allowed: object
    length: int | None = None


class Optional(NamedTuple):
    """None, or a value as `allowed` says."""

    allowed: object


def checked(value, allowed, what):
    """`value` in plain Python (float, int, bool, str, tuple, list, dict), if it is `allowed`.

    what    its name, with which the error begins
    Raises TypeError for the wrong kind of thing; ValueError for a number outside its range (NaN is
    outside every one), a name that is none of those, a wrong length, other keys.
    """
    if isinstance(allowed, str):
        return _number(value, allowed, what)
    if isinstance(allowed, Optional):
        return None if value is None else checked(value, allowed.allowed, what)
    if isinstance(allowed, Each):
        return _list(value, *allowed, what)
    if isinstance(allowed, tuple):
        return _tuple(value, allowed, what)
    if isinstance(allowed, dict):
        return _dict(value, allowed, what)
    if isinstance(allowed, list):
        return _choice(value, allowed, what)
    if allowed is float:
        return _any_number(value, "a number", what)
    if allowed is int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(f"{what} must be a whole number, got {value!r:.60}")
        return value.__index__()
    if not isinstance(value, allowed):
        kind = "True or False" if allowed is bool else f"a {allowed.__name__}"
        raise TypeError(f"{what} must be {kind}, got {value!r:.60}")
    return value


def _number(value, allowed, what):
    x = _any_number(value, f"a number in {allowed}", what)
    is_whole = _bounds(allowed)[-1]
    if not _inside(x, allowed) or (is_whole and not hasattr(value, "__index__")):
        raise ValueError(f"{what} must be in {allowed}, got {value!r:.60}")
    return value.__index__() if is_whole else x


def _inside(x, allowed):
    low, low_allowed, high, high_allowed, _ = _bounds(allowed)
    return low < x < high or (x == low and low_allowed) or (x == high and high_allowed)


def _any_number(value, kind, what):
    if isinstance(value, bool):
        raise TypeError(f"{what} must be {kind}, got {value}")
    try:
        return as_float(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what} must be {kind}: {error}") from None


@cache
def _bounds(allowed):
    """A range as (low, is low in it, high, is high in it, whole numbers only)."""
    first, *_, last = allowed[1:-1].split(", ")
    if allowed[0] == "{":
        return float(first), True, inf if last == "…" else float(last), last != "…", True
    return float(first), allowed[0] == "[", float(last), allowed[-1] == "]", False


def _tuple(values, allowed, what):
    if not isinstance(values, (tuple, list)) or len(values) != len(allowed):
        ranges = ", ".join(map(str, allowed))
        raise TypeError(f"{what} must be {len(allowed)} numbers in {ranges}, got {values!r:.60}")
    parts = enumerate(zip(values, allowed, strict=True))
    return tuple([checked(x, ok, f"{what}[{i}]") for i, (x, ok) in parts])


def _list(values, allowed, length, what):
    values = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(values, (list, tuple, range)):  # a set or a dict has no order to rely on
        raise TypeError(f"{what} must be a list, got {values!r:.60}")
    values = list(values)
    if length is not None and len(values) != length:
        raise ValueError(f"{what} must be a list of {length}, got {len(values)}")
    if isinstance(allowed, str) and allowed[0] != "{" and set(map(type, values)) == {float}:
        finite = isfinite(sum(values))  # a sum is finite only if every term is
        if finite and _inside(min(values), allowed) and _inside(max(values), allowed):
            return values
    return [checked(x, allowed, f"{what}[{i}]") for i, x in enumerate(values)]


def _dict(values, allowed, what):
    if not isinstance(values, dict):
        raise TypeError(f"{what} must be a dict, got {type(values).__name__}: {values!r:.40}")
    if values.keys() != allowed.keys():
        missing = ", ".join(str(name) for name in allowed if name not in values) or "nothing"
        unexpected = ", ".join(str(name) for name in values if name not in allowed) or "nothing"
        raise ValueError(f"{what}: missing {missing}; unexpected {unexpected}")
    return {name: checked(values[name], ok, f"{what}: {name}") for name, ok in allowed.items()}


def _choice(value, allowed, what):
    if value not in allowed:
        names = ", ".join(map(repr, allowed))
        raise ValueError(f"{what} must be one of {names}, got {value!r:.60}")
    return value


def generator(rng):
    """A `random.Random` as it is; the `random` module for None. TypeError for a bare seed."""
    if rng is None or rng is random:
        return random
    if not isinstance(rng, random.Random):
        remedy = f"pass rng=random.Random({rng if isinstance(rng, int) else 0})"
        raise TypeError(f"rng: expected a random.Random, got {rng!r:.60}; {remedy}")
    return rng


# Held while numbers are drawn, and by `compile` while it compares draws and puts a generator back:
# what another thread drew from it meanwhile would be drawn again.
drawing = threading.RLock()


def draws(n, draw):
    """A list of n numbers that draw() gives."""
    with drawing:
        return [draw() for _ in range(n)]
