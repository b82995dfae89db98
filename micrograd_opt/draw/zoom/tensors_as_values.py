"""Tensors opened into Values: the same computation, and the same gradients, number by number.

No op is written twice. An elementwise op is called on Values; any other runs its own `on_arrays` on
an Array whose elements are Values, since the kernels only move, add and multiply what they hold.
Read next: `draw/pages/`, graphs that a reader steps through.
"""

from ...array.array import Array
from ...array.kernels import dot, first_max
from ...engine.graph import Op, post_order, topological_order
from ...engine.ops import add, maximum
from ...engine.state import enable_grad
from ...engine.value import Value
from ...functional.activations import log_softmax, softmax


def opened(node, inputs):
    """All that lies between Tensors `inputs` and `node`, as Values: (root, {Tensor: its Values}).

    inputs: {Tensor: name}; the Values of an input are leaves, named x[0][1] and so on, which take
    a gradient if it does. So are other leaves met on the way. Whatever lay behind `node` is one
    node here, the root Σ g·z: to each element z of `node` it sends the gradient g that
    `node.backward()`, or that of something computed from it, left there, 1 before any. It is left
    out where `node` is one number with a gradient of 1, then the root itself.
    """
    values = {}
    with enable_grad():
        for x in between(node, inputs):
            if x in inputs or x.op is None:
                values[x] = _leaves(x, inputs.get(x, x.label))
            else:
                args = [y._data if is_index(x.op, i) else values[y] for i, y in enumerate(x._prev)]
                array = _apply(x.op, args, x.params)
                values[x] = Array([_as_value(v) for v in array.flat], x.shape)
                _name(values[x], x.label)
        _name(values[node], "z")
        root = _root(node, values[node].flat)
        new = _without_zeros(root)
    for x, array in values.items():
        values[x] = Array([new.get(v, v) for v in array.flat], x.shape)
    return new[root], values


def between(node, inputs):
    """The Tensors from which `node` follows, back to the inputs, in topological order."""

    def parents(x):
        return [y for i, y in enumerate(x._prev) if x not in inputs and not is_index(x.op, i)]

    return post_order([node], parents)


def is_index(op, place):
    """Whether the argument says which elements to pick: data to the op, not numbers to compute."""
    return not op.elementwise and not op.variadic and op.vjps[place] is None


def _apply(op, args, params):
    """The op of Arrays of Values, an index among them an Array of floats."""
    if op.elementwise:
        places = zip(*[x.flat for x in args], strict=True)
        return Array([op(*numbers) for numbers in places], args[0].shape)
    if op.name in _OF_A_LANE:
        return args[0]._by_lane(params["dim"], _OF_A_LANE[op.name])
    if op.name == "max":
        return Array([_max(args[0].flat)], ())
    return op.on_arrays(*args, **params)


_OF_A_LANE = {"softmax": softmax, "log_softmax": log_softmax}  # of a list of Values


def _max(xs):
    """The maximum of Values: first the mean of those that tie, since they share the gradient."""
    top = xs[first_max([x.data for x in xs])].data  # NaN, if one of them is
    tied = [x for x in xs if x.data == top or x.data != x.data]
    others = [x for x in xs if x.data < top]
    largest = sum(tied) / len(tied) if len(tied) > 1 else tied[0]
    for x in others:
        largest = maximum(largest, x)
    return largest


def _leaves(x, name):
    """A leaf for each element of a Tensor."""
    array = Array([Value(v) for v in x.data.flat], x.shape)
    for v in array.flat:
        v.requires_grad = x.requires_grad
    _name(array, name)
    return array


def _as_value(v):
    return v if isinstance(v, Value) else Value._constant(v)


def _name(array, name):
    """Labels such as x[0][1] for the Values of an array that have none yet."""
    if name is None:
        return
    places = [name]
    for n in array.shape:
        places = [f"{place}[{i}]" for place in places for i in range(n)]
    for v, place in zip(array.flat, places, strict=True):
        v.label = place if v.label is None else v.label


def _root(node, outputs):
    """The one Value that everything leads to."""
    gradient = (1.0,) * node.size if node.grad is None else node.grad.flat
    if gradient == (1.0,):
        return outputs[0]
    vjps = [lambda g, z, *zs, weight=weight: g * weight for weight in gradient]
    rest = Op("Σ g·z", *vjps, on_floats=lambda *zs: dot(gradient, zs), on_arrays=None)
    return rest(*outputs)


def _without_zeros(root):
    """{old: new} of the same graph without the 0 in 0 + x, with which every `sum` begins."""
    new = {}
    for node in topological_order(root):
        first, *others = node._prev or (None,)
        if node.op is add and first.op is None and first.label is None and first.data == 0.0:
            new[node] = new[others[0]]
        elif node.op is None:
            new[node] = node
        else:
            new[node] = node.op(*[new[x] for x in node._prev])
            new[node].label = node.label
    return new
