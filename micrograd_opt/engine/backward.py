"""The walk back through a graph: the chain rule, with numbers or with nodes in its rules.

Why a topological order at all? Take `b = a + a; c = b + b`, whose dc/da is 4. A node may pass its
gradient on only when all of it has arrived. Naive recursion from c walks to b twice, and each time
b sends to a all that it has so far: first 1, then 1 + 1, each twice: a ends with 6. Visiting every
node once, after all that use it, gives 4.
Read next: `ops.py`, the rules; then `value.py`.
"""

import operator

from .graph import Node, enable_grad, state, topological_order, tracing


def _walk_back(order, grads, seed, read):
    """The chain rule from the last node of `order` to the first; fills `grads`.

    `grads` has a key for each node that wants a gradient. `read` says what a rule sees of a node:
    its data (the gradients are numbers) or the node itself (they are graphs of their own).
    """
    grads[order[-1]] = seed
    for node in reversed(order):
        op, g = node.op, grads.get(node)
        if op is None or g is None:
            continue
        prev = node._prev
        for x in prev:
            if x.version > node.version:
                raise RuntimeError(STALE.format(x, op.name))
        z = read(node)
        if len(prev) == 2 and not node.params:  # the fast path: nearly every node of a scalar net
            (x, y), (vjp_x, vjp_y) = prev, op.vjps
            x_data, y_data = read(x), read(y)
            if x in grads and vjp_x is not None:
                pulled, before = vjp_x(g, z, x_data, y_data), grads[x]
                grads[x] = pulled if before is None else before + pulled
            if y in grads and vjp_y is not None:
                pulled, before = vjp_y(g, z, x_data, y_data), grads[y]
                grads[y] = pulled if before is None else before + pulled
            continue
        inputs = [read(x) for x in prev]
        for place, x in enumerate(prev):
            if x in grads:
                pulled, before = op.pull(place, g, z, inputs, node.params), grads[x]
                if pulled is not None:
                    grads[x] = pulled if before is None else before + pulled


STALE = (
    "{!r} was changed after {} used it, so its gradient would be wrong; "
    "compute the loss again, then differentiate"
)


def stale(nodes):
    """(x, node) for each x that was changed after one of the nodes used it."""
    return ((x, node) for node in nodes for x in node._prev if x.version > node.version)


_data_of = operator.attrgetter("_data")


def _the_node(node):
    return node


def record_gradients(order, grads, seed):
    """The walk back with nodes in place of numbers: it fills `grads` with graphs of their own.

    `grads` has None for each node of `order` that wants a gradient, and keeps it where none
    arrives; `seed` is the node that stands for the gradient arriving at the last.
    """
    with enable_grad():
        _walk_back(order, grads, seed, _the_node)


def backward_pass(root, gradient=None):
    """The topological order, and the gradient of each of its nodes that requires one.

    None is the gradient of a node where nothing arrives. The graph itself is left as it is.
    """
    if tracing():
        state.trace.differentiates()
    if not root.requires_grad:
        raise RuntimeError(
            "backward: nothing to differentiate: no input has requires_grad=True, it was computed "
            "under no_grad, or it comes from a compiled function, which differentiates its first "
            "output alone and only a scalar, or a compiled step, which did backward and the update"
        )
    order = topological_order(root)
    grads = {node: None for node in order if node.requires_grad}
    _walk_back(order, grads, root._seed(gradient)._data, _data_of)
    return order, grads


def backward(root, gradient=None):
    """Gradients of `root` into `.grad` of all it depends on: leaves accumulate, inner nodes show.

    `gradient` is the gradient that arrives at `root`: 1 for a scalar. A leaf's `.grad` grows at
    each call until `zero_grad`, also at a second call on the same graph (where PyTorch raises); an
    inner node's is this call's, for the picture. Nothing is written before all sums are known, so
    an error leaves no half of them.
    """
    _, grads = backward_pass(root, gradient)
    for node, g in grads.items():
        if g is not None and node.op is None and node.grad is not None:
            grads[node] = node.grad + g
    for node, g in grads.items():
        if g is not None:
            node.grad = g
        elif node.op is not None:  # not reached this time: show no gradient of an earlier pass
            node.grad = node._empty_grad


def grad(output, inputs, create_graph=False, grad_output=None):
    """∂output/∂inputs as new nodes; no `.grad` is touched.

    inputs: one node, or several (then a tuple comes back); inner nodes too. With create_graph
    the results are graphs themselves and can be differentiated again, to any order. grad_output
    is the gradient that arrives at `output`: 1 for a scalar. An input that the output does not
    depend on gets zeros (PyTorch raises). Raises RuntimeError where the output is a constant.

    >>> from micrograd_opt import Value
    >>> x = Value(2.0)
    >>> first = grad(x**3, x, create_graph=True)
    >>> first.data, grad(first, x).data
    (12.0, 12.0)
    """
    wanted = (inputs,) if isinstance(inputs, Node) else tuple(inputs)
    for x in (output, *wanted):
        if not isinstance(x, Node):
            raise TypeError(f"grad: expected Values or Tensors, got {type(x).__name__}: {x!r:.60}")
    for place, x in enumerate(wanted):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {place}, {x!r}, has requires_grad=False")
    if not output.requires_grad:
        raise RuntimeError(
            "grad: the output is a constant: computed under no_grad, of no input that requires "
            "grad, or by grad() without create_graph=True"
        )
    order, among = topological_order(output), set(wanted)
    grads = {}
    for node in order:  # only what lies between the inputs and the output
        if node in among or any(parent in grads for parent in node._prev):
            grads[node] = None
    if output in grads:
        seed = output._seed(grad_output)
        if create_graph or tracing():
            record_gradients(order, grads, seed)
        else:
            _walk_back(order, grads, seed._data, _data_of)
    found = tuple(_as_result(grads.get(x), x, create_graph) for x in wanted)
    return found[0] if isinstance(inputs, Node) else found


def _as_result(g, x, create_graph):
    """The gradient of x as a node: data and None (zero) become one.

    With create_graph a constant result, a linear function's, is a leaf to differentiate again:
    its derivatives are zero. Without it the result has lost its graph, and `grad` of it raises.
    """
    if isinstance(g, Node) and tracing():
        return g if create_graph else g.detach()
    if isinstance(g, Node) and g.requires_grad:
        return g
    data = x._zeros()._data if g is None else g._data if isinstance(g, Node) else g
    result = x._constant(data)
    result.requires_grad = create_graph
    return result
