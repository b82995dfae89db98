"""A program ready to run: where its numbers come from, and the nodes that it returns.

Read next: `result.py`, those nodes; `compiled.py`.
"""

from operator import attrgetter

from ..array import kernels
from ..array.array import Array
from ..engine.arguments import draws
from ..engine.state import counts
from ..engine.tensor import Tensor
from .errors import CompilerError
from .recorder import attributes, numbers
from .result import with_gradients

REQUIRES_GRAD = attrgetter("requires_grad")


class Entry:
    """A program, and the leaves and arguments it reads."""

    def __init__(self, program, traced, leaves, groups, batched, tensors):
        self.program, self.traced, self.batched = program, traced.cut(), batched
        self.tensors = tensors  # whether a number among the arguments stands for a Tensor
        self.calls, self.check_at = 0, 1  # its next check is in that call
        self.key = None  # the call that it is for: see Compiled._entry
        self.edits, self.lists = counts.module_edits, None
        self._inside = self._attributes()
        self.places = {leaf: i for i, leaf in enumerate(leaves)}
        self._groups = {leaf: i for i, (_, mine) in enumerate(groups) for leaf in mine}
        self._drawn = {leaf: [] for leaf, _ in traced.drawn}
        self._flags = list(map(REQUIRES_GRAD, traced.captured))
        all_captured = self.places.keys().isdisjoint(traced.wanted)
        self._wanted = tuple(traced.wanted) if all_captured else None
        self._made = [(x._constant, getattr(x, "shape", None)) for x in traced.outputs]
        self._read = self._reader(program.inputs)
        places = {id(made): i for i, made in enumerate(program.inputs)}
        self._checks = [(places[id(x)] + batched, *check) for x, *check in program.checks]
        for x in [x for made in program.inputs for x in made.scalars]:
            x.graph = x.origin = None  # of what the program was made of only names are kept

    def fits(self):
        """Whether the modules are as they were when they were traced."""
        if self.edited():
            return False
        for module, training, _ in self.traced.modules:
            if module.training is not training:
                return False
        return list(map(REQUIRES_GRAD, self.traced.captured)) == self._flags

    def edited(self):
        """Whether an attribute of a module is another: then it will not fit again."""
        edits = counts.module_edits  # before it looks: another thread may edit meanwhile
        if self.edits == edits:  # nowhere was a module made or edited
            return False
        if self._attributes() != self._inside:
            return True
        self.edits = edits
        return False

    def _attributes(self):
        """The modules' attributes, but for those that forward itself sets."""
        return [
            {name: x for name, x in attributes(module).items() if name not in notes}
            for module, _, notes in self.traced.modules
        ]

    def _reader(self, inputs):
        """A function of what is given → the program's lists, in the order of its arguments.

        It is generated as well: one expression reads the lists in half the time of a loop.
        """
        known = {"numbers": numbers, "drawn": self._drawn}
        texts = [self._text(made, known) for made in inputs]
        return eval(f"lambda given: [{', '.join(texts)}]", known)

    def _text(self, made, known):
        """The text that reads the list of an input; what it mentions is put into `known`."""
        name, first = f"x{len(known)}", made.leaves[0] if made.leaves else None
        if made.take is not None:
            known[name] = made.take
            return f"{name}()"
        if first in self._drawn:
            known[name] = first
            return f"drawn[{name}]"
        if first in self.places and self.batched:
            return f"given[{self._groups[first]}][0]"
        if first in self.places and isinstance(first, Tensor):
            return f"numbers(given[{self.places[first]}])"
        if first in self.places:
            known[name] = [self.places[leaf] for leaf in made.leaves]
            return f"[numbers(given[place])[0] for place in {name}]"
        if isinstance(first, Tensor):
            known[name] = first
            return f"{name}._data.flat"
        known[name] = made.leaves
        return f"[leaf._data for leaf in {name}]"

    def _draw(self, n):
        """New random numbers, drawn in the order in which the function itself would."""
        for leaf in self._drawn:
            self._drawn[leaf] = []
        for _ in range(n or 1):
            for leaf, draw in self.traced.drawn:
                self._drawn[leaf] += draws(getattr(leaf, "size", 1), draw)

    def run(self, given, n):
        """(outputs, gradients) as the program computes them."""
        if self._drawn:
            self._draw(n)
        lists = self._read(given)
        if n is not None:
            lists.insert(0, float(n))
        for place, part, *check in self._checks:
            kernels.check_index(lists[place][part], *check)
        self.lists = lists  # for `save`
        try:
            return self.program.fast(*lists)
        except (ArithmeticError, ValueError):
            return self.program.careful(*lists)
        except Exception as error:
            raise CompilerError(f"the program failed, {type(error).__name__}: {error}") from error

    def returned(self, outputs, given, gradients=()):
        """What the function returns, as nodes."""
        traced, nodes = self.traced, []
        for place, (constant, shape) in enumerate(self._made):
            data = outputs[place] if shape is None else Array(outputs[place], shape)
            if gradients and not nodes:
                leaves = self._wanted or tuple([self._actual(x, given) for x in traced.wanted])
                nodes.append(with_gradients(data, leaves, gradients))
            else:
                nodes.append(constant(data))
        return traced.rebuild(nodes)

    def _actual(self, leaf, given):
        """The caller's node for a leaf of the trace."""
        return given[self.places[leaf]] if leaf in self.places else leaf
