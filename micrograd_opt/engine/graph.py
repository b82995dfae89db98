"""The graph of a computation: nodes that know what made them. Knows no operation: see `ops.py`.

Glossary
    node    a value that remembers where it came from: `op`, and `_prev`, its parents
    leaf    a node without parents: a parameter, an input, a constant
    op      a row of the rule table: a forward, and a vjp for each argument
    vjp     vector-Jacobian product. From g = ∂L/∂z, the gradient of the output, it computes ∂L/∂x:
            for scalars g · ∂z/∂x, for arrays gᵀ times the Jacobian, which is never formed
    g z x y in every rule: the output's gradient, the output, the inputs

After `z = x * y` the node z has the op `mul` and the parents (x, y), which are leaves.

Read next: `engine/ops.py`, the rules.
"""

import operator

from ..array.array import Array
from .state import counts, next_version, recorder, state


class Node:
    """A value in a graph: its data, the op that made it and that op's inputs.

    Nodes are data: micrograd stores in each a function `_backward`, here it is only said which op
    made it. So there are no reference cycles, depth is no matter, and whatever reads a graph
    (backward, drawing, compiling) walks the same `op` and `_prev`.

    There are two kinds of node, Value and Tensor. Each has of its own:

        _prev                     the parents, a tuple; () for a leaf
        params                    the op's arguments that are no nodes, by name
        _empty_grad               the `.grad` of a node that no gradient has reached: 0.0, or None
        _apply(op, args, params)  the node that an op makes of its inputs
        _constant(data)           a new leaf that takes no gradient
        _checked(data)            what may be assigned to `.data`, in the form that is stored
        _seed(gradient)           the gradient that arrives at the root, as a node; 1 for None
        _zeros()                  a constant of zeros, like this node in shape
    """

    __slots__ = ("_data", "grad", "label", "op", "requires_grad", "module", "version", "_blocker")
    __array_ufunc__ = None  # let NumPy leave `numpy_scalar * node` to our __rmul__

    def _fill(self, data, label=None, op=None, parents=()):
        """Make a new object a node, and return it: a leaf, or what `op` computed of the parents.

        `state()` says which module is at work, and whether the graph is recorded: see `state.py`.
        """
        recording, module, trace, _ = state()
        self._data = data
        self.grad = self._empty_grad
        self.label = label
        self.op = None
        self._prev = ()
        self.requires_grad = False
        self.module = module
        self.version = counts.data_edits
        if op is not None:
            self._record(op, parents, recording, trace)
        return self

    def _record(self, op, parents, recording, trace):
        """Note where a new node comes from, if a gradient is to flow back."""
        receivers = parents if op.all_receive else op.receivers(parents)
        needed = recording and any([x.requires_grad for x in receivers])
        # the second case is for `compile` only: skip it at first reading
        if needed or (trace is not None and varies(*parents)):
            self.op = op
            self._prev = parents
            self.requires_grad = needed
        elif recording:
            self._note_blocker(op, parents)

    def _note_blocker(self, op, parents):
        """Note, for the error of `backward`, the op that keeps a gradient from coming through.

        In ((w > 0) == y).mean() it is the op of w > 0; only there is an input that requires one.
        """
        for x in parents:
            blocker = op if x.requires_grad else x.blocker
            if blocker is not None:
                self._blocker = blocker
                return

    @property
    def data(self):
        """What the node holds. Of a leaf it may be assigned, as an optimizer does."""
        _, _, trace, _ = state()
        if trace is not None:
            trace.reads(self)
        return self._data

    @data.setter
    def data(self, new):
        if self.op:
            raise AttributeError(
                f"data: this node was computed by {self._op}; change the leaves and compute again"
            )
        _, _, trace, _ = state()
        if trace is not None:
            trace.edits(self)
        self._data = self._checked(new)
        self.version = next_version()

    @property
    def _op(self):
        """The name of the op that made this node, '' for a leaf."""
        return self.op.name if self.op else ""

    @property
    def blocker(self):
        """Of a constant the op that kept the gradient from coming through; None if none did."""
        return getattr(self, "_blocker", None)

    def __reduce__(self):
        """Leaves can be copied and pickled; a deep graph cannot (it would recurse)."""
        if self.op:
            raise TypeError(f"cannot copy or pickle a node computed by {self._op}; detach() it")
        return _rebuild, (type(self), self.data, self.grad, self.label, self.requires_grad)


def _rebuild(kind, data, grad, label, requires_grad):
    node = object.__new__(kind)._fill(data, label)
    node.grad, node.requires_grad = grad, requires_grad
    return node


class Op:
    """One row of the rule table: a name, a forward, and a vjp for each argument.

    `on_floats` and `on_arrays` are the forward for the two kinds of data. Called with nodes an op
    makes a node, called with data it computes data: so a rule written with ops serves both
    backward with numbers and backward that builds a graph. A vjp of None says that the input takes
    no gradient, as in a comparison, so the result requires none on its account.
    A variadic op has one vjp, which is told the number i of the argument.
    """

    __slots__ = ("name", "on_floats", "on_arrays", "vjps", "all_receive", "elementwise", "variadic")

    def __init__(self, name, *vjps, on_floats=None, on_arrays, elementwise=False, variadic=False):
        self.name, self.vjps = name, vjps
        self.on_floats, self.on_arrays = on_floats, on_arrays
        self.elementwise, self.variadic = elementwise, variadic
        self.all_receive = None not in vjps

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

    def receivers(self, inputs):
        """Those inputs that a gradient can come to: of where(c, x, y) these are x and y."""
        return [x for x, vjp in zip(inputs, self.vjps, strict=True) if vjp is not None]

    def pull(self, i, g, z, inputs, params):
        """The gradient that input number i receives; None for zero."""
        if self.variadic:
            return self.vjps[0](g, z, *inputs, i=i, **params)
        vjp = self.vjps[i]
        return None if vjp is None else vjp(g, z, *inputs, **params)


def post_order(roots, parents):
    """All that is reached from the roots by `parents(node)`, each once and after its own parents.

    Iterative, so a chain of a million nodes is no deeper than one of ten. A node is pushed with a
    None on top of it, and its parents above that. When the None comes up, the parents are done, so
    the node below it goes into the order.

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


def topological_order(*roots):
    """Every node that the roots depend on, parents before children; a single root is the last."""
    return post_order(roots, operator.attrgetter("_prev"))


def as_tuple(nodes):
    """One node as a tuple, several as a tuple too: what may be asked for by either."""
    return (nodes,) if isinstance(nodes, Node) else tuple(nodes)


# ---- while a function is traced
#
# To trace a function is to call it once and to record all that it computes, so that the record can
# be run again with other numbers.


def varies(*xs):
    """Whether one of these is a node whose numbers may be others when the record is run again.

    While `lambda x: x * 2.0 + 1.0` is traced, x, x * 2.0 and the sum vary: what they hold is an
    example. The constants 2.0 and 1.0 do not. Outside a trace nothing varies.
    """
    trace = recorder()
    return trace is not None and any([isinstance(x, Node) and trace.varies(x) for x in xs])


# The recorder is also told when the function reads, edits or compares data, draws
# random numbers, calls backward or a module, or picks by a label. What a record could not repeat
# raises TypeError: `if x.data > 0` would choose as the example does.
