"""Contours of a function of two numbers, and the paths that optimizers take over it.

Read next: `plot/racing.py`.
"""

import math
from itertools import pairwise

from ..array.ieee import as_float
from ..engine.arguments import NUMBER, Each, checked
from ..engine.creation import linspace
from ..engine.state import no_grad
from ..functional.lists_of_values import as_value
from .figure import finished, line_style, new_axes, sparse
from .table import Grid

__all__ = ["contour"]

SIZE = "{2, 3, …}"


def contour(f, xlim, ylim, paths=None, levels="log", size=101, labels=("x", "y"), ax=None):
    """Lines of equal height of f, and paths over them: a marker at some of the steps.

    f            a function of two Values; it may use operators, Values' methods, or `math`
    xlim, ylim   (from, to) for each axis
    paths        {name: [(x, y), …]}, the points of a path in their order, the start first
    levels       "log": lines at 1, 3, 10, 30, … (from a ten-thousandth of the span on) above the
                 lowest point, so that a valley's floor shows; "linear": evenly spaced; or your own
    size         f is computed at size × size points
    labels       what the two axes are called

    Returns the figure. Its `.data` is a Grid of the heights, with the points as `.paths`. A path
    may leave the picture, and may end in infinity or NaN; `.data.summary()` says where it ends.

    >>> def valley(x, y):
    ...     return x**2 + 10.0 * y**2
    >>> data = contour(valley, (-2, 2), (-1, 1), {"gd": [(2, 1), (1, 0)]}, size=5).data
    >>> data.values[0], data.lowest()
    ([14.0, 11.0, 10.0, 11.0, 14.0], (0.0, 0.0, 0.0))
    >>> print(data.summary())
    5 × 5 points: height from 0 at x = 0, y = 0 to 14 at x = -2, y = -1
    gd: 1 step from (2, 1) to (1, 0), height 1
    """
    xs, ys = (_ticks(*pair, size) for pair in ((xlim, "xlim"), (ylim, "ylim")))
    paths = {
        checked(name, str, "contour: paths"): _points(path, f"contour: path {name}")
        for name, path in ({} if paths is None else paths).items()
    }
    levels = checked_levels(levels)
    (ax,) = new_axes(ax, size=(7.4, 4.8) if paths else (5.6, 4.8))
    grid = heights_of(f, xs, ys, labels)
    with no_grad():
        grid.notes = [_note(name, path, f) for name, path in paths.items()]
    grid.paths = paths
    draw_surface(ax, grid, levels)
    return finished([ax], grid)


def heights_of(f, xs, ys, labels):
    """The Grid of f's values, without a graph."""
    with no_grad():
        return Grid(xs, ys, [[_height(f, x, y) for x in xs] for y in ys], (*labels, "height"))


def draw_surface(ax, grid, levels):
    """The contours of a Grid, and its `.paths`: what `contour` and `landscape` draw."""
    heights = _levels(grid, levels)
    shades = [_blue(i / len(heights)) for i in range(len(heights) + 1)]
    finite = [[z if math.isfinite(z) else math.nan for z in row] for row in grid.values]
    bounds = [min(heights[0], grid.lowest()[2]) - 1.0, *heights, math.inf]
    ax.contourf(grid.xs, grid.ys, finite, bounds, colors=shades)
    low, high = grid.lowest()[2], grid.highest()[2]
    heights = [h for h in heights if low < h < high]
    if heights:
        lines = ax.contour(grid.xs, grid.ys, finite, heights, colors="0.55", linewidths=0.6)
        ax.clabel(lines, fmt=lambda h: f"{float(f'{h:.3g}'):g}", fontsize=7, colors="0.25")
    for i, (name, path) in enumerate(grid.paths.items()):
        _draw_path(ax, i, name, path)
    if grid.paths:
        _draw_end(ax, ((), ()), "o", "white", "start")
        _draw_end(ax, ((), ()), "X", "0.6", "end")
    ax.set(xlabel=grid.names[0], ylabel=grid.names[1])
    ax.set(xlim=(grid.xs[0], grid.xs[-1]), ylim=(grid.ys[0], grid.ys[-1]))


def checked_levels(levels):
    """"log", "linear" or rising numbers, as they are; ValueError for the rest."""
    if isinstance(levels, str):
        return checked(levels, ["log", "linear"], "levels")
    heights = checked(levels, Each(NUMBER), "levels")
    if not heights or any(a >= b for a, b in pairwise(heights)):
        raise ValueError(f"levels must rise, got {heights}")
    return heights


def _draw_path(ax, i, name, path):
    points = [p for p in path if all(map(math.isfinite, p))]
    style = line_style(i) | {"markeredgecolor": "white", "markeredgewidth": 0.5, "markersize": 6.0}
    ax.plot(*zip(*points, strict=True), label=name, markevery=sparse(i, len(points)), **style)
    _draw_end(ax, ([x] for x in points[0]), "o", "white")
    _draw_end(ax, ([x] for x in points[-1]), "X", style["color"])


def _draw_end(ax, point, marker, colour, label=None):
    ax.plot(*point, linestyle="none", marker=marker, markersize=9, zorder=3, label=label,
            markerfacecolor=colour, markeredgecolor="black")  # fmt: skip


def _levels(grid, levels):
    """Rising heights of the lines.

    With "log", from a lowest point of 0 to a highest of 2000: 0.3, 1, 3, 10, …, 1000. A line that
    fewer than 4 points of the grid lie under would show the grid alone, and is left out.
    """
    if not isinstance(levels, str):
        return levels
    finite = [z for row in grid.values for z in row if math.isfinite(z)]
    low = grid.lowest()[2]
    span = grid.highest()[2] - low
    if span <= 1e-12 * abs(low):
        return [low - 0.5, low + 0.5]
    if levels == "linear":
        return [low + span * k / 12.0 for k in range(1, 12)]
    top = math.floor(math.log10(span))
    above = [part * 10.0**k for k in range(top - 4, top + 1) for part in (1.0, 3.0)]
    heights = [low + d for d in above if 1e-4 * span <= d < span]
    return [h for h in heights if sum(z < h for z in finite) >= 4] or [low + span / 2.0]


def _blue(t):
    """White at 0, a middle blue at 1: light enough for the lines drawn over it."""
    return tuple(1.0 - t * (1.0 - end) for end in (0.48, 0.66, 0.85))


def _ticks(limits, name, size):
    low, high = checked(limits, (NUMBER, NUMBER), f"contour: {name}")
    if low >= high:
        raise ValueError(f"contour: {name} must rise, got {limits}")
    return linspace(low, high, checked(size, SIZE, "contour: size")).tolist()


def _height(f, x, y):
    z = f(as_value(x), as_value(y))
    return as_float(z.item() if hasattr(z, "item") else z)


def _points(path, what):
    if not path:
        raise ValueError(f"{what} has no points")
    return [checked([_number(x) for x in point], (float, float), what) for point in path]


def _number(x):
    return x.item() if hasattr(x, "item") else x


def _note(name, path, f):
    steps = len(path) - 1
    start, end = (f"({x:.4g}, {y:.4g})" for x, y in (path[0], path[-1]))
    height = f"height {_height(f, *path[-1]):.4g}"
    return f"{name}: {steps} step{'s' * (steps != 1)} from {start} to {end}, {height}"
