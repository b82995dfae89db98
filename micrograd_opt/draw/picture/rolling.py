"""What repeats over a batch is drawn once, as "×32": boxes that do the same to other samples.

Hash-consing: equal subgraphs get one number. A node's key is its op, module and label, and the
numbers of its parents; equal keys, equal numbers. A parameter has a number of its own: so two
neurons differ, and two calls of one do not. A batch of two, where x₁ and x₂ are inputs:

    node            key                 number
    x₁              (input)             0
    w               w itself            1
    x₁ * w          (mul, 0, 1)         2
    x₂              (input)             0       as x₁
    x₂ * w          (mul, 0, 1)         2       as x₁ * w: drawn with it, "×2"

Read next: `draw/picture/plan.py`, where levels and rolling make the boxes and arrows of a picture.
"""

from .levels import is_parameter

PICKS = {"slice", "index_select"}  # x[0] and x[1] are alike if the same is done to them


def first_alike(order, uses, box_of, inputs):
    """{box: the first box like it}. inputs: {box: the boxes it takes values from}, in order.

    Boxes are alike if they hold nodes of the same numbers and take values from boxes that are
    alike. Then they stand equally deep in the graph, so putting them together makes no cycle.
    """
    number = _node_numbers(order, uses)
    contents = {}
    for node, box in box_of.items():
        contents.setdefault(box, []).append(number[node])
    box_number, numbers, first = {}, {}, {}
    for box, sources in inputs.items():
        key = tuple(sorted(contents[box])), tuple(sorted(box_number[b] for b in sources))
        box_number[box] = numbers.setdefault(key, len(numbers))
        first.setdefault(box_number[box], box)
    return {box: first[number] for box, number in box_number.items()}


def _node_numbers(order, uses):
    """{node: its number}, numbered in two rounds.

    An interchangeable node (an input, a slice of the batch) is first numbered by its look alone;
    then by its look and by what uses it. In q * k, with q and k two inputs, both are 0 in the first
    round. In the second q is used as (mul, argument 0) and k as (mul, argument 1), so they differ;
    x₁ and x₂ above do not.
    """
    loose = [node for node in order if _is_interchangeable(node, uses)]
    number = _consed(order, {node: _look(node) for node in loose})
    used_as = {node: [] for node in loose}
    for node in order:
        for place, parent in enumerate(node._prev):
            if parent in used_as:
                used_as[parent].append((number[node], place))
    return _consed(order, {node: (number[node], *sorted(used_as[node])) for node in loose})


def _consed(order, keys):
    """{node: its number}. keys: {an interchangeable node: its key}."""
    numbers, number = {}, {}
    for node in order:
        if node in keys:
            key = keys[node]
        elif node._prev:
            key = (*_look(node), *[number[parent] for parent in node._prev])
        else:
            key = node
        number[node] = numbers.setdefault(key, len(numbers))
    return number


def _look(node):
    """All that tells a node by itself from others, except its data."""
    params = "" if node._op in PICKS or not node.params else repr(sorted(node.params.items()))
    shape = getattr(node.data, "shape", None)
    return node._op, params, node.module, node.label, node.requires_grad, shape


def _is_interchangeable(node, uses):
    """Whether a node may be like others whatever it was computed from: a constant, an input of a
    module, and what picks a part of something.
    """
    if node._prev:
        return node._op in PICKS
    is_input = not node.requires_grad or all(user.module is not None for user in uses[node])
    return is_input and not is_parameter(node)
