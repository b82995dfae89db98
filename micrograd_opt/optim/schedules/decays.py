"""Ways down: in stairs, by a factor a step, along a power of the rest, with the root of the step.

Read next: `optim/schedules/phases.py`.
"""

from dataclasses import dataclass
from math import sqrt

from ...array.ieee import power
from .base import Schedule

__all__ = ["exponential", "inverse_sqrt", "polynomial", "step_decay"]


@dataclass(frozen=True)
class step_decay(Schedule):
    """αᵢ = α γ^⌊i / every⌋

    Stairs: multiplied by γ after every so many steps. Image classifiers take 0.1 every 30 epochs or
    so (Goyal et al. 2017, section 5.1). Raises ValueError unless lr is in [0, inf), every one of
    1, 2, … and gamma in (0, inf). PyTorch's StepLR.

    >>> [step_decay(1.0, every=2, gamma=0.5)(i) for i in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    lr: float
    every: int
    gamma: float = 0.1

    def __call__(self, i):
        return self.lr * power(self.gamma, i // self.every)


@dataclass(frozen=True)
class exponential(Schedule):
    """αᵢ = α γⁱ

    It falls by the same factor each step: to half of α after log ½ / log γ steps. With γ > 1 it
    rises, to find the largest rate that works in one short run (Smith 2017, section 3.3, there on
    a line). Raises ValueError unless lr is in [0, inf) and gamma in (0, inf). PyTorch's
    ExponentialLR.

    >>> [exponential(1.0, 0.5)(i) for i in range(5)]
    [1.0, 0.5, 0.25, 0.125, 0.0625]
    """

    lr: float
    gamma: float

    def __call__(self, i):
        return self.lr * power(self.gamma, i)


@dataclass(frozen=True)
class polynomial(Schedule):
    """αᵢ = α_min + (α − α_min) (1 − i / max_steps)^power, and α_min from i = max_steps on.

    With power 1 and α_min = 0 the lecture's linear decay; a larger power falls sooner and ends
    flatter. Segmentation nets take 0.9 (Chen et al. 2017, DeepLab). Raises ValueError unless lr,
    lr_min and power are in [0, inf) and max_steps one of 1, 2, … PyTorch's PolynomialLR has no
    α_min.

    >>> [polynomial(1.0, 4, power=2)(i) for i in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """

    lr: float
    max_steps: int
    power: float = 1.0
    lr_min: float = 0.0

    def __call__(self, i):
        rest = 1.0 - min(i, self.max_steps) / self.max_steps
        return self.lr_min + (self.lr - self.lr_min) * rest**self.power


@dataclass(frozen=True)
class inverse_sqrt(Schedule):
    """αᵢ = α min(t / warmup, √(warmup / t)) with t = i + 1

    A linear warmup to α at t = warmup, then down with the root of the step: it needs no end, for
    runs whose length is not known. Vaswani et al. 2017, eq. 3, where α is 1 / √(d · warmup). Raises
    ValueError unless lr is in [0, inf) and warmup one of 1, 2, …

    >>> [inverse_sqrt(1.0, 4)(i) for i in (0, 1, 2, 3, 15, 63)]
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    lr: float
    warmup: int

    def __call__(self, i):
        t = i + 1
        return self.lr * min(t / self.warmup, sqrt(self.warmup / t))
