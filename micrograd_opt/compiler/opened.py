"""From a traced graph to Items: each op of the graph as ops of flat lists.

What only moves elements (reshape, permute, slice, expand, cat …) is one op, `take`; its places
come from the op itself, run on an Array of places. Products, sums and softmax see lanes, lists
along the dim that they reduce. An op that is not in here is called as it is, on Arrays.
Read next: `listing.py`, Items as text.
"""

from math import prod

from ..array.array import Array
from ..array.shapes import stretched
from ..engine.tensor import Tensor
from .names import identifier
from .passes import padded_with_zeros
from .simplify import known_as


def opened(lists, node, args):
    """The Item of a node from those of its parents."""
    op = node.op
    if op.on_floats is not None and (op.elementwise or not isinstance(node, Tensor)):
        return lists.op(op, *args)
    if not prod(node.shape):
        return lists.literal(())
    if op.name != "cat" and not node._prev[0].size:
        return lists.const(0.0)
    return _RULES.get(known_as(op), _called)(lists, node, *args)


def _called(lists, node, *args):
    """An op without a row below, on Arrays."""
    op, params, shapes = node.op, node.params, [x.shape for x in node._prev]

    def function(*flats):
        arrays = [Array(flat, shape) for flat, shape in zip(flats, shapes, strict=True)]
        flat = op.on_arrays(*arrays, **params).flat
        return flat if len(flat) != 1 else flat[0]

    name = function.__name__ = f"{identifier(op.name)}_op_{len(lists.functions)}"
    lists.functions[name] = function
    given = [lists.whole(x, prod(shape)) for x, shape in zip(args, shapes, strict=True)]
    return lists.apply("call", tuple(given), prod(node.shape), name)


def _moved(lists, node, *args):
    """Elements at other places, by the op itself on Arrays of places; zeros for what `pad` adds."""
    n, arrays = 0, []
    for x in node._prev:
        arrays.append(Array(list(range(n + 1, n + 1 + x.size)), x.shape))
        n += x.size
    places = [int(i) - 1 for i in node.op.on_arrays(*arrays, **node.params).flat]
    if len(args) == 1 and args[0].size == 1 and -1 not in places:
        return args[0]
    parts = [lists.whole(x, p.size) for x, p in zip(args, node._prev, strict=True) if p.size]
    return padded_with_zeros(lists, parts, places)


def _lanes(lists, x, shape, dims):
    """The lanes along dims, one for each position in the others."""
    x = lists.whole(x, prod(shape))
    kept = [d for d in range(len(shape)) if d not in dims]
    places = Array(list(range(x.size)), shape)._permute((*kept, *dims)).flat
    return lists.lanes(lists.take(x, tuple(places)), prod(shape[d] for d in dims))


def _from_lanes(lists, x, shape, dim):
    """A list in the order of lanes along a dim, in the order of the shape."""
    kept = [d for d in range(len(shape)) if d != dim]
    order = [*kept, dim]
    array = Array(list(range(prod(shape))), tuple(shape[d] for d in order))
    places = array._permute(tuple(order.index(d) for d in range(len(shape)))).flat
    return lists.take(x, tuple(places))


def _sum(lists, node, x):
    return _summed(lists, node, x, node.params["dims"])


def _sum_to(lists, node, x):
    return _summed(lists, node, x, stretched(node.params["shape"], node._prev[0].shape))


def _summed(lists, node, x, dims):
    full = node._prev[0].shape
    k = prod(full[d] for d in dims)
    if k == 1:
        return x
    if x.size == 1:
        return lists.op("mul", x, float(k))
    if k == x.size:
        return lists.apply("total", (x,), 1)
    lanes = _lanes(lists, x, full, dims)
    return lists.apply("sums", (lanes,), lanes.size)


def _mm(lists, node, x, y):
    left, right = (parent.shape for parent in node._prev)
    dims = len(left)
    a = _lanes(lists, x, left, (dims - 1,))
    b = _lanes(lists, y, right, (dims - 2,))
    size, n, m = prod(node.shape), left[-2], right[-1]
    return lists.apply("products", (a, b), size, left[-1], n, m, size // (n * m))


def _by_lane(lists, node, x):
    """softmax, log_softmax: a function from lanes to lanes."""
    dim, shape = node.params["dim"], node.shape
    found = lists.apply(node.op.name, (_lanes(lists, x, shape, (dim,)),), prod(shape))
    return _from_lanes(lists, found, shape, dim)


def _argmax(lists, node, x):
    lanes = _lanes(lists, x, node._prev[0].shape, (node.params["dim"],))
    return lists.apply("argmax", (lanes,), lanes.size)


def _max(lists, node, x):
    return x if x.size == 1 else lists.apply("top", (x,), 1)


def _gather(lists, node, x, index):
    dim, (full, shape) = node.params["dim"], (parent.shape for parent in node._prev)
    lanes = _lanes(lists, x, full, (dim,)), _lanes(lists, index, shape, (dim,))
    if shape[dim] == 1:
        return lists.apply("picked", (lanes[0], lists.whole(index, prod(shape))), prod(shape))
    found = lists.apply("gather", lanes, prod(shape))
    return _from_lanes(lists, found, shape, dim)


def _scatter_add(lists, node, x, index):
    dim, size = node.params["dim"], node.params["size"]
    shape = node._prev[1].shape
    lanes = _lanes(lists, x, shape, (dim,)), _lanes(lists, index, shape, (dim,))
    found = lists.apply("scatter_add", lanes, prod(node.shape), size)
    return _from_lanes(lists, found, node.shape, dim)


def _index_select(lists, node, x, index):
    n = prod(node.shape[1:])
    x, index = lists.whole(x, node._prev[0].size), lists.whole(index, node.shape[0])
    return lists.apply("index_select", (lists.lanes(x, n), index), prod(node.shape))


def _index_add(lists, node, x, index):
    n = prod(node.shape[1:])
    x, index = lists.whole(x, node._prev[0].size), lists.whole(index, node._prev[1].size)
    rows = node.params["rows"]
    return lists.apply("index_add", (lists.lanes(x, n), index), prod(node.shape), rows, n)


_RULES = {
    "expand": _moved, "reshape": _moved, "permute": _moved, "slice": _moved, "pad": _moved,
    "cat": _moved, "sum": _sum, "sum_to": _sum_to, "mm": _mm, "softmax": _by_lane,
    "log_softmax": _by_lane, "argmax": _argmax, "max": _max, "gather": _gather,
    "scatter_add": _scatter_add, "index_select": _index_select, "index_add": _index_add,
}  # fmt: skip
