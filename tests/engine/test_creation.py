"""Tensors from a shape and from other Tensors, against values by hand and PyTorch."""

import random
from fractions import Fraction
from math import inf, nan

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value

# ---- from a shape


def test_zeros_ones_full_and_eye():
    assert mo.zeros(2, 3).tolist() == [[0.0] * 3] * 2
    assert mo.ones((2, 1)).tolist() == [[1.0], [1.0]]
    assert mo.full((2,), 7).tolist() == mo.full(2, 7).tolist() == [7.0, 7.0]
    assert mo.eye(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert mo.eye(2, 3).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_a_shape_may_be_empty_or_hold_a_zero():
    assert mo.zeros().item() == mo.zeros(()).item() == 0.0
    assert mo.zeros(2, 0).shape == mo.randn(2, 0).shape == (2, 0)
    assert mo.eye(0).shape == (0, 0)
    assert mo.eye(2, 0).shape == (2, 0)
    assert mo.full([], 3.0).item() == 3.0


def test_a_shape_may_come_from_numpy():
    np = pytest.importorskip("numpy")
    assert mo.zeros(np.int64(2), 3).shape == (2, 3)
    assert mo.full(np.int64(2), np.float32(1)).tolist() == [1.0, 1.0]


MAKERS = [
    lambda **kw: mo.zeros(2, **kw),
    lambda **kw: mo.ones(2, **kw),
    lambda **kw: mo.full(2, 1.0, **kw),
    lambda **kw: mo.eye(2, **kw),
    lambda **kw: mo.arange(2, **kw),
    lambda **kw: mo.linspace(0, 1, 2, **kw),
    lambda **kw: mo.randn(2, **kw),
    lambda **kw: mo.rand(2, **kw),
]


@pytest.mark.parametrize("make", MAKERS)
def test_requires_grad_is_off_unless_asked_for(make):
    assert not make().requires_grad
    x = make(requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("call, error, message", [
    (lambda: mo.zeros(-1), ValueError, r"shape \(-1,\) has a negative size"),
    (lambda: mo.zeros(-2, -3), ValueError, "negative size"),
    (lambda: mo.randn(2, -1), ValueError, "negative size"),
    (lambda: mo.zeros(2.0), TypeError, "zeros: sizes must be ints, got 2.0"),
    (lambda: mo.ones(True), TypeError, "ones: sizes must be ints, got True"),
    (lambda: mo.full(2.5, 1.0), TypeError, "full: sizes must be ints, got 2.5"),
    (lambda: mo.full("ab", 1.0), TypeError, "full: sizes must be ints, got 'ab'"),
    (lambda: mo.full(2, "1"), TypeError, "expected a real number, got str"),
    (lambda: mo.full(2, Value(1.0)), TypeError, "its gradient would be lost"),
    (lambda: mo.eye(2.5), TypeError, "eye: sizes must be ints"),
    (lambda: mo.arange(0, 1, 0), ValueError, "step not 0"),
    (lambda: mo.arange(nan), ValueError, "all finite"),
    (lambda: mo.arange(0, inf), ValueError, "all finite"),
    (lambda: mo.arange("3"), TypeError, "expected a real number, got str"),
    (lambda: mo.linspace(0, 1, 2.0), TypeError, "linspace: sizes must be ints"),
    (lambda: mo.linspace(0, 1, -1), ValueError, "negative size"),
    (lambda: mo.linspace(None, 1, 2), TypeError, "expected a real number"),
    (lambda: mo.rand(2, rng=42), TypeError, "rng: expected a random.Random, got 42"),
    (lambda: mo.randn(2, rng=0), TypeError, "rng: expected a random.Random, got 0"),
])  # fmt: skip
def test_a_wrong_argument_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- ranges


def test_arange_stops_short_of_its_end():
    assert mo.arange(3).tolist() == [0.0, 1.0, 2.0]
    assert mo.arange(1, 3).tolist() == [1.0, 2.0]
    assert mo.arange(1, 2, 0.25).tolist() == [1.0, 1.25, 1.5, 1.75]
    assert mo.arange(3, 0, -1).tolist() == [3.0, 2.0, 1.0]
    assert mo.arange(0, 1, 0.1).shape == (10,)
    assert mo.arange(0, 1, Fraction(1, 4)).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert mo.arange(3, 1).shape == mo.arange(0).shape == mo.arange(0, 2, -1).shape == (0,)


def test_linspace_includes_both_ends_exactly():
    assert mo.linspace(0, 1, 5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert mo.linspace(0, 49, 50).tolist() == [float(i) for i in range(50)]
    assert mo.linspace(3, 1, 3).tolist() == [3.0, 2.0, 1.0]
    assert mo.linspace(2, 5, 1).tolist() == [2.0]
    assert mo.linspace(2, 5, 0).tolist() == []
    for n in range(2, 40):
        steps = mo.linspace(0.1, 0.9, n).tolist()
        assert (steps[0], steps[-1]) == (0.1, 0.9)
        assert steps == sorted(steps)


def test_ranges_match_pytorch():
    torch = pytest.importorskip("torch")
    for args in ((7,), (2, 5), (0.5, 3.2, 0.3), (5, -1, -2)):
        expected = torch.arange(*args, dtype=torch.float64).tolist()
        assert mo.arange(*args).tolist() == pytest.approx(expected, rel=1e-14)
    for args in ((0, 1, 7), (-2.5, 3, 11), (1, 1, 3), (4, 2, 1)):
        expected = torch.linspace(*args, dtype=torch.float64).tolist()
        assert mo.linspace(*args).tolist() == pytest.approx(expected, rel=1e-14, abs=1e-15)


# ---- randomness


@pytest.mark.parametrize("make", [mo.randn, mo.rand])
def test_the_same_generator_gives_the_same_numbers(make):
    first = make(2, 3, rng=random.Random(5))
    assert first.tolist() == make(2, 3, rng=random.Random(5)).tolist()
    assert first.tolist() != make(2, 3, rng=random.Random(6)).tolist()
    random.seed(5)
    assert make(2, 3).tolist() == first.tolist()
    random.seed(5)
    assert make(2, 3, rng=random).tolist() == first.tolist()


def test_a_generator_goes_on_where_it_was():
    rng = random.Random(5)
    both = mo.rand(3, rng=rng).tolist() + mo.rand(2, rng=rng).tolist()
    assert both == mo.rand(5, rng=random.Random(5)).tolist()


def test_the_numbers_are_drawn_in_order_from_the_generator():
    rng = random.Random(5)
    assert mo.rand(3, rng=random.Random(5)).tolist() == [rng.random() for _ in range(3)]
    rng = random.Random(5)
    assert mo.randn(3, rng=random.Random(5)).tolist() == [rng.gauss(0.0, 1.0) for _ in range(3)]


def test_the_draws_have_the_moments_of_their_distributions():
    normal, uniform = mo.randn(4000, rng=random.Random(1)), mo.rand(4000, rng=random.Random(1))
    assert normal.mean().item() == pytest.approx(0.0, abs=0.05)
    assert normal.std().item() == pytest.approx(1.0, abs=0.05)
    assert uniform.min().item() >= 0.0 and uniform.max().item() < 1.0
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.02)


# ---- cat and stack


def test_cat_joins_along_a_dim_and_gives_each_its_gradient():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    y = Tensor([[3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    z = mo.cat([x, y])
    assert z.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    (z * Tensor([[1.0], [10.0], [100.0]])).sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0]]
    assert y.grad.tolist() == [[10.0, 10.0], [100.0, 100.0]]
    assert mo.cat([x, [[7.0]]], dim=-1).tolist() == [[1.0, 2.0, 7.0]]
    assert mo.cat([x]).tolist() == x.tolist()
    assert mo.cat([mo.zeros(0, 2), x]).tolist() == x.tolist()
    assert mo.cat(t for t in (x, x)).shape == (2, 2)


def test_stack_makes_a_new_dim():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    assert mo.stack([x, y]).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert mo.stack([x, y], 1).tolist() == mo.stack([x, y], -1).tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert mo.stack([Tensor(1.0), 2.0]).tolist() == [1.0, 2.0]
    mo.stack([x, y, x]).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("call, error, message", [
    (lambda: mo.cat([]), ValueError, "cat: no tensors to join"),
    (lambda: mo.cat([mo.zeros(2, 3), mo.zeros(3, 2)]), ValueError,
     r"cat: \(2, 3\) and \(3, 2\) differ beside dim 0"),
    (lambda: mo.cat([mo.zeros(2), mo.zeros(2, 1)]), ValueError, "differ beside dim 0"),
    (lambda: mo.cat([mo.zeros(2)], 1), IndexError, "cat: dim 1 out of range for 1 dims"),
    (lambda: mo.cat([Tensor(1.0)]), IndexError, "cat: dim 0 out of range for 0 dims"),
    (lambda: mo.cat([mo.zeros(2), "a"]), TypeError, "expected a real number"),
    (lambda: mo.cat([mo.zeros(1), Value(1.0)]), TypeError, "do not mix"),
    (lambda: mo.stack([]), ValueError, "stack: no tensors to join"),
    (lambda: mo.stack([mo.zeros(2), mo.zeros(3)]), ValueError,
     r"stack: shapes differ: \[\(2,\), \(3,\)\]"),
    (lambda: mo.stack([mo.zeros(2)], 2), IndexError, "stack: dim 2 out of range for 2 dims"),
])  # fmt: skip
def test_what_cannot_be_joined_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- choices


def test_where_takes_from_either_side():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    z = mo.where(x > 1.5, x * 10.0, [-1.0])
    assert z.tolist() == [-1.0, 20.0, 30.0]
    z.sum().backward()
    assert x.grad.tolist() == [0.0, 10.0, 10.0]
    assert mo.where([1, 0], 5, [[1.0], [2.0]]).tolist() == [[5.0, 1.0], [5.0, 2.0]]
    assert mo.where(True, 1.0, 2.0).item() == 1.0


def test_the_double_where_keeps_an_infinite_slope_out():
    x = Tensor([0.0, 4.0], requires_grad=True)
    safe = mo.where(x > 0, x, 1.0)
    mo.where(x > 0, safe.sqrt(), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


def test_maximum_and_minimum_take_numbers_lists_and_tensors():
    x = Tensor([1.0, 5.0])
    assert mo.maximum(x, 3).tolist() == mo.maximum([3.0], x).tolist() == [3.0, 5.0]
    assert mo.minimum(x, [[0.0], [9.0]]).tolist() == [[0.0, 0.0], [1.0, 5.0]]
    assert mo.maximum(1, 2).item() == 2.0
    with pytest.raises(ValueError, match=r"maximum: shapes \(2,\) and \(3,\) do not broadcast"):
        mo.maximum(x, [1.0, 2.0, 3.0])


SQUARE = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]


def test_tril_and_triu_keep_their_triangle():
    x = Tensor(SQUARE, requires_grad=True)
    assert mo.tril(x).tolist() == [[1.0, 0.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 9.0]]
    assert mo.triu(x, 1).tolist() == [[0.0, 2.0, 3.0], [0.0, 0.0, 6.0], [0.0, 0.0, 0.0]]
    assert mo.tril(x, -1).tolist() == [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [7.0, 8.0, 0.0]]
    assert mo.triu([[nan, 1.0], [nan, 2.0]], 1).tolist()[1] == [0.0, 0.0]
    mo.tril(x).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]


def test_triangles_of_a_batch_match_pytorch():
    torch = pytest.importorskip("torch")
    x = mo.randn(2, 3, 4)
    t = torch.tensor(x.tolist(), dtype=torch.float64)
    for k in range(-4, 5):
        assert mo.tril(x, k).tolist() == torch.tril(t, k).tolist()
        assert mo.triu(x, k).tolist() == torch.triu(t, k).tolist()


def test_a_triangle_needs_rows_and_columns():
    with pytest.raises(ValueError, match=r"shape \(3,\) has no rows and columns"):
        mo.tril(mo.zeros(3))


# ---- one_hot


def test_one_hot_makes_rows():
    assert mo.one_hot([2, 0]).tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert mo.one_hot([1], 4).tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert mo.one_hot(1, 2).tolist() == [0.0, 1.0]
    assert mo.one_hot([[0, 1]]).shape == (1, 2, 2)
    assert mo.one_hot([], 3).shape == (0, 3)
    assert not mo.one_hot(Tensor([1.0], requires_grad=True)).requires_grad


@pytest.mark.parametrize("index, n, message", [
    ([0, 3], 3, "one_hot: 3 at place 1 is not one of 0 … 2"),
    ([0, -1], 3, "one_hot: -1 at place 1"),
    ([0, -1], None, "one_hot: -1 at place 1"),
    ([0.5], 3, "one_hot: 0.5 at place 0"),
    ([0.5], None, "one_hot: 0.5 at place 0"),
    ([1, nan], 3, "one_hot: nan at place 1"),
    ([nan, 1], None, "one_hot: nan at place 0"),
    ([1, inf], None, "one_hot: inf at place 1"),
    ([[0], [9]], 3, "one_hot: 9 at place 1"),
])  # fmt: skip
def test_one_hot_names_a_label_that_is_none(index, n, message):
    with pytest.raises(ValueError, match=message):
        mo.one_hot(index, n)


def test_one_hot_needs_a_whole_number_of_classes():
    with pytest.raises(TypeError, match="must be ints, got 2.5"):
        mo.one_hot([0], 2.5)
