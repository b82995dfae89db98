"""From a traced graph to Scalars: every Tensor opened into its elements, one row standing for all.

A Tensor that differs from row to row of the batch keeps the elements of one row, and `axis` says
which dim counts the rows. What sums over that dim becomes a `total`; what else would need several
rows at once raises MixesRows, and the program is written with list kernels instead.
Read next: `lanes.py`, the ops that pick and compare; then `guards.py`, where work is skipped.
"""

from math import prod

from ..array.array import Array
from ..array.shapes import stretched
from . import lanes
from .axis import Rows, as_rows, common_axis, inserted, without
from .scalars import MixesRows, Scalar
from .simplify import known_as


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
    axis = common_axis(args)
    flats = [as_rows(x, axis).flat for x in args]
    shape = without(getattr(node.data, "shape", ()), axis)
    return Rows(Array([scalars.op(op, *each) for each in zip(*flats, strict=True)], shape), axis)


# ---- shapes


def _expand(scalars, node, n, x):
    shape = node.params["shape"]
    axis = None if x.axis is None else x.axis + len(shape) - x.array.ndim - 1
    if axis is not None and shape[axis] != n:
        raise MixesRows("expand")
    return Rows(x.array.expand(without(shape, axis)), axis)


def _sum_to(scalars, node, n, x):
    full, shape = node._prev[0].shape, node.params["shape"]
    dims = stretched(shape, full)
    axis = None if x.axis is None or x.axis in dims else x.axis - (len(full) - len(shape))
    return Rows(Array(_over(scalars, x, dims), without(shape, axis)), axis)


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
    return Rows(Array(_over(scalars, x, dims), without(node.shape, axis)), axis)


def _scalars(scalars, flat):
    return [x if isinstance(x, Scalar) else scalars.const(x) for x in flat]


def _reshape(scalars, node, n, x):
    shape = node.params["shape"]
    if x.axis is None:
        return Rows(Array(x.flat, shape), None)
    before = prod(x.array.shape[: x.axis])
    for axis, size in enumerate(shape):
        if size == n and prod(shape[:axis]) == before:
            return Rows(Array(x.flat, without(shape, axis)), axis)
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
    inner = x.array.pad(_inner_ranges(ranges, x.axis, n), without(shape, x.axis))
    return Rows(Array(_scalars(scalars, inner.flat), inner.shape), x.axis)


def _inner_ranges(ranges, axis, n):
    if axis is not None and ranges[axis] != range(n):
        raise MixesRows("slice")
    return without(ranges, axis)


def _cat(scalars, node, n, *xs):
    axis, dim = common_axis(xs), node.params["dim"]
    if axis == dim:
        raise MixesRows("cat")
    arrays = [as_rows(x, axis).array for x in xs]
    inner = dim if axis is None or dim < axis else dim - 1
    return Rows(node.op.on_arrays(*arrays, dim=inner), axis)


# ---- products


def _mm(scalars, node, n, x, y):
    dims = node.data.ndim
    rows, columns = dims - 2, dims - 1
    if x.axis == columns and y.axis == rows:  # contracted over the batch: a sum over its rows
        a = Array(x.flat, (*x.array.shape, 1))
        b = Array(y.flat, inserted(y.array.shape, dims - 2, 1))
        products = _product(scalars, a, b)
        return Rows(Array([scalars.total(s) for s in products.flat], products.shape), None)
    if x.axis == rows and y.axis is None:
        a = Array(x.flat, inserted(x.array.shape, rows, 1))
        return Rows(_drop(_product(scalars, a, y.array), rows), rows)
    if y.axis == columns and x.axis is None:
        b = Array(y.flat, (*y.array.shape, 1))
        return Rows(_drop(_product(scalars, x.array, b), columns), columns)
    axis = common_axis((x, y))
    if axis is not None and axis >= rows:
        raise MixesRows("mm")
    product = _product(scalars, as_rows(x, axis).array, as_rows(y, axis).array)
    return Rows(product, axis)


def _drop(array, axis):
    return Array(array.flat, without(array.shape, axis))


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


_RULES = {
    "expand": _expand, "sum_to": _sum_to, "sum": _sum, "reshape": _reshape, "permute": _permute,
    "slice": _slice, "pad": _pad, "cat": _cat, "mm": _mm, "max": lanes.max_,
    "gather": lanes.gather, "scatter_add": lanes.scatter_add, "argmax": lanes.argmax,
    "softmax": lanes.softmax, "log_softmax": lanes.log_softmax,
}  # fmt: skip
