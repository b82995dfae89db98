"""draw: a graph becomes a picture, the picture DOT, the DOT a Drawing.

Read next: `draw/dot/dot.py`, the DOT text.
"""

from ...engine.arguments import Optional, checked
from ..picture.picture import picture
from .dot import check, source
from .render import Drawing
from .worksheet import worksheet


def draw(
    root, level="auto", direction="LR", color="grad", values=True, max_nodes=200, roll=True,
    title=None, constants=True, leaves=True, two_nodes=False, blanks=False,
):  # fmt: skip
    """The graph of everything that `root` was computed from, as a Drawing.

    root        a Value or a Tensor; call `root.backward()` first to see gradients
    level       "op": a box for each node; "chain": sums of products in one; "neuron": a call of an
                innermost nn.Module in one, its parameters inside; "layer": of a whole layer;
                "auto": the first of these that is small enough to read
    direction   where the arrows go: "LR" left to right, "TB" top to bottom, "RL" or "BT"
    color       by "grad", log₁₀ |gradient| in five steps, or by "op", the kind of op
    values      False leaves out data and gradients; shapes stay
    max_nodes   the boxes that auto may draw, with three times as many arrows; a level that you name
                may have 1,000 (or max_nodes, if more). None: no limit, and auto folds nothing
    roll        above level "op", what repeats over the samples of a batch is drawn once, as "×32"
    title       a line above the caption, which says what is shown and what was folded or hidden
    constants   False hides constants, and leaves=False all leaves
    two_nodes   True draws an op and its result as two nodes, as micrograd does
    blanks      True makes a Worksheet: an A4 page with empty boxes for the gradients, to be filled
                in by hand, and one with the answers; `save` takes .svg and .html. It shows every
                op, so that of the other arguments only direction and title have a say

    A box has op and label, data and gradient (for a large Tensor its shape and the norm ‖grad‖, for
    several values their range and the norm), and its place #1, #2, … in the order of backward. Each
    use is an arrow, so x * x has two; they are numbered where the order of the arguments matters.
    Equal graphs give equal DOT text. ValueError for a graph too large to read, with the remedy, and
    for a compiled loss, whose graph is gone.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0, label="x")
    >>> draw(x * x)
    Drawing(2 nodes, 2 edges)
    >>> draw(x * x, blanks=True)
    Worksheet(2 gradients to fill in)
    """
    check(direction, color)
    for name, value in (
        ("values", values), ("roll", roll), ("constants", constants), ("leaves", leaves),
        ("two_nodes", two_nodes),
    ):  # fmt: skip
        checked(value, bool, f"draw: {name}")
    checked(title, Optional(str), "draw: title")
    if checked(blanks, bool, "draw: blanks"):
        checked(level, ["auto", "op"], "draw: level, with blanks,")
        return worksheet(root, direction, title)
    shown = picture(root, level, roll, max_nodes, values, constants, leaves)
    dot = source(shown, direction, color, title, two_nodes=two_nodes)
    return Drawing(dot, len(shown.boxes), len(shown.edges), shown.caption, title)
