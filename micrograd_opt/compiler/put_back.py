"""A call whose traces are wiped out: generators, attributes and containers as they were before.

For a check (`check.py`) the plain function runs beside the program. What it draws and what it sets
is put back, so that a run that is checked and one that is not have the same bits. Read next:
`check.py`.
"""

import contextlib
from collections import deque

from .held import MISSING, entries
from .refusals import generators_of


@contextlib.contextmanager
def put_back(paths, modules):
    """Within it a function may run; afterwards is as before what of it can be.

    That is the random module's generator and those that the function or its modules hold; the
    modules' attributes and the lists, dicts and sets among them; and what the function's own code
    sets: globals, variables around it, attributes and entries. The same `with` may be used again.
    """
    states = [(rng, rng.getstate()) for rng in generators_of(paths)]
    before = [_copy(x) for x in _places(paths, modules)]
    try:
        yield lambda: [(rng.random(), rng.gauss_next) for rng, _ in states]
    finally:
        for rng, state in states:
            rng.setstate(state)
        for restore in before:
            restore()


def _places(paths, modules):
    """(owner, name) of all that may be set; no name for a whole container."""
    for module in modules:
        yield vars(module), None
        for x in vars(module).values():
            if isinstance(x, (list, dict, set, deque)):
                yield x, None
    yield from paths.written


def _copy(place):
    """A function that puts back what is in that place now."""
    owner, name = place
    if isinstance(owner, dict) and name is not None:
        return _entry(owner, name)
    if isinstance(owner, (list, deque, set, dict)):
        return _container(owner)
    if hasattr(owner, "cell_contents") or type(owner).__name__ == "cell":
        name = "cell_contents"
    return _attribute(owner, name)


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
        if x is MISSING:
            with contextlib.suppress(AttributeError):
                delattr(owner, name)
        elif getattr(owner, name, MISSING) is not x:
            setattr(owner, name, x)

    return restore
