"""The second lowering of `compile`: whole lists. Each op of the table, each pass, readable text."""

import math
import random
import re

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, nn
from micrograd_opt import functional as F
from micrograd_opt.array.array import Array
from micrograd_opt.array.kernels import offsets
from micrograd_opt.compiler import Compiled
from micrograd_opt.compiler.items import Lists
from micrograd_opt.compiler.places import as_axes, as_slice, each, repeated, transposed
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op
from op_samples import SAMPLES

OPS = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}


def kernels(function, *off):
    """`function` compiled to whole lists."""
    return Compiled(function, off=("rows", *off))


def outcome(function, args, leaves):
    """The numbers of a loss and of the gradients of leaves."""
    for leaf in leaves:
        leaf.grad = None
    loss = function(*args)
    if not loss.requires_grad:
        return [loss.data.flat]
    loss.backward()
    return [loss.data.flat, *[leaf.grad.flat if leaf.grad is not None else [] for leaf in leaves]]


def assert_agree(function, args, leaves, *off):
    """Compiled and plain give the same numbers; the compiled function."""
    compiled = kernels(function, *off)
    found, expected = outcome(compiled, args, leaves), outcome(function, args, leaves)
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-12, nan_ok=True)
    return compiled


def sampled(name, seed):
    """Tensors for an op, and those among them that take gradients."""
    op, sample, rng = OPS[name], SAMPLES[name], random.Random(seed)
    if op.elementwise:
        rows = [sample.draw(rng) for _ in range(6)]
        args = [list(column) for column in zip(*rows, strict=True)]
        args = [[column[:3], column[3:]] for column in args]
    else:
        args = sample.draw(rng)
    free = [i for i in range(len(args)) if i not in sample.fixed]
    return [Tensor(a, requires_grad=i in free) for i, a in enumerate(args)]


@pytest.mark.parametrize("off", [(), ("fuse", "inline"), ("fold", "algebra", "common")], ids=str)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_op_of_the_table_agrees_with_eager(name, off):
    op, params = OPS[name], SAMPLES[name].params
    for seed in range(3):
        args = sampled(name, seed)
        weight = mo.randn(*op(*args, **params).shape, rng=random.Random(seed))

        def function(*args):
            return (op(*args, **params) * weight + 1.0).sum()  # noqa: B023

        assert_agree(function, args, args, *off)


# ---- passes: each does what it says, and without it the numbers are the same


def leaf(name, *shape, seed=0):
    """A parameter with a label."""
    made = mo.randn(*shape, rng=random.Random(seed), requires_grad=True)
    made.label = name
    return made


def doubled_sum(w):
    return ((w * 1.0 + 0.0) * w).sum()


def twice(w):
    return (w.exp() * 2.0 + w.exp()).sum()


def sigmoid_of(w):
    return w.sigmoid().exp().sum()


def masked(w):
    return ((w * 2.0).relu() * w).sum()


def halves(w):
    return (w[:, :2] * 3.0 + w[:, 2:].exp()).sum()


def moved(w):
    return w.permute(1, 0).reshape(3, 2, 2).permute(1, 2, 0).exp().sum()


def product(w):
    return (w @ w.T).exp().sum()


def weight(w):
    return (Tensor([[1.0, 2.0, 3.0, 4.0], [0.5, 1.5, 2.5, 3.5]]) @ w.T).tanh().sum()


def dot(w):
    return (w * w.detach().exp()).sum() ** 2.0


def constants(w):
    return (w * (w.detach() * 0.0 + 2.0)).sum()


# name: (function of a (3, 4) parameter, what stands in the text without the pass alone)
PASSES = {
    "fold": (lambda w: (w.sum() / 6.0), r"1\.0 / 6\.0"),
    "algebra": (doubled_sum, r"\* 1\.0|\+ 0\.0"),
    "slope": (sigmoid_of, r"neg = -w_i"),
    "common": (twice, r"(?s)exp\(w_i\).*exp\(w_i\)"),
    "masks": (masked, r"if not mul_i <= 0\.0"),
    "pads": (halves, r"\*\w+, 0\.0\]"),
    "takes": (moved, r"\[:\]"),
    "transposes": (product, r"take"),
    "turned": (weight, r"take|joined\(columns"),
    "dots": (dot, r"sum\("),
    "unroll": (weight, r"[^_]products\("),
    "fuse": (lambda w: (w * 2.0).exp().sum(), r"in \[w_i \* 2\.0"),
    "inline": (product, r"exp_2_rows = "),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_changes_the_text_and_not_the_numbers(name):
    function, without = PASSES[name]
    w = leaf("w", 3, 4)
    on = assert_agree(lambda: function(w), (), [w])
    off = assert_agree(lambda: function(w), (), [w], name)
    assert not re.search(without, on.source), on.source
    assert re.search(without, off.source), off.source


def test_slices_that_overlap_are_added_and_not_joined():
    w = leaf("w", 5)
    assert_agree(lambda: (w[:4].exp() + w[1:] * w[:4]).sum(), (), [w])


def test_transposed_products_of_a_batch_are_turned():
    w, x = leaf("w", 2, 3, 4), mo.randn(2, 4, 5, rng=random.Random(4))
    source = assert_agree(lambda x: ((x.mT @ w.mT).mT.exp()).sum(), (x,), [w]).source
    assert "exp(mm_i) for" not in source and "take(products" not in source


def test_a_product_used_twice_is_computed_once():
    w, x = leaf("w", 3, 4), mo.randn(2, 4, rng=random.Random(4))

    def function(x):
        y = x @ w.T
        return (y.exp().sum() + (y.T * 2.0).reshape(2, 3).tanh() * y).sum()

    forward = assert_agree(function, (x,), [w]).source.split("# gradient")[0]
    assert forward.split("def step")[1].count("products_4(") == 1


def test_what_is_stretched_for_two_loops_is_computed_once():
    w, x = leaf("w", 4), mo.randn(3, 4, rng=random.Random(4))

    def function(x):
        return ((w * x) * (x[0] + 1.0)).exp().sum()

    source = assert_agree(function, (x,), [w]).source
    assert source.count("+ 1.0") == 1 and source.count("add * 3") == 2


@pytest.mark.parametrize("off", [(), ("fuse",)], ids=str)
def test_a_number_for_every_turn_of_a_loop_is_computed_above_it(off):
    w = leaf("w", 4)
    source = assert_agree(lambda: (w * (w.sum() + 1.0) * (w.sum() - 2.0)).exp().sum(),
                          (), [w], *off).source  # fmt: skip
    assert re.search(r"(?m)^    \w+ = sum_2 \+ 1\.0$", source)
    assert_agree(lambda: ((w.sum() + 1.0) * 3.0).tanh(), (), [w], *off)
    source = assert_agree(lambda x: (x * (x.sum() + 1.0)).max(), (w.detach(),), [], *off).source
    assert re.search(r"(?m)^    \w+ = sum\(x\) \+ 1\.0$", source)


def test_what_nothing_needs_is_not_in_the_text():
    w = leaf("w", 3)

    def function():
        w.exp().tanh()
        return w.sum()

    assert "exp" not in assert_agree(function, (), [w]).source


def test_the_places_of_a_list_are_found_to_be_regular():
    assert as_slice((1, 3, 5)) == slice(1, 6, 2) and as_slice((2, 1)) is None
    assert repeated((0, 1, 0, 1), 2) == 2 and repeated((0, 1, 1, 0), 2) is None
    assert each((0, 0, 0, 1, 1, 1), 2) == 3 and each((0, 1, 0, 1), 2) is None
    assert transposed((0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11), 2, 3, 2)
    assert not transposed((0, 2, 1, 3), 1, 1, 4)
    start, axes = as_axes((5, 7, 6, 8, 9, 11, 10, 12))
    assert offsets(start, axes) == [5, 7, 6, 8, 9, 11, 10, 12]
    assert as_axes((0, 1, 4, 2)) is None and as_axes((3,)) is None


def test_rules_of_lists_by_hand():
    lists = Lists()
    x, y = lists.leaf(6, "x"), lists.leaf(6, "y")
    turned = lists.take(x, (0, 3, 1, 4, 2, 5))
    assert lists.take(turned, (0, 2, 4, 1, 3, 5)) is x
    assert lists.lanes(turned, 2) is lists.apply("columns", (x,), 3, 3)
    assert lists.take(lists.apply("join", (x, y), 12), (6, 8)) is lists.take(y, (0, 2))
    assert lists.literal([2.0, 2.0, 2.0]) is lists.const(2.0)
    assert lists.literal([2.0, -2.0]).size == lists.literal([0.0, -0.0]).size == 2
    assert lists.op("mul", x, lists.const(1.0)) is x
    assert lists.op("add", x, y) is lists.op("add", y, x)
    step = lists.op("step", x)
    assert step.args == (x,) and lists.op("relu", x).op == "relu"
    assert lists.op("step", x).args == (lists.op("relu", x),)
    assert lists.op("where", lists.op("step", x), y, 0.0).args[0] is lists.op("relu", x)


# ---- the text


def attention(x, w):
    """One head: rows of all places meet."""
    q, k, v = (x @ w[n].T for n in "qkv")
    mask = mo.tril(mo.ones(x.shape[0], x.shape[0]))
    scores = mo.where(mask, q @ k.mT / math.sqrt(x.shape[1]), -1e30)
    return ((F.softmax(scores) @ v).tanh() ** 2.0).mean()


def weights(*names, n=3):
    return {name: leaf(name, n, n, seed=i) for i, name in enumerate(names)}


def test_attention_is_written_in_lists_by_itself():
    w = weights("q", "k", "v")
    x = mo.randn(4, 3, rng=random.Random(9))
    compiled = Compiled(lambda x: attention(x, w))
    found = outcome(compiled, (x,), w.values())
    expected = outcome(lambda x: attention(x, w), (x,), w.values())
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-14)
    assert "joined(map(softmax, rows(" in compiled.source


def test_batch_statistics_are_written_in_lists_by_themselves():
    w, x = leaf("w", 3), mo.randn(6, 3, rng=random.Random(2))

    def function(x):
        return (((x - x.mean(0)) / (x.var(0) + 1e-5).sqrt() * w) ** 3.0).sum()

    compiled = Compiled(function)
    assert outcome(compiled, (x,), [w])[1] == pytest.approx(outcome(function, (x,), [w])[1], 1e-12)
    assert "columns(x, 3)" in compiled.source


def test_the_text_of_a_small_net_reads_like_the_lecture():
    model, rng = nn.MLP(2, [3, 1], rng=random.Random(0)), random.Random(1)
    x, t = mo.randn(4, 2, rng=rng), mo.randn(4, 1, rng=rng)

    def loss(x, t):
        return F.mse_loss(model(x), t)

    source = assert_agree(loss, (x, t), model.parameters()).source
    assert source.split("def step")[1] == NET


NET = """(x, t, layers_0_weight, layers_0_bias, layers_1_weight, layers_1_bias):
    [layers_1_bias_0] = layers_1_bias
    # relu (4, 3)
    relu = []
    for (layers_0_mm_i, layers_0_bias_i) in zip(
            products_2(rows(x, 2), [*rows(layers_0_weight, 2)]), layers_0_bias * 4,
    ):
        layers_0 = layers_0_mm_i + layers_0_bias_i
        relu.append(0.0 if layers_0 <= 0.0 else layers_0)
    # sub (4, 1)
    sub = [
        layers_1_mm_i + layers_1_bias_0 - t_i
        for layers_1_mm_i, t_i in zip(products_3(rows(relu, 3), [*rows(layers_1_weight, 3)]), t)
    ]
    div_2 = dot(sub, sub) / 4.0
    # gradient of sub (4, 1)
    d_sub = []
    for sub_i in sub:
        mul = 0.25 * sub_i
        d_sub.append(mul + mul)
    # gradient of layers_0 (4, 3)
    d_layers_0 = [
        d_relu_i if relu_i else 0.0
        for relu_i, d_relu_i in zip(relu, products_1(rows(d_sub, 1), [*rows(layers_1_weight, 1)]))
    ]
    d_layers_0_columns = columns(d_layers_0, 3)
    # gradient of layers_0_weight (3, 2)
    d_layers_0_weight = products_4(d_layers_0_columns, columns(x, 2))
    # gradient of layers_0_bias (3,)
    d_layers_0_bias = [*map(sum, d_layers_0_columns)]
    # gradient of layers_1_permute (3, 1)
    d_layers_1_weight = products_4(columns(relu, 3), [*rows(d_sub, 4)])
    # gradient of layers_1_bias (1,)
    d_layers_1_bias = sum(d_sub)
    outputs = [[div_2]]
    gradients = [d_layers_0_weight, d_layers_0_bias, d_layers_1_weight, [d_layers_1_bias]]
    return outputs, gradients
"""


def test_no_line_is_longer_than_a_page_is_wide():
    w = weights("q", "k", "v", "a_rather_long_name_of_a_weight", n=20)
    x = mo.randn(6, 20, rng=random.Random(9))

    def function(x):
        h = (x @ w["a_rather_long_name_of_a_weight"].T).softplus() * x + x.sigmoid()
        return attention(h, w)

    source = assert_agree(function, (x,), list(w.values())).source
    assert max(map(len, source.split("\n"))) <= 100


def test_every_statement_stands_below_what_it_reads_and_the_backward_below_the_forward():
    w = weights("q", "k", "v")
    x = mo.randn(4, 3, rng=random.Random(9))
    lines = assert_agree(lambda x: attention(x, w), (x,), list(w.values())).source.split("\n")
    forward = [i for i, line in enumerate(lines) if "# softmax" in line]
    backward = [i for i, line in enumerate(lines) if "# gradient of" in line]
    assert forward and backward and max(forward) < min(backward)


def test_a_number_that_is_expanded_is_never_a_list():
    w, b = leaf("w", 5), leaf("b")
    source = assert_agree(lambda: ((w * b + 3.0) * b).exp().sum(), (), [w, b]).source
    assert "* 5" not in source and "[3.0" not in source and "[b_0] = b" in source


def test_a_bias_is_repeated_and_a_column_stretched_without_a_list_of_their_own():
    b, c, x = leaf("b", 4), leaf("c", 3, 1), mo.randn(3, 4, rng=random.Random(3))
    source = assert_agree(lambda x: ((x + b) * c).exp().sum(), (x,), [b, c]).source
    assert "b * 3" in source and "each(c, 4)" in source


# ---- what has no spelling, and what goes wrong


@pytest.mark.parametrize("off", [(), ("fuse",), ("inline",)], ids=str)
def test_an_elementwise_op_of_the_users_own_works(off):
    swish = Op("swish", lambda g, z, x: g * (ops.sigmoid(x) + z * ops.sigmoid(-x)),
               on_floats=lambda x: x / (1.0 + math.exp(-x)),
               on_arrays=lambda x: Array([a / (1.0 + math.exp(-a)) for a in x.flat], x.shape),
               elementwise=True)  # fmt: skip
    w = leaf("w", 2, 3)
    compiled = assert_agree(lambda: (swish(w * 2.0) * w).sum(), (), [w], *off)
    assert "swish(" in compiled.source


def test_any_other_op_of_the_users_own_works_on_arrays():
    def scan(x, scale):
        total, out = 0.0, []
        for a in x.flat:
            total += a * scale
            out.append(total)
        return Array(out, x.shape)

    def back(g, z, x, scale):
        return cumulate(g[::-1], scale=scale)[::-1]

    cumulate = Op("cumulate!", back, on_arrays=scan)
    for n in (1, 4):
        w = leaf("w", n)
        compiled = assert_agree(lambda: (cumulate(w, scale=0.5) * w).sum(), (), [w])  # noqa: B023
        assert "cumulate_op_" in compiled.source


def test_ieee_answers_where_python_would_raise():
    w = leaf("w", 4)
    for numbers in ([0.0, 1000.0, -1.0, 2.0], [math.nan, math.inf, -math.inf, 1.0]):
        w.data = Array(numbers, (4,))
        for function in (
            lambda: (1.0 / w).sum(), lambda: w.exp().sum(), lambda: w.log().sum(),
            lambda: F.softmax(w).max(), lambda: F.log_softmax(w.reshape(2, 2))[0, 1],
            lambda: w.relu().sum(), lambda: w.max(), lambda: (w**0.5).sum(),
        ):  # fmt: skip
            assert_agree(function, (), [w])


@pytest.mark.parametrize("bad", [3.0, -1.0, 0.5, math.nan])
def test_an_index_out_of_range_is_named(bad):
    w = leaf("w", 3, 2)
    compiled = kernels(lambda i: ops.index_select(w, i).sum())
    assert compiled(Tensor([0.0, 2.0])).item() == pytest.approx((w[0] + w[2]).sum().item())
    with pytest.raises(ValueError, match="at place 1 is not one of 0 … 2"):
        compiled(Tensor([0.0, bad]))


def test_a_computed_index_is_checked_when_it_is_known():
    x = leaf("x", 2, 3)
    compiled = kernels(lambda i: x.gather(1, i * 2.0).sum())
    assert compiled(Tensor([[0.0], [1.0]])).item() == x.data.flat[0] + x.data.flat[5]
    with pytest.raises(ValueError, match="gather: 4 at place 1 is not one of 0 … 2"):
        compiled(Tensor([[0.0], [2.0]]))


# ---- what goes in and out


def test_values_are_numbers_to_a_program_of_lists():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    compiled = kernels(lambda x: (a * x + b).tanh() * a)
    for leaf_ in (a, b):
        leaf_.grad = 0.0
    compiled(0.5).backward()
    found = a.grad, b.grad
    a.grad = b.grad = 0.0
    ((a * 0.5 + b).tanh() * a).backward()
    assert found == pytest.approx((a.grad, b.grad), rel=1e-14)
    assert "[a, b] = values" in compiled.source or "[b, a] = values" in compiled.source


def test_several_outputs_come_back_as_they_were_returned():
    w = leaf("w", 2, 2)
    compiled = kernels(lambda x: {"loss": (w * x).sum(), "same": x, "parts": [x.T, x * 0.0 + 7.0]})
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    found = compiled(x)
    assert found["same"].tolist() == x.tolist()
    assert found["parts"][0].tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert found["parts"][1].tolist() == [[7.0, 7.0], [7.0, 7.0]]
    found["loss"].backward()
    assert w.grad.tolist() == x.tolist()


def test_under_no_grad_there_is_no_backward():
    w = leaf("w", 3)
    compiled = kernels(lambda: w.exp().sum())
    with mo.no_grad():
        assert compiled().item() == pytest.approx(w.exp().sum().item(), rel=1e-15)
    assert "gradients = []" in compiled.source


def test_empty_batches_and_single_rows():
    w = leaf("w", 3, 2)
    for n in (0, 1):
        x = mo.randn(n, 3, rng=random.Random(5))
        assert_agree(lambda x: (x @ w).sum() + w.sum(), (x,), [w])
