"""Schedules: the lecture's formulas, what lies past the end, and arguments that make no sense."""

import math
import pickle

import pytest

from micrograd_opt import Value
from micrograd_opt.optim import SGD, Adam, schedules
from micrograd_opt.optim.schedules import (
    constant,
    cosine_annealing,
    exponential,
    inverse_sqrt,
    join,
    linear_decay,
    linear_warmup,
    one_cycle,
    polynomial,
    step_decay,
    warm_restarts,
    wsd,
)

ENDLESS = [
    step_decay(0.1, every=7, gamma=0.5),
    exponential(0.1, 0.9),
    inverse_sqrt(0.1, 5),
    warm_restarts(0.1, 6, mult=2, lr_min=0.01),
    warm_restarts(0.1, 6),
]
ENDING = [
    constant(0.1),
    linear_decay(0.1, 20),
    cosine_annealing(0.1, 20),
    cosine_annealing(0.1, 20, lr_min=0.02),
    linear_warmup(5, 0.1),
    linear_warmup(5, cosine_annealing(0.1, 15)),
    polynomial(0.1, 20, power=0.9, lr_min=0.02),
    one_cycle(0.1, 20),
    one_cycle(0.1, 20, pct_start=0.0, div_factor=10, final_div_factor=2),
    wsd(0.1, 20, warmup=4, decay=8, lr_min=0.01),
    join([linear_warmup(4, 0.1), step_decay(0.1, 3), linear_decay(0.1, 8)], [4, 12]),
]
ALL = ENDING + ENDLESS
each = pytest.mark.parametrize("schedule", ALL, ids=repr)


def test_constant_never_changes():
    assert {constant(0.3)(i) for i in (0, 1, 10**9)} == {0.3}


def test_linear_decay_is_the_lectures_formula():
    for i in range(101):
        assert linear_decay(0.3, 100)(i) == pytest.approx(0.3 * (1 - i / 100), rel=1e-14)


def test_cosine_annealing_is_the_lectures_formula():
    for i in range(101):
        lecture = 0.3 * 0.5 * (1 + math.cos(math.pi * i / 100))
        assert cosine_annealing(0.3, 100)(i) == pytest.approx(lecture, rel=1e-14)


def test_cosine_annealing_goes_from_lr_to_lr_min():
    schedule = cosine_annealing(0.5, 10, lr_min=0.1)
    assert (schedule(0), schedule(5), schedule(10)) == (0.5, pytest.approx(0.3), 0.1)


def test_the_last_rate_of_a_run_is_not_zero():
    assert linear_decay(1.0, 8)(7) == 1 / 8
    assert cosine_annealing(1.0, 8)(7) == pytest.approx(0.5 * (1 + math.cos(math.pi * 7 / 8)))


@pytest.mark.parametrize("schedule", ENDING, ids=repr)
def test_past_the_end_the_value_holds(schedule):
    assert schedule(20) == schedule(21) == schedule(10**6)


def test_past_the_end_the_value_is_that_of_the_formula_at_max_steps():
    assert linear_decay(1.0, 8)(9) == 0.0
    assert cosine_annealing(1.0, 8)(9) == 0.0
    assert cosine_annealing(1.0, 8, lr_min=0.25)(9) == 0.25


def test_step_decay_is_a_stair():
    assert [step_decay(1.0, 3, 0.5)(i) for i in range(7)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_exponential_falls_by_the_same_factor_each_step_and_may_rise():
    assert [exponential(2.0, 0.5)(i) for i in range(4)] == [2.0, 1.0, 0.5, 0.25]
    assert [exponential(1e-3, 10.0)(i) for i in range(3)] == pytest.approx([1e-3, 1e-2, 1e-1])
    assert exponential(1e-3, 10.0)(10**6) == math.inf and exponential(1.0, 0.5)(10**6) == 0.0


def test_polynomial_with_power_1_is_linear_decay():
    for i in range(25):
        assert polynomial(0.3, 20)(i) == linear_decay(0.3, 20)(i)
        lecture = 0.1 + 0.2 * (1 - min(i, 20) / 20) ** 3
        assert polynomial(0.3, 20, power=3, lr_min=0.1)(i) == pytest.approx(lecture, rel=1e-14)
    assert polynomial(0.1, 20, lr_min=0.3)(10) == pytest.approx(0.2)  # upwards too


def test_inverse_sqrt_is_the_transformers_formula():
    d, warmup = 512, 4000
    schedule = inverse_sqrt(1 / math.sqrt(d * warmup), warmup)
    for step in (1, 17, 3999, 4000, 4001, 10**6):
        paper = d**-0.5 * min(step**-0.5, step * warmup**-1.5)
        assert schedule(step - 1) == pytest.approx(paper, rel=1e-14)


def test_one_cycle_starts_low_reaches_lr_and_ends_far_below_where_it_began():
    schedule = one_cycle(0.5, 100, pct_start=0.3, div_factor=10, final_div_factor=100)
    assert schedule(0) == pytest.approx(0.05) and schedule(29) == pytest.approx(0.5)
    assert schedule(99) == schedule(500) == pytest.approx(0.0005)
    assert schedule(14.5) == pytest.approx((0.05 + 0.5) / 2)
    values = [schedule(i) for i in range(100)]
    assert values[:30] == sorted(values[:30]) and values[29:] == sorted(values[29:], reverse=True)


def test_one_cycle_may_peak_at_its_first_step_and_may_be_one_step_long():
    assert one_cycle(0.5, 10, pct_start=0.1)(0) == 0.5
    assert one_cycle(0.5, 1)(0) == pytest.approx(0.5 / 25 / 1e4)


def test_one_cycle_turned_round_is_a_momentum():
    schedule = one_cycle(0.85, 10, pct_start=0.4, div_factor=0.85 / 0.95, final_div_factor=1)
    assert [schedule(0), schedule(3), schedule(9)] == pytest.approx([0.95, 0.85, 0.95])


def test_warm_restarts_jump_back_to_lr_after_periods_that_grow():
    schedule = warm_restarts(0.5, 3, mult=2, lr_min=0.1)
    starts = [i for i in range(100) if schedule(i) == 0.5]
    assert starts == [0, 3, 9, 21, 45, 93]
    for start, period in zip(starts, (3, 6, 12, 24, 48), strict=False):
        for t in range(period):
            expected = cosine_annealing(0.5, period, 0.1)(t)
            assert schedule(start + t) == pytest.approx(expected, rel=1e-14)
    assert [i for i in range(20) if warm_restarts(0.5, 7)(i) == 0.5] == [0, 7, 14]
    assert warm_restarts(0.5, 7)(7 * 10**15 + 3) == warm_restarts(0.5, 7)(3)


def test_wsd_warms_up_stays_and_decays():
    schedule = wsd(0.8, 12, warmup=4, decay=4, lr_min=0.4)
    expected = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4]
    assert [schedule(i) for i in range(14)] == pytest.approx(expected)
    assert wsd(0.8, 4, warmup=0, decay=4)(0) == 0.8
    longer = wsd(0.8, 1000, warmup=4, decay=4, lr_min=0.4)
    assert [longer(i) for i in range(9)] == [schedule(i) for i in range(9)]


def test_in_a_join_each_part_begins_at_its_own_step_0():
    first, second = linear_decay(0.8, 10), step_decay(0.4, 2)
    schedule = join([first, second, 0.1], [3, 8])
    assert [schedule(i) for i in range(3)] == [first(i) for i in range(3)]
    assert [schedule(3 + i) for i in range(5)] == [second(i) for i in range(5)]
    assert schedule(8) == schedule(10**6) == 0.1
    assert join([first], [])(4) == first(4)


def test_a_warmup_is_a_join():
    then = cosine_annealing(0.5, 10)
    warmup = join([lambda i: 0.5 * (i + 1) / 4, then], [4])
    assert [warmup(i) for i in range(20)] == [linear_warmup(4, then)(i) for i in range(20)]


@each
def test_any_hyperparameter_may_follow_any_schedule(schedule):
    x, w = Value(1.0), Value(1.0)
    x.grad = w.grad = 0.0
    sgd = SGD([x], lr=0.0, momentum=schedule, weight_decay=schedule)
    adam = Adam([w], betas=(schedule, 0.9))
    for i in range(25):
        group = sgd.param_groups[0]
        assert group["momentum"] == group["weight_decay"] == schedule(i)
        assert adam.param_groups[0]["betas"] == (schedule(i), 0.9)
        sgd.step()
        adam.step()


def test_warmup_moves_at_the_first_step_and_reaches_the_target_at_its_last():
    schedule = linear_warmup(4, 0.8)
    assert [schedule(i) for i in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_what_follows_a_warmup_starts_at_its_own_step_0():
    then = linear_decay(0.8, 10)
    schedule = linear_warmup(4, then)
    assert [schedule(i) for i in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert [schedule(4 + i) for i in range(15)] == [then(i) for i in range(15)]


def test_any_function_may_follow_a_warmup_and_no_warmup_is_none():
    assert [linear_warmup(0, lambda i: i * 2)(i) for i in range(3)] == [0, 2, 4]
    assert linear_warmup(2, lambda i: 1 / (i + 1))(3) == 1 / 2


@each
def test_schedules_never_go_negative(schedule):
    assert all(schedule(i) >= 0.0 for i in range(100))


@each
def test_schedules_are_plain_data(schedule):
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert eval(repr(schedule)) == schedule
    assert hash(schedule) == hash(eval(repr(schedule)))


def test_a_repr_shows_the_arguments():
    assert repr(linear_decay(0.1, 20)) == "linear_decay(lr=0.1, max_steps=20)"


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf, -math.inf])
def test_a_rate_out_of_range_is_an_error_with_the_range(bad):
    makers = (
        constant,
        lambda lr: linear_decay(lr, 10),
        lambda lr: cosine_annealing(lr, 10),
        lambda lr: cosine_annealing(0.1, 10, lr),
        lambda lr: linear_warmup(10, lr),
        lambda lr: step_decay(lr, 10),
        lambda lr: exponential(lr, 0.5),
        lambda lr: polynomial(lr, 10),
        lambda lr: polynomial(0.1, 10, lr),
        lambda lr: polynomial(0.1, 10, 1, lr),
        lambda lr: inverse_sqrt(lr, 10),
        lambda lr: one_cycle(lr, 10),
        lambda lr: warm_restarts(lr, 10),
        lambda lr: warm_restarts(0.1, 10, 1, lr),
        lambda lr: wsd(lr, 10, 1, 1),
        lambda lr: wsd(0.1, 10, 1, 1, lr),
        lambda lr: join([0.1, lr], [3]),
    )
    for make in makers:
        with pytest.raises(ValueError, match=r"must be in \[0, inf\), got"):
            make(bad)


@pytest.mark.parametrize("bad", [True, "0.1", None, 1j, [0.1]])
def test_a_rate_of_the_wrong_kind_is_an_error(bad):
    for make in (constant, lambda lr: linear_decay(lr, 10), lambda lr: linear_warmup(10, lr)):
        with pytest.raises(TypeError, match="must be a number"):
            make(bad)


@pytest.mark.parametrize("bad", [0, -1, 2.5, 10.0, math.nan, math.inf])
def test_a_number_of_steps_out_of_range_is_an_error_with_the_range(bad):
    for make in (linear_decay, cosine_annealing, polynomial, one_cycle):
        with pytest.raises(ValueError, match=r"max_steps must be in \{1, 2, …\}, got"):
            make(0.1, bad)
    if bad != 0:
        with pytest.raises(ValueError, match=r"linear_warmup: steps must be in \{0, 1, …\}, got"):
            linear_warmup(bad, 0.1)


@pytest.mark.parametrize("bad", [True, "10", None])
def test_a_number_of_steps_of_the_wrong_kind_is_an_error(bad):
    for make in (lambda n: linear_decay(0.1, n), lambda n: linear_warmup(n, 0.1)):
        with pytest.raises(TypeError, match="must be a number"):
            make(bad)


BAD = [
    (lambda: step_decay(0.1, 0), ValueError, r"step_decay: every must be in \{1, 2, …\}, got 0"),
    (lambda: step_decay(0.1, 3, 0.0), ValueError, r"gamma must be in \(0, inf\), got 0.0"),
    (lambda: exponential(0.1, -0.5), ValueError, r"exponential: gamma must be in \(0, inf\)"),
    (lambda: exponential(0.1, math.inf), ValueError, r"gamma must be in .* got inf"),
    (lambda: exponential(0.1, "0.9"), TypeError, "gamma must be a number"),
    (lambda: inverse_sqrt(0.1, 0), ValueError, r"warmup must be in \{1, 2, …\}, got 0"),
    (lambda: one_cycle(0.1, 10, 1.0), ValueError, r"pct_start must be in \[0, 1\), got 1.0"),
    (lambda: one_cycle(0.1, 10, 0.3, 0), ValueError, r"div_factor must be in \(0, inf\), got 0"),
    (lambda: one_cycle(0.1, 10, 0.3, 9, 0), ValueError, "final_div_factor must be in"),
    (lambda: warm_restarts(0.1, 2.5), ValueError, "period must be in"),
    (lambda: warm_restarts(0.1, 3, 0), ValueError, "mult must be in"),
    (lambda: wsd(0.1, 10, -1, 2), ValueError, r"wsd: warmup must be in \{0, 1, …\}, got -1"),
    (lambda: wsd(0.1, 10, 2, 0), ValueError, r"decay must be in \{1, 2, …\}, got 0"),
    (lambda: wsd(0.1, 10, 6, 5), ValueError, r"decay = 6 \+ 5 is more than max_steps, 10"),
    (lambda: join(0.1, [1]), TypeError, "join: schedules must be a list of one or more, got 0.1"),
    (lambda: join([], []), TypeError, "join: schedules must be a list"),
    (lambda: join([0.1, None], [1]), TypeError, r"schedules\[1\] must be a number"),
    (lambda: join([0.1, 0.2], 1), TypeError, "join: milestones must be a list, got 1"),
    (lambda: join([0.1, 0.2], []), ValueError, "join: milestones: 2 parts need 1, got 0"),
    (lambda: join([0.1, 0.2], [0]), ValueError, r"milestones\[0\] must be in \{1, 2, …\}, got 0"),
    (lambda: join([0.1, 0.2, 0.3], [4, 4]), ValueError, r"milestones must rise, got \[4, 4\]"),
]


@pytest.mark.parametrize("make, error, message", BAD)
def test_a_bad_argument_is_an_error_with_its_name_and_range(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_overflowing_schedule_is_named_by_the_optimizer():
    x = Value(1.0)
    optimizer = SGD([x], lr=exponential(1e300, 1e5))
    optimizer.step()
    with pytest.raises(
        ValueError, match=r"must be in .* got inf; exponential\(.* sets it for step 2"
    ):
        optimizer.step()


def test_every_schedule_is_among_those_that_all_tests_run():
    assert {repr(schedule).split("(")[0] for schedule in ALL} == set(schedules.__all__)


def test_all_names_of_the_design_are_there():
    promised = """constant linear_decay cosine_annealing linear_warmup step_decay exponential
        polynomial inverse_sqrt one_cycle warm_restarts wsd join"""
    assert set(promised.split()) <= set(schedules.__all__)


@pytest.mark.parametrize(
    "ours, name, arguments, steps",
    [
        (cosine_annealing(0.3, 40, 0.01), "CosineAnnealingLR", {"T_max": 40, "eta_min": 0.01}, 41),
        (step_decay(0.3, 7, 0.6), "StepLR", {"step_size": 7, "gamma": 0.6}, 60),
        (exponential(0.3, 0.93), "ExponentialLR", {"gamma": 0.93}, 60),
        (polynomial(0.3, 40, 2.5), "PolynomialLR", {"total_iters": 40, "power": 2.5}, 60),
        (polynomial(0.1, 9, lr_min=0.3), "LinearLR", {"total_iters": 9}, 60),
        (warm_restarts(0.3, 5, 2, 0.01), "CosineAnnealingWarmRestarts",
         {"T_0": 5, "T_mult": 2, "eta_min": 0.01}, 100),
        (one_cycle(0.3, 47, 0.3, 10), "OneCycleLR",
         {"max_lr": 0.3, "total_steps": 47, "div_factor": 10}, 47),
    ],
)  # fmt: skip
def test_they_are_pytorchs_where_pytorch_has_them(ours, name, arguments, steps):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3, momentum=0.9)
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    for i in range(steps):
        assert ours(i) == pytest.approx(theirs.get_last_lr()[0], abs=3e-13)
        optimizer.step()
        theirs.step()
