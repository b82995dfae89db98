"""No box before and after another: where folding nodes into boxes makes a cycle, boxes are cut.

A graph of nodes has no cycle, and still its boxes may. Here f and + are one module's own ops, which
one box would hold, and g is another module:

    y = f(x)                        f ──> g ──> +             [f +] <──> [g]
    return y + g(y)                 └───────────^

The box [f +] stands before g and after it, so no one could say in which order backward visits the
two boxes. They are one strong component: each can be reached from the other. It is cut by ranks.
From each node follow the arrows to the end, and count how often you enter a box of the component.
The rank is the largest count over all ways: + has 0, g has 1 (it enters [f +]), f has 2. Nodes of
one box with one rank stay together, so here the boxes are [f], [g] and [+].
Read next: `draw/picture/rolling.py`, where boxes that repeat become one.
"""

from collections import Counter

from ...engine.graph import post_order


def without_cycles(order, uses, box):
    """The same boxes, {node: box}, but for those on cycles, which are cut until there are none.

    An arrow never raises the rank, and between two boxes it lowers it: no way leads back. What
    serves a single result, as all that a Linear does, has that result's rank, so it stays whole.
    """
    component = strong_components(box_inputs(order, box))
    if not component:
        return box
    rank, part, cut = {}, {}, {}  # part: {(box, rank): the last of its nodes, which names it}
    for node in reversed(order):
        own = box[node]
        if own not in component:
            cut[node] = own
            continue
        inside = [u for u in uses[node] if component.get(box[u]) is component[own]]
        rank[node] = max((rank[u] + (box[u] is not own) for u in inside), default=0)
        cut[node] = part.setdefault((own, rank[node]), node)
    return cut


def box_inputs(order, box):
    """{box: the boxes that it takes values from}, as dicts: ordered, and each box once."""
    inputs = {box[node]: {} for node in reversed(order) if node in box}
    for node in reversed(order):
        if node in box:
            sources = (box[parent] for parent in node._prev if parent in box)
            inputs[box[node]].update((b, None) for b in sources if b is not box[node])
    return inputs


def strong_components(inputs):
    """{box: one box of its component} for each box on a cycle.

    Kosaraju: all boxes in post-order along the arrows; then from the last of them backwards, each
    reaches against the arrows just the rest of its own component.

    >>> strong_components({"f": "", "g": "hf", "h": "g", "i": "h"})
    {'g': 'h', 'h': 'h'}
    """
    users = {b: [] for b in inputs}
    for b, sources in inputs.items():
        for source in sources:
            users[source].append(b)
    component = {}

    def users_left(b):
        return [u for u in users[b] if u not in component]

    for start in reversed(post_order(inputs, inputs.get)):
        if start not in component:
            component.update(dict.fromkeys(post_order([start], users_left), start))
    size = Counter(component.values())
    return {b: start for b, start in component.items() if size[start] > 1}
