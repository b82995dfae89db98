"""Schedulers made of schedulers: one after the other, or all at once.

Read next: `data/`.
"""

from bisect import bisect_right

from ..schedules.base import checked_milestones
from .base import LRScheduler
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    """Takes the place of its schedulers among those of the optimizer; their epochs follow its own.

    ReduceLROnPlateau, which wants the loss at each step, cannot be among them.
    """

    def members(self, schedulers, optimizer=None):
        """The schedulers as a tuple, checked: for one optimizer, which is returned too."""
        name = type(self).__name__
        if not isinstance(schedulers, (list, tuple)) or not schedulers:
            raise TypeError(f"{name}: expected a list of schedulers, got {schedulers!r:.60}")
        for place, scheduler in enumerate(schedulers):
            what = f"{name}: schedulers[{place}]"
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{what} must be a scheduler, got {scheduler!r:.60}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"{what} is a ReduceLROnPlateau; step that beside this one")
            optimizer = scheduler.optimizer if optimizer is None else optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{what} is for another optimizer, {scheduler.optimizer}")
            if scheduler not in scheduler._chain or scheduler in schedulers[:place]:
                raise ValueError(f"{what}, {scheduler}, is inside a scheduler already")
        return tuple(schedulers), optimizer


class SequentialLR(_Combined):
    """αᵢ is what scheduler k gives for its epoch i − mₖ, with k the number of milestones ≤ i.

    schedulers    made for the same optimizer before; each begins at its epoch 0
    milestones    [m₁, m₂, …], rising, of 1, 2, …: where the second begins, the third, …; m₀ is 0

    The schedule join. PyTorch's goes on from the rate before where a MultiplicativeLR begins.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> from micrograd_opt.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> optimizer = SGD([Value(3.0)], lr=1.0)
    >>> parts = [ConstantLR(optimizer, 0.25, total_iters=9), ExponentialLR(optimizer, 0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates.extend(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    >>> rates
    [0.25, 0.25, 1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        self._schedulers, _ = self.members(schedulers, optimizer)
        what = "SequentialLR: milestones"
        self._milestones = checked_milestones(milestones, len(schedulers), what)
        super().__init__(optimizer, last_epoch)

    def move(self, epoch):
        super().move(epoch)
        k = bisect_right(self._milestones, epoch)
        self._now = self._schedulers[k]
        self._now.move(epoch - (0, *self._milestones)[k])

    def rate(self, lr, k):
        return self._now.rate(lr, k)

    def others(self, k):
        return self._now.others(k)


class ChainedScheduler(_Combined):
    """All of its schedulers, one step of each in one step: their factors multiply.

    schedulers    made for the same optimizer before, and all at the same epoch
    optimizer     theirs; may be left out

    Without it the same rates follow where each of them is stepped. PyTorch's LambdaLR and
    CosineAnnealingWarmRestarts overwrite what those before them did; CyclicLR and OneCycleLR do
    so here too.
    """

    def __init__(self, schedulers, optimizer=None):
        self._schedulers, optimizer = self.members(schedulers, optimizer)
        epochs = [scheduler.last_epoch for scheduler in schedulers]
        if len(set(epochs)) > 1:
            raise ValueError(f"ChainedScheduler: the schedulers are at different epochs, {epochs}")
        super().__init__(optimizer, last_epoch=epochs[0] - 1)

    def move(self, epoch):
        super().move(epoch)
        for scheduler in self._schedulers:
            scheduler.move(epoch)

    def rate(self, lr, k):
        for scheduler in self._schedulers:
            lr = scheduler.rate(lr, k)
        return lr

    def others(self, k):
        return {name: x for s in self._schedulers for name, x in s.others(k).items()}
