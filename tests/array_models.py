"""Arrays as dicts from place to element: the naive model that the array tests walk with loops."""

import itertools
from math import prod

from hypothesis import strategies as st

from micrograd_opt.array.array import Array

SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)
FULL_SHAPES = st.lists(st.integers(1, 3), max_size=4).map(tuple)


def counting(shape):
    """1, 2, 3, … in this shape: every element tells where it came from."""
    return Array([float(i) for i in range(1, prod(shape) + 1)], shape)


def places(shape):
    return list(itertools.product(*map(range, shape)))


def elements(array):
    """place -> element"""
    assert len(array.flat) == prod(array.shape)
    return dict(zip(places(array.shape), array.flat, strict=True))
