"""What `compile` refuses, and what it must not freeze: each call is as the plain one would be."""

import copy
import itertools
import random
from functools import partial
from typing import NamedTuple

import pytest
from agreement import Outcome, agree, leaves_of

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, graph, nn, no_grad, ops
from micrograd_opt import functional as F
from micrograd_opt.array import Array
from micrograd_opt.compiler import Compiled, compile

KINDS = pytest.mark.parametrize("off", [(), ("rows",)], ids=["rows", "kernels"])
SCALE = 2.0  # a global that tests change
WEIGHT = None


def weights(*shape, seed=1):
    return mo.randn(*shape, rng=random.Random(seed), requires_grad=True)


def assert_same(compiled, plain, args, parameters=()):
    leaves = [*parameters, *leaves_of(args)]
    expected, found = Outcome(plain, args, leaves), Outcome(compiled, args, leaves)
    wrong = agree(found, expected, leaves)
    assert wrong is None, wrong


# ---- what reads a traced number is refused


x, vector = Value(1.5), Tensor([1.0, 2.0])
READS = {
    "if of a Value": (lambda x: x if x > 0 else -x, x),
    "if of a Tensor": (lambda x: x if x > 0 else -x, Tensor(1.0)),
    "if of a comparison of two": (lambda x: x if x * x >= x + 1.0 else -x, x),
    "and": (lambda x: x and x * 2.0, x),
    "not": (lambda x: x * (not x), x),
    "bool": (lambda x: x * bool(x), x),
    "float": (lambda x: x * float(x), x),
    "int": (lambda x: x * int(x.data), x),
    "round": (lambda x: x * round(float(x)), x),
    "item": (lambda x: x * x.item(), x),
    "data": (lambda x: x * x.data, x),
    "data of a result": (lambda x: x * (x + 1.0).data, x),
    "data of a constant result": (lambda x: x * (x.detach() + 1.0).data, x),
    "tolist": (lambda x: (x * x.tolist()).sum(), vector),
    "item of a Tensor": (lambda x: x * x.sum().item(), vector),
    "a place in a list": (lambda x: x * [1.0, 2.0][int(x.item())], x),
    "range": (lambda x: sum(x for _ in range(int(float(x)))), x),
    "max": (lambda x: max(x, x * 2.0), x),
    "min": (lambda x: min([x, x * 2.0]), x),
    "sorted": (lambda x: sorted([x, x * 2.0])[0], x),
    "max of a Tensor": (lambda x: max(x), vector),
    "a slice": (lambda x: vector[: int(x.item())].sum() * x, Tensor(1.0)),
    "a format": (lambda x: x * len(f"{x:.3f}"), x),
    "a copy": (lambda x: copy.copy(x) * 2.0, x),
    "a deep copy of a Tensor": (lambda x: copy.deepcopy(x).sum(), vector),
    "one_hot of a size to be found": (lambda x: mo.one_hot(x).sum(), vector),
}


@pytest.mark.parametrize("function, argument", READS.values(), ids=READS)
def test_a_function_that_reads_a_traced_number_is_refused(function, argument):
    compiled = compile(function)
    with pytest.raises(TypeError) as error:
        compiled(argument)
    assert "compile: the function reads the number" in str(error.value)
    assert graph.state.trace is None


def test_a_choice_by_a_traced_number_names_the_remedy():
    w = Value(1.0, label="w")
    with pytest.raises(TypeError, match=r"where\(\), maximum\(\), minimum\(\) or relu\(\)"):
        compile(lambda: w if w > 0 else -w)()
    with pytest.raises(TypeError, match="result of mul"):
        compile(lambda x: x * float(x * w))(2.0)
    with pytest.raises(TypeError, match="gather, ops.index_select, one_hot or cross_entropy"):
        compile(lambda x, i: x[int(i.item())])(vector, 1)


def test_the_choices_that_the_message_names_are_not_refused():
    w = Value(-0.5)
    for function in (
        lambda x: mo.where(x > w, x, w * x),
        lambda x: mo.maximum(x, w) * x,
        lambda x: mo.minimum(x, w) * x,
        lambda x: (x * w).relu() + w,
    ):
        compiled = compile(function)
        for number in (2.0, -2.0, -0.5):
            assert_same(compiled, function, (number,), [w])


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x if y == 1 else -x,
        lambda x, y: x if y != 1 else -x,
        lambda x, y: x if y + 1.0 == 2 else -x,
        lambda x, y: x if 1 in [x, y] else -x,
        lambda x, y: x if y == x else -x,
    ],
)
def test_numbers_are_not_compared_by_the_identity_of_the_values_that_stand_for_them(function):
    assert function(Value(1.0), 1.0)
    with pytest.raises(TypeError, match="by ==.* where"):
        compile(function)(1.0, 1)
    with pytest.raises(TypeError, match="by ==.* where"):
        compile(function, batched=True)([1.0, 2.0], [1, -1])


def test_values_are_compared_with_what_is_no_number_as_ever():
    w = Value(2.0)

    def loss(x, mode):
        assert w == w and w in [w] and (x != "mean") and x != None  # noqa: E711
        return w * x if mode == "mean" else w

    assert_same(compile(loss), loss, (Value(1.5), "mean"), [w])


def test_an_error_of_another_kind_is_told_what_numbers_are_while_it_is_traced():
    with pytest.raises(TypeError, match="list indices") as error:
        compile(lambda x: x * [1.0, 2.0][x])(1)
    assert "gather" in "".join(error.value.__notes__)


def test_an_assignment_of_data_inside_is_refused():
    w = Value(1.0)

    def steps(x):
        w.data = 2.0
        return w * x

    with pytest.raises(TypeError, match=r"assigns \.data"):
        compile(steps)(1.0)
    assert w.data == 1.0


def test_batch_normalisation_in_training_is_refused_and_keeps_its_statistics():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    compiled = compile(lambda x: model(x).sum())
    x = weights(4, 2)
    with pytest.raises(TypeError, match=r"\(the result of div in module 1\)"):
        compiled(x)
    assert model[1].running_mean.tolist() == [0.0, 0.0, 0.0]
    model.eval()
    assert_same(compiled, lambda x: model(x).sum(), (x,), model.parameters())


def test_backward_inside_is_refused():
    w = Value(1.0)

    def loss(x):
        z = w * x
        z.backward()
        return z

    with pytest.raises(TypeError, match=r"backward\(\); return the loss"):
        compile(loss)(1.0)
    assert w.grad == 0.0


def test_a_compiled_function_inside_another_is_refused_in_its_first_call_and_later():
    inner = compile(lambda x: x * x)
    outer = compile(lambda x: inner(x) + x)
    with pytest.raises(RuntimeError, match="compile the outer one"):
        outer(Value(2.0))
    for x in (Value(2.0), 2.0):
        inner(x)
        with pytest.raises(RuntimeError, match="compile the outer one"):
            outer(x)


def test_what_returns_no_node_is_refused():
    for result in (None, 3.0, "loss", [], {"loss": 1.0}):
        with pytest.raises(TypeError, match="returned"):
            compile(lambda x, result=result: result)(Value(2.0))
    with pytest.raises(TypeError, match="expected a function"):
        compile(Value(1.0))


def test_an_error_in_the_function_leaves_no_trace_behind():
    w = weights(3)

    def loss(x, fail):
        if fail:
            raise KeyError("mine")
        return (w * x).sum()

    compiled = compile(loss)
    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            compiled(2.0, True)
        assert graph.state.trace is None and graph.state.recording and graph.state.module is None
        assert_same(compiled, loss, (2.0, False), [w])
    with pytest.raises(ValueError, match="shapes"):
        compile(lambda x: w * x)(Tensor([1.0, 2.0]))
    assert graph.state.trace is None


# ---- what changes between calls is not frozen


@KINDS
def test_labels_are_read_at_each_call(off):
    w, x = weights(3, 4), weights(5, 4)

    def loss(x, y):
        return F.cross_entropy(x @ w.T, y)

    compiled = Compiled(loss, off=off)
    for y in ([0, 1, 2, 1, 0], [2, 2, 2, 2, 2]):
        assert_same(compiled, loss, (x, Tensor(y)), [w])
    assert compiled.programs == 1


@KINDS
def test_labels_out_of_range_are_refused_at_every_call(off):
    compiled = Compiled(lambda x, y: F.cross_entropy(x, y), off=off)
    x = weights(2, 3)
    compiled(x, Tensor([0, 2]))
    for wrong in ([0, 3], [-1, 0], [0.5, 1.0], [float("nan"), 0.0]):
        for function in (compiled, Compiled(F.cross_entropy, off=off)):  # later, and at first
            with pytest.raises(ValueError, match="cross_entropy: .* is not one of 0 … 2"):
                function(x, Tensor(wrong))


@KINDS
def test_labels_as_a_list_of_ints_and_as_an_int_are_read_at_each_call(off):
    w, x = weights(3, 4), weights(2, 4)

    def loss(x, y):
        return F.cross_entropy(x @ w.T, y)

    compiled = Compiled(loss, off=off)
    for y in ([0, 1], [2, 1]):
        assert_same(compiled, loss, (x, y), [w])

    def one(x, y):
        return F.cross_entropy(x @ w.T, y)

    compiled = Compiled(one, off=off)
    for y in (0, 2):
        assert_same(compiled, one, (weights(4), y), [w])


@KINDS
def test_row_indices_are_read_at_each_call(off):
    table = weights(5, 2)

    def loss(rows):
        return (ops.index_select(table, rows) ** 2).sum()

    compiled = Compiled(loss, off=off)
    for rows in ([0, 3, 3], [1, 4, 2]):
        assert_same(compiled, loss, (Tensor(rows),), [table])
    with pytest.raises((ValueError, IndexError)):
        compiled(Tensor([0, 5, 1]))


def test_a_label_of_values_is_read_at_each_call():
    w = [Value(0.5), Value(-1.0), Value(2.0)]

    def loss(x, y):
        return F.cross_entropy([x * v for v in w], y)

    for compiled in (compile(loss), Compiled(loss, off=("rows",))):
        for y in (0, 2, 1):
            assert_same(compiled, loss, (1.5, y), w)
        for wrong in (3, -1, 0.5):
            with pytest.raises(ValueError):
                loss(Value(1.5), wrong)
            with pytest.raises(ValueError):
                compiled(1.5, wrong)


@KINDS
def test_a_number_as_an_argument_is_read_at_each_call(off):
    w, v = weights(3), Value(2.0)

    def tensors(x, decay):
        return (w * x).sum() + decay * (w * w).sum()

    def values(x, decay):
        return v * x + decay * v * v

    for function, x, leaf in ((tensors, weights(3), w), (values, Value(1.0), v)):
        compiled = Compiled(function, off=off)
        for decay in (0.1, 2, 0.0):
            assert_same(compiled, function, (x, decay), [leaf])
        assert compiled.programs == 1


def test_a_number_beside_parameters_alone_is_read_at_each_call():
    w = weights(3)

    def loss(decay):
        return decay * (w * w).sum()

    compiled = compile(loss)
    for decay in (0.1, 2, 0.0):
        assert_same(compiled, loss, (decay,), [w])


def dropped(rng):
    return lambda x: (F.dropout(x * x, 0.5, rng=rng) + mo.rand(4, 3, rng=rng) * x).sum()


@KINDS
def test_dropout_and_rand_draw_anew_and_the_numbers_that_the_plain_function_draws(off):
    x = weights(4, 3)
    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = Compiled(dropped(ours), off=off), dropped(theirs)
    losses = set()
    for _ in range(4):
        leaves = [x]
        found, expected = Outcome(compiled, (x,), leaves), Outcome(plain, (x,), leaves)
        assert agree(found, expected, leaves) is None
        losses.add(found.outputs[0][0])
    assert len(losses) == 4
    assert ours.getstate() == theirs.getstate()


def test_what_is_drawn_and_not_used_is_drawn_all_the_same():
    def loss_with(rng):
        def loss(x):
            mo.rand(2, rng=rng)
            return (x * mo.randn(3, rng=rng)).sum()

        return loss

    x = weights(3)
    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = compile(loss_with(ours)), loss_with(theirs)
    for _ in range(3):
        assert compiled(x).item() == pytest.approx(plain(x).item(), rel=1e-12)


def test_dropout_of_values_draws_anew():
    w = [Value(1.0), Value(2.0)]

    def loss_with(rng):
        return lambda x: sum(F.dropout([v * x for v in w], 0.5, rng=rng))

    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = compile(loss_with(ours)), loss_with(theirs)
    found = [compiled(1.5).data for _ in range(8)]
    assert found == [plain(Value(1.5)).data for _ in range(8)]
    assert len(set(found)) > 2


def test_the_numbers_of_the_library_drawn_by_the_random_module_are_drawn_anew():
    compiled = compile(lambda x: (x * mo.rand(3)).sum())
    x = weights(3)
    assert len({compiled(x).item() for _ in range(5)}) == 5


turn, two = itertools.count(1), (Value(1.0), Value(2.0))
FROZEN = {
    "random.random()": lambda x: x * random.random(),
    "a choice": lambda x: x * random.choice([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
    "a counter": lambda x: x * next(turn),
    "a choice of ops": lambda x: x.relu() if next(turn) % 2 else x.tanh(),
    "more steps each time": lambda x: sum(x for _ in range(next(turn))),
    "a constant of another size": lambda x: (Tensor([1.0] * next(turn)) * x.sum()).sum(),
    "an exponent": lambda x: x ** next(turn),
    "one parameter in turn": lambda x: two[next(turn) % 2] * x,
}


@pytest.mark.parametrize("function", FROZEN.values(), ids=FROZEN)
def test_what_the_function_makes_anew_at_each_call_is_refused(function):
    x = Tensor(2.0) if "Tensor" in function.__code__.co_names else Value(2.0)
    with pytest.raises(TypeError, match="argument"):
        compile(function)(x)
    assert graph.state.trace is None


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


class Scaled(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(2, 1, rng=random.Random(0))

    def forward(self, x):
        return self.linear(x).sum() * SCALE


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


# ---- gradients


@KINDS
def test_a_gradient_flows_to_an_argument_that_wants_one(off):
    w = weights(2)

    def loss(x):
        return ((w * x) ** 2).sum()

    compiled = Compiled(loss, off=off)
    for wants in (True, False, True):
        x = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=wants)
        assert_same(compiled, loss, (x,), [w])
        assert (x.grad is not None) is wants


@KINDS
def test_one_node_given_twice_and_found_outside_sums_its_gradients(off):
    w = weights(3)

    def loss(x, y):
        return (w * x * y).sum() + (x - 2.0 * y).sum()

    assert_same(Compiled(loss, off=off), loss, (w, w), [w])
    v = Value(3.0)

    def scalar(x, y):
        return v * x * y + x - 2.0 * y

    assert_same(Compiled(scalar, off=off), scalar, (v, v), [v])


@KINDS
def test_detached_and_ungraded_parts_give_no_gradient_and_are_not_frozen(off):
    w, v = weights(3), Value(2.0)

    def graded(w, x):
        with no_grad():
            scale = (w * x).exp()
        return w * x.detach() * scale + x.detach() * 3.0 + (w * 2.0).detach() * x

    def tensors(x):
        return graded(w, x).sum()

    def values(x):
        return graded(v, x)

    for function, leaf, args in (
        (tensors, w, [weights(3, seed=s) for s in (2, 3)]),
        (values, v, [Value(0.5), Value(-0.25)]),
    ):
        compiled = Compiled(function, off=off)
        for x in args:
            assert_same(compiled, function, (x,), [leaf])
            leaf.data = leaf.data * 0.5
        assert compiled.programs == 1


@KINDS
def test_a_gradient_penalty_is_differentiated_again(off):
    w, v = weights(3, 2), Value(0.7)

    def tensors(x):
        z = (x @ w).tanh().sum()
        slope = mo.grad(z, x, create_graph=True)
        return z + (slope * slope).sum()

    def values(x):
        z = (x * v).tanh()
        slope = mo.grad(z, x, create_graph=True)
        return z + slope * slope

    for function, leaf, args in (
        (tensors, w, [weights(4, 3, seed=s) for s in (2, 3)]),
        (values, v, [Value(0.5), Value(-0.25)]),
    ):
        compiled = Compiled(function, off=off)
        for x in args:
            assert_same(compiled, function, (x,), [leaf])


def test_a_gradient_without_a_graph_is_a_constant_that_is_computed_anew():
    v = Value(0.7)

    def loss(x):
        z = (x * v).tanh()
        return z * mo.grad(z, x)

    compiled = compile(loss)
    for number in (0.5, -0.25):
        assert_same(compiled, loss, (Value(number),), [v])


def test_under_no_grad_the_call_computes_the_loss_alone():
    w, x = weights(3), weights(3, seed=2)
    compiled = compile(lambda x: (w * x).relu().sum())
    with no_grad():
        loss = compiled(x)
    assert not loss.requires_grad and loss._prev == ()
    assert "gradient of" not in compiled.source
    assert loss.item() == compiled(x).item()
    assert "gradient of" in compiled.source or "d_p" in compiled.source
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        loss.backward()


def test_several_outputs_come_back_as_the_function_gave_them():
    w = weights(3)

    def tuple_of(x):
        return (w * x).sum(), w * x, 3.0

    def list_of(x):
        return [(w * x).sum(), [w * x]]

    def dict_of(x):
        return {"loss": (w * x).sum(), "scores": w * x, "name": "mine"}

    for function in (tuple_of, list_of, dict_of):
        x = weights(3, seed=2)
        assert_same(compile(function), function, (x,), [w])
        found = compile(function)(x)
        assert type(found) is type(function(x))
    assert compile(tuple_of)(x)[2] == 3.0
    found = compile(dict_of)(x)
    assert found["name"] == "mine" and not found["scores"].requires_grad


@KINDS
def test_an_output_that_is_not_scalar_is_computed_forward_only(off):
    w = weights(3)
    compiled = Compiled(lambda x: w * x, off=off)
    for x in (2.0, weights(4, 3)):
        found, expected = compiled(x), w * x
        assert found.tolist() == expected.tolist() and not found.requires_grad


@KINDS
def test_an_output_that_is_an_argument_or_a_parameter_is_its_value(off):
    w = weights(3)
    compiled = Compiled(lambda x: ((w * x).sum(), x, w), off=off)
    x = weights(3, seed=3)
    _, first, second = compiled(x)
    assert first.tolist() == x.tolist() and second.tolist() == w.tolist()
    loss = Compiled(lambda x: x, off=off)(Tensor(3.0, requires_grad=True))
    assert loss.item() == 3.0


def test_a_second_backward_adds_the_same_again():
    w, v = weights(3), Value(2.0)
    for loss, leaf in (
        (compile(lambda x: (w * w * x).sum())(1.5), w),
        (compile(lambda x: v * v * x)(1.5), v),
    ):
        loss.backward()
        once = leaf.grad
        loss.backward()
        assert leaf.grad == once + once


def test_gradients_accumulate_over_calls():
    w = Value(2.0)
    compiled = compile(lambda x: w * x)
    for x in (1.0, 10.0, 100.0):
        compiled(x).backward()
    assert w.grad == 111.0


@pytest.mark.parametrize("leaf", [Value(2.0), Tensor([1.0, 2.0], requires_grad=True)], ids=repr)
def test_a_parameter_changed_before_backward_is_an_error_and_writes_nothing(leaf):
    other = Value(1.0) if isinstance(leaf, Value) else Tensor(1.0, requires_grad=True)

    def square(x):
        z = leaf * leaf * x * other
        return z if isinstance(z, Value) else z.sum()

    loss = compile(square)(3.0)
    before = leaf.grad
    leaf.data = leaf.data * 2.0
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()
    assert leaf.grad == before and other.grad == other._no_grad
    with pytest.raises(RuntimeError, match="was changed after"):
        (loss * 2.0).backward()


def test_a_changed_argument_is_stale_as_well():
    w, x = Value(2.0), Value(3.0)
    loss = compile(lambda x: w * x)(x)
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


@KINDS
def test_the_result_composes_with_plain_nodes(off):
    w, v = weights(3), Value(2.0)

    def tensors(x):
        return (w * x).tanh().sum()

    def values(x):
        return (v * x).tanh()

    for function, leaf, x in ((tensors, w, weights(3, seed=2)), (values, v, Value(0.5))):
        compiled = Compiled(function, off=off)

        def whole(x, inner, leaf=leaf):
            penalty = leaf * leaf
            penalty = penalty if isinstance(penalty, Value) else penalty.sum()
            return inner(x) * inner(x) * 3.0 + 0.01 * penalty

        leaves = [leaf, x]
        expected = Outcome(lambda x, f=function, w=whole: w(x, f), (x,), leaves)
        found = Outcome(lambda x, f=compiled, w=whole: w(x, f), (x,), leaves)
        assert agree(found, expected, leaves) is None


def test_grad_of_the_result_is_the_gradient_and_has_no_second():
    w, x = weights(3), weights(3, seed=2)
    compiled = compile(lambda x: (w * x).tanh().sum())
    expected = mo.grad((w * x).tanh().sum(), w)
    assert mo.grad(compiled(x), w).tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert w.grad is None
    with pytest.raises(RuntimeError, match="no second derivative"):
        mo.grad(compiled(x), w, create_graph=True)
    v = Value(2.0)
    loss = compile(lambda x: v * v * x)(3.0)
    assert mo.grad(loss, v).data == 12.0
    assert mo.grad(loss * 2.0, (v,))[0].data == 24.0


def test_the_gradient_that_arrives_scales_what_is_handed_on():
    w = weights(2)
    loss = compile(lambda x: (w * x).sum())(Tensor([1.0, 2.0]))
    loss.backward(3.0)
    assert w.grad == Array([3.0, 6.0], (2,))


def test_a_node_that_the_function_does_not_use_gets_no_gradient():
    w, x, unused = weights(2), weights(2, seed=2), weights(2, seed=3)
    compile(lambda x, y: (w * x).sum())(x, unused).backward()
    assert unused.grad is None and w.grad is not None


# ---- the cache


def test_forty_shapes_in_a_thousand_calls_keep_the_cache_bounded():
    w = weights(2)

    def loss(x):
        return (x * w).sum() / x.shape[0]

    compiled = compile(loss)
    rng = random.Random(0)
    for _ in range(1000):
        n = rng.randint(1, 40)
        x = Tensor([[float(i), 2.0] for i in range(n)])
        found = compiled(x).item()
        assert found == pytest.approx(loss(x).item(), rel=1e-12)
    assert 1 < compiled.programs <= 32


def test_a_signature_is_shapes_structure_bools_and_strings():
    w = weights(2)
    traced = []

    def loss(x, mode, scale):
        traced.append(mode)
        y = w * x * scale
        return (y if mode == "plain" else y.relu()).sum() if isinstance(x, Tensor) else w.sum()

    compiled = compile(loss)
    for args in [
        (Tensor([1.0, -2.0]), "plain", 1.0), (Tensor([3.0, -4.0]), "plain", 2.0),
        (Tensor([1.0, -2.0]), "relu", 1.0), (Tensor([[1.0, -2.0]]), "plain", 1.0),
        (Tensor([1.0, -2.0]), "plain", True),
    ]:  # fmt: skip
        assert_same(compiled, loss, args, [w])
    assert compiled.programs == 4


def test_a_number_and_a_string_are_two_signatures():
    w = Value(2.0)

    def loss(x):
        return w * 3.0 if isinstance(x, str) else w * x

    compiled = compile(loss)
    for x in (2.0, "number", "float", 4.0):
        assert_same(compiled, loss, (x,), [w])


class Pair(NamedTuple):
    first: object
    second: object


def test_named_tuples_are_arguments_and_results():
    w = Value(2.0)

    def loss(pair):
        return Pair(w * pair.first + pair.second, w + 1.0)

    result = compile(loss)(Pair(3.0, 4.0))
    assert type(result) is Pair and [x.data for x in result] == [10.0, 3.0]


def test_a_prepared_program_runs_at_the_first_call():
    w = Value(2.0)
    compiled = compile(lambda x: w * x)
    compiled.prepare(1.0)
    source = compiled.source
    assert compiled.programs == 1 and w.grad == 0.0
    with pytest.raises(RuntimeError, match="call it once first"):
        compiled.save("step.py")
    assert compiled(3.0).data == 6.0 and compiled.programs == 1 and compiled.source is not None
    assert compiled.source == source
    with pytest.raises(TypeError, match="reads the number"):
        compile(lambda x: w if x > 0 else x).prepare(1.0)


def test_lists_and_dicts_of_nodes_and_numbers_are_arguments():
    w = Value(2.0)

    def loss(pair, options):
        return (pair[0] * w + pair[1]) * options["scale"] + options["rest"][0]

    compiled = compile(loss)
    for k in (1.0, 3.0):
        args = ([Value(k), 2.0 * k], {"scale": k, "rest": (Value(k), None)})
        assert_same(compiled, loss, args, [w])
    assert compiled.programs == 1


def test_an_op_that_has_no_spelling_and_is_in_no_table_works():
    from functools import partial

    from micrograd_opt.array import elementwise

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


# ---- numbers at the edge


EDGES = [0.0, -0.0, 1.0, -1.0, float("inf"), -float("inf"), float("nan"), 1e308, 5e-324, 800.0]


@KINDS
@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sigmoid", "softplus", "sin",
                                  "relu", "abs", "log1p", "erfc", "gelu"])  # fmt: skip
def test_a_function_answers_as_ieee_does_when_compiled(name, off):
    function = getattr(F, name, None) or getattr(ops, name, None) or ops.abs_
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


# ---- batched


def neuron(w, b):
    return lambda x, y: (1.0 - y * (w[0] * x[0] + w[1] * x[1] + b).tanh()).relu()


def test_a_batched_function_is_the_mean_over_samples_given_in_any_form():
    w, b = [Value(0.5), Value(-1.5)], Value(0.25)
    loss = neuron(w, b)
    compiled = compile(loss, batched=True)
    xs, ys = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], [1.0, -1.0, 1.0]

    def mean(xs, ys):
        return sum(map(loss, xs, ys)) / len(xs)

    leaves = [*w, b]
    expected = Outcome(lambda: mean(xs, ys), (), leaves)
    for given in (
        (xs, ys), (Tensor(xs), Tensor(ys)), (list(map(tuple, xs)), ys), (Array.of(xs), tuple(ys)),
        (xs, [1, -1, 1]), (xs, [Value(y) for y in ys]), ([list(map(Value, x)) for x in xs], ys),
    ):  # fmt: skip
        assert agree(Outcome(compiled, given, leaves), expected, leaves) is None
    assert compiled.programs == 1


def test_batches_of_another_size_run_the_same_program():
    w = Value(2.0)
    compiled = compile(lambda x: w * x * x, batched=True)
    for n in (1, 2, 7):
        xs = [float(i) for i in range(n)]
        w.grad = 0.0
        loss = compiled(xs)
        loss.backward()
        mean = sum(x * x for x in xs) / n
        assert (loss.data, w.grad) == pytest.approx((2.0 * mean, mean), rel=1e-12)
    assert compiled.programs == 1


def test_samples_of_another_form_are_another_program():
    w = Value(2.0)
    compiled = compile(lambda x: w * sum(map(sum, x)) if isinstance(x[0], list) else w * x[0],
                       batched=True)  # fmt: skip
    assert compiled([[1.0, 2.0, 3.0, 4.0]]).data == 2.0
    assert compiled(Tensor([[[1.0, 2.0], [3.0, 4.0]]])).data == 20.0
    number = compile(lambda x: w * (x[0] if isinstance(x, list) else x * 3.0), batched=True)
    assert number([[1.0], [3.0]]).data == 4.0
    assert number([1.0, 3.0]).data == 12.0


def test_a_batched_call_names_what_does_not_fit():
    compiled = compile(lambda x, y: x[0] * y, batched=True)
    with pytest.raises(ValueError, match="empty"):
        compiled([], [])
    with pytest.raises(ValueError, match="y has 1 samples, the first argument has 2"):
        compiled([[1.0], [2.0]], [1.0])
    with pytest.raises(ValueError, match="rows of x differ in length"):
        compiled([[1.0], [2.0, 3.0]], [1.0, 2.0])
    with pytest.raises(TypeError, match="list of samples"):
        compiled(3.0, [1.0])
    with pytest.raises(TypeError, match="samples"):
        compiled()
    with pytest.raises(TypeError):
        compiled([["a"], ["b"]], [1.0, 2.0])
    assert graph.state.trace is None


def test_a_batched_function_that_mixes_what_one_loop_cannot_says_so_or_works():
    w = Value(2.0)
    compiled = Compiled(lambda x: w * x, batched=True, off=("rows",))
    try:
        assert compiled([1.0, 3.0]).data == 4.0
    except (TypeError, RuntimeError) as error:
        assert "batched" in str(error)
