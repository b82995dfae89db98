"""Random graphs against PyTorch in float64, and, where it is not installed, finite differences.

A graph grows one step at a time over a pool of nodes, so nodes are shared and some stay unused. A
step is a function of this library's nodes and of PyTorch's tensors alike; `both` holds the two
functions where they differ. A maker draws a step that fits a given shape.
"""

import math
import random

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Node

GRAPHS, BLOCK = 1000, 100  # graphs of each kind, and how many of them make one test


def both(ours, theirs):
    """A step that is one function for our nodes and another for PyTorch's tensors."""
    return lambda *nodes: (ours if isinstance(nodes[0], Node) else theirs)(*nodes)


def pytorch(name, *args, **kwargs):
    """torch.name(...) or torch.nn.functional.name(...), looked up when it runs."""

    def step(*nodes):
        torch = pytest.importorskip("torch")
        home = torch if hasattr(torch, name) else torch.nn.functional
        return getattr(home, name)(*nodes, *args, **kwargs)

    return step


def method(name, *args):
    return lambda x: getattr(x, name)(*args)


SMOOTH_ONE = [
    method("tanh"),
    method("sigmoid"),
    method("sin"),
    method("cos"),
    both(method("softplus"), pytorch("softplus", threshold=1e9)),
    both(ops.gelu, pytorch("gelu")),
    lambda x: -x,
    lambda x: x * x,
    lambda x: x**3,
    lambda x: x / 4,
    lambda x: 1.5 - x,
    lambda x: 1.3**x,
    lambda x: 2.0 / (x * x + 1.0),
    lambda x: (x * 0.3).exp(),
    lambda x: (x * x + 0.5).log(),
    lambda x: (x * x + 0.1).sqrt(),
]
SMOOTH_TWO = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (y * y + 0.7),
    lambda x, y: (x * x + 0.2) ** y.tanh(),
]
KINKED_ONE = [
    method("relu"),
    abs,
    lambda x: (x - x).relu(),  # 0 exactly, where the subgradients must be PyTorch's
]
KINKED_TWO = [
    both(mo.maximum, pytorch("maximum")),
    both(mo.minimum, pytorch("minimum")),
    both(lambda x, y: mo.where(x > y, x, y * y), lambda x, y: pytorch("where")(x > y, x, y * y)),
]


def bounded(z):
    """Whether z is small enough to go on with; if not, the graph applies tanh."""
    flat = [z.data] if isinstance(z, Value) else z.data.flat
    return max(map(abs, flat), default=0.0) < 20.0


# ---- graphs of Values


def scalar_graph(rng, ones, twos):
    """Random numbers, and a function of as many nodes."""
    leaves = [rng.uniform(-2.0, 2.0) for _ in range(rng.randint(1, 4))]
    pool, plan = list(map(Value, leaves)), []
    for _ in range(rng.randint(1, 25)):
        step = rng.choice(ones + twos)
        places = [rng.randrange(len(pool)) for _ in range(2 if step in twos else 1)]
        z = step(*(pool[i] for i in places))
        plan.append((step, places, bounded(z)))
        pool.append(z if bounded(z) else z.tanh())

    def function(*leaves):
        pool = list(leaves)
        for step, places, small in plan:
            z = step(*(pool[i] for i in places))
            pool.append(z if small else z.tanh())
        return pool[-1] + pool[len(pool) // 2] * 0.5 + pool[0] * 0.1

    return leaves, function


# ---- graphs of Tensors: makers (rng, shape) -> a step, or (a step, the shape of its partner)


def some_dims(rng, shape):
    """None, one dim or several, some counted from the end; None for 0-d."""
    dims = [d - rng.choice((0, len(shape))) for d in range(len(shape))]
    few = rng.sample(dims, rng.randint(0, len(dims)))
    return rng.choice((tuple(few), few[0])) if few else None


def one_dim(rng, shape):
    return rng.randrange(-len(shape), len(shape))


def partner(rng, shape):
    """A shape that broadcasts with `shape`: shorter, longer, with some dims of 1."""
    sizes = [rng.choice((n, n, 1)) for n in shape[rng.randint(0, len(shape)) :]]
    wider = len(sizes) == len(shape) < 3 and rng.random() < 0.3
    return ((rng.choice((1, 2)),) if wider else ()) + tuple(sizes)


def make_one(rng, shape):
    return rng.choice(SMOOTH_ONE)


def make_two(rng, shape):
    return rng.choice(SMOOTH_TWO), partner(rng, shape)


def make_kinked_one(rng, shape):
    return rng.choice(KINKED_ONE)


def make_kinked_two(rng, shape):
    return rng.choice(KINKED_TWO), partner(rng, shape)


def make_sum(rng, shape):
    return method("sum", some_dims(rng, shape), rng.random() < 0.5)


def make_mean(rng, shape):
    return method("mean", some_dims(rng, shape), rng.random() < 0.5) if math.prod(shape) else None


def make_spread(rng, shape):
    """var or std, of what surely differs from element to element."""
    name, dim, unbiased = rng.choice(("var", "std")), some_dims(rng, shape), rng.random() < 0.5
    if min(shape, default=1) < 2:
        return None
    step = both(
        lambda x, y: getattr(x + y * 2.0, name)(dim, unbiased),
        lambda x, y: getattr(x + y * 2.0, name)(dim=dim, unbiased=unbiased),
    )
    return step, shape


def make_softmax(rng, shape):
    if not shape:
        return None
    name, dim = rng.choice(("softmax", "log_softmax")), one_dim(rng, shape)
    ours = getattr(ops, name)
    return both(lambda x: ours(x, dim=dim % len(shape)), pytorch(name, dim=dim))


def make_top(rng, shape):
    if not math.prod(shape):
        return None
    name, keepdim = rng.choice(("max", "min")), rng.random() < 0.5
    if not shape or rng.random() < 0.3:
        return method(name)
    dim = one_dim(rng, shape)
    values = lambda x: getattr(x, name)(dim, keepdim).values  # noqa: E731
    return both(values, values)


def make_shape(rng, shape):
    """reshape, permute, transpose, flatten, squeeze, unsqueeze or expand."""
    order = rng.sample(range(len(shape)), len(shape))
    steps = [
        method("reshape", rng.sample(shape, len(shape))),
        method("permute", order),
        method("unsqueeze", rng.randint(-len(shape) - 1, len(shape))),
        method("squeeze"),
        method("flatten"),
        method("expand", rng.choice((1, 2)), *[-1] * len(shape)),
    ]
    if math.prod(shape):
        steps.append(method("reshape", -1, *shape[1:]))
    if shape:
        steps.append(method("transpose", one_dim(rng, shape), one_dim(rng, shape)))
        steps.append(method("squeeze", one_dim(rng, shape)))
    return rng.choice(steps)


def make_index(rng, shape):
    """A key of ints, slices of either direction, None and '...'; or a list of rows."""
    if shape and shape[0] and rng.random() < 0.2:
        rows = [rng.randrange(-shape[0], shape[0]) for _ in range(rng.randint(0, 4))]
        return lambda x: x[rows]

    def part(n):
        if n and rng.random() < 0.3:
            return rng.randrange(-n, n)
        bounds = [rng.choice((None, rng.randint(-4, 4))) for _ in range(2)]
        return slice(*bounds, rng.choice((None, 1, 2, -1, -2)))

    left = rng.randint(0, len(shape))
    right = rng.randint(left, len(shape))
    key = (*map(part, shape[:left]), Ellipsis, *map(part, shape[right:]))
    if right == len(shape) and rng.random() < 0.5:
        key = key[:-1]  # the '...' at the end may be left out
    if rng.random() < 0.3:
        at = rng.randint(0, len(key))
        key = (*key[:at], None, *key[at:])
    return both(lambda x: x[key], lambda x: pytorch_index(x, key))


def pytorch_index(x, key):
    """x[key] for PyTorch, which has no slices with a negative step: it picks the places first."""
    rest = x.ndim - sum(k is not None and k is not Ellipsis for k in key)
    d, plain = 0, []
    for k in key:
        if isinstance(k, slice) and (k.step or 1) < 0:
            places = list(range(x.shape[d])[k])
            x = x[(slice(None),) * d + (places,)]
            k = slice(None)
        plain.append(k)
        d += 0 if k is None else rest if k is Ellipsis else 1
    return x[tuple(plain)]


def make_product(rng, shape):
    k = shape[-1] if shape else 0
    if not shape or (len(shape) > 2 and rng.random() < 0.3):
        return None
    batch = partner(rng, shape[:-2])
    other = rng.choice(((k,), (k, rng.randint(0, 3)), (*batch, k, rng.randint(1, 3))))
    return (lambda x, y: x @ y), other


def make_join(rng, shape):
    if not shape:
        return both(lambda x, y: mo.stack([x, y]), lambda x, y: pytorch("stack")([x, y])), shape
    dim = one_dim(rng, shape)
    other = list(shape)
    other[dim] = rng.randint(0, 2)
    return both(
        lambda x, y: mo.cat([x, y, x], dim), lambda x, y: pytorch("cat")([x, y, x], dim)
    ), tuple(other)


def make_triangle(rng, shape):
    name, diagonal = rng.choice(("tril", "triu")), rng.randint(-2, 2)
    ours = getattr(mo, name)
    return both(lambda x: ours(x, diagonal), pytorch(name, diagonal)) if len(shape) > 1 else None


def make_gather(rng, shape):
    if not shape or not math.prod(shape):
        return None
    dim = rng.randrange(len(shape))
    wanted = (*shape[:dim], rng.randint(1, 3), *shape[dim + 1 :])
    places = [rng.randrange(shape[dim]) for _ in range(math.prod(wanted))]

    def theirs(x):
        torch = pytest.importorskip("torch")
        return x.gather(dim, torch.tensor(places).reshape(wanted))

    return both(lambda x: x.gather(dim, Tensor(Array(list(map(float, places)), wanted))), theirs)


SMOOTH = [
    make_one, make_one, make_two, make_two, make_two, make_sum, make_mean, make_spread,
    make_softmax, make_shape, make_shape, make_index, make_index, make_product, make_product,
    make_join, make_triangle, make_gather,
]  # fmt: skip
KINKED = [make_kinked_one, make_kinked_two, make_top, make_top]


def leaf_array(rng, shape):
    return Array([rng.uniform(-2.0, 2.0) for _ in range(math.prod(shape))], shape)


def tensor_graph(rng, makers):
    """Random Arrays, and a function of as many nodes: a scalar."""
    shapes = [tuple(rng.choice((1, 2, 3, 3, 0)) for _ in range(rng.randint(0, 3)))]
    leaves = [leaf_array(rng, shapes[0])]
    pool, plan = [Tensor(leaves[0])], []
    for _ in range(rng.randint(1, 12)):
        i = rng.randrange(len(pool))
        made = rng.choice(makers)(rng, pool[i].shape)
        if made is None:
            continue
        step, wanted = made if isinstance(made, tuple) else (made, None)
        args, fresh = [i], wanted is not None
        if fresh:  # a partner: from the pool if one has the shape, else a new leaf
            fits = [j for j, t in enumerate(pool) if t.shape == wanted]
            fresh = not fits or rng.random() < 0.5
            args.append(len(pool) if fresh else rng.choice(fits))
        if fresh:
            leaves.append(leaf_array(rng, wanted))
            pool.append(Tensor(leaves[-1]))
        z = step(*(pool[j] for j in args))
        plan.append((fresh, step, args, bounded(z)))
        pool.append(z if bounded(z) else z.tanh())

    def function(*leaves):
        unused = iter(leaves)
        pool = [next(unused)]
        for fresh, step, args, small in plan:
            if fresh:
                pool.append(next(unused))
            z = step(*(pool[j] for j in args))
            pool.append(z if small else z.tanh())
        ends = (pool[-1], pool[len(pool) // 2], pool[0])
        return sum(((z * z).sum() * 0.1 + z.sum() for z in ends), start=0.0)

    return leaves, function


# ---- PyTorch


def agree(x, y):
    return abs(x - y) <= 1e-9 * max(1.0, abs(y)) or x == y or (x != x and y != y)


def flat(gradient):
    """The numbers of a float, an Array, a node or a PyTorch tensor."""
    if hasattr(gradient, "tolist"):
        return gradient.reshape(-1).tolist() if math.prod(gradient.shape) else []
    return [float(gradient)]


def twins(leaves):
    """The leaves for both libraries."""
    torch = pytest.importorskip("torch")
    if isinstance(leaves[0], float):
        return [Value(x) for x in leaves], [
            torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in leaves
        ]
    return [Tensor(x, requires_grad=True) for x in leaves], [
        torch.tensor(x.flat, dtype=torch.float64).reshape(x.shape).requires_grad_() for x in leaves
    ]


def assert_same(seed, found, expected):
    """Two lists of gradients; None, where nothing arrived, is zeros."""
    for f, e in zip(found, expected, strict=True):
        ours, theirs = ([] if g is None else flat(g) for g in (f, e))
        zeros = [0.0] * len(ours or theirs)
        pairs = zip(ours or zeros, theirs or zeros, strict=True)
        assert all(agree(a, b) for a, b in pairs), (seed, ours, theirs)


def against_pytorch(seed, leaves, function):
    """The value, and the gradient of each leaf."""
    ours, theirs = twins(leaves)
    z, y = function(*ours), function(*theirs)
    z.backward()
    y.backward()
    assert_same(seed, [z.item()], [y.item()])
    assert_same(seed, [x.grad for x in ours], [x.grad for x in theirs])


def against_pytorch_twice(seed, leaves, function):
    """The gradient of the gradient's Σ g + g²/2, built as a graph in both libraries."""
    torch_grad = pytest.importorskip("torch").autograd.grad
    ours, theirs = twins(leaves)
    first = mo.grad(function(*ours), ours, create_graph=True)
    torch_first = torch_grad(function(*theirs), theirs, create_graph=True, allow_unused=True)
    curved = [g * g * 0.5 + g for g in first]
    slope = sum((z if isinstance(z, Value) else z.sum() for z in curved), start=0.0)
    used = [g for g in torch_first if g is not None]
    torch_slope = sum((g * g * 0.5 + g).sum() for g in used)
    if torch_slope.requires_grad:
        expected = torch_grad(torch_slope, theirs, allow_unused=True)
        expected = [g if g is None else g + 0.0 for g in expected]  # PyTorch's zeros lack storage
        assert_same(seed, mo.grad(slope, ours), expected)


def values_graph(seed):
    rng = random.Random(f"values {seed}")
    return scalar_graph(rng, SMOOTH_ONE + KINKED_ONE, SMOOTH_TWO + KINKED_TWO)


def tensors_graph(seed):
    return tensor_graph(random.Random(f"tensors {seed}"), SMOOTH + KINKED)


KINDS = pytest.mark.parametrize("graph", [values_graph, tensors_graph])


@KINDS
@pytest.mark.parametrize("start", range(0, GRAPHS, BLOCK))
def test_a_random_graph_matches_pytorch(start, graph):
    for seed in range(start, start + BLOCK):
        against_pytorch(seed, *graph(seed))


@KINDS
def test_second_derivatives_of_a_random_graph_match_pytorch(graph):
    for seed in range(2 * BLOCK):
        against_pytorch_twice(seed, *graph(seed))


# ---- finite differences


def against_differences(seed, leaves, function):
    """The slope along the direction (1, 1, …), from the gradients and from two values."""
    h = 1e-6
    leaves = list(map(Array.of, leaves))

    def moved(step):
        return function(*(Tensor(x + step) for x in leaves)).item()

    xs = [Tensor(x, requires_grad=True) for x in leaves]
    function(*xs).backward()
    slope = sum(x.grad.sum().item() for x in xs if x.grad is not None)
    numeric = (moved(h) - moved(-h)) / (2 * h)
    assert slope == pytest.approx(numeric, rel=1e-5, abs=1e-6, nan_ok=True), seed


def test_random_graphs_of_scalars_match_finite_differences():
    for seed in range(100):
        rng = random.Random(f"smooth values {seed}")
        against_differences(seed, *scalar_graph(rng, SMOOTH_ONE, SMOOTH_TWO))


def test_random_graphs_of_tensors_match_finite_differences():
    for seed in range(100):
        rng = random.Random(f"smooth tensors {seed}")
        against_differences(seed, *tensor_graph(rng, SMOOTH))


def test_a_graph_of_values_and_of_tensors_gives_the_same_bits():
    for seed in range(100):
        leaves, function = values_graph(seed)
        values = [Value(x) for x in leaves]
        tensors = [Tensor(x, requires_grad=True) for x in leaves]
        z, t = function(*values), function(*tensors)
        z.backward()
        t.backward()
        assert z.data == t.item()
        for v, leaf in zip(values, tensors, strict=True):
            assert v.grad == (0.0 if leaf.grad is None else leaf.grad.item())
