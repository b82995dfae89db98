"""What a picture shows of a graph, in plain data: boxes, edges, clusters and a caption.

`picture` is where every drawing starts; nothing here knows how it will be written down.
Read next: `draw/picture/boxes.py`, what a box says of its nodes.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ...engine.arguments import COUNT, Optional, checked
from ..tape.tape import shown_order
from .boxes import described
from .clusters import ancestry, clusters, within
from .levels import LEVELS, is_number, is_parameter, module_of
from .plan import fitting

COMMUTE = {"add", "mul", "maximum", "minimum", "eq", "ne"}


class Edge(NamedTuple):
    """An arrow from box number `tail` to box number `head`."""

    tail: int
    head: int
    place: int | None = None  # which argument it is, from 1; None where it makes no difference
    count: int = 1  # how many values it carries, to each of the boxes rolled into its head


@dataclass(frozen=True)
class Picture:
    """All that is to be drawn. Boxes come in topological order."""

    boxes: list
    edges: list
    clusters: list
    level: str  # its name in LEVELS
    caption: str  # what is shown and what was folded


def picture(root, level="auto", roll=True, max_nodes=200, values=True, constants=True, leaves=True):
    """The Picture of everything that `root` was computed from; the options are those of `draw`."""
    order = shown_order(root, "draw")
    checked(level, ["auto", *LEVELS], "draw: level")
    max_nodes = checked(max_nodes, Optional(COUNT), "draw: max_nodes")

    def hidden(node):
        return not (node._prev or node is root or leaves and (constants or node.requires_grad))

    uses = {node: [] for node in order}
    for node in order:
        for parent in node._prev:
            uses[parent].append(node)
    plan = fitting(order, uses, level, roll, max_nodes, hidden)
    wholes = [_whole(r[0], plan.parameters.get(b), plan.level) for b, r in plan.repeats.items()]
    framed = clusters(_frames(plan, wholes, uses))
    boxes = _boxes(plan, uses, wholes, framed, values)
    return Picture(boxes, _edges(plan), framed, plan.level, _caption(order, plan, boxes))


def _whole(nodes, held, level):
    """The path of the module that a box is a call of, or holds the parameters of; or None."""
    if not LEVELS[level].whole or len(nodes) == 1 and not held:
        return None
    path = module_of(nodes[0]) if is_parameter(nodes[0]) else nodes[-1].module
    return LEVELS[level].module(path)


def _frames(plan, wholes, uses):
    """For each box the path of the module whose frame is around it; '' or None for no frame.

    A module's own ops stand in its frame if it has one, for the modules below it.
    """
    outer = {above for path in wholes if path for above in ancestry(path)[:-1]}
    for path, repeats in zip(wholes, plan.repeats.values(), strict=True):
        node = repeats[0][-1]
        if path:
            yield path if path in outer else "".join(ancestry(path)[-2:-1])
        elif is_parameter(node):
            yield module_of(node)
        else:
            yield node.module if node._prev or is_number(node, uses) else None


def _boxes(plan, uses, wholes, framed, values):
    """A Box for each of the plan's, numbered from the last if backward visits it."""
    around = {i: cluster.path for cluster in framed for i in cluster.boxes}
    visited = [any(node.requires_grad for node in r[0]) for r in plan.repeats.values()]
    turn, boxes = 1 + sum(visited), []
    for i, (name, repeats) in enumerate(plan.repeats.items()):
        nodes = [node for repeat in repeats for node in repeat]
        outputs = [n for n in nodes if not uses[n] or any(plan.box[u] is not name for u in uses[n])]
        label = _label(outputs, wholes[i], around.get(i, ""))
        turn -= visited[i]
        held, own_turn = plan.parameters.get(name, ()), turn if visited[i] else None
        boxes.append(described(repeats, held, outputs, label, own_turn, values))
    return boxes


def _label(outputs, whole, around):
    """The path of a module, as far as the frame around it does not say it, and the user's label."""
    if is_parameter(outputs[0]):
        return within(outputs[0].label if whole is None else whole, around)
    labels = {node.label for node in outputs}
    own = labels.pop() if len(labels) == 1 else None
    return " ".join(filter(None, [within(whole or "", around), "" if own is None else str(own)]))


def _edges(plan):
    """The plan's arrows by number. No place in x + y, nor where there is one argument."""
    index = {name: i for i, name in enumerate(plan.repeats)}
    edges = []
    for (tail, head, place), count in plan.arrows.items():
        matters = place and head._op not in COMMUTE and len(head._prev) > 1
        edges.append(Edge(index[tail], index[head], place if matters else None, count))
    return edges


def _caption(order, plan, boxes):
    """What is shown, what is folded and what is left out, in a line."""
    ops = sum(bool(node._prev) for node in order)
    if plan.level == "op":
        said = [f"{ops:,} {'op' if ops == 1 else 'ops'}"]
    else:
        said = [f"{ops:,} ops shown as {len(boxes):,} boxes by {plan.level}"]
    counts = {box.count for box in boxes} - {1}
    if counts:
        said.append(f"repeats drawn once, {'up to ' * (len(counts) > 1)}×{max(counts):,}")
    inside = {p for held in plan.parameters.values() for p in held}
    if inside:
        said.append(f"{sum(getattr(p.data, 'size', 1) for p in inside):,} parameters inside")
    missing = sum(node not in plan.box and node not in inside for node in order)
    if missing:
        said.append(f"{missing:,} {'leaf' if missing == 1 else 'leaves'} hidden")
    return "; ".join(said)
