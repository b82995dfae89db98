"""How far to go along a direction: the line search of L-BFGS, which looks along it and brackets.

The points of a line are seen as a function of the step length t: its value f(t) and slope f′(t).
Read next: `optim/lbfgs.py`.
"""

from math import isnan
from typing import NamedTuple

from ...array import ieee

# c₁: the loss must fall by at least this part of t·|f′(0)|, what a straight line would give
ENOUGH = 1e-4
# c₂: the slope there must be at most this part of |f′(0)|
FLAT = 0.9


class Point(NamedTuple):
    """A step length, and what was found there: the loss, the slope f′(t), the whole gradient."""

    t: float
    f: float
    slope: float
    g: list


def strong_wolfe(look, start, t, reach, tries):
    """A Point that meets the strong Wolfe conditions, or the lower end of the last bracket.

        f(t) ≤ f(0) + c₁ t f′(0)        it falls enough (Armijo), c₁ = 1e-4
        |f′(t)| ≤ c₂ |f′(0)|            and flattens out, c₂ = 0.9

    look    t ↦ the Point there; called at most tries + 1 times, for `t` first
    start   the Point at 0, with a slope < 0
    reach   the largest element of the direction: brackets whose ends differ by less than 1e-9 in
            all elements are not divided further

    Source: Nocedal and Wright 2006, Algorithms 3.5 and 3.6, and the details of PyTorch's
    `strong_wolfe`, itself from Schmidt's minFunc.
    """
    bracket, tries = _bracket(look, start, t, tries)
    stuck = False
    while len(bracket) == 2 and tries > 0:
        if abs(bracket[1].t - bracket[0].t) * reach < 1e-9:
            break
        t, stuck = _between(*bracket, stuck)
        point, tries = look(t), tries - 1
        at_low = 0 if bracket[0].f <= bracket[1].f else 1
        low, high = bracket[at_low], bracket[1 - at_low]
        if too_high(point, start) or point.f >= low.f:
            bracket[1 - at_low] = point
        elif flat(point, start):
            return point
        else:
            if point.slope * (high.t - low.t) >= 0.0:
                bracket[1 - at_low] = low
            bracket[at_low] = point
    return min(bracket, key=lambda point: point.f)


def too_high(point, start):
    """Whether Armijo's condition is not met."""
    return point.f > start.f + ENOUGH * point.t * start.slope


def flat(point, start):
    return abs(point.slope) <= -FLAT * start.slope


def _bracket(look, start, t, tries):
    """Ahead until a good Point is met or passed: ([it, or the two around it], tries left)."""
    before, point = start, look(t)
    for k in range(tries):
        if too_high(point, start) or (k > 1 and point.f >= before.f):
            return [before, point], tries - k
        if flat(point, start):
            return [point], tries - k
        if point.slope >= 0.0:
            return [before, point], tries - k
        t, least = point.t, point.t + 0.01 * (point.t - before.t)
        t = cubic_minimum(before, point, least, 10.0 * t)
        before, point = point, look(t)
    return [start, point], 0


def _between(a, b, stuck):
    """The next t inside of a bracket; and whether it came close to an end, and so brings little.

    If that happens twice, or t is at an end, it is moved a tenth of the bracket away from there.
    """
    low, high = min(a.t, b.t), max(a.t, b.t)
    t, margin = cubic_minimum(a, b, low, high), 0.1 * (high - low)
    close = min(high - t, t - low) < margin
    if close and (stuck or not low < t < high):
        return (high - margin if high - t < t - low else low + margin), False
    return t, close


def cubic_minimum(a, b, low, high):
    """Where the cubic through two Points, with their slopes, is lowest between low and high.

        d₁ = f′ₐ + f′ᵦ − 3 (fₐ − fᵦ) / (tₐ − tᵦ)
        d₂ = √(d₁² − f′ₐ f′ᵦ)                                     for tₐ ≤ tᵦ
        t = tᵦ − (tᵦ − tₐ) (f′ᵦ + d₂ − d₁) / (f′ᵦ − f′ₐ + 2 d₂)

    The middle if it has no minimum. Nocedal and Wright 2006, eq. 3.59.
    """
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3.0 * ieee.div(a.f - b.f, a.t - b.t)
    d2 = ieee.sqrt(d1 * d1 - a.slope * b.slope)
    t = b.t - (b.t - a.t) * ieee.div(b.slope + d2 - d1, b.slope - a.slope + 2.0 * d2)
    return 0.5 * (low + high) if isnan(t) else min(max(t, low), high)
