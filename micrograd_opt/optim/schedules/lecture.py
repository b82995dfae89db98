"""The schedules of Lecture 6: constant, linear decay, cosine annealing, and a warmup before them.

Read next: `optim/schedules/decays.py`.
"""

from dataclasses import dataclass
from math import cos, pi

from ..base.hyperparameters import at
from .base import Schedule

__all__ = ["constant", "cosine_annealing", "linear_decay", "linear_warmup"]


@dataclass(frozen=True)
class constant(Schedule):
    """αᵢ = α

    Raises ValueError unless lr is in [0, inf).

    >>> constant(0.1)(1000)
    0.1
    """

    lr: float

    def __call__(self, i):
        return self.lr


@dataclass(frozen=True)
class linear_decay(Schedule):
    """αᵢ = α (1 − i / max_steps), and 0 from i = max_steps on.

    Lecture 6, linear decay: it falls by the same amount each step. The last rate of a run, at
    i = max_steps − 1, is α / max_steps, not 0. Raises ValueError unless lr is in [0, inf) and
    max_steps one of 1, 2, … (PyTorch's LinearLR cannot start at its lr and end at 0.)

    >>> [linear_decay(1.0, 4)(i) for i in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    lr: float
    max_steps: int

    def __call__(self, i):
        return self.lr * (1.0 - min(i, self.max_steps) / self.max_steps)


@dataclass(frozen=True)
class cosine_annealing(Schedule):
    """αᵢ = α_min + (α − α_min) · ½ [1 + cos(π i / max_steps)], and α_min from i = max_steps on.

    Lecture 6, cosine annealing, with α_min = 0: slow, then fast, then slow again. From Loshchilov
    and Hutter 2017, eq. 5. Raises ValueError unless lr and lr_min are in [0, inf) and max_steps
    one of 1, 2, … (PyTorch's CosineAnnealingLR rises again after its T_max; this holds.)

    >>> [round(cosine_annealing(1.0, 4)(i), 3) for i in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    lr: float
    max_steps: int
    lr_min: float = 0.0

    def __call__(self, i):
        half = 0.5 * (1.0 + cos(pi * min(i, self.max_steps) / self.max_steps))
        return self.lr_min + (self.lr - self.lr_min) * half


@dataclass(frozen=True)
class linear_warmup(Schedule):
    """αᵢ = then(0) · (i + 1) / steps while i < steps, after that then(i − steps).

    then    a number, or a schedule: its own step 0 is the first after the warmup, so that
            linear_warmup(100, cosine_annealing(0.1, 1000)) describes a run of 1100 steps

    Lecture 6, linear warmup, for a large α. The first step already moves, by α / steps; the last
    of the warmup reaches then(0). Raises ValueError unless steps is one of 0, 1, … and a number
    `then` in [0, inf).

    >>> [linear_warmup(4, then=linear_decay(1.0, 2))(i) for i in range(7)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.0]
    """

    steps: int
    then: object

    def __call__(self, i):
        if i < self.steps:
            return at(self.then, 0) * ((i + 1) / self.steps)
        return at(self.then, i - self.steps)
