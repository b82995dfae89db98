"""A program ready to run: where its numbers come from, and the nodes that it returns.

Read next: `result.py`, those nodes; `compiled.py`.
"""

from .. import kernels
from ..array import Array
from ..graph import state
from ..tensor import Tensor
from .result import with_gradients


class Entry:
    """A program, and the leaves and arguments it reads."""

    def __init__(self, program, traced, leaves, groups, batched, alive):
        self.program, self.traced, self.batched = program, traced, batched
        self.alive = alive  # what the function uses, whose identity is in the key
        self.edits, self.lists = state.edits, None
        self._inside = [_inside(module) for module, _ in traced.modules]
        self._places = {leaf: i for i, leaf in enumerate(leaves)}
        self._groups = {leaf: i for i, (_, mine) in enumerate(groups) for leaf in mine}
        self._drawn = {leaf: [] for leaf, _ in traced.drawn}
        self._flags = [leaf.requires_grad for leaf in traced.captured]
        all_captured = self._places.keys().isdisjoint(traced.wanted)
        self._wanted = tuple(traced.wanted) if all_captured else None
        self._sort(program.inputs)
        places = {id(made): i for i, made in enumerate(program.inputs)}
        self._checks = [(places[id(x)] + batched, *check) for x, *check in program.checks]

    def fits(self):
        """Whether the modules are as they were when they were traced."""
        if self.edits != state.edits:  # somewhere a module was made or edited: one of these?
            if [_inside(module) for module, _ in self.traced.modules] != self._inside:
                return False
            self.edits = state.edits
        for module, training in self.traced.modules:
            if module.training is not training:
                return False
        return [leaf.requires_grad for leaf in self.traced.captured] == self._flags

    def _sort(self, inputs):
        """The inputs by where they come from; `frame.py` has them in this order."""
        self._takes, self._tensors, self._values, self._extras = [], [], [], []
        for made in inputs:
            if made.take is not None:
                self._extras.append(made.take)
            elif made.leaves[0] in self._drawn or made.leaves[0] in self._places:
                self._takes.append(self._take(made))
            elif isinstance(made.leaves[0], Tensor):
                self._tensors += made.leaves
            else:
                self._values += made.leaves

    def _take(self, made):
        """A function (given, n) → the flat list for an argument, or for what is drawn."""
        first = made.leaves[0]
        if first in self._drawn:
            return lambda given, n: self._drawn[first]
        if self.batched:
            place = self._groups[first]
            return lambda given, n: given[place][0]
        places = [self._places[leaf] for leaf in made.leaves]
        if isinstance(first, Tensor):
            (place,) = places
            return lambda given, n: _flat(given[place])
        return lambda given, n: [_flat(given[place])[0] for place in places]

    def _draw(self, n):
        """New random numbers, drawn in the order in which the function itself would."""
        self._drawn = {leaf: [] for leaf in self._drawn}
        for _ in range(n or 1):
            for leaf, draw in self.traced.drawn:
                self._drawn[leaf] += [draw() for _ in range(getattr(leaf, "size", 1))]

    def run(self, given, n):
        """(outputs, gradients) as the program computes them."""
        if self._drawn:
            self._draw(n)
        lists = [take(given, n) for take in self._takes]
        lists += [leaf._data.flat for leaf in self._tensors]
        if self._values:
            lists.append([leaf._data for leaf in self._values])
        if self._extras:
            lists += [take() for take in self._extras]
        if n is not None:
            lists.insert(0, float(n))
        for place, size, part, what in self._checks:
            kernels.check_index(lists[place][part], size, what)
        self.lists = lists  # for `save`
        try:
            return self.program.fast(*lists)
        except (ArithmeticError, ValueError):
            return self.program.careful(*lists)

    def returned(self, outputs, given, gradients=()):
        """What the function returns, as nodes."""
        traced, nodes = self.traced, []
        for node, flat in zip(traced.outputs, outputs, strict=True):
            data = Array(flat, node.shape) if isinstance(node, Tensor) else flat
            if gradients and not nodes:
                leaves = self._wanted or tuple([self._actual(x, given) for x in traced.wanted])
                nodes.append(with_gradients(data, leaves, gradients))
            else:
                nodes.append(node._constant(data))
        return traced.rebuild(nodes)

    def _actual(self, leaf, given):
        """The caller's node for a leaf of the trace."""
        return given[self._places[leaf]] if leaf in self._places else leaf


def _inside(module):
    """A module's attributes, as far as a program depends on them: which objects they are."""
    found = {}
    for name, x in vars(module).items():
        if isinstance(x, (list, tuple)):
            found[name] = [*map(id, x)]
        elif isinstance(x, dict):
            found[name] = {key: id(part) for key, part in x.items()}
        elif name not in ("_path", "_named", "training"):
            found[name] = x if isinstance(x, (int, float, str)) else id(x)
    return found


def _flat(x):
    """The numbers of a Tensor, a Value or a float as a list."""
    if type(x) is float:
        return [x]
    data = x._data
    return data.flat if isinstance(data, Array) else [data]
