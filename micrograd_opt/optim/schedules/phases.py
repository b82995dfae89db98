"""Runs in phases: up and down once, again and again, with a long middle, or any schedules in a row.

Read next: `optim/lr_scheduler/`.
"""

from bisect import bisect_right
from dataclasses import dataclass

from ...engine.arguments import RATE, WHOLE, checked
from ..base.hyperparameters import at
from .base import Schedule, checked_milestones, cosine, through

__all__ = ["join", "one_cycle", "warm_restarts", "wsd"]


@dataclass(frozen=True)
class one_cycle(Schedule):
    """From α₀ = α / div_factor up to α, then down to α₀ / final_div_factor, on half cosines.

        αᵢ = b + (a − b) · ½ [1 + cos(πt)], t from 0 to 1, first
             from a = α₀ at i = 0 to b = α at i = pct_start · max_steps − 1, then from there
             to b = α₀ / final_div_factor at i = max_steps − 1, where it stays

    One large cycle for the whole run, with α larger than a constant rate could be: Smith and Topin
    2018; the half cosines are those of PyTorch's OneCycleLR. Momentum goes the other way round, say
    from 0.95 to 0.85 and back: one_cycle(0.85, max_steps, div_factor=0.85 / 0.95,
    final_div_factor=1). Raises ValueError unless lr is in [0, inf), max_steps one of 1, 2, …,
    pct_start in [0, 1) and the two factors in (0, inf).

    >>> [round(one_cycle(1.0, 10, pct_start=0.5)(i), 3) for i in range(11)]
    [0.04, 0.181, 0.52, 0.859, 1.0, 0.905, 0.655, 0.345, 0.095, 0.0, 0.0]
    """

    lr: float
    max_steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __call__(self, i):
        first = self.lr / self.div_factor
        ends = (self.pct_start * self.max_steps - 1.0, self.max_steps - 1.0)
        return through((first, self.lr, first / self.final_div_factor), ends, i, cosine)


@dataclass(frozen=True)
class warm_restarts(Schedule):
    """αᵢ = α_min + (α − α_min) · ½ [1 + cos(π t / T)], t the steps since the last restart.

    Cosine annealing that jumps back to α when it would reach α_min. The first period T is `period`
    steps long, and each after it `mult` times as long as the one before; there is no end. SGDR:
    Loshchilov and Hutter 2017, eq. 5. Raises ValueError unless lr and lr_min are in [0, inf) and
    period and mult one of 1, 2, … PyTorch's CosineAnnealingWarmRestarts.

    >>> [round(warm_restarts(1.0, 2, mult=2)(i), 3) for i in range(8)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0, 0.962]
    """

    lr: float
    period: int
    mult: int = 1
    lr_min: float = 0.0

    def __call__(self, i):
        t, period = i % self.period if self.mult == 1 else i, self.period
        while t >= period:
            t, period = t - period, period * self.mult
        return cosine(self.lr, self.lr_min, t / period)


@dataclass(frozen=True)
class wsd(Schedule):
    """αᵢ = α min(1, (i + 1) / warmup), then α_min + (α − α_min) (max_steps − i) / decay.

    Warmup over the first `warmup` steps, stable at α, decay over the last `decay`; α_min from
    i = max_steps on. The long middle does not depend on max_steps: train on from there, and decay
    when the model is wanted. Hu et al. 2024 (MiniCPM), section 4; the decay on a line is that of
    Hägele et al. 2024. Raises ValueError unless lr and lr_min are in [0, inf), warmup is one of
    0, 1, …, decay and max_steps are of 1, 2, …, and warmup + decay ≤ max_steps.

    >>> [wsd(1.0, 8, warmup=2, decay=4)(i) for i in range(10)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    lr: float
    max_steps: int
    warmup: int
    decay: int
    lr_min: float = 0.0

    ranges = Schedule.ranges | {"warmup": WHOLE}

    def __post_init__(self):
        super().__post_init__()
        if self.warmup + self.decay > self.max_steps:
            raise ValueError(
                f"wsd: warmup + decay = {self.warmup} + {self.decay} is more than max_steps, "
                f"{self.max_steps}"
            )

    def __call__(self, i):
        if i < self.warmup:
            return self.lr * ((i + 1) / self.warmup)
        rest = max(self.max_steps - i, 0) / self.decay
        return self.lr_min + (self.lr - self.lr_min) * min(1.0, rest)


@dataclass(frozen=True)
class join(Schedule):
    """αᵢ = sₖ(i − mₖ), with k the number of milestones that are ≤ i: any schedules in a row.

    schedules     numbers, or functions of the step: each begins at its own step 0
    milestones    (m₁, m₂, …), where the second begins, the third, …; m₀ is 0

    Raises ValueError unless the milestones are of 1, 2, …, rising, and one fewer than the
    schedules, and numbers among these in [0, inf). PyTorch's SequentialLR.

    >>> [join([lambda i: 1 - i / 2, 0.25], [3])(i) for i in range(5)]
    [1.0, 0.5, 0.0, 0.25, 0.25]
    """

    schedules: tuple
    milestones: tuple

    def __post_init__(self):
        if not isinstance(self.schedules, (list, tuple)) or not self.schedules:
            got = f"{self.schedules!r:.60}"
            raise TypeError(f"join: schedules must be a list of one or more, got {got}")
        for k, schedule in enumerate(self.schedules):
            if not callable(schedule):
                checked(schedule, RATE, f"join: schedules[{k}]")
        parts = tuple(self.schedules)  # tuples, so that it can be hashed
        milestones = checked_milestones(self.milestones, len(parts), "join: milestones")
        object.__setattr__(self, "schedules", parts)
        object.__setattr__(self, "milestones", milestones)

    def __call__(self, i):
        k = bisect_right(self.milestones, i)
        return at(self.schedules[k], i - (0, *self.milestones)[k])
