"""The values of a walk over a function's code: what is known of each, while nothing is computed.

A value is a tuple of all that it may be: Known objects, of which `c = a if x else b` leaves two;
() where nothing is known. Some stand for what only the walk makes. Read next: `stack.py`.
"""


class Known:
    """An object that a name or a path stands for. slot: where it was read, if it can change."""

    __slots__ = ("x", "path", "slot")

    def __init__(self, x, path, slot=None):
        self.x, self.path, self.slot = x, path, slot


class Updated:
    """The result of arithmetic with what was read from `slot`, as in `self.calls += 1`."""

    __slots__ = ("slot",)

    def __init__(self, slot):
        self.slot = slot


class Inner:
    """A function that the walked code makes: its code, and the walk that knows its variables."""

    __slots__ = ("code", "walk")

    def __init__(self, code, walk):
        self.code, self.walk = code, walk


class Iteration:
    """An iterator, over these values."""

    __slots__ = ("values",)

    def __init__(self, values):
        self.values = values


def known(value):
    """Those of a value that are Known, each once."""
    return tuple({id(k.x): k for k in value if type(k) is Known}.values())


class Super:
    """super(kind, x)."""

    __slots__ = ("kind", "x")

    def __init__(self, kind, x):
        self.kind, self.x = kind, x


def supers(kinds, objects):
    return tuple([
        Known(Super(kind.x, k.x), k.path)
        for kind in known(kinds) for k in known(objects) if kind.x in type(k.x).__mro__
    ])  # fmt: skip


def unslotted(value):
    """The same under a name, or twice: arithmetic with it is no mere update of its slot."""
    return tuple([Known(k.x, k.path) for k in known(value)])


def is_a(k, kind):
    return type(k) is Known and isinstance(k.x, kind)
