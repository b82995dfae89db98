"""Schedules: the learning rate over the steps.

Read next: `plot/contours.py`.
"""

from ..engine.arguments import COUNT, NUMBER, Optional, checked
from .figure import finished, line_style, names_of, new_axes, sparse
from .table import Table

__all__ = ["schedules"]


def schedules(*schedules, max_steps=None, labels=None, ax=None):
    """The rate that each schedule gives at the steps 0 … max_steps − 1.

    schedules   functions i -> lr: those of `optim.schedules`, or your own
    max_steps   without it, the largest that one of them has; ValueError where none has one
    labels      a name for each; without them, the functions' names

    Returns the figure; its `.data` has a column for each schedule. The last step that a run of
    max_steps takes is max_steps − 1, so a linear decay ends above 0.

    >>> from micrograd_opt.optim.schedules import cosine_annealing, linear_decay
    >>> table = schedules(linear_decay(0.1, 4), cosine_annealing(0.1, 4)).data
    >>> print(table.summary())
    step  linear_decay  cosine_annealing
       0           0.1               0.1
       1         0.075           0.08536
       2          0.05              0.05
       3         0.025           0.01464
    """
    if not schedules or not all(map(callable, schedules)):
        raise TypeError(f"schedules: expected functions i -> lr, got {schedules!r:.60}")
    names = names_of(schedules, labels, lambda i, schedule: _name(i, schedules), "schedules")
    steps = range(_steps(schedules, checked(max_steps, Optional(COUNT), "schedules: max_steps")))
    (ax,) = new_axes(ax)
    rates = {
        name: [checked(schedule(i), NUMBER, f"schedules: {name} at step {i}") for i in steps]
        for name, schedule in zip(names, schedules, strict=True)
    }
    for i, (name, column) in enumerate(rates.items()):
        ax.plot(steps, column, label=name, markevery=sparse(i, len(steps)), **line_style(i))
    ax.set(title="Schedules", xlabel="step", ylabel="learning rate")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    return finished([ax], Table({"step": steps, **rates}))


def _steps(schedules, max_steps):
    known = [n for n in (getattr(s, "max_steps", None) for s in schedules) if n is not None]
    if max_steps is None and not known:
        raise ValueError(f"schedules: {schedules[0]!r:.60} has no end of its own; say max_steps")
    return max(known) if max_steps is None else max_steps


def _name(i, schedules):
    """The name of the function or class; its repr where another schedule has the same name."""
    names = [getattr(s, "__name__", type(s).__name__) for s in schedules]
    if names.count(names[i]) == 1:
        return names[i]
    texts = [repr(s) for s in schedules]
    is_own = hasattr(schedules[i], "__name__") or texts.count(texts[i]) > 1
    return f"{names[i]} {i + 1}" if is_own else texts[i]
