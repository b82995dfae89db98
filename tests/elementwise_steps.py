"""Steps of random programs for Values and Tensors alike: elementwise ops, and what algebra touches.

An elementwise op of the rule table is found by introspection. Read next: `tensor_steps.py`.
"""

from math import inf

from micrograd_opt import Tensor, no_grad
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op

OPS = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}
ELEMENTWISE = {name: op for name, op in OPS.items() if op.elementwise}
CONSTANTS = (0.0, 1.0, 2.0, -1.0, 0.5)


def places(op):
    """How many arguments an op takes."""
    return len(op.vjps)


def positive(x):
    return x * x + 0.3


def off_zero(x):
    return x * x + 0.5


def small(x):
    return ops.tanh(x)


GUARDS = {  # {op: what each of its arguments goes through, so that it is smooth there}
    "log": (positive,), "log1p": (positive,), "sqrt": (positive,), "exp": (small,),
    "pow": (positive, small), "div": (None, off_zero),
}  # fmt: skip
EXPONENTS = (0.0, 1.0, 2.0, 3.0, -1.0, 0.5)


def grow_elementwise(g, name=None):
    op = OPS[name or g.rng.choice(sorted(ELEMENTWISE))]
    first = g.pick()
    args = [first]
    while len(args) < places(op):
        args.append(grow_partner(g, first))
    if op.name == "where":  # as a condition anything will do, but 0 must be among it
        args[0] = g.step("gt({0}, 0.1)", lambda x: ops.gt(x, 0.1), args[0], usable=False)
    guards = GUARDS.get(op.name, (None,) * places(op))
    for i, guard in enumerate(guards):
        if guard is not None:
            args[i] = g.step(f"{guard.__name__}({{0}})", guard, args[i])
    numbers = {}
    if len(args) > 1 and g.rng.random() < 0.3:  # a number for one of the arguments
        place = g.rng.randrange(len(args))
        if not (op.name == "where" and place == 0):
            choices = EXPONENTS if op.name == "pow" and place == 1 else CONSTANTS
            number = g.rng.choice(choices)
            if op.name == "div" and place == 1:
                number = number or 1.0
            if op.name == "pow" and place == 0:
                number = abs(number) or 1.0
            numbers[place] = number
            del args[place]
    n = len(args) + len(numbers)

    def run(*nodes):
        nodes = iter(nodes)
        return op(*[numbers[i] if i in numbers else next(nodes) for i in range(n)])

    free = iter(range(len(args)))
    shown = [str(numbers[i]) if i in numbers else f"{{{next(free)}}}" for i in range(n)]
    g.step(f"{op.name}({', '.join(shown)})", run, *args)


def grow_partner(g, i):
    """A place that broadcasts with place i."""
    if not isinstance(g.pool[i], Tensor):
        return g.pick()
    shape = g.shape(i)
    if g.rows is not None:
        inner = list(shape[1:]) if g.has_rows(i) else list(shape)
        inner = [g.rng.choice((n, n, 1)) for n in inner][g.rng.randint(0, len(inner)) :]
        full = len(inner) == len(shape) - 1 and g.has_rows(i)
        return g.with_shape((g.rows, *inner) if full else tuple(inner))
    sizes = [g.rng.choice((n, n, 1)) for n in shape[g.rng.randint(0, len(shape)) :]]
    wider = len(sizes) == len(shape) < 3 and g.rng.random() < 0.2
    return g.with_shape(((g.rng.choice((1, 2)),) if wider else ()) + tuple(sizes))


IDENTITIES = [  # what algebra touches
    ("{0} + 0", lambda x: x + 0.0),
    ("0 + {0}", lambda x: 0.0 + x),
    ("{0} - 0", lambda x: x - 0.0),
    ("0 - {0}", lambda x: 0.0 - x),
    ("1 * {0}", lambda x: 1.0 * x),
    ("{0} * -1", lambda x: x * -1.0),
    ("{0} * 0", lambda x: x * 0.0),
    ("{0} / 1", lambda x: x / 1.0),
    ("{0} / -2", lambda x: x / -2.0),
    ("{0} ** 2", lambda x: x**2),
    ("{0} ** 1", lambda x: x**1),
    ("{0} ** 0", lambda x: x**0),
    ("-(-{0})", lambda x: ops.neg(-x)),
    ("{0} - {0}", lambda x: x - x),
    ("relu({0} - {0})", lambda x: (x - x).relu()),
    ("maximum({0}, {0})", lambda x: ops.maximum(x, x)),
    ("where({0}, {0}, {0})", lambda x: ops.where(x, x, x)),
    ("where(1, {0}, {0} * 2)", lambda x: ops.where(1.0, x, x * 2.0)),
    ("where(1, {0}, 0)", lambda x: ops.where(x * 0.0 + 1.0, x, 0.0)),
    ("step({0}) * 0", lambda x: ops.step(x) * 0.0 + x),
    ("tanh({0}) * 3", lambda x: x.tanh() * 3.0),
    ("sigmoid({0} * 2) * sigmoid({0} * -2)", lambda x: (x * 2.0).sigmoid() * (x * -2.0).sigmoid()),
    ("({0} * sigmoid({0})) * sigmoid(-{0})", lambda x: x * x.sigmoid() * (-x).sigmoid()),
    ("{0} * sigmoid({0} * 2) * sigmoid({0} * 3)",
     lambda x: x * (x * 2.0).sigmoid() * (x * 3.0).sigmoid()),
    ("{0} * sigmoid({0}) * sigmoid({0})", lambda x: x * x.sigmoid() * x.sigmoid()),
    ("{0} * sigmoid({0}) * sigmoid(-({0} + 1))",
     lambda x: x * x.sigmoid() * (-(x + 1.0)).sigmoid()),
    ("gelu({0})", lambda x: x.gelu()),
    ("softplus({0}) * {0}", lambda x: x.softplus() * x),
    ("relu({0}) * relu(-{0})", lambda x: x.relu() * (-x).relu()),
    ("relu({0}) ** 2 + relu({0}) * 3", lambda x: x.relu() ** 2 + x.relu() * 3.0),
    ("detach({0}) * {0}", lambda x: x.detach() * x),
    ("abs(abs({0}))", lambda x: abs(abs(x))),
    ("abs(-abs({0}))", lambda x: abs(-abs(x))),
    ("maximum(maximum({0}, {0}), {0})", lambda x: ops.maximum(ops.maximum(x, x), x)),
    ("minimum({0}, minimum({0}, {0}))", lambda x: ops.minimum(x, ops.minimum(x, x))),
    ("relu(maximum({0}, relu({0})))", lambda x: ops.maximum(x, x.relu()).relu()),
    ("((({0} + 0) + 0) * 1) * 1", lambda x: (((x + 0.0) + 0.0) * 1.0) * 1.0),
    ("((0 + {0}) - 0) / 1 / 1", lambda x: ((0.0 + x) - 0.0) / 1.0 / 1.0),
    ("{0} + isnan({0} * 0 * inf)", lambda x: x + _is_nan(x.detach() * 0.0 * inf)),
    ("{0} + isnan(({0} - {0}) * inf)", lambda x: x + _is_nan((x - x).detach() * inf)),
]


def _is_nan(x):
    """1 where x is NaN, which is a constant: no gradient goes through it."""
    return ops.ne(x, x)


PAIRS = [
    ("{0} + -{1}", lambda x, y: x + -y),
    ("{0} - -{1}", lambda x, y: x - (-y)),
    ("-({0} - {1})", lambda x, y: -(x - y)),
    ("-{0} + {1}", lambda x, y: -x + y),
    ("({0} + {1}) + ({1} - {0})", lambda x, y: (x + y) + (y - x)),
    ("({0} - {1}) - ({1} + {0})", lambda x, y: (x - y) - (y + x)),
    ("{0} * {1} + {1} * {0}", lambda x, y: x * y + y * x),
    ("relu({0}) * {1}", lambda x, y: x.relu() * y),
    ("where({0} > {1}, {0}, {1} * {1})", lambda x, y: ops.where(ops.gt(x, y), x, y * y)),
    ("where({0} > 0, relu({1}), 0)", lambda x, y: ops.where(ops.gt(x, 0.0), y.relu(), 0.0)),
    ("where({0} > {1}, relu({0}), relu({1})) * {0}",
     lambda x, y: ops.where(ops.gt(x, y), x.relu(), y.relu()) * x),
    ("where({0} > 0, 0, {1} * {0})", lambda x, y: ops.where(ops.gt(x, 0.0), 0.0, y * x)),
    ("no_grad({0} * {1}) + {0}", lambda x, y: _constant_product(x, y) + x),
]


def _constant_product(x, y):
    with no_grad():
        return x * y


def grow_identity(g):
    text, run = g.rng.choice(IDENTITIES)
    g.step(text, run, g.pick())


REPEATED = ("relu", "relu", "relu", "abs", "neg", "tanh", "sigmoid", "step")


def grow_repeated(g):
    """An op of its own result, two to four times: relu(relu(x))."""
    name = g.rng.choice(REPEATED)
    text, i = f"{name}({{0}})", g.pick()
    i = g.step("{0} * 1.5", lambda x: x * 1.5, i, usable=False)
    for _ in range(g.rng.randint(2, 4)):
        i = g.step(text, OPS[name], i, usable=False)
    g.step("{0} * 1", lambda x: x * 1.0, i)


def grow_pair(g):
    text, run = g.rng.choice(PAIRS)
    i = g.pick()
    j = grow_partner(g, i)
    g.step(text, run, i, j)
