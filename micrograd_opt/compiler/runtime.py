"""What generated programs of whole lists call: each a few lines over flat lists and lanes.

A lane is a row or a column of a list, itself a list or a tuple; `rows` gives an iterator of them.
Read next: `listing.py`, which writes the calls.
"""

from itertools import chain, repeat
from operator import itemgetter  # noqa: F401

from ..array.kernels import (  # noqa: F401
    add_rows,
    check_index,
    dot,
    first_max,
    log_softmax,
    offsets,
    pick,
    products,
    scatter,
    softmax,
)


def rows(flat, n):
    """A list's neighbours in groups of n, as tuples."""
    return zip(*[iter(flat)] * n, strict=True)


def columns(flat, n):
    """The columns of a matrix of n columns, as lists."""
    return [flat[i::n] for i in range(n)]


def each(flat, n):
    """Every element n times in a row."""
    return chain.from_iterable(map(repeat, flat, repeat(n)))


def joined(lists):
    """The elements of all lists, as one list."""
    return list(chain.from_iterable(lists))


def place_of_max(lane):
    """first_max as a float."""
    return float(first_max(lane))


def top(flat):
    """The maximum; NaN if there is one."""
    return flat[first_max(flat)]


def checked(places, n, what):
    """The places, if they are whole numbers from 0 to n − 1; ValueError if not."""
    check_index(places, n, what)
    return places
