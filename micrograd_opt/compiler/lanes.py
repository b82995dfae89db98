"""Ops along one dim of a Tensor of Scalars: picking, the place of the maximum, softmax.

Read next: `guards.py`, where work is skipped; then `text.py`.
"""

from math import prod

from ..array import shapes
from ..array.array import Array
from .axis import Rows, as_rows, common_axis, without
from .scalars import MixesRows


def gather(scalars, node, n, x, index):
    def picked(lane, places):
        return [_pick(scalars, lane, place) for place in places]

    dim = node.params["dim"]
    return _by_lane(dim, (x, index), picked, node.shape[dim])


def _pick(scalars, lane, place):
    if place.op == "const":
        return lane[int(place.data)]
    return scalars.op("pick", place, *lane)


def scatter_add(scalars, node, n, x, index):
    def scattered(lane, places):
        terms = [
            [scalars.op("where", scalars.op("eq", place, float(k)), a, 0.0)
             for a, place in zip(lane, places, strict=True)]
            for k in range(node.params["size"])
        ]  # fmt: skip
        return [scalars.op("sum", *each) for each in terms]

    return _by_lane(node.params["dim"], (x, index), scattered, node.params["size"])


def argmax(scalars, node, n, x):
    dim = node.params["dim"]
    found = _by_lane(dim, (x,), lambda lane: [_first_max(scalars, lane)], 1)
    shape = node.shape
    axis = found.axis
    if axis is not None and not node.params["keepdim"] and axis > dim:
        axis -= 1
    return Rows(Array(found.flat, without(shape, axis)), axis)


def _first_max(scalars, lane):
    """The place of the first maximum, or of the first NaN."""
    op, place, top = scalars.op, scalars.const(0.0), lane[0]
    for i, x in enumerate(lane[1:], 1):
        larger = op("mul", op("eq", top, top), op("sub", 1.0, op("le", x, top)))
        place, top = op("where", larger, float(i), place), op("where", larger, x, top)
    return place


def max_(scalars, node, n, x):
    if x.axis is not None:
        raise MixesRows("max")
    top = x.flat[0]
    for s in x.flat[1:]:
        top = scalars.op("maximum", top, s)
    return Rows(Array([top], ()), None)


def softmax(scalars, node, n, x):
    def softmax(lane):
        e = _exponentials(scalars, lane)[1]
        total = scalars.op("fsum", *e)
        return [scalars.op("div", a, total) for a in e]

    dim = node.params["dim"]
    return _by_lane(dim, (x,), softmax, node.shape[dim])


def log_softmax(scalars, node, n, x):
    def log_softmax(lane):
        below, e = _exponentials(scalars, lane)
        others = scalars.op("fsum", *e, -1.0)  # fsum is exact: without the maximum's exp(0) = 1
        log_sum = scalars.op("log1p", others)
        return [scalars.op("sub", d, log_sum) for d in below]

    dim = node.params["dim"]
    return _by_lane(dim, (x,), log_softmax, node.shape[dim])


def _exponentials(scalars, lane):
    """x − max and exp(x − max); a NaN, or an infinite maximum, makes the sum of them NaN."""
    if not lane:
        return [], []
    top = scalars.op("max", *lane) if len(lane) > 1 else lane[0]
    below = [scalars.op("sub", x, top) for x in lane]
    return below, [scalars.op("exp", d) for d in below]


def _by_lane(dim, args, function, size):
    """`function` of the lanes along a dim, which is not the axis; it gives `size` numbers."""
    axis = common_axis(args)
    if axis == dim:
        raise MixesRows("lane")
    arrays = [as_rows(x, axis).array for x in args]
    inner = dim if axis is None or dim < axis else dim - 1
    lanes = [array._lanes((inner,)) for array in arrays]
    results = [function(*each) for each in zip(*lanes, strict=True)]
    shape = (*arrays[0].shape[:inner], size, *arrays[0].shape[inner + 1 :])
    array = _from_lanes(results, inner, shape)
    return Rows(array, axis)


def _from_lanes(lanes, dim, shape):
    """The array whose elements along `dim` are the lanes."""
    steps = shapes.strides(shape)
    flat = [None] * prod(shape)
    inner = prod(shape[dim + 1 :])
    for k, lane in enumerate(lanes):
        start = (k // inner) * inner * shape[dim] + k % inner
        for i, x in enumerate(lane):
            flat[start + i * steps[dim]] = x
    return Array(flat, shape)
