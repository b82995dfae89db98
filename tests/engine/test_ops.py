"""The rule table: every operation's value, first and second derivative, broadcasting and edges.

The operations are found by introspection and their samples in `op_samples.py`, so an operation
cannot be added without being tested.
"""

import itertools
import math
import random
import re
from functools import partial
from math import exp, inf, nan

import pytest

from micrograd_opt import Tensor, Value, grad, maximum, minimum, where
from micrograd_opt.array.array import Array
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op
from op_samples import SAMPLES

OPS = [op for op in vars(ops).values() if isinstance(op, Op)]
ELEMENTWISE = [op for op in OPS if op.elementwise]
EACH_OP = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
FLAT = [op for op in OPS if not any(op.vjps)]  # they have no gradient
DIFFERENTIABLE = [op for op in OPS if op not in FLAT]
EACH_DIFFERENTIABLE_OP = pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
EACH_ELEMENTWISE_OP = pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)

H = 1e-5  # the step of the central differences


def same(x, y):
    """Equal floats; NaN is like NaN, and 0.0 is not −0.0."""
    return x == y and math.copysign(1.0, x) == math.copysign(1.0, y) or (x != x and y != y)


def close(x, y, tolerance=1e-12):
    return same(x, y) or math.isclose(x, y, rel_tol=tolerance)


def slopes(f, *numbers, kind=Value):
    """f's value and its gradients at these numbers."""
    leaves = [kind(x) for x in numbers]
    for leaf in leaves:
        leaf.requires_grad = True
    z = f(*leaves)
    return z.item(), [g.item() for g in grad(z, leaves)] if z.requires_grad else None


def gradient(x):
    """x.grad, zeros where none arrived."""
    return Array.full(x.shape, 0.0) if x.grad is None else x.grad


# ---- the table and the samples


def test_every_op_has_samples_and_every_sample_an_op():
    assert sorted(op.name for op in OPS) == sorted(SAMPLES)


@EACH_OP
def test_an_op_has_the_value_worked_out_by_hand(op):
    sample = SAMPLES[op.name]
    for args, result in sample.known:
        expected = Array.of(result)
        arrays = [Array.of(a) for a in args]
        tensors = [Tensor(a, requires_grad=True) for a in args]
        for computed in (op(*arrays, **sample.params), op(*tensors, **sample.params).data):
            assert computed.shape == expected.shape
            assert all(map(close, computed.flat, expected.flat))
        if op.elementwise:
            assert close(op(*args), result)
            assert close(op(*map(Value, args)).data, result)


# ---- derivatives against central differences


def projected(op, sample, rng):
    """The op as a scalar function of its free arguments, Σ weights · op(…), and Arrays of those."""
    if op.elementwise:  # six independent samples side by side, as (2, 3)
        columns = zip(*(sample.draw(rng) for _ in range(6)), strict=True)
        drawn = [Array(list(column), (2, 3)) for column in columns]
    else:
        drawn = [Array.of(a) for a in sample.draw(rng)]
    free = [i for i in range(len(drawn)) if i not in sample.fixed]
    weights = direction(rng, op(*drawn, **sample.params))

    def function(*leaves):
        args = list(map(Tensor, drawn))
        for i, leaf in zip(free, leaves, strict=True):
            args[i] = leaf
        return (op(*args, **sample.params) * weights).sum()

    return function, [drawn[i] for i in free]


def direction(rng, like):
    """Random numbers away from 0, in the shape of an Array."""
    return Array([rng.uniform(0.5, 1.5) for _ in range(like.size)], like.shape)


def central_difference(function, point, towards):
    """(f(x + h·d) − f(x − h·d)) / 2h"""

    def at(step):
        return function([x + step * d for x, d in zip(point, towards, strict=True)])

    return (at(H) - at(-H)) / (2 * H)


def value(f, point):
    return f(*map(Tensor, point)).item()


def slope_node(f, towards, leaves):
    """The sum of f's gradients times fixed directions, as a graph."""
    gradients = grad(f(*leaves), leaves, create_graph=True)
    return sum(((g * d).sum() for g, d in zip(gradients, towards, strict=True)), start=0.0)


def slope(f, towards, point):
    return slope_node(f, towards, [Tensor(x, requires_grad=True) for x in point]).item()


def curvature(f, first, second, point):
    leaves = [Tensor(x, requires_grad=True) for x in point]
    gradients = grad(slope_node(f, first, leaves), leaves)
    return sum((g * d).sum().item() for g, d in zip(gradients, second, strict=True))


@EACH_DIFFERENTIABLE_OP
def test_first_and_second_derivatives_match_central_differences(op):
    rng = random.Random(op.name)
    for _ in range(20):
        f, point = projected(op, SAMPLES[op.name], rng)
        first, second = ([direction(rng, x) for x in point] for _ in range(2))
        numeric = central_difference(partial(value, f), point, first)
        assert slope(f, first, point) == pytest.approx(numeric, rel=1e-6, abs=1e-8)
        numeric = central_difference(partial(slope, f, first), point, second)
        assert curvature(f, first, second, point) == pytest.approx(numeric, rel=1e-6, abs=1e-8)


@EACH_DIFFERENTIABLE_OP
def test_gradients_have_the_shape_of_their_input_and_the_same_numbers_as_graphs(op):
    rng = random.Random(op.name)
    f, point = projected(op, SAMPLES[op.name], rng)
    xs = [Tensor(x, requires_grad=True) for x in point]
    f(*xs).backward()
    for x, g in zip(xs, grad(f(*xs), xs, create_graph=True), strict=True):
        assert g.shape == x.shape
        assert gradient(x) == g.data


@pytest.mark.parametrize("op", FLAT, ids=lambda op: op.name)
def test_an_op_without_a_gradient_gives_a_constant_and_backward_names_it(op):
    rng = random.Random(op.name)
    f, point = projected(op, SAMPLES[op.name], rng)
    xs = [Tensor(x, requires_grad=True) for x in point]
    z = f(*xs)  # the op, times constants, summed
    assert (z.requires_grad, z.op, z._prev) == (False, None, ())
    sign = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}.get(op.name)
    told = re.escape(f"by way of {sign or op.name}, and {sign or op.name} has no gradient")
    for differentiate in (z.backward, partial(grad, z, xs)):
        with pytest.raises(RuntimeError, match=told):
            differentiate()
    assert all(x.grad is None for x in xs)


@pytest.mark.parametrize("op", [op for op in OPS if None in op.vjps and any(op.vjps)], ids=repr)
def test_only_an_input_that_has_a_rule_makes_the_result_require_grad(op):
    sample = SAMPLES[op.name]
    drawn = sample.draw(random.Random(op.name))
    for place, vjp in enumerate(op.vjps):
        xs = [Tensor(x, requires_grad=i == place) for i, x in enumerate(drawn)]
        assert op(*xs, **sample.params).requires_grad is (vjp is not None)


# ---- Value and Tensor


@EACH_ELEMENTWISE_OP
def test_value_and_tensor_give_the_same_bits(op):
    rng = random.Random(op.name)
    for _ in range(20):
        numbers = SAMPLES[op.name].draw(rng)
        assert slopes(op, *numbers) == slopes(op, *numbers, kind=Tensor)


SHAPES = [
    ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2,)), ((2,), ()), ((2, 1, 3), (4, 1)),
    ((1,), (0,)), ((0, 3), (1, 3)), ((1, 1), (2, 0)), ((1,), ()), ((2, 2), (2, 2)),
]  # fmt: skip


def elements(array):
    """(place, element) for each element of an array."""
    return zip(itertools.product(*map(range, array.shape)), array.flat, strict=True)


def stretched(leaves, shape, place):
    """The leaf that broadcasting puts at `place` of the result, worked out index by index."""
    aligned = place[len(place) - len(shape) :]
    return leaves[tuple(0 if n == 1 else i for i, n in zip(aligned, shape, strict=True))]


OF_TWO = [op for op in DIFFERENTIABLE if op.elementwise and len(op.vjps) == 2]


@pytest.mark.parametrize("op", OF_TWO, ids=repr)
def test_broadcasting_sums_the_gradients_of_all_copies(op):
    rng = random.Random(op.name)
    for x_shape, y_shape in SHAPES:
        x_n, y_n = math.prod(x_shape), math.prod(y_shape)
        drawn = [SAMPLES[op.name].draw(rng) for _ in range(max(x_n, y_n))]
        x = Tensor(Array([pair[0] for pair in drawn[:x_n]], x_shape), requires_grad=True)
        y = Tensor(Array([pair[1] for pair in drawn[:y_n]], y_shape), requires_grad=True)
        z = op(x, y)
        (z * 0.5).sum().backward()

        xs = {place: Value(number) for place, number in elements(x.data)}
        ys = {place: Value(number) for place, number in elements(y.data)}
        total = Value(0.0)
        for place, number in elements(z.data):
            value = op(stretched(xs, x_shape, place), stretched(ys, y_shape, place))
            assert value.data == number
            total = total + value * 0.5
        total.backward()
        for tensor, values in ((x, xs), (y, ys)):
            expected = [v.grad for v in values.values()]
            assert gradient(tensor).shape == tensor.shape
            assert gradient(tensor).flat == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_where_broadcasts_three_arguments_and_keeps_each_gradient_on_its_side():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = Tensor([[10.0], [20.0]], requires_grad=True)
    z = where(Tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]), x, y)
    assert z.tolist() == [[1.0, 10.0, 3.0], [20.0, 20.0, 3.0]]
    z.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([1.0, 0.0, 2.0], [[1.0], [2.0]])


# ---- kinks and edges: (name, function, arguments, value, gradients)

EDGES = [
    ("relu at 0", ops.relu, (0.0,), 0.0, (0.0,)),
    ("relu at -0", ops.relu, (-0.0,), 0.0, (0.0,)),
    ("relu of nan", ops.relu, (nan,), nan, (1.0,)),
    ("abs at 0", abs, (0.0,), 0.0, (0.0,)),
    ("root of a shut relu", lambda x: ops.sqrt(ops.relu(x)), (-1.0,), 0.0, (0.0,)),
    ("log of a shut relu", lambda x: ops.log(ops.relu(x)), (-1.0,), -inf, (0.0,)),
    ("maximum, a tie", maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum, a tie", minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum, first", maximum, (3.0, 2.0), 3.0, (1.0, 0.0)),
    ("minimum, first", minimum, (1.0, 2.0), 1.0, (1.0, 0.0)),
    ("maximum, nan left", maximum, (nan, 2.0), nan, (1.0, 1.0)),
    ("maximum, nan right", maximum, (2.0, nan), nan, (1.0, 1.0)),
    ("minimum, nan left", minimum, (nan, 2.0), nan, (1.0, 1.0)),
    ("minimum, nan right", minimum, (2.0, nan), nan, (1.0, 1.0)),
    ("0 ** 0", ops.pow_, (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("0 ** 0.5", ops.pow_, (0.0, 0.5), 0.0, (inf, 0.0)),
    ("0 ** 2", ops.pow_, (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("0 ** -1", ops.pow_, (0.0, -1.0), inf, (-inf, -inf)),
    ("-0 ** -1", ops.pow_, (-0.0, -1.0), -inf, (-inf, inf)),
    ("-0 ** -2", ops.pow_, (-0.0, -2.0), inf, (inf, -inf)),
    ("x ** 0", ops.pow_, (3.0, 0.0), 1.0, (0.0, math.log(3.0))),
    ("nan ** 0", ops.pow_, (nan, 0.0), 1.0, (0.0, nan)),
    ("-2 ** 3", ops.pow_, (-2.0, 3.0), -8.0, (12.0, nan)),
    ("-2 ** -1", ops.pow_, (-2.0, -1.0), -0.5, (-0.25, nan)),
    ("-8 ** 1/3", ops.pow_, (-8.0, 1.0 / 3.0), nan, (nan, nan)),
    ("10 ** 400", ops.pow_, (10.0, 400.0), inf, (inf, inf)),
    ("-10 ** 401", ops.pow_, (-10.0, 401.0), -inf, (inf, nan)),
    ("sqrt at 0", ops.sqrt, (0.0,), 0.0, (inf,)),
    ("sqrt below 0", ops.sqrt, (-1.0,), nan, (nan,)),
    ("log at 0", ops.log, (0.0,), -inf, (inf,)),
    ("log below 0", ops.log, (-1.0,), nan, (-1.0,)),
    ("log1p at -1", ops.log1p, (-1.0,), -inf, (inf,)),
    ("log1p below -1", ops.log1p, (-2.0,), nan, (-1.0,)),
    ("exp of 1000", ops.exp, (1000.0,), inf, (inf,)),
    ("exp of -1000", ops.exp, (-1000.0,), 0.0, (0.0,)),
    ("1 / 0", ops.div, (1.0, 0.0), inf, (inf, -inf)),
    ("1 / -0", ops.div, (1.0, -0.0), -inf, (-inf, -inf)),
    ("-1 / 0", ops.div, (-1.0, 0.0), -inf, (inf, inf)),
    ("0 / 0", ops.div, (0.0, 0.0), nan, (inf, nan)),
    ("sin of inf", ops.sin, (inf,), nan, (nan,)),
    ("cos of inf", ops.cos, (-inf,), nan, (nan,)),
    ("where leaves nan out", lambda x: ops.where(1.0, x, nan), (2.0,), 2.0, (1.0,)),
]  # fmt: skip


@pytest.mark.parametrize("kind", [Value, Tensor])
@pytest.mark.parametrize("f, args, value, gradients", [e[1:] for e in EDGES],
                         ids=[e[0] for e in EDGES])  # fmt: skip
def test_an_edge_has_the_value_and_the_subgradient_of_the_notes(f, args, value, gradients, kind):
    found, found_gradients = slopes(f, *args, kind=kind)
    assert close(found, value), found
    assert all(map(close, found_gradients, gradients)), found_gradients


# x, value, derivative: the true digits, from 50-digit arithmetic
FAR_OUT = [
    (ops.tanh, 20.0, 1.0, 1.6993417021166355e-17),
    (ops.tanh, -20.0, -1.0, 1.6993417021166355e-17),
    (ops.tanh, 300.0, 1.0, 1.0601586212017243e-260),
    (ops.tanh, 1e308, 1.0, 0.0),
    (ops.sigmoid, 30.0, 0.9999999999999064, 9.357622968838423e-14),
    (ops.sigmoid, 40.0, 1.0, 4.248354255291589e-18),
    (ops.sigmoid, -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    (ops.sigmoid, 700.0, 1.0, 9.85967654375977e-305),
    (ops.sigmoid, -1000.0, 0.0, 0.0),
    (ops.softplus, 1000.0, 1000.0, 1.0),
    (ops.softplus, -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    (ops.softplus, -700.0, 9.85967654375977e-305, 9.85967654375977e-305),
    (ops.gelu, -10.0, -7.619853024160526e-23, -7.618400096464814e-22),
    (ops.gelu, -30.0, -1.472014178144456e-196, -4.416031690708495e-195),
    (ops.gelu, 40.0, 40.0, 1.0),
]


@pytest.mark.parametrize("f, x, value, derivative", FAR_OUT)
def test_a_saturated_function_keeps_its_digits(f, x, value, derivative):
    found, (slope,) = slopes(f, x)
    assert math.isclose(found, value, rel_tol=1e-13)
    assert math.isclose(slope, derivative, rel_tol=1e-12)


SPECIAL = [0.0, -0.0, 0.5, 1.0, -1.0, -2.5, 3.0, inf, -inf, nan, 1e-310, 1e308, 1e3, -1e3, 20.0]
SMOOTH = [op for op in ELEMENTWISE if any(op.vjps)]
UNARY, BINARY = ([op for op in SMOOTH if len(op.vjps) == n] for n in (1, 2))


def torch_slopes(name, *numbers):
    torch = pytest.importorskip("torch")
    f = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    z = f(*leaves)
    z.backward()
    return z.item(), [leaf.grad.item() for leaf in leaves]


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
def test_special_numbers_give_what_pytorch_gives(op):
    for x in SPECIAL:
        value, (slope,) = slopes(op, x)
        expected, (torch_slope,) = torch_slopes(op.name, x)
        assert close(value, expected), x
        if not (op.name in ("tanh", "sigmoid") and abs(x) == 20.0):  # there PyTorch loses digits
            assert close(slope, torch_slope), x


@pytest.mark.parametrize("op", BINARY, ids=lambda op: op.name)
def test_pairs_of_special_numbers_give_what_pytorch_gives(op):
    for x, y in itertools.product(SPECIAL, SPECIAL):
        if op.name == "pow" and (x, y) == (-inf, 0.5):
            continue  # IEEE 754's pow is inf here; PyTorch takes the square root, nan
        value, found = slopes(op, x, y)
        expected, torch_found = torch_slopes(op.name, x, y)
        assert close(value, expected) and all(map(close, found, torch_found)), (x, y)


# ---- reductions


def tensor_grad(f, data):
    """The nested list of f's gradient at a Tensor of `data`."""
    x = Tensor(data, requires_grad=True)
    return grad(f(x), x).tolist()


def test_equal_maxima_share_the_gradient_of_max_and_min():
    assert tensor_grad(lambda x: x.max(), [1.0, 3.0, 3.0]) == [0.0, 0.5, 0.5]
    assert tensor_grad(lambda x: x.min(), [[1.0, 3.0], [1.0, 1.0]]) == [
        [pytest.approx(1 / 3), 0.0],
        [pytest.approx(1 / 3), pytest.approx(1 / 3)],
    ]


def test_the_first_of_equal_maxima_takes_the_gradient_along_a_dim():
    assert tensor_grad(lambda x: x.max(0).values.sum(), [1.0, 3.0, 3.0]) == [0.0, 1.0, 0.0]
    assert tensor_grad(lambda x: x.min(dim=1).values.sum(), [[2.0, 1.0, 1.0]]) == [[0.0, 1.0, 0.0]]


def test_a_nan_wins_every_maximum_and_takes_the_gradient():
    for row in ([nan, 1.0], [1.0, nan]):
        for f in (Tensor.max, lambda x: x.max(0).values, Tensor.min, lambda x: x.min(0).values):
            assert math.isnan(f(Tensor(row)).item())
            assert tensor_grad(f, row) == [float(x != x) for x in row]
        assert Tensor(row).argmax().item() == row.index(nan)


def test_an_infinite_gradient_reaches_only_the_maximum():
    assert tensor_grad(lambda x: x.max().sqrt(), [0.0, -1.0]) == [inf, 0.0]


def test_the_deviation_of_a_constant_has_gradient_zero():
    assert tensor_grad(lambda x: x.std(), [2.0, 2.0, 2.0]) == [0.0, 0.0, 0.0]
    assert tensor_grad(lambda x: x.std(0).sum(), [[2.0, 1.0], [2.0, 3.0]]) == [
        [0.0, pytest.approx(-(0.5**0.5))],
        [0.0, pytest.approx(0.5**0.5)],
    ]


def test_the_deviation_of_one_sample_is_nan():
    assert math.isnan(Tensor([2.0]).std().item())
    assert math.isnan(Tensor([2.0]).var().item())
    assert Tensor([2.0]).var(unbiased=False).item() == 0.0
    assert Tensor([2.0]).std(unbiased=False).item() == 0.0


def test_softmax_neither_overflows_nor_loses_the_far_answer():
    logits = Tensor([[1e6, 0.0, -1e6]])
    assert ops.softmax(logits, dim=1).tolist() == [[1.0, 0.0, 0.0]]
    assert ops.log_softmax(logits, dim=1).tolist() == [[0.0, -1e6, -2e6]]
    sure = ops.log_softmax(Tensor([40.0, 0.0]), dim=0)
    assert math.isclose(sure[0].item(), -4.248354255291589e-18, rel_tol=1e-14)


# ---- third derivatives, against closed forms


def third(f, x):
    x = Value(x)
    first = grad(f(x), x, create_graph=True)
    return grad(grad(first, x, create_graph=True), x).data


def sigma(x):
    return 1.0 / (1.0 + exp(-x))


THIRD = {
    "tanh": (ops.tanh, lambda x: (1 - math.tanh(x) ** 2) * (6 * math.tanh(x) ** 2 - 2)),
    "sigmoid": (
        ops.sigmoid,
        lambda x: sigma(x) * (1 - sigma(x)) * (1 - 6 * sigma(x) * (1 - sigma(x))),
    ),
    "softplus": (ops.softplus, lambda x: sigma(x) * (1 - sigma(x)) * (1 - 2 * sigma(x))),
    "pow 0": (lambda x: x**0, lambda x: 0.0),
    "pow 1": (lambda x: x**1, lambda x: 0.0),
    "pow 2": (lambda x: x**2, lambda x: 0.0),
    "pow 3": (lambda x: x**3, lambda x: 6.0),
    "pow 5": (lambda x: x**5, lambda x: 60.0 * x**2),
}


@pytest.mark.parametrize("f, closed", THIRD.values(), ids=THIRD)
@pytest.mark.parametrize("x", [0.0, 0.7, -1.3, 3.0, -5.0])
def test_a_third_derivative_has_its_closed_form(f, closed, x):
    assert third(f, x) == pytest.approx(closed(x), rel=1e-10, abs=1e-13)


def test_the_third_derivative_of_a_fractional_power():
    for x in (0.5, 2.0, 9.0):
        assert third(lambda x: x**2.5, x) == pytest.approx(1.875 * x**-0.5, rel=1e-12)
        assert third(lambda x: 2.5**x, x) == pytest.approx(2.5**x * math.log(2.5) ** 3, rel=1e-12)


# ---- calling an op


def test_an_op_of_arrays_refuses_values():
    with pytest.raises(TypeError, match="softmax works on Tensors, not on Values"):
        ops.softmax(Value(1.0), dim=0)


def test_an_op_of_mixed_nodes_is_refused():
    with pytest.raises(TypeError, match="got Value, Tensor"):
        ops.add(Value(1.0), Tensor(1.0))
    with pytest.raises(TypeError, match="do not mix"):
        ops.add(Tensor(1.0), Value(1.0))


def test_an_op_shows_its_name():
    assert repr(ops.pow_) == "Op('pow')"


def test_the_mixed_second_derivative_of_pow_at_the_exponent_zero():
    """∂²xʸ/∂x∂y = xʸ⁻¹(1 + y log x), so 1/x at y = 0, in either order."""
    x, y = Value(2.0), Value(0.0)
    by_x, by_y = grad(x**y, (x, y), create_graph=True)
    assert grad(by_x, y).data == grad(by_y, x).data == 0.5
