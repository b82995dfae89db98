"""The learning-rate schedulers of a run: found in its callbacks and saved with it, or run out.

A callback that steps a scheduler holds it or names it: as an attribute, a default, in a partial, as
a variable of the function around it or of its module. So whichever way it was written,

    callbacks=[lambda history: scheduler.step()]

a checkpoint has the scheduler's state. One that is reached in another way, as through an imported
module, is not found; but that it moved the rates is seen, and such a run is not resumed.
Read next: `training/forward.py`.
"""

import inspect
import warnings
from functools import partial
from types import FunctionType, MethodType, ModuleType

from ..optim.base.wrapper import innermost
from ..optim.lr_scheduler import LRScheduler
from .callbacks import Callback, EpochFunction

STEPS = 6  # from a callback to the scheduler: its function, a list there, an object in it, …
THINGS = 10_000  # looked at in each step: some callbacks lead to a whole figure or data base
LIBRARY = __name__.partition(".")[0]


def schedulers_in(callbacks, optimizer):
    """The schedulers of an optimizer that callbacks lead to, the nearest first."""
    found, seen = [], {}
    layer = [c.function if isinstance(c, EpochFunction) else c for c in callbacks]
    for _ in range(STEPS):
        new = {id(x): x for x in layer[:THINGS] if id(x) not in seen}
        seen |= new
        layer = []
        for x in new.values():
            if not isinstance(x, LRScheduler):
                layer += _parts(x)
            elif innermost(x.optimizer) is innermost(optimizer):
                found.append(x)
    return found


def _parts(x):
    """What a thing holds, or a function names. Nothing for what is the library's or a module."""
    if isinstance(x, dict):
        return x.values()
    if isinstance(x, (list, tuple)):
        return x
    if isinstance(x, partial):
        return [x.func, *x.args, *x.keywords.values()]
    if isinstance(x, MethodType):
        return [x.__self__, x.__func__]
    if isinstance(x, FunctionType):
        return [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values(), *_variables(x)]
    kind = x if isinstance(x, type) else type(x)
    if isinstance(x, ModuleType) or kind.__module__.partition(".")[0] in (LIBRARY, "builtins"):
        return []
    if kind is x:
        return vars(kind).values()
    return [*getattr(x, "__dict__", {}).values(), *kind.__mro__]


def _variables(function):
    """What the variables of a function's surroundings are, if they are set yet."""
    try:
        variables = inspect.getclosurevars(function)
    except ValueError:
        return []
    return [*variables.nonlocals.values(), *variables.globals.values()]


# ---- what a checkpoint has of them


def state_dict(run):
    """[(class, state)] of the run's schedulers."""
    found = schedulers_in(run.callbacks, run.optimizer)
    return [(type(scheduler).__name__, scheduler.state_dict()) for scheduler in found]


def load_state_dict(run, state):
    """Take over what `state_dict` gave. ValueError where it does not fit."""
    found = schedulers_in(run.callbacks, run.optimizer)
    was, now = [name for name, _ in state], [type(scheduler).__name__ for scheduler in found]
    if was != now:
        was, now = (", ".join(names) or "none" for names in (was, now))
        raise ValueError(f"the schedulers of its callbacks were {was}, are {now}")
    for scheduler, (_, of_scheduler) in zip(found, state, strict=True):
        scheduler.load_state_dict(of_scheduler)


def scheduled_rates(optimizer):
    """{number of a group: its lr}, of the groups that have ever had a scheduler."""
    groups = enumerate(optimizer.param_groups)
    return {k: group["lr"] for k, group in groups if "initial_lr" in group}


def is_unseen(run, before):
    """Whether a scheduler has moved the rates since `before` that no checkpoint would hold."""
    now = scheduled_rates(run.optimizer)
    moved = any(lr != before.get(k, lr) for k, lr in now.items())
    return moved and not any(map(_saves, run.callbacks)) and not state_dict(run)


def _saves(callback):
    """Whether it is a Callback of the user's own with something to save: that is its rates'."""
    own = type(callback).__module__.partition(".")[0] != LIBRARY
    return own and type(callback).state_dict is not Callback.state_dict


class RunOut(Callback):
    """Warns before the first step where the rates are 0 because what sets them came to its end."""

    def on_start(self, run):
        groups, inner = run.optimizer.param_groups, innermost(run.optimizer)
        if run.stopped or not inner.steps or any(group["lr"] for group in groups):
            return
        schedules = [of_group["lr"] for of_group in inner._schedules if "lr" in of_group]
        schedulers = [group for group in groups if group.get("initial_lr")]
        if any(schedule(inner.steps + 1) for schedule in schedules):
            return  # it is 0 in passing
        if schedules or schedulers:  # and not a rate of 0 that was given as a number
            name = schedules[0] if schedules else "the optimizer's scheduler"
            warnings.warn(
                f"fit: {name} has run out after {inner.steps} steps: the learning rate is 0, so "
                "nothing is learnt until something raises it; make an optimizer with a new one",
                stacklevel=4,
            )
