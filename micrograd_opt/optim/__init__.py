"""Optimizers: gradient descent and what came of it, each one formula on one screen.

In go parameters, with gradients that `backward` has left in them; after a step they are at a new
point, where the loss should be lower. The learning rate, and every other hyperparameter, is a
number or a schedule, a function of the step:

>>> from micrograd_opt import Value, optim
>>> x = Value(3.0)
>>> optimizer = optim.SGD([x], lr=optim.schedules.linear_decay(0.25, max_steps=4))
>>> for step in range(4):
...     loss = (x - 1.0) ** 2
...     optimizer.zero_grad()
...     loss.backward()
...     print(f"loss {loss.data:.2f}, lr {optimizer.param_groups[0]['lr']}")
...     optimizer.step()
loss 4.00, lr 0.25
loss 1.00, lr 0.1875
loss 0.39, lr 0.125
loss 0.22, lr 0.0625

A file a formula: `sgd.py` and `adam.py` first, then base/, what all of them share, then the others
in any order; racing/ sets them against each other on the functions of `surfaces.py`; schedules/ are
the functions of the step, lr_scheduler/ PyTorch's classes over them.
A new optimizer is a class in one of these files and a name in its `__all__`.
Read next: `optim/sgd.py`.
"""

from . import (
    adafactor, adam, adam_variants, adaptive, asgd, averaging, layerwise, lbfgs, lecture, lion,
    lookahead, lr_scheduler, muon, newton, racing, rprop, sam, schedule_free, schedules, sgd,
    surfaces, weight_decay,
)  # fmt: skip
from .adafactor import *
from .adam import *
from .adam_variants import *
from .adaptive import *
from .asgd import *
from .averaging import *
from .base.optimizer import Optimizer
from .layerwise import *
from .lbfgs import *
from .lecture import *
from .linear_scaling import linear_scaling  # which hides its file
from .lion import *
from .lookahead import *
from .muon import *
from .newton import *
from .racing import *
from .rprop import *
from .sam import *
from .schedule_free import *
from .sgd import *
from .weight_decay import *

__all__ = [
    *adafactor.__all__, *adam.__all__, *adam_variants.__all__, *adaptive.__all__, *asgd.__all__,
    *averaging.__all__, *layerwise.__all__, *lbfgs.__all__, *lecture.__all__, *lion.__all__,
    *lookahead.__all__, *muon.__all__, *newton.__all__, *racing.__all__, *rprop.__all__,
    *sam.__all__, *schedule_free.__all__, *sgd.__all__, *weight_decay.__all__,
    "Optimizer", "linear_scaling", "lr_scheduler", "schedules", "surfaces",
]  # fmt: skip
