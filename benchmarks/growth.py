"""How a step of the digits' net grows with width, depth and batch: tables, and a plot of them."""

from dataclasses import dataclass, replace
from statistics import median

from .cases import grown
from .contenders import EAGER, TORCH, WHOLE, built
from .harness import agree, measure, set_aside

AXES = {
    "width": "64-width-10, batch 32",
    "depth": "64-32-…-32-10 with that many hidden layers, batch 32",
    "batch": "64-32-10",
}
MARKERS = {EAGER: "o", WHOLE: "s", TORCH: "^"}


@dataclass(frozen=True)
class Point:
    size: int
    parameters: int
    first: float  # seconds of the first step, compile included
    lines: int  # of generated Python
    times: dict  # as `measure` gives them


def points(axis, effort):
    """A Point for each size of the axis, measured in a third of the rounds."""
    effort = replace(effort, rounds=max(1, effort.rounds // 3), turn=effort.turn / 2)
    return [_point(axis, size, effort) for size in effort.sizes[axis]]


def _point(axis, size, effort):
    makers = grown(axis, size).makers()
    contenders = built({name: makers[name] for name in MARKERS})
    with set_aside():
        _, first = agree(contenders)
        times = measure(contenders, effort)
    whole = contenders[WHOLE]
    lines = whole.compiled.source.count("\n")
    return Point(size, len(whole.weights()), first[WHOLE], lines, times)


def plot(found, path):
    """Save {axis: Points} as a picture. Raises ImportError where matplotlib is not installed."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "growth"}):
        figure = Figure(figsize=(10.0, 3.4), layout="constrained")
        axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for ax, (axis, measured) in zip(axes, found.items(), strict=True):
            _panel(ax, axis, measured)
        axes[0].set_ylabel("ms a step")
        axes[0].legend()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _panel(ax, axis, measured):
    sizes = [point.size for point in measured]
    for name in measured[0].times:
        times = [1e3 * median(point.times[name]) for point in measured]
        ax.plot(sizes, times, marker=MARKERS[name], label=name)
    ax.set(xscale="log", yscale="log", xlabel=axis, title=AXES[axis])
    ax.title.set_fontsize("small")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.grid(alpha=0.3)
