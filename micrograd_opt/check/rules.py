"""Classic mistakes in the rules of a backward pass: one row each, a wrong vjp.

A row is written in the terms of the rule table: g the gradient of the output z, x and y the inputs.
To try it, the operation of that name is exchanged in the graph, and the library's own walk goes
back through it.

>>> from micrograd_opt import Value
>>> a, b = Value(3.0), Value(2.0)
>>> (sub,) = [rule for rule in RULES if rule.op == "sub"]
>>> sub.gradients(a - b)[b]  # and not −1
1.0

A new mistake is a new row.
Read next: `check/walks.py`.
"""

from typing import NamedTuple

from ..engine import ops
from ..engine.backward import backward_pass
from ..engine.graph import Op, topological_order

__all__ = []


class Rule(NamedTuple):
    op: str
    what: str
    right: str  # the line that is wrong, as it should be
    wrong: dict  # {number of the argument: its wrong vjp}

    def gradients(self, root):
        """{node: gradient} of a pass with this mistake; {} where the operation is not there."""
        return through(root, lambda op: exchanged(op, self.wrong) if op.name == self.op else op)



# fmt: off
RULES = [
    Rule("add", "the second operand of a sum gets nothing", "x and y each get g",
         {1: None}),
    Rule("sub", "the sign of a difference: its right operand gets −g", "y gets −g",
         {1: lambda g, z, x, y: g}),
    Rule("neg", "the sign of −x", "x gets −g",
         {0: lambda g, z, x: g}),
    Rule("mul", "the factor of a product forgotten", "x gets g · y, y gets g · x",
         {0: lambda g, z, x, y: g, 1: lambda g, z, x, y: g}),
    Rule("mul", "the factors of a product swapped: each gets the other's",
         "x gets g · y, y gets g · x",
         {0: lambda g, z, x, y: g * x, 1: lambda g, z, x, y: g * y}),
    Rule("div", "the sign of a quotient: its denominator gets −g x / y²", "y gets −g · x / y²",
         {1: lambda g, z, x, y: g * x / (y * y)}),
    Rule("div", "the denominator not squared", "y gets −g · x / y²",
         {1: lambda g, z, x, y: -g * x / y}),
    Rule("div", "the numerator multiplied by y, not divided", "x gets g / y",
         {0: lambda g, z, x, y: g * y}),
    Rule("pow", "the exponent not lowered", "x gets g · y · x^(y − 1)",
         {0: lambda g, z, x, y: g * y * ops.pow_(x, y)}),
    Rule("pow", "the factor y of a power forgotten", "x gets g · y · x^(y − 1)",
         {0: lambda g, z, x, y: g * ops.pow_(x, y - 1.0)}),
    Rule("exp", "exp taken for a power: x eˣ⁻¹", "x gets g · z",
         {0: lambda g, z, x: g * x * ops.exp(x - 1.0)}),
    Rule("exp", "the input of exp where its output belongs", "x gets g · z",
         {0: lambda g, z, x: g * x}),
    Rule("log", "the output of log where its input belongs", "x gets g / x",
         {0: lambda g, z, x: g / z}),
    Rule("sqrt", "the factor ½ of a root forgotten", "x gets g / 2z",
         {0: lambda g, z, x: g / z}),
    Rule("tanh", "tanh from its input: 1 − x² in place of 1 − z²",
         "x gets g · (1 − z²), z = tanh(x)",
         {0: lambda g, z, x: g * (1.0 - x * x)}),
    Rule("tanh", "1 − z in place of 1 − z²", "x gets g · (1 − z²), z = tanh(x)",
         {0: lambda g, z, x: g * (1.0 - z)}),
    Rule("sigmoid", "the sigmoid from its input: x(1 − x) in place of z(1 − z)",
         "x gets g · z(1 − z), z = σ(x)",
         {0: lambda g, z, x: g * x * (1.0 - x)}),
    Rule("sigmoid", "1 − z² , tanh's, in place of z(1 − z)", "x gets g · z(1 − z), z = σ(x)",
         {0: lambda g, z, x: g * (1.0 - z * z)}),
    Rule("relu", "relu lets everything pass", "x gets g where x > 0, else 0",
         {0: lambda g, z, x: g}),
    Rule("relu", "relu multiplied by its input", "x gets g where x > 0, else 0",
         {0: lambda g, z, x: g * z}),
    Rule("relu", "relu by the sign of the gradient, not of the input",
         "x gets g where x > 0, else 0",
         {0: lambda g, z, x: ops.relu(g)}),
    Rule("sin", "the sign of cos", "x gets g · cos(x)",
         {0: lambda g, z, x: -g * ops.cos(x)}),
    Rule("cos", "the sign of −sin", "x gets −g · sin(x)",
         {0: lambda g, z, x: g * ops.sin(x)}),
    Rule("expand", "broadcasting not summed", "what was copied n times gets the sum of n gradients",
         {0: lambda g, z, x, shape: g}),
    Rule("expand", "broadcasting averaged, not summed",
         "what was copied n times gets the sum of n gradients",
         {0: lambda g, z, x, shape: ops.sum_to(g, shape=x.shape) * (x.size / g.size)}),
    Rule("mm", "a transposition forgotten", "x gets g @ yᵀ, y gets xᵀ @ g",
         {0: lambda g, z, x, y: ops.mm(g, y), 1: lambda g, z, x, y: ops.mm(x, g)}),
    Rule("sum", "a sum averaged in the backward pass", "each of x gets g",
         {0: lambda g, z, x, dims, keepdim:
             ops.sum_.vjps[0](g, z, x, dims, keepdim) * (g.size / x.size)}),
]
# fmt: on


def exchanged(op, vjps):
    """The op with other vjps: {number of the argument: vjp}."""
    new = [vjps.get(i, vjp) for i, vjp in enumerate(op.vjps)]
    return Op(
        op.name, *new, on_floats=op.on_floats, on_arrays=op.on_arrays,
        elementwise=op.elementwise, variadic=op.variadic,
    )  # fmt: skip


def through(root, exchange):
    """The gradients of a pass through the graph with other ops, exchange(op); {} if all are the
    same. The graph is as it was afterwards."""
    nodes = [node for node in topological_order(root) if node.op]
    before = [node.op for node in nodes]
    after = list(map(exchange, before))
    try:
        for node, op in zip(nodes, after, strict=True):
            node.op = op
        return {} if after == before else backward_pass(root)[1]
    finally:
        for node, op in zip(nodes, before, strict=True):
            node.op = op
