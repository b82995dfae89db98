"""frames: the same graph at several training steps, on one page with a slider.

The graph is laid out once, with the longest text that each cell is to hold, and coloured on one
scale, so that only numbers and colours change; assets/frames.js puts them there.
Read next: `draw/pages/racing.py`.
"""

import html
import math
from dataclasses import replace

from ...engine.graph import Node
from ..dot import colours, dot
from ..picture.boxes import number
from .snapshots import longest, renamed, snapshots
from .stage import graph_page, heat, key


def frames(roots, at=None, titles=None, direction="LR", title=None, **options):
    """The graph of a loss at several training steps, as a page with a slider, play and arrow keys.

    roots       losses after `backward()`: best a generator that yields each before the next step
    at          which of them, counted from 0, as (0, 10, 100); all by default. None is asked for
                after the last
    titles      a name for each frame, "step 10" by default
    direction   as for `draw`; so are the options level, roll, max_nodes, values, constants, leaves

    Colours have one scale for all frames, so they show how gradients shrink as the loss falls, and
    so do two curves. ValueError unless all graphs have one structure: only numbers may change.
    RuntimeError for a loss before backward, or one whose parameters have changed since.

    >>> from micrograd_opt import Value
    >>> w = Value(4.0, label="w")
    >>> def training():
    ...     for _ in range(101):
    ...         loss = (w - 1) ** 2
    ...         w.grad = 0.0
    ...         loss.backward()
    ...         yield loss
    ...         w.data -= 0.05 * w.grad
    >>> frames(training(), at=(0, 10, 100))
    Frames(5 boxes at 3 steps)
    """
    if isinstance(roots, Node):
        raise TypeError("frames: expected losses, one a step, got one; draw(loss) draws it")
    if not hasattr(roots, "__iter__"):
        raise TypeError(
            f"frames: expected losses, one a step, got a {type(roots).__name__}; of a generator "
            "function pass what a call returns: frames(training())"
        )
    dot.check(direction)  # before `roots` may train for minutes
    first, series = snapshots(roots, at, options)
    if titles is not None:
        series = renamed(series, list(titles))
    boxes = [box for frame in series for box in frame.boxes]
    ends = colours.scale(box.gradient for box in boxes)
    widest = replace(first, boxes=longest(series))
    rows = [[name for name, _ in box.rows] for box in widest.boxes]
    summary = f"Frames({len(rows)} boxes at {len(series)} steps)"
    title = "Gradients during training" if title is None else title
    source = dot.source(widest, direction, ends=ends)
    data = {"rows": rows, "frames": [_numbers(frame, ends) for frame in series]}
    colours_in_use = key(boxes, ends, "size of the gradient, on one scale for all steps")
    caption = f'<p class="caption">{html.escape(first.caption)}</p>'
    return graph_page("frames", summary, title, source, rows, data,
                      colours_in_use, _words(series), caption, "Frame")  # fmt: skip


def _numbers(frame, ends):
    """A frame as the script reads it."""
    return {
        "name": frame.name,
        "loss": number(frame.loss),
        "norm": number(frame.norm),
        "cells": [[text for _, text in box.rows] for box in frame.boxes],
        "heat": heat(frame.boxes, ends),
    }


def _words(series):
    """HTML: the name of the frame, and the curves."""
    return f"""<h2 id="heading"></h2>
{_chart("loss", "loss", [frame.loss for frame in series])}
{_chart("norm", "‖grad‖ of all leaves", [frame.norm for frame in series])}"""


def _chart(name, what, values):
    """A curve over the frames, by log₁₀ where all are positive and far apart, and its ends."""
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    log = low > 0.0 and high > 10.0 * low
    at = math.log10 if log else float
    bottom, tall = at(low), (at(high) - at(low)) or 1.0
    last = max(len(values) - 1, 1)
    points = " ".join(
        f"{100 * i / last:.5g},{40 - 40 * (at(v) - bottom) / tall:.5g}"
        for i, v in enumerate(values)
        if math.isfinite(v)
    )
    scale = " (log)" if log else ""
    return f"""<figure>
<figcaption>{what} <output id="{name}"></output></figcaption>
<svg viewBox="-2 -4 104 48" preserveAspectRatio="none" aria-hidden="true">
<line class="here" y1="-4" y2="44"/><polyline points="{points}"/></svg>
<p>from {number(low)} to {number(high)}{scale}</p>
</figure>"""
