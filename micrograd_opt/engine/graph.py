"""The graph of a computation: nodes that know what made them. Knows no operation: see `ops.py`.

Glossary
    node    a value that remembers where it came from: `op`, and `_prev`, its parents
    leaf    a node without parents: a parameter, an input, a constant
    op      a row of the rule table: a forward, and one vector-Jacobian product an argument
    vjp     given g = ∂L/∂z, the gradient of the output, it answers ∂L/∂x = g · ∂z/∂x
    g z x y in every rule: the output's gradient, the output, the inputs

Read next: `backward.py`, the walk back through it; then `ops.py`, the rules.
"""

import contextlib
import operator

from ..array.array import Array


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


def _rebuild(kind, data, grad, label, requires_grad):
    node = kind._leaf(data)
    node.grad, node.label, node.requires_grad = grad, label, requires_grad
    return node


def post_order(roots, parents):
    """All that is reached from the roots by `parents(node)`, each once and after its own parents.

    Iterative, so a chain of a million nodes is no deeper than one of ten. What is to be done stands
    on a stack; under a None lies a node whose parents are all in the order when the None comes up.

    >>> post_order(["c"], {"a": "", "b": "aa", "c": "ba"}.get)
    ['a', 'b', 'c']
    """
    order, seen, stack = [], set(), [*roots]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += parents(node)
    return order


_parents = operator.attrgetter("_prev")


def topological_order(*roots):
    """Every node that the roots depend on, parents before children; a single root is the last."""
    return post_order(roots, _parents)
