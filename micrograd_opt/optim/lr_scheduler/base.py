"""What all schedulers share: each is a function from a rate to a rate, and writes the result.

A group's lr is its `initial_lr` taken through all schedulers of the optimizer, in the order of
their construction. So they combine, and nothing drifts: PyTorch multiplies the lr of the step
before.
Read next: `optim/lr_scheduler/factors.py`.
"""

import warnings

from ...engine.arguments import RATE, WHOLE, Each, checked
from ..base.optimizer import Optimizer
from ..base.rollback import all_or_nothing
from ..base.wrapper import innermost

__all__ = ["LRScheduler"]


class LRScheduler:
    """The base class: a subclass adds its arguments, with their ranges, and `rate`.

    optimizer     its lr is a number; it becomes the group's `initial_lr`, unless there is one
    last_epoch    −1 to begin with; n to go on after epoch n, where the groups have an `initial_lr`
    arguments     {name: value} of those in `ranges`, which become attributes: by name, as in
                  gamma=0.5, or the locals() of a subclass's constructor, whose other variables
                  do not count

    The constructor sets the rates of epoch 0, each `step()` those of the next: call it after
    `optimizer.step()`. An lr that is written by hand holds until a scheduler's next step.

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
    _schedulers = ()  # those inside this one

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
        if last_epoch >= 0:
            self._need_initial_lr(last_epoch)
        self._steps_before = optimizer.steps
        self._chain = vars(innermost(optimizer)).setdefault("lr_schedulers", [])
        chain = [s for s in self._chain if s not in self._schedulers] + [self]
        self.move(last_epoch + 1)
        write(optimizer, chain)
        self._chain[:] = chain

    def __repr__(self):
        rates = ", ".join(f"{lr:g}" for lr in self.get_last_lr())
        lr = f"[{rates}]" if len(self.optimizer.param_groups) > 1 else rates
        return f"{type(self).__name__}(last_epoch={self.last_epoch}, lr={lr})"

    # ---- what a subclass writes

    def rate(self, lr, k):
        """Group k's rate at `last_epoch`, if it would be `lr` without this scheduler."""
        raise NotImplementedError(f"{type(self).__name__} defines no rate")

    def others(self, k):
        """What it sets beside lr in group k at `last_epoch`: {hyperparameter: value}."""
        return {}

    def move(self, epoch):
        """Go to an epoch. The rates are computed afterwards."""
        self.last_epoch = epoch

    # ---- the step

    def step(self):
        """Set the rates of the next epoch. Warns if the optimizer made no step before the first."""
        if self._steps_before == self.optimizer.steps:
            warnings.warn(
                f"{type(self).__name__}: scheduler.step() came before optimizer.step(), so the "
                "rate of epoch 0 was never used; call optimizer.step() first",
                stacklevel=2,
            )
        self._go(self.last_epoch + 1)

    def _go(self, epoch):
        with all_or_nothing(self):
            self.move(epoch)
            write(self.optimizer, self._chain)
        self._steps_before = None

    def get_last_lr(self):
        """The rates in force, one of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    @property
    def base_lrs(self):
        """What all schedulers start from, the `initial_lr` of each group."""
        return [group.get("initial_lr", group["lr"]) for group in self.optimizer.param_groups]

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

    def _need_initial_lr(self, last_epoch):
        for k, group in enumerate(self.optimizer.param_groups):
            if "initial_lr" not in group:
                raise ValueError(
                    f"{type(self).__name__}: last_epoch is {last_epoch}, but group {k} has no "
                    "initial_lr; write it, or construct with -1 and call load_state_dict"
                )

    # ---- saving

    def state_dict(self):
        """What changes over a run, in plain JSON types: no arguments and no functions."""
        return {"last_epoch": self.last_epoch, "base_lrs": self.base_lrs}

    def load_state_dict(self, state_dict):
        """Take over a state_dict, and set the rates. ValueError or TypeError, before anything
        changes, if it does not fit. Construct the scheduler with the same arguments before."""
        state = checked(state_dict, self.schema(), f"{type(self).__name__}, load_state_dict")
        with all_or_nothing(self):
            for group, lr in zip(self.optimizer.param_groups, state.pop("base_lrs"), strict=True):
                group["initial_lr"] = lr
            self.move(state.pop("last_epoch"))
            vars(self).update(state)
            write(self.optimizer, self._chain)
        self._steps_before = None

    def schema(self):
        """What a state_dict may be: see `engine/arguments.py`. A subclass adds its own entries."""
        return {"last_epoch": WHOLE, "base_lrs": Each(RATE, len(self.optimizer.param_groups))}

    def snapshot(self):
        """A function that puts back the scheduler, those inside it, and what the groups hold."""
        attributes, members = dict(vars(self)), [s.snapshot() for s in self._schedulers]
        groups = [(group, dict(group)) for group in self.optimizer.param_groups]

        def put_back():
            vars(self).update(attributes)
            for put_member_back in members:
                put_member_back()
            for group, values in groups:
                group.clear()
                group.update(values)

        return put_back


def settings(optimizer, chain):
    """The hyperparameters of every group: its initial_lr, taken through the schedulers in turn."""
    groups, inner = [], innermost(optimizer)
    for k, group in enumerate(inner.param_groups):
        initial = group.get("initial_lr", group["lr"])
        what = f"initial_lr of group {k}"
        values = inner.accepted(inner.hyperparameters(k) | {"lr": initial}, what)
        for scheduler in chain:
            new = {"lr": scheduler.rate(values["lr"], k), **scheduler.others(k)}
            what = f"{type(scheduler).__name__}, epoch {scheduler.last_epoch}, group {k}"
            for name in new.keys() & inner._schedules[k].keys():
                raise ValueError(
                    f"{what}: {name} is a schedule already, {inner._schedules[k][name]!r}; "
                    "give the optimizer a number, or use no scheduler"
                )
            values = inner.accepted(values | new, what)
        groups.append({**values, "initial_lr": initial})
    return groups


def write(optimizer, chain):
    """Set every group by the schedulers of `chain`: all or none."""
    for group, values in zip(optimizer.param_groups, settings(optimizer, chain), strict=True):
        group.update(values)
