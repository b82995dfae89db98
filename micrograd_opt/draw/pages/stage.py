"""A page with a graph on it: the words beside it, the key to its colours, the controls.

In assets/: stage.html is the body, stage.css lays it out, stage.js fits the graph, and player.js
runs the controls.
Read next: `draw/pages/inline.py`, the graph itself.
"""

import html

from ..dot.colours import NOT_FINITE, STEPS, ZERO, by_gradient, gradient_key
from ..dot.render import render
from ..dot.text import clean
from .inline import inline
from .page import Page, asset, controls, page

HEAT = {ZERO: "zero", NOT_FINITE: "odd"} | {colour: str(i) for i, colour in enumerate(STEPS)}


def graph_page(name, summary, title, source, rows, data, key, words, beside="", slider="Step"):
    """The Page. The title is escaped here; key, words and beside are HTML, as the caller has it.

    name      "backprop" for the style backprop.css and the script backprop.js of `assets/`
    summary   the repr
    source    the DOT text
    rows      of each box, as for `inline`
    data      what the script reads
    key       from `key`
    words     what stands beside the graph
    beside    what stands beside the title
    slider    what the slider counts
    """
    title = clean(title)
    styles = ("player.css", "stage.css", f"{name}.css")
    scripts = ("stage.js", "player.js", f"{name}.js")

    def write(time_limit):
        graph = inline(render(source, "svg", time_limit).decode(), rows)
        body = asset("stage.html").format(
            title=html.escape(title), graph=graph, key=key, words=words, beside=beside,
            controls=controls(slider),
        )  # fmt: skip
        return page(title, body.rstrip(), data, styles, scripts)

    return Page(summary, write)


def heat(boxes, ends):
    """For each box what CSS calls its colour: "0" to "4", "zero", or "odd" if not finite."""
    return [HEAT[by_gradient(box, ends)] for box in boxes]


def key(boxes, ends, name="size of the gradient"):
    """HTML: the colours in use, each with its range."""
    swatches = [
        f'<span class="swatch" data-heat="{HEAT[colour]}">{sizes}</span>'
        for colour, sizes in gradient_key(boxes, ends)
    ]
    return f"<span>{name}</span>\n" + "\n".join(swatches)
