"""What `compile` refuses because a change of it can be neither compared nor caught, by name.

    an iterator             gives the next number at each call; a program would keep the first
    a random generator      that is no `random.Random`, so that its state cannot be put back
    a method written in C   of an object whose state is not to be seen: a queue's `get`

Read next: `follow.py`, which meets them.
"""

import io
import random

REMEDY = "pass what it gives as an argument, or leave the function uncompiled (compile=False)"
ANOTHER_THREAD = (
    "or another thread drew from the same generator: give each thread a random.Random of its own"
)
READABLE = {"builtins", "re", "datetime", "decimal", "_thread", "operator"}


def refuse_iterator(known):
    if not isinstance(known.x, io.IOBase):
        raise TypeError(
            f"compile: the function reads {known.path}, {_kind(known.x)}, which moves on at each "
            f"call, and a program would not: {REMEDY}"
        )


def refuse_method(owner, method):
    """Refuse a method written in C, but of what shows its numbers, as NumPy's arrays do, or has no
    state that counts, as a file to write to or a cached function."""
    x = owner.x
    if hasattr(type(x), "__next__"):
        refuse_iterator(owner)
    shown = any(hasattr(x, name) for name in ("tolist", "__wrapped__")) or isinstance(x, io.IOBase)
    if shown or type(x).__module__ in READABLE:
        return
    raise TypeError(
        f"compile: the function calls {owner.path}.{method.__name__}, a method of "
        f"{_kind(x)} whose code cannot be seen, so that a program may miss a change: {REMEDY}"
    )


def refuse_generator(known):
    """Refuse a random.Random whose state cannot be read, as that of random.SystemRandom."""
    try:
        known.x.getstate()
    except NotImplementedError:
        raise TypeError(
            f"compile: the function draws from {known.path}, {_kind(known.x)}, whose state "
            f"cannot be put back: draw from a random.Random, or {REMEDY}"
        ) from None


def refuse_drawing(generators, states):
    """Refuse a function that draws random numbers by itself: they moved a generator in the trace,
    which those of rand, randn and dropout do not."""
    if [rng.getstate() for rng in generators] != states:
        raise TypeError(
            "compile: the function draws a random number by itself, and a program would keep it: "
            f"draw with rand, randn or dropout, or pass it as an argument; {ANOTHER_THREAD}"
        )


def refuse_state(path, before, after):
    """Refuse a function that reads what it changes itself, as a counter it looks at."""
    raise TypeError(
        f"compile: the function changes {path}, which it reads, at each call (here from {before} to"
        f" {after}), and a program would not: pass it as an argument"
    )


def generators_of(paths, modules=(), draws=()):
    """The random module's own generator, and those that the paths, the modules and the functions
    that draw for a program lead to."""
    held = [x for module in (*paths.modules, *modules) for x in vars(module).values()]
    found = [random.random.__self__, *paths.generators, *held, *map(_generator, draws)]
    return list({id(x): x for x in found if isinstance(x, random.Random)}.values())


def _generator(draw):
    """The generator of a function that draws: `rng.random`, or a function around it."""
    while (cells := getattr(draw, "__closure__", None)) is not None:
        inner = [cell.cell_contents for cell in cells if callable(cell.cell_contents)]
        draw = inner[0] if inner else None
    return getattr(draw, "__self__", None)


def _kind(x):
    name = type(x).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
