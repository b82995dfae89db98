"""Modules: functions with parameters, under PyTorch's names.

In goes a Tensor, out comes a Tensor that knows how it was computed, down to the parameters. A model
is trained by its `parameters()`, and saved and loaded by its `state_dict()`:

    >>> import random
    >>> from micrograd_opt import functional, nn
    >>> model = nn.Sequential(nn.Linear(2, 1, rng=random.Random(0)), nn.Sigmoid())
    >>> [(path, p.shape) for path, p in model.named_parameters()]
    [('0.weight', (1, 2)), ('0.bias', (1,))]
    >>> for step in range(100):
    ...     loss = functional.mse_loss(model([[0, 0], [1, 1]]), [[0], [1]])
    ...     model.zero_grad()
    ...     loss.backward()
    ...     for p in model.parameters():
    ...         p.data = p.data - 4.0 * p.grad
    >>> [round(y, 2) for y, in model([[0, 0], [1, 1]]).tolist()]
    [0.05, 0.96]

`module.py` finds parameters by looking at attributes; `naming.py` and `mode.py` are two things that
a whole model has, names and a mode. `layers.py` and `norm.py` are the layers, `init.py` how weights
start, `utils.py` how gradients are clipped, and `scalar.py` the same net of single numbers, as
micrograd has it. To add a layer: write it in `layers.py`, and its name into `__all__` there.
Read next: `nn/module.py`.
"""

from . import init, layers, module, norm, scalar, utils
from .layers import *
from .module import *
from .norm import *

__all__ = [*layers.__all__, *module.__all__, *norm.__all__, "init", "scalar", "utils"]
