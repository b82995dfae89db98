"""Value: what it takes and refuses, its operators on either side, comparisons and functions."""

import math
import operator
import warnings
from decimal import Decimal
from fractions import Fraction
from math import inf, nan

import pytest

from micrograd_opt import LostGradientWarning, Tensor, Value, maximum, minimum, no_grad, where
from micrograd_opt.engine import ops

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
ORDER = [operator.lt, operator.le, operator.gt, operator.ge]
OPERATORS = pytest.mark.parametrize("operation", ARITHMETIC + ORDER)

EXACT = [Fraction(1, 3), Decimal("0.25")]
NUMBERS = [3, True, 2.5, -0.0, inf, 10**300, *EXACT]


def numpy_numbers():
    np = pytest.importorskip("numpy")
    return [
        np.float64(1.5), np.float32(0.1), np.float16(2.0), np.longdouble(2.0), np.int64(3),
        np.uint8(255), np.bool_(True), np.array(2.5), np.array(3),
    ]  # fmt: skip


class Real:
    """A number of nobody's library."""

    def __float__(self):
        return 1.25

    def __repr__(self):
        return "Real()"


# ---- what a Value takes


@pytest.mark.parametrize("number", [*NUMBERS, Real()], ids=repr)
def test_any_real_number_becomes_a_float(number):
    value = Value(number)
    assert type(value.data) is float
    assert value.data == float(number)
    assert (value.grad, value.label, value.requires_grad, value._prev) == (0.0, None, True, ())
    value.data = 7
    assert (type(value.data), value.data) == (float, 7.0)


def test_nan_is_a_number():
    assert math.isnan(Value(nan).data)


def test_numpy_scalars_become_floats():
    for number in numpy_numbers():
        value = Value(number)
        assert type(value.data) is float
        assert value.data == float(number)


def test_a_scalar_of_pytorch_becomes_a_float():
    torch = pytest.importorskip("torch")
    assert Value(torch.tensor(1.5, requires_grad=True)).data == 1.5


REFUSED = ["3", b"3", None, 1j, [1.0], (1.0,), {}, Value, Tensor([1.0, 2.0])]


@pytest.mark.parametrize("thing", REFUSED, ids=repr)
def test_what_is_no_number_is_refused(thing):
    with pytest.raises(TypeError, match="expected a real number, got"):
        Value(thing)
    value = Value(1.0)
    with pytest.raises(TypeError, match="expected a real number, got"):
        value.data = thing
    assert value.data == 1.0


def test_what_is_no_number_to_numpy_is_refused():
    np = pytest.importorskip("numpy")
    for thing in (np.complex64(1j), np.complex128(1), np.str_("1.5"), np.array("1.5"),
                  np.array([1.5]), np.array([1.0, 2.0])):  # fmt: skip
        with pytest.raises(TypeError, match="expected a real number, got"):
            Value(thing)


def test_a_node_inside_a_value_would_lose_its_gradient():
    for node in (Value(1.0), Value(1.0).detach(), Tensor(1.0)):
        with pytest.raises(TypeError, match="its gradient would be lost.*take its .data"):
            Value(node)
    assert Value(Value(1.0).data).data == 1.0
    assert Value(Tensor(1.0).data).data == 1.0


# ---- operators


@pytest.mark.parametrize("operation", ARITHMETIC)
@pytest.mark.parametrize("number", [3, True, 2.5, *EXACT, Real()], ids=repr)
def test_an_operator_takes_a_number_on_either_side(operation, number):
    x = Value(1.75)
    left, right = operation(x, number), operation(number, x)
    assert isinstance(left, Value) and isinstance(right, Value)
    assert left.data == pytest.approx(operation(1.75, float(number)), rel=1e-15)
    assert right.data == pytest.approx(operation(float(number), 1.75), rel=1e-15)
    (left + right).backward()
    as_values = Value(1.75)
    twin = Value(float(number))
    (operation(as_values, twin) + operation(twin, as_values)).backward()
    assert x.grad == as_values.grad


@OPERATORS
def test_an_operator_takes_numpy_scalars_on_either_side(operation):
    for number in numpy_numbers():
        x, plain = Value(1.5), float(number)
        for found, expected in (
            (operation(x, number), operation(1.5, plain)),
            (operation(number, x), operation(plain, 1.5)),
        ):
            if operation in ORDER:
                assert found is expected
            else:
                assert isinstance(found, Value)
                assert found.data == pytest.approx(expected, rel=1e-15)


@OPERATORS
@pytest.mark.parametrize("thing", ["3", None, 1j, [1.0], Value], ids=repr)
def test_an_operator_refuses_what_is_no_number(operation, thing):
    with pytest.raises(TypeError):
        operation(Value(1.0), thing)
    with pytest.raises(TypeError):
        operation(thing, Value(1.0))


@OPERATORS
def test_an_operator_refuses_arrays_of_numpy(operation):
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError):
        operation(Value(1.0), np.array([1.0, 2.0]))
    with pytest.raises(TypeError):
        operation(np.array([1.0, 2.0]), Value(1.0))


@OPERATORS
def test_values_and_tensors_do_not_mix(operation):
    for tensor in (Tensor(1.0), Tensor([1.0, 2.0])):
        with pytest.raises(TypeError, match="do not mix|would be lost"):
            operation(Value(1.0), tensor)
        with pytest.raises(TypeError, match="do not mix|would be lost"):
            operation(tensor, Value(1.0))


def test_the_operators_have_their_values_and_gradients():
    x, y = Value(6.0), Value(2.0)
    cases = [
        (x + y, 8.0, 1.0, 1.0),
        (x - y, 4.0, 1.0, -1.0),
        (x * y, 12.0, 2.0, 6.0),
        (x / y, 3.0, 0.5, -1.5),
        (x**y, 36.0, 12.0, 36.0 * math.log(6.0)),
        (-x, -6.0, -1.0, 0.0),
        (abs(-x), 6.0, 1.0, 0.0),
        (1 - x, -5.0, -1.0, 0.0),
        (3 / x, 0.5, -3.0 / 36.0, 0.0),
        (2**x, 64.0, 64.0 * math.log(2.0), 0.0),
    ]
    for z, data, x_grad, y_grad in cases:
        x.grad = y.grad = 0.0
        z.backward()
        assert z.data == data
        assert (x.grad, y.grad) == (pytest.approx(x_grad), pytest.approx(y_grad))


def test_an_augmented_assignment_makes_a_new_node():
    x = y = Value(3.0)
    y += 1
    y *= 2
    assert (x.data, y.data) == (3.0, 8.0)
    assert y is not x


def test_numbers_in_an_expression_are_constants():
    y = Value(3.0) * 2
    assert not y._prev[1].requires_grad


def test_an_operator_never_raises_where_ieee_has_an_answer():
    zero, big = Value(0.0), Value(1e300)
    assert (1 / zero).data == inf
    assert math.isnan((zero / zero).data)
    assert (big * big).data == inf
    assert (big**2).data == inf
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)


# ---- comparisons


def test_equality_and_hash_go_by_identity():
    x, y = Value(1.0), Value(1.0)
    assert x == x
    assert x != y
    assert x != 1.0
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"


def test_the_other_comparisons_go_by_data():
    one, two = Value(1.0), Value(2.0)
    assert one < two and one <= two and two > one and two >= one
    assert one <= Value(1.0) and one >= 1 and one < 1.5 and one > 0
    assert not (one < 1 or one > 1 or two < one)
    assert max(one, two) is two
    assert sorted([two, one]) == [one, two]
    assert not (Value(nan) < 1.0 or Value(nan) >= 1.0)


def test_truth_is_being_other_than_zero():
    assert Value(0.5) and Value(nan)
    assert not Value(0.0) and not Value(-0.0)


# ---- the rest


def test_a_value_shows_its_data_and_its_gradient():
    x = Value(3.0, label="x")
    (x * x).backward()
    assert repr(x) == "Value(3.0, grad=6.0)"
    assert x.label == "x"


def test_the_number_comes_out_by_item_float_int_and_data():
    x = Value(3.5)
    with no_grad():
        assert (x.item(), float(x), x.data) == (3.5, 3.5, 3.5)
        assert math.exp(Value(0.0)) == 1.0
    assert (int(x), int(Value(-3.5))) == (3, -3)


def test_detach_gives_a_constant_of_the_same_number():
    x = Value(3.0)
    c = (x * x).detach()
    assert (c.data, c._prev, c.requires_grad) == (9.0, (), False)
    (x * c).backward()
    assert x.grad == 9.0


def test_requires_grad_can_be_turned_off_and_on():
    x, y = Value(3.0), Value(2.0)
    x.requires_grad = False
    z = x * y
    z.backward()
    assert (x.grad, y.grad) == (0.0, 3.0)
    x.requires_grad = True
    (x * y).backward()
    assert x.grad == 2.0


@pytest.mark.parametrize("name", [
    "relu", "tanh", "sigmoid", "softplus", "exp", "log", "sqrt", "sin", "cos",
])  # fmt: skip
def test_a_method_is_its_op(name):
    x = Value(0.7)
    z = getattr(x, name)()
    assert z.op is getattr(ops, name)
    assert z.data == getattr(ops, name)(0.7)
    assert getattr(Value, name).__doc__


def test_maximum_minimum_and_where_take_values_and_numbers():
    x = Value(3.0)
    assert maximum(x, 2).data == maximum(2, x).data == 3.0
    assert minimum(x, 2).data == 2.0
    assert where(1.0, x, 0.0).data == where(x > 2, x, 0.0).data == 3.0
    with pytest.raises(TypeError):
        maximum(x, "2")


def test_an_integer_beyond_the_largest_float_is_refused():
    with pytest.raises(ValueError, match="does not fit into a float"):
        Value(10**400)


@pytest.mark.parametrize("x", [Value(0.5), Tensor(0.5), Tensor([0.5])])
def test_a_node_formats_as_its_number(x):
    assert f"{x:.2f}" == "0.50" and f"{x}" == str(x)


def test_minus_equals_makes_a_new_node():
    x = Value(3.0)
    y = x
    y -= 1.0
    assert (x.data, y.data) == (3.0, 2.0)


@pytest.mark.parametrize("p", [Value(1.0), Tensor([1.0], requires_grad=True)])
def test_an_update_in_place_that_would_be_lost_is_refused(p):
    with no_grad(), pytest.raises(TypeError, match="p.data -= lr"):
        p -= 0.1


def test_a_constant_through_a_function_stays_one():
    assert Value(2.0).detach().exp()._prev == ()


# ---- plain numbers, out of which no gradient flows


def made(kind, number=2.0):
    x = kind(number)
    x.requires_grad = True
    return x


PLAIN = {
    "float": float,
    "math.exp": math.exp,
    "math.isnan": math.isnan,
    "complex": complex,
    "pow": lambda x: math.pow(2.0, x),
    "%": lambda x: "%.2f" % x,  # noqa: UP031
    "sum": lambda x: math.fsum([1.0, x]),
}


@pytest.mark.parametrize("kind", [Value, Tensor])
@pytest.mark.parametrize("function", PLAIN.values(), ids=PLAIN)
def test_a_plain_number_of_a_node_that_requires_grad_warns_at_the_line_that_asks(kind, function):
    x = made(kind)
    with pytest.warns(LostGradientWarning, match=r"write x.exp\(\).*or x.item\(\)") as warned:
        plain = function(x)
    assert plain == function(2.0)
    assert [w.filename for w in warned] == [__file__]
    with pytest.warns(LostGradientWarning):
        function(x * x)


@pytest.mark.parametrize("kind", [Value, Tensor])
@pytest.mark.parametrize("function", PLAIN.values(), ids=PLAIN)
def test_it_is_silent_where_no_gradient_is_lost(kind, function):
    x = made(kind)
    with no_grad():
        assert function(x) == function(2.0)
    for constant in (x.detach(), x > 1.0, Tensor(2.0)):
        function(constant)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_to_read_to_print_and_to_cut_a_number_is_silent(kind):
    x = made(kind)
    assert (x.item(), int(x), f"{x:.2f}", bool(x), x.item() > 1.0) == (2.0, 2, "2.00", True, True)
    assert repr(x) and str(x) and f"{x}"


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_it_warns_once_for_each_line(kind):
    x, shown = made(kind), []
    with warnings.catch_warnings():
        warnings.simplefilter("default", LostGradientWarning)
        warnings.showwarning = lambda message, category, filename, line, *_: shown.append(line)
        for n in range(5):
            x.data = float(n)
            math.exp(x)
        float(x)
    assert shown == [shown[0], shown[0] + 1]


def test_numpy_takes_no_number_of_it_in_silence():
    np = pytest.importorskip("numpy")
    x, t = Value(2.0), Tensor([1.0, 2.0], requires_grad=True)
    for take in (
        lambda: np.array(x, dtype=float),
        lambda: np.float64(x),
        lambda: np.array(t, float),
    ):
        with pytest.warns(LostGradientWarning):
            take()
    for node in (x, t):
        with pytest.raises(TypeError, match="does not support ufuncs"):
            np.exp(node)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_what_rounds_or_counts_by_a_node_is_an_error(kind):
    x = made(kind)
    for function in (round, operator.index, math.trunc):
        with pytest.raises(TypeError):
            function(x)
