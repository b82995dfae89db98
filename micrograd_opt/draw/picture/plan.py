"""Nodes to boxes, boxes alike to one, uses to arrows; and the level that fits.

Read next: `draw/picture/clusters.py`, the frames around the boxes of a module.
"""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from .cycles import box_inputs
from .levels import LEVELS, fold
from .rolling import first_alike

FORCED = 1000  # the most boxes of a level that was asked for
ARROWS = 3  # auto takes a level of at most so many arrows for each box it may have


@dataclass(frozen=True)
class Plan:
    """A graph's nodes sorted into boxes, which are named by one of their nodes.

    For two samples through one neuron, p = x * w, r = relu(p), and their mean, s = r₁ + r₂ and
    m = s / two, at level "neuron", rolled:

        box[p₁] = box[r₁] = r₁          what the neuron computes of one sample is one box, and
        box[p₂] = box[r₂] = r₁          of the other sample the same box again
        box[x₁] = box[x₂] = x₁
        box[two] = two, box[s] = s, box[m] = m, and none for w
        repeats[r₁] = [[p₁, r₁], [p₂, r₂]]
        repeats[x₁] = [[x₁], [x₂]]
        repeats[two] = [[two]], repeats[s] = [[s]], repeats[m] = [[m]]
        parameters[r₁] = [w]
        arrows[x₁, r₁, 0] = 1           each repeat of r₁ takes one value from x₁,
        arrows[r₁, s, 0] = 2            and s takes two from r₁
        arrows[s, m, 1] = 1
        arrows[two, m, 2] = 1           the second argument of the division
    """

    level: str
    box: dict  # {node: its box}, without nodes that are hidden or drawn inside of others
    repeats: dict  # {box: a list of nodes for each box rolled into it}, in topological order
    parameters: dict  # {box: the parameters drawn inside}
    arrows: dict  # {(tail, head, place): how many values go there, for each of the head's repeats}


def fitting(order, uses, level, roll, max_nodes, hidden):
    """The Plan at a level; for "auto" at the first that is small enough. ValueError if none is."""
    auto = level == "auto"
    if max_nodes is None:
        return _plan(order, uses, "op" if auto else level, roll, hidden)
    limit = max_nodes if auto else max(max_nodes, FORCED)
    for name in LEVELS if auto else [level]:
        plan = _plan(order, uses, name, roll, hidden)
        boxes, arrows = len(plan.repeats), len(plan.arrows)
        if boxes <= limit and not (auto and arrows > ARROWS * limit):
            return plan
    if auto:
        fact = f"{len(order):,} nodes are {boxes:,} boxes and {arrows:,} arrows even by {name}, "
        fact += f"max_nodes is {limit}"
        remedy = "draw a node deeper in the graph, compute it with nn.Modules,"
    else:
        fact = f"{boxes:,} boxes at level {level!r}, more than {limit:,}"
        remedy = "let level auto fold them,"
    raise ValueError(
        f"draw: {fact}: too many to read; {remedy} or raise max_nodes (None: no limit)"
    )


def _plan(order, uses, level, roll, hidden):
    partition = fold(order, uses, level)
    box = {node: b for node, b in partition.box.items() if b._prev or not hidden(b)}
    if level == "op":
        repeats = {node: [[node]] for node in box}
        return Plan(level, box, repeats, {}, _arrows(order, box, box, repeats))
    members = {}
    for node in order:
        if node in box:
            members.setdefault(box[node], []).append(node)
    inputs = _sorted(box_inputs(order, box))
    first = first_alike(order, uses, box, inputs) if roll else {b: b for b in inputs}
    rolled = {node: first[b] for node, b in box.items()}
    repeats = {b: [] for b in _sorted(box_inputs(order, rolled))}
    for b in inputs:
        repeats[first[b]].append(members[b])
    return Plan(level, rolled, repeats, partition.parameters, _arrows(order, box, rolled, repeats))


def _sorted(inputs):
    """The same {box: the boxes it takes values from}, each box after those; first inputs first."""
    return {b: inputs[b] for b in TopologicalSorter(inputs).static_order()}


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
