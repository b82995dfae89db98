"""Which elements of a list, known when the program is made: regular patterns found in places.

Read next: `passes.py`.
"""

from ..array.kernels import offsets


def transposed(places, batches, n, m):
    """Whether places walk down the columns of each of several n × m matrices, one after another."""
    starts = range(0, batches * n * m, n * m)
    return places == tuple([s + i * m + j for s in starts for j in range(m) for i in range(n)])


def as_slice(places):
    """The slice that these places are, if they rise by equal steps; else None."""
    start, step = places[0], places[1] - places[0] if len(places) > 1 else 1
    if step > 0 and places == tuple(range(start, start + step * len(places), step)):
        return slice(start, places[-1] + 1, step)
    return None


def repeated(places, size):
    """n where the places are the whole list n times; else None."""
    n, rest = divmod(len(places), size)
    return None if rest or places != tuple(range(size)) * n else n


def each(places, size):
    """n where the places are every element n times; else None."""
    n, rest = divmod(len(places), size)
    return None if rest or places != tuple(i for i in range(size) for _ in range(n)) else n


def as_axes(places):
    """(start, axes) such that `kernels.offsets` of them are the places; None if there are none."""
    start, axes, rest = places[0], [], places
    while len(rest) > 1:
        step, n = rest[1] - rest[0], 2
        while n < len(rest) and rest[n] - rest[n - 1] == step:
            n += 1
        axes.insert(0, (n, step))
        rest = rest[::n]
    return (start, axes) if axes and offsets(start, axes) == list(places) else None
