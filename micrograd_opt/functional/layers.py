"""The functions behind layers with and without parameters: linear and dropout.

Read next: `functional/lists_of_values.py`, which all of these lean on.
"""

from ..engine.arguments import checked, generator
from ..engine.creation import drawn, drawn_value
from ..engine.tensor import Tensor
from . import lists_of_values
from .lists_of_values import elementwise, nodes

__all__ = ["dropout", "linear"]


def linear(x, weight, bias=None):
    """x Wᵀ + b, with x: (…, in), weight: (out, in), bias: (out,). ValueError for other shapes.

    Of Values: x is a list of `in`, or a list of such rows; weight and bias are lists too.
    """
    x, weight, *biases = nodes(x, weight, *([] if bias is None else [bias]))
    n_out, n_in = weight.shape[:1], weight.shape[1:]
    if x.shape[-1:] != n_in or any(b.shape != n_out for b in biases):
        shapes = " and ".join(str(a.shape) for a in (x, weight, *biases))
        raise ValueError(f"linear: {shapes} do not fit; needs (…, in), (out, in) and (out,)")
    if not isinstance(x, Tensor):
        return lists_of_values.linear(x, weight, biases)
    y = x @ weight.T
    return y + biases[0] if biases else y


def dropout(x, p=0.5, training=True, rng=None):
    """Each element 0 with probability p, else divided by 1 − p, so that its mean stays.

    Hinton et al. 2012. Only in training; otherwise x as it is. rng is a `random.Random`.
    Raises ValueError for p outside [0, 1].
    """
    p, draw = checked(p, "[0, 1]", "dropout: p"), generator(rng).random
    if not checked(training, bool, "dropout: training"):
        return x
    scale = 1.0 / (1.0 - p) if p < 1.0 else 0.0

    def factor():
        return scale if draw() >= p else 0.0

    @elementwise
    def masked(x):
        return x * (drawn(x.shape, factor) if isinstance(x, Tensor) else drawn_value(factor))

    return masked(x)
