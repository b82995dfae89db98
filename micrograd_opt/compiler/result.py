"""What a compiled function returns: a node whose gradients are computed already.

`backward()` hands them to the leaves; in a larger graph the node is an op like any other, whose
vector-Jacobian products are g times what is known. Read next: `compiled.py`.
"""

from ..array.array import Array
from ..engine.backward import STALE, backward
from ..engine.graph import Op
from ..engine.tensor import Tensor
from ..engine.value import Value


class _Known(Op):
    """The op of such a node: params hold the gradient for each parent, None for zero."""

    __slots__ = ()

    def pull(self, place, g, z, inputs, params):
        known = params["gradients"][place]
        if known is None:
            return None
        if isinstance(g, (Tensor, Value)):
            raise RuntimeError(
                "grad: a compiled function has no second derivative; call the plain function"
            )
        return known * (g if isinstance(known, float) or isinstance(g, float) else g.item())


KNOWN = _Known("compiled", on_arrays=None)
ONE = (1.0,)  # the gradient of a loss by itself


def _give(loss):
    """Add the gradients to those of the leaves; False, and none, if one was itself computed."""
    leaves, gradients = loss._prev, loss.params["gradients"]
    version = loss.version
    for leaf in leaves:
        if leaf.version > version:
            raise RuntimeError(STALE.format(leaf, "the compiled function"))
        if leaf.op is not None:
            return False
    for leaf, g in zip(leaves, gradients):
        if g is not None:
            before = leaf.grad
            leaf.grad = g if before is None else before + g
    return True


class CompiledTensor(Tensor):
    """The loss of a compiled function of Tensors."""

    __slots__ = ()

    def backward(self, gradient=None):
        """As Tensor.backward; without `gradient` it only hands out what is known."""
        if gradient is None and _give(self):
            self.grad = Array(ONE, self._data.shape)
        else:
            backward(self, gradient)


class CompiledValue(Value):
    """The loss of a compiled function of Values."""

    __slots__ = ("params",)

    def backward(self):
        """As Value.backward; it only hands out what is known."""
        if _give(self):
            self.grad = 1.0
        else:
            backward(self)


def with_gradients(data, leaves, flats):
    """A node with this data, an Array or a float, that knows its gradients by `leaves`.

    flats: for a Tensor its numbers in a flat list or tuple, for a Value a float, None for zero.
    """
    if isinstance(data, Array):
        kind = CompiledTensor
        flats = [
            None if flat is None else Array(flat, leaf._data.shape)
            for leaf, flat in zip(leaves, flats)
        ]
    else:
        kind = CompiledValue  # of Values alone: floats need no wrapping
    node = object.__new__(kind)._fill(data)
    node.op, node._prev, node.requires_grad = KNOWN, leaves, True
    node.params = {"gradients": flats}
    return node
