"""A comparison: a student's class and the library's on the same problems, with the same settings.

Read next: `check/diagnosis.py`.
"""

import inspect

from .. import optim
from .problems import problems
from .report import told
from .runs import run

__all__ = []

PARTS = {"beta1": ("betas", 0), "beta2": ("betas", 1)}  # of a setting, as many write them


class Comparison:
    """Your class and the library's, with the settings that are fixed and those that are varied."""

    def __init__(self, mine, reference, fixed):
        self.mine, self.reference, self.fixed = mine, reference, fixed
        parameters = inspect.signature(reference).parameters.values()
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        unknown = ", ".join(fixed.keys() - self.defaults.keys())
        if unknown:
            fact = f"{reference.__name__} has no setting {unknown}"
            raise ValueError(f"check.optimizer: {fact}; it has {', '.join(self.defaults)}")
        self.own = inspect.signature(mine).parameters
        named = {PARTS[name][0] if name in PARTS else name for name in self.own}
        self.varied = (named & self.defaults.keys()) - fixed.keys()

    def run_of(self, reference, problem, like=None):
        """The Run of the library's class or of a variant of it. Where yours is a class of your own,
        which takes the parameters one by one, each is a group."""
        settings = problem.settings | self.fixed
        grouped = not issubclass(self.mine, optim.Optimizer)
        return run(lambda parameters: reference(parameters, **settings), problem, grouped, like)

    def run_of_mine(self, problem):
        """The Run of your class, to which is passed what its signature names."""
        values = self.defaults | problem.settings | self.fixed
        values |= {part: values[whole][i] for part, (whole, i) in PARTS.items() if whole in values}
        own = {name: values[name] for name in self.own if name in values}
        return run(lambda parameters: self.mine(parameters, **own), problem)

    def cases(self):
        """[(problem, the library's Run, yours)], of the problems that the library's class solves.
        """
        found, error = [], None
        for problem in problems(self.varied, self.choices()):
            if "lr" in self.varied or not problem.changes_lr():
                result = self.run_of(self.reference, problem)
                if result.error is None:
                    found.append((problem, result, self.run_of_mine(problem)))
                error = result.error or error
        if not found:
            name = self.reference.__name__
            raise ValueError(f"check.optimizer: {name} cannot be run on these problems: {error}")
        return found

    def choices(self):
        """{name: value} for each flag and each option that is not the default one."""
        found = []
        for name in sorted(self.varied):
            allowed = self.reference.ranges.get(name)
            values = [False, True] if allowed is bool else allowed
            if isinstance(values, list):
                found += [{name: value} for value in values if value != self.defaults[name]]
        return found

    def remarks_on_defaults(self):
        """Where a default of your class is another than the library's; lr is everyone's own."""
        remarks = []
        for name, parameter in self.own.items():
            if parameter.default is parameter.empty or name == "lr":
                continue
            whole, i = PARTS.get(name, (name, None))
            default = self.defaults.get(whole, parameter.default)
            default = default[i] if i is not None and whole in self.defaults else default
            if parameter.default != default:
                fact = f"{name} is {parameter.default} by default, in {self.reference.__name__}"
                remarks.append(f"By the way: {fact} {default}.")
        return remarks

    def told(self, error):
        functions = filter(inspect.isfunction, vars(self.mine).values())
        return told(error, {function.__code__.co_filename for function in functions})
