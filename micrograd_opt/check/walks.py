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
    """A row: what is wrong, how it should be, and (root, its topological order) -> gradients."""

    what: str
    right: str
    walk: object

    def gradients(self, root):
        """{node: gradient} of a pass with this mistake."""
        return self.walk(root, topological_order(root))


def seeded(seed):
    return lambda root, order: backward_pass(root, seed(root))[1]


def in_order(reorder, changes=()):
    """The library's walk, with these changes, through the nodes in another order."""

    def walk(root, order):
        return walked(reorder(root, order), root, changes)

    return walk


def walked(order, root, changes=()):
    grads = {node: None for node in order if node.requires_grad}
    walk_back(changes)(order, grads, root._seed(None)._data, data_of)
    return grads


@cache
def walk_back(changes):
    """The library's `_walk_back` with pieces of it and of `_hand_on` rewritten."""
    names = dict(vars(backward))
    tree = ast.parse(inspect.getsource(backward._hand_on) + inspect.getsource(backward._walk_back))
    for change in changes:
        rewritten(tree, *change)
    exec(compile(ast.unparse(tree), "<a walk with a mistake>", "exec"), names)
    return names["_walk_back"]


def usual(root, order):
    return order


def recursive(root, order):
    """The order that a recursion through the parents gives, from the first to the last."""
    return post_order([root], lambda node: node._prev[::-1])


def breadth_first(root, order):
    """Level by level from the root, each node once; the root last, as in a topological order."""
    queue, seen = deque([root]), [root]
    while queue:
        for x in queue.popleft()._prev:
            if x not in set(seen):
                seen.append(x)
                queue.append(x)
    return seen[::-1]


def depth_first(root, order):
    """Each node once, before its parents: a path to its end, then the next."""
    stack, seen = [root], {}
    while stack:
        node = stack.pop()
        if node not in seen:
            seen[node] = True
            stack += node._prev[::-1]
    return list(seen)[::-1]


def again_and_again(each_at_once):
    """A recursion without a topological order: a node hands on all that it has, every time that
    something arrives; either at once, or when all its children's inputs have got theirs."""

    def walk(root, order):
        grads = {node: None for node in order if node.requires_grad}
        grads[root], stack, visits = root._seed(None)._data, [root], 0
        while stack:
            node = stack.pop()
            visits += 1
            if isinstance(node, tuple):
                node, i = node
                grads_of_one(node, i, grads)
                stack.append(node._prev[i])
            elif visits > MOST_VISITS:
                return {}
            elif node.op is not None and grads.get(node) is not None:
                if each_at_once:
                    stack += [(node, i) for i in reversed(range(len(node._prev)))]
                else:
                    backward._hand_on(node, node._prev, grads[node], grads, data_of)
                    stack += node._prev[::-1]
        return grads

    return walk


def grads_of_one(node, i, grads):
    """What `node` hands to its parent number i alone."""
    x, inputs = node._prev[i], [parent._data for parent in node._prev]
    if x in grads:
        pulled = node.op.pull(i, grads[node], node._data, inputs, node.params)
        if pulled is not None:
            grads[x] = pulled if grads[x] is None else grads[x] + pulled


def without_g(root, order):
    """Each rule with a 1 in place of g."""
    return through(root, lambda op: exchanged(op, ones(op)))


def ones(op):
    """The vjps of an op with a 1 for g."""

    def of_one(vjp):
        return lambda g, *args, **params: vjp(g * 0.0 + 1.0, *args, **params)

    return {i: of_one(vjp) for i, vjp in enumerate(op.vjps) if vjp is not None}


OVERWRITTEN = (("P if G[X] is None else G[X] + P", "P"),)
SUM = "a node that is used several times gets the sum over its uses"
AFTER = "a node hands on its gradient once, when all that use it have handed on theirs"
SEED = "the root has the gradient 1"
WALKS = [
    Walk("= in place of +=", SUM, in_order(usual, OVERWRITTEN)),
    Walk("= in place of +=", SUM, in_order(recursive, OVERWRITTEN)),
    Walk("the seed forgotten: the root has no gradient", SEED,
         seeded(lambda root: root._data * 0.0)),
    Walk("the seed is the root's own number", SEED, seeded(lambda root: root._data)),
    Walk("no topological order: nodes are visited twice", AFTER, again_and_again(False)),
    Walk("no topological order: nodes are visited twice", AFTER, again_and_again(True)),
    Walk("no topological order: nodes level by level", AFTER, in_order(breadth_first)),
    Walk("no topological order: one path after the other", AFTER, in_order(depth_first)),
    Walk("the order not reversed: from the leaves to the root", AFTER,
         in_order(usual, (("reversed(O)", "O"),))),
    Walk("the chain rule without g: each rule's own derivative alone",
         "a parent gets g · ∂z/∂x, not ∂z/∂x", without_g),
]
