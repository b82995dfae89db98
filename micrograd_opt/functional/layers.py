"""The functions behind layers with and without parameters: linear and dropout.

Read next: `nn/module.py`, what has a state.
"""

import operator

from ..engine.arguments import checked, generator
from ..engine.creation import drawn, drawn_value
from ..engine.tensor import Tensor, as_tensor
from .activations import as_lists, by_row, elementwise, form, holds_values


def linear(x, weight, bias=None):
    """x Wᵀ + b, with x: (…, in), weight: (out, in), bias: (out,). ValueError for other shapes.

    Of Values: x is a list of `in`, or a list of such rows; weight and bias are lists too.
    """
    values = holds_values((x, weight, bias))
    given = [x, weight] if bias is None else [x, weight, bias]
    x, weight, *biases = [as_lists(a) if values else as_tensor(a) for a in given]
    takes, gives = form(weight)[1:], form(weight)[:1]
    if form(x)[-1:] != takes or any(form(b) != gives for b in biases):
        found = " and ".join(str(form(a)) for a in (x, weight, *biases))
        raise ValueError(f"linear: {found} do not fit; needs (…, in), (out, in) and (out,)")
    if not values:
        return sum(biases, x @ weight.T)
    start = biases[0] if biases else [0.0] * len(weight)

    def product(row):
        return [sum(map(operator.mul, w, row), b) for w, b in zip(weight, start, strict=True)]

    return by_row(product, x, -1, "linear")


def dropout(x, p=0.5, training=True, rng=None):
    """Each element 0 with probability p, else divided by 1 − p, so that its mean stays.

    Hinton et al. 2012. Only in training; otherwise x as it is. rng is a `random.Random`.
    Raises ValueError for p outside [0, 1].
    """
    p, draw = checked(p, "[0, 1]", "dropout: p"), generator(rng).random
    if not training:
        return x
    scale = 1.0 / (1.0 - p) if p < 1.0 else 0.0

    def keep():
        return scale if draw() >= p else 0.0

    def masked(x):
        return x * (drawn(x.shape, keep) if isinstance(x, Tensor) else drawn_value(keep))

    return elementwise("dropout", masked, x)
