"""Figures from the literature: rates and steps on a quadratic, and a cycle that never ends."""

import math
from fractions import Fraction

import pytest

from micrograd_opt import Tensor, Value
from micrograd_opt.optim import SGD
from micrograd_opt.optim.lecture import LectureNesterov
from micrograd_opt.optim.newton import Newton

# f(x) = ½ Σ λx² has κ = 100; each method with the constants that are optimal for it
CURVATURES = [1.0, 10.0, 100.0]
LOW, HIGH = 1.0, 100.0
ROOT = math.sqrt(HIGH / LOW)
DESCENT = {"lr": 2 / (LOW + HIGH)}
HEAVY_BALL = {
    "lr": (2 / (math.sqrt(LOW) + math.sqrt(HIGH))) ** 2,
    "momentum": ((ROOT - 1) / (ROOT + 1)) ** 2,
}
NESTEROV = {"lr": 1 / HIGH, "momentum": (ROOT - 1) / (ROOT + 1)}


def distances(make, steps, curvatures=CURVATURES):
    """How far the parameters are from the minimum, at 0, after each step from (1, 1, …)."""
    x, curvature = Tensor([1.0] * len(curvatures), requires_grad=True), Tensor(curvatures)
    optimizer = make([x])

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * (curvature * x * x).sum()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        yield math.hypot(*x.tolist())


def steps_needed(make):
    """The first step after which the distance is at most 1e-6."""
    path = enumerate(distances(make, 1000), 1)
    return next(step for step, distance in path if distance <= 1e-6)


STEPS = [
    (lambda params: SGD(params, **DESCENT), 709),
    (lambda params: SGD(params, **HEAVY_BALL), 95),
    (lambda params: SGD(params, nesterov=True, **NESTEROV), 157),
    (lambda params: LectureNesterov(params, **NESTEROV), 158),  # 157 for its look-ahead point
    (lambda params: Newton(params), 1),
]


@pytest.mark.parametrize("make, steps", STEPS)
def test_the_steps_to_a_millionth_for_a_condition_number_of_100(make, steps):
    assert steps_needed(make) == steps


def test_the_lectures_lookahead_point_needs_157_steps_as_the_common_form():
    """θ − αμg is where the next gradient is taken: |∇| there is |λ(θ − αμg)|."""
    x, curvature = Tensor([1.0] * 3, requires_grad=True), Tensor(CURVATURES)
    optimizer, seen = LectureNesterov([x], **NESTEROV), []

    def closure():
        optimizer.zero_grad()
        (0.5 * (curvature * x * x).sum()).backward()
        seen.append(math.hypot(*x.tolist()))

    for _ in range(158):
        optimizer.step(closure)
    assert seen[157] <= 1e-6 < seen[156]


def rate(make, steps, double_root):
    """By what the distance shrinks a step, in the end; a double root shrinks as n·rateⁿ."""
    *_, before, after = distances(make, steps, [LOW, HIGH])
    return after / before * ((steps - 1) / steps if double_root else 1.0)


def test_gradient_descent_shrinks_by_99_over_101():
    assert rate(lambda p: SGD(p, **DESCENT), 100, double_root=False) == pytest.approx(99 / 101)


def test_the_heavy_ball_shrinks_by_9_over_11():
    found = rate(lambda p: SGD(p, **HEAVY_BALL), 1000, double_root=True)
    assert found == pytest.approx(9 / 11, rel=2e-5)


@pytest.mark.parametrize("cls, form", [(SGD, {"nesterov": True}), (LectureNesterov, {})])
def test_nesterov_shrinks_by_one_minus_one_over_the_root_of_kappa(cls, form):
    found = rate(lambda p: cls(p, **NESTEROV, **form), 1000, double_root=True)
    assert found == pytest.approx(1 - 1 / ROOT, rel=2e-5)


def lessard(x):
    """Convex, with a slope of 25x below 1, x + 24 below 2, 25x − 24 above."""
    if x < 1:
        return 12.5 * x * x
    if x < 2:
        return 0.5 * x * x + 24 * x - 12
    return 12.5 * x * x - 24 * x + 36


def positions(x, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        lessard(x).backward()
        optimizer.step()
        yield x.data


def test_the_heavy_ball_may_cycle_for_ever_on_a_convex_function():
    """Lessard, Recht and Packard 2016, §4.6: optimal for every quadratic with 1 ≤ λ ≤ 25."""
    x = Value(3.3)
    *_, a, b, c, d, e, f = positions(x, SGD([x], lr=1 / 9, momentum=4 / 9), 300)
    cycle = [float(Fraction(n, 1225)) for n in (792, -2208, 2592)]
    start = cycle.index(min(cycle, key=lambda point: abs(point - a)))
    assert [a, b, c] == pytest.approx(cycle[start:] + cycle[:start], abs=1e-12)
    assert [d, e, f] == pytest.approx([a, b, c], abs=1e-12)


def test_without_momentum_the_same_function_is_easy():
    x = Value(3.3)
    *_, last = positions(x, SGD([x], lr=2 / 26), 300)
    assert abs(last) < 1e-6
