"""PyTorch's learning rate schedulers, by name and argument, over the functions of `schedules`.

>>> from micrograd_opt import Value
>>> from micrograd_opt.optim import SGD
>>> optimizer = SGD([Value(3.0)], lr=1.0)
>>> scheduler = CosineAnnealingLR(optimizer, T_max=4)
>>> for epoch in range(4):
...     print(round(optimizer.param_groups[0]["lr"], 3))
...     optimizer.step()    # for each batch
...     scheduler.step()    # after it: the constructor has set the first rate
1.0
0.854
0.5
0.146

A schedule given as lr does the same with less, and for any hyperparameter; ReduceLROnPlateau alone
can do more, since it looks at the loss. A new class goes into one of the files, and its name into
the file's `__all__`.
Read next: `optim/lr_scheduler/base.py`.
"""

from . import base, combined, cycles, factors, momentum, plateau
from .base import *
from .combined import *
from .cycles import *
from .factors import *
from .momentum import *
from .plateau import *

__all__ = [
    *base.__all__, *combined.__all__, *cycles.__all__, *factors.__all__, *momentum.__all__,
    *plateau.__all__,
]  # fmt: skip
