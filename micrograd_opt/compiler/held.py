"""Whether a value that a function reads is still the one it read before.

Numbers, strings and flags are the same by type and text: 1 is not True, 0.0 is not −0.0, and NaN is
NaN. All else is the same object or not; it is held, so that no new object can take its identity.
Read next: `paths.py`, what is compared.
"""

from numbers import Number
from operator import is_

from ..engine.value import Value

MISSING = type("Missing", (), {"__repr__": lambda self: "nothing"})()  # no such name


class Same:
    """An object by its identity.

    >>> first, second = [1], [1]
    >>> Same(first) == Same(first), Same(first) == Same(second)
    (True, False)
    """

    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Same) and self.x is other.x

    def __hash__(self):
        return id(self.x)

    def __repr__(self):
        return f"{self.x!r:.60}"


def is_plain(x):
    """Whether x is a number, a string or None."""
    return isinstance(x, (float, int, str, bytes, type(None), Number))


def stamp(x):
    """What is equal exactly where two values are the same.

    >>> stamp(1) == stamp(True), stamp(0.0) == stamp(-0.0)
    (False, False)
    >>> stamp(float("nan")) == stamp(float("nan"))
    True
    """
    return (type(x), repr(x)) if is_plain(x) else Same(x)


def alike(x, y):
    """Whether two values are the same."""
    return x is y or (type(x) is type(y) and is_plain(x) and repr(x) == repr(y))


def entries(container):
    """What is in a list, a set or a dict, keys and values, as a list."""
    return [*container, *container.values()] if isinstance(container, dict) else [*container]


def is_module(kind):
    """Whether a class is nn.Module or derived from it. This room stands below nn, so it knows a
    module by what it offers."""
    return hasattr(kind, "named_modules")


class Contents:
    """A container with what was in it: `unchanged` says whether it still is."""

    __slots__ = ("container", "before", "by_identity")

    def __init__(self, container):
        self.container, self.before = container, entries(container)
        # `==` of two lists is 15 times faster than a loop; of these kinds it goes by identity
        kinds = isinstance(container, list) and set(map(type, self.before))
        self.by_identity = bool(kinds) and all(k is Value or is_module(k) for k in kinds)

    def unchanged(self):
        if self.by_identity:
            return self.container == self.before
        now = entries(self.container)
        if len(now) != len(self.before):
            return False
        return all(map(is_, now, self.before)) or all(map(alike, now, self.before))

    def stamp(self):
        return (len(self.before), *map(stamp, self.before))


class Numbers:
    """The bytes of an array (NumPy's, or `array`'s), which may be written in place."""

    __slots__ = ("array", "before")
    MOST = 1 << 16  # bytes; larger ones are left to the checks of `check.py`

    def __init__(self, array):
        self.array, self.before = array, bytes_of(array)

    def unchanged(self):
        return bytes_of(self.array) == self.before

    def stamp(self):
        return self.before


def bytes_of(array):
    """The bytes of an object that shows them, up to a limit; else None."""
    try:
        view = memoryview(array)
        return view.tobytes() if view.nbytes <= Numbers.MOST else None
    except (TypeError, ValueError, NotImplementedError, BufferError):
        return None
