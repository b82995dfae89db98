"""The rules by which a Scalar is simplified as it is made: each answers a simpler one, or None.

What they keep: every value to the bit, but for the sign of a zero, and for `slope`, which moves the
last two digits. Read next: `slopes.py`.
"""

import math
import re

from ..engine import ops
from ..engine.graph import Op
from .slopes import is_number, logistic, slope

TABLE = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}
FLOATS = {name: op.on_floats for name, op in TABLE.items() if op.on_floats}
FLAGS = {"gt", "ge", "lt", "le", "eq", "ne", "step"}  # 1.0 or 0.0


def known_as(op):
    """The name of an op in a program: not one of the table's for an op that is not the table's."""
    name = re.sub(r"\W", "_", op.name)
    return name if TABLE.get(op.name, op) is op else f"own_{name}"


def fold(graph, op, args):
    """An op of constants is a constant."""
    if all(x.op == "const" for x in args) and args:
        numbers = [x.data for x in args]
        if op == "sum":
            return graph.const(sum(numbers))
        function = graph.functions.get(op) or FLOATS.get(op)
        if function is not None:
            return graph.const(function(*numbers))
    return None


def algebra(graph, op, args):
    """x·1, x + 0, −−x, x², choices between equals: what a mathematician would not write."""
    rule = _ALGEBRA.get(op)
    return rule(graph, *args) if rule else None


def masks(graph, op, args):
    """The derivative of a ReLU asks its output, which is not 0 where it is open, so that its
    argument need not be kept."""
    if op == "step":
        output = graph.known.get(("relu", *args))
        return graph.op("step", output) if output is not None else None
    if op == "where" and args[0].op == "step" and args[0].args[0].op == "relu":
        return graph.op("where", args[0].args[0], *args[1:])
    return None


def _add(graph, x, y):
    if is_number(x, 0.0):
        return y
    if is_number(y, 0.0):
        return x
    if y.op == "neg":
        return graph.op("sub", x, y.args[0])
    if x.op == "neg":
        return graph.op("sub", y, x.args[0])
    return None


def _sub(graph, x, y):
    if is_number(y, 0.0):
        return x
    if is_number(x, 0.0):
        return graph.op("neg", y)
    return graph.op("add", x, y.args[0]) if y.op == "neg" else None


def _mul(graph, x, y):
    for a, b in ((x, y), (y, x)):
        if is_number(a, 1.0):
            return b
        if is_number(a, -1.0):
            return graph.op("neg", b)
        if is_number(a, 0.0) and _is_flag(b):
            return a
    return None


def _is_flag(x):
    """Whether x is 1 or 0, so that 0·x is 0, which it is not for infinity and NaN."""
    if x.op == "sub":
        return is_number(x.args[0], 1.0) and _is_flag(x.args[1])
    return x.op in FLAGS or (x.op == "mul" and all(map(_is_flag, x.args)))


def _neg(graph, x):
    if x.op == "neg":
        return x.args[0]
    return graph.op("sub", x.args[1], x.args[0]) if x.op == "sub" else None


def _abs(graph, x):
    if x.op == "neg":
        return graph.op("abs", x.args[0])
    if x.op == "mul" and x.args[1].op == "const" and x.args[1].data < 0.0:
        return graph.op("abs", graph.op("mul", x.args[0], -x.args[1].data))
    return None


def _div(graph, x, y):
    if y.op == "const" and y.data and math.isfinite(y.data):
        return x if y.data == 1.0 else graph.op("quotient", x, y)
    return None


def _pow(graph, x, y):
    if is_number(y, 1.0):
        return x
    if is_number(y, 2.0):
        return graph.op("mul", x, x)
    return graph.const(1.0) if is_number(y, 0.0) else None


def _where(graph, condition, x, y):
    if x is y:
        return x
    if condition.op == "const":
        return x if condition.data else y
    return None


def _sum(graph, *xs):
    """Without zeros; two terms are an addition."""
    terms = [x for x in xs if not is_number(x, 0.0)]
    if not terms:
        return graph.const(0.0)
    if len(terms) <= 2:
        return terms[0] if len(terms) == 1 else graph.op("add", *terms)
    return graph.op("sum", *terms) if len(terms) < len(xs) else None


_ALGEBRA = {
    "add": _add, "sub": _sub, "mul": _mul, "neg": _neg, "abs": _abs, "div": _div, "pow": _pow,
    "where": _where, "sum": _sum, "detach": lambda graph, x: x,
}  # fmt: skip
RULES = {
    "fold": fold, "algebra": algebra, "masks": masks, "slope": slope, "logistic": logistic,
}  # fmt: skip
