"""lists_of_values: what lets activations and losses take lists of Values beside Tensors."""

import inspect
import random

import pytest

from micrograd_opt import Tensor, Value, functional
from micrograd_opt import functional as F
from micrograd_opt.functional import activations, layers, losses


def values(x):
    return [values(e) for e in x] if isinstance(x, list) else Value(x)


def data(x):
    return [data(e) for e in x] if isinstance(x, list) else x.data


def grads(x):
    return [grads(e) for e in x] if isinstance(x, list) else x.grad


@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("dim", [0, 1, 2, -2])
def test_softmax_runs_along_any_dim_of_lists_of_values(f, dim):
    rng = random.Random(1)
    numbers = [[[rng.gauss(0, 3) for _ in range(4)] for _ in range(3)] for _ in range(2)]
    x, lists = Tensor(numbers, requires_grad=True), values(numbers)
    out = f(lists, dim)
    assert all(
        a == pytest.approx(b, rel=1e-14)
        for rows, peers in zip(data(out), f(x, dim).tolist(), strict=True)
        for a, b in zip(rows, peers, strict=True)
    )
    f(x, dim)[0, 1, 2].backward()
    out[0][1][2].backward()
    for rows, peers in zip(grads(lists), x.grad.tolist(), strict=True):
        for row, peer in zip(rows, peers, strict=True):
            assert row == pytest.approx(peer, rel=1e-12, abs=1e-15)


def test_ragged_lists_of_values_are_refused_with_the_place():
    v = Value(1.0)
    with pytest.raises(ValueError, match=r"ragged lists: data\[1\] has 1 elements.*have 2"):
        F.relu([[v, v], [v]])
    with pytest.raises(TypeError, match=r"data\[0\]\[1\]: expected a real number, got str"):
        F.mse_loss([[v, v]], [[1.0, "a"]])


def test_a_loss_of_values_is_a_value_where_the_picked_element_is_a_constant():
    loss = F.nll_loss([Value(-1.0), -2.0], 1)
    assert isinstance(loss, Value) and loss.data == 2.0


def test_tuples_and_numbers_may_stand_in_the_lists_and_lists_come_out():
    out = F.tanh((Value(0.0), 0))
    assert isinstance(out, list) and data(out) == [0.0, 0.0]
    assert data(F.mse_loss((Value(1.0), 3), (1, 1), "none")) == [0.0, 4.0]


def test_labels_may_be_values():
    rows = values([[0.0, 2.0], [3.0, 1.0]])
    expected = F.cross_entropy(rows, [1, 0]).data
    assert F.cross_entropy(rows, [Value(1.0), Value(0.0)]).data == expected
    assert F.cross_entropy(rows, Tensor([1.0, 0.0])).data == expected


def test_an_activation_keeps_its_name_and_its_signature():
    assert F.gelu.__name__ == "gelu" and "Hendrycks" in F.gelu.__doc__
    assert str(inspect.signature(F.leaky_relu)) == "(x, negative_slope=0.01)"
    assert F.leaky_relu(Value(-1.0), negative_slope=0.5).data == -0.5
    assert F.leaky_relu(x=Value(-1.0)).data == -0.01


@pytest.mark.parametrize("file", [activations, layers, losses], ids=lambda file: file.__name__)
def test_the_room_offers_every_public_function_of_its_files(file):
    defined = {
        name
        for name, x in vars(file).items()
        if inspect.isfunction(x) and x.__module__ == file.__name__ and name[0] != "_"
    }
    assert defined == set(file.__all__) <= set(functional.__all__)
