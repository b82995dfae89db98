"""No box before and after another: where boxes would stand in a circle they are cut.

Read next: `rolling.py`.
"""


def uncrossed(order, uses, box):
    """The same boxes, but for those in cycles, which are cut until there are none.

    A module that hands a value out and takes it back, as in `y = f(x); return x + g(y)`, stands
    before and after g. Within a knot of such boxes a node's rank counts the boxes entered on the
    way from it to the end; nodes of one box stay together where they have one rank. An arrow never
    raises the rank, and between two boxes it lowers it: no way leads back. And what serves a single
    result, as all that a Linear does, has that result's rank, so it stays whole.
    """
    knot = _knots(order, box)
    if not knot:
        return box
    rank, last, cut = {}, {}, {}
    for node in reversed(order):
        own = box[node]
        if own not in knot:
            cut[node] = own
            continue
        after = [u for u in uses[node] if knot.get(box[u]) == knot[own]]
        rank[node] = max((rank[u] + (box[u] is not own) for u in after), default=0)
        cut[node] = last.setdefault((own, rank[node]), node)
    return cut


def _knots(order, box):
    """{box: the number of its knot} for each box that lies on a cycle, by Kosaraju's two walks."""
    before = {}
    for node in order:
        before.setdefault(box[node], {}).update((box[p], 0) for p in node._prev)
    after = {b: [] for b in before}
    for b, parents in before.items():
        for parent in parents:
            after[parent].append(b)
    finished, seen = [], set()
    for b in before:
        _walk(b, before, seen, finished)
    knot, seen = {}, set()
    for number, b in enumerate(reversed(finished)):
        together = []
        _walk(b, after, seen, together)
        if len(together) > 1:
            knot.update(dict.fromkeys(together, number))
    return knot


def _walk(start, arrows, seen, finished):
    """All that is reached from `start` and was not seen, each after what it leads to."""
    stack = [start]
    while stack:
        b = stack.pop()
        if b is None:
            finished.append(stack.pop())
        elif b not in seen:
            seen.add(b)
            stack += (b, None)
            stack += arrows[b]
