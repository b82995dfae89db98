"""A race: the paths, the loss against gradients, and the loss at the end against the rate.

Read next: `plot/momentum.py`.
"""

import math

from ..engine.creation import linspace
from ..optim.racing.results import Race
from ..optim.racing.table import RATES
from .contours import draw_surface, heights_of
from .figure import finished, line_style, log_scale, new_axes, sparse
from .table import Table

__all__ = ["race"]

SIZE = 101  # points along each axis of the contour


def race(result, tune=None, ax=None):
    """What `optim.race` returned as a picture; all lines are of the first start.

    result  a Race
    tune    how the rates are chosen: "each", "same" or "defaults"; without it as in the race
    ax      so many of matplotlib's axes as there are panels

    The panels: of a function of two numbers its contour with the paths; the loss against gradient
    evaluations, with the target as a dotted line; and, if rates were tried, the median loss at the
    end against the rate, at the upper edge where it diverged, with a ring at the rate in use. Where
    losses are negative the axis says above what they are shown.

    Returns the figure. Its `.data` is a Table of the rows of `result.rows(tune)`.

    >>> from micrograd_opt.optim import race as compete, surfaces
    >>> valley = surfaces.valley(condition=10)
    >>> table = race(compete(valley, valley.start, ["momentum"], budget=50, starts=1)).data
    >>> table["name"], table["rate"]
    (['sgd', 'adam', 'momentum'], [0.1, 0.1, 0.005])
    """
    if not isinstance(result, Race):
        raise TypeError(f"plot.race: expected what optim.race returns, got {result!r:.60}")
    rows = result.rows(tune)
    chosen = {row["name"]: result.chosen(row["name"], tune)[0] for row in rows}
    runs = {name: chosen[name] for name in result.runs if name in chosen}
    tried = bool(result.rates)
    plane = result.has_paths and len(result.names) == 2
    axes = new_axes(ax, 1 + plane + tried, size=(4.4 * (1 + plane + tried) + 1.4, 4.2))
    panels = iter(axes)
    if plane:
        _paths(next(panels), result, runs)
    _losses(next(panels), result, runs)
    if tried:
        _sensitivity(next(panels), result, {name: result.rate(name, tune) for name in runs})
    axes[0].figure.suptitle(f"{result.title}, {RATES[tune or result.tune]}", fontsize="medium")
    return finished(axes, Table({key: [row[key] for row in rows] for key in rows[0]}))


def _paths(ax, result, runs):
    limits = result.limits([run.path for run in runs.values() if not run.ended])
    grid = heights_of(result.f, *[linspace(*pair, SIZE).tolist() for pair in limits], result.names)
    grid.paths = {name: run.path for name, run in runs.items()}
    draw_surface(ax, grid, "log")
    ax.set(title="Paths")


def _losses(ax, result, runs):
    base, above = _base(result, [loss for run in runs.values() for loss in run.losses])
    for i, (name, run) in enumerate(runs.items()):
        ax.plot(run.evaluations, _above(base, run.losses), label=name,
                markevery=sparse(i, len(run.losses)), **line_style(i))  # fmt: skip
    ax.axhline(result.target - base, color="0.4", linestyle=":", linewidth=1.2, label="target")
    ax.set(title="Loss", xlabel="gradient evaluations", ylabel=f"loss{above}")
    log_scale(ax, "y")
    ax.grid(alpha=0.3)


def _sensitivity(ax, result, used):
    curves = {name: result.sensitivity(name) for name in used}
    losses = [loss for curve in curves.values() for _, loss in curve]
    base, above = _base(result, losses)
    edge = 10.0 * max(filter(math.isfinite, _above(base, losses)))  # where it diverged
    for i, (name, curve) in enumerate(curves.items()):
        if not curve:
            continue
        rates, losses = zip(*curve, strict=True)
        heights = [edge if math.isinf(loss) else height
                   for loss, height in zip(losses, _above(base, losses), strict=True)]  # fmt: skip
        style = line_style(i)
        ax.plot(rates, heights, label=name, markevery=sparse(i, len(rates)), **style)
        if used[name] in rates:
            ax.plot([used[name]], [heights[rates.index(used[name])]], marker="o", markersize=11,
                    markerfacecolor="none", markeredgewidth=1.8,
                    markeredgecolor=style["color"])  # fmt: skip
    ax.axhline(edge, color="0.75", linewidth=0.8)
    ax.text(0.01, 1.1 * edge, "diverged", transform=ax.get_yaxis_transform(), fontsize="small",
            color="0.35", va="bottom")  # fmt: skip
    ax.set(title="Sensitivity to the rate", xlabel="learning rate",
           ylabel=f"median loss at the end{above}")  # fmt: skip
    log_scale(ax, "x")
    log_scale(ax, "y")
    ax.set_ylim(top=6.0 * edge)
    ax.grid(alpha=0.3)


def _base(result, losses):
    """(what is subtracted from losses so that a log scale can show them, how to say so)."""
    known = [result.target, getattr(result.f, "lowest", None), *losses]
    lowest = min(x for x in known if x is not None and math.isfinite(x))
    return (0.0, "") if lowest >= 0.0 else (lowest, f" above {lowest:.4g}")


def _above(base, losses):
    """Losses above the base; NaN, which is not drawn, where they are the base itself."""
    return [loss - base if loss > base else math.nan for loss in losses]
