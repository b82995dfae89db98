"""Activations and softmax: each formula once, written as for one node.

`@elementwise` lets the formula serve Tensors, Values and lists of Values (`lists_of_values.py`).
Read next: `functional/losses.py`.
"""

import math

from ..engine import ops
from ..engine.arguments import checked
from .lists_of_values import along_dim, elementwise

# What nn.MLP can have between its layers, too.
ELEMENTWISE = ["relu", "tanh", "sigmoid", "gelu", "softplus", "leaky_relu"]
__all__ = [*ELEMENTWISE, "log_softmax", "softmax"]


@elementwise
def relu(x):
    """max(x, 0), with gradient 0 at 0."""
    return ops.relu(x)


@elementwise
def tanh(x):
    """The hyperbolic tangent."""
    return ops.tanh(x)


@elementwise
def sigmoid(x):
    """1 / (1 + e⁻ˣ)."""
    return ops.sigmoid(x)


@elementwise
def softplus(x):
    """log(1 + eˣ), a smooth relu. No threshold as in PyTorch: it is exact everywhere."""
    return ops.softplus(x)


@elementwise
def gelu(x, approximate="none"):
    """x·Φ(x), Φ the normal distribution function; Hendrycks and Gimpel 2016.

    approximate='tanh': ½x·(1 + tanh u) = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³).
    """
    if checked(approximate, ["none", "tanh"], "gelu: approximate") == "none":
        return ops.gelu(x)
    return x * ops.sigmoid((x + x * x * x * 0.044715) * math.sqrt(8.0 / math.pi))


@elementwise
def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope · x; the gradient at 0 is the slope."""
    return ops.where(ops.gt(x, 0.0), x, x * negative_slope)


def softmax(x, dim=-1):
    """exp(x) / Σ exp(x) along dim, computed as exp(x − max) / Σ exp(x − max): nothing overflows.

    Of a list of Values a list of Values, of a list of rows a list of rows.
    """
    return along_dim(ops.softmax, x, dim)


def log_softmax(x, dim=-1):
    """(x − max) − log(1 + Σ' exp(x − max)) along dim, where Σ' leaves out the maximum itself.

    It keeps the digits that log(softmax(x)) loses. Of (0, 50) the larger has log p = −e⁻⁵⁰ =
    −1.9e-22, while its softmax rounds to 1, whose log is 0.

    >>> log_softmax([0.0, 50.0]).tolist()
    [-50.0, -1.9287498479639178e-22]
    """
    return along_dim(ops.log_softmax, x, dim)
