"""Which nodes share a box: the levels of a picture, from each op on its own to whole layers.

    op      a box for each node
    chain   sums of products, x·w + y·v + b, become one Σ
    neuron  the nodes that one call of an innermost module made, its parameters inside
    layer   the same for a module one floor up: 'layers.0', of whatever lies below it

A graph remembers which module made a node, but not in which call: a call is what hangs together of
a module's nodes. Boxes must not form a cycle, or no one could say in which order backward visits
them; where they would, they are cut (`knots.py`). Read next: `rolling.py`.
"""

from typing import NamedTuple

from ...nn.naming import PathLabel
from .boxes import LINEAR
from .cycles import uncrossed

LEVELS = ("op", "chain", "neuron", "layer")


class Fold(NamedTuple):
    """A partition of the nodes into boxes. Each is named by one of its nodes."""

    box: dict  # of a node: the name of its box; none for a parameter drawn inside of boxes
    parameters: dict  # of a box: the parameters inside; those of two calls are in both


def fold(order, uses, level):
    """The Fold of a topological order at a level. uses: {node: the nodes that use it}."""
    if level == "op":
        return Fold({node: node for node in order}, {})
    box = _chains(order, uses)
    if level == "chain":
        return Fold(box, {})
    home = layer_of if level == "layer" else lambda path: path
    made_by = {node: home(node.module) for node in order if node._prev}
    _join_calls(made_by, box, siblings=level == "layer")
    box = uncrossed(order, uses, box)
    return Fold(box, _fold_leaves(order, uses, home, made_by, box))


def layer_of(path):
    """The layer that a module belongs to: its path up to the first number, or the first name.

    >>> [layer_of(path) for path in ("layers.0.neurons.3", "2", "head.linear", "", None)]
    ['layers.0', '2', 'head', '', None]
    """
    parts = path.split(".") if path else ()
    numbers = [i for i, part in enumerate(parts) if part.isdigit()]
    return ".".join(parts[: numbers[0] + 1 if numbers else 1]) if parts else path


def is_parameter(leaf):
    """Whether a module named this leaf as one of its own; what the user names is always shown."""
    return isinstance(leaf.label, PathLabel)


def _chains(order, uses):
    """{node: the end of its chain}: a term used once, by a term of the same sum or product."""
    end = {}
    for node in reversed(order):
        end[node] = node
        if node._op in LINEAR and len(uses[node]) == 1 and not node.label:
            (user,) = uses[node]
            if user._op in LINEAR and user.module == node.module:
                end[node] = end[user]
    return end


def _join_calls(made_by, box, siblings):
    """Puts in one box what hangs together of a module's nodes; changes `box`.

    siblings: nodes that share an input hang together too, as the neurons of a layer do.
    """
    for node, path in made_by.items():
        if path is not None:
            box[node] = node

    def top(node):
        while box[node] is not node:
            box[node] = box[box[node]]  # halves the way for the next one
            node = box[node]
        return node

    met = {}
    for node, path in made_by.items():
        if path is None:
            continue
        for parent in node._prev:
            if made_by.get(parent) == path:
                box[top(parent)] = top(node)
            elif siblings and not is_parameter(parent):
                box[top(met.setdefault((parent, path), node))] = top(node)
    for node, path in made_by.items():
        if path is not None:
            box[node] = top(node)


def _fold_leaves(order, uses, home, made_by, box):
    """Puts leaves where they belong, changes `box`, and returns {box: the parameters inside}.

    A parameter that one module alone uses goes into the boxes of its calls; others, as under weight
    decay or tied, make a box of parameters for each module that holds them. A number of a formula,
    as the 2 in x * 2, goes to its only user; data that a module was given stays outside.
    """
    inside, first = {}, {}
    for leaf in order:
        users = uses[leaf]
        if leaf._prev or not users:
            continue
        if is_number(leaf, uses):
            if made_by[users[0]] is not None:
                box[leaf] = box[users[0]]
        elif is_parameter(leaf):
            path = made_by[users[0]]
            if path is None or any(made_by[user] != path for user in users):
                box[leaf] = first.setdefault(home(module_of(leaf)), leaf)
                continue
            del box[leaf]
            for b in dict.fromkeys(box[user] for user in users):
                inside.setdefault(b, []).append(leaf)
    return inside


def is_number(leaf, uses):
    """Whether a leaf is a number written in a module's formula: a constant made there and used
    once, all of whose elements, if it was broadcast, are the same.
    """
    if leaf._prev or leaf.requires_grad or leaf.module is None or len(uses[leaf]) != 1:
        return False
    return len(set(getattr(leaf.data, "flat", [leaf.data]))) == 1


def module_of(parameter):
    """The path of the module that holds a parameter: 'layers.0' of 'layers.0.w.3'."""
    parts = parameter.label.split(".")
    while parts[-1].isdigit():
        parts.pop()
    return ".".join(parts[:-1])
