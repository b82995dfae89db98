"""A program as single numbers: each step one op of a few scalars, simplified as it is made.

A Scalar belongs to a phase: what parameters alone determine is computed before the loop over the
rows of a batch, what an argument's row determines inside it, and sums over rows stand after it.
Read next: `simplify.py`, the rules that `Scalars.op` asks; then `lower.py`, which calls it.
"""

from ..engine.graph import Op, post_order
from .simplify import RULES, known_as

BEFORE, ROW, AFTER = range(3)
COMMUTATIVE = {"add", "mul", "eq", "ne"}


class MixesRows(Exception):
    """A row of the batch needs something of all rows: no single loop computes that."""


class Scalar:
    """One number of the program.

    op      an op's name; "const", "leaf", "total" (a sum over the rows); or one of n arguments:
            "sum", "fsum", "max", "pick"
    data    of a constant its float, of a leaf the Input it is read from
    phase   BEFORE, ROW or AFTER
    name    what to call it in the text, if somebody knows; origin: the graph node it is part of
    """

    __slots__ = ("graph", "op", "args", "data", "phase", "number", "name", "origin")

    def __init__(self, graph, op, args, data, phase):
        self.graph, self.op, self.args, self.data, self.phase = graph, op, args, data, phase
        self.number = graph.count = graph.count + 1
        self.name = self.origin = None

    def __repr__(self):
        shown = self.data if not self.args else ", ".join(str(x.number) for x in self.args)
        return f"{self.number} = {self.op}({shown})"

    # ---- the arithmetic of the kernels that add and multiply what an Array holds

    def __add__(self, other):
        return self.graph.op("add", self, other)

    def __radd__(self, other):
        return self.graph.op("add", other, self)

    def __mul__(self, other):
        return self.graph.op("mul", self, other)

    # ---- and that of an optimizer's update

    def __rmul__(self, other):
        return self.graph.op("mul", other, self)

    def __sub__(self, other):
        return self.graph.op("sub", self, other)

    def __rsub__(self, other):
        return self.graph.op("sub", other, self)

    def __truediv__(self, other):
        return self.graph.op("div", self, other)

    def __rtruediv__(self, other):
        return self.graph.op("div", other, self)

    def __pow__(self, other):
        return self.graph.op("pow", self, other)

    def __rpow__(self, other):
        return self.graph.op("pow", other, self)

    def __neg__(self):
        return self.graph.op("neg", self)

    def _unknown(self, *others):
        raise TypeError("a number of the program to come")

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __float__ = _unknown


class Scalars:
    """Makes Scalars. The passes named in `off` are left out, which is how tests find the guilty."""

    def __init__(self, off=()):
        self.count = 0
        self.rules = [rule for name, rule in RULES.items() if name not in off]
        self.merge = "common" not in off
        self.known = {}
        self.functions = {}  # {name: the function} of elementwise ops
        self.rows = None  # the number of rows, a Scalar, for programs with a loop
        self.share = None  # what each row's loss gets of the gradient, 1 / rows, if that is a mean

    def const(self, x):
        return self._made("const", (), x, BEFORE, ("const", repr(x)))

    def leaf(self, source, phase, name, kind=Scalar):
        made = kind(self, "leaf", (), source, phase)
        made.name = name
        return made

    def op(self, op, *args):
        """The op of Scalars and floats: what the rules make of it, or a new Scalar."""
        if isinstance(op, Op):
            name = known_as(op)
            self.functions[name] = op.on_floats
            op = name
        args = tuple([x if isinstance(x, Scalar) else self.const(x) for x in args])
        for rule in self.rules:
            simpler = rule(self, op, args)
            if simpler is not None:
                return simpler
        phases = {x.phase for x in args} - {BEFORE}
        if len(phases) > 1 or (op == "total" and phases == {AFTER}):
            raise MixesRows(op)
        phase = AFTER if op == "total" else max(phases, default=BEFORE)
        key = (op, *sorted(args, key=_number)) if op in COMMUTATIVE else (op, *args)
        return self._made(op, args, None, phase, key)

    def total(self, x):
        """The sum of x over all rows."""
        if x.phase == BEFORE:
            alone = None if self.share is None else self._without(x, self.share)
            return self.op("mul", x, self.rows) if alone is None else alone
        if x.op == "mul" and x.args[0].phase == BEFORE:
            return self.op("mul", x.args[0], self.total(x.args[1]))
        if x.op == "mul" and x.args[1].phase == BEFORE:
            return self.op("mul", self.total(x.args[0]), x.args[1])
        if x.op in ("add", "sum") and any(y.phase == BEFORE for y in x.args):
            return self.op("sum", *[self.total(y) for y in x.args])
        return self.op("total", x)

    def mean(self, x):
        """The mean of x over all rows."""
        if x.phase == BEFORE:
            return x
        if x.op in ("add", "sum") and any(y.phase == BEFORE for y in x.args):
            rows = [y for y in x.args if y.phase != BEFORE]
            once = [y for y in x.args if y.phase == BEFORE]
            return self.op("sum", self.mean(self.op("sum", *rows)), *once)
        return self.op("quotient", self.total(x), self.rows)

    def _without(self, x, factor):
        """x / factor, where x is a product or a sum of products with that factor; else None."""
        if x is factor:
            return self.const(1.0)
        if x.op == "mul":
            first, second = x.args
            alone = self._without(first, factor)
            if alone is not None:
                return self.op("mul", alone, second)
            alone = self._without(second, factor)
            return None if alone is None else self.op("mul", first, alone)
        if x.op in ("add", "sub", "sum", "neg"):
            parts = [self._without(y, factor) for y in x.args]
            return None if None in parts else self.op(x.op, *parts)
        return None

    def _made(self, op, args, data, phase, key):
        found = self.known.get(key) if self.merge or op == "const" else None
        if found is None:
            found = self.known[key] = Scalar(self, op, args, data, phase)
        return found


def _number(scalar):
    return scalar.number


def order(roots):
    """Every Scalar that the roots need, arguments first: what is dead is not in it."""
    return post_order(reversed(roots), lambda x: reversed(x.args))
