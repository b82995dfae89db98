"""Functions of nodes that have no state: activations, losses, linear, dropout. PyTorch's names.

All take Tensors, and Values or lists of Values. Read in this order: `activations.py`, `losses.py`,
`layers.py`.
"""

from ..engine.creation import one_hot
from .activations import (
    gelu, leaky_relu, log_softmax, relu, sigmoid, softmax, softplus, tanh,
)  # fmt: skip
from .layers import dropout, linear
from .losses import (
    binary_cross_entropy_with_logits, cross_entropy, hinge_loss, huber_loss, l1_loss, mse_loss,
    nll_loss,
)  # fmt: skip

__all__ = [
    "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "gelu", "hinge_loss",
    "huber_loss", "l1_loss", "leaky_relu", "linear", "log_softmax", "mse_loss", "nll_loss",
    "one_hot", "relu", "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip
