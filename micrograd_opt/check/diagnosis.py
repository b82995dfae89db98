"""Why two optimizers differ: mistakes are made in the right one, until it walks as the wrong one.

>>> from micrograd_opt.optim import Adagrad
>>> squares = [mistake for mistake in MISTAKES if mistake.what == "g in place of g²"]
>>> [variant(Adagrad, (mistake,)) for mistake in squares]  # the first has no place in Adagrad
[None, <class 'micrograd_opt.check.diagnosis.Adagrad'>]
>>> line(Adagrad, squares[1])
'v ← v + g²'

Read next: `check/optimizer.py`.
"""

import ast
import inspect
import re
import textwrap
from functools import cache
from itertools import combinations
from operator import itemgetter
from types import FunctionType

from .mistakes import MISTAKES
from .rewriting import rewritten
from .runs import same

__all__ = []


def diagnosis(reference, run_of, cases, case):
    """The mistakes, one or two, with which the library's class takes the steps of yours; () if
    there are none.

    run_of      the Run of a class through a problem, as far as it is like another Run
    cases       (problem, the library's Run, your Run)
    case        the one that differs. Of several mistakes that explain it, that one is meant which
                explains most of the other cases too, then the one that comes first in the table
    """
    problem, wanted, mine = case
    acting = []
    for mistake in MISTAKES:
        wrong = variant(reference, (mistake,))
        if wrong is not None and not same(run_of(wrong, problem, wanted), wanted):
            acting.append(mistake)
    for together in (1, 2):
        explained = []
        for mistakes in combinations(acting, together):
            wrong = variant(reference, mistakes)
            if wrong is not None and same(run_of(wrong, problem, mine), mine):
                score = sum(same(run_of(wrong, p, own), own) for p, _, own in cases)
                explained.append((score, mistakes))
        if explained:
            return max(explained, key=itemgetter(0))[1]
    return ()


def told(reference, mistakes):
    """The mistakes in words, each with the line of the formula that it concerns."""
    lines = [] if mistakes else ["Why: none of the classic mistakes takes these steps."]
    for mistake in mistakes:
        formula = line(reference, mistake) if mistake.line else None
        lines.append(f"Why: {mistake.what}.")
        lines += [f"     The line of the formula is  {formula}"] if formula else []
    return lines


# ---- the library's optimizer with a mistake in it


def line(reference, mistake):
    """The line of a formula in an optimizer's docstring, or in that of a class it derives from;
    None if there is no such line."""
    for owner in inspect.getmro(reference):
        for text in (owner.__doc__ or "").splitlines():
            formula = re.split(r"\s{2,}", text.strip())[0]
            if text.startswith(" " * 8) and mistake.line in formula and formula:
                return formula
    return None


@cache
def variant(reference, mistakes):
    """The optimizer with these mistakes in it; None where one of them cannot be made."""
    if any(mistake.line and line(reference, mistake) is None for mistake in mistakes):
        return None
    functions = formulas(reference)
    tree = ast.parse("\n".join(functions.values()))
    for mistake in mistakes:
        if not all(rewritten(tree, *change) for change in mistake.changes):
            return None
    habits = [mistake.habit for mistake in mistakes if mistake.habit is not object]
    names = dict(reference.update.__globals__)
    if any(mistake.changes for mistake in mistakes):
        exec(compile(ast.unparse(tree), f"<{reference.__name__} with a mistake>", "exec"), names)
    methods = {name: names[name] for name in functions if name in names and name in dir(reference)}
    return type(reference.__name__, (*dict.fromkeys(habits), reference), methods)


@cache
def formulas(reference):
    """{name: source} of an optimizer's formula: its methods, and the functions they call."""
    found = {}
    for method in (reference.update, getattr(reference, "descend", None)):
        if method is not None and "__class__" not in method.__code__.co_freevars:
            found[method.__name__] = method
            for name in method.__code__.co_names:
                helper = method.__globals__.get(name)
                if isinstance(helper, FunctionType) and ".optim." in helper.__module__:
                    found[name] = helper
    return {name: textwrap.dedent(inspect.getsource(f)) for name, f in found.items()}
