"""The numbers of one graph at several training steps, taken as each loss comes.

Read next: `frames.py`, the page that shows them.
"""

from dataclasses import replace
from typing import NamedTuple

from ...engine.arguments import WHOLE, checked
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
    first, taken = None, []
    for step, root in _chosen(roots, at):
        shown = picture(root, **options)
        first = first or shown
        if _structure(shown) != _structure(first):
            raise ValueError(
                f"frames: step {step} computes another graph than the first: {_count(shown)}, not "
                f"{_count(first)}; only numbers may change, so choose with ops (where, relu), and "
                "give all steps batches of one size"
            )
        taken.append(_frame(step, root, shown))
    return first, taken


def _chosen(roots, at):
    """(step, root) for each step that is asked for; stops after the last."""
    wanted = None
    if at is not None:
        steps = at if hasattr(at, "__iter__") else ()
        wanted = sorted(checked(i, WHOLE, "frames: at") for i in steps)
        if not wanted:
            raise ValueError(f"frames: at={at!r} names no steps; give some, as at=(0, 10, 100)")
    step, taken = -1, 0
    for step, root in enumerate(roots):
        if wanted is None or step in wanted:
            taken += 1
            if taken > MOST_FRAMES:
                raise ValueError(
                    f"frames: more than {MOST_FRAMES} steps; choose some, as with at=(0, 10, 100)"
                )
            yield step, root
        if wanted and step == wanted[-1]:
            return
    if wanted or not taken:
        asked = f"step {wanted[-1]} is asked for" if wanted else "one at least is needed"
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


def renamed(taken, titles):
    if len(titles) != len(taken):
        raise ValueError(f"frames: {len(titles)} titles for {len(taken)} frames; give one for each")
    return [frame._replace(name=clean(name)) for frame, name in zip(taken, titles, strict=True)]


def longest(taken):
    """The boxes of all frames in one: in each row the longest text that stands there."""
    made = []
    for boxes in zip(*[frame.boxes for frame in taken], strict=True):
        rows = [
            (name, max([box.rows[j][1] for box in boxes], key=len) or "\u00a0")
            for j, (name, _) in enumerate(boxes[0].rows)
        ]
        made.append(replace(boxes[0], rows=tuple(rows)))
    return made
