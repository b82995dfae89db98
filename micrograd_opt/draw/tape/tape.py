"""The tape of a backward pass: who sends what to whom, in which order, by which rule.

`backward()` leaves only the sums. The tape keeps each arrival beside its rule, and the steps of the
forward pass; `explain` and the step page are two ways to show it.
Read next: `draw/tape/formula.py`, a rule as text.
"""

import contextlib
import inspect
from dataclasses import dataclass, field
from typing import NamedTuple

from ...array.array import Array
from ...engine.arguments import COUNT, checked
from ...engine.backward import backward_pass
from ...engine.graph import Node, topological_order
from ...engine.state import enter, state
from .formula import by_number, formula


@dataclass(frozen=True, eq=False)
class Sent:
    """What a node sends to one of its parents: the chain rule, once."""

    parent: int  # its index in tape.order
    place: int  # the argument number, from 0
    # the rule run on leaves named g, z, x, y: the graph that it leaves can be printed ("g * y") and
    # holds the number
    rule: Node = field(repr=False)
    local: float | None  # ∂z/∂x; None for a Tensor
    before: float | Array | None  # the parent's sum until then; None where nothing had arrived
    total: float | Array  # the sum with this contribution

    @property
    def contribution(self):
        """The float or Array that is sent."""
        return self.rule.data

    @property
    def formula(self):
        """The rule in the names of the rule table: "g * y"."""
        return formula(self.rule)

    @property
    def numbers(self):
        """The rule with the numbers put in: "1 * -3"."""
        return formula(self.rule, by_number)


@dataclass(frozen=True, eq=False)
class Visit:
    """A node's turn in a backward pass: its gradient is complete, and it passes on."""

    index: int  # in tape.order
    turn: int  # from 1
    # None where nothing has arrived: every use has gradient zero, as for an input of a comparison
    gradient: float | Array | None
    sent: tuple  # of Sent; none by a leaf, and none to a parent whose vjp is None


class Computation(NamedTuple):
    """A node of the forward pass that an op computed."""

    index: int  # in tape.order
    formula: str  # "x * y"
    numbers: str  # "2 * -3"
    data: float | Array


@dataclass(frozen=True, eq=False, repr=False)
class Tape:
    """A backward pass as data; `tape(root)` records it."""

    root: Node
    order: list  # the graph in topological order; a node's `index` is its place in it
    visits: list  # a Visit for each node that requires a gradient, in backward order

    def __repr__(self):
        return f"Tape({len(self.order)} nodes, {len(self.visits)} visits)"

    @property
    def forward(self):
        """A Computation for each node that an op computed, in topological order."""
        computations = []
        for i, node in enumerate(self.order):
            if node.op:
                with symbolic():
                    z = node.op(*_symbols(node), **node.params)
                texts = formula(z), formula(z, by_number)
                computations.append(Computation(i, *texts, node.data))
        return computations


def shown_order(root, who):
    """The topological order of a graph that `who` is to show.

    TypeError for what is no node, ValueError where a compiled function has left out the graph.
    """
    if not isinstance(root, Node):
        raise TypeError(f"{who}: expected a Value or a Tensor, got {type(root).__name__}")
    order = topological_order(root)
    if any(node._op == "compiled" for node in order):
        raise ValueError(
            f"{who}: this comes from a compiled function, whose graph is gone; call the function "
            "itself, as it was before compile"
        )
    return order


def readable(root, max_nodes, who):
    """How many nodes a graph has that a reader is to follow node by node; ValueError for too many.

    max_nodes   None: no limit
    who         the function that is asked to show it
    """
    count = len(shown_order(root, who))
    if max_nodes is not None and count > checked(max_nodes, COUNT, f"{who}: max_nodes"):
        raise ValueError(
            f"{who}: {count:,} nodes, max_nodes is {max_nodes:,}: too many to follow; begin at a "
            "node deeper in the graph, or raise max_nodes (None: no limit)"
        )
    return count


def tape(root, gradient=None):
    """The Tape of `root.backward(gradient)`, whose totals are its gradients to the last bit.

    No `.grad` is read or written. Raises what backward raises: RuntimeError for a constant, or if a
    leaf was changed since it was used; ValueError for a Tensor of several elements alone.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> [(s.formula, s.numbers, s.total) for s in tape(x * x).visits[0].sent]
    [('g * y', '1 * 3', 3.0), ('g * x', '1 * 3', 6.0)]
    """
    order, grads = backward_pass(root, gradient)
    index = {node: i for i, node in enumerate(order)}
    totals, visits = {}, []
    for node in reversed(order):
        if node in grads:
            g = grads[node]
            sent = () if g is None else tuple(_sent(node, g, index, totals))
            visits.append(Visit(index[node], len(visits) + 1, g, sent))
    return Tape(root, order, visits)


def _sent(node, g, index, totals):
    """A Sent for each parent that takes a gradient; `totals` has what each parent has so far."""
    for place, x in enumerate(node._prev):
        rule = _rule(node, place, g) if x.requires_grad else None
        if rule is not None:
            before = totals.get(x)
            totals[x] = rule.data if before is None else before + rule.data
            yield Sent(index[x], place, rule, _local(node, place), before, totals[x])


def _rule(node, place, g):
    """The vjp for argument number `place` on symbols of g z x y; None for a gradient of zero."""
    g, z = _symbol(node, "g", g), _symbol(node, "z", node.data)
    with symbolic():
        return node.op.pull(place, g, z, _symbols(node), node.params)


def _local(node, place):
    """∂z/∂x of a Value: the vjp with g = 1."""
    if hasattr(node, "shape"):
        return None
    return node.op.pull(place, 1.0, node.data, [x.data for x in node._prev], node.params)


class _Everything:
    """The recorder of a computation with symbols: it keeps every op, and refuses nothing."""

    def varies(self, node):
        return True

    def reads(self, node):
        pass


@contextlib.contextmanager
def symbolic():
    """Within it comparisons and other ops without a gradient are recorded as all others are.

    So where(step(x), g, 0), the rule of relu, is written with its step(x).
    """
    before = state()
    enter((True, None, _Everything(), before))
    try:
        yield
    finally:
        enter(before)


def _symbols(node):
    """A symbol for each parent of a node."""
    names = argument_names(node)
    return [_symbol(node, name, x.data) for name, x in zip(names, node._prev, strict=True)]


def _symbol(node, name, data):
    """A leaf that stands for `data` under a name, of the same kind as `node`."""
    leaf = node._constant(data)
    leaf.label, leaf.requires_grad = name, True
    return leaf


def argument_names(node):
    """The rule's names for the parents: x y, c x y for `where`; x1 x2 … where it takes *xs.

    >>> from micrograd_opt import Value
    >>> argument_names(Value(2.0) * Value(3.0))
    ['x', 'y']
    """
    n = len(node._prev)
    vjp = next(filter(None, node.op.vjps), lambda g, z, x, y: None)  # a comparison has none
    signature = inspect.getfullargspec(vjp)
    return [f"x{i}" for i in range(1, n + 1)] if signature.varargs else signature.args[2 : 2 + n]
