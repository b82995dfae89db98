"""jacobian, hessian and hvp against closed forms, each other and PyTorch."""

import random

import pytest

import micrograd_opt as mo
from micrograd_opt.engine.derivatives import hessian, hvp, jacobian


def leaves():
    rng = random.Random(3)
    return (
        mo.randn(3, 2, rng=rng, requires_grad=True),
        mo.randn(2, rng=rng, requires_grad=True),
    )


def curved(x, y):
    return (x @ y).tanh().sum() * y.exp().sum()


def test_the_hessian_of_a_quadratic_is_its_matrix():
    a = mo.Tensor([[2.0, 1.0], [1.0, 3.0]])
    x = mo.Tensor([5.0, -7.0], requires_grad=True)
    assert hessian(lambda x: 0.5 * (x @ a @ x), x).tolist() == a.tolist()


def test_the_hessian_of_values_is_rows_of_values():
    x, y = mo.Value(2.0), mo.Value(3.0)
    rows = hessian(x * x * y, (x, y))
    assert [[h.data for h in row] for row in rows] == [[6.0, 4.0], [4.0, 0.0]]


def test_a_linear_function_has_a_zero_hessian():
    x = mo.Tensor([1.0, 2.0], requires_grad=True)
    assert hessian(lambda x: (3.0 * x).sum(), x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda v: v * 3.0, mo.Value(1.0)).data == 0.0


def test_a_jacobian_has_the_shape_of_the_output_then_the_input():
    x, y = leaves()
    by_x, by_y = jacobian(lambda x, y: x * y, (x, y))
    assert by_x.shape == (3, 2, 3, 2) and by_y.shape == (3, 2, 2)
    assert by_x[1, 1, 1, 1].item() == y.data.flat[1] and by_x[1, 1, 0, 1].item() == 0.0
    assert by_y[2, 0].tolist() == [x.data.flat[4], 0.0]


def test_hvp_is_the_hessian_times_v():
    x, y = leaves()
    v = (mo.randn(3, 2, rng=random.Random(5)), mo.randn(2, rng=random.Random(6)))
    (xx, xy), (yx, yy) = hessian(curved, (x, y))
    expected = (
        (xx * v[0]).sum((2, 3)) + (xy * v[1]).sum(2),
        (yx * v[0]).sum((1, 2)) + (yy * v[1]).sum(1),
    )
    for product, want in zip(hvp(curved, (x, y), v), expected, strict=True):
        assert product.data.flat == pytest.approx(want.data.flat, rel=1e-12)


def test_hvp_of_a_value_takes_a_number():
    x = mo.Value(2.0)
    assert hvp(x * x * x, x, 10.0).data == 120.0


def test_hvp_refuses_a_v_that_does_not_match():
    x = mo.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="1 inputs but 2 parts|1 input"):
        hvp(lambda x: (x * x).sum(), (x,), (1.0, 2.0))
    with pytest.raises(ValueError, match=r"v .*\(3, 1\).*|do not broadcast|does not match"):
        hvp(lambda x: (x * x).sum(), x, mo.ones(3, 1))


def test_create_graph_gives_third_derivatives():
    x = mo.Value(2.0)
    second = hessian(x**4, x, create_graph=True)
    assert mo.grad(second, x).data == 48.0


def test_hessian_and_jacobian_equal_pytorch():
    torch = pytest.importorskip("torch")
    x, y = leaves()
    tx, ty = (torch.tensor(t.tolist(), dtype=torch.float64) for t in (x, y))

    def torch_curved(x, y):
        return (x @ y).tanh().sum() * y.exp().sum()

    theirs = torch.autograd.functional.hessian(torch_curved, (tx, ty))
    ours = hessian(curved, (x, y))
    for our_row, their_row in zip(ours, theirs, strict=True):
        for our_block, their_block in zip(our_row, their_row, strict=True):
            assert our_block.shape == tuple(their_block.shape)
            assert our_block.data.flat == pytest.approx(their_block.flatten().tolist(), abs=1e-12)
