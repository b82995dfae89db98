"""Random programs of Values and of Tensors over every op of the rule table, for `compile`.

A program grows one step at a time over a pool of nodes, so nodes are shared, some steps are
repeated and some lead nowhere. Its leaves are drawn anew as often as a test likes: a program is run
on several sets of numbers. Elementwise ops are found by introspection; another op needs a maker in
MAKERS, or `test_compile_random.py` turns red.

    flavour     "plain": all shapes; "batch": arguments with one size in front, and steps that
                mostly leave rows alone; "net": layers and a loss; "values" and "sample": Values
"""

import math
import random
from dataclasses import dataclass, field

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, no_grad, ops
from micrograd_opt import functional as F
from micrograd_opt.array import Array
from micrograd_opt.graph import Node, Op

OPS = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}
CONSTANTS = (0.0, 1.0, 2.0, -1.0, 0.5)


def places(op):
    """How many arguments an op takes."""
    return len(op.vjps)


ELEMENTWISE = {name: op for name, op in OPS.items() if op.elementwise}


# ---- leaves: what is drawn anew


@dataclass(eq=False)
class Leaf:
    """shape: None for a number. number: rng -> a float. role: argument, parameter or constant."""

    shape: tuple | None
    number: object
    role: str
    gradient: bool
    plain: bool = False  # handed over as a number or nested lists, not as a node
    node: Node = None  # of a parameter or constant

    def data(self, rng):
        if self.shape is None:
            return self.number(rng)
        return Array([self.number(rng) for _ in range(math.prod(self.shape))], self.shape)

    def made(self, rng):
        """A new argument."""
        data = self.data(rng)
        if self.plain:
            return data if self.shape is None else data.tolist()
        node = Value(data) if self.shape is None else Tensor(data)
        node.requires_grad = self.gradient
        return node


def around_zero(rng):
    return rng.uniform(-2.0, 2.0)


def label(n):
    return lambda rng: float(rng.randrange(n))


def probability(rng):
    return rng.random()


def side(rng):
    return rng.choice((-1.0, 1.0))


# ---- programs


@dataclass
class Step:
    text: str  # with {0}, {1} for its arguments
    run: object
    args: list  # places in the pool


@dataclass(eq=False)
class Program:
    """A function of the arguments, and how to draw them and the parameters anew."""

    flavour: str
    leaves: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    slots: list = field(default_factory=list)  # of the pool: a Leaf or a Step
    end: Step = None

    @property
    def parameters(self):
        return [leaf.node for leaf in self.leaves if leaf.role != "argument"]

    def arguments(self, rng):
        return [leaf.made(rng) for leaf in self.leaves if leaf.role == "argument"]

    def renew(self, rng):
        """New numbers in parameters and constants, as an optimizer writes them."""
        for leaf in self.leaves:
            if leaf.role != "argument":
                leaf.node.data = leaf.data(rng)

    def function(self, *args):
        args, pool = iter(args), []
        for slot in self.slots:
            if isinstance(slot, Step):
                pool.append(slot.run(*[pool[i] for i in slot.args]))
            else:
                pool.append(next(args) if slot.role == "argument" else slot.node)
        return self.end.run(*[pool[i] for i in self.end.args])

    def __repr__(self):
        lines = [f"a {self.flavour} program"]
        for i, slot in enumerate(self.slots):
            if isinstance(slot, Step):
                shown = slot.text.format(*[f"t{j}" for j in slot.args])
            else:
                kind = "plain " if slot.plain else "gradient " if slot.gradient else ""
                shown = f"{kind}{slot.role} {slot.shape}"
            lines.append(f"  t{i} = {shown}")
        return "\n".join([*lines, "  " + self.end.text.format(*[f"t{j}" for j in self.end.args])])


class Grower:
    """Adds steps to a program, running each on numbers as it goes, to know shapes and sizes."""

    def __init__(self, rng, flavour, rows=None):
        self.rng, self.rows = rng, rows
        self.numbers = random.Random(rng.randrange(1 << 30))
        self.program = Program(flavour)
        self.pool = []  # a node for each slot
        self.usable = []  # places of nodes of any numbers
        self.mixing = False  # whether a step may work along the rows

    def leaf(self, shape, number=around_zero, role=None, gradient=None, plain=False):
        """The place of a new leaf in the pool."""
        role = role or self.rng.choice(("argument", "parameter", "parameter", "constant"))
        if gradient is None:
            gradient = role == "parameter" or (role == "argument" and self.rng.random() < 0.5)
        made = Leaf(shape, number, role, gradient, plain)
        node = made.made(self.numbers)
        if role != "argument":
            made.node = node
        self.program.leaves.append(made)
        return self._slot(made, node)

    def _slot(self, slot, node):
        self.program.slots.append(slot)
        self.pool.append(node)
        return len(self.pool) - 1

    def step(self, text, run, *args, usable=True):
        """The place of a new step; tanh of it where its numbers grow large."""
        z = run(*[self.pool[i] for i in args])
        made = Step(text, run, list(args))
        self.program.steps.append(made)
        place = self._slot(made, z)
        if usable and not bounded(z):
            return self.step("tanh({0})", ops.tanh, place)
        if usable:
            self.usable.append(place)
        return place

    def pick(self):
        """A place, the latest more often."""
        if self.rng.random() < 0.4:
            return self.usable[-1]
        return self.rng.choice(self.usable)

    def again(self):
        """A step that was made before, once more: a repeated subexpression."""
        if self.program.steps:
            old = self.rng.choice(self.program.steps)
            self.step(old.text, old.run, *old.args)

    def with_shape(self, shape, **leaf):
        """A place with that shape: an old one, or a new leaf."""
        fits = [i for i in self.usable if getattr(self.pool[i], "shape", None) == shape]
        if fits and self.rng.random() < 0.6:
            return self.rng.choice(fits)
        place = self.leaf(shape, **leaf)
        self.usable.append(place)
        return place

    def shape(self, i):
        return self.pool[i].shape

    def has_rows(self, i):
        return self.rows is not None and self.shape(i)[:1] == (self.rows,)

    def low(self, i):
        """The first dim that a step may touch."""
        return 1 if self.has_rows(i) and not self.mixing else 0


def bounded(z):
    flat = z._data.flat if isinstance(z, Tensor) else [z._data]
    return max(map(abs, flat), default=0.0) < 20.0


# ---- elementwise ops, of Values and Tensors alike


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
]
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


def grow_pair(g):
    text, run = g.rng.choice(PAIRS)
    i = g.pick()
    j = grow_partner(g, i)
    g.step(text, run, i, j)


# ---- ops of Tensors alone: {op: maker}


def some_dims(g, i):
    dims = list(range(g.low(i), len(g.shape(i))))
    return tuple(sorted(g.rng.sample(dims, g.rng.randint(0, len(dims)))))


def one_dim(g, i):
    """A dim that a step may work along, or None."""
    dims = range(g.low(i), len(g.shape(i)))
    return g.rng.choice(dims) if dims else None


def with_a_dim(g):
    """(a place, one of its dims), by unsqueezing if need be."""
    i = g.pick()
    while one_dim(g, i) is None:
        i = g.step("{0}.unsqueeze(-1)", lambda x: x.unsqueeze(-1), i)
    return i, one_dim(g, i)


def grow_expand(g):
    i, dim = with_a_dim(g)
    if g.shape(i)[dim] != 1:
        i = g.step(f"{{0}}.unsqueeze({dim})", lambda x: x.unsqueeze(dim), i)
    shape = list(g.shape(i))
    shape[dim] = g.rng.choice((1, 2, 3))
    if not g.low(i) and g.rng.random() < 0.3:
        shape = [2, *shape]
    if math.prod(shape) <= 36:
        g.step(f"expand({{0}}, {shape})", lambda x: x.expand(*shape), i)


def grow_sum_to(g):
    i = g.pick()
    low = g.low(i)
    shape = [g.rng.choice((n, 1)) if d >= low else n for d, n in enumerate(g.shape(i))]
    if not low:
        shape = shape[g.rng.choice((0, 0, 1)) :]
    g.step(f"sum_to({{0}}, {shape})", lambda x: ops.sum_to(x, shape=tuple(shape)), i)


def ranges_of(g, i):
    def part(n):
        if n and g.rng.random() < 0.3:
            start = g.rng.randrange(n)
            return range(start, start + 1)
        return range(n)[slice(None, None, g.rng.choice((1, 2, -1)))]

    shape = g.shape(i)
    return tuple(part(n) if d >= g.low(i) else range(n) for d, n in enumerate(shape))


def grow_slice(g):
    i = g.pick()
    ranges = ranges_of(g, i)
    g.step(f"slice({{0}}, {ranges})", lambda x: ops.slice_(x, ranges=ranges), i)


def grow_pad(g):
    i = g.pick()
    shape, ranges = [], []
    for d, n in enumerate(g.shape(i)):
        step = 1 if d < g.low(i) else g.rng.choice((1, 1, 2, -1))
        start = 0 if d < g.low(i) else g.rng.choice((0, 1))
        size = n if d < g.low(i) else start + max((n - 1) * abs(step) + 1, 0)
        part = range(start, start + n * step, step)
        ranges.append(part if step > 0 else range(start + n - 1, start - 1, -1))
        shape.append(size)
    if math.prod(shape) <= 36:
        shape, ranges = tuple(shape), tuple(ranges)
        text = f"pad({{0}}, {ranges}, {shape})"
        g.step(text, lambda x: ops.pad(x, ranges=ranges, shape=shape), i)


def grow_reshape(g):
    i = g.pick()
    head, rest = g.shape(i)[: g.low(i)], g.shape(i)[g.low(i) :]
    n = math.prod(rest)
    split = [(k, n // k) for k in (1, 2, 3, 4) if n % k == 0] if n else []
    shape = (*head, *g.rng.choice([(n,), *split, (n, 1)]))
    g.step(f"reshape({{0}}, {shape})", lambda x: ops.reshape(x, shape=shape), i)


def grow_permute(g):
    i, _ = with_a_dim(g)
    dims = list(range(len(g.shape(i))))
    low = g.low(i) if g.rng.random() < 0.8 else 0
    tail = dims[low:]
    g.rng.shuffle(tail)
    dims = tuple(dims[:low] + tail)
    g.step(f"permute({{0}}, {dims})", lambda x: ops.permute(x, dims=dims), i)


def grow_cat(g):
    i, dim = with_a_dim(g)
    other = list(g.shape(i))
    other[dim] = g.rng.choice((1, 2))
    j = g.with_shape(tuple(other))
    if g.rng.random() < 0.3:
        g.step(f"stack([{{0}}, {{0}}], {dim})", lambda x: mo.stack([x, x * 2.0], dim), i)
    else:
        g.step(f"cat([{{0}}, {{1}}, {{0}}], {dim})", lambda x, y: mo.cat([x, y, x], dim), i, j)


def index_leaf(g, shape, n):
    """A leaf of whole numbers below n: labels given as an argument, or indices kept outside."""
    role = g.rng.choice(("argument", "argument", "constant"))
    return g.leaf(shape, label(n), role, gradient=False)


def grow_index_select(g):
    n = g.rng.choice((1, 2, 3, 4))
    if g.rows is not None:  # an embedding: rows of a table by labels
        i = g.leaf((3, 2), role="parameter")
        rows = 3
        index = index_leaf(g, (g.rows,), rows)
    else:
        i, _ = with_a_dim(g)
        rows = g.shape(i)[0]
        if not rows:
            return
        if g.rng.random() < 0.3:
            picked = [g.rng.randrange(-rows, rows) for _ in range(n)]
            g.step(f"{{0}}[{picked}]", lambda x: x[picked], i)
            return
        index = index_leaf(g, (n,), rows)
    g.step("index_select({0}, {1})", ops.index_select, i, index)


def grow_index_add(g):
    i, _ = with_a_dim(g)
    rows = g.rng.choice((2, 3))
    index = index_leaf(g, (g.shape(i)[0],), rows)
    run = lambda x, index: ops.index_add(x, index, rows=rows)  # noqa: E731
    g.step(f"index_add({{0}}, {{1}}, rows={rows})", run, i, index)


def grow_gather(g):
    i, dim = with_a_dim(g)
    n = g.shape(i)[dim]
    if not n:
        return
    wanted = list(g.shape(i))
    wanted[dim] = g.rng.choice((1, 2, 3))
    if g.rng.random() < 0.2:  # an index that the function makes itself
        flat = [float(g.rng.randrange(n)) for _ in range(math.prod(wanted))]
        made = Array(flat, tuple(wanted))
        g.step(f"gather({{0}}, {dim}, {made.tolist()})", lambda x: x.gather(dim, Tensor(made)), i)
        return
    index = index_leaf(g, tuple(wanted), n)
    g.step(f"gather({{0}}, {dim}, {{1}})", lambda x, index: x.gather(dim, index), i, index)


def grow_scatter_add(g):
    i, dim = with_a_dim(g)
    size = g.rng.choice((1, 2, 3))
    index = index_leaf(g, g.shape(i), size)
    run = lambda x, index: ops.scatter_add(x, index, dim=dim, size=size)  # noqa: E731
    g.step(f"scatter_add({{0}}, {{1}}, dim={dim}, size={size})", run, i, index)


def grow_argmax(g):
    i, dim = with_a_dim(g)
    if not math.prod(g.shape(i)):
        return
    keepdim = g.rng.random() < 0.5
    if g.rng.random() < 0.5:
        text, run = f"{{0}}.max({dim}, {keepdim})", lambda x: x.max(dim, keepdim)
    else:
        text, run = f"argmax({{0}}, {dim}, {keepdim})", lambda x: x.argmax(dim, keepdim) * 0.5
    g.step(text, run, i)


def grow_mm(g):
    i, _ = with_a_dim(g)
    shape = g.shape(i)
    if len(shape) < 2:
        i = g.step("{0}.unsqueeze(0)", lambda x: x.unsqueeze(0), i)
        shape = g.shape(i)
    k, m = shape[-1], g.rng.choice((1, 2, 3))
    kind = g.rng.random()
    if kind < 0.6 or len(shape) > 3:
        j = g.with_shape((k, m))
        g.step("{0} @ {1}", lambda x, y: x @ y, i, j)
    elif kind < 0.8:
        j = g.with_shape((*shape[:-2], k, m))
        g.step("{0} @ {1}", lambda x, y: x @ y, i, j)
    elif shape[-2] <= 4 and k <= 4:
        g.step("{0}.mT @ {0}", lambda x: x.mT @ x, i)


def grow_sum(g):
    i = g.pick()
    dims, keepdim = some_dims(g, i), g.rng.random() < 0.5
    if dims and math.prod(g.shape(i)) and g.rng.random() < 0.4:
        name = g.rng.choice(("mean", "var", "std") if min(g.shape(i)) > 1 else ("mean",))
        # a smooth place for var and std: numbers that differ from element to element
        spread = Array([j * 0.7 for j in range(math.prod(g.shape(i)))], g.shape(i))

        def run(x):
            y = x if name == "mean" else x + spread
            return getattr(y, name)(dims, keepdim=keepdim)

        g.step(f"{name}({{0}}, {dims}, keepdim={keepdim})", run, i)
    else:
        g.step(f"sum({{0}}, {dims}, {keepdim})", lambda x: x.sum(dims, keepdim), i)


def grow_max(g):
    i = g.pick()
    if math.prod(g.shape(i)):
        g.step("{0}.max()", lambda x: x.max(), i)


def grow_softmax(g):
    i, dim = with_a_dim(g)
    g.step(f"softmax({{0}}, {dim})", lambda x: ops.softmax(x, dim=dim), i)


def grow_log_softmax(g):
    i, dim = with_a_dim(g)
    g.step(f"log_softmax({{0}}, {dim})", lambda x: ops.log_softmax(x, dim=dim), i)


def _gram(x):
    """A product that is used as it is and transposed."""
    z = x.unsqueeze(-1) @ (x + 1.0).unsqueeze(-2)
    return z.mT @ z


FORMS = [  # parts of the last dim, joined and taken apart, and what products are made of
    ("cat([{0}[..., :1], {0}], -1)[..., 1:-1]", lambda x: mo.cat([x[..., :1], x], -1)[..., 1:-1]),
    ("{0}[..., :1] * 2 + {0}[..., -1:]", lambda x: x[..., :1] * 2.0 + x[..., -1:]),
    ("cat([{0}[..., 1:], {0}[..., :1] * 2], -1)",
     lambda x: mo.cat([x[..., 1:], x[..., :1] * 2.0], -1)),
    ("sum({0}[..., k] * k)",
     lambda x: sum((x[..., k] * float(k) for k in range(x.shape[-1])), start=x.sum(-1))),
    ("gram({0})", _gram),
    ("{0} * {0}.sum(-1, True)", lambda x: x * x.sum(-1, keepdim=True)),
    ("{0} / rms({0})", lambda x: x / ((x * x).sum(-1, keepdim=True) + 0.5).sqrt()),
]  # fmt: skip


def grow_form(g):
    i, _ = with_a_dim(g)
    if math.prod(g.shape(i)) <= 12:
        text, run = g.rng.choice(FORMS)
        g.step(text, run, i)


MAKERS = {
    "expand": grow_expand, "sum_to": grow_sum_to, "slice": grow_slice, "pad": grow_pad,
    "reshape": grow_reshape, "permute": grow_permute, "cat": grow_cat,
    "index_select": grow_index_select, "index_add": grow_index_add, "gather": grow_gather,
    "scatter_add": grow_scatter_add, "argmax": grow_argmax, "mm": grow_mm, "sum": grow_sum,
    "max": grow_max, "softmax": grow_softmax, "log_softmax": grow_log_softmax,
}  # fmt: skip
MIXING = {"max", "index_add"}  # of these few in a program whose rows stay apart


def grow_mixing(g):
    """A step that mixes rows: the same maker, allowed to touch the first dim."""
    g.mixing = True
    MAKERS[g.rng.choice(sorted(MAKERS))](g)
    g.mixing = False


def grow_tensor(g):
    kind = g.rng.random()
    if kind < 0.3:
        grow_elementwise(g)
    elif kind < 0.4:
        grow_identity(g)
    elif kind < 0.5:
        grow_pair(g)
    elif kind < 0.55:
        g.again()
    elif kind < 0.62:
        grow_form(g)
    elif g.rows and kind < 0.65:
        grow_mixing(g)
    else:
        MAKERS[g.rng.choice(sorted(set(MAKERS) - (MIXING if g.rows else set())))](g)


# ---- ends: from the pool to what the program returns


def total(x):
    return x if isinstance(x, Value) else x.sum()


def end_sum(*ends):
    loss = sum((total(z * z) * 0.1 + total(z) for z in ends), start=0.0)
    return loss if isinstance(loss, Node) else ends[0]


def end_mean(*ends):
    def mean(z):
        return z if isinstance(z, Value) or not z.size else z.mean()

    return sum((total(mean(z)) for z in ends), start=0.0)


def end_relu(*ends):
    """Sums of nothing but ReLUs, which are added only where they are open."""
    return end_mean(*[ops.relu(z * z * z) for z in ends])


def end_several(*ends):
    """The loss, and what it was made of."""
    return end_sum(*ends), {"mean": end_mean(*ends), "parts": [ends[0], ends[-1]]}


def finish(g, ends=(end_sum, end_sum, end_mean, end_mean, end_relu, end_several)):
    chosen = sorted({g.usable[-1], g.usable[len(g.usable) // 2], g.usable[0]})
    if g.rng.random() < 0.3:
        chosen = chosen[-1:]
    end = g.rng.choice(ends)
    args = ", ".join(f"{{{i}}}" for i in range(len(chosen)))
    g.program.end = Step(f"{end.__name__}({args})", end, chosen)
    return g.program


# ---- the flavours


def plain_program(rng):
    g = Grower(rng, "plain")
    for _ in range(rng.randint(1, 3)):
        shape = tuple(rng.choice((1, 1, 2, 2, 2, 3, 3, 3, 4, 0)) for _ in range(rng.randint(0, 3)))
        g.usable.append(g.leaf(shape))
    if rng.random() < 0.2:  # a number as an argument: it meets a node before all else
        number = g.leaf(None, role="argument", gradient=False, plain=True)
        g.usable.append(g.step("{0} * {1}", lambda x, y: x * y, g.usable[-1], number))
    if all(leaf.role == "constant" for leaf in g.program.leaves):
        g.usable.append(g.leaf((2, 3), role="parameter"))
    for _ in range(rng.randint(2, 10)):
        grow_tensor(g)
    return finish(g)


def batch_program(rng):
    g = Grower(rng, "batch", rows=rng.choice((1, 2, 3, 3, 5)))
    for _ in range(rng.randint(1, 2)):
        inner = tuple(rng.choice((1, 2, 3, 3, 4)) for _ in range(rng.choice((0, 1, 1, 1, 2))))
        g.usable.append(g.leaf((g.rows, *inner), role="argument"))
    g.usable.append(g.leaf((2,), role="parameter"))
    g.usable.append(g.usable.pop(0))
    for _ in range(rng.randint(2, 10)):
        grow_tensor(g)
    return finish(g)


ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "softplus")


def net_program(rng):
    """Layers, and a loss of their outputs against targets given as an argument."""
    rows, width = rng.choice((1, 2, 4, 7)), rng.choice((1, 2, 3))
    g = Grower(rng, "net", rows)
    x = g.leaf((rows, width), role="argument", gradient=rng.random() < 0.3)
    for _ in range(rng.randint(1, 3)):
        n = rng.choice((1, 2, 3, 4))
        weight, bias = g.leaf((n, width), role="parameter"), g.leaf((n,), role="parameter")
        x = g.step("linear({0}, {1}, {2})", F.linear, x, weight, bias)
        name = rng.choice(ACTIVATIONS)
        x = g.step(f"{name}({{0}})", getattr(F, name), x)
        width = n
        if rng.random() < 0.3:
            grow_tensor(g)
    x = g.step("linear({0}, {1})", F.linear, x, g.leaf((width, width), role="parameter"))
    name, number = rng.choice(
        [("cross_entropy", label(width)), ("mse_loss", around_zero), ("l1_loss", around_zero),
         ("hinge_loss", side), ("binary_cross_entropy_with_logits", probability),
         ("huber_loss", around_zero)]
    )  # fmt: skip
    shape = (rows,) if name == "cross_entropy" else (rows, width)
    target = g.leaf(shape, number, "argument", gradient=False, plain=False)
    reduction = rng.choice(("mean", "mean", "sum"))
    if name == "cross_entropy":
        smoothing = rng.choice((0.0, 0.0, 0.1))

        def loss(x, t):
            return F.cross_entropy(x, t, reduction, smoothing)
    else:
        function = getattr(F, name)

        def loss(x, t):
            return function(x, t, reduction)

    last = g.step(f"{name}({{0}}, {{1}}, {reduction!r})", loss, x, target)
    weights = [i for i, leaf in enumerate(g.program.slots) if getattr(leaf, "gradient", False)]
    if rng.random() < 0.4:  # weight decay
        w = rng.choice(weights)
        last = g.step("{0} + 0.01 * sum({1} ** 2)", lambda z, w: z + 0.01 * (w**2).sum(), last, w)
    g.program.end = Step("{0}", lambda z: z, [last])
    return g.program


def grow_value(g):
    kind = g.rng.random()
    if kind < 0.5:
        grow_elementwise(g)
    elif kind < 0.7:
        grow_identity(g)
    elif kind < 0.85:
        grow_pair(g)
    elif kind < 0.92:
        g.again()
    else:
        grow_list(g)


def grow_list(g):
    """A function of a list of Values."""
    row = [g.pick() for _ in range(g.rng.randint(2, 4))]
    name = g.rng.choice(("softmax", "log_softmax", "cross_entropy", "sum", "mse_loss"))
    args = ", ".join(f"{{{i}}}" for i in range(len(row)))
    if name == "cross_entropy":
        n = len(row)
        target = g.leaf(None, label(n), "argument", gradient=False, plain=True)
        g.step(f"cross_entropy([{args}], {{{n}}})", lambda *z: F.cross_entropy(list(z[:n]), z[n]),
               *row, target)  # fmt: skip
    elif name == "sum":
        g.step(f"sum([{args}])", lambda *z: sum(z), *row)
    elif name == "mse_loss":
        g.step(f"mse_loss([{args}], 1)", lambda *z: F.mse_loss(list(z), [1.0] * len(z)), *row)
    else:
        g.step(f"{name}([{args}])[0]", lambda *z: getattr(F, name)(list(z))[0], *row)


def values_program(rng):
    g = Grower(rng, "values")
    for _ in range(rng.randint(1, 4)):
        g.usable.append(g.leaf(None))
    if rng.random() < 0.5:
        g.usable.append(g.leaf(None, role="argument", gradient=False, plain=True))
    if all(leaf.role == "constant" or leaf.plain for leaf in g.program.leaves):
        g.usable.append(g.leaf(None, role="parameter"))
    for i in list(g.usable):  # a plain number meets a node before anything is done with it
        if g.program.slots[i].plain:
            j = g.leaf(None, role="parameter")
            g.usable.remove(i)
            g.usable += [j, g.step("{0} * {1}", lambda x, y: x * y, i, j)]
    for _ in range(rng.randint(2, 16)):
        grow_value(g)
    return finish(g)


def sample_program(rng):
    """A function of one sample, for batched=True: a row of numbers, one number, and a label."""
    g = Grower(rng, "sample")
    for _ in range(rng.randint(1, 3)):
        g.usable.append(g.leaf(None, role="parameter"))
    x = g.leaf(None, role="argument", gradient=False, plain=True)
    g.usable.append(g.step("{0} * {1}", lambda x, w: x * w, x, g.usable[-1]))
    for _ in range(rng.randint(2, 12)):
        grow_value(g)
    return finish(g, (end_sum, end_mean, end_relu))


FLAVOURS = {
    "plain": plain_program, "batch": batch_program, "net": net_program, "values": values_program,
    "sample": sample_program,
}  # fmt: skip


def batches(program):
    """What draws the arguments of a sample program for batched=True: lists of n samples."""

    def draw(rng):
        n = rng.choice((1, 2, 5))
        leaves = [leaf for leaf in program.leaves if leaf.role == "argument"]
        return [[leaf.number(rng) for _ in range(n)] for leaf in leaves]

    return draw
