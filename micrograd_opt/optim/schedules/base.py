"""What the schedules share: checks of their arguments, and two curves from one value to another.

Read next: `optim/schedules/lecture.py`.
"""

from dataclasses import fields
from itertools import pairwise
from math import cos, pi

from ...engine.arguments import COUNT, POSITIVE, RATE, WHOLE, Each, checked


class Schedule:
    """Checks the arguments. A subclass is a dataclass of them, and its `__call__` the formula."""

    ranges = {
        "lr": RATE,
        "lr_min": RATE,
        "max_steps": COUNT,
        "steps": WHOLE,
        "then": RATE,
        "every": COUNT,
        "gamma": POSITIVE,
        "power": RATE,
        "warmup": COUNT,
        "pct_start": "[0, 1)",
        "div_factor": POSITIVE,
        "final_div_factor": POSITIVE,
        "period": COUNT,
        "mult": COUNT,
        "decay": COUNT,
    }

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if not (field.name == "then" and callable(value)):
                name = f"{type(self).__name__}: {field.name}"
                checked(value, self.ranges[field.name], name)


def checked_milestones(values, parts, what):
    """The steps at which each of so many `parts` but the first begins, as a tuple."""
    milestones = checked(values, Each(COUNT), what)
    if len(milestones) != parts - 1:
        raise ValueError(f"{what}: {parts} parts need {parts - 1}, got {len(milestones)}")
    if any(a >= b for a, b in pairwise(milestones)):
        raise ValueError(f"{what} must rise, got {milestones}")
    return tuple(milestones)


def linear(a, b, t):
    """From a at t = 0 to b at t = 1 on a straight line."""
    return a + (b - a) * t


def cosine(a, b, t):
    """From a at t = 0 to b at t = 1 on half a cosine: slow, then fast, then slow again."""
    return b + (a - b) * 0.5 * (1.0 + cos(pi * t))


def through(values, ends, i, curve):
    """Where a path is at step i: from values[0] at 0 to values[k + 1] at the step ends[k].

    Past the last end, which need not be a whole number, it stays at the last value.

    >>> [through((0.0, 4.0, 3.0), (2, 4), i, linear) for i in range(6)]
    [0.0, 2.0, 4.0, 3.5, 3.0, 3.0]
    """
    start = 0
    for a, b, end in zip(values, values[1:], ends, strict=False):
        if i < end:
            return curve(a, b, (i - start) / (end - start))
        start = end
    return values[-1]
