"""The colours of boxes: by size of gradient, or by kind of op; all light, for INK on top.

Read next: `draw/dot/render.py`, which makes svg, png and pdf.
"""

import math
from bisect import bisect_right
from itertools import pairwise

from ...array.ieee import power
from ..picture.boxes import number

INK, GREY, LINE, FRAME = "#17212b", "#2f3b48", "#8492a3", "#f6f8fa"
STEPS = ("#f3f8fc", "#dcebf7", "#bbd8ef", "#94c2e5", "#6aabdb")  # faint to strong
ZERO, NOT_FINITE = "#ffffff", "#f5c6c0"

KINDS = {  # of an op: the colour, and the ops' names; an op of none of these is a function
    "arithmetic": ("#dcebf7", "add sub mul div pow neg"),
    "matrix product": ("#e2daf4", "mm"),
    "sums and softmax": ("#d3eddb", "sum max softmax log_softmax"),
    "choice": ("#f9d9e2", "gt ge lt le eq ne maximum minimum where step sign argmax"),
    "shape": ("#e9ebee", "expand sum_to slice pad reshape permute cat index_select index_add "
              "gather scatter_add"),
    "function": ("#fde3c4", ""),
    "several ops": ("#f8efbd", ""),
    "leaf": ("#c9e8e6", ""),
    "constant": ("#ffffff", ""),
}  # fmt: skip
_KIND = {op: kind for kind, (_, ops) in KINDS.items() for op in ops.split()}


def scale(sizes):
    """The ends of the steps of colour, as log10 of a gradient's size: five steps of one length.

    One step where the sizes hardly differ; no ends where all are None, 0, infinite or NaN.

    >>> scale([1e-5, None, 1.0])
    [-5.0, -4.0, -3.0, -2.0, -1.0, 0.0]
    """
    logs = [math.log10(size) for size in sizes if size and size < math.inf]
    if not logs:
        return []
    low, high = min(logs), max(logs)
    n = len(STEPS) if high - low > 0.2 else 1
    return [low + (high - low) * i / n for i in range(n + 1)]


def by_gradient(box, ends):
    """A box's colour on a scale; no gradient is drawn as 0, what is off the scale as its end."""
    size = box.gradient
    if not size:
        return ZERO
    if not size < math.inf:
        return NOT_FINITE
    return _colours(ends)[bisect_right(ends[1:-1], math.log10(size))]


def gradient_key(boxes, ends):
    """(colour, range of sizes) for each colour that `by_gradient` may use."""
    sizes = [box.gradient for box in boxes if box.gradient is not None]
    steps = zip(_colours(ends), pairwise(ends), strict=True)
    key = [(colour, _range(low, high)) for colour, (low, high) in steps]
    if 0.0 in sizes:
        key.insert(0, (ZERO, "0"))
    if not all(size < math.inf for size in sizes):
        key.append((NOT_FINITE, "inf or nan"))
    return key


def by_kind(box):
    """A box's colour by what it computes."""
    return KINDS[_kind(box)][0]


def kind_key(boxes):
    """(colour, kind) for each kind of box there is."""
    present = set(map(_kind, boxes))
    return [(colour, kind) for kind, (colour, _) in KINDS.items() if kind in present]


def _kind(box):
    if box.kind == "op":
        return _KIND.get(box.nodes[-1]._op, "function")
    return "several ops" if box.kind == "fold" else box.kind


def _colours(ends):
    """A colour for each step of a scale; the middle one for a single step."""
    return STEPS if len(ends) > 2 else STEPS[2:3] if ends else ()


def _range(low, high):
    """A step of the scale in words: from 10^low to 10^high, two digits each."""
    low, high = (number(float(f"{power(10.0, end):.2g}")) for end in (low, high))
    return low if low == high else f"{low} – {high}"
