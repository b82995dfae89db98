"""How fast gradient descent with momentum converges on a quadratic, for every rate and momentum.

Read next: `plot/directions.py`.
"""

import math

from ..engine.arguments import POSITIVE, Each, checked
from .contours import SIZE
from .figure import finished, new_axes
from .table import Grid

__all__ = ["rates"]

_MARKS = (("*", 13.0), ("D", 7.0))
LEVELS = [0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0]


def rates(kappa=None, lambdas=None, size=240, ax=None):
    """The map of convergence rates over (α, μ) for momentum on a quadratic.

        g ← λθ + μg,  θ ← θ − αg     along an eigenvector of the Hessian with eigenvalue λ

    kappa     the condition number: the eigenvalues 1 and κ. Or
    lambdas   the eigenvalues themselves, all positive
    size      α and μ have so many values each: α up to 4/λₙ, where even μ = 1 diverges, μ below 1

    (g, θ) is multiplied by [[μ, λ], [−αμ, 1 − αλ]] a step. The rate is the largest absolute
    eigenvalue of that matrix, of all λ: the error's factor a step in the long run. 1 and above does
    not converge. It is lowest, (√κ − 1)/(√κ + 1), at α = (2/(√λ₁ + √λₙ))², μ = that rate squared;
    without momentum, (κ − 1)/(κ + 1) at α = 2/(λ₁ + λₙ). Polyak 1964; Goh, Why Momentum Really
    Works, Distill 2017.

    Returns the figure; its `.data` is a Grid of the rates, x = α and y = μ.

    >>> print(rates(kappa=100, size=3).data.summary())
    3 × 3 points: rate from 0.8957 at α = 0.02667, μ = 0.6667 to 3 at α = 0.04, μ = 0
    momentum: rate 0.8182 at α = 0.03306, μ = 0.6694; 12 steps to a tenth of the error
    gradient descent: rate 0.9802 at α = 0.0198, μ = 0; 116 steps to a tenth of the error
    """
    if (kappa is None) == (lambdas is None):
        raise ValueError("rates: give kappa, or the eigenvalues as lambdas")
    if lambdas is None:
        lambdas = (1.0, checked(kappa, "[1, inf)", "rates: kappa"))
    lambdas = checked(lambdas, Each(POSITIVE), "rates: lambdas")
    if not lambdas:
        raise ValueError("rates: lambdas has no eigenvalue")
    checked(size, SIZE, "rates: size")
    (ax,) = new_axes(ax, size=(7.4, 4.6))
    alphas = [4.0 / max(lambdas) * (i + 1) / size for i in range(size)]  # at 0 nothing moves
    mus = [i / size for i in range(size)]
    values = [[rate(alpha, mu, lambdas) for alpha in alphas] for mu in mus]
    optima = {"momentum": best_momentum(lambdas), "gradient descent": best_descent(lambdas)}
    notes = [_note(name, *optimum, lambdas) for name, optimum in optima.items()]
    grid = Grid(alphas, mus, values, ("α", "μ", "rate"), notes)
    _draw(ax, grid, optima, lambdas)
    return finished([ax], grid)


def rate(alpha, mu, lambdas):
    """The largest absolute eigenvalue of the step's matrix, over all λ.

    With trace t = 1 + μ − αλ and determinant μ the eigenvalues are (t ± √(t² − 4μ))/2: where the
    root is not real, they are a complex pair and both √μ in size.

    >>> rate(0.5, 0.0, [1.0]), rate(0.5, 0.25, [1.0])
    (0.5, 0.5)
    """
    return max(_radius(1.0 + mu - alpha * x, mu) for x in lambdas)


def best_momentum(lambdas):
    """(α, μ) at which the rate is lowest: for the largest and the smallest λ a double root."""
    low, high = math.sqrt(min(lambdas)), math.sqrt(max(lambdas))
    return (2.0 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2


def best_descent(lambdas):
    """(α, 0) at which the rate without momentum is lowest."""
    return 2.0 / (min(lambdas) + max(lambdas)), 0.0


def _radius(trace, determinant):
    square = trace * trace - 4.0 * determinant
    if square < 0.0:
        return math.sqrt(determinant)
    return (abs(trace) + math.sqrt(square)) / 2.0


def _draw(ax, grid, optima, lambdas):
    shades = [str(0.35 + 0.6 * i / (len(LEVELS) - 2)) for i in range(len(LEVELS) - 1)]
    ax.contourf(grid.xs, grid.ys, grid.values, LEVELS, colors=shades)
    ax.contourf(grid.xs, grid.ys, grid.values, [1.0, math.inf], colors="white", hatches=["///"])
    lines = ax.contour(grid.xs, grid.ys, grid.values, LEVELS[1:], colors="black", linewidths=0.7)
    ax.clabel(lines, LEVELS[1:-1], fmt="%g", fontsize=8)
    for (name, (alpha, mu)), (marker, size) in zip(optima.items(), _MARKS, strict=True):
        label = f"best {name}:\nα = {alpha:.3g}, μ = {mu:.3g},\nrate {rate(alpha, mu, lambdas):.4g}"
        ax.plot([alpha], [mu], linestyle="none", marker=marker, markersize=size, color="white",
                markeredgecolor="black", clip_on=False, label=label, zorder=4)  # fmt: skip
    ax.fill_between([], [], [], facecolor="white", edgecolor="black", hatch="///", linewidth=0.0,
                    label="does not converge:\nrate 1 or more")  # fmt: skip
    ax.set_title(f"Rate of convergence, κ = {max(lambdas) / min(lambdas):.4g}")
    ax.set(xlabel="learning rate α", ylabel="momentum μ")


def _note(name, alpha, mu, lambdas):
    r = rate(alpha, mu, lambdas)
    steps = math.ceil(math.log(0.1) / math.log(r)) if r > 0.0 else 1
    return (
        f"{name}: rate {r:.4g} at α = {alpha:.4g}, μ = {mu:.4g}; "
        f"{steps} steps to a tenth of the error"
    )
