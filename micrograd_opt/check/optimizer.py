"""Your own optimizer against the library's: where it departs first, and why.

Read next: `check/rules.py`.
"""

import inspect

from .. import optim
from ..engine.arguments import checked
from ..engine.value import Value
from ..optim.base.blocks import TensorBlock
from . import diagnosis
from .comparison import Comparison
from .report import Report, apart
from .runs import NoRate, difference

__all__ = ["optimizer"]

REFUSALS = (TypeError, AttributeError, ValueError)  # at the first step: of a kind of parameters


def optimizer(mine, like, **settings):
    """A Report on your optimizer's class, `mine`, against `optim`'s of the name `like`.

    mine        a subclass of `optim.Optimizer` with an `update`, and a `start` if it remembers; or
                any class with `__init__(self, params, …)`, `zero_grad()` and `step()`, or
                `step(closure)`, that moves `p.data` by `p.grad`. In a class of your own `params` is
                a plain list, of Values or of Tensors. If it takes only the one kind it is checked
                on that, and the report says so
    like        "SGD", "Adam", "AdamW", …: whatever steps by gradients alone
    settings    of the comparison, where yours has them fixed: like="SGD", momentum=0.9

    Both take eight steps on each of some small problems: Values, Tensors, gradients of very
    different size, of 0 and of None, an lr that changes (as `param_groups[k]["lr"]`, or as an
    attribute `lr` of your class, if it has one). Of the settings only those in the signature of
    your class are varied (betas may be written beta1, beta2); the others stay as the library has
    them by default. All numbers must agree to 1e-10.

    Where they do not, classic mistakes are made in the library's formula, one by one and then two
    at a time; if that gives the very steps that yours takes, the report names the mistake. An
    exception in your class is a finding too, with its line.

    Raises TypeError if `mine` is no class, ValueError if `like` is no optimizer of the library or
    none that these problems suit, or has no such setting.

    >>> class Momentum:
    ...     def __init__(self, params, lr=0.1, momentum=0.9):
    ...         self.params, self.lr, self.momentum = params, lr, momentum
    ...         self.b = [0.0 for p in params]
    ...
    ...     def zero_grad(self):
    ...         for p in self.params:
    ...             p.grad = 0.0
    ...
    ...     def step(self):
    ...         for i, p in enumerate(self.params):
    ...             if p.grad is not None:
    ...                 self.b[i] = self.momentum * self.b[i] + (1 - self.momentum) * p.grad
    ...                 p.data = p.data - self.lr * self.b[i]
    >>> report = optimizer(Momentum, like="SGD")
    >>> report.ok, report.mistake
    (False, 'a running mean, μb + (1 − μ)g, in place of μb + g')
    >>> print(report)
    Momentum departs from SGD in step 1: b of a is 0.068791, and should be 0.68791.
    Problem: three Values, lr=0.1, momentum=0.9. Right so far: 2 problems before it.
    Why: a running mean, μb + (1 − μ)g, in place of μb + g.
         The line of the formula is  b ← μb + (1 − τ)g
    By the way: momentum is 0.9 by default, in SGD 0.0.
    """
    reference = reference_of(like)
    if not inspect.isclass(mine):
        raise TypeError(f"check.optimizer: expected your class, got {mine!r:.60}")
    return report_on(Comparison(mine, reference, settings))


def reference_of(name):
    """The library's optimizer of that name."""
    names = [
        n for n in optim.__all__
        if inspect.isclass(x := getattr(optim, n)) and issubclass(x, optim.Optimizer)
    ]  # fmt: skip
    return getattr(optim, checked(name, names, "check.optimizer: like"))


def report_on(comparison):
    """The Report: the first case in which the two differ, or that there is none."""
    cases, remarks = with_its_own_kinds(comparison, comparison.cases())
    if any(isinstance(mine.error, NoRate) for _, _, mine in cases):
        cases = [case for case in cases if not isinstance(case[2].error, NoRate)]
        remarks.append("A changing lr was not checked: it is not kept as self.lr.")
    remarks += comparison.remarks_on_defaults()
    for i, case in enumerate(cases):
        _, wanted, mine = case
        if mine.error is not None or difference(mine, wanted):
            return finding(comparison, i, cases, remarks)
    steps = sum(len(mine.points) for _, _, mine in cases)
    agreed = f"{steps} steps on {len(cases)} problems are those of {comparison.reference.__name__}"
    text = f"{comparison.mine.__name__} is right: {agreed}, to 1e-10."
    return Report("\n".join([text, *remarks]), True)


def with_its_own_kinds(comparison, cases):
    """The cases without the kind of parameters that your class does not take: its first step
    raises TypeError, AttributeError or ValueError with these, and no error with the others."""
    errors = {}
    for problem, _, mine in reversed(cases):  # the first of each kind comes last, and stays
        errors[problem.kind] = mine.error if not mine.points else None
    refused = [kind for kind, error in errors.items() if isinstance(error, REFUSALS)]
    if None not in errors.values() or len(refused) != 1:
        return cases, []
    (kind,) = refused
    remark = f"With {kind.__name__}s it was not checked: {comparison.told(errors[kind])}."
    return [case for case in cases if case[0].kind is not kind], [remark]


def finding(comparison, i, cases, remarks):
    """The Report on case i, the first that differs."""
    problem, wanted, mine = case = cases[i]
    mistakes, why = (), []
    if difference(mine, wanted) or isinstance(mine.error, ArithmeticError | ValueError):
        mistakes = diagnosis.diagnosis(comparison.reference, comparison.run_of, cases, case)
        why = diagnosis.told(comparison.reference, mistakes)
    wrong = diagnosis.variant(comparison.reference, mistakes)
    found = difference(mine, wanted, mistakes and comparison.run_of(wrong, problem))
    if found:
        step, name, numbers = found.i + 1, named(problem, found), found[4:]
        fact = "{} is {}, and should be {}".format(name, *apart(*numbers))
    else:
        step, name, numbers = len(mine.points) + 1, None, (mine.error, None)
        fact = comparison.told(mine.error)
    mine, like = comparison.mine.__name__, comparison.reference.__name__
    text = [
        f"{mine} departs from {like} in step {step}: {fact}.",
        f"Problem: {problem.told()}.{before(i, step)}",
        *why,
        *remarks,
    ]
    mistake = " and ".join(mistake.what for mistake in mistakes) or None
    return Report("\n".join(text), False, step, name, *numbers, mistake)


def before(i, step):
    """What was right so far."""
    steps = f"{step - 1} step{'s' * (step > 2)} of this" if step > 1 else ""
    others = f"{i} problem{'s' * (i > 1)} before it" if i else ""
    right = " and ".join(filter(None, [others, steps]))
    return f" Right so far: {right}." if right else ""


def named(problem, found):
    """The name of a number: "a", "W[0, 1]", "v of a"."""
    p = problem.parameters()[found.k]
    name = p.label if isinstance(p, Value) else TensorBlock(p.label, p).name(found.j)
    return f"{found.entry} of {name}" if found.entry else name
