"""What all schedulers share: each takes the rate in force, and writes the one that follows.

Let f be what a scheduler multiplies by: ½ⁱ for an ExponentialLR with gamma ½. It holds α, the rate
that there would be without it, and writes α fᵢ: nothing drifts. Who else wrote the rate, another
scheduler or a hand, is found out at the next step, and α is taken from there: α = lr / fᵢ₋₁.

    epoch 0  α = 1                       writes 1
    epoch 1                              writes ½
             somebody writes 0.1         α = 0.1 / ½ = 0.2
    epoch 2                              writes 0.2 · ¼ = 0.05, half of what it found

That is PyTorch's lr ← lr · fᵢ / fᵢ₋₁, so the rates are PyTorch's, also of several schedulers one
after the other or side by side.
Read next: `optim/lr_scheduler/factors.py`.
"""

import warnings
from itertools import count

from ...engine.arguments import NUMBER, RATE, WHOLE, Each, Optional, checked
from ..base.optimizer import Optimizer
from ..base.rollback import all_or_nothing
from ..base.state_dicts import plain
from ..base.wrapper import innermost

__all__ = ["LRScheduler"]


class LRScheduler:
    """The base class: a subclass adds its arguments, with their ranges, and `rate`.

    optimizer     its lr is a number; it becomes the group's `initial_lr`, unless there is one
    last_epoch    −1 to begin with; n to go on after epoch n with an optimizer whose state was
                  loaded: its rates are those of epoch n + 1 already, and stay
    arguments     {name: value} of those in `ranges`, which become attributes: by name, as in
                  gamma=0.5, or the locals() of a subclass's constructor, whose other variables
                  do not count

    The constructor sets the rates of epoch 0, each `step()` those of the next: call it after
    `optimizer.step()`. `base_lrs` are the groups' `initial_lr` as the scheduler found them.
    PyTorch's StepLR, MultiStepLR and ConstantLR multiply once more where they go on at one of
    their own steps; these do not.

    Raises TypeError or ValueError for what is no optimizer, an lr that a schedule sets already, and
    arguments out of range. After an error all is as it was.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> class Halving(LRScheduler):
    ...     def rate(self, lr, k):
    ...         return lr / 2**self.last_epoch
    >>> optimizer = SGD([Value(3.0)], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler
    Halving(last_epoch=3, lr=0.125)
    """

    ranges = {}  # {argument: its range as in `checked`, or `callable`}
    each = ()  # the arguments that may be a list too, with an entry for each group

    def __init__(self, optimizer, last_epoch=-1, arguments=None, **by_name):
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name}: expected an optimizer, got {optimizer!r:.60}")
        self.optimizer = optimizer
        arguments = {**(arguments or {}), **by_name}
        for fact, names in (
            ("missing", self.ranges.keys() - arguments.keys()),
            ("unexpected", by_name.keys() - self.ranges.keys()),
        ):
            if names:
                raise TypeError(f"{name}: {fact} arguments: {', '.join(sorted(names))}")
        for argument in self.ranges:
            setattr(self, argument, self._accepted(argument, arguments[argument]))
            self.own(argument, 0)
        last_epoch = checked(last_epoch, "{-1, 0, …}", f"{name}: last_epoch")
        self._steps_before = optimizer.steps
        self.begin(last_epoch)

    def __repr__(self):
        rates = ", ".join(f"{lr:g}" for lr in self.lrs)
        lr = f"[{rates}]" if len(self.optimizer.param_groups) > 1 else rates
        return f"{type(self).__name__}(last_epoch={self.last_epoch}, lr={lr})"

    # ---- what a subclass writes

    def rate(self, lr, k):
        """Group k's rate at `last_epoch`, if it would be `lr` without this scheduler: c + f · lr
        with any c and f."""
        raise NotImplementedError(f"{type(self).__name__} defines no rate")

    def others(self, k):
        """What it sets beside lr in group k at `last_epoch`: {hyperparameter: value}."""
        return {}

    def initial_lr(self, group, k, last_epoch):
        """What group k's `initial_lr` is or becomes."""
        return group.get("initial_lr", group["lr"])

    def move(self, epoch):
        """Go to an epoch. The rates are computed afterwards."""
        self.last_epoch = epoch

    # ---- the step

    def begin(self, last_epoch):
        """Set the rates of the first epoch; those of a later one are there already."""
        groups = self.optimizer.param_groups
        for k, group in enumerate(groups):
            if last_epoch >= 0 and "initial_lr" not in group:
                raise ValueError(
                    f"{type(self).__name__}: last_epoch is {last_epoch}, but group {k} has no "
                    "initial_lr; load the optimizer's state_dict before, or construct with -1 and "
                    "call load_state_dict"
                )
        initial = [self.initial_lr(group, k, last_epoch) for k, group in enumerate(groups)]
        for k, lr in enumerate(initial):
            checked(lr, RATE, f"{type(self).__name__}: initial_lr of group {k}")
        self.base_lrs, lrs = initial, self.lrs
        self.move(last_epoch + 1)
        self.set(self.first(lrs) if last_epoch < 0 else self.resumed(lrs))
        for group, lr in zip(groups, initial, strict=True):
            group["initial_lr"] = lr

    def step(self):
        """Set the rates of the next epoch. Warns if the optimizer made no step before the first."""
        if self._steps_before == self.optimizer.steps:
            warnings.warn(
                f"{type(self).__name__}: scheduler.step() came before optimizer.step(), so the "
                "rate of epoch 0 was never used; call optimizer.step() first",
                stacklevel=2,
            )
        self.go(self.last_epoch + 1)

    def go(self, epoch):
        """Set the rates that follow at an epoch on those in force; all of it or nothing."""
        with all_or_nothing(self):
            self.take_new_groups()
            self.set(self.following(self.lrs, epoch))
        self._steps_before = None

    def first(self, lrs):
        """The rates of epoch 0 where `lrs` are in force; they are what α is."""
        self.alphas = lrs
        return list(map(self.rate, lrs, range(len(lrs))))

    def resumed(self, lrs):
        """The rates of an epoch where `lrs` are in force: they stay, and α is what leads there."""
        self.alphas = [self._without(*each) for each in zip(lrs, self.base_lrs, count())]
        return lrs

    def following(self, lrs, epoch):
        """Go to an epoch from the one before, at which `lrs` are in force; the rates there."""
        by_itself = list(map(self.rate, self.base_lrs, count()))
        alphas = [self._without(*each) for each in zip(lrs, self.alphas, count())]
        self.move(epoch)
        rates = []
        for k, (lr, alpha, base) in enumerate(zip(lrs, alphas, self.base_lrs, strict=True)):
            if alpha is None:  # f was 0: lr goes on as initial_lr does
                rates.append(lr + (self.rate(base, k) - by_itself[k]))
                alphas[k] = self._without(rates[k], base, k)
            else:
                rates.append(self.rate(alpha, k))
        self.alphas = alphas
        return rates

    def restart(self, lrs):
        """Go to epoch 0 and begin with `initial_lr` there, whatever is in force; the rates."""
        self.move(0)
        return self.first(list(self.base_lrs))

    def _without(self, lr, alpha, k):
        """Group k's α, if lr is in force at `last_epoch`: `alpha` if that leads to lr; None where f
        is 0, since then every α leads to the same rate."""
        base = self.base_lrs[k]
        c = self.rate(0.0, k)
        f = self.rate(1.0, k) - c
        if alpha is not None and lr == self.rate(alpha, k) and (f or alpha == base):
            return alpha
        if lr == self.rate(base, k):
            return base
        return (lr - c) / f if f else None

    def take_new_groups(self):
        """A group that was added since goes on from its own lr."""
        for k in range(len(self.base_lrs), len(self.optimizer.param_groups)):
            group = self.optimizer.param_groups[k]
            self.base_lrs = [*self.base_lrs, group.get("initial_lr", group["lr"])]
            self.alphas = [*self.alphas, None]

    def set(self, rates):
        """Write the rates, and what `others` sets, into the groups: all or none."""
        inner, settings = innermost(self.optimizer), []
        for k, lr in enumerate(rates):
            new = {"lr": lr, **self.others(k)}
            what = f"{type(self).__name__}, epoch {self.last_epoch}, group {k}"
            for name in new.keys() & inner._schedules[k].keys():
                raise ValueError(
                    f"{what}: {name} is a schedule already, {inner._schedules[k][name]!r}; "
                    "give the optimizer a number, or use no scheduler"
                )
            settings.append(inner.accepted(inner.hyperparameters(k) | new, what))
        for group, values in zip(inner.param_groups, settings, strict=True):
            group.update(values)

    @property
    def lrs(self):
        """The rates in force, one of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self):
        """`lrs`, by the name it has in PyTorch."""
        return self.lrs

    # ---- arguments

    def _accepted(self, name, value):
        """An argument as a plain value, if it is what `ranges` says."""
        allowed, what = self.ranges[name], f"{type(self).__name__}: {name}"
        if name in self.each and isinstance(value, (list, tuple)):
            return [self._accepted(name, x) for x in value]
        if allowed is not callable:
            return checked(value, allowed, what)
        if not callable(value):
            raise TypeError(f"{what} must be a function, got {value!r:.60}")
        return value

    def own(self, name, k):
        """Group k's own value of an argument that may be a list."""
        value, n = getattr(self, name), len(self.optimizer.param_groups)
        if name not in self.each or not isinstance(value, list):
            return value
        if len(value) != n:
            raise ValueError(
                f"{type(self).__name__}: {name} has {len(value)} entries, the optimizer {n} groups"
            )
        return value[k]

    # ---- saving

    def state_dict(self):
        """What changes over a run, in plain JSON types: no arguments and no functions. `lrs` are
        the rates in force."""
        return {name: plain(getattr(self, name)) for name in self.schema()}

    def load_state_dict(self, state_dict):
        """Take over a state_dict, and set its rates. ValueError or TypeError, before anything
        changes, if it does not fit. Construct the scheduler with the same arguments before."""
        state = checked(state_dict, self.schema(), f"{type(self).__name__}, load_state_dict")
        with all_or_nothing(self):
            self.take(state)
        self._steps_before = None

    def take(self, state):
        """Take over a state that was checked."""
        self.move(state.pop("last_epoch"))
        lrs = state.pop("lrs")
        vars(self).update(state)
        self.set(lrs)

    def schema(self):
        """What a state_dict may be: see `engine/arguments.py`. A subclass adds its own entries."""
        n = len(self.optimizer.param_groups)
        rates = {"lrs": Each(RATE, n), "base_lrs": Each(RATE, n)}
        return {"last_epoch": WHOLE, **rates, "alphas": Each(Optional(NUMBER), n)}

    def snapshot(self):
        """A function that puts back the scheduler and what the groups hold."""
        attributes = dict(vars(self))
        groups = [(group, dict(group)) for group in self.optimizer.param_groups]

        def put_back():
            vars(self).update(attributes)
            for group, values in groups:
                group.clear()
                group.update(values)

        return put_back


class Absolute(LRScheduler):
    """One that sets the rate whatever was in force, from `initial_lr` or from its own arguments."""

    def first(self, lrs):
        return list(map(self.rate, self.base_lrs, count()))

    def resumed(self, lrs):
        return self.first(lrs)

    def following(self, lrs, epoch):
        self.move(epoch)
        return self.first(lrs)

    def restart(self, lrs):
        return self.following(lrs, 0)

    def take_new_groups(self):
        n, groups = len(self.base_lrs), len(self.optimizer.param_groups)
        if groups != n:
            raise ValueError(
                f"{type(self).__name__}: the optimizer has {groups} groups now, and the scheduler "
                f"was constructed for {n}; construct it anew"
            )

    def schema(self):
        entries = super().schema()
        del entries["alphas"]
        return entries
