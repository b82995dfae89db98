"""Tensor: what it takes and refuses, operators, comparisons, products and reductions."""

import copy
import math
import operator
from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given

from array_models import SHAPES, counting
from micrograd_opt import Tensor, Value, grad, zeros
from micrograd_opt.array.array import Array
from micrograd_opt.engine import ops

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
ORDER = [operator.lt, operator.le, operator.gt, operator.ge]
OPERATORS = pytest.mark.parametrize("operation", ARITHMETIC + ORDER)


# ---- what a Tensor takes


@given(SHAPES)
def test_a_tensor_keeps_shape_and_numbers(shape):
    t = Tensor(counting(shape))
    assert (t.shape, t.ndim, t.size) == (shape, len(shape), math.prod(shape))
    assert t.data == counting(shape)
    assert t.tolist() == counting(shape).tolist()


def test_a_new_tensor_is_a_leaf_without_gradient():
    t = Tensor([[1, 2], [3, True]], requires_grad=True, label="w")
    assert t.tolist() == [[1.0, 2.0], [3.0, 1.0]]
    assert (t.grad, t.label, t.requires_grad, t._prev, t.op) == (None, "w", True, (), None)
    assert not Tensor([1.0]).requires_grad


def test_a_tensor_takes_numbers_lists_arrays_and_what_has_tolist():
    for data in (2, 2.0, True, Fraction(2, 1), Decimal(2), Array.of(2)):
        assert Tensor(data).shape == ()
    assert Tensor(((1, 2), (3, 4))).shape == (2, 2)
    assert Tensor([]).shape == (0,)


def test_a_tensor_takes_arrays_of_numpy_and_pytorch():
    np = pytest.importorskip("numpy")
    assert Tensor(np.float32([[1, 2]])).tolist() == [[1.0, 2.0]]
    assert Tensor(np.array(2)).item() == 2.0
    torch = pytest.importorskip("torch")
    assert Tensor(torch.ones(2, 1)).tolist() == [[1.0], [1.0]]
    t = Tensor([0.0, 0.0])
    t.data = torch.tensor([1.0, 2.0], requires_grad=True)
    assert t.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("data", ["1", None, 1j, {}, {1.0}, ["1"], [None], object], ids=repr)
def test_what_is_no_array_of_numbers_is_refused(data):
    with pytest.raises(TypeError, match="expected a real number"):
        Tensor(data)


def test_a_node_inside_a_tensor_would_lose_its_gradient():
    for data in (Value(1.0), [Value(1.0)], Tensor([1.0]), [Tensor(1.0)]):
        with pytest.raises(TypeError, match="its gradient would be lost here: take its .data"):
            Tensor(data)
    assert Tensor(Tensor([1.0]).data).tolist() == [1.0]


def test_ragged_lists_are_refused_with_their_place():
    with pytest.raises(ValueError, match=r"data\[1\] has 1 elements, its neighbours have 2"):
        Tensor([[1, 2], [3]])


# ---- operators


NUMBERS = [3, True, 2.5, Fraction(1, 3), Decimal("0.25"), [3.0, 0.5], [[3.0], [0.5]],
           Array.of([3.0, 0.5])]  # fmt: skip


@OPERATORS
@pytest.mark.parametrize("other", NUMBERS, ids=repr)
def test_an_operator_takes_numbers_and_lists_on_either_side(operation, other):
    t = Tensor([1.5, 2.5])
    for found, expected in (
        (operation(t, other), operation(t, Tensor(other))),
        (operation(other, t), operation(Tensor(other), t)),
    ):
        assert isinstance(found, Tensor)
        assert found.data == expected.data


@OPERATORS
def test_an_operator_takes_numpy_on_either_side(operation):
    np = pytest.importorskip("numpy")
    t = Tensor([1.5, 2.5])
    for other in (np.float64(2.0), np.float32(2.0), np.int64(2), np.bool_(True), np.array(2.0),
                  np.array([3.0, 0.5]), np.array([[3], [1]])):  # fmt: skip
        for found, expected in (
            (operation(t, other), operation(np.array([1.5, 2.5]), other)),
            (operation(other, t), operation(other, np.array([1.5, 2.5]))),
        ):
            assert isinstance(found, Tensor)
            assert found.tolist() == expected.astype(float).tolist()


@OPERATORS
@pytest.mark.parametrize("other", ["3", None, 1j, {}], ids=repr)
def test_an_operator_refuses_what_is_no_number(operation, other):
    for x, y in ((Tensor([1.0]), other), (other, Tensor([1.0]))):
        with pytest.raises(TypeError):
            operation(x, y)


def test_operators_have_their_values_and_gradients():
    x, y = Tensor([6.0], requires_grad=True), Tensor(2.0, requires_grad=True)
    cases = [
        (x + y, 8.0, 1.0, 1.0),
        (x - y, 4.0, 1.0, -1.0),
        (x * y, 12.0, 2.0, 6.0),
        (x / y, 3.0, 0.5, -1.5),
        (x**y, 36.0, 12.0, 36.0 * math.log(6.0)),
        (x @ y.reshape(1), 12.0, 2.0, 6.0),
        (-x, -6.0, -1.0, 0.0),
        (abs(-x), 6.0, 1.0, 0.0),
        (1 - x, -5.0, -1.0, 0.0),
        (3 / x, 0.5, -3.0 / 36.0, 0.0),
        (2**x, 64.0, 64.0 * math.log(2.0), 0.0),
    ]
    for z, data, x_grad, y_grad in cases:
        assert z.item() == data
        assert [g.item() for g in grad(z, [x, y])] == [
            pytest.approx(x_grad),
            pytest.approx(y_grad),
        ]


def test_the_gradient_of_a_broadcast_tensor_has_its_own_shape():
    for shape in ((), (1,), (3,), (2, 1), (1, 3), (1, 1, 1)):
        small = Tensor(Array.full(shape, 2.0), requires_grad=True)
        wide = small * counting((2, 3)) if len(shape) < 3 else counting((2, 3)) * small
        wide.sum().backward()
        assert small.grad.shape == shape
        assert small.grad.sum().item() == 21.0


def test_broadcasting_to_nothing_gives_zero_gradients():
    x = Tensor([[1.0], [2.0]], requires_grad=True)
    (x * Tensor(counting((2, 0)))).sum().backward()
    assert x.grad.tolist() == [[0.0], [0.0]]


def test_an_augmented_assignment_makes_a_new_node():
    x = y = Tensor([1.0])
    y += 1
    assert (x.tolist(), y.tolist()) == ([1.0], [2.0])


# ---- comparisons and truth


def test_comparisons_go_element_by_element():
    x = Tensor([1.0, 2.0, nan])
    assert (x == [1.0, 3.0, nan]).tolist() == [1.0, 0.0, 0.0]
    assert (x != [1.0, 3.0, nan]).tolist() == [0.0, 1.0, 1.0]
    assert (x < 2).tolist() == [1.0, 0.0, 0.0]
    assert (x <= 2).tolist() == [1.0, 1.0, 0.0]
    assert (x > 1).tolist() == [0.0, 1.0, 0.0]
    assert (x >= [[1.0], [2.0]]).tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]


def test_what_is_no_tensor_is_just_not_equal():
    assert (Tensor([1.0]) == None) is False  # noqa: E711
    assert Tensor([1.0]) != "a"


def test_tensors_are_keys_by_identity():
    x, y = Tensor([1.0]), Tensor([1.0])
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"


def test_truth_asks_for_one_element():
    assert Tensor([[2.0]]) and not Tensor(0.0)
    assert Tensor([1.0]) == Tensor(1.0)
    for many in (Tensor([1.0, 2.0]), Tensor([])):
        with pytest.raises(ValueError, match="bool: shape .* needs one"):
            bool(many)


# ---- products


PRODUCTS = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((6, 5, 2, 3), (6, 5, 3, 4)),
    ((0,), (0,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((4, 2, 0), (4, 0, 3)), ((0, 2, 3), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("x_shape, y_shape", PRODUCTS)
def test_a_product_and_its_gradients_match_pytorch(x_shape, y_shape):
    torch = pytest.importorskip("torch")
    arrays = [counting(x_shape) / 7.0, counting(y_shape) / 11.0]
    x, y = (Tensor(a, requires_grad=True) for a in arrays)
    tx, ty = (
        torch.tensor(a.flat, dtype=torch.float64).reshape(a.shape).requires_grad_() for a in arrays
    )
    z, tz = x @ y, tx @ ty
    assert z.shape == tuple(tz.shape)
    assert z.data.flat == pytest.approx(tz.flatten().tolist(), rel=1e-13)
    (z * z).sum().backward()
    (tz * tz).sum().backward()
    for found, expected in ((x.grad, tx.grad), (y.grad, ty.grad)):
        assert found.shape == tuple(expected.shape)
        assert found.flat == pytest.approx(expected.flatten().tolist(), rel=1e-12)


def test_the_gradients_of_a_product_by_hand():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = Tensor([[5.0], [6.0]], requires_grad=True)
    (x @ y).sum().backward()
    assert x.grad.tolist() == [[5.0, 6.0], [5.0, 6.0]]
    assert y.grad.tolist() == [[4.0], [6.0]]


def test_a_product_takes_lists_and_arrays_on_either_side():
    t, rows = Tensor([[1.0, 2.0], [3.0, 4.0]]), [[1.0, 0.0], [0.0, 2.0]]
    assert (t @ rows).tolist() == [[1.0, 4.0], [3.0, 8.0]]
    assert (rows @ t).tolist() == [[1.0, 2.0], [6.0, 8.0]]
    np = pytest.importorskip("numpy")
    assert (np.array(rows) @ t).tolist() == (rows @ t).tolist()
    assert (t @ np.array(rows)).tolist() == (t @ rows).tolist()


def test_a_product_with_what_is_no_array_is_refused():
    for other in ("a", None, Value(1.0)):
        for x, y in ((Tensor([1.0]), other), (other, Tensor([1.0]))):
            with pytest.raises(TypeError):
                x @ y


# ---- Array and Tensor share one code

FLAT = [lambda a: a.argmax(), lambda a: a.argmax(-1)]
SHARED = [
    *FLAT,
    lambda a: a.sum(),
    lambda a: a.sum((0, -1), keepdim=True),
    lambda a: a.mean(1),
    lambda a: a.var(2, unbiased=False),
    lambda a: a.max(),
    lambda a: a.min(1, keepdim=True).values,
    lambda a: a.reshape(4, -1),
    lambda a: a.view(24),
    lambda a: a.transpose(0, 2),
    lambda a: a.permute(2, 0, 1),
    lambda a: a.T,
    lambda a: a.mT,
    lambda a: a.unsqueeze(1).squeeze(),
    lambda a: a.flatten(1),
    lambda a: a.expand(2, -1, -1, -1),
    lambda a: a[1, ..., ::-2],
    lambda a: a[[1, 0, 1]],
    lambda a: a[None, :, 0],
    lambda a: a @ a.mT,
    lambda a: a[0] @ a[1, 2],
]


@pytest.mark.parametrize("f", SHARED)
def test_a_tensor_computes_what_its_array_computes(f):
    a = Array([math.sin(i) for i in range(24)], (2, 3, 4))
    t = Tensor(a, requires_grad=True)
    assert f(t).data == f(a)
    assert f(t).requires_grad is (f not in FLAT)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("dim", [None, 0, -1, (0, 1)])
def test_var_and_std_match_pytorch(dim, unbiased):
    torch = pytest.importorskip("torch")
    a = Array([math.sin(i) for i in range(12)], (3, 4))
    for name in ("var", "std"):
        t = Tensor(a, requires_grad=True)
        other = torch.tensor(a.tolist(), dtype=torch.float64, requires_grad=True)
        found = getattr(t, name)(dim, unbiased, True)
        expected = getattr(other, name)(dim=dim, unbiased=unbiased, keepdim=True)
        assert found.shape == tuple(expected.shape)
        assert found.data.flat == pytest.approx(expected.flatten().tolist(), rel=1e-12)
        found.sum().backward()
        expected.sum().backward()
        assert t.grad.flat == pytest.approx(other.grad.flatten().tolist(), rel=1e-11)


def test_reductions_of_nothing():
    empty = Tensor(counting((0, 2)), requires_grad=True)
    assert empty.sum().item() == 0.0
    assert empty.sum(0).tolist() == [0.0, 0.0]
    assert math.isnan(empty.mean().item())
    (empty.sum() * 2.0).backward()
    assert empty.grad.shape == (0, 2)


# ---- indices


def test_a_slice_is_a_copy_and_passes_its_gradient_back():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    row, column = x[1], x[:, 0]
    (row * Tensor([10.0, 20.0])).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [10.0, 20.0]]
    x.data = [[9.0, 9.0], [9.0, 9.0]]
    assert (row.tolist(), column.tolist()) == ([3.0, 4.0], [1.0, 3.0])


def test_a_row_picked_twice_gets_both_gradients():
    x = Tensor([[1.0], [2.0], [3.0]], requires_grad=True)
    (x[[0, 2, 0]] * Tensor([[1.0], [10.0], [100.0]])).sum().backward()
    assert x.grad.tolist() == [[101.0], [0.0], [10.0]]


def test_rows_come_by_iteration_with_their_gradients():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first @ second).backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert len(x) == 2


def test_a_tensor_cannot_be_written_to():
    with pytest.raises(TypeError):
        Tensor([1.0])[0] = 2.0


# ---- the rest


def test_a_tensor_shows_its_number_or_its_shape():
    assert repr(Tensor(2.0)) == "Tensor(2.0)"
    assert repr(Tensor([[1.0, 2.0]])) == "Tensor(shape=(1, 2))"


def test_the_number_comes_out_by_item_float_and_int():
    assert Tensor([[2.5]]).item() == float(Tensor(2.5)) == int(Tensor(2.5)) + 0.5 == 2.5
    with pytest.raises(ValueError, match=r"item: needs one element, shape \(2,\)"):
        Tensor([1.0, 2.0]).item()


def test_detach_gives_a_constant_of_the_same_numbers():
    x = Tensor([3.0], requires_grad=True)
    c = (x * x).detach()
    assert (c.tolist(), c._prev, c.requires_grad) == ([9.0], (), False)
    (x * c).backward()
    assert x.grad.tolist() == [9.0]


def test_a_clone_has_the_same_bits_and_passes_gradients():
    x = Tensor([0.0, -0.0, inf, 1e-310], requires_grad=True)
    y = x.clone()
    assert list(map(str, y.tolist())) == ["0.0", "-0.0", "inf", "1e-310"]
    y.sum().backward()
    assert x.grad.tolist() == [1.0] * 4
    assert y is not x


@pytest.mark.parametrize("name", [
    "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "softplus",
])  # fmt: skip
def test_a_method_is_its_op(name):
    z = getattr(Tensor([0.7], requires_grad=True), name)()
    assert z.op is getattr(ops, name)
    assert z.item() == getattr(ops, name)(0.7)
    assert getattr(Tensor, name).__doc__


def test_abs_and_gelu_as_methods():
    assert Tensor([-2.0]).abs().tolist() == [2.0]
    assert Tensor([1.0]).gelu().item() == pytest.approx(0.8413447460685429, rel=1e-15)


def test_a_node_notes_the_parameters_of_its_op():
    x = Tensor(counting((2, 3)), requires_grad=True)
    assert x.sum(1).params == {"dims": (1,), "keepdim": False}
    assert (x * 2).params == {}


class Weight(Tensor):
    __slots__ = ()


def test_what_is_computed_from_a_subclass_is_a_plain_tensor():
    w = Weight([1.0], requires_grad=True)
    for z in (w * 2, w.detach(), w[0], grad((w * w).sum(), w)):
        assert type(z) is Tensor
    assert type(copy.deepcopy(w)) is Weight
    assert repr(w) == "Weight(shape=(1,))"


def test_a_small_tensor_prints_its_numbers_and_a_large_one_its_shape():
    assert str(Tensor([[1.0, 2.5], [1 / 3, 4.0]])) == "Tensor([[1, 2.5], [0.3333, 4]])"
    assert str(Tensor([0.0] * 101)) == "Tensor(shape=(101,))"


@pytest.mark.parametrize("flag", [3, "x", "yes", 1, None, [1.0]])
def test_a_flag_is_true_or_false(flag):
    with pytest.raises(TypeError, match=r"requires_grad must be True or False, got .*one list"):
        Tensor([1.0, 2.0], flag)
    with pytest.raises(TypeError, match="requires_grad must be True or False, got "):
        zeros(2, requires_grad=flag)


def test_no_number_that_a_graph_holds_can_be_written():
    """w.data, what detach() and Tensor(Array) share with it, and a gradient."""
    numbers = [2.0, 3.0]
    shared = Array(numbers, (2,))
    w = Tensor(shared, requires_grad=True)
    loss = (w * w).sum()
    numbers[0] = 9.0
    for array in (w.data, shared, w.detach().data, w.clone().data, w.reshape(1, 2).data):
        with pytest.raises(TypeError):
            array.flat[0] = 9.0
        with pytest.raises(TypeError, match="never changes"):
            array.flat = (9.0, 9.0)
        with pytest.raises(TypeError, match="never changes"):
            array[0] = 9.0
    loss.backward()
    assert w.grad.tolist() == [4.0, 6.0]
    with pytest.raises(TypeError):
        w.grad.flat[0] = 9.0
