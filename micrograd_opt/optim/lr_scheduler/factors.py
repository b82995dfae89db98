"""Schedulers that multiply the rate by a factor: αᵢ = α · fᵢ, with i the epoch and α what lr is.

Several of them on one optimizer multiply each other; LambdaLR overwrites what the others did.
Read next: `optim/lr_scheduler/cycles.py`.
"""

from bisect import bisect_right

from ...engine.arguments import COUNT, POSITIVE, RATE, WHOLE, Each, checked
from ..schedules import exponential, polynomial, step_decay
from .base import Absolute, LRScheduler

__all__ = [
    "ConstantLR", "ExponentialLR", "LambdaLR", "LinearLR",
    "MultiStepLR", "MultiplicativeLR", "PolynomialLR", "StepLR",
]  # fmt: skip

FACTOR = "[0, 1]"


class _Lambdas:
    """Those that get functions of the epoch, one for all groups or a list."""

    each = ("lr_lambda",)
    ranges = {"lr_lambda": callable}

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def factor(self, epoch, k):
        """What group k's function gives at an epoch, as a number."""
        what = f"{type(self).__name__}: lr_lambda of epoch {epoch}"
        return checked(self.own("lr_lambda", k)(epoch), RATE, what)


class LambdaLR(_Lambdas, Absolute):
    """αᵢ = α · lr_lambda(i), with α the group's `initial_lr`, whatever rate is in force.

    lr_lambda    a function of the epoch, in [0, inf), or a list of them, one for each group

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> LambdaLR(SGD([Value(3.0)], lr=1.0), lambda i: 1 / (i + 2))
    LambdaLR(last_epoch=0, lr=0.5)
    """

    def rate(self, lr, k):
        return lr * self.factor(self.last_epoch, k)


class MultiplicativeLR(_Lambdas, Absolute):
    """αᵢ = αᵢ₋₁ · lr_lambda(i), from α₀ = α on

    lr_lambda    a function of the epoch, in [0, inf), or a list of them, one for each group

    A product has no shorter form, so this multiplies the rate in force. A function is called once
    for each epoch.
    """

    def first(self, lrs):
        return lrs

    def resumed(self, lrs):
        return lrs

    def following(self, lrs, epoch):
        self.move(epoch)
        return [lr * self.factor(epoch, k) for k, lr in enumerate(lrs)]

    def restart(self, lrs):
        return self.following(lrs, 0)

    def take_new_groups(self):
        """A group that was added since is multiplied as the others are."""


class StepLR(LRScheduler):
    """αᵢ = α γ^⌊i / step_size⌋, the schedule step_decay.

    step_size one of 1, 2, …; gamma 0.1, in (0, inf).
    """

    ranges = {"step_size": COUNT, "gamma": POSITIVE}

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        return step_decay(lr, self.step_size, self.gamma)(self.last_epoch)


class MultiStepLR(LRScheduler):
    """αᵢ = α γⁿ, with n the number of milestones that are ≤ i.

    milestones    a list of 0, 1, 2, …, in any order; one that is there twice counts twice
    gamma         0.1, in (0, inf)
    """

    ranges = {"gamma": POSITIVE}

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones = sorted(checked(milestones, Each(WHOLE), "MultiStepLR: milestones"))
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        return exponential(lr, self.gamma)(bisect_right(self.milestones, self.last_epoch))


class ConstantLR(LRScheduler):
    """αᵢ = α · factor while i < total_iters, then α.

    factor 1/3, in [0, 1]; total_iters 5, one of 0, 1, …
    """

    ranges = {"factor": FACTOR, "total_iters": WHOLE}

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        return lr * self.factor if self.last_epoch < self.total_iters else lr


class LinearLR(LRScheduler):
    """αᵢ = α · (start + (end − start) · i / total_iters), and α · end from i = total_iters on.

    start_factor 1/3 and end_factor 1, both in [0, 1]; total_iters 5, one of 1, 2, … PyTorch's
    cannot start at 0, since it divides by the factor of the epoch before.
    """

    ranges = {"start_factor": FACTOR, "end_factor": FACTOR, "total_iters": COUNT}

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5,
                 last_epoch=-1):  # fmt: skip
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        first, last = lr * self.start_factor, lr * self.end_factor
        return polynomial(first, self.total_iters, lr_min=last)(self.last_epoch)


class ExponentialLR(LRScheduler):
    """αᵢ = α γⁱ, the schedule exponential; gamma in (0, inf)."""

    ranges = {"gamma": POSITIVE}

    def __init__(self, optimizer, gamma, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        return exponential(lr, self.gamma)(self.last_epoch)


class PolynomialLR(LRScheduler):
    """αᵢ = α (1 − i / total_iters)^power, and 0 from i = total_iters on: the schedule polynomial.

    total_iters 5, one of 1, 2, …; power 1, in [0, inf).
    """

    ranges = {"total_iters": COUNT, "power": RATE}

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        super().__init__(optimizer, last_epoch, locals())

    def rate(self, lr, k):
        return polynomial(lr, self.total_iters, self.power)(self.last_epoch)
