"""Value: a scalar node. The engine that micrograd made famous, on the rule table.

Read next: `tensor.py`, the same for n-d arrays; or `nn/scalar.py`, a net of Values.
"""

from ..array.ieee import as_float
from . import ops
from .backward import backward
from .graph import Node, state
from .node_methods import Functions


class Value(Functions, Node):
    """A number that remembers how it was computed.

    data    any real number; it becomes a float. TypeError for anything else.
    label   a name for pictures

    A new Value is a leaf and takes gradients: `.grad` is 0.0, `backward()` adds to it. Numbers in
    an expression become constants, which take none. `==` and `hash` go by identity, the other
    comparisons by data. Functions are methods, x.tanh(): `math.tanh(x)`, `float(x)` and `int(x)`
    give a plain number, out of which no gradient flows.

    >>> x = Value(3.0)
    >>> y = x * x + 2 * x
    >>> y.backward()
    >>> x
    Value(3.0, grad=8.0)
    """

    # Two parents are held side by side: a tuple for each node would be one more object for the
    # garbage collector to visit, and that is what a large scalar graph spends its time on.
    __slots__ = ("_first", "_others")
    params = {}  # a scalar op has none
    _no_grad = 0.0

    def __init__(self, data, label=None):
        self._fill(as_float(data), label)
        self.requires_grad = True

    def _fill(self, data, label):
        super()._fill(data, label)
        self.grad = 0.0
        self._first = self._others = None

    @property
    def _prev(self):
        """The parents, as a tuple."""
        first, others = self._first, self._others
        if others is None:
            return () if first is None else (first,)
        return (first, *others) if type(others) is tuple else (first, others)

    def __repr__(self):
        return f"Value({self._data!r}, grad={self.grad!r})"

    def backward(self):
        """Gradients of this value into the `.grad` of everything it depends on.

        Leaves accumulate until you set them to 0, as in PyTorch; inner nodes show this pass's.
        """
        backward(self)

    def item(self):
        """The number itself."""
        return self.data

    __float__ = item

    def __bool__(self):
        return self.data != 0.0

    # ---- operators

    def __add__(self, other):
        return _binary(ops.add, self, other)

    def __radd__(self, other):
        return _binary(ops.add, other, self)

    def __sub__(self, other):
        return _binary(ops.sub, self, other)

    def __rsub__(self, other):
        return _binary(ops.sub, other, self)

    def __mul__(self, other):
        return _binary(ops.mul, self, other)

    def __rmul__(self, other):
        return _binary(ops.mul, other, self)

    def __truediv__(self, other):
        return _binary(ops.div, self, other)

    def __rtruediv__(self, other):
        return _binary(ops.div, other, self)

    def __pow__(self, other):
        return _binary(ops.pow_, self, other)

    def __rpow__(self, other):
        return _binary(ops.pow_, other, self)

    def __eq__(self, other):
        if self is other:
            return True
        if state.trace is not None:
            state.trace.check_same(self, other)
        return NotImplemented

    __hash__ = Node.__hash__

    def __lt__(self, other):
        return _compare(ops.lt, self, other)

    def __le__(self, other):
        return _compare(ops.le, self, other)

    def __gt__(self, other):
        return _compare(ops.gt, self, other)

    def __ge__(self, other):
        return _compare(ops.ge, self, other)

    # ---- what graph.py and backward.py ask of a kind of node

    def _apply(self, op, args, params):
        if op.on_floats is None:
            raise TypeError(f"{op.name} works on Tensors, not on Values")
        parents = tuple(map(_operand, args))
        if params or NotImplemented in parents:
            given = ", ".join(type(a).__name__ for a in args)
            raise TypeError(f"{op.name} of Values takes Values and real numbers; got {given}")
        first, *others = parents
        others = others[0] if len(others) == 1 else tuple(others) or None
        needed = any(p.requires_grad for p in parents)
        return _made(op, op.on_floats(*[p._data for p in parents]), first, others, needed)

    @staticmethod
    def _constant(data):
        return Value._leaf(data)

    def _checked(self, data):
        return as_float(data)

    def _seed(self, gradient):
        if isinstance(gradient, Value):
            return gradient
        return self._constant(1.0 if gradient is None else as_float(gradient))

    def _zeros(self):
        return self._constant(0.0)


_new = object.__new__


def _binary(op, x, y):
    """An operator: the two-argument fast path of `_apply`, where a scalar net spends its life."""
    if type(x) is not Value or type(y) is not Value:
        x, y = _operand(x), _operand(y)
        if x is NotImplemented or y is NotImplemented:
            return NotImplemented
    needed = x.requires_grad or y.requires_grad
    return _made(op, op.on_floats(x._data, y._data), x, y, needed)


def _made(op, data, first, others, needed):
    """The node that `op` makes of its parents; a constant where no gradient is needed."""
    node = _new(Value)
    node._data = data
    node.grad = 0.0
    node.label = None
    node.module = state.module
    node.version = state.version
    if needed and state.recording:
        node.op = op
        node._first = first
        node._others = others
        node.requires_grad = True
    else:
        node.op = node._first = node._others = None
        node.requires_grad = False
        if state.trace is not None and state.trace.follows(first, others):
            node.op, node._first, node._others = op, first, others
    return node


def _operand(x):
    """A Value as it is, a real number as a constant, NotImplemented for anything else."""
    if isinstance(x, Value):
        return x
    try:
        return Value._constant(as_float(x))
    except TypeError:
        return NotImplemented


def _compare(op, x, y):
    """A bool; while a function is traced for `compile` a node, 1.0 or 0.0."""
    if state.trace is not None:
        return op(x, y)
    return op.on_floats(x._data, y._data if isinstance(y, Value) else as_float(y)) != 0.0
