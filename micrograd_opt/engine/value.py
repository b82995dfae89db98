"""Value: a scalar node. The engine that micrograd made famous, on the rule table.

What happens to `z = a * b; z.backward()` stands in three files. With a = 2 and b = 3:

    value.py     forward   `_operator(mul)`: z.data = 2 · 3 = 6, z.op = mul, z._prev = (a, b)
    ops.py       rule      the row of mul: x receives g * y, y receives g * x
    backward.py  walk      z has g = 1; a, the x, receives 1 · 3 = 3 and b, the y, 1 · 2 = 2

Read next: `engine/tensor.py`, the same for n-d arrays.
"""

from ..array.ieee import as_float
from . import ops
from .backward import backward
from .graph import Node, varies
from .node_methods import Functions
from .state import counts, recorder, state, tracing

_new = object.__new__


def _operator(op):
    """The methods for x ∘ y and for a number on the left of ∘, as `__mul__` and `__rmul__`.

    They do what `_apply`, below, does for any number of inputs, but call nothing on the way: that
    takes a sixth of the time, and a net of Values spends its forward pass here.
    """

    def method(x, y):
        if type(x) is not Value or type(y) is not Value:
            x, y = _operand(x), _operand(y)
            if x is NotImplemented or y is NotImplemented:
                return NotImplemented
        recording, module, trace, _ = state()
        node = _new(Value)
        node._data = op.on_floats(x._data, y._data)
        node.grad = 0.0
        node.label = None
        node.module = module
        node.version = counts.data_edits
        needed = recording and (x.requires_grad or y.requires_grad)
        node.requires_grad = needed
        if needed or (trace is not None and varies(x, y)):
            node.op, node._first, node._others = op, x, y  # the parents (x, y): see `_prev`
        else:
            node.op = node._first = node._others = None
        return node

    return method, lambda y, x: method(x, y)


def _comparison(op):
    """The method for x < y and its like: a bool, or a node (1.0 or 0.0) in a traced function."""

    def method(x, y):
        if tracing():
            return op(x, y)
        return op.on_floats(x._data, y._data if isinstance(y, Value) else as_float(y)) != 0.0

    return method


class Value(Functions, Node):
    """A number that remembers how it was computed.

    data    any real number; it becomes a float. TypeError for anything else.
    label   a name for pictures

    A new Value is a leaf and takes gradients: `.grad` is 0.0, `backward()` adds to it. Numbers in
    an expression become constants, which take none. `==` and `hash` go by identity, the other
    comparisons by data. Functions are methods, x.tanh(): `math.tanh(x)` and `float(x)` give a
    plain number, out of which no gradient flows, and warn; `x.item()` reads the number.

    >>> x = Value(3.0)
    >>> y = x * x + 2 * x
    >>> y.backward()
    >>> x
    Value(3.0, grad=8.0)
    """

    __slots__ = ("_first", "_others")  # the parents: see `_prev`
    params = {}  # a scalar op has none
    _empty_grad = 0.0

    def __init__(self, data, label=None):
        self._fill(as_float(data), label)
        self.requires_grad = True

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

    def __bool__(self):
        return self.data != 0.0

    __add__, __radd__ = _operator(ops.add)
    __sub__, __rsub__ = _operator(ops.sub)
    __mul__, __rmul__ = _operator(ops.mul)
    __truediv__, __rtruediv__ = _operator(ops.div)
    __pow__, __rpow__ = _operator(ops.pow_)

    __lt__ = _comparison(ops.lt)
    __le__ = _comparison(ops.le)
    __gt__ = _comparison(ops.gt)
    __ge__ = _comparison(ops.ge)

    def __eq__(self, other):
        if self is other:
            return True
        trace = recorder()
        if trace is not None:
            trace.compares(self, other)
        return NotImplemented

    __hash__ = Node.__hash__

    # ---- what graph.py and backward.py ask of a kind of node

    def _apply(self, op, args, params):
        if op.on_floats is None:
            raise TypeError(f"{op.name} works on Tensors, not on Values")
        parents = tuple(map(_operand, args))
        if params or any([p is NotImplemented for p in parents]):
            kinds = ", ".join(type(a).__name__ for a in args)
            raise TypeError(f"{op.name} of Values takes Values and real numbers; got {kinds}")
        return _new(Value)._fill(op.on_floats(*[p._data for p in parents]), None, op, parents)

    @property
    def _prev(self):
        """The parents, as a tuple.

        The first stands in one slot, the second, or a tuple of all further ones, in another. A
        tuple in every node would be one more object for the garbage collector to visit, and that
        is what a large graph of scalars spends its time on.
        """
        first, others = self._first, self._others
        if others is None:
            return () if first is None else (first,)
        return (first, *others) if type(others) is tuple else (first, others)

    @_prev.setter
    def _prev(self, parents):
        self._first = parents[0] if parents else None
        self._others = parents[1] if len(parents) == 2 else parents[1:] or None

    @staticmethod
    def _constant(data):
        return _new(Value)._fill(data)

    def _checked(self, data):
        return as_float(data)

    def _seed(self, gradient):
        if isinstance(gradient, Value):
            return gradient
        return self._constant(1.0 if gradient is None else as_float(gradient))

    def _zeros(self):
        return self._constant(0.0)


def _operand(x):
    """A Value as it is, a real number as a constant, NotImplemented for anything else."""
    if isinstance(x, Value):
        return x
    try:
        return Value._constant(as_float(x))
    except TypeError:
        return NotImplemented
