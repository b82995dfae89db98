"""The second lowering: a traced graph in whole lists, a statement an op.

For what one loop over rows cannot do: attention, the statistics of a batch, rows picked by index,
nets too wide to be spelt out number by number. Chains of elementwise ops are one loop together.
Read next: `items.py`, its steps; `statements.py`, their text; `compiled.py`, which calls it.
"""

import builtins
import keyword
import math

from ..array import ieee
from ..array.array import Array
from ..engine.graph import topological_order
from ..engine.tensor import Tensor
from . import runtime
from .frame import Frame
from .function import RETURNED
from .generated import Program, defined
from .items import Lists
from .opened import opened
from .simplify import known_as
from .statements import Statements
from .text import CONDITIONS, SPELLINGS, wrapped

SPELT = {*SPELLINGS, *CONDITIONS, "where"}  # written out, never called
CALLED = {*dir(math), *vars(ieee), *vars(runtime)} - SPELT
TAKEN = {*keyword.kwlist, *dir(builtins), *CALLED, *RETURNED, "step", "row", "i"}


def kernel_program(traced, groups, forward_only=False, off=()):
    """The Program of a trace in whole lists.

    groups  (name, leaves) of each argument, in order
    off     passes to leave out: fold algebra slope common masks pads takes transposes dots turned
            unroll fuse inline, and those of the loops' expressions, as in `program.py`
    """
    return Listing(traced, groups, forward_only, off).program()


class Listing(Frame):
    """A traced graph as Items."""

    def __init__(self, traced, groups, forward_only, off):
        ops = [node.op for node in traced.order(forward_only) if node.op]
        functions = {known_as(op) for op in ops if op.elementwise} - SPELT
        super().__init__(traced, groups, forward_only, False, None, TAKEN | functions)
        self.off = off
        self.lists = Lists(off)
        self.items = {}  # {node: its Item}
        self.given = {}  # {Item: its name}
        for made in self.inputs:
            self._leaves(made)

    def _leaves(self, made):
        """The Items of an input: a list, or the numbers in it."""
        for leaf in made.leaves:
            name, size = self.base[leaf], getattr(leaf, "size", 1)
            if size == 1 and isinstance(leaf, Tensor):
                name = self.names.new(f"{name}_0")
            item = self.items[leaf] = self.lists.leaf(size, name)
            self.given[item] = name
            made.scalars.append(item)

    def program(self):
        for node in [*topological_order(*self.traced.outputs), *self.order]:  # forward first
            if node not in self.items:
                self.items[node] = self._constant(node) if node.op is None else self._op(node)
        outputs = [self._result(node, node) for node in self.traced.outputs]
        gradients = [] if self.forward_only else self._gradients()
        statements = Statements(self, self.lists, self.given, self.off)
        statements.write([x for x in outputs + gradients if x is not None])
        source = self._source(statements, outputs, gradients)
        own = {name: f for name, f in vars(runtime).items() if callable(f)} | self.lists.functions
        fast, careful = defined(source, statements.functions, own)
        return Program(source, self.inputs, self.checks, fast, careful, statements.functions)

    def _constant(self, node):
        data = 1.0 if node is self.traced.seed else node._data
        return self.lists.literal(list(data.flat) if isinstance(data, Array) else [data])

    def _op(self, node):
        args = [self.items[x] for x in node._prev]
        if node._op in ("gather", "index_select") and not self.check_index(node):
            args[1] = self.lists.checked(args[1], node)
        before = len(self.lists.made)
        item = opened(self.lists, node, args)
        for made in self.lists.made[before:]:
            made.name, made.origin = self.called(node), node
        return item

    def _gradients(self):
        """The Item for each wanted leaf; None for a gradient of zero."""
        found = []
        for leaf, g in zip(self.traced.wanted, self.traced.gradients, strict=True):
            item = None if g is None else self._result(leaf, g)
            if item is not None and item not in self.given:
                item.name = f"d_{self.called(leaf)}"
            found.append(item)
        return found

    def _result(self, like, node):
        """The Item of a node, whole."""
        return self.lists.whole(self.items[node], getattr(like, "size", 1))

    def _source(self, statements, outputs, gradients):
        lines = [*statements.head]
        lines += wrapped([made.name for made in self.inputs], "", "def step(", "):")
        for made in self.inputs:
            if made.scalars[0].size == 1:
                lines += wrapped([x.name for x in made.scalars], "    ", "[", f"] = {made.name}")
        lines += statements.lines

        def shown(x, node):
            if x is None:
                return "None"
            return statements.list(x) if isinstance(node, Tensor) else statements.text(x)

        for name, items, nodes in (
            ("outputs", outputs, self.traced.outputs),
            ("gradients", gradients, self.traced.wanted),
        ):
            texts = [shown(x, node) for x, node in zip(items, nodes, strict=False)]
            lines += wrapped(texts, "    ", f"{name} = [", "]")
        return "\n".join([*lines, "    return outputs, gradients\n"])
