"""What a compiled function says of a wrong argument: in the words of the plain one, or a remedy."""

import math

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F
from micrograd_opt.compiler import Compiled, compile

KINDS = pytest.mark.parametrize("off", [(), ("rows",)], ids=["rows", "kernels"])
WEIGHT = Tensor([[1.0, 10.0], [2.0, 20.0]], requires_grad=True)


@pytest.mark.parametrize("y", [1.0, 2, Tensor(1.0), Value(1.0)])
def test_one_number_in_place_of_a_batch_is_refused_with_the_size_that_is_expected(y):
    w = Value(2.0)
    compiled = compile(lambda x, y: (w * x[0] - y) ** 2, batched=True)
    with pytest.raises(TypeError, match="y is one number, not a batch of 2 .* argument in a list"):
        compiled([1.0, 2.0], y)  # one sample, not a list of one
    assert compiled([[1.0, 2.0]], [1.0]).data == 1.0


def test_an_optimizer_in_the_place_of_batched_is_refused():
    with pytest.raises(TypeError, match="batched is True or False, got SGD.*; see optimizer="):
        compile(lambda x: x, mo.optim.SGD([Value(1.0)]))


def test_a_function_of_tensors_that_is_called_batched_names_the_remedy():
    compiled = compile(lambda x, y: F.cross_entropy(x @ WEIGHT, y), batched=True)
    with pytest.raises(TypeError, match="expected a real number, got Value") as error:
        compiled(Tensor([[1.0, 2.0]]), [1])
    assert "compile it with batched=False" in "".join(error.value.__notes__)


@pytest.mark.parametrize("x", [Value(1.5), Tensor(1.5)], ids=["Value", "Tensor"])
def test_int_of_a_traced_number_is_refused_as_float_is(x):
    for function in (lambda x: x * int(x), lambda x: x * int(x > 0.0)):
        with pytest.raises(TypeError, match="compile: the function reads the number in a traced"):
            compile(function)(x)


@KINDS
@pytest.mark.parametrize("labels", [[0, 2], [-1, 0], [0, 0.5], [1, math.nan]])
def test_a_label_out_of_range_is_told_in_the_words_of_the_plain_function(labels, off):
    compiled = Compiled(lambda y: F.cross_entropy(WEIGHT, y), off=off)
    compiled(Tensor([0, 1]))
    with pytest.raises(ValueError, match="cross_entropy: label .* at place . is not") as expected:
        F.cross_entropy(WEIGHT, labels)
    with pytest.raises(ValueError) as error:
        compiled(Tensor(labels))
    assert str(error.value) == str(expected.value)


def test_a_label_in_a_list_of_values_is_named_with_its_place():
    model = mo.nn.scalar.MLP(2, [3])

    def loss(x, y):
        return F.cross_entropy([model(row) for row in x], y)

    compiled, x = compile(loss), [[1.0, 2.0], [0.0, 1.0]]
    compiled(x, [0, 2])
    for function in (loss, compiled):
        with pytest.raises(ValueError, match="cross_entropy: label 5 at place 1 is not one of"):
            function(x, [0, 5])


def test_lists_of_numbers_where_a_tensor_is_meant_name_the_remedy():
    compiled = compile(lambda x: (x @ WEIGHT).sum())
    rows = [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(TypeError, match="expected a real number, got Value") as error:
        compiled(rows)
    assert "stand for Values; pass Tensors" in "".join(error.value.__notes__)
    assert compiled(Tensor(rows)).item() == (Tensor(rows) @ WEIGHT).sum().item()


def test_numbers_in_lists_beside_tensors_found_elsewhere_are_each_its_own():
    def loss(x, y):
        return (WEIGHT * y[0] + x["a"][1]).sum()

    compiled = compile(loss)
    for x, y in (({"a": [2.0, 3.0]}, [4.0, 5.0]), ({"a": [7.0, 8.0]}, [-1.0, 0.0])):
        assert compiled(x, y).item() == loss(x, y).item()
    assert compiled.programs == 1


@KINDS
@pytest.mark.parametrize(
    "row", [[1.0, math.inf], [-math.inf, 1.0, 2.0], [math.inf, -math.inf, 0.5], [0.0, 1000.0]]
)
def test_cross_entropy_of_values_with_an_infinite_logit_is_as_the_plain_one(row, off):
    compiled = Compiled(F.cross_entropy, off=off)
    for label in range(len(row)):
        found = []
        for function in (F.cross_entropy, compiled):
            logits = [Value(x) for x in row]
            loss = function(logits, label)
            loss.backward()
            found.append([loss.data, *[x.grad for x in logits]])
        assert found[1] == pytest.approx(found[0], rel=1e-14, nan_ok=True)


def test_a_step_whose_loss_reaches_only_some_parameters_is_a_step_all_the_same():
    w, other = Value(3.0), Value(1.0)
    step = compile(lambda x: (w * x) ** 2, optimizer=mo.optim.SGD([w, other], lr=0.25))
    assert [step(1.0).data for _ in range(3)] == [9.0, 2.25, 0.5625]
    assert other.data == 1.0
