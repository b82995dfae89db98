"""Where a classifier of two features draws the line between the classes.

Read next: `plot/mistakes.py`.
"""

from ..engine.arguments import checked
from ..engine.creation import linspace
from .contours import SIZE
from .figure import COLOURS, MARKERS, finished, new_axes
from .predictions import class_names, class_numbers, most_likely, probabilities, samples
from .table import Table

__all__ = ["decision_boundary"]


def decision_boundary(model, x, y, classes=None, size=80, labels=("x₁", "x₂"), ax=None):
    """The class that the model gives to each point of the plane, and the samples over it.

    model    model(x), for x of (N, 2), gives (N, K) scores of K classes, or one score each, whose
             sign tells two classes apart. A scalar net takes one row at a time: pass
             `lambda x: [net(row) for row in x.tolist()]`
    x, y     (N, 2) and N labels 0, 1, …; or −1 and 1, as the hinge loss has them
    classes  their names
    size     the model is asked at size × size points, up to a tenth beyond the samples

    The background is the darker the surer the model is; white is a guess. A black line is where
    two classes are equally likely. Each class has a marker of its own; crosses lie on the samples
    that are on the wrong side. Returns the figure; its `.data` has a row for each point of the
    plane, with the class and its probability.

    >>> from micrograd_opt import data
    >>> x, y = data.make_xor().tensors
    >>> def score(x):  # by hand: positive where the signs of x₁ and x₂ differ
    ...     return -10.0 * (x[:, 0] - 0.5) * (x[:, 1] - 0.5)
    >>> table = decision_boundary(score, x, y, size=2).data
    >>> table["x₁"], table["x₂"], table["class"]
    ([-0.1, 1.1, -0.1, 1.1], [-0.1, -0.1, 1.1, 1.1], ['0', '1', '1', '0'])
    >>> table.notes
    ['4 of 4 samples on the right side']
    """
    x, y = samples(x, y, "decision_boundary")
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"decision_boundary: needs two features, x of (N, 2), got {x.shape}")
    checked(size, SIZE, "decision_boundary: size")
    (ax,) = new_axes(ax, size=(6.6, 4.6))
    answers = most_likely(probs := probabilities(model, x, "decision_boundary"))
    k = len(probs[0])
    truth = class_numbers(y, k, "decision_boundary")
    names = class_names(classes, k, "decision_boundary")
    x1, x2 = (x[:, 0].tolist(), x[:, 1].tolist())
    xs, ys = _ticks(x1, size), _ticks(x2, size)
    points = [[a, b] for b in ys for a in xs]
    plane = probabilities(model, points, "decision_boundary")
    _draw_plane(ax, xs, ys, plane)
    wrong = [i for i, (a, t) in enumerate(zip(answers, truth, strict=True)) if a != t]
    _draw_samples(ax, x1, x2, truth, names, wrong)
    ax.set(title="Decision boundary", xlabel=labels[0], ylabel=labels[1])
    likely = most_likely(plane)
    columns = {
        labels[0]: [a for a, _ in points], labels[1]: [b for _, b in points],
        "class": [names[c] for c in likely],
        "probability": [row[c] for row, c in zip(plane, likely, strict=True)],
    }  # fmt: skip
    note = f"{len(truth) - len(wrong)} of {len(truth)} samples on the right side"
    return finished([ax], Table(columns, [note]))


def _ticks(values, size):
    margin = 0.1 * (max(values) - min(values)) or 1.0
    return linspace(min(values) - margin, max(values) + margin, size).tolist()


def _draw_plane(ax, xs, ys, plane):
    """Each point in its class's colour, mixed with the more white the less sure the model is."""
    n, k = len(xs), len(plane[0])
    pixels = [_shade(row, k) for row in plane]
    half = ((xs[1] - xs[0]) / 2.0, (ys[1] - ys[0]) / 2.0)
    extent = (xs[0] - half[0], xs[-1] + half[0], ys[0] - half[1], ys[-1] + half[1])
    ax.imshow(_rows(pixels, n), origin="lower", extent=extent, aspect="auto",
              interpolation="bilinear")  # fmt: skip
    for c in range(k if k > 2 else 1):
        lead = [row[c] - max(row[:c] + row[c + 1 :]) for row in plane]
        if min(lead) < 0.0 < max(lead):
            ax.contour(xs, ys, _rows(lead, n), [0.0], colors="black", linewidths=1.4)
    ax.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))


def _shade(row, k):
    c = max(range(k), key=row.__getitem__)
    sure = (row[c] - 1.0 / k) / (1.0 - 1.0 / k)
    colour = COLOURS[c % 8]
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    return [1.0 - 0.5 * sure * (1.0 - channel) for channel in channels]


def _rows(flat, n):
    return [flat[i : i + n] for i in range(0, len(flat), n)]


def _draw_samples(ax, x1, x2, truth, names, wrong):
    for c, name in enumerate(names):
        mine = [i for i, t in enumerate(truth) if t == c]
        if mine:
            ax.plot([x1[i] for i in mine], [x2[i] for i in mine], linestyle="none", label=name,
                    marker=MARKERS[c % 8], color=COLOURS[c % 8], markeredgecolor="black",
                    markersize=6.0, markeredgewidth=0.7)  # fmt: skip
    if wrong:
        at = [x1[i] for i in wrong], [x2[i] for i in wrong]
        ax.plot(*at, linestyle="none", marker="x", color="black", markersize=11.0,
                markeredgewidth=1.4, label="wrong side")  # fmt: skip
