"""Classic mistakes in the walk of a backward pass: the right rules, in a wrong order or way.

>>> from micrograd_opt import Value
>>> a = Value(3.0)
>>> forgetful = WALKS[0]
>>> forgetful.what, forgetful.gradients(a + a)[a]
('= in place of +=', 1.0)

Read next: `check/gradient.py`.
"""

import ast
import inspect
from collections import deque
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from ..engine import backward
from ..engine.backward import backward_pass
from ..engine.graph import post_order, topological_order
from .rewriting import rewritten
from .rules import exchanged, through

__all__ = []

MOST_VISITS = 20_000  # of a recursion that goes through shared nodes again and again
data_of = attrgetter("_data")


class Walk(NamedTuple):
    """A row: what is wrong, how it should be, and the walk, root -> {node: gradient}."""

    what: str
    right: str
    gradients: object


def seeded(seed):
    """The right walk, from another gradient of the root."""
    return lambda root: backward_pass(root, seed(root))[1]


def in_order(order_of, *changes):
    """The library's walk, with these changes, through the nodes in the reverse of an order."""

    def walk(root):
        order = order_of(root)
        grads = {node: None for node in order if node.requires_grad}
        walk_back(changes)(order, grads, root._seed(None)._data, data_of)
        return grads

    return walk


@cache
def walk_back(changes):
    """The library's `_walk_back` with pieces of it and of `_hand_on` rewritten."""
    names = dict(vars(backward))
    tree = ast.parse(inspect.getsource(backward._hand_on) + inspect.getsource(backward._walk_back))
    for change in changes:
        rewritten(tree, *change)
    exec(compile(ast.unparse(tree), "<a walk with a mistake>", "exec"), names)
    return names["_walk_back"]


def recursive_order(root):
    """A topological order too, the one in which a recursion goes through the parents."""
    return post_order([root], lambda node: node._prev[::-1])


def level_by_level(root):
    """Each node once: the root, its parents, theirs, …; reversed, so that the root is last."""
    return visited(root, deque.popleft)


def path_by_path(root):
    """Each node once: from the root along the first parents to a leaf, then the next path."""
    return visited(root, deque.pop)


def visited(root, take):
    seen, waiting = {}, deque([root])
    while waiting:
        node = take(waiting)
        if node not in seen:
            seen[node] = True
            waiting += node._prev if take is deque.popleft else node._prev[::-1]
    return list(seen)[::-1]


def again_and_again(in_between):
    """A recursion without a topological order: a node hands on all that it has, each time that
    something arrives. With `in_between` it goes on from a parent before the next one gets its."""

    def walk(root):
        grads = {node: None for node in topological_order(root) if node.requires_grad}
        grads[root], waiting = root._seed(None)._data, [(root, None)]
        for _ in range(MOST_VISITS):
            if not waiting:
                return grads
            node, i = waiting.pop()
            if i is not None:
                hand_on_to(node, i, grads)
                node = node._prev[i]
            if grads.get(node) is None or (i is not None and not in_between):
                continue
            parents = node._prev[::-1]
            hands = [(node, i) for i in reversed(range(len(parents)))]
            waiting += hands if in_between else [*((x, None) for x in parents), *hands]
        return {}

    return walk


def hand_on_to(node, i, grads):
    """What `node` hands to its parent number i alone."""
    x, inputs = node._prev[i], [parent._data for parent in node._prev]
    if x in grads:
        pulled = node.op.pull(i, grads[node], node._data, inputs, node.params)
        if pulled is not None:
            grads[x] = pulled if grads[x] is None else grads[x] + pulled


def without_g(root):
    """Each rule with a 1 in place of g."""
    return through(root, lambda op: exchanged(op, ones(op)))


def ones(op):
    """The vjps of an op with a 1 for g."""

    def of_one(vjp):
        return lambda g, *args, **params: vjp(g * 0.0 + 1.0, *args, **params)

    return {i: of_one(vjp) for i, vjp in enumerate(op.vjps) if vjp is not None}


OVERWRITTEN = ("P if G[X] is None else G[X] + P", "P")
SUM = "a node that is used several times gets the sum over its uses"
AFTER = "a node hands on its gradient once, when all that use it have handed on theirs"
SEED = "the root has the gradient 1"
WALKS = [
    Walk("= in place of +=", SUM, in_order(topological_order, OVERWRITTEN)),
    Walk("= in place of +=", SUM, in_order(recursive_order, OVERWRITTEN)),
    Walk("the seed forgotten: the root has no gradient", SEED,
         seeded(lambda root: root._data * 0.0)),
    Walk("the seed is the root's own number", SEED, seeded(lambda root: root._data)),
    Walk("no topological order: nodes are visited twice", AFTER, again_and_again(False)),
    Walk("no topological order: nodes are visited twice", AFTER, again_and_again(True)),
    Walk("no topological order: nodes level by level", AFTER, in_order(level_by_level)),
    Walk("no topological order: one path after the other", AFTER, in_order(path_by_path)),
    Walk("the order not reversed: from the leaves to the root", AFTER,
         in_order(topological_order, ("reversed(O)", "O"))),
    Walk("the chain rule without g: each rule's own derivative alone",
         "a parent gets g · ∂z/∂x, not ∂z/∂x", without_g),
]  # fmt: skip
