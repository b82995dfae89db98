"""Why two optimizers differ: mistakes are made in the right one, until it walks as the wrong one.

Read next: `check/optimizer.py`.
"""

from itertools import combinations
from operator import itemgetter

from .mistakes import MISTAKES, line, variant
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
        wrong = variant(reference, [mistake])
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
    lines = []
    for mistake in mistakes:
        formula = line(reference, mistake) if mistake.line else None
        lines.append(f"Why: {mistake.what}.")
        lines += [f"     The line of the formula is  {formula}"] if formula else []
    return lines
