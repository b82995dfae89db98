"""Which nodes share a box: from each op on its own to whole layers, a row of LEVELS each.

A node knows which module made it and not in which call. A call is therefore a connected component:
nodes of one module that arrows between them join. So w*x + b, twice, is two boxes:

    x₁ ──> [* ──> +] ──> relu          one module made *, + and *, +; no arrow joins the two
    x₂ ──> [* ──> +] ──> tanh          pairs, since w and b are leaves, and leaves join nothing

Read next: `draw/picture/cycles.py`, where boxes made so would stand before and after each other.
"""

from collections.abc import Callable
from typing import NamedTuple

from ...nn.naming import PathLabel
from .boxes import ARITHMETIC
from .cycles import without_cycles


def layer_of(path):
    """The layer that a module belongs to: its path up to the first number, or the first name.

    >>> [layer_of(path) for path in ("layers.0.neurons.3", "2", "head.linear")]
    ['layers.0', '2', 'head']
    """
    parts = path.split(".")
    numbers = [i for i, part in enumerate(parts) if part.isdigit()]
    return ".".join(parts[: numbers[0] + 1 if numbers else 1])


class Level(NamedTuple):
    """What shares a box."""

    chains: bool = True  # the terms of one sum of products, each used once
    whole: Callable | None = None  # the nodes of one call of the module whole(path), if any
    siblings: bool = False  # and the calls that share an input, as the neurons of a layer do

    def module(self, path):
        """The path of the module whose calls are drawn as boxes, for a node made in `path`:
        'layers.0' for 'layers.0.neurons.3' at level layer. None (no module) and '' (the root) are
        returned as they are.
        """
        return path and self.whole(path)


LEVELS = {  # from fine to coarse: "auto" takes the first that is small enough to read
    "op": Level(chains=False),
    "chain": Level(),  # x·w + y·v + b is one Σ
    "neuron": Level(whole=lambda path: path),  # a call of the module that made the nodes
    "layer": Level(whole=layer_of, siblings=True),  # a call of 'layers.0', all that is below it
}


class Fold(NamedTuple):
    """A partition of the nodes into boxes. Each is named by one of its nodes."""

    box: dict  # {node: the name of its box}, without parameters drawn inside of boxes
    parameters: dict  # {box: the parameters inside}; those of two calls are in both


def fold(order, uses, level):
    """The Fold of a topological order at a level. uses: {node: the nodes that use it}."""
    level = LEVELS[level]
    if not level.chains:
        return Fold({node: node for node in order}, {})
    box = _chains(order, uses)
    if not level.whole:
        return Fold(box, {})
    made_by = {node: level.module(node.module) for node in order if node._prev}
    box = without_cycles(order, uses, box | _calls(made_by, level.siblings))
    return Fold(box, _fold_leaves(order, uses, level, made_by, box))


def _chains(order, uses):
    """{node: the end of its chain}: a term used once, by a term of the same sum or product."""
    end = {}
    for node in reversed(order):
        end[node] = node
        if node._op in ARITHMETIC and len(uses[node]) == 1 and not node.label:
            (user,) = uses[node]
            if user._op in ARITHMETIC and user.module == node.module:
                end[node] = end[user]
    return end


def _calls(made_by, siblings):
    """{node: the node that stands for its call}, for the nodes that modules made.

    The connected components by union-find: each node points towards the one that stands for its
    component, and an arrow between two nodes of one module points one of these to the other.
    """
    towards = {node: node for node, path in made_by.items() if path is not None}

    def find(node):
        while towards[node] is not node:
            towards[node] = towards[towards[node]]  # path halving: the next walk is shorter
            node = towards[node]
        return node

    first_user = {}  # {(input, module): the first node of the module that uses the input}
    for node in towards:
        path = made_by[node]
        for parent in node._prev:
            if made_by.get(parent) == path:
                towards[find(parent)] = find(node)
            elif siblings and not is_parameter(parent):
                towards[find(first_user.setdefault((parent, path), node))] = find(node)
    return {node: find(node) for node in towards}


def _fold_leaves(order, uses, level, made_by, box):
    """Puts leaves where they belong, changes `box`, and returns {box: the parameters inside}.

    A parameter that one module alone uses goes into the boxes of its calls; others, as under weight
    decay or tied, make a box of parameters for each module that holds them. A number of a formula,
    as the 2 in x * 2, goes to its only user. An input of a module stays outside.
    """
    inside, shared = {}, {}  # shared: {module: the leaf that names its box of parameters}
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
                box[leaf] = shared.setdefault(level.module(module_of(leaf)), leaf)
                continue
            del box[leaf]
            for b in dict.fromkeys(box[user] for user in users):
                inside.setdefault(b, []).append(leaf)
    return inside


def is_parameter(leaf):
    """Whether a module named this leaf as one of its own; what the user names is always shown."""
    return isinstance(leaf.label, PathLabel)


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
