"""gradcheck: passes what is right, names what is wrong, leaves the data as they were."""

import pytest

import micrograd_opt as mo
from micrograd_opt.engine import ops
from micrograd_opt.engine.gradcheck import GradcheckError, gradcheck


def test_it_passes_right_gradients_of_several_inputs_and_outputs():
    x = mo.Tensor([[0.3, -1.2], [2.0, 0.7]], requires_grad=True)
    y = mo.Tensor([0.5, -0.4], requires_grad=True)
    assert gradcheck(lambda x, y: [(x @ y).tanh(), x.exp() * y], (x, y), order=3)


def test_it_passes_values():
    a, b = mo.Value(1.5), mo.Value(-0.5)
    assert gradcheck(lambda a, b: a * b + (a / b).sin(), [a, b], order=2)


def test_it_names_the_input_and_the_element_that_is_wrong(monkeypatch):
    x = mo.Tensor([1.0, 2.0], requires_grad=True)
    monkeypatch.setattr(ops.sin, "vjps", (lambda g, z, x: g * ops.cos(x) * 1.001,))
    with pytest.raises(GradcheckError, match="input 0, element 0: backprop gives"):
        gradcheck(lambda x: x.sin(), x)


def test_order_2_finds_a_wrong_second_derivative(monkeypatch):
    x = mo.Value(0.5)
    monkeypatch.setattr(ops.cos, "vjps", (lambda g, z, x: g * ops.sin(x),))
    assert gradcheck(lambda x: x.sin(), x)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.sin(), x, order=2)


def test_the_data_are_put_back_even_when_the_function_raises():
    x = mo.Tensor([1.0, 2.0], requires_grad=True)
    calls = []

    def fails_at_the_third_call(x):
        calls.append(x)
        if len(calls) == 3:
            raise ZeroDivisionError
        return x * x

    with pytest.raises(ZeroDivisionError):
        gradcheck(fails_at_the_third_call, x)
    assert x.tolist() == [1.0, 2.0] and x.grad is None


def test_an_input_without_gradient_is_refused():
    with pytest.raises(ValueError, match="input 0.*requires_grad"):
        gradcheck(lambda x: x * x, mo.Tensor([1.0]))
    x = mo.Value(1.0)
    with pytest.raises(ValueError, match="must be a leaf"):
        gradcheck(lambda x: x * x, x * 2)
