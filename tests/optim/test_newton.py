"""Newton's method: one step for a quadratic, digits that double, and a price that is named."""

import itertools
import json
import math
import random
from functools import partial
from operator import mul

import pytest

from interrupts import interrupted
from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.optim import schedules
from micrograd_opt.optim.newton import Newton, derivatives, solve


def tensor(data):
    return Tensor(data, requires_grad=True)


def rosenbrock(x, y):
    return 100.0 * (y - x * x) ** 2 + (1.0 - x) ** 2


# ---- the formula


def test_newton_by_hand():
    x = Value(1.0)
    optimizer = Newton([x], lr=0.5, damping=3.0)
    # x³: g = 3, H = 6; then x = 1 − ½ · 3/9 = ⅚: g = 25/12, H = 5
    assert optimizer.step(lambda: x**3).data == 1.0
    assert x.data == pytest.approx(5 / 6, rel=1e-15)
    optimizer.step(lambda: x**3)
    assert x.data == pytest.approx(5 / 6 - 0.5 * (25 / 12) / 8, rel=1e-15)


def test_two_parameters_by_hand():
    x, y = Value(1.0), Value(2.0)
    # g = (4, 5), H = (2 1; 1 2): d = (1, 2)
    Newton([x, y], lr=0.25).step(lambda: x * x + x * y + y * y)
    assert [x.data, y.data] == pytest.approx([0.75, 1.5], rel=1e-15)


@pytest.mark.parametrize("kappa", [1.0, 100.0, 1e10])
def test_a_quadratic_takes_one_step_however_ill_conditioned(kappa):
    x = tensor([3.0, -4.0])
    curvature, bottom = Tensor([1.0, kappa]), Tensor([1.0, 2.0])
    Newton([x]).step(lambda: (curvature * (x - bottom) ** 2).sum())
    assert x.tolist() == pytest.approx([1.0, 2.0], abs=1e-14)


def test_rosenbrocks_valley_takes_six_steps():
    """The path that textbooks print, from (−1.2, 1)."""
    x, y = Value(-1.2), Value(1.0)
    optimizer, path = Newton([x, y]), []
    for _ in range(6):
        optimizer.step(lambda: rosenbrock(x, y))
        path.append((round(x.data, 4), round(y.data, 4)))
    assert path[:4] == [(-1.1753, 1.3807), (0.7631, -3.175), (0.7634, 0.5828), (1.0, 0.944)]
    assert [x.data, y.data] == pytest.approx([1.0, 1.0], abs=1e-9)


def test_near_the_bottom_each_step_squares_the_error():
    x, errors = Value(1.0), []
    optimizer = Newton([x])
    for _ in range(4):
        optimizer.step(lambda: x.exp() - x)
        errors.append(x.data)
    squares = [after / before**2 for before, after in itertools.pairwise(errors)]
    assert squares == pytest.approx([0.5] * 3, abs=0.1)


def test_much_damping_is_gradient_descent_with_a_rate_of_one_over_it():
    x, damping = tensor([0.3, -0.7]), 1e8
    Newton([x], damping=damping).step(lambda: (x * x * x * x).sum())
    a, b = x.tolist()
    assert (0.3 - a) * damping == pytest.approx(4 * 0.3**3, rel=1e-6)
    assert (0.7 + b) * damping == pytest.approx(4 * 0.7**3, rel=1e-6)


def test_a_change_of_units_changes_nothing():
    """Newton's path in y = 1000x is its path in x; gradient descent's is not."""
    x, y = Value(1.0), Value(1000.0)
    one, other = Newton([x]), Newton([y])
    for _ in range(5):
        one.step(lambda: x.exp() - 2.0 * x)
        other.step(lambda: (y / 1000.0).exp() - y / 500.0)
        assert y.data == pytest.approx(1000.0 * x.data, rel=1e-12)


def random_net(seed):
    """Parameters, as nested lists, and a loss of theirs written for both libraries."""
    rng = random.Random(seed)
    start = [[[rng.gauss(0, 1) for _ in range(3)] for _ in range(2)], [0.1, -0.2, 0.3], 0.7]
    x = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(6)]
    y = [rng.gauss(0, 1) for _ in range(6)]

    def loss(w, b, c, x, y):
        error = ((x @ w + b).tanh() * c).sum(1) - y
        return (error * error).mean()

    return start, loss, x, y


@pytest.mark.parametrize("seed", range(60))
def test_the_step_is_the_one_from_pytorchs_hessian(seed):
    torch = pytest.importorskip("torch")
    rng = random.Random(seed)
    start, loss, x, y = random_net(seed)
    alpha, damping, own = rng.uniform(0.1, 1.0), rng.uniform(6.0, 9.0), rng.uniform(6.0, 9.0)
    w, b, c = (tensor(p) for p in start)
    groups = [{"params": [w, b]}, {"params": [c], "damping": own}]
    optimizer = Newton(groups, lr=alpha, damping=damping)
    theta = torch.cat([torch.tensor(p, dtype=torch.float64).flatten() for p in start])
    x_, y_ = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)

    def of(theta):
        return loss(theta[:6].reshape(2, 3), theta[6:9], theta[9], x_, y_)

    ridge = torch.diag(torch.tensor([damping] * 9 + [own], dtype=torch.float64))
    for _ in range(3):
        ours = optimizer.step(lambda: loss(w, b, c, Tensor(x), Tensor(y)))
        assert ours.item() == pytest.approx(of(theta).item(), abs=1e-12)
        g = torch.autograd.functional.jacobian(of, theta)
        h = torch.autograd.functional.hessian(of, theta)
        theta = theta - alpha * torch.linalg.solve(h + ridge, g)
        found = [*itertools.chain(*w.tolist()), *b.tolist(), c.item()]
        assert found == pytest.approx(theta.tolist(), abs=1e-10)


def test_the_hessian_is_that_of_all_parameters_together():
    (w, b, c), loss, x, y = random_net(1)
    params = [tensor(w), tensor(b), tensor(c)]
    g, h = derivatives(loss(*params, Tensor(x), Tensor(y)), params)
    assert len(g) == len(h) == 10 and {len(row) for row in h} == {10}
    assert h[9][0] == pytest.approx(h[0][9]) != 0.0
    nudged = [tensor(w), tensor(b), tensor(c + 1e-6)]
    there, _ = derivatives(loss(*nudged, Tensor(x), Tensor(y)), nudged)
    slopes = [(after - before) / 1e-6 for before, after in zip(g, there, strict=True)]
    assert slopes == pytest.approx([row[9] for row in h], abs=1e-5)


# ---- the equations


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_a_positive_definite_system_is_solved(n):
    rng = random.Random(n)
    a = [[rng.gauss(0, 1) for _ in range(n)] for _ in range(n)]
    h = [[math.fsum(map(mul, p, q)) + (p is q) for q in a] for p in a]
    x = [rng.gauss(0, 1) for _ in range(n)]
    assert solve(h, [math.fsum(map(mul, row, x)) for row in h]) == pytest.approx(x, abs=1e-11)


NO_BOTTOM = [
    ([[0.0]], 0),
    ([[-1.0]], 0),
    ([[1.0, 2.0], [2.0, 1.0]], 1),
    ([[1.0, 1.0], [1.0, 1.0]], 1),
    ([[0.1, 0.3], [0.3, 0.9 + 1e-16]], 1),
    ([[2.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.5]], 2),
    ([[math.nan]], 0),
]


@pytest.mark.parametrize("h, place", NO_BOTTOM)
def test_a_matrix_that_is_not_positive_definite_is_an_error_at_its_pivot(h, place):
    with pytest.raises(ArithmeticError) as error:
        solve(h, [1.0] * len(h))
    assert error.value.args[0] == place


# ---- what it refuses


def test_too_many_parameters_are_an_error_with_the_cost():
    message = (
        "Newton: 2,410 parameters, but max_parameters is 500: a step would take 2,410 backward "
        "passes, 46,464,800 bytes for the Hessian in float64 and 2,332,920,166 multiplications"
    )
    with pytest.raises(ValueError, match=message):
        Newton([tensor([[0.0] * 48] * 50), *(Value(0.0) for _ in range(10))])
    Newton([tensor([0.0] * 500)])
    Newton([tensor([0.0] * 501)], max_parameters=501)


def test_a_group_too_many_is_an_error_that_changes_nothing():
    x, y = Value(1.0), tensor([1.0, 2.0])
    optimizer = Newton([x], max_parameters=2)
    with pytest.raises(ValueError, match="3 parameters, but max_parameters is 2"):
        optimizer.add_param_group({"params": [y]})
    optimizer.step(lambda: x * x)
    assert x.data == 0.0 and len(optimizer.param_groups) == len(optimizer.blocks) == 1


def saddle():
    """A tensor, a Value that goes unused, and the loss x² − y² of the tensor's two elements."""
    w, x = tensor([[1.0, 2.0]]), Value(3.0)
    signs = Tensor([1.0, -1.0])
    return [("w", w), ("x", x)], lambda: (signs * w * w).sum()


def everything(optimizer):
    params = [p for group in optimizer.param_groups for p in group["params"]]
    data = [p.tolist() if isinstance(p, Tensor) else p.data for p in params]
    return data, optimizer.state_dict(), optimizer.steps


def test_at_a_saddle_it_asks_for_damping_and_changes_nothing():
    params, loss = saddle()
    optimizer = Newton(params, damping=1.5)
    before = everything(optimizer)
    message = r"w\[0, 1\] has the pivot -0.5, so there is no bottom .*; raise damping, which is 1.5"
    with pytest.raises(ValueError, match=message):
        optimizer.step(loss)
    assert everything(optimizer) == before
    optimizer.param_groups[0]["damping"] = 4.0
    optimizer.step(loss)  # down y, away from the saddle
    (((x, y),), unused), *_ = everything(optimizer)
    assert (x, y, unused) == (pytest.approx(1 - 2 / 6), 2 + 4 / 2, 3.0)


def test_a_parameter_that_the_loss_does_not_use_is_a_flat_valley():
    x, y = Value(1.0), Value(2.0, label="y")
    optimizer = Newton([x, y])
    with pytest.raises(ValueError, match="y has the pivot 0, so there is no bottom"):
        optimizer.step(lambda: x * x)
    assert (x.data, y.data) == (1.0, 2.0)
    optimizer.param_groups[0]["damping"] = 1e-9
    optimizer.step(lambda: x * x)
    assert (x.data, y.data) == (pytest.approx(0.0, abs=1e-8), 2.0)


BAD_LOSSES = [
    (None, TypeError, "needs a closure that returns the loss"),
    (lambda x: None, TypeError, "must return the loss as a node, got NoneType"),
    (lambda x: 3.0, TypeError, "must return the loss as a node, got float"),
    (lambda x: Value(3.0).detach(), RuntimeError, "the loss has no graph"),
    (lambda x: (x - 1.0).log(), ValueError, "a derivative by x is NaN or infinite"),
    (lambda x: (x - 1.0) ** 1.5, ValueError, "a derivative by x is NaN or infinite"),
    (lambda x: 1e-300 * x * x + 1e10 * x, ValueError, "x would become -inf; raise damping"),
]


@pytest.mark.parametrize("loss, error, message", BAD_LOSSES)
def test_a_bad_loss_is_an_error_and_changes_nothing(loss, error, message):
    x = Value(1.0, label="x")
    optimizer = Newton([x])
    before = everything(optimizer)
    with pytest.raises(error, match=message):
        optimizer.step(loss and (lambda: loss(x)))
    assert everything(optimizer) == before


BAD_ARGUMENTS = [
    ({"lr": -1}, ValueError, r"Newton, group 0: lr must be in \[0, inf\), got -1"),
    ({"damping": math.inf}, ValueError, r"damping must be in \[0, inf\), got inf"),
    ({"damping": "1"}, TypeError, "damping must be a number"),
    ({"max_parameters": 0}, ValueError, "Newton: max_parameters must be in {1, 2, …}, got 0"),
    ({"max_parameters": 1.5}, ValueError, "max_parameters must be in"),
]


@pytest.mark.parametrize("arguments, error, message", BAD_ARGUMENTS)
def test_a_bad_argument_is_an_error_with_its_range(arguments, error, message):
    with pytest.raises(error, match=message):
        Newton([Value(1.0)], **arguments)


# ---- the step as others': gradients left alone, schedules, Values and Tensors, whole or not at all


def test_no_gradient_is_read_or_written():
    x = Value(3.0)
    x.grad = math.nan
    with no_grad():
        loss = Newton([x]).step(lambda: x * x)
    assert (loss.data, x.data) == (9.0, 0.0) and math.isnan(x.grad)


def test_a_closure_that_calls_backward_does_no_harm():
    x = Value(3.0)

    def closure():
        loss = x * x
        loss.backward()
        return loss

    Newton([x]).step(closure)
    assert (x.data, x.grad) == (0.0, 6.0)


def test_lr_and_damping_take_schedules_and_groups_have_their_own():
    x, y = Value(1.0), Value(1.0)
    groups = [{"params": [x]}, {"params": [y], "lr": 0.5}]
    optimizer = Newton(groups, lr=schedules.linear_decay(1.0, 2), damping=lambda i: 2.0 * i)
    optimizer.step(lambda: (x - 3.0) ** 2 + (y - 3.0) ** 2)
    assert (x.data, y.data) == (3.0, 2.0)
    assert [g["damping"] for g in optimizer.param_groups] == [2.0, 2.0]
    optimizer.step(lambda: (x - 1.0) ** 2 + (y - 3.0) ** 2)  # d = 4/4 and −2/4
    assert (x.data, y.data) == (3.0 - 0.5, 2.0 + 0.25)
    assert optimizer.steps == 2
    resumed = Newton([{"params": [x]}, {"params": [y]}])
    resumed.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    assert resumed.state_dict() == optimizer.state_dict()


def test_four_values_move_as_a_tensor_of_four_to_the_bit():
    start, scale = [0.5, -1.0, 2.0, 0.1], [1.0, 10.0, 100.0, 3.0]
    values, whole, scales = [Value(x) for x in start], tensor(start), Tensor(scale)

    def of_values():
        return sum((s * x * x).exp().log() + 0.5 * x for s, x in zip(scale, values, strict=True))

    scalars, tensors = Newton(values, damping=0.1), Newton([whole], damping=0.1)
    for _ in range(3):
        scalars.step(of_values)
        tensors.step(lambda: ((scales * whole * whole).exp().log() + 0.5 * whole).sum())
        assert [x.data for x in values] == whole.tolist()


def test_an_interrupt_before_any_line_of_the_step_never_tears_it():
    def fresh():
        x, y = Value(-1.2), Value(1.0)
        return Newton([{"params": [x]}, {"params": [y]}]), lambda: rosenbrock(x, y)

    optimizer, loss = fresh()
    whole = [everything(optimizer)]
    optimizer.step(loss)
    whole.append(everything(optimizer))
    for line in itertools.count(1):
        optimizer, loss = fresh()
        came = interrupted(partial(optimizer.step, loss), line)
        assert everything(optimizer) in whole, f"torn before line {line}"
        if not came:
            break
    assert line > 50
