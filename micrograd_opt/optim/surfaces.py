"""Surfaces: functions of two numbers on which the steps of an optimizer can be watched.

Each is hard in one way of its own: a valley is steep across and flat along, a saddle has a way down
that hardly shows, a plateau has no slope to speak of, a minibatch sees a part of the data.
Read next: `optim/racing/`.
"""

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from ..engine.arguments import POSITIVE, checked

__all__ = ["Surface", "beale", "minibatch", "plateau", "rosenbrock", "saddle", "valley"]

POINTS, BATCH = 20, 4  # of `minibatch`


class Surface(NamedTuple):
    """A function to be minimized, and what is known of it. Call it as the function that it is.

    function    of Values (or numbers, or Tensors), one for each of `names`, that returns the loss
    start       where to begin
    minimum     the point where it is lowest, one of them if there are more; None: unknown
    lowest      its value there; None: unknown
    limits      ((from, to) for each name) that a picture shows; None: as far as the paths go
    batch       None, or a function of a random.Random: the loss that one step sees, drawn anew
                for each step. `function` is then the loss over all the data

    >>> rosenbrock()(0.0, 0.0), rosenbrock().start
    (1.0, (-1.2, 1.0))
    """

    name: str
    formula: str
    function: Callable
    start: tuple
    names: tuple = ("x", "y")
    minimum: tuple | None = None
    lowest: float | None = None
    limits: tuple | None = None
    batch: Callable | None = None

    def __call__(self, *arguments):
        return self.function(*arguments)


def valley(condition=100.0):
    """½(x² + κy²), κ: the condition number, > 0. A bowl for κ = 1, a narrow valley for κ = 100.

    From (1, 1) the lowest point is (0, 0). With α below 2/κ gradient descent gets there, by a
    factor of at best (κ − 1)/(κ + 1) a step, for α = 2/(κ + 1): 99/101 for κ = 100.
    """
    kappa = checked(condition, POSITIVE, "valley: condition")
    return Surface(
        "valley", f"½(x² + {kappa:g}y²)",
        lambda x, y: 0.5 * (x * x + kappa * (y * y)),
        start=(1.0, 1.0), minimum=(0.0, 0.0), lowest=0.0, limits=((-1.5, 1.5), (-1.5, 1.5)),
    )  # fmt: skip


def saddle():
    """½x² − ½y² + ¼y⁴: its Hessian at (0, 0) has the eigenvalues 1 and −1, so that is no minimum.

    The start, (1, 0.001), lies so near the ridge that gradient descent goes to (0, 0) first. The
    minima are (0, 1) and (0, −1), where it is −¼.
    """
    return Surface(
        "saddle", "½x² − ½y² + ¼y⁴",
        lambda x, y: 0.5 * (x * x - y * y) + 0.25 * y**4,
        start=(1.0, 0.001), minimum=(0.0, 1.0), lowest=-0.25, limits=((-1.5, 1.5), (-1.5, 1.5)),
    )  # fmt: skip


def plateau():
    """1 − e^(−(x² + y²)/2): a hole in a plain. From (3, 1) the slope is 0.02, halfway down 0.6.

    A rate that crosses the plain in reasonable time overshoots in the hole: no single one is right.
    """
    return Surface(
        "plateau", "1 − exp(−(x² + y²)/2)",
        lambda x, y: 1.0 - math.e ** (-0.5 * (x * x + y * y)),
        start=(3.0, 1.0), minimum=(0.0, 0.0), lowest=0.0, limits=((-4.0, 4.0), (-4.0, 4.0)),
    )  # fmt: skip


def rosenbrock():
    """(1 − x)² + 100(y − x²)²: a bent valley, soon entered and slow to follow (Rosenbrock 1960).

    From (−1.2, 1) the lowest point is (1, 1).
    """
    return Surface(
        "rosenbrock", "(1 − x)² + 100(y − x²)²",
        lambda x, y: (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2,
        start=(-1.2, 1.0), minimum=(1.0, 1.0), lowest=0.0, limits=((-2.0, 2.0), (-1.0, 3.0)),
    )  # fmt: skip


def beale():
    """Beale's function: flat in the middle, with walls at the corners of steepness 10⁵.

    Σ (cᵢ − x + xyⁱ)² with c = 1.5, 2.25, 2.625. From (1, 1) the lowest point is (3, ½). Moré,
    Garbow and Hillstrom 1981, no. 5.
    """

    def function(x, y):
        terms = [(c - x + x * y**i) ** 2 for i, c in enumerate((1.5, 2.25, 2.625), 1)]
        return terms[0] + terms[1] + terms[2]

    return Surface(
        "beale", "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²", function,
        start=(1.0, 1.0), minimum=(3.0, 0.5), lowest=0.0, limits=((-4.5, 4.5), (-4.5, 4.5)),
    )  # fmt: skip


def minibatch():
    """The loss ½(xt + y − s)² of a line through 20 points (t, s), of which a step sees 4.

    So its gradient is right on average alone, and at a constant rate the path never comes to rest.
    The points lie about s = t − ½, with noise of deviation 0.3; the same for everyone.
    """
    rng = random.Random(0)
    points = [(t, t - 0.5 + rng.gauss(0.0, 0.3)) for t in [2 * i / POINTS for i in range(POINTS)]]

    def loss_of(points):
        return lambda x, y: 0.5 / len(points) * sum((x * t + y - s) ** 2 for t, s in points)

    loss, (x, y) = loss_of(points), _line(points)
    return Surface(
        "minibatch", f"the mean of ½(xt + y − s)² over {POINTS} points (t, s), {BATCH} a step",
        loss,
        start=(-1.0, 1.5), minimum=(x, y), lowest=loss(x, y), limits=((-2.0, 3.0), (-2.0, 2.0)),
        batch=lambda rng: loss_of(rng.sample(points, BATCH)),
    )  # fmt: skip


def _line(points):
    """(slope, intercept) of the line of least squares."""
    n = len(points)
    mean_t, mean_s = sum(t for t, _ in points) / n, sum(s for _, s in points) / n
    slope = sum((t - mean_t) * (s - mean_s) for t, s in points)
    slope /= sum((t - mean_t) ** 2 for t, _ in points)
    return slope, mean_s - slope * mean_t
