"""The style of all pictures: a figure that shows itself and holds its numbers, lines told apart.

matplotlib is imported here alone, at the first picture: the library itself does without it. pyplot,
with its windows and its list of open figures, is never used.
Read next: `plot/learning.py`.
"""

import math
from functools import cache
from io import StringIO
from pathlib import Path

from ..engine.arguments import Each, checked

# Okabe and Ito's colours, which the colour-blind tell apart, grey for their yellow, too light on
# white. Printed grey some look alike, so line i has the dashes i and the marker i as well.
COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000", "#56B4E9", "#7F7F7F",
)  # fmt: skip
SOLID, DASHED = (0, ()), (0, (5, 2))
DASHES = (
    SOLID, DASHED, (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (10, 2)), (0, (3, 1, 1, 1, 1, 1)),
    (0, (2, 3)), (0, (8, 2, 3, 2)),
)  # fmt: skip
MARKERS = "os^Dv*XP"


def line_style(i):
    """Colour, dashes and marker of line i: of the first 64 no two have both dashes and marker.

    >>> line_style(0)["marker"] == line_style(8)["marker"], line_style(0) == line_style(8)
    (True, False)
    """
    return {
        "color": COLOURS[i % 8], "linestyle": DASHES[(i + i // 8) % 8],
        "marker": MARKERS[i % 8], "markersize": 5.0, "linewidth": 1.6,
    }  # fmt: skip


def sparse(i, n):
    """Which of a line's n points have a marker: some eight, elsewhere for each line i."""
    every = max(1, n // 8)
    return (i * every // 3 % every, every)


def new_axes(ax, panels=1, size=(6.4, 4.2)):
    """A list of so many axes: those given, or those of a new figure of that size in inches.

    A figure without a layout of its own gets matplotlib's "constrained", which makes room for
    labels and legends. ImportError, with the remedy, where matplotlib is not installed; ValueError
    for another number of axes.
    """
    figure_class = _figure_class()
    if ax is None:
        axes = figure_class(figsize=size, layout="constrained").subplots(1, panels, squeeze=False)
        return list(axes.flat)
    axes = list(ax) if hasattr(ax, "__iter__") else [ax]
    if len(axes) != panels or not all(hasattr(a, "plot") for a in axes):
        wanted = "one of matplotlib's axes" if panels == 1 else f"{panels} of matplotlib's axes"
        raise ValueError(f"ax: expected {wanted}, got {ax!r:.60}")
    figure = axes[0].figure
    if hasattr(figure, "get_layout_engine") and figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")
    return axes


def log_scale(ax, which):
    """A log scale for "x" or "y" of what is drawn, with plain numbers on enough ticks.

    matplotlib's own has ticks at powers of ten alone, none between 0.2 and 0.9.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    ax.set(**{f"{which}scale": "log"})
    axis = {"x": ax.xaxis, "y": ax.yaxis}[which]
    low, high = axis.get_view_interval()
    if low <= 0.0:
        return  # nothing is drawn
    decades = math.log10(high / low)
    if decades < 0.7:
        locator = MaxNLocator(5)
    else:
        locator = LogLocator(subs=(1.0,) if decades > 3 else (1.0, 2.0, 5.0))
    axis.set_major_locator(locator)
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("")


def finished(axes, data, legend=True):
    """The figure of the axes, with its numbers as `data`, a light grid and a legend beside it.

    The legend stands right of the last axes, so it never covers a line.
    """
    handles = {}
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if legend and handles:
        axes[-1].legend(
            handles.values(), handles.keys(), loc="upper left", bbox_to_anchor=(1.02, 1.0),
            borderaxespad=0.0, frameon=False, handlelength=4.0, fontsize="small",
        )  # fmt: skip
    axes[0].figure.data = data
    return axes[0].figure


def names_of(items, labels, default, what):
    """A name for each item, no two alike: the labels, or else default(i, item)."""
    if labels is None:
        return [default(i, item) for i, item in enumerate(items)]
    labels = checked(labels, Each(str, len(items)), f"{what}: labels")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{what}: labels must differ, got {labels}")
    return labels


def _figure_class():
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return _plot_figure(Figure)


@cache
def _plot_figure(base):
    """The class of our figures. It can be written only where matplotlib's is at hand."""
    from matplotlib import rc_context

    class PlotFigure(base):
        """A matplotlib Figure with its numbers in `.data`; a notebook shows it by itself."""

        data = None

        def save(self, path):
            """Write an SVG, PNG or PDF, as the name ends, undated; returns the path."""
            kind = checked(Path(path).suffix, [".svg", ".png", ".pdf"], f"{path}: its ending")[1:]
            date = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
            with rc_context({"svg.hashsalt": "micrograd_opt"}):
                self.savefig(path, format=kind, dpi=120, metadata=date)
            return Path(path)

        def _repr_svg_(self):
            text = StringIO()
            self.savefig(text, format="svg", metadata={"Date": None})
            return text.getvalue()

    return PlotFigure
