"""What `compile` refuses, with a word on what to use, and leaves as it was before."""

import copy
import itertools
import random

import pytest
from compiling import assert_same, weights

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, nn
from micrograd_opt.compiler import compile
from micrograd_opt.engine.state import is_grad_enabled, recorder, state

# ---- what reads a traced number


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
    assert recorder() is None


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


# ---- what a program would do once, or not at all


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


# ---- what it makes anew at each call


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
    assert recorder() is None


# ---- errors of its own


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
        assert recorder() is None and is_grad_enabled() and state()[1] is None
        assert_same(compiled, loss, (2.0, False), [w])
    with pytest.raises(ValueError, match="shapes"):
        compile(lambda x: w * x)(Tensor([1.0, 2.0]))
    assert recorder() is None
