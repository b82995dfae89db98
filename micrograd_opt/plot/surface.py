"""The loss landscape of a net: its loss on a plane through its parameters.

Read next: `plot/predictions.py`.
"""

import math

from ..data.dataset import as_dataset
from ..engine.arguments import POSITIVE, checked, generator
from ..engine.creation import linspace
from ..engine.state import no_grad
from ..nn.mode import in_mode
from .contours import SIZE, checked_levels, draw_surface
from .directions import (
    as_theta,
    check_module,
    dot,
    filter_normalised,
    numbers_of,
    principal_axes,
    put,
    put_back,
)  # fmt: skip
from .figure import finished, new_axes
from .table import Grid, Table

__all__ = ["landscape"]


def landscape(
    model, loss_fn, data, directions=None, path=None, size=25, span=1.0, rng=None, levels="log",
    ax=None,
):  # fmt: skip
    """The loss at θ + a·d₁ + b·d₂ for size × size pairs (a, b), from the model's parameters θ.

    model, loss_fn   loss_fn(model(x), y) is the mean loss; the model is in eval mode
    data             (x, y) or a TensorDataset, all of it at each point: size² forward passes. 300
                     of the digits through 64 → 32 → 10 take a quarter of a minute at 25 × 25
    directions       (d₁, d₂), each a list of all the model's numbers or a dict like its state_dict;
                     without them two random ones by rng, filter-normalised (Li et al. 2018), so
                     that 1 is as far as the weights are long
    path             points of training: state_dicts, or lists of numbers. The plane then goes
                     through the last one, along the path's two principal axes, and the path is
                     drawn on it
    span             a and b go from −span to span; with a path, span = 1 holds all of it
    levels           as for `contour`

    The parameters are put back exactly, whatever happens. Returns the figure; its `.data` is a Grid
    of the losses. With a path `.path` is a Table: where each point lies on the plane, how far from
    the plane it is (`distance`, in lengths of θ), the loss there, and the loss at the point drawn
    in its place, which is another: the picture is a shadow. `summary()` says what share of the
    path's variance the two axes explain, and the largest of these errors.

    >>> from micrograd_opt import functional, nn
    >>> line = nn.Linear(1, 1)
    >>> line.load_state_dict({"weight": [[2.0]], "bias": [1.0]})
    ([], [])
    >>> data = ([[0.0], [1.0]], [[1.0], [3.0]])  # y = 2x + 1
    >>> picture = landscape(line, functional.mse_loss, data, directions=([1, 0], [0, 1]), size=3)
    >>> picture.data.values  # mean of b² and (a + b)²
    [[2.5, 1.0, 0.5], [0.5, 0.0, 0.5], [0.5, 1.0, 2.5]]
    """
    check_module(model, "landscape: model")
    if directions is not None and path is not None:
        raise ValueError("landscape: a path has axes of its own; leave out directions or path")
    x, y = as_dataset(data, "landscape: data").tensors
    checked(size, SIZE, "landscape: size")
    checked(span, POSITIVE, "landscape: span")
    generator(rng)
    levels = checked_levels(levels)
    (ax,) = new_axes(ax, size=(7.2, 4.8))
    with put_back(model), no_grad(), in_mode(model, training=False):

        def loss_at(theta):
            put(model, theta)
            return loss_fn(model(x), y).item()

        if path is None:
            plane = _plane_of(model, directions, span, size, rng)
        else:
            plane = _plane_of_path(model, path, span, size)
        grid = plane.losses(loss_at)
    draw_surface(ax, grid, levels)
    if path is None:
        ax.plot([0.0], [0.0], linestyle="none", marker="X", markersize=9, color="black",
                markeredgecolor="white", label="the model")  # fmt: skip
    ax.set(title=f"Loss landscape, {len(x)} samples", xlabel=plane.label(0), ylabel=plane.label(1))
    return finished([ax], grid)


class Plane:
    """origin + a·d₁ + b·d₂, with the a and b of the grid, and the points of a path, if any."""

    def __init__(self, origin, d1, d2, a_values, b_values, path=(), shares=()):
        self.origin, self.d1, self.d2 = origin, d1, d2
        self.a_values, self.b_values = a_values, b_values
        self.path, self.shares = path, shares

    def point(self, a, b):
        rows = zip(self.origin, self.d1, self.d2, strict=True)
        return [x + a * u + b * v for x, u, v in rows]

    def losses(self, loss_at):
        """The Grid of losses; of a path also its table."""
        values = [[loss_at(self.point(a, b)) for a in self.a_values] for b in self.b_values]
        grid = Grid(self.a_values, self.b_values, values, ("a", "b", "loss"))
        grid.path, grid.paths = None, {}
        if self.path:
            grid.path = self.shadow(loss_at)
            grid.paths = {"training": list(zip(grid.path["a"], grid.path["b"], strict=True))}
            grid.notes = [*self.notes(grid.path)]
        return grid

    def label(self, i):
        """What the axis i is called in the picture."""
        if self.path:
            return f"{'ab'[i]}: principal axis {i + 1}, {self.shares[i]:.1%} of the variance"
        return f"{'ab'[i]}: steps of direction {i + 1}"

    def shadow(self, loss_at):
        """A row for each point of the path: its place on the plane, and what the plane misses."""
        columns = {name: [] for name in ("point", "a", "b", "distance", "loss", "loss_drawn")}
        for i, theta in enumerate(self.path):
            a, b = coordinates(theta, self.origin, self.d1, self.d2)
            drawn = self.point(a, b)
            row = (i, a, b, math.dist(theta, drawn), loss_at(theta), loss_at(drawn))
            for column, x in zip(columns.values(), row, strict=True):
                column.append(x)
        return Table(columns)

    def notes(self, path):
        yield f"the two axes explain {sum(self.shares):.1%} of the path's variance"
        farthest = max(path["distance"])
        yield f"projection error: up to {farthest:.3g} from the plane, of a path of length " + (
            f"{sum(map(math.dist, self.path, self.path[1:])):.3g}"
        )
        errors = [abs(a - b) for a, b in zip(path["loss"], path["loss_drawn"], strict=True)]
        yield f"the loss drawn differs from the loss on the path by up to {max(errors):.3g}"


def coordinates(theta, origin, d1, d2):
    """(a, b) of the point of the plane nearest to θ; d₁ and d₂ have length 1, at right angles."""
    step = [x - o for x, o in zip(theta, origin, strict=True)]
    return dot(step, d1), dot(step, d2)


def _plane_of(model, directions, span, size, rng):
    if directions is None:
        d1, d2 = filter_normalised(model, rng), filter_normalised(model, rng)
    else:
        if not isinstance(directions, (tuple, list)) or len(directions) != 2:
            raise ValueError(f"landscape: directions must be two, got {directions!r:.60}")
        d1, d2 = (
            as_theta(model, d, f"landscape: direction {i}") for i, d in enumerate(directions, 1)
        )
    if not any(d1) or not any(d2):
        raise ValueError("landscape: a direction is 0 everywhere: no weights to move; give another")
    ticks = linspace(-span, span, size).tolist()
    return Plane(numbers_of(model), d1, d2, ticks, ticks)


def _plane_of_path(model, path, span, size):
    points = [as_theta(model, point, f"landscape: path[{i}]") for i, point in enumerate(path)]
    if len(points) < 3:
        raise ValueError(f"landscape: path has {len(points)} points; two axes need 3 or more")
    (d1, d2), shares = principal_axes(points)
    places = [coordinates(theta, points[-1], d1, d2) for theta in points]
    ticks = []
    for values in zip(*places, strict=True):
        middle, reach = (min(values) + max(values)) / 2.0, 0.7 * span * (max(values) - min(values))
        ticks.append(linspace(middle - reach, middle + reach, size).tolist())
    return Plane(points[-1], d1, d2, *ticks, points, shares)
