"""Functions of nodes that have no state, under PyTorch's names: activations, losses, layers.

In go Tensors, or Values and lists of Values; out comes the same kind, and of a loss one node to
call `backward()` on. A net of one linear layer, two classes and one example:

    >>> from micrograd_opt import Tensor
    >>> from micrograd_opt import functional as F
    >>> weight = Tensor([[1.0, 0.0], [0.0, 2.0]], requires_grad=True)
    >>> logits = F.linear([[1.0, 1.0]], weight)
    >>> loss = F.cross_entropy(logits, [0])  # −log(e¹ / (e¹ + e²))
    >>> loss.backward()
    >>> loss, F.softmax(logits).tolist()
    (Tensor(1.3132616875182228), [[0.2689414213699951, 0.7310585786300049]])
    >>> weight.grad  # softmax − one_hot, times the inputs, which are 1
    Array([[-0.7310585786300049, -0.7310585786300049], [0.7310585786300049, 0.7310585786300049]])

`activations.py` shows how one formula serves all kinds of node; `losses.py` has the ten lines of
cross-entropy and what they ask of log_softmax; `layers.py` what nn's layers call; and
`lists_of_values.py`, last, all that exists for lists alone. To add one: write it in its file, and
its name into that file's `__all__`.
Read next: `functional/activations.py`.
"""

from ..engine.creation import one_hot
from . import activations, layers, losses
from .activations import *
from .layers import *
from .losses import *

__all__ = [*activations.__all__, *layers.__all__, *losses.__all__, "one_hot"]
