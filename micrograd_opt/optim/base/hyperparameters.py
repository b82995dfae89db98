"""Hyperparameters: how a schedule, a function of the step, becomes the number of a step.

Each may be a number or a schedule, and a tuple may hold both:

>>> betas = (lambda i: 1.0 - 0.5**i, 0.999)
>>> [at(betas, i) for i in range(3)]
[(0.0, 0.999), (0.5, 0.999), (0.75, 0.999)]

Which numbers are good is a range of `engine/arguments.py`: an optimizer has a table of them.
Read next: `optim/base/rollback.py`.
"""

from inspect import signature

from ...engine.arguments import NUMBER, checked


def at(value, i):
    """A hyperparameter at step i: schedules, also inside a tuple, are asked; the rest stays."""
    if callable(value):
        return value(i)
    if isinstance(value, (tuple, list)):
        return tuple([at(part, i) for part in value])
    return value


def scheduled(value):
    """Whether it is a schedule, or a tuple with one inside."""
    return callable(value) or (isinstance(value, (tuple, list)) and any(map(scheduled, value)))


def asked(schedules, i, ranges, what):
    """What {hyperparameter: schedule} say for step i, as plain numbers within their ranges.

    An error names the schedule, since the user wrote that and not the number.
    """
    numbers = {}
    for name, schedule in schedules.items():
        value = at(schedule, i)
        try:
            numbers[name] = checked(value, ranges.get(name, NUMBER), f"{what}: {name}")
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error}; {schedule!r} sets it for step {i}") from None
    return numbers


def constructor_arguments(values):
    """The hyperparameters among the locals() of an optimizer's constructor: its own parameters,
    without self, params and whatever else it computed. Any other dict as it is.

    Python puts the class whose constructor it is, __class__, among them where it says super().
    """
    if "self" not in values:
        return dict(values)
    names = signature(values["__class__"].__init__).parameters if "__class__" in values else values
    return {name: values[name] for name in names if name not in ("self", "params")}
