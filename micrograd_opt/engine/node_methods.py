"""The methods that Value and Tensor share: functions of one argument, each one row of the table.

Read next: `engine/value.py`.
"""

import warnings

from . import ops
from .state import is_grad_enabled, tracing


class LostGradientWarning(UserWarning):
    """float() of a node that requires grad: what is computed of the number has no gradient.

    Python shows it once for each line that does so; `warnings.simplefilter` hides it, or makes an
    error of it.
    """


class Functions:
    """exp, tanh, relu and the others; each op's formula and gradient are its row in `ops.py`."""

    __slots__ = ()

    def __neg__(self):
        return ops.neg(self)

    def __abs__(self):
        return ops.abs_(self)

    def __isub__(self, other):
        """x = x − other, a new node, since nodes never change in place; their data do.

        So `p -= lr * p.grad` of a parameter, under no_grad, would leave it as it is: an error.
        """
        if self.requires_grad and not self._prev and not is_grad_enabled():
            raise TypeError(
                "-= makes a new node and leaves the parameter as it is; write p.data -= lr * p.grad"
            )
        return self - other

    def __format__(self, spec):
        """f"{loss:.4f}" formats the number; without a spec the node as it prints."""
        return format(self.item(), spec) if spec else str(self)

    def __float__(self):
        """The number itself, for whatever takes plain numbers: math.exp(x) calls it too.

        Out of that no gradient flows. So it warns while the graph is recorded, if x requires grad.
        """
        number = self.item()
        if self.requires_grad and is_grad_enabled():
            warnings.warn(
                "float() gives a plain number, as in math.exp(x) or float(x), and no gradient flows"
                " out of it: write x.exp(), a function of the node; or x.item(), to read it",
                LostGradientWarning,
                stacklevel=2,
            )
        return number

    def __int__(self):
        """The number itself, cut to a whole one as int() cuts a float. No gradient is lost."""
        return int(self.item())

    def detach(self):
        """The same number or numbers as a constant, through which no gradient flows."""
        if tracing():
            return ops.detach(self)
        constant = self._constant(self._data)
        if self.requires_grad:
            constant._blocker = ops.detach
        return constant

    def exp(self):
        """eˣ; inf where it overflows."""
        return ops.exp(self)

    def log(self):
        """The natural logarithm; −inf at 0, NaN below."""
        return ops.log(self)

    def sqrt(self):
        """The square root; NaN below 0. Its gradient at 0 is inf."""
        return ops.sqrt(self)

    def sin(self):
        """The sine of x, in radians."""
        return ops.sin(self)

    def cos(self):
        """The cosine of x, in radians."""
        return ops.cos(self)

    def tanh(self):
        """The hyperbolic tangent."""
        return ops.tanh(self)

    def sigmoid(self):
        """1 / (1 + e⁻ˣ)."""
        return ops.sigmoid(self)

    def relu(self):
        """max(x, 0), with gradient 0 at 0."""
        return ops.relu(self)

    def softplus(self):
        """log(1 + eˣ)."""
        return ops.softplus(self)

    def gelu(self):
        """x·Φ(x), Φ the normal distribution function."""
        return ops.gelu(self)
