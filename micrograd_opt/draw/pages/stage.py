"""The body of a page with a graph on it: the words beside it, the key to its colours, the controls.

`stage.css` lays it out, `stage.js` fits the graph, `player.js` runs the controls.
Read next: `inline.py`, the graph itself; `backprop.py` and `frames.py`, which fill the stage.
"""

import html

from ..dot.colours import NOT_FINITE, STEPS, ZERO, by_gradient, gradient_key

HEAT = {ZERO: "zero", NOT_FINITE: "odd"} | {colour: str(i) for i, colour in enumerate(STEPS)}
STYLES, SCRIPTS = ("stage.css",), ("stage.js", "player.js")


def stage(title, graph, key, words, beside="", slider="Step"):
    """HTML. The title is escaped here, all else is the caller's.

    graph    from `inline`
    key      from `key`
    words    what stands beside the graph
    beside   what stands beside the title
    slider   what the slider counts
    """
    return f"""<header>
<h1>{html.escape(title)}</h1>
{beside}
<button id="whole" aria-pressed="false">Whole graph</button>
</header>
<main>
<div class="graph">
<div id="pane" tabindex="0" role="region" aria-label="The graph">{graph}</div>
<p class="key">{key}
<span>thick border: leaf, dashed: constant, #1 #2 …: the backward order</span></p>
</div>
<div class="words" tabindex="0" role="region" aria-label="In words">
{words}
</div>
</main>
<nav class="controls" aria-label="Controls">
<button id="back">Back</button>
<button id="play">Play</button>
<button id="next">Next</button>
<input id="slider" type="range" min="0" value="0" aria-label="{slider}">
<output id="count" for="slider"></output>
</nav>"""


def heat(box, ends):
    """The name that CSS has for the colour of a box: "0" to "4", "zero", "odd" if not finite."""
    return HEAT[by_gradient(box, ends)]


def key(boxes, ends, name="size of the gradient"):
    """HTML: the colours in use, each with its range."""
    swatches = [
        f'<span class="swatch" data-heat="{HEAT[colour]}">{sizes}</span>'
        for colour, sizes in gradient_key(boxes, ends)
    ]
    return f"<span>{name}</span>\n" + "\n".join(swatches)
