"""The graph of a computation, and the walk back through it. Knows no operation: see `ops.py`.

Glossary
    node    a value that remembers where it came from: `op`, and `_prev`, its parents
    leaf    a node without parents: a parameter, an input, a constant
    op      a row of the rule table: a forward, and one vector-Jacobian product an argument
    vjp     given g = ∂L/∂z, the gradient of the output, it answers ∂L/∂x = g · ∂z/∂x
    g z x y in every rule: the output's gradient, the output, the inputs

Why a topological order at all? Take `b = a + a; c = b + b`, whose dc/da is 4. A node may pass its
gradient on only when all of it has arrived. Naive recursion from c walks to b twice, and each time
b sends to a all that it has so far: first 1, then 1 + 1, each twice: a ends with 6. Visiting every
node once, after all that use it, gives 4.
Read next: `ops.py`, the rules; then `value.py`.
"""

import contextlib
import operator

from .array import Array


class _State:
    """What a new node notes about the moment it is made. One thread at a time."""

    __slots__ = ("recording", "module", "version", "trace", "edits")

    def __init__(self):
        self.recording = True  # False inside no_grad
        self.module = None  # the path of the nn.Module at work
        self.version = 0  # counts the edits of leaf data
        self.edits = 0  # counts what may change a module: see nn/module.py
        self.trace = None  # while `compile` runs a function to see what it does: see compiler/


state = _State()


def varies(x):
    """Whether x is a node whose number is not to be looked at: it stands for others to come."""
    return state.trace is not None and isinstance(x, Node) and state.trace.varies(x)


class no_grad(contextlib.ContextDecorator):
    """Within it results are plain constants: no graph is kept, nothing can flow back.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y._prev
    ()
    """

    _enter_as = False

    def __init__(self):
        self._before = []  # a stack: one instance may decorate a recursive function

    def __enter__(self):
        self._before.append(state.recording)
        state.recording = self._enter_as
        return self

    def __exit__(self, *exception):
        state.recording = self._before.pop()


class enable_grad(no_grad):
    """Records again inside a no_grad."""

    _enter_as = True


class Op:
    """One row of the rule table: a name, a forward, and a vjp for each argument.

    `on_floats` and `on_arrays` are the forward for the two kinds of data. Called with nodes an op
    makes a node, called with data it computes data: so a rule written with ops serves both
    backward with numbers and backward that builds a graph. A vjp of None is a gradient of zero.
    A variadic op has one vjp, which is told the argument's `place`.
    """

    __slots__ = ("name", "on_floats", "on_arrays", "vjps", "elementwise", "variadic")

    def __init__(self, name, *vjps, on_floats=None, on_arrays, elementwise=False, variadic=False):
        self.name = name
        self.on_floats = on_floats
        self.on_arrays = on_arrays
        self.vjps = vjps
        self.elementwise = elementwise
        self.variadic = variadic

    def __repr__(self):
        return f"Op({self.name!r})"

    def __call__(self, *args, **params):
        for arg in args:
            if isinstance(arg, Node):
                return arg._apply(self, args, params)
        for arg in args:
            if isinstance(arg, Array):
                return self.on_arrays(*args, **params)
        return self.on_floats(*args, **params)

    def pull(self, place, g, z, inputs, params):
        """The gradient that input number `place` receives; None for zero."""
        if self.variadic:
            return self.vjps[0](g, z, *inputs, place=place, **params)
        vjp = self.vjps[place]
        return None if vjp is None else vjp(g, z, *inputs, **params)


class Node:
    """A value in a graph: its data, the op that made it and that op's inputs.

    Nodes are data, not closures: no reference cycles, any depth, and whatever reads a graph
    (backward, drawing, compiling) walks the same `op` and `_prev`, a tuple of the parents. Value
    and Tensor add the kind of data, how the parents are held, `params` (an op's arguments that are
    no nodes, by name), and `_apply`, which computes an op and records it.
    """

    __slots__ = ("_data", "grad", "label", "op", "requires_grad", "module", "version")
    __array_ufunc__ = None  # let NumPy leave `numpy_scalar * node` to our __rmul__

    @property
    def data(self):
        """What the node holds. Of a leaf it may be assigned, as an optimizer does."""
        if state.trace is not None:
            state.trace.check_unread(self)
        return self._data

    @data.setter
    def data(self, new):
        if self.op:
            raise AttributeError(
                f"data: this node was computed by {self._op}; change the leaves and compute again"
            )
        if state.trace is not None:
            state.trace.refuse_edit(self)
        self._data = self._checked(new)
        state.version += 1
        self.version = state.version

    @property
    def _op(self):
        """The name of the op that made this node, '' for a leaf."""
        return self.op.name if self.op else ""

    def __reduce__(self):
        """Leaves can be copied and pickled; a deep graph cannot (it would recurse)."""
        if self.op:
            raise TypeError(f"cannot copy or pickle a node computed by {self._op}; detach() it")
        return _rebuild, (type(self), self.data, self.grad, self.label, self.requires_grad)

    @classmethod
    def _leaf(cls, data):
        """A new leaf of this class that takes no gradient: a constant."""
        node = object.__new__(cls)
        node._fill(data, None)
        return node

    def _fill(self, data, label):
        self._data = data
        self.label = label
        self.op = None
        self.requires_grad = False
        self.module = state.module
        self.version = state.version


def assign(leaf, data):
    """leaf.data = data, of data known to fit: what an optimizer does after its checks."""
    leaf._data = data
    state.version = leaf.version = state.version + 1


def _rebuild(kind, data, grad, label, requires_grad):
    node = kind._leaf(data)
    node.grad, node.label, node.requires_grad = grad, label, requires_grad
    return node


def topological_order(*roots):
    """Every node that the roots depend on, parents before children; a single root is the last.

    Iterative, so a chain of a million nodes is no deeper than one of ten. A None on the stack
    marks the node below it: all its parents are in the order by the time the mark comes up.
    """
    order, seen, stack = [], set(), [*roots]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            if node.op is None:
                order.append(node)
            else:
                stack += (node, None)
                stack += node._prev
    return order


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


def backward_pass(root, gradient=None):
    """The topological order, and the gradient of each of its nodes that requires one.

    None is the gradient of a node where nothing arrives. The graph itself is left as it is.
    """
    if state.trace is not None:
        state.trace.refuse_backward()
    if not root.requires_grad:
        raise RuntimeError(
            "backward: nothing to differentiate: no input has requires_grad=True, "
            "or it was computed under no_grad"
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
            node.grad = node._no_grad


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
        if create_graph or state.trace is not None:
            with enable_grad():
                _walk_back(order, grads, seed, _the_node)
        else:
            _walk_back(order, grads, seed._data, _data_of)
    found = tuple(_as_result(grads.get(x), x, create_graph) for x in wanted)
    return found[0] if isinstance(inputs, Node) else found


def _as_result(g, x, create_graph):
    """The gradient of x as a node: data and None (zero) become one.

    With create_graph a constant result, a linear function's, is a leaf to differentiate again:
    its derivatives are zero. Without it the result has lost its graph, and `grad` of it raises.
    """
    if isinstance(g, Node) and state.trace is not None:
        return g if create_graph else g.detach()
    if isinstance(g, Node) and g.requires_grad:
        return g
    data = x._zeros()._data if g is None else g._data if isinstance(g, Node) else g
    result = x._constant(data)
    result.requires_grad = create_graph
    return result
