"""Backprop step by step: the graph on a page, lit node by node, with the chain rule beside it.

Every number comes from the tape; the page's script, assets/backprop.js, only shows and hides. The
graph is laid out once, with the longest text that each cell is to hold, so nothing moves while
gradients arrive.
Read next: `draw/pages/snapshots.py`, the numbers of several training steps.
"""

from dataclasses import replace

from ..dot import colours, dot
from ..picture.picture import picture
from ..tape.tape import readable, tape
from .stage import graph_page, heat, key
from .steps import Steps


def backprop(root, gradient=None, direction="LR", title=None, max_nodes=200):
    """Backprop from `root` as a page to step through: next, back, play, a slider, the keys.

    root        a Value or a Tensor
    gradient    the gradient that arrives at `root`, as for `backward`: 1 for a scalar
    direction   where the arrows go: "LR" left to right, "TB" top to bottom, "RL" or "BT"
    max_nodes   ValueError for a graph with more, too long to follow; None takes it all the same

    Each step is a node's turn in backward order: its gradient is complete, and it sends each parent
    g · ∂z/∂x, where z is the node and x the parent; what arrives by several paths is added up. A
    second tab steps the forward pass. The numbers are those of this call: `backward` need not have
    run, and no `.grad` is read or written. RuntimeError where `backward` raises it, and on saving
    where no program is found that lays graphs out, as for `draw`.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0, label="x")
    >>> backprop(x * x)
    Backprop(2 nodes, 2 steps)
    """
    count = readable(root, max_nodes, "backprop")
    dot.check(direction)
    steps = Steps(tape(root, gradient))
    shown = picture(root, level="op", max_nodes=None)
    boxes = [
        replace(box, rows=tuple((name, text) for _, name, text in lines), gradient=size)
        for box, lines, size in zip(shown.boxes, steps.lines, steps.sizes, strict=True)
    ]
    ends = colours.scale(steps.sizes)
    source = dot.source(replace(shown, boxes=boxes), direction, ends=ends)
    rows = [[row for row, *_ in lines] for lines in steps.lines]
    data = {"nodes": steps.nodes, "heat": heat(boxes, ends)}
    data |= {"backward": steps.backward, "forward": steps.forward}
    summary = f"Backprop({count} nodes, {len(steps.backward)} steps)"
    title = "Backprop, step by step" if title is None else title
    return graph_page("backprop", summary, title, source, rows, data, key(boxes, ends), WORDS, TABS)


TABS = """<div class="tabs" role="group" aria-label="Which pass">
<button id="backward">Backward</button>
<button id="forward">Forward</button>
</div>"""
WORDS = """<h2 id="heading"></h2>
<p id="sentence" aria-live="polite"></p>
<div id="cards"></div>"""
