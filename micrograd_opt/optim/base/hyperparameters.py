"""Hyperparameters: how a schedule, a function of the step, becomes a number.

What each may be is a range of `engine/arguments.py`. Read next: `blocks.py`.
"""


def at(given, i):
    """A hyperparameter at step i: schedules, also inside a tuple, are asked; the rest stays."""
    if callable(given):
        return given(i)
    if isinstance(given, (tuple, list)):
        return tuple([at(part, i) for part in given])
    return given


def scheduled(given):
    """Whether it is a schedule, or a tuple with one inside."""
    return callable(given) or (isinstance(given, (tuple, list)) and any(map(scheduled, given)))
