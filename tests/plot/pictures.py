"""What a picture must be: nothing cut off, nothing covered, lines told apart when printed grey."""

from itertools import combinations

TOLERANCE = 1.0  # pixels


def drawn(figure):
    """The figure's renderer, after everything took its place."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


def faults(figure):
    """What is wrong with a picture, in words."""
    renderer = drawn(figure)
    box = figure.get_tightbbox(renderer)
    width, height = figure.get_size_inches()
    edge = TOLERANCE / figure.dpi
    if box.x0 < -edge or box.y0 < -edge or box.x1 > width + edge or box.y1 > height + edge:
        yield f"something is cut off: {box} does not lie in {width} × {height} inches"
    for ax in figure.axes:
        if not ax.get_xlabel() and ax.get_xticks().size:
            yield f"{ax.get_title()!r}: an axis without a label"
        legend = ax.get_legend()
        if legend is None:
            continue
        covered = [a for a in figure.axes if legend.get_window_extent(renderer).overlaps(a.bbox)]
        if covered:
            yield f"the legend lies over {covered[0].get_title()!r}"
        labels = [text.get_text() for text in legend.texts]
        if len(set(labels)) < len(labels):
            yield f"a label stands twice: {labels}"
        yield from (f"alike in grey: {pair}" for pair in alike(legend))


def alike(legend):
    """Pairs of labels whose lines have the same dashes, width, marker and filling."""
    looks = {}
    for line, text in zip(legend.legend_handles, legend.texts, strict=True):
        if hasattr(line, "get_marker"):
            looks[text.get_text()] = (
                line.get_linestyle() != "None" and str(line._unscaled_dash_pattern),
                line.get_marker(), line.get_linewidth(), str(line.get_markerfacecolor()) == "white",
            )  # fmt: skip
    return [(a, b) for a, b in combinations(looks, 2) if looks[a] == looks[b]]


def lines(ax):
    """{label: (xs, ys)} of the lines with a label of their own."""
    return {
        line.get_label(): (list(map(float, line.get_xdata())), list(map(float, line.get_ydata())))
        for line in ax.lines
        if not line.get_label().startswith("_")
    }


def legend_of(figure):
    """The texts of the figure's legend."""
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    return [text.get_text() for legend in legends for text in legend.texts]
