"""Calls that leave no trace: generators, attributes and containers are put back as they were.

For a check (`check.py`) the plain function runs beside the program. What it draws and what it sets
is put back, so that a run that is checked and one that is not have the same bits. Read next:
`errors.py`.
"""

from collections import deque
from types import CellType

from .held import MISSING, entries
from .refusals import generators_of


class PutBack:
    """A `with` in which a function may run as if it did not; `restore` may be called within too.

    Put back are the random module's generator and those that the function, its modules or its
    program use; the modules' attributes and the lists, dicts and sets among them; and what the
    function's own code sets: globals, variables around it, attributes and entries.
    """

    def __init__(self, paths, traced):
        modules, draws = [m for m, *_ in traced.modules], [draw for _, draw in traced.drawn]
        generators = generators_of(paths, modules, draws)
        self._states = [(rng, rng.getstate()) for rng in generators]
        self._kept = [_kept(*place) for place in _places(paths, modules)]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.restore()

    def next_numbers(self):
        """The next number of each generator: the same only if as many were drawn before."""
        return [(rng.random(), rng.gauss_next) for rng, _ in self._states]

    def restore(self):
        for rng, state in self._states:
            rng.setstate(state)
        for restore in self._kept:
            restore()


def _places(paths, modules):
    """(owner, name) of all that may be set; no name for a whole container."""
    for module in modules:
        yield vars(module), None
        for x in vars(module).values():
            if isinstance(x, (list, dict, set, deque)):
                yield x, None
    yield from paths.written


def _kept(owner, name):
    """A function that puts back what is there now."""
    if isinstance(owner, CellType):
        return _attribute(owner, "cell_contents")
    if name is None:
        return _container(owner)
    return _entry(owner, name) if isinstance(owner, dict) else _attribute(owner, name)


def _entry(owner, name):
    x = owner.get(name, MISSING)

    def restore():
        if x is MISSING:
            owner.pop(name, None)
        elif owner.get(name, MISSING) is not x:
            owner[name] = x

    return restore


def _container(owner):
    before, copy = entries(owner), owner.copy()

    def restore():
        now = entries(owner)
        if len(now) != len(before) or any(x is not y for x, y in zip(now, before, strict=True)):
            owner.clear()
            owner.extend(copy) if hasattr(owner, "extend") else owner.update(copy)

    return restore


def _attribute(owner, name):
    x = getattr(owner, name, MISSING)

    def restore():
        now = getattr(owner, name, MISSING)
        if now is not x and x is MISSING:
            delattr(owner, name)
        elif now is not x:
            setattr(owner, name, x)

    return restore
