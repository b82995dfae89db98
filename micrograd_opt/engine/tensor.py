"""Tensor: an n-d node. The same graph and rule table as Value, on arrays of floats.

Its methods of shapes, products and reductions are those of Array, `array/shape_methods.py`; each of
the ten primitives that they rest on is one op here. Broadcasting is an op too: for x of shape (3,)
and w of shape (2, 3) `x * w` becomes `expand(x, shape=(2, 3)) * w`, and so the gradient of x is
summed over the two rows, by the rule of expand.

Read next: `engine/creation.py`.
"""

from ..array.array import Array
from ..array.shape_methods import Shaped
from ..array.shapes import broadcast
from . import ops
from .backward import backward
from .graph import Node
from .node_methods import Functions


def _operator(op):
    """The methods for x ∘ y and for y ∘ x, where y may be a number, nested lists or an Array."""

    def method(x, y):
        try:
            x, y = as_tensor(x), as_tensor(y)
        except TypeError:
            if isinstance(x, Node) and isinstance(y, Node):
                raise
            return NotImplemented
        return op(x, y)

    return method, lambda y, x: method(x, y)


class Tensor(Shaped, Functions, Node):
    """An n-d array of float64 that remembers how it was computed.

    data            a number, nested lists, or anything with `tolist()`; ValueError if ragged
    requires_grad   whether `backward()` should leave a gradient here
    label           a name for pictures

    `.data` is an Array, `.grad` None or an Array of the same shape. Operators broadcast as NumPy's
    do; comparisons, == too, give a Tensor of 0.0 and 1.0. Views and slices behave as copies, since
    numbers never change in place.

    >>> w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> loss = (w @ w).sum()
    >>> loss.backward()
    >>> loss, w.grad
    (Tensor(54.0), Array([[7.0, 11.0], [9.0, 13.0]]))
    """

    __slots__ = ("_prev", "params")
    _empty_grad = None

    def __init__(self, data, requires_grad=False, label=None):
        self._fill(Array.of(data), label)
        if not isinstance(requires_grad, bool):
            raise TypeError(
                f"Tensor: requires_grad must be True or False, got {requires_grad!r:.60}; all "
                "numbers stand in one list, as in Tensor([2, 3]), and a name is label=…"
            )
        self.requires_grad = requires_grad

    def _fill(self, data, label=None, op=None, parents=()):
        self.params = {}
        return Node._fill(self, data, label, op, parents)

    @property
    def shape(self):
        """The sizes of the dims, as a tuple."""
        return self._data.shape

    def __repr__(self):
        name = type(self).__name__
        return f"{name}({self.item()!r})" if not self.shape else f"{name}(shape={self.shape})"

    def __str__(self):
        """With its numbers, four digits each, unless there are too many to read."""
        return repr(self) if self.size > 100 else f"{type(self).__name__}({_shown(self.tolist())})"

    def tolist(self):
        """Nested lists of floats."""
        return self.data.tolist()

    def item(self):
        """The only element as a float; ValueError if there is not exactly one."""
        return self.data.item()

    def clone(self):
        """The same numbers in a new node, through which gradients flow."""
        return self - 0.0  # and not + 0.0, which would make a -0.0 a 0.0

    def backward(self, gradient=None):
        """Gradients of this scalar into the `.grad` of everything it depends on.

        Leaves accumulate until `zero_grad`; inner nodes show this pass's. Of a Tensor with more
        than one element, `gradient` (the gradient arriving here) must be given.
        """
        backward(self, gradient)

    __add__, __radd__ = _operator(ops.add)
    __sub__, __rsub__ = _operator(ops.sub)
    __mul__, __rmul__ = _operator(ops.mul)
    __truediv__, __rtruediv__ = _operator(ops.div)
    __pow__, __rpow__ = _operator(ops.pow_)

    __lt__ = _operator(ops.lt)[0]
    __le__ = _operator(ops.le)[0]
    __gt__ = _operator(ops.gt)[0]
    __ge__ = _operator(ops.ge)[0]
    __eq__ = _operator(ops.eq)[0]
    __ne__ = _operator(ops.ne)[0]
    __hash__ = Node.__hash__  # by identity, as the keys of a graph need it

    def __matmul__(self, other):
        return super().__matmul__(as_tensor(other))

    def __rmatmul__(self, other):
        return as_tensor(other) @ self

    def abs(self):
        """|x|, with gradient 0 at 0."""
        return ops.abs_(self)

    def std(self, dim=None, unbiased=True, keepdim=False):
        """√var. Where it is 0 the gradient is 0, as in PyTorch, not 0/0.

        The outer `where` sends the square root a gradient of 0 there, the inner one gives it a 1 as
        its argument: the rule of sqrt, 0.5 · g / z, then is 0.5 · 0 / 1, and not 0 / 0 = NaN.
        """
        var = self.var(dim, unbiased, keepdim)
        constant = var == 0.0
        return ops.where(constant, 0.0, ops.sqrt(ops.where(constant, 1.0, var)))

    # ---- the ten primitives of Shaped

    def _reshape(self, shape):
        return ops.reshape(self, shape=shape)

    def _permute(self, dims):
        return ops.permute(self, dims=dims)

    def _expand(self, shape):
        return ops.expand(self, shape=shape)

    def _slice(self, ranges):
        return ops.slice_(self, ranges=ranges)

    def _rows(self, index):
        return ops.index_select(self, Array.of(index))

    def _mm(self, other):
        return ops.mm(self, other)

    def _sum(self, dims, keepdim):
        return ops.sum_(self, dims=dims, keepdim=keepdim)

    def _max(self):
        return ops.max_(self)

    def _argmax(self, dim, keepdim):
        return ops.argmax(self, dim=dim, keepdim=keepdim)

    def _gather(self, dim, index):
        return ops.gather(self, index, dim=dim)

    # ---- what graph.py and backward.py ask of a kind of node

    def _apply(self, op, args, params):
        parents = tuple(map(as_tensor, args))
        if op.elementwise:
            parents = broadcast_together(parents, op.name)
        data = op.on_arrays(*[p._data for p in parents], **params)
        node = object.__new__(Tensor)._fill(data, None, op, parents)
        if node.op:
            node.params = params
        return node

    @staticmethod
    def _constant(data):
        return object.__new__(Tensor)._fill(data)

    def _checked(self, data):
        data = Array.of(data)
        if data.shape != self.shape:
            raise ValueError(f"data: shape {data.shape} cannot replace {self.shape}")
        return data

    def _seed(self, gradient):
        if gradient is None:
            if self.size != 1:
                raise ValueError(
                    f"backward: needs a scalar, shape {self.shape} has {self.size} elements; "
                    "sum() or mean() first, or give the gradient that arrives here"
                )
            return self._constant(Array.full(self.shape, 1.0))
        seed = as_tensor(gradient)
        if seed.shape != self.shape:
            raise ValueError(f"gradient: shape {seed.shape} does not match {self.shape}")
        return seed

    def _zeros(self):
        return self._constant(Array.full(self.shape, 0.0))


def as_tensor(x):
    """A Tensor as it is; numbers, nested lists and Arrays as constants. TypeError for the rest."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Node):
        raise TypeError("a Value and a Tensor do not mix in one operation; use one kind of node")
    return Tensor._constant(Array.of(x))


def broadcast_together(tensors, what):
    """The tensors expanded to their common shape, each by a node of its own where it must grow."""
    first = tensors[0].shape
    if all([t.shape == first for t in tensors]):
        return tensors
    shape = broadcast(*[t.shape for t in tensors], what=what)
    return tuple([t if t.shape == shape else ops.expand(t, shape=shape) for t in tensors])


def _shown(data):
    if isinstance(data, list):
        return f"[{', '.join(map(_shown, data))}]"
    return f"{data:.4g}"
