"""Random programs of Values and of Tensors over every op of the rule table, for `compile`.

A program grows one step at a time over a pool of nodes, so nodes are shared, some steps are
repeated and some lead nowhere. Its leaves are drawn anew as often as a test likes: a program is run
on several sets of numbers. Elementwise ops are found by introspection; another op needs a maker in
MAKERS of `tensor_steps.py`, or `test_compile_random.py` turns red.

    flavour     "plain": all shapes; "batch": arguments with one size in front, and steps that
                mostly leave rows alone; "net": layers and a loss; "values" and "sample": Values
"""

from elementwise_steps import grow_elementwise, grow_identity, grow_pair, grow_repeated
from grower import Grower, Step, around_zero, label, probability, side
from micrograd_opt import Value
from micrograd_opt import functional as F
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Node
from tensor_steps import grow_tensor

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
        for _ in range(g.rng.choice((1, 1, 1, 2, 3))):
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
    elif kind < 0.65:
        grow_identity(g)
    elif kind < 0.72:
        grow_repeated(g)
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
