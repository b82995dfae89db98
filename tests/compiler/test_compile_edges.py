"""At the edge, compiled is as plain: numbers near overflow, no rows, unknown ops, any label."""

import itertools
import random
from functools import partial

import pytest
from compiling import KINDS, assert_same, weights

import micrograd_opt as mo
from elementwise_steps import ELEMENTWISE, places
from micrograd_opt import Tensor, Value, nn
from micrograd_opt import functional as F
from micrograd_opt.array.array import Array, elementwise
from micrograd_opt.compiler import Compiled, compile
from micrograd_opt.engine import graph

# ---- numbers


EDGES = [0.0, -0.0, 1.0, -1.0, float("inf"), -float("inf"), float("nan"), 1e308, 5e-324, 800.0]


@KINDS
@pytest.mark.parametrize("name", ["gelu", *(x for x, op in ELEMENTWISE.items() if places(op) == 1)])
def test_a_function_answers_as_ieee_does_when_compiled(name, off):
    function = ELEMENTWISE.get(name) or getattr(F, name)
    v = Value(1.0)

    def loss(x):
        return function(x * v)

    compiled = Compiled(loss, off=(*off, "guards"))
    for x in EDGES:
        assert_same(compiled, loss, (Value(x),), [v])


@KINDS
@pytest.mark.parametrize("function", [
    lambda x, y: x / y, lambda x, y: x**y, mo.maximum, mo.minimum, lambda x, y: x * y - y,
    lambda x, y: mo.where(x > y, x, y) + (x == y if isinstance(x, Tensor) else x),
])  # fmt: skip
def test_a_function_of_two_answers_as_ieee_does_when_compiled(function, off):
    compiled = Compiled(function, off=(*off, "guards"))
    for x in EDGES:
        for y in EDGES:
            assert_same(compiled, function, (Value(x), Value(y)))


@KINDS
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_softmax_and_cross_entropy_keep_to_ieee_with_few_rows_and_wild_logits(off, rows):
    def loss(x):
        return F.softmax(x, 1).sum() + F.log_softmax(x, 1).sum()

    compiled = Compiled(loss, off=off)
    rng = random.Random(0)
    for _ in range(10):
        data = [[rng.choice(EDGES) for _ in range(3)] for _ in range(rows)]
        x = Tensor(data if rows else Array([], (0, 3)), requires_grad=True)
        assert_same(compiled, loss, (x,))


@KINDS
def test_cross_entropy_of_infinite_and_nan_logits_is_as_plain(off):
    compiled = Compiled(F.cross_entropy, off=off)
    for row in itertools.product([1.0, float("inf"), -float("inf"), float("nan")], repeat=3):
        for label in (0, 2):
            x = Tensor([row, [0.0, 1.0, 2.0]], requires_grad=True)
            assert_same(compiled, F.cross_entropy, (x, Tensor([label, 1])))


@pytest.mark.parametrize(
    "loss, choices",
    [
        (lambda x: x.sigmoid().sum(), 2),
        (lambda x: x.sigmoid().mean(), 2),
        (lambda x: (x.sigmoid() * x).sum(), 2),
        (lambda x: x.tanh().sum(), 0),
        (lambda x: x.tanh().mean(), 0),
        (lambda x: (x.tanh() ** 2).sum(), 2),
    ],
)
def test_the_slope_of_sigmoid_and_tanh_is_one_quotient(loss, choices):
    compiled = compile(loss)
    for data in ([[-800.0, 0.3]], [[20.0, -0.0]], [[float("inf"), 7.0]], [[-3.0, 1e-9]]):
        assert_same(compiled, loss, (Tensor(data, requires_grad=True),))
    assert compiled.source.count(" if ") == choices  # with σ(−u) it would be 2 more


@KINDS
def test_a_batch_without_rows_is_as_plain(off):
    model = nn.MLP(2, [3, 2], rng=random.Random(0))

    def loss(x):
        return (model(x) ** 2).sum()

    x = Tensor(Array([], (0, 2)), requires_grad=True)
    assert_same(Compiled(loss, off=off), loss, (x,), model.parameters())
    with pytest.raises(ValueError, match="empty"):
        Compiled(lambda x: F.mse_loss(x, x * 2.0), off=off)(x)


# ---- ops and names


def test_an_op_that_has_no_spelling_and_is_in_no_table_works():
    def cubed(x):
        return x * x * x

    cube = graph.Op(
        "cube", lambda g, z, x: g * x * x * 3.0,
        on_floats=cubed, on_arrays=partial(elementwise, cubed), elementwise=True,
    )  # fmt: skip
    w, v = Value(2.0), weights(3)

    def values(x):
        return cube(w * x)

    def tensors(x):
        return cube(v * x).sum()

    for off in ((), ("rows",)):
        assert_same(Compiled(values, off=off), values, (1.5,), [w])
        assert_same(Compiled(tensors, off=off), tensors, (weights(2, 3),), [v])


@pytest.mark.parametrize("label", "out_0|d_x|x|step|sum|for|1 + 2||é|_".split("|"))
def test_any_label_does_for_a_name(label):
    w = Tensor([1.0, 2.0], requires_grad=True, label=label)
    v = Tensor([3.0, 4.0], requires_grad=True, label=label)

    def loss(x):
        return (w * x * x * v).sum(), w * x

    for off in ((), ("rows",)):
        x = Tensor([0.5, 1.5], requires_grad=True)
        assert_same(Compiled(loss, off=off), loss, (x,), [w, v])


# ---- names that a program means otherwise


@KINDS
@pytest.mark.parametrize("name", ["outputs", "gradients", "step", "products", "rows", "zip", "lr"])
def test_an_argument_and_a_parameter_may_be_called_like_a_part_of_the_program(name, off):
    given = {"F": F}
    exec(f"def loss({name}): return (w * {name}).sum() + F.softmax({name} @ w, 0).max()", given)
    given["w"] = w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label=name)
    assert_same(Compiled(given["loss"], off=off), given["loss"], (Tensor([[5.0, 6.0]] * 2),), [w])


@pytest.mark.parametrize("name", ["outputs", "gradients", "updates", "loss", "n"])
def test_a_gradient_that_is_a_parameter_of_such_a_name_is_that_parameter(name):
    v, w = Value(3.0), Value(2.0, label=name)
    assert_same(Compiled(lambda: v * w), lambda: v * w, (), [v, w])
