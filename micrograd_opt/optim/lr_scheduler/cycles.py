"""Schedulers along a cosine, down and up again, or down with restarts.

Read next: `optim/lr_scheduler/momentum.py`.
"""

from ...engine.arguments import COUNT, RATE, checked
from ..schedules import warm_restarts
from ..schedules.base import cosine
from .base import Absolute, LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """αᵢ = η + (α − η) · ½ [1 + cos(π i / T_max)], η: eta_min

    T_max one of 1, 2, …; eta_min 0, in [0, inf). After T_max it rises again, to α at 2 T_max, and
    so on, as in PyTorch; the schedule cosine_annealing stays at η.
    """

    ranges = {"T_max": COUNT, "eta_min": RATE}

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        i = self.last_epoch % (2 * self.T_max)
        return cosine(lr, self.eta_min, min(i, 2 * self.T_max - i) / self.T_max)


class CosineAnnealingWarmRestarts(Absolute):
    """αᵢ = η + (α − η) · ½ [1 + cos(π t / T)], η: eta_min, t the epochs since the last restart.

    T_0 and T_mult 1, both of 1, 2, …; eta_min 0, in [0, inf). The first T is T_0, each next one
    T_mult times as long: the schedule warm_restarts. α is the group's `initial_lr`, whatever rate
    is in force.
    """

    ranges = {"T_0": COUNT, "T_mult": COUNT, "eta_min": RATE}

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def step(self, epoch=None):
        """Set the rates of the next epoch; or of any, such as `epoch + batch / batches`."""
        if epoch is None:
            super().step()
        else:
            self.go(checked(epoch, RATE, "CosineAnnealingWarmRestarts: epoch"))

    def schema(self):
        return super().schema() | {"last_epoch": RATE}

    def rate(self, lr, k):
        return warm_restarts(lr, self.T_0, self.T_mult, self.eta_min)(self.last_epoch)
