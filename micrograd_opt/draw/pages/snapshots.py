"""The numbers of one graph at several training steps, taken as each loss comes.

Read next: `draw/pages/frames.py`, the page that shows them.
"""

from dataclasses import replace
from typing import NamedTuple

from ...engine.arguments import WHOLE, Each, Optional, checked
from ...engine.backward import stale
from ...engine.graph import topological_order
from ..dot.text import clean
from ..picture.boxes import gradient_norm
from ..picture.picture import picture

MOST_FRAMES = 200


class Frame(NamedTuple):
    """What changes from step to step."""

    name: str
    loss: float
    norm: float  # of all gradients in leaves, as one vector
    boxes: list  # as they were, without the nodes


def snapshots(roots, at, options):
    """(the Picture of the first graph, a Frame for each step that is asked for)."""
    first, series = None, []
    for step, root in _chosen(roots, at):
        if len(series) == MOST_FRAMES:
            raise ValueError(
                f"frames: more than {MOST_FRAMES} steps; choose some, as with at=(0, 10, 100)"
            )
        shown = picture(root, **options)
        first = first or shown
        if _structure(shown) != _structure(first):
            raise ValueError(
                f"frames: step {step} computes another graph than the first: {_count(shown)}, not "
                f"{_count(first)}; only numbers may change, so choose with ops (where, relu), and "
                "give all steps batches of one size"
            )
        series.append(_frame(step, root, shown))
    return first, series


def _chosen(roots, at):
    """(step, root) for each step that is asked for; stops after the last."""
    at = checked(at, Optional(Each(WHOLE)), "frames: at")
    if at == []:
        raise ValueError("frames: at names no steps; give some, as at=(0, 10, 100)")
    step, last = -1, max(at) if at else None
    for step, root in enumerate(roots):
        if at is None or step in at:
            yield step, root
        if step == last:
            return
    if at or step < 0:
        asked = f"step {last} is asked for" if at else "one at least is needed"
        raise ValueError(f"frames: {asked}, but only {step + 1} losses came")


def _structure(shown):
    """All of a picture that is no number."""
    boxes = [
        (box.kind, box.symbol, box.label, box.count, [name for name, _ in box.rows])
        for box in shown.boxes
    ]
    return boxes, shown.edges, shown.clusters, shown.caption


def _count(shown):
    return f"{len(shown.boxes)} nodes and {len(shown.edges)} edges"


def _frame(step, root, shown):
    """The numbers of a graph as they are now."""
    if getattr(root, "size", 1) != 1:
        raise ValueError(f"frames: step {step}: {root!r} is no loss; sum() or mean() it first")
    if not root.grad:
        raise RuntimeError(f"frames: step {step} has no gradients; call backward() before yielding")
    order = topological_order(root)
    for x, user in stale(order):
        raise RuntimeError(
            f"frames: step {step}: {x!r} was changed after {user.op.name} used it; yield each loss "
            "before the optimizer's step, not a list of them after"
        )
    norm = gradient_norm([node for node in order if not node._prev])
    boxes = [replace(box, nodes=()) for box in shown.boxes]
    return Frame(f"step {step}", root.item(), norm, boxes)


def renamed(series, titles):
    n = len(series)
    if len(titles) != n:
        raise ValueError(f"frames: {len(titles)} titles for {n} frames; give one for each")
    return [frame._replace(name=clean(name)) for frame, name in zip(series, titles, strict=True)]


def longest(series):
    """The boxes of all frames in one: in each row the longest text that stands there."""
    boxes = []
    for versions in zip(*[frame.boxes for frame in series], strict=True):
        columns = zip(*[box.rows for box in versions], strict=True)
        rows = [max(cells, key=lambda cell: len(cell[1])) for cells in columns]
        boxes.append(replace(versions[0], rows=tuple((n, text or "\u00a0") for n, text in rows)))
    return boxes
