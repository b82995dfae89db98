"""Each formula by hand: two steps, every flag, and the places where it is easily got wrong."""

import math

import pytest

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW
from micrograd_opt.optim.adam_variants import Adamax, NAdam, RAdam
from micrograd_opt.optim.adaptive import Adadelta, Adagrad, RMSprop
from micrograd_opt.optim.asgd import ASGD
from micrograd_opt.optim.rprop import Rprop


def path(optimizer, x, *gradients):
    """Where the scalar x is after each of the gradients."""
    seen = []
    for g in gradients:
        x.grad = g
        optimizer.step()
        seen.append(x.data)
    return seen


def walk(optimizer, x, *gradients):
    """The path, to be compared with what was computed by hand."""
    return pytest.approx(path(optimizer, x, *gradients), rel=1e-15, abs=1e-15)


# ---- SGD


def test_sgd_by_hand():
    x = Value(1.0)
    assert walk(SGD([x], lr=0.1), x, 2.0, -3.0) == [0.8, 1.1]


def test_sgd_momentum_by_hand():
    x = Value(1.0)
    # b = 2, then 0.5 · 2 − 3 = −2, then 0.5 · −2 + 4 = 3
    assert walk(SGD([x], lr=0.1, momentum=0.5), x, 2.0, -3.0, 4.0) == [0.8, 1.0, 0.7]


def test_sgd_dampening_spares_the_first_buffer_by_hand():
    x = Value(1.0)
    # b = 2, then 0.5 · 2 − 0.75 · 4 = −2
    optimizer = SGD([x], lr=0.1, momentum=0.5, dampening=0.25)
    assert walk(optimizer, x, 2.0, -4.0) == [0.8, 1.0]


def test_sgd_nesterov_by_hand():
    x = Value(1.0)
    # b = 2, g = 2 + 0.5 · 2 = 3; then b = 0.5 · 2 − 3 = −2, g = −3 − 0.5 · 2 = −4
    optimizer = SGD([x], lr=0.1, momentum=0.5, nesterov=True)
    assert walk(optimizer, x, 2.0, -3.0) == [0.7, 1.1]


def test_sgd_weight_decay_by_hand():
    x = Value(1.0)
    # g = 2 + 0.5 · 1; then −3 + 0.5 · 0.75
    assert walk(SGD([x], lr=0.1, weight_decay=0.5), x, 2.0, -3.0) == [0.75, 1.0125]


def test_maximize_negates_the_gradient_before_the_decay():
    x = Value(1.0)
    # g = −2 + 0.5 · 1; then 3 + 0.5 · 1.15
    optimizer = SGD([x], lr=0.1, weight_decay=0.5, maximize=True)
    assert walk(optimizer, x, 2.0, -3.0) == [1.15, 0.7925]


# betas (½, ¾) and the gradients ½, −1: m̂ = ½, v̂ = ¼; then m̂ = −0.375 / 0.75, v̂ = 19/28
BY_HAND = {"lr": 0.1, "betas": (0.5, 0.75), "eps": 0.5}
FIRST = 0.1 * 0.5 / (0.5 + 0.5)
SECOND = -0.1 * 0.5 / (math.sqrt(19 / 28) + 0.5)


def test_adam_by_hand():
    x = Value(1.0)
    assert walk(Adam([x], **BY_HAND), x, 0.5, -1.0) == [1 - FIRST, 1 - FIRST - SECOND]


def test_adamw_shrinks_by_lr_times_weight_decay_first_by_hand():
    x = Value(1.0)
    one = 0.96 - FIRST
    assert walk(AdamW([x], weight_decay=0.4, **BY_HAND), x, 0.5, -1.0) == [one, one * 0.96 - SECOND]


def test_adam_weight_decay_is_part_of_the_gradient_by_hand():
    x = Value(1.0)
    assert walk(Adam([x], weight_decay=0.25, **BY_HAND), x, 0.25) == [1 - FIRST]


def test_amsgrad_divides_by_the_largest_v_by_hand():
    x = Value(1.0)
    # v = ½ · 8 = 4, then ½ · 4 + ½ · ¼: the largest is 4. v̂ = 4 / ½, then 4 / ¾; m̂ = g
    optimizer = Adam([x], lr=1.0, betas=(0.0, 0.5), eps=0.0, amsgrad=True)
    assert walk(optimizer, x, math.sqrt(8.0), 0.5) == [0.0, -0.5 / math.sqrt(4.0 / 0.75)]


# ---- Adagrad


def test_adagrad_by_hand():
    x = Value(1.0)
    # v = 9, then 25; the second rate is 0.5 / (1 + 1 · 1)
    optimizer = Adagrad([x], lr=0.5, lr_decay=1.0, eps=1.0)
    one = 1 - 0.5 * 3 / (3 + 1)
    assert walk(optimizer, x, 3.0, -4.0) == [one, one + 0.25 * 4 / (5 + 1)]


def test_adagrad_starts_from_the_initial_accumulator_value_by_hand():
    x = Value(1.0)
    # v = 7 + 9, then 16 + 9
    optimizer = Adagrad([x], lr=0.5, initial_accumulator_value=7.0, eps=0.0)
    assert walk(optimizer, x, 3.0, 3.0) == [1 - 0.5 * 3 / 4, 1 - 0.5 * 3 / 4 - 0.5 * 3 / 5]


def test_adagrads_initial_accumulator_value_may_be_a_groups_own():
    x, y = Value(1.0), Value(1.0)
    own = {"params": y, "initial_accumulator_value": 16.0}
    optimizer = Adagrad([{"params": x}, own], lr=1.0, eps=0.0)
    x.grad = y.grad = 3.0
    optimizer.step()
    assert (x.data, y.data) == (0.0, 1 - 3 / 5)


def test_adagrads_rate_decays_with_the_steps_of_each_parameter():
    w, late = Tensor([0.0], requires_grad=True), Tensor([0.0], requires_grad=True)
    optimizer = Adagrad([w, late], lr=1.0, lr_decay=1.0, eps=0.0)
    for g in (None, None, Array([2.0], (1,))):
        w.grad, late.grad = Array([2.0], (1,)), g
        optimizer.step()
    assert late.tolist() == [-1.0]


# ---- RMSprop: rho ¾ and the gradients 2, −3 make v = 1, then 3


def test_rmsprop_by_hand():
    x = Value(1.0)
    one = 1 - 0.1 * 2 / (1 + 0.5)
    two = one + 0.1 * 3 / (math.sqrt(3) + 0.5)
    assert walk(RMSprop([x], lr=0.1, alpha=0.75, eps=0.5), x, 2.0, -3.0) == [one, two]


def test_rmsprops_momentum_takes_what_was_divided_and_the_rate_comes_after_by_hand():
    x = Value(1.0)
    b1 = 2 / (1 + 0.5)
    b2 = 0.5 * b1 - 3 / (math.sqrt(3) + 0.5)
    optimizer = RMSprop([x], lr=lambda i: (0.1, 0.2, 0.2)[i], alpha=0.75, eps=0.5, momentum=0.5)
    assert walk(optimizer, x, 2.0, -3.0) == [1 - 0.1 * b1, 1 - 0.1 * b1 - 0.2 * b2]


def test_centered_rmsprop_divides_by_the_standard_deviation_by_hand():
    x = Value(1.0)
    # v = 2, m = 1; then v = 1, m = ½ and g = 0; then v = 2.5, m = 1.25
    optimizer = RMSprop([x], lr=0.1, alpha=0.5, eps=0.5, centered=True)
    one = 1 - 0.1 * 2 / (1 + 0.5)
    three = one - 0.1 * 2 / (math.sqrt(2.5 - 1.25**2) + 0.5)
    assert walk(optimizer, x, 2.0, 0.0, 2.0) == [one, one, three]


def test_a_variance_that_rounding_makes_negative_is_zero():
    x = Value(0.0)
    optimizer = RMSprop([x], lr=1.0, alpha=0.5, eps=1.0, centered=True)
    below = []
    for _ in range(80):  # g never changes, so v − m² ends within a rounding of 0
        before, x.grad = x.data, 0.7
        optimizer.step()
        (v,), (m,) = (optimizer.state_dict()["state"]["0"][name] for name in "vm")
        below.append(v - m * m < 0.0)
        if below[-1]:
            assert x.data == before - 0.7
    assert any(below)


def test_rmsprop_weight_decay_by_hand():
    x = Value(2.0)
    # g = 1 + 0.5 · 2, so v = 1
    optimizer = RMSprop([x], lr=0.1, alpha=0.75, eps=0.5, weight_decay=0.5)
    assert walk(optimizer, x, 1.0) == [2 - 0.1 * 2 / (1 + 0.5)]


# ---- Adadelta


def test_adadelta_by_hand():
    x = Value(1.0)
    # g² = 6: v = 3, then 1.5 + 3 = 4.5; Δ = √(0 + 1) / √(3 + 1) · √6, so Δ² = 1.5 and u = 0.75
    g = math.sqrt(6)
    one, two = g / 2, math.sqrt(1.75) / math.sqrt(5.5) * g
    optimizer = Adadelta([x], lr=0.5, rho=0.5, eps=1.0)
    assert walk(optimizer, x, g, g) == [1 - one / 2, 1 - one / 2 - two / 2]


def test_adadelta_remembers_the_step_before_the_rate():
    paths = []
    for lr in (1.0, 0.125):
        x = Value(0.0)
        paths.append([y / lr for y in path(Adadelta([x], lr=lr), x, 3.0, -1.0, 2.0)])
    assert paths[0] == paths[1]


def test_adadelta_weight_decay_by_hand():
    x = Value(2.0)
    # g = 0.5 + 0.75 · 2 = 2: v = 2
    optimizer = Adadelta([x], rho=0.5, eps=1.0, weight_decay=0.75)
    assert walk(optimizer, x, 0.5) == [2 - 2 / math.sqrt(3)]


# ---- Rprop


def test_rprop_by_hand():
    x = Value(1.0)
    # s = 0.1; the same sign: 0.12; a flip: 0.06 and no move; then no sign to compare with: 0.06
    optimizer = Rprop([x], lr=0.1)
    expected = [1 - 0.1, 1 - 0.1 - 0.12, 1 - 0.1 - 0.12, 1 - 0.1 - 0.12 + 0.06]
    assert walk(optimizer, x, 5.0, 0.1, -3.0, -7.0) == expected


def test_rprop_stays_within_its_step_sizes_by_hand():
    x = Value(0.0)
    # s = 9 → 0.5; 0.6 → 0.5; a flip: 0.25 → 0.4; and 0.4 again
    optimizer = Rprop([x], lr=9.0, step_sizes=(0.4, 0.5))
    assert walk(optimizer, x, 1.0, 1.0, -1.0, -1.0) == [-0.5, -1.0, -1.0, -0.6]
    x.data = 0.0
    assert walk(Rprop([x], lr=0.1, step_sizes=(0.4, 0.5)), x, 1.0) == [-0.4]


def test_rprop_waits_where_the_gradient_is_zero():
    x = Value(1.0)
    # after a gradient of 0 the sign is compared with 0: the step stays as long as it is
    assert walk(Rprop([x], lr=0.1), x, 1.0, 0.0, -1.0) == [0.9, 0.9, 1.0]


def test_rprop_takes_no_notice_of_a_schedule_of_lr():
    x = Value(0.0)
    optimizer = Rprop([x], lr=lambda i: 0.1 + i)
    assert walk(optimizer, x, 1.0, 1.0) == [-0.1, -0.1 - 0.12]


# ---- Adamax


def test_adamax_by_hand():
    x = Value(1.0)
    # m = 1, u = 2 + ½; then m = −½, u = max(0.75 · 2.5, 2 + ½) and m̂ = −½ / ¾
    optimizer = Adamax([x], lr=0.1, betas=(0.5, 0.75), eps=0.5)
    one, two = 0.1 * 2 / 2.5, -0.1 * (0.5 / 0.75) / 2.5
    assert walk(optimizer, x, 2.0, -2.0) == [1 - one, 1 - one - two]


def test_adamax_forgets_a_large_gradient_by_beta2_a_step_by_hand():
    x = Value(0.0)
    # m̂ = g without momentum; u = 8, then max(6, 1), then max(4.5, 4)
    optimizer = Adamax([x], lr=1.0, betas=(0.0, 0.75), eps=0.0)
    assert walk(optimizer, x, 8.0, 1.0, 4.0) == [-1, -1 - 1 / 6, -1 - 1 / 6 - 4 / 4.5]


def test_adamax_weight_decay_is_part_of_the_gradient_by_hand():
    x = Value(1.0)
    optimizer = Adamax([x], lr=0.1, eps=0.5, weight_decay=0.25)
    assert walk(optimizer, x, 0.25) == [1 - 0.1 * 0.5 / (0.5 + 0.5)]


# ---- NAdam


def nadam_moves(beta1=0.5, psi=1.0):
    """What the gradients ½, −1 give with betas (½, ¾), eps ½ and lr 0.1; m = ¼, then −0.375."""
    mu = [beta1 * (1 - 0.5 * 0.96 ** (t * psi)) for t in (1, 2, 3)]
    first = (1 - mu[0]) * 0.5 / (1 - mu[0]) + mu[1] * 0.25 / (1 - mu[0] * mu[1])
    second = -(1 - mu[1]) / (1 - mu[0] * mu[1]) - mu[2] * 0.375 / (1 - mu[0] * mu[1] * mu[2])
    return 0.1 * first / (0.5 + 0.5), 0.1 * second / (math.sqrt(19 / 28) + 0.5)


def test_nadam_by_hand():
    x = Value(1.0)
    one, two = nadam_moves()
    optimizer = NAdam([x], momentum_decay=1.0, **BY_HAND)
    assert walk(optimizer, x, 0.5, -1.0) == [1 - one, 1 - one - two]


def test_nadam_without_momentum_is_adam_without_it():
    x, y, gradients = Value(1.0), Value(1.0), (0.5, -1.0, 2.0)
    plain = {"lr": 0.1, "betas": (0.0, 0.9)}
    assert walk(NAdam([x], **plain), x, *gradients) == path(Adam([y], **plain), y, *gradients)


def test_nadams_weight_decay_is_part_of_the_gradient_or_decoupled_by_hand():
    one, _ = nadam_moves()
    coupled, apart = Value(1.0), Value(1.0)
    given = {"momentum_decay": 1.0, **BY_HAND}
    assert walk(NAdam([coupled], weight_decay=0.25, **given), coupled, 0.25) == [1 - one]
    optimizer = NAdam([apart], weight_decay=0.4, decoupled_weight_decay=True, **given)
    assert walk(optimizer, apart, 0.5) == [0.96 - one]


# ---- RAdam: with β₂ = 0.9 ρ∞ is 19, and the sixth step is the first of ρ > 5


def radam_rectified(t, beta2=0.9):
    rho = 19 - 2 * t * beta2**t / (1 - beta2**t)
    return rho, math.sqrt((rho - 4) * (rho - 2) * 19 / (15 * 17 * rho))


def test_radam_is_momentum_until_rho_is_above_5_by_hand():
    x = Value(0.0)
    optimizer = RAdam([x], lr=0.1, betas=(0.5, 0.9))
    # m = 1, m̂ = 1 / ½; then m = ½ − 2, m̂ = −1.5 / ¾
    assert walk(optimizer, x, 2.0, -4.0) == [-0.2, 0.0]


def test_radam_rectifies_from_then_on_with_eps_before_the_correction_by_hand():
    x = Value(0.0)
    optimizer = RAdam([x], lr=0.1, betas=(0.0, 0.9), eps=0.5)
    # g = 1 throughout: v = 1 − 0.9^t
    rho, r = radam_rectified(6)
    assert radam_rectified(5)[0] <= 5 < rho
    v = 1 - 0.9**6
    last = -0.5 - 0.1 * r * math.sqrt(v) / (math.sqrt(v) + 0.5)
    assert path(optimizer, x, *[1.0] * 6)[4:] == pytest.approx([-0.5, last], rel=1e-14)


def test_radam_never_divides_where_beta2_is_small():
    x = Value(0.0)
    optimizer = RAdam([x], lr=0.1, betas=(0.0, 0.6))
    assert path(optimizer, x, *[4.0] * 50)[-1] == pytest.approx(-0.1 * 4 * 50)


def test_radams_weight_decay_is_part_of_the_gradient_or_decoupled_by_hand():
    coupled, apart = Value(1.0), Value(1.0)
    assert walk(RAdam([coupled], lr=0.1, weight_decay=0.5), coupled, 2.0) == [1 - 0.25]
    optimizer = RAdam([apart], lr=0.1, weight_decay=0.5, decoupled_weight_decay=True)
    assert walk(optimizer, apart, 2.0) == [0.95 - 0.2]


# ---- ASGD


def test_asgd_by_hand():
    x = Value(1.0)
    # η = 0.1, then 0.1 / (1 + 0.5 · 0.1 · 1)²; θ shrinks by 1 − 0.5η first
    eta = 0.1 / 1.05**2
    optimizer = ASGD([x], lr=0.1, lambd=0.5, alpha=2.0)
    one = 0.95 - 0.1 * 2
    assert walk(optimizer, x, 2.0, -3.0) == [one, (1 - 0.5 * eta) * one + 3 * eta]


def test_asgd_averages_from_step_t0_plus_2_on_by_hand():
    x = Value(0.0)
    optimizer = ASGD([x], lr=1.0, lambd=0.0, t0=1.0)
    seen = []
    for g in (-1.0, -2.0, -4.0, -8.0, -16.0):
        walk(optimizer, x, g)
        seen.append((x.data, *optimizer.state_dict()["state"]["0"]["average"]))
    # the last three: 7, (7 + 15) / 2, (7 + 15 + 31) / 3
    assert seen == [(1, 1), (3, 3), (7, 7), (15, 11), (31, pytest.approx(53 / 3, rel=1e-15))]


def test_asgds_schedule_lags_by_a_step():
    x = Value(0.0)
    optimizer = ASGD([x], lr=lambda i: (1.0, 10.0, 100.0, 1000.0)[i], lambd=0.0)
    assert walk(optimizer, x, 1.0, 1.0, 1.0) == [-1.0, -2.0, -12.0]


def test_asgds_weight_decay_is_beside_lambd_by_hand():
    x = Value(2.0)
    # g = 1 + 0.5 · 2, and θ shrinks by 1 − 0.25 · 0.1
    optimizer = ASGD([x], lr=0.1, lambd=0.25, weight_decay=0.5)
    assert walk(optimizer, x, 1.0) == [0.975 * 2 - 0.1 * 2]
