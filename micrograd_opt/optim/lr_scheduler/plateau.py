"""The scheduler with a memory: it lowers the rate when the loss has stopped falling.

Read next: `optim/lr_scheduler/combined.py`.
"""

from itertools import count
from math import isfinite

from ...array.ieee import as_float
from ...engine.arguments import NUMBER, RATE, WHOLE, Each, Optional
from ..base.rollback import all_or_nothing
from .base import LRScheduler

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """α ← max(α · factor, min_lr) after more than `patience` epochs in a row without a better loss.

    mode              'min', or 'max' for a metric that should rise, such as the accuracy
    factor            0.1, in (0, 1)
    patience          10, one of 0, 1, …; the epoch that follows so many bad ones lowers α
    threshold         1e-4, in [0, inf): better is below best · (1 − threshold), or for 'max' above
                      best · (1 + threshold); threshold_mode 'abs': best ∓ threshold
    cooldown          0, one of 0, 1, …: for so many epochs after it nothing counts as bad
    min_lr            0, in [0, inf), or one for each group
    eps               1e-8, in [0, inf): a change that is not larger is not made

    A NaN or an infinite metric counts as bad. It lowers the rate in force, and so goes with other
    schedulers; the constructor writes nothing.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> optimizer = SGD([Value(3.0)], lr=1.0)
    >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.5, 1.0):
    ...     scheduler.step(loss)
    ...     print(scheduler.num_bad_epochs, *scheduler.get_last_lr())
    0 1.0
    0 1.0
    1 1.0
    0 0.5
    0 0.5
    """

    each = ("min_lr",)
    ranges = {
        "mode": ["min", "max"],
        "factor": "(0, 1)",
        "patience": WHOLE,
        "threshold": RATE,
        "threshold_mode": ["rel", "abs"],
        "cooldown": WHOLE,
        "min_lr": RATE,
        "eps": RATE,
    }

    def __init__(self, optimizer, mode="min", factor=0.1, patience=10, threshold=1e-4,
                 threshold_mode="rel", cooldown=0, min_lr=0.0, eps=1e-8):  # fmt: skip
        self.best, self.num_bad_epochs, self.cooldown_counter = None, 0, 0
        super().__init__(optimizer, arguments=locals())

    def begin(self, last_epoch):
        self.last_epoch = 0
        self.set(self.lrs)  # as they are, if no schedule sets them

    def step(self, metrics):
        """Take the loss of an epoch, a number, and lower the rates if it is time."""
        metrics = as_float(metrics.item() if hasattr(metrics, "item") else metrics)
        with all_or_nothing(self):
            self.last_epoch += 1
            if self.is_better(metrics):
                self.best, self.num_bad_epochs = metrics, 0
            else:
                self.num_bad_epochs += 1
            if self.cooldown_counter > 0:
                self.cooldown_counter, self.num_bad_epochs = self.cooldown_counter - 1, 0
            if self.num_bad_epochs > self.patience:
                self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
                self.set(list(map(self._lowered, self.lrs, count())))

    def is_better(self, metric):
        """Whether a metric is better than the best so far, by more than the threshold."""
        if self.best is None or not isfinite(metric):
            return isfinite(metric)
        sign = 1.0 if self.mode == "max" else -1.0
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1.0)
        return sign * metric > sign * (self.best + sign * margin)

    def _lowered(self, lr, k):
        new = max(lr * self.factor, self.own("min_lr", k))
        return new if lr - new > self.eps else lr

    def schema(self):
        counts = {"num_bad_epochs": WHOLE, "cooldown_counter": WHOLE}
        lrs = Each(RATE, len(self.optimizer.param_groups))
        return {"last_epoch": WHOLE, "lrs": lrs, "best": Optional(NUMBER), **counts}
