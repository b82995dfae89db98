"""The walk back through a graph: the chain rule, with numbers or with nodes in its rules.

Why a topological order? Take a = 3; b = a + a; c = b + b. An addition hands its gradient on, as
it is, to each of its two inputs; c is 4a, so a has to end with 4. A topological order lists each
node after its parents. The walk reads it backwards: so it comes to each node once, after all nodes
that use it, when its gradient is complete:

    1.  c has the gradient 1
    2.  c hands it to b twice:   b has 1 + 1 = 2
    3.  b hands it to a twice:   a has 2 + 2 = 4

Recursion comes to b each time that c hands it something, and b hands on all that it has so far:

    1.  c has the gradient 1
    2.  c hands it to b:         b has 1;    b hands it to a twice:   a has 1 + 1 = 2
    3.  c hands it to b again:   b has 2;    b hands it to a twice:   a has 2 + 2 + 2 = 6, too much

Read next: `engine/state.py`, what a new node takes note of.
"""

import operator

from .arguments import checked
from .graph import Node, as_tuple, topological_order
from .state import enable_grad, recorder, tracing


def _walk_back(order, grads, seed, read):
    """The chain rule, from the last node of `order` to the first.

    grads   {node: gradient} with a key for each node whose gradient is wanted; None until one
            arrives, then the sum of what has arrived
    seed    the gradient that arrives at the last node
    read    what the rules see of a node: its data (then the gradients are numbers) or the node
            itself (then they are graphs of their own)
    """
    grads[order[-1]] = seed
    for node in reversed(order):  # by now all that use the node have handed on their gradients
        g = grads.get(node)
        if g is not None and node.op is not None:
            _hand_on(node, node._prev, g, grads, read)


def _hand_on(node, parents, g, grads, read):
    """The chain rule at one node: each parent x receives g · ∂z/∂x, the sum over all its uses."""
    _refuse_stale(node, parents)
    z, inputs = read(node), [read(x) for x in parents]
    for i, x in enumerate(parents):
        if x in grads:  # no key: x wants none; None: it wants one, and none has arrived yet
            pulled = node.op.pull(i, g, z, inputs, node.params)
            if pulled is not None:  # None is a gradient of zero
                grads[x] = pulled if grads[x] is None else grads[x] + pulled


def _walk_back_with_numbers(order, grads, seed):
    """The fast path of `_walk_back` for numbers: the same to the bit, in half the time.

    Nearly every node of a net of Values is an op of two inputs and no params. For those the rules
    are called at once, without a list of inputs and with seven calls less a node.
    """
    grads[order[-1]] = seed
    for node in reversed(order):
        op, g = node.op, grads.get(node)
        if op is None or g is None:
            continue
        parents = node._prev
        if len(parents) != 2 or node.params:
            _hand_on(node, parents, g, grads, _data_of)
            continue
        x, y = parents
        if x.version > node.version or y.version > node.version:
            _refuse_stale(node, parents)
        z_data, x_data, y_data = node._data, x._data, y._data
        for vjp in op.vjps:
            if x in grads and vjp is not None:
                pulled, before = vjp(g, z_data, x_data, y_data), grads[x]
                grads[x] = pulled if before is None else before + pulled
            x = y  # the second rule is that of y


_data_of = operator.attrgetter("_data")


STALE = (
    "{!r} was changed after {} used it, so its gradient would be wrong; "
    "compute the loss again, then differentiate"
)


def _refuse_stale(node, parents):
    for x in parents:
        if x.version > node.version:
            raise RuntimeError(STALE.format(x, node._op))


def stale(nodes):
    """(x, node) for each x that was changed after one of the nodes used it."""
    return ((x, node) for node in nodes for x in node._prev if x.version > node.version)


def record_gradients(order, grads, seed):
    """The walk back with nodes in place of numbers: `grads` receives graphs of their own.

    As above it has a None for each node of `order` whose gradient is wanted, and keeps it where no
    gradient arrives. `seed` is the node that stands for the gradient arriving at the last.
    """
    with enable_grad():
        _walk_back(order, grads, seed, lambda node: node)


def backward_pass(root, gradient=None):
    """The topological order, and {node: gradient} for each of its nodes that requires one.

    None is the gradient of a node where nothing arrives. The graph itself is left as it is.
    """
    trace = recorder()
    if trace is not None:
        trace.differentiates()
    if not root.requires_grad:
        raise RuntimeError(
            f"backward: nothing to differentiate: {root!r} is a constant. {_why_constant(root)}"
        )
    order = topological_order(root)
    grads = {node: None for node in order if node.requires_grad}
    _walk_back_with_numbers(order, grads, root._seed(gradient)._data)
    return order, grads


_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def _why_constant(node):
    """What to say of a node that does not require grad: which op, if it was one, saw to that."""
    if node.blocker is None:
        return (
            "Its inputs need requires_grad=True, and no_grad must be off while it is computed. Of "
            "a compiled function only the first output has a gradient, if it is a scalar; a "
            "compiled step has called backward itself."
        )
    name = _SIGNS.get(node.blocker.name, node.blocker.name)
    return f"It comes by way of {name}, and {name} has no gradient."


def backward(root, gradient=None):
    """Gradients of `root` into the `.grad` of all it depends on.

    gradient    the gradient that arrives at `root`: 1 for a scalar

    A leaf adds this call's gradient to the `.grad` it has, until `zero_grad`; also at a second call
    on the same graph, where PyTorch raises. An inner node's `.grad` is this call's alone, for the
    picture. Nothing is written before all sums are known, so an error leaves no half of them.
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
    wanted = as_tuple(inputs)
    for x in (output, *wanted):
        if not isinstance(x, Node):
            raise TypeError(f"grad: expected Values or Tensors, got {type(x).__name__}: {x!r:.60}")
    for i, x in enumerate(wanted):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {i}, {x!r}, has requires_grad=False")
    checked(create_graph, bool, "grad: create_graph")
    if not output.requires_grad:
        raise RuntimeError(
            "grad: the output is a constant: computed under no_grad, of no input that requires "
            "grad, or by grad() without create_graph=True"
            if output.blocker is None
            else f"grad: the output is a constant. {_why_constant(output)}"
        )
    order, sources = topological_order(output), set(wanted)
    grads = {}
    for node in order:  # only what lies between the inputs and the output
        if node in sources or any(parent in grads for parent in node._prev):
            grads[node] = None
    if output in grads:
        seed = output._seed(grad_output)
        if create_graph or tracing():
            record_gradients(order, grads, seed)
        else:
            _walk_back_with_numbers(order, grads, seed._data)
    results = tuple(_as_result(grads.get(x), x, create_graph) for x in wanted)
    return results[0] if isinstance(inputs, Node) else results


def _as_result(g, x, create_graph):
    """What `grad` answers for x: a node, made of the number, the node or the None (zero) in g.

    Without create_graph it is a constant, and `grad` of it raises. With create_graph it can be
    differentiated again, also where it is the same for every x: 3 for 3·x becomes a leaf, whose
    derivatives are zero.
    """
    if isinstance(g, Node):
        if not create_graph:  # in a traced function, which records numbers as nodes too
            return g.detach()
        if g.requires_grad or tracing():
            return g
        g = g._data
    result = x._constant(x._zeros()._data if g is None else g)
    result.requires_grad = create_graph
    return result
