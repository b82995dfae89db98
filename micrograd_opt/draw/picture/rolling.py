"""What repeats over a batch is drawn once, as "×32": boxes that do the same to other samples.

Two nodes have the same form if they come from the same op, module and label, of inputs of the same
form. A parameter has a form of its own: so two neurons differ, and two calls of one do not.
Read next: `picture.py`.
"""

from .levels import is_parameter

PICKS = {"slice", "index_select"}  # x[0] and x[1] have one form if the same is done to them


def roll(order, uses, box_of, before):
    """{box: the first box like it}. before: {box: the boxes it takes values from}, in order.

    Boxes are alike if they hold nodes of the same forms and take values from boxes that are alike.
    Then they stand equally deep in the graph, so no cycle can come of putting them together.
    """
    form = _forms(order, uses)
    inside = {}
    for node, box in box_of.items():
        inside.setdefault(box, []).append(form[node])
    kinds, kind, first = {}, {}, {}
    for box, parents in before.items():
        key = (inside[box], [kind[parent] for parent in parents])
        kind[box] = kinds.setdefault(tuple(tuple(sorted(part)) for part in key), len(kinds))
        first.setdefault(kind[box], box)
    return {box: first[kind[box]] for box in before}


def _forms(order, uses):
    """{node: the number of its form}, counted twice.

    First all loose nodes of one look are alike; then what each is used for is known, and tells x₁
    from x₂, and a query from a key.
    """
    loose = {node for node in order if _is_loose(node, uses)}
    form = _numbered(order, {node: _look(node) for node in loose})
    used = {node: [form[node]] for node in loose}
    for node in order:
        for place, parent in enumerate(node._prev):
            if parent in loose:
                used[parent].append((form[node], place))
    return _numbered(order, {node: (own, *sorted(u)) for node, (own, *u) in used.items()})


def _numbered(order, marks):
    """{node: the number of its form}, where loose nodes have their mark in place of inputs."""
    numbers, form = {}, {}
    for node in order:
        if node in marks:
            key = marks[node]
        elif node._prev:
            key = (*_look(node), *[form[parent] for parent in node._prev])
        else:
            key = node
        form[node] = numbers.setdefault(key, len(numbers))
    return form


def _look(node):
    """All that tells a node by itself from others, but for its numbers."""
    params = "" if node._op in PICKS or not node.params else repr(sorted(node.params.items()))
    shape = getattr(node.data, "shape", None)
    return node._op, params, node.module, node.label, node.requires_grad, shape


def _is_loose(node, uses):
    """Whether a node may be alike to others though the graph below it does not say so: a constant,
    an input of a module, and what picks a part of something.
    """
    if node._prev:
        return node._op in PICKS
    given = not node.requires_grad or all(user.module is not None for user in uses[node])
    return given and not is_parameter(node)
