"""What goes into a program, and what things are called in it: the same in both lowerings.

Read next: `program.py`, single numbers; `listing.py`, whole lists.
"""

from dataclasses import dataclass, field

from ..engine.tensor import Tensor
from .names import Names, identifier
from .trace import GradientOf


@dataclass
class Input:
    """An argument of the generated function: a flat list of floats."""

    name: str
    leaves: list  # nodes: a Tensor, or the Values whose numbers the list holds
    rows: bool  # whether the loop goes over its rows
    scalars: list = field(default_factory=list)  # of one row, or of all of it
    take: object = None  # a function → the list, for what is in no leaf
    renewed: list = field(default_factory=list)  # of a step: (number of the update, its places)


class Frame:
    """The inputs of a program, from `groups`, (name, leaves) of each argument, and its names.

    taken   names that the text means otherwise
    """

    def __init__(self, traced, groups, forward_only, batched, n, taken):
        self.traced, self.forward_only, self.batched, self.n = traced, forward_only, batched, n
        self.order = traced.order(forward_only)
        self.names = Names(taken)
        inner = {p for node in self.order for p in node._prev if node.module == p.module}
        self.results = {node for node in self.order if node.module and node not in inner}
        self.base = {}  # {node: its name}
        self.by_op = set()  # the nodes that have no better name than their op's
        self.checks = []  # (input, slice of it, *what kernels.check_index takes)
        self.inputs = self._inputs(groups)
        for index in traced.indices:
            self._check(*index)

    def _inputs(self, groups):
        live = set(self.order)
        inputs = []
        for name, leaves in groups:
            for leaf in [x for x in leaves if isinstance(x, Tensor) and x in live]:
                inputs.append(self._input(leaf.label or name, [leaf], self._has_rows(leaf)))
            values = [x for x in leaves if not isinstance(x, Tensor)]
            if live.intersection(values):
                inputs.append(self._input(name, values, self.batched))
        for leaf in [leaf for leaf, _ in self.traced.drawn if leaf in live]:
            inputs.append(self._input("drawn", [leaf], self.batched or self._has_rows(leaf)))
        captured = [leaf for leaf in self.traced.captured if leaf in live]
        for leaf in [x for x in captured if isinstance(x, Tensor)]:
            inputs.append(self._input(leaf.label or "p", [leaf], False))
        values = [x for x in captured if not isinstance(x, Tensor)]
        if values:
            inputs.append(self._input("values", values, False))
        return inputs

    def _has_rows(self, leaf):
        return self.n is not None and getattr(leaf, "shape", ())[:1] == (self.n,)

    def _input(self, name, leaves, rows):
        name = self.names.new(identifier(str(name)))
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, Tensor):
                self.base[leaf] = name
            else:
                label = leaf.label or (f"{name}_{i}" if len(leaves) > 1 else f"{name}_i")
                self.base[leaf] = self.names.new(identifier(str(label)))
        return Input(name, leaves, rows)

    def called(self, node):
        """The name of a node: its label, whose gradient it is, or its module and op."""
        if node not in self.base:
            if isinstance(node.label, GradientOf):
                name = f"d_{self.called(node.label.node)}"
            elif node.label is not None:
                name = identifier(str(node.label))
            elif node in self.results:
                name = identifier(node.module)
            else:
                name = identifier("_".join(filter(None, (node.module, node._op))))
                self.by_op.add(node)
            self.base[node] = name
        return self.base[node]

    def comment(self, node):
        """What to say above the statements of a node, or None."""
        shape = f" {node.shape}" if getattr(node, "shape", ()) else ""
        if isinstance(node.label, GradientOf) and shape:
            return f"gradient of {self.called(node.label.node)}{shape}"
        if isinstance(node.label, GradientOf) or not (node.module or shape):
            return None  # a Value: its name and the operator say as much
        where = f"{node.module}: " if node.module else ""
        return f"{where}{node._op}{shape}"

    def check_index(self, node):
        """Note what an index of a node has to hold. Whether that can be checked in the inputs."""
        x, index = node._prev
        size = x.shape[node.params.get("dim", 0)]
        while index.op is not None and index._op in ("reshape", "detach"):
            index = index._prev[0]
        self._check(index, size, f"{node._op}:")
        return index.op is None or index._op == "argmax"

    def _check(self, index, size, what):
        """Note that a leaf has to hold whole numbers, if it is in an input."""
        for made in self.inputs:
            places = [i for i, leaf in enumerate(made.leaves) if leaf is index]
            if places:
                check = (made, slice(places[0], None, len(made.leaves)), size)
                if check not in [known[:3] for known in self.checks]:
                    first = 0 if self.batched else places[0]
                    self.checks.append((*check, what, first))
