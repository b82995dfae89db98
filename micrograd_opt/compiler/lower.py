"""From a traced graph to Scalars: every Tensor opened into its elements, one row standing for all.

A Tensor that differs from row to row of the batch keeps the elements of one row, and `axis` says
which dim counts the rows. What sums over that dim becomes a `total`; what else would need several
rows at once raises MixesRows, and the program is written with list kernels instead.
Read next: `guards.py`, where work is skipped; then `text.py`.
"""

from dataclasses import dataclass
from math import prod

from .. import shapes
from ..array import Array
from .scalars import MixesRows, Scalar
from .simplify import known_as


@dataclass(frozen=True)
class Rows:
    """A Tensor as Scalars: of all its elements, or with an axis of those of one row."""

    array: Array  # of Scalars, without the axis
    axis: int | None

    @property
    def flat(self):
        return self.array.flat


def lower(node, args, scalars, n):
    """The Rows of a node from those of its parents; n: the number of rows, None without a loop."""
    op = node.op
    if op.elementwise:
        return _elementwise(scalars, op, args, node)
    rule = _RULES.get(known_as(op))
    if rule is None:
        raise MixesRows(op.name)
    return rule(scalars, node, n, *args)


def _elementwise(scalars, op, args, node):
    axis = _common_axis(args)
    flats = [_as_rows(x, axis).flat for x in args]
    shape = _without(getattr(node.data, "shape", ()), axis)
    return Rows(Array([scalars.op(op, *each) for each in zip(*flats, strict=True)], shape), axis)


def _common_axis(args):
    axes = {x.axis for x in args} - {None}
    if len(axes) > 1:
        raise MixesRows("two axes")
    return axes.pop() if axes else None


def _as_rows(x, axis):
    """x with that axis: if it has none its rows must all be the same."""
    if x.axis == axis:
        return x
    rows = _slices(x.array, axis)
    if any(a is not b for row in rows[1:] for a, b in zip(rows[0], row, strict=True)):
        raise MixesRows("rows that differ")
    return Rows(Array(rows[0], _without(x.array.shape, axis)), axis)


def _slices(array, axis):
    """The elements of each row along an axis."""
    outer, n = prod(array.shape[:axis]), array.shape[axis]
    inner = prod(array.shape[axis + 1 :])
    return [
        [array.flat[(o * n + i) * inner + j] for o in range(outer) for j in range(inner)]
        for i in range(n)
    ]


def _without(shape, axis):
    return shape if axis is None else (*shape[:axis], *shape[axis + 1 :])


def _insert(shape, axis, n):
    return (*shape[:axis], n, *shape[axis:])


# ---- shapes


def _expand(scalars, node, n, x):
    shape = node.params["shape"]
    axis = None if x.axis is None else x.axis + len(shape) - x.array.ndim - 1
    if axis is not None and shape[axis] != n:
        raise MixesRows("expand")
    return Rows(x.array.expand(_without(shape, axis)), axis)


def _sum_to(scalars, node, n, x):
    full, shape = node._prev[0].shape, node.params["shape"]
    new = len(full) - len(shape)
    stretched = tuple(d for d, m in enumerate(full) if d < new or shape[d - new] == 1 != m)
    axis = None if x.axis is None or x.axis in stretched else x.axis - new
    return Rows(Array(_over(scalars, x, stretched), _without(shape, axis)), axis)


def _over(scalars, x, dims):
    """The sums of x over dims, flat: over rows too if the axis is one of them."""
    inner = dims if x.axis is None else tuple(d - (d > x.axis) for d in dims if d != x.axis)
    sums = _sums(scalars, x.array, inner)
    return [scalars.total(s) for s in sums] if x.axis in dims else sums


def _sums(scalars, array, dims):
    """The sums over dims, flat: each a Scalar of many terms."""
    if not dims:
        return array.flat
    return [scalars.op("sum", *lane) if lane else scalars.const(0.0) for lane in array._lanes(dims)]


def _sum(scalars, node, n, x):
    dims, axis = node.params["dims"], x.axis
    if axis in dims:
        axis = None
    elif axis is not None and not node.params["keepdim"]:
        axis -= sum(d < axis for d in dims)
    return Rows(Array(_over(scalars, x, dims), _without(node.shape, axis)), axis)


def _scalars(scalars, flat):
    return [x if isinstance(x, Scalar) else scalars.const(x) for x in flat]


def _reshape(scalars, node, n, x):
    shape = node.params["shape"]
    if x.axis is None:
        return Rows(Array(x.flat, shape), None)
    before = prod(x.array.shape[: x.axis])
    for axis, size in enumerate(shape):
        if size == n and prod(shape[:axis]) == before:
            return Rows(Array(x.flat, _without(shape, axis)), axis)
    raise MixesRows("reshape")


def _permute(scalars, node, n, x):
    dims = node.params["dims"]
    if x.axis is None:
        return Rows(x.array._permute(dims), None)
    inner = tuple(d - (d > x.axis) for d in dims if d != x.axis)
    return Rows(x.array._permute(inner), dims.index(x.axis))


def _slice(scalars, node, n, x):
    ranges = node.params["ranges"]
    return Rows(x.array._slice(_inner_ranges(ranges, x.axis, n)), x.axis)


def _pad(scalars, node, n, x):
    ranges, shape = node.params["ranges"], node.params["shape"]
    if x.axis is not None and shape[x.axis] != n:
        raise MixesRows("pad")
    inner = x.array.pad(_inner_ranges(ranges, x.axis, n), _without(shape, x.axis))
    return Rows(Array(_scalars(scalars, inner.flat), inner.shape), x.axis)


def _inner_ranges(ranges, axis, n):
    if axis is not None and ranges[axis] != range(n):
        raise MixesRows("slice")
    return _without(ranges, axis)


def _cat(scalars, node, n, *xs):
    axis, dim = _common_axis(xs), node.params["dim"]
    if axis == dim:
        raise MixesRows("cat")
    arrays = [_as_rows(x, axis).array for x in xs]
    inner = dim if axis is None or dim < axis else dim - 1
    return Rows(node.op.on_arrays(*arrays, dim=inner), axis)


# ---- products


def _mm(scalars, node, n, x, y):
    dims = node.data.ndim
    rows, columns = dims - 2, dims - 1
    if x.axis == columns and y.axis == rows:  # contracted over the batch: a sum over its rows
        a = Array(x.flat, (*x.array.shape, 1))
        b = Array(y.flat, _insert(y.array.shape, dims - 2, 1))
        products = _product(scalars, a, b)
        return Rows(Array([scalars.total(s) for s in products.flat], products.shape), None)
    if x.axis == rows and y.axis is None:
        a = Array(x.flat, _insert(x.array.shape, rows, 1))
        return Rows(_drop(_product(scalars, a, y.array), rows), rows)
    if y.axis == columns and x.axis is None:
        b = Array(y.flat, (*y.array.shape, 1))
        return Rows(_drop(_product(scalars, x.array, b), columns), columns)
    axis = _common_axis((x, y))
    if axis is not None and axis >= rows:
        raise MixesRows("mm")
    product = _product(scalars, _as_rows(x, axis).array, _as_rows(y, axis).array)
    return Rows(product, axis)


def _drop(array, axis):
    return Array(array.flat, _without(array.shape, axis))


def _product(scalars, x, y):
    """(…, n, k) @ (…, k, m), each element a sum of products."""
    (rows, k), m = x.shape[-2:], y.shape[-1]
    flat = []
    for batch in range(prod(x.shape[:-2])):
        right = y.flat[batch * k * m : (batch + 1) * k * m]
        for i in range(batch * rows, (batch + 1) * rows):
            row = x.flat[i * k : (i + 1) * k]
            for j in range(m):
                terms = [scalars.op("mul", a, b) for a, b in zip(row, right[j::m], strict=True)]
                flat.append(scalars.op("sum", *terms) if terms else scalars.const(0.0))
    return Array(flat, (*x.shape[:-1], m))


# ---- picking, and functions of a lane


def _gather(scalars, node, n, x, index):
    def picked(lane, places):
        return [_pick(scalars, lane, place) for place in places]

    dim = node.params["dim"]
    return _by_lane(dim, (x, index), picked, node.shape[dim])


def _pick(scalars, lane, place):
    if place.op == "const":
        return lane[int(place.data)]
    return scalars.op("pick", place, *lane)


def _scatter_add(scalars, node, n, x, index):
    def scattered(lane, places):
        terms = [
            [scalars.op("where", scalars.op("eq", place, float(k)), a, 0.0)
             for a, place in zip(lane, places, strict=True)]
            for k in range(node.params["size"])
        ]  # fmt: skip
        return [scalars.op("sum", *each) for each in terms]

    return _by_lane(node.params["dim"], (x, index), scattered, node.params["size"])


def _argmax(scalars, node, n, x):
    dim = node.params["dim"]
    found = _by_lane(dim, (x,), lambda lane: [_first_max(scalars, lane)], 1)
    shape = node.shape
    axis = found.axis
    if axis is not None and not node.params["keepdim"] and axis > dim:
        axis -= 1
    return Rows(Array(found.flat, _without(shape, axis)), axis)


def _first_max(scalars, lane):
    """The place of the first maximum, or of the first NaN."""
    op, place, top = scalars.op, scalars.const(0.0), lane[0]
    for i, x in enumerate(lane[1:], 1):
        larger = op("mul", op("eq", top, top), op("sub", 1.0, op("le", x, top)))
        place, top = op("where", larger, float(i), place), op("where", larger, x, top)
    return place


def _max(scalars, node, n, x):
    if x.axis is not None:
        raise MixesRows("max")
    top = x.flat[0]
    for s in x.flat[1:]:
        top = scalars.op("maximum", top, s)
    return Rows(Array([top], ()), None)


def _softmax(scalars, node, n, x):
    def softmax(lane):
        e = _exponentials(scalars, lane)[1]
        total = scalars.op("fsum", *e)
        return [scalars.op("div", a, total) for a in e]

    dim = node.params["dim"]
    return _by_lane(dim, (x,), softmax, node.shape[dim])


def _log_softmax(scalars, node, n, x):
    def log_softmax(lane):
        below, e = _exponentials(scalars, lane)
        others = scalars.op("fsum", *e, -1.0)  # the maximum's is 1, and fsum is exact
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
    axis = _common_axis(args)
    if axis == dim:
        raise MixesRows("lane")
    arrays = [_as_rows(x, axis).array for x in args]
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


_RULES = {
    "expand": _expand, "sum_to": _sum_to, "sum": _sum, "reshape": _reshape, "permute": _permute,
    "slice": _slice, "pad": _pad, "cat": _cat, "mm": _mm, "gather": _gather,
    "scatter_add": _scatter_add, "argmax": _argmax, "max": _max, "softmax": _softmax,
    "log_softmax": _log_softmax,
}  # fmt: skip
