"""Schedules: a hyperparameter as a function of the step i = 0, 1, 2, …

>>> from micrograd_opt.optim.schedules import cosine_annealing, linear_warmup
>>> lr = linear_warmup(2, then=cosine_annealing(1.0, max_steps=4))
>>> lr
linear_warmup(steps=2, then=cosine_annealing(lr=1.0, max_steps=4, lr_min=0.0))
>>> [round(lr(i), 3) for i in range(7)]
[0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]

Whatever maps i to a value is a schedule, a lambda too, and any hyperparameter takes one: lr,
weight_decay, momentum, one or both of the betas. These here can be compared and saved, and show
their arguments; `lr` in them is the value of whatever they are given to. A run of max_steps steps
uses i = 0 … max_steps − 1; from max_steps on a schedule holds the value that its formula ends with.
A new one is a class in one of the files below and a name in its `__all__`.
Read next: `optim/schedules/base.py`.
"""

from . import decays, lecture, phases
from .decays import *
from .lecture import *
from .phases import *

__all__ = [*decays.__all__, *lecture.__all__, *phases.__all__]
