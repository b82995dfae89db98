"""A report: what a check has found, in a teacher's words and as numbers. It is true if all is well.

Read next: `check/rewriting.py`.
"""

import linecache
import traceback
from math import isclose
from typing import NamedTuple

__all__ = ["Report"]

TOLERANCE = 1e-10


class Report(NamedTuple):
    """What a check has found: print it to read it.

    text        the finding, in full
    ok          whether all numbers agree, to 1e-10; `bool(report)` says the same
    step        the first step that differs, from 1 on; for a gradient the place of the node in the
                order of the backward pass, the root being 1; None if all agree
    name        the number that differs: "w[0, 1]", or "v of w[0, 1]" in an optimizer's memory
    mine        what yours is, and
    reference   what it should be; where yours raises an exception, `mine` is that and `name` None
    mistake     which classic mistake gives the same numbers as yours; None if none is known

    >>> Report("Wrong: the sign.", False, 1, "w", 2.0, -2.0, "ascent")
    Report(step 1: w is 2.0, not -2.0: ascent)
    """

    text: str
    ok: bool
    step: int | None = None
    name: str | None = None
    mine: object = None
    reference: object = None
    mistake: str | None = None

    def __repr__(self):
        if self.ok:
            return "Report(ok)"
        numbers = f"{self.mine!r:.60}"
        if self.name:
            numbers = f"{self.name} is {numbers}, not {self.reference!r:.60}"
        where = f"step {self.step}: " if self.step else ""
        return f"Report({where}{numbers}{f': {self.mistake}' if self.mistake else ''})"

    def __str__(self):
        return self.text

    def __bool__(self):
        return self.ok


def agree(x, y):
    """Whether two floats are the same to 1e-10 of the larger one, or of 1; two NaNs are.

    >>> agree(1000.0, 1000.0 + 1e-8), agree(1.0, 1.0 + 1e-8), agree(1e-12, 2e-12)
    (True, False, True)
    """
    return isclose(x, y, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (x != x and y != y)


def apart(x, y):
    """Two numbers with as many digits as it takes to tell them apart, and at least five; two of
    anything else as they are.

    >>> apart(0.1 + 0.2, 1 / 3), apart(2.0, 2.00000001)
    (('0.3', '0.33333'), ('2', '2.00000001'))
    """
    if not (isinstance(x, float) and isinstance(y, float)):
        return tuple("missing" if z is None else f"{z!r:.80}" for z in (x, y))
    texts = [(f"{x:.{digits}g}", f"{y:.{digits}g}") for digits in range(5, 18)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])


def told(error, files):
    """An exception with the line that raised it: the last one of these files, the student's own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in files]
    what = f"{type(error).__name__}: {error}"
    if not own:
        return what
    line = linecache.getline(own[-1].filename, own[-1].lineno).strip()
    return f"{what}, in line {own[-1].lineno}{f', `{line}`' if line else ''}"
