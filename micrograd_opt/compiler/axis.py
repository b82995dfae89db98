"""A Tensor as Scalars: one row of the batch stands for all, and an axis says which dim counts them.

Read next: `lower.py`, the ops of such Tensors.
"""

from dataclasses import dataclass
from math import prod

from ..array.array import Array
from .scalars import MixesRows


@dataclass(frozen=True)
class Rows:
    """A Tensor as Scalars: of all its elements, or with an axis of those of one row."""

    array: Array  # of Scalars, without the axis
    axis: int | None

    @property
    def flat(self):
        return self.array.flat


def common_axis(args):
    """The axis of those that have one: it must be the same."""
    axes = {x.axis for x in args} - {None}
    if len(axes) > 1:
        raise MixesRows("two axes")
    return axes.pop() if axes else None


def as_rows(x, axis):
    """x with that axis: if it has none its rows must all be the same."""
    if x.axis == axis:
        return x
    rows = _slices(x.array, axis)
    if any(a is not b for row in rows[1:] for a, b in zip(rows[0], row, strict=True)):
        raise MixesRows("rows that differ")
    return Rows(Array(rows[0], without(x.array.shape, axis)), axis)


def _slices(array, axis):
    """The elements of each row along an axis."""
    outer, n = prod(array.shape[:axis]), array.shape[axis]
    inner = prod(array.shape[axis + 1 :])
    return [
        [array.flat[(o * n + i) * inner + j] for o in range(outer) for j in range(inner)]
        for i in range(n)
    ]


def without(shape, axis):
    """A shape, or ranges, without an axis."""
    return shape if axis is None else (*shape[:axis], *shape[axis + 1 :])


def inserted(shape, axis, n):
    """A shape with an axis of n."""
    return (*shape[:axis], n, *shape[axis:])
