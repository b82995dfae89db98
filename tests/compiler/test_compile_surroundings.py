"""What a function finds outside its arguments may change: numbers, parameters, modules, modes."""

import copy
import pickle
import random
from functools import partial

import pytest
from compiling import assert_same, weights

from micrograd_opt import Tensor, Value, nn, optim
from micrograd_opt.compiler import compile
from micrograd_opt.engine.state import counts

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


class Inherits(Scaled):
    pass


class Extends(Scaled):
    def forward(self, x):
        return super().forward(x) + 1.0


@pytest.mark.parametrize("kind", [Inherits, Extends])
def test_a_global_that_an_inherited_method_reads_may_change(monkeypatch, kind):
    model, x = kind(), weights(3, 2)
    compiled = compile(model)
    assert_same(compiled, model, (x,), model.parameters())
    monkeypatch.setitem(globals(), "SCALE", -1.0)
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


@pytest.mark.parametrize(
    "before, after",
    [(3.0, 4.0), (2, 3), ("relu", "tanh"), (None, 2.0), (Tensor([2.0]), Tensor([3.0]))],
)
def test_a_plain_attribute_of_a_module_takes_effect_at_once(before, after):
    model, x = Sized(before), weights(2)
    compiled = compile(model)
    assert_same(compiled, model, (x,), [model.w])
    model.size = after
    assert_same(compiled, model, (x,), [model.w])
    model.size = before
    assert_same(compiled, model, (x,), [model.w])


class Sized(nn.Module):
    """Computes with an attribute that is a number, a string, None or a constant."""

    def __init__(self, size):
        self.w, self.size = nn.Parameter([0.3, -0.7]), size

    def forward(self, x):
        if isinstance(self.size, str):
            return getattr(x * self.w, self.size)().sum()
        return (x * self.w).sum() * (1.0 if self.size is None else self.size)


class Counting(nn.Module):
    """Notes its calls, and what it computed: nothing that it computes with."""

    def __init__(self):
        self.w, self.calls, self.seen = nn.Parameter([0.3, -0.7]), 0, []

    def forward(self, x):
        self.calls += 1
        self.input, self.output = x, x * self.w
        self.seen.append(self.output)
        return self.output.sum()


def test_what_forward_itself_notes_asks_for_no_other_program():
    model = Counting()
    compiled = compile(model)
    for n in (1, 2, 3, 1, 2, 3):
        compiled(weights(n, 2))
    assert model.calls == 6  # two for each program
    model.w = nn.Parameter([1.0, 2.0])
    assert_same(compiled, model, (weights(1, 2),), [model.w])


def test_training_a_model_counts_no_edits():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    x = weights(4, 2)
    model(x)
    before = counts.module_edits
    for mode in (True, False, True):
        model.train(mode)
        model.output, model[1].eps = model(x), 1e-5
        model(x).sum().backward()
        model.zero_grad()
    assert counts.module_edits == before


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


# ---- copies


class Trained(nn.Module):
    """Holds its own loss, compiled, and a training step."""

    def __init__(self):
        self.linear = nn.Linear(2, 1, rng=random.Random(0))
        self.compiled = compile(self.loss)
        self.step = compile(self.loss, optimizer=optim.Adam(self.parameters(), lr=0.1))

    def loss(self, x):
        return (self.linear(x) ** 2).mean()


@pytest.mark.parametrize("calls", [0, 3])
def test_a_copy_of_a_model_computes_with_its_own_parameters(calls):
    model, x = Trained(), weights(3, 2)
    for _ in range(calls):
        model.compiled(x).backward()
        model.step(x)
    other, again = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    before = model.state_dict()
    assert_same(other.compiled, other.loss, (x,), other.parameters())
    losses = [[m.step(x).item() for _ in range(4)] for m in (other, again, model)]
    assert losses[0] == losses[1] == losses[2] and before != model.state_dict()
    assert other.state_dict() == model.state_dict()
    assert copy.deepcopy(model.compiled)(x).item() == model.compiled(x).item()


def test_a_copy_of_a_compiled_closure_is_of_the_same_function():
    w = Value(2.0)
    compiled = compile(lambda x: w * x)
    compiled(3.0)
    for other in (copy.copy(compiled), copy.deepcopy(compiled)):
        assert other.programs == 0 and other.loss_fn is compiled.loss_fn
        w.data = w.data + 1.0
        assert other(3.0).data == compiled(3.0).data == 3.0 * w.data
        assert compiled.programs == 1


def test_switching_between_modes_and_frozen_parameters_goes_back_to_the_programs_there_are():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5))
    compiled = compile(lambda x: model(x).sum())
    x, (weight, _) = weights(4, 2), model.parameters()
    for _ in range(3):
        for mode in (model.train, model.eval):
            for weight.requires_grad in (True, False):
                mode()
                compiled(x)
    assert compiled.programs == 4
    model.eval()
    assert_same(compiled, lambda x: model(x).sum(), (x,), model.parameters())


def test_a_program_of_a_module_that_was_edited_is_dropped():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    compiled = compile(lambda x: model(x).sum())
    for k in range(3):
        model.scale = float(k)
        compiled(weights(1, 2))
    assert compiled.programs == 1
