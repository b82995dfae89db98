"""The paths that a function reads, and whether what they lead to has changed.

A path is a name with attributes and keys behind it, `Config.l2` or `self.cfg["kl"]`: a global, a
variable of a function around, a default, an argument of a partial, the object of a method. They are
read off the code once (`codewalk.py`, `reads.py`, `follow.py`); at each call their values are
compared, by the rules of `held.py`, and only where one differs the code is walked again, since it
may read other paths now. What `read` answers is part of a program's key.
Read next: `compiled.py`.
"""

from .follow import Follower
from .held import MISSING, alike, stamp


class Paths:
    """The paths of a function, or of whatever can be called.

    >>> settings = {"l2": 0.1, "steps": 5}
    >>> widths = [2, 3]
    >>> def loss(w, scale=1.0):
    ...     weight = settings["l2"] * scale
    ...     return weight * w * len(widths)
    >>> paths = Paths(loss)
    >>> for path, value in paths.read()[3:]:
    ...     print(path, value)
    settings {'l2': 0.1, 'steps': 5}
    settings['l2'] (<class 'float'>, '0.1')
    len nothing
    widths [2, 3]
    what is in widths (2, (<class 'int'>, '2'), (<class 'int'>, '3'))
    >>> before = paths.read()
    >>> settings["steps"] = 6  # is not among the paths
    >>> paths.read() == before
    True
    >>> settings["l2"] = 0.2
    >>> difference(before, paths.read())
    ("settings['l2']", '0.1', '0.2')
    """

    def __init__(self, function):
        self.function, self._found = function, None
        self.answer = None

    @property
    def modules(self):
        """The nn.Modules among what is read."""
        return [*self._found.modules.values()]

    @property
    def generators(self):
        """The random.Random objects among it."""
        return [*self._found.generators.values()]

    @property
    def written(self):
        """(owner, name) of what the function itself sets; no name for an entry of a container."""
        return self._found.written

    def read(self):
        """A tuple of (path, stamp of its value): equal, and mostly the same object, while nothing
        has changed."""
        if self.answer is None or not self._unchanged():
            self._walk()
        return self.answer

    def _walk(self):
        self._found = found = Follower(self.function)
        slots = [slot for slot in found.slots.values() if slot.reads > 0]
        self._names = [(s.owner.get, s.name, s.x) for s in slots if s.kind == "name"]
        self._cells = [(s.owner, s.x) for s in slots if s.kind == "cell"]
        self._attributes = [(s.owner, s.name, s.x) for s in slots if s.kind == "attribute"]
        self._contents = [contents for _, contents in found.contents.values()]
        inside = [(f"what is in {path}", c.stamp()) for path, c in found.contents.values()]
        self.answer = (*[(slot.path, stamp(slot.x)) for slot in slots], *inside)

    def _unchanged(self):
        for get, name, x in self._names:
            now = get(name, MISSING)
            if now is not x and not alike(now, x):
                return False
        for owner, name, x in self._attributes:
            now = getattr(owner, name, MISSING)
            if now is not x and not alike(now, x):
                return False
        for cell, x in self._cells:
            try:
                now = cell.cell_contents
            except ValueError:  # not assigned yet
                now = MISSING
            if now is not x and not alike(now, x):
                return False
        for contents in self._contents:
            if not contents.unchanged():
                return False
        return True


def difference(before, after):
    """(path, value before, value after) of the first that differs between two answers."""
    old, new = dict(before), dict(after)
    for path, value in new.items():
        if path in old and old[path] != value:
            return path, _shown(old[path]), _shown(value)
    path = next(iter(old.keys() ^ new.keys()), "something")
    return path, _shown(old.get(path, MISSING)), _shown(new.get(path, MISSING))


def _shown(value):
    """A stamp as text."""
    return value[1] if isinstance(value, tuple) and isinstance(value[-1], str) else repr(value)
