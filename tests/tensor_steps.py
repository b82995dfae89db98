"""Steps of random programs for Tensors alone: a maker for each op that is not elementwise.

Read next: `programs.py`, programs of these steps.
"""

import math

import micrograd_opt as mo
from elementwise_steps import grow_elementwise, grow_identity, grow_pair, grow_repeated
from grower import label
from micrograd_opt import Tensor
from micrograd_opt.array.array import Array
from micrograd_opt.engine import ops


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
        text, run = f"{{0}}.max({dim}, {keepdim}).values", lambda x: x.max(dim, keepdim).values
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
    ("cat([{0} * 2, {0} * {0}], -1)[..., n:]",
     lambda x: mo.cat([x * 2.0, x * x], -1)[..., x.shape[-1] :]),
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
    elif kind < 0.37:
        grow_identity(g)
    elif kind < 0.41:
        grow_repeated(g)
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
