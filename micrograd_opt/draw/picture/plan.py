"""Who is drawn where: nodes to boxes, boxes alike to one, uses to arrows; and the level that fits.

Read next: `levels.py` and `rolling.py`, the two ways to make fewer; `picture.py`, what is said.
"""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from .cycles import box_inputs
from .levels import LEVELS, fold
from .rolling import roll as alike

FORCED = 1000  # the most boxes of a level that was asked for
ARROWS = 3  # auto takes a level of at most so many arrows for each box it may have


@dataclass(frozen=True)
class Plan:
    """A graph's nodes sorted into boxes, which are named by one of their nodes."""

    level: str
    box: dict  # of a node: its box; none for what is hidden or drawn inside of others
    repeats: dict  # of a box, in topological order: a list of nodes for each box rolled into it
    parameters: dict  # of a box: the parameters drawn inside
    arrows: dict  # of (tail, head, place): how many values go there, for each of the head's repeats


def fitting(order, uses, level, roll, max_nodes, hidden):
    """The Plan at a level; for "auto" at the first that is small enough. ValueError if none is."""
    if max_nodes is None:
        return _plan(order, uses, "op" if level == "auto" else level, roll, hidden)
    if level != "auto":
        found = _plan(order, uses, level, roll, hidden)
        limit = max(max_nodes, FORCED)
        if len(found.repeats) <= limit:
            return found
        raise ValueError(
            f"draw: {len(found.repeats):,} boxes at level {level!r}, more than {limit:,}: too many "
            "to read; let level auto fold them, or raise max_nodes (None: no limit)"
        )
    for level in LEVELS:
        if level == "op" and sum(not hidden(node) for node in order) > max_nodes:
            continue
        found = _plan(order, uses, level, roll, hidden)
        if len(found.repeats) <= max_nodes and len(found.arrows) <= ARROWS * max_nodes:
            return found
    raise ValueError(
        f"draw: {len(order):,} nodes are {len(found.repeats):,} boxes and {len(found.arrows):,} "
        f"arrows even by {level}, max_nodes is {max_nodes}: too many to read; draw a node deeper in "
        "the graph, compute it with nn.Modules, or raise max_nodes (None: no limit)"
    )


def _plan(order, uses, level, roll, hidden):
    parts = fold(order, uses, level)
    box = {node: b for node, b in parts.box.items() if b._prev or not hidden(b)}
    if level == "op":
        repeats = {node: [[node]] for node in box}
        return Plan(level, box, repeats, {}, _arrows(order, box, box, repeats))
    members = {}
    for node in order:
        if node in box:
            members.setdefault(box[node], []).append(node)
    before = _in_order(order, box)
    first = alike(order, uses, box, before) if roll else {b: b for b in before}
    rolled = {node: first[b] for node, b in box.items()}
    repeats = {b: [] for b in (_in_order(order, rolled) if roll else before)}
    for b in before:
        repeats[first[b]].append(members[b])
    return Plan(level, rolled, repeats, parts.parameters, _arrows(order, box, rolled, repeats))


def _in_order(order, box):
    """{box: the boxes it takes values from}, each after those; first inputs first."""
    before = box_inputs(order, box)
    return {b: tuple(before[b]) for b in TopologicalSorter(before).static_order()}


def _arrows(order, box, rolled, repeats):
    """{(tail, head, place): how many values one head takes}. Into a single op there is an arrow for
    each argument, from 1; else one from each box, place 0.
    """
    sent = {}
    for node in order:
        head = rolled.get(node)
        if head is None:
            continue
        apart = len(repeats[head][0]) == 1
        for place, parent in enumerate(node._prev, 1):
            tail = rolled.get(parent)
            if tail is not None and tail is not head:
                gathers = not apart or len(repeats[tail]) > len(repeats[head])
                values = sent.setdefault((tail, head, 0 if gathers else place), set())
                values.add((parent, box[node]))
    return {arrow: len(values) // len(repeats[arrow[1]]) for arrow, values in sent.items()}
