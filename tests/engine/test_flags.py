"""Flags are True or False, seeds whole numbers: anything else is an error by name.

A flag that takes "no" for true, or the 3 of `Tensor(2, 3)`, is an argument misunderstood.
"""

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, data, nn, optim
from micrograd_opt import functional as F

X = Tensor([[1.0, 2.0], [3.0, 4.0]])
DATA = data.TensorDataset(X, Tensor([0.0, 1.0]))


def squares():
    w = Tensor([1.0, 2.0], requires_grad=True)
    return w, (w * w).sum()


def fit(**options):
    model = nn.MLP(2, [2])
    return mo.fit(model, F.cross_entropy, optim.SGD(model.parameters()), DATA, epochs=1, **options)


FLAGS = {
    "Tensor: requires_grad": lambda x: Tensor([1.0], x),
    "requires_grad": lambda x: mo.zeros(2, requires_grad=x),
    "sum: keepdim": lambda x: X.sum(0, keepdim=x),
    "mean: keepdim": lambda x: X.mean(0, keepdim=x),
    "var: unbiased": lambda x: X.var(0, unbiased=x),
    "var: keepdim": lambda x: X.var(0, keepdim=x),
    "max: keepdim": lambda x: X.max(0, keepdim=x),
    "argmax: keepdim": lambda x: X.argmax(0, keepdim=x),
    "grad: create_graph": lambda x: mo.grad(*squares()[::-1], create_graph=x),
    "dropout: training": lambda x: F.dropout(X, 0.5, training=x),
    "Linear: bias": lambda x: nn.Linear(2, 3, bias=x),
    "BatchNorm1d: affine": lambda x: nn.BatchNorm1d(2, affine=x),
    "MLP, train: mode": lambda x: nn.MLP(2, [2]).train(x),
    "load_state_dict: strict": lambda x: nn.MLP(2, [2]).load_state_dict({}, strict=x),
    "clip_grad_norm_: error_if_nonfinite": lambda x: nn.utils.clip_grad_norm_(
        [squares()[0]], 1.0, error_if_nonfinite=x
    ),
    "DataLoader: shuffle": lambda x: data.DataLoader(DATA, shuffle=x),
    "DataLoader: drop_last": lambda x: data.DataLoader(DATA, drop_last=x),
    "RandomSampler: replacement": lambda x: data.RandomSampler(DATA, x),
    "make_moons: shuffle": lambda x: data.make_moons(10, shuffle=x),
    "fit: progress": lambda x: fit(progress=x),
    "fit: compile": lambda x: fit(compile=x, progress=False),
    "draw: values": lambda x: mo.draw(squares()[1], values=x),
    "draw: roll": lambda x: mo.draw(squares()[1], roll=x),
    "draw: constants": lambda x: mo.draw(squares()[1], constants=x),
    "draw: leaves": lambda x: mo.draw(squares()[1], leaves=x),
    "draw: two_nodes": lambda x: mo.draw(squares()[1], two_nodes=x),
    "draw: blanks": lambda x: mo.draw(squares()[1], blanks=x),
    "SGD, group 0: nesterov": lambda x: optim.SGD([squares()[0]], momentum=0.9, nesterov=x),
}


@pytest.mark.parametrize("other", ["no", 1, 0, 3.0, [True]], ids=repr)
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(name, other):
    with pytest.raises(TypeError) as error:
        FLAGS[name](other)
    said = str(error.value)
    assert said.startswith(name) and "True or False" in said and repr(other) in said


@pytest.mark.parametrize("other", ["x", 1.5, None, True], ids=repr)
def test_a_seed_is_a_whole_number(other):
    with pytest.raises(TypeError, match="fit: seed must be a whole number, got"):
        fit(seed=other)


@pytest.mark.parametrize("diagonal", [0.5, "1", True], ids=repr)
def test_a_diagonal_is_a_whole_number(diagonal):
    for cut in (mo.tril, mo.triu):
        with pytest.raises(TypeError, match="diagonal must be a whole number"):
            cut(X, diagonal)


def test_a_title_is_a_text():
    with pytest.raises(TypeError, match="title must be a str"):
        mo.draw(squares()[1], title=3)


def test_sizes_that_are_no_list_are_pointed_to_it():
    for call in (lambda: Tensor(2, 3), lambda: Tensor([1, 2], "x")):
        with pytest.raises(TypeError, match=r"numbers stand in one list, .* a name is label="):
            call()


@pytest.mark.parametrize("order", [0, True, 1.5, "2"], ids=repr)
def test_an_order_of_derivatives_is_counted_from_1(order):
    with pytest.raises((TypeError, ValueError), match="gradcheck: order must be"):
        mo.gradcheck(lambda x: x * x, Value(2.0), order=order)
