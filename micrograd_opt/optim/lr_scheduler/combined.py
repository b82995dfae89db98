"""Schedulers made of schedulers: one after the other, or all at once.

Read next: `data/`.
"""

from bisect import bisect_right

from ...engine.arguments import WHOLE
from ..base.rollback import all_or_nothing
from ..schedules.base import checked_milestones
from .base import LRScheduler
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    """One whose schedulers set the rates.

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
            if scheduler in schedulers[:place]:
                raise ValueError(f"{what}, {scheduler}, is there a second time; list it once")
        return tuple(schedulers), optimizer

    @property
    def base_lrs(self):
        """The `initial_lr` of each group, as the first scheduler found them."""
        return self._schedulers[0].base_lrs

    def state_dict(self):
        members = [scheduler.state_dict() for scheduler in self._schedulers]
        return {"last_epoch": self.last_epoch, "schedulers": members}

    def schema(self):
        members = tuple([scheduler.schema() for scheduler in self._schedulers])
        return {"last_epoch": WHOLE, "schedulers": members}

    def take(self, state):
        for scheduler, own in zip(self._schedulers, state["schedulers"], strict=True):
            scheduler.take(own)
        self.move(state["last_epoch"])

    def snapshot(self):
        put_back_groups = super().snapshot()
        members = [scheduler.snapshot() for scheduler in self._schedulers]

        def put_back():
            for put_member_back in members:
                put_member_back()
            put_back_groups()

        return put_back


class SequentialLR(_Combined):
    """αᵢ is what scheduler k gives for its epoch i − mₖ, with k the number of milestones ≤ i.

    schedulers    constructed for the same optimizer before; each begins at its epoch 0, with the
                  groups' `initial_lr`, whatever is in force
    milestones    [m₁, m₂, …], rising, of 1, 2, …: where the second begins, the third, …; m₀ is 0

    The schedule join. As in PyTorch, a MultiplicativeLR goes on from the rate before.

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

    def begin(self, last_epoch):
        with all_or_nothing(self):
            self.move(last_epoch + 1)
            scheduler, epoch = self._now()
            if last_epoch < 0:
                self.set(self.first(list(self.base_lrs)))
            else:
                scheduler.move(epoch)
                self.set(scheduler.resumed(self.lrs))

    def first(self, lrs):
        self.move(0)
        scheduler, _ = self._now()
        scheduler.move(0)
        return scheduler.first(lrs)

    def others(self, k):
        return self._now()[0].others(k)

    def go(self, epoch):
        with all_or_nothing(self):
            self.move(epoch)
            scheduler, its_epoch = self._now()
            if its_epoch == 0:
                self.set(scheduler.restart(self.lrs))
            else:
                scheduler.go(scheduler.last_epoch + 1)
        self._steps_before = None

    def _now(self):
        """The scheduler whose turn it is, and its epoch."""
        k = bisect_right(self._milestones, self.last_epoch)
        return self._schedulers[k], self.last_epoch - (0, *self._milestones)[k]


class ChainedScheduler(_Combined):
    """All of its schedulers, one step of each in one step: their factors multiply.

    schedulers    constructed for the same optimizer before
    optimizer     theirs; may be left out

    Without it the same rates follow where each of them is stepped. LambdaLR, CyclicLR, OneCycleLR
    and CosineAnnealingWarmRestarts overwrite what those before them did.
    """

    def __init__(self, schedulers, optimizer=None):
        self._schedulers, optimizer = self.members(schedulers, optimizer)
        super().__init__(optimizer, last_epoch=schedulers[0].last_epoch)

    def begin(self, last_epoch):
        self.move(last_epoch)

    def first(self, lrs):
        self.move(0)
        for scheduler in self._schedulers:
            scheduler.move(0)
            lrs = scheduler.first(lrs)
        return lrs

    def others(self, k):
        return {name: x for s in self._schedulers for name, x in s.others(k).items()}

    def go(self, epoch):
        with all_or_nothing(self):
            self.move(epoch)
            for scheduler in self._schedulers:
                scheduler.go(scheduler.last_epoch + 1)
        self._steps_before = None
