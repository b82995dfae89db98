"""The first lowering: a traced graph in single numbers, with one loop over the rows of a batch.

Read next: `function.py`, its text; then `compiled.py`, which calls it. The second lowering, in
whole lists, is `listing.py`.
"""

import builtins
import keyword
import math

from ..array import ieee
from ..array.array import Array
from ..engine.tensor import Tensor
from . import text
from .axis import Rows
from .frame import Frame, Input
from .function import RETURNED, Result, function_text
from .fused import NotNow, Update
from .generated import Program, defined
from .lower import lower
from .names import identifier, places
from .plan import Plan
from .scalars import AFTER, BEFORE, ROW, MixesRows, Scalar, Scalars
from .simplify import known_as
from .trace import GradientOf

MOST_STEPS = 20_000  # scalar ops of a row; a graph with more is written with list kernels
CALLED = {*dir(math), *vars(ieee), *dir(builtins)} - text.WRITTEN
TAKEN = {*keyword.kwlist, *CALLED, *RETURNED, "n"}


def scalar_program(traced, groups, forward_only=False, batched=False, off=(), optimizer=None):
    """The Program of a trace in single numbers. MixesRows if it has no such form.

    groups      (name, leaves) of each argument, in order
    batched     the arguments of the trace are one sample
    optimizer   its update becomes part of the program, which returns it instead of the gradients
    """
    if "rows" in off:
        raise MixesRows("rows are off")
    return Opened(traced, groups, forward_only, batched, off).program(optimizer)


class Opened(Frame):
    """A traced graph as Scalars."""

    def __init__(self, traced, groups, forward_only, batched, off):
        called = {known_as(node.op) for node in traced.order(forward_only) if node.op}
        n = None if batched else _rows_of(traced)
        super().__init__(traced, groups, forward_only, batched, n, TAKEN | (called - text.WRITTEN))
        self.off = off
        self.scalars = Scalars(off)
        self.values = {}  # {node: its Rows}
        for made in self.inputs:
            self._leaves(made)
        if batched:
            self.scalars.rows = n = self.scalars.leaf(None, BEFORE, "n")
            self.scalars.share = self.scalars.op("quotient", 1.0, n)
            self.scalars.share.name, self.scalars.share.origin = "share", traced.seed
        elif n is not None:
            self.scalars.rows = self.scalars.const(float(n))

    def _leaves(self, made):
        """The Scalars of an input."""
        phase = ROW if made.rows else BEFORE
        for leaf in made.leaves:
            name, shape, axis = self.base[leaf], (), None
            if isinstance(leaf, Tensor):
                shape, axis = (leaf.shape[1:], 0) if made.rows else (leaf.shape, None)
                name = name if shape else f"{name}_{'row' if made.rows else '0'}"
                names = [self.names.new(name + place) for place in places(shape)]
            else:
                names = [name]
            flat = [self.scalars.leaf(made, phase, name) for name in names]
            self.values[leaf] = Rows(Array(flat, shape), axis)
            made.scalars += flat

    def extra(self, name, names, take, kind=Scalar):
        """An Input that is no leaf of the graph, of Scalars of this kind with these names."""
        made = Input(self.names.new(identifier(name)), [], False, take=take)
        names = [self.names.new(identifier(name)) for name in names]
        made.scalars = [self.scalars.leaf(made, BEFORE, name, kind) for name in names]
        self.inputs.append(made)
        return made

    def program(self, optimizer=None):
        for node in self.order:
            if node in self.values:
                continue
            self.values[node] = rows = self._constant(node) if node.op is None else self._op(node)
            self._name(node, rows)
            if self.scalars.count > MOST_STEPS and isinstance(node, Tensor):
                raise MixesRows("too large")
        outputs = [self._output(node, f"out_{i}") for i, node in enumerate(self.traced.outputs)]
        results = [] if self.forward_only else self._gradients()
        loose = self.scalars.count  # an update adds in its own order, to keep the optimizer's bits
        if optimizer is not None:
            results = self._updates(optimizer, results)
        second = "gradients" if optimizer is None else "updates"
        return self._written(outputs, results, second, loose)

    def _constant(self, node):
        if node is self.traced.seed:
            seed = self.scalars.share if self.batched else self.scalars.const(1.0)
            return Rows(Array([seed], getattr(node, "shape", ())), None)
        data = node._data
        flat, shape = (data.flat, data.shape) if isinstance(data, Array) else ([data], ())
        return Rows(Array([self.scalars.const(x) for x in flat], shape), None)

    def _op(self, node):
        if node.op.name in ("gather", "index_select") and not self.check_index(node):
            raise MixesRows("computed index")
        return lower(node, [self.values[x] for x in node._prev], self.scalars, self.n)

    def _name(self, node, rows):
        name = self.called(node)
        for x, place in zip(rows.flat, places(rows.array.shape), strict=True):
            if x.op not in ("const", "leaf") and (x.origin is None or self._names_better(node, x)):
                x.name, x.origin = name + place, node

    def _names_better(self, node, x):
        """Whether x, which has a name, is the gradient of something that the text shows."""
        if not isinstance(node.label, GradientOf) or not isinstance(x.origin.label, GradientOf):
            return False
        shown, now = [self._shows(n.label.node) for n in (node, x.origin)]
        return shown and not now

    def _shows(self, node):
        rows = self.values.get(node)
        return rows is not None and any(x.origin is node for x in rows.flat)

    # ---- what comes out

    def _output(self, node, name):
        rows = self._rows(node)
        flat = rows.flat
        if self.batched:
            flat = [self.scalars.mean(x) for x in flat]
        if name == "out_0" and len(flat) == 1 and flat[0].op not in ("const", "leaf"):
            flat[0].name = "loss"
            _name_totals(flat[0], "sum_loss")
        return self._result(name, flat, rows, node)

    def _gradients(self):
        """The Result for each wanted leaf; None for a gradient of zero."""
        found = []
        for leaf, g in zip(self.traced.wanted, self.traced.gradients, strict=True):
            if g is None:
                found.append(None)
                continue
            rows = self._rows(g)
            flat = [self.scalars.total(x) for x in rows.flat] if self.batched else rows.flat
            name = f"d_{self.called(leaf)}"
            for x, place in zip(flat, places(rows.array.shape), strict=True):
                if x.op not in ("const", "leaf"):
                    x.name, x.origin = name + place, g
                    _name_totals(x, f"sum_{name}{place}")
            found.append(self._result(name, flat, rows, leaf))
        return found

    def _rows(self, node):
        rows = self.values[node]
        if rows.axis not in (None, 0):
            raise MixesRows("result")
        return rows

    def _result(self, name, flat, rows, node):
        collected = rows.axis == 0
        if collected and any(x.phase == AFTER for x in flat):
            raise MixesRows("result")
        name = self.names.new(name) if collected else name
        return Result(name, flat, collected, not isinstance(node, Tensor))

    def _updates(self, optimizer, gradients):
        """The Results of the optimizer's update."""
        if not set(self.traced.captured).issuperset(self.traced.wanted):
            raise NotNow("the gradient of an argument, which may be a parameter too")
        pairs = zip(self.traced.wanted, gradients, strict=True)
        known = {leaf: r.flat for leaf, r in pairs if r is not None}
        found = []
        for name, flat, single in Update(optimizer, self, known).results():
            for i, x in enumerate(flat):
                if x.op not in ("const", "leaf") and x.origin is None:
                    x.name = name if single else f"{name}_{i}"
            found.append(Result(name, flat, False, single))
        return found

    def _written(self, outputs, results, second, loose):
        made = [r for r in outputs + results if r is not None]
        collected = [x for r in made if r.rows for x in r.flat]
        plan = Plan([x for r in made for x in r.flat], self.off, loose, collected)
        writer = text.Writer(plan, self.names)
        writer.by_op = self.by_op
        writer.given |= {x: x.name for made in self.inputs for x in made.scalars}
        if self.batched:
            writer.given[self.scalars.rows] = "n"
        source = function_text(self, writer, outputs, results, second)
        fast, careful = defined(source, writer.functions, self.scalars.functions)
        return Program(source, self.inputs, self.checks, fast, careful, writer.functions)


def _name_totals(x, name):
    """Name the sums over rows that x is made of after the loop, where they have no name yet."""
    if x.phase == AFTER and x.op in ("add", "sub", "sum", "mul", "quotient"):
        for y in x.args:
            if y.op == "total":
                y.name = y.name or name
            _name_totals(y, name)


def _rows_of(traced):
    """The number of rows, if the arguments have one in common, and a loop pays; else None."""
    tensors = [leaf for leaf in traced.arguments if isinstance(leaf, Tensor) and leaf.shape]
    sizes = {leaf.shape[0] for leaf in tensors}
    return sizes.pop() if len(sizes) == 1 and min(sizes) > 1 else None
