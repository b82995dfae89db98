"""What a function finds outside its arguments may change: numbers, parameters, modules, modes."""

import random
from functools import partial

import pytest
from compiling import assert_same, weights

from micrograd_opt import Tensor, Value, nn
from micrograd_opt.compiler import compile

SCALE = 2.0  # a global that tests change
WEIGHT = None


# ---- closures and globals


def test_a_number_in_the_closure_or_among_the_globals_may_change(monkeypatch):
    factor, w = 3.0, Value(2.0)

    def loss(x):
        return w * x * factor * SCALE

    compiled = compile(loss)
    assert_same(compiled, loss, (1.5,), [w])
    factor = 5.0
    assert_same(compiled, loss, (1.5,), [w])
    monkeypatch.setitem(globals(), "SCALE", -1.0)
    assert_same(compiled, loss, (1.5,), [w])
    factor, before = 3.0, compiled.programs
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert_same(compiled, loss, (1.5,), [w])
    assert compiled.programs == before == 3


def test_a_number_of_the_closure_may_come_after_some_calls():
    w = Value(2.0)

    def loss(x, scaled):
        return w * x * factor if scaled else w * x

    compiled = compile(loss)
    for _ in range(3):
        assert_same(compiled, loss, (1.5, False), [w])
    factor = 3.0
    assert_same(compiled, loss, (1.5, True), [w])
    factor = 4.0
    assert_same(compiled, loss, (1.5, True), [w])


def test_a_parameter_in_the_closure_or_among_the_globals_may_be_another(monkeypatch):
    w = Value(2.0)
    monkeypatch.setitem(globals(), "WEIGHT", Value(3.0))

    def loss(x):
        return w * x * WEIGHT

    compiled = compile(loss)
    assert_same(compiled, loss, (1.5,), [w, WEIGHT])
    w = Value(-1.0)
    assert_same(compiled, loss, (1.5,), [w, WEIGHT])
    monkeypatch.setitem(globals(), "WEIGHT", Value(7.0))
    assert_same(compiled, loss, (1.5,), [w, WEIGHT])


def test_a_model_in_the_closure_may_be_another():
    model = nn.Linear(2, 1, rng=random.Random(0))

    def loss(x):
        return model(x).sum()

    compiled, x = compile(loss), weights(3, 2)
    assert_same(compiled, loss, (x,), model.parameters())
    model = nn.Linear(2, 1, rng=random.Random(1))
    assert_same(compiled, loss, (x,), model.parameters())


def helper(x):
    return x * SCALE


def test_a_global_that_a_helper_reads_may_change(monkeypatch):
    def loss(x):
        return helper(x)

    compiled = compile(loss)
    assert_same(compiled, loss, (Value(1.5),))
    monkeypatch.setitem(globals(), "SCALE", -1.0)
    assert_same(compiled, loss, (Value(1.5),))


class Scaler:
    def __call__(self, x):
        return self.scaled(x)

    def scaled(self, x):
        return helper(x)


@pytest.mark.parametrize(
    "function",
    [
        partial(helper), partial(lambda f, x: f(x), helper), Scaler(), Scaler().scaled,
        lambda x, f=helper: f(x),
    ],
)  # fmt: skip
def test_a_global_of_what_is_no_plain_function_may_change(monkeypatch, function):
    compiled = compile(function)
    assert_same(compiled, function, (Value(1.5),))
    monkeypatch.setitem(globals(), "SCALE", -1.0)
    assert_same(compiled, function, (Value(1.5),))


# ---- modules


class Scaled(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(2, 1, rng=random.Random(0))

    def forward(self, x):
        return self.linear(x).sum() * SCALE


def test_a_global_that_a_module_reads_may_change(monkeypatch):
    model, x = Scaled(), weights(3, 2)
    for compiled in (compile(model), compile(lambda x: model(x))):
        assert_same(compiled, model, (x,), model.parameters())
        monkeypatch.setitem(globals(), "SCALE", SCALE - 3.0)
        assert_same(compiled, model, (x,), model.parameters())


def test_train_and_eval_of_a_module_count():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5, random.Random(0)), nn.Linear(4, 1))
    compiled, x = compile(lambda x: model(x).sum()), weights(2, 3)
    assert len({compiled(x).item() for _ in range(6)}) > 1
    model.eval()
    assert_same(compiled, lambda x: model(x).sum(), (x,), model.parameters())
    model.train()
    assert len({compiled(x).item() for _ in range(6)}) > 1
    assert compiled.programs <= 2


def test_a_layer_may_be_replaced():
    model = nn.MLP(2, [3, 1], rng=random.Random(0))
    compiled, x = compile(lambda x: model(x).sum()), weights(4, 2)

    def plain(x):
        return model(x).sum()

    assert_same(compiled, plain, (x,), model.parameters())
    model.layers[0] = nn.Linear(2, 3, rng=random.Random(9))
    assert_same(compiled, plain, (x,), model.parameters())
    model.layers = [nn.Linear(2, 1, rng=random.Random(8))]
    assert_same(compiled, plain, (x,), model.parameters())
    model.layers[0].weight = nn.Parameter([[1.0, 2.0]])
    assert_same(compiled, plain, (x,), model.parameters())


# ---- parameters, buffers and constants


def test_buffers_and_constants_from_outside_are_read_at_each_call():
    shift, w = Tensor([1.0, 2.0]), weights(2)

    def loss(x):
        return (w * (x - shift)).sum()

    compiled, x = compile(loss), weights(2, seed=2)
    assert_same(compiled, loss, (x,), [w])
    shift.data = [5.0, -7.0]
    assert_same(compiled, loss, (x,), [w])
    assert compiled.programs == 1


def test_parameters_are_read_at_each_call():
    w, v = weights(2), Value(3.0)
    for leaf, function, data in (
        (w, lambda x: (w * x).relu().sum(), [[1.0, -2.0], [-3.0, 4.0], [0.0, 0.0]]),
        (v, lambda x: (v * x).relu(), [2.0, -1.0, 0.0]),
    ):
        compiled = compile(function)
        for new in data:
            leaf.data = new
            assert_same(compiled, function, (2.0,), [leaf])
        assert compiled.programs == 1


def test_a_parameter_that_stops_to_want_gradients_gets_none():
    w, v = weights(2), weights(2, seed=2)

    def loss(x):
        return (w * x + v).sum()

    compiled, x = compile(loss), Tensor([1.0, 2.0])
    assert_same(compiled, loss, (x,), [w, v])
    w.requires_grad = False
    assert_same(compiled, loss, (x,), [w, v])
    w.requires_grad = True
    assert_same(compiled, loss, (x,), [w, v])
