"""optim.race: published figures, gradients counted, the same for all, and everything in words."""

import csv
import itertools
import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_opt import Tensor, Value, functional, hessian, optim
from micrograd_opt.optim import SAM, SGD, Adam, Optimizer, race, surfaces
from micrograd_opt.optim.racing.contenders import contenders, library
from micrograd_opt.optim.racing.results import middle, quantile

VALLEY = surfaces.valley()


def bowl(x, y):
    return x * x + 2.0 * y * y


def one(f, start, name, optimizer, budget, **settings):
    """The only run of one contender."""
    settings = {"starts": 1, "tune": "defaults"} | settings
    result = race(f, start, {name: optimizer}, budget, **settings)
    (run,) = result.chosen(name)
    return run


# ---- surfaces

ALL = [getattr(surfaces, name)() for name in surfaces.__all__ if name != "Surface"]
each_surface = pytest.mark.parametrize("surface", ALL, ids=lambda surface: surface.name)


@each_surface
def test_a_surface_is_lowest_and_flat_at_its_minimum(surface):
    at = [Value(x) for x in surface.minimum]
    loss = surface(*at)
    loss.backward()
    assert loss.item() == pytest.approx(surface.lowest, abs=1e-15)
    assert [p.grad for p in at] == pytest.approx([0.0, 0.0], abs=1e-12)
    rng = random.Random(0)
    for _ in range(300):
        point = [rng.uniform(*limits) for limits in surface.limits]
        assert surface(*point) >= surface.lowest


@each_surface
def test_start_and_minimum_lie_within_the_limits(surface):
    for point in (surface.start, surface.minimum):
        for x, (low, high) in zip(point, surface.limits, strict=True):
            assert low < x < high


VALUES = [
    (surfaces.valley(10.0), (3.0, 2.0), 24.5),
    (surfaces.saddle(), (2.0, 1.0), 1.75),
    (surfaces.plateau(), (0.0, 2.0), 1.0 - math.exp(-2.0)),
    (surfaces.rosenbrock(), (-1.2, 1.0), 24.2),  # Moré, Garbow and Hillstrom 1981, no. 1
    (surfaces.beale(), (1.0, 1.0), 14.203125),  # no. 5
]


@pytest.mark.parametrize("surface, point, value", VALUES)
def test_a_surface_has_the_value_worked_out_by_hand(surface, point, value):
    assert surface(*point) == pytest.approx(value, rel=1e-15)
    assert surface(*map(Value, point)).item() == pytest.approx(value, rel=1e-15)


def test_the_saddle_goes_down_one_way_and_up_the_other():
    x, y = Value(0.0), Value(0.0)
    assert [[h.item() for h in row] for row in hessian(surfaces.saddle(), (x, y))] == [
        [1.0, 0.0], [0.0, -1.0],
    ]  # fmt: skip


def test_the_batches_are_right_on_average():
    surface, rng = surfaces.minibatch(), random.Random(0)
    losses = [surface.batch(rng)(1.0, 2.0) for _ in range(4000)]
    assert len(set(losses)) > 100
    assert sum(losses) / len(losses) == pytest.approx(surface(1.0, 2.0), rel=0.01)


@pytest.mark.parametrize("condition", [0.0, -1.0, math.nan])
def test_a_valley_needs_a_condition_number(condition):
    with pytest.raises(ValueError, match="valley: condition must be in"):
        surfaces.valley(condition)


# ---- published figures


def test_gradient_descent_shrinks_by_99_over_101_on_the_valley():
    run = one(VALLEY, VALLEY.start, "best", lambda params: SGD(params, lr=2 / 101), 100)
    distances = [math.hypot(*point) for point in run.path]
    ratios = [after / before for before, after in itertools.pairwise(distances)]
    assert ratios == pytest.approx([99 / 101] * 100)


LOW, HIGH, ROOT = 1.0, 100.0, 10.0
PUBLISHED = [  # see test_published.py
    ({"lr": 2 / 101}, 709),
    ({"lr": (2 / 11) ** 2, "momentum": (9 / 11) ** 2}, 95),
    ({"lr": 1 / 100, "momentum": 9 / 11, "nesterov": True}, 157),
]


@pytest.mark.parametrize("settings, steps", PUBLISHED)
def test_the_steps_to_a_millionth_from_one_one_one(settings, steps):
    def f(x, y, z):
        return 0.5 * (x * x + 10.0 * y * y + 100.0 * z * z)

    run = one(f, [1.0, 1.0, 1.0], "it", lambda params: SGD(params, **settings), 750)
    distances = [math.hypot(*point) for point in run.path]
    assert next(i for i, x in enumerate(distances) if x <= 1e-6) == steps


def test_the_path_and_the_losses_are_the_optimizers_own():
    x, y = Value(-1.2), Value(1.0)
    f, optimizer, path, losses = surfaces.rosenbrock(), Adam([x, y], lr=0.1), [], []
    for _ in range(20):
        path.append((x.data, y.data))
        optimizer.zero_grad()
        loss = f(x, y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    run = one(f, f.start, "it", lambda params: Adam(params, lr=0.1), 20)
    assert run.path == [*path, (x.data, y.data)] and run.losses[:-1] == losses
    assert run.evaluations == list(range(21))


# ---- gradients are counted


def counted(f):
    """f, and a list that grows with each call that records a graph: each gradient asked for."""
    calls = []

    def counting(x, y):
        loss = f(x, y)
        if loss.requires_grad:
            calls.append(1)
        return loss

    return counting, calls


COSTS = [("sgd", 1), ("lecturenesterov", 1), ("schedulefreesgd", 1), ("sam", 2)]


@pytest.mark.parametrize("name, cost", COSTS)
def test_a_step_costs_the_gradients_that_it_asks_for(name, cost):
    f, calls = counted(bowl)
    run = one(f, [1.0, 1.0], "it", lambda params: library()[name](params, lr=0.01), 20)
    others = 2 * 20  # sgd and adam, who always run
    assert run.evaluations == list(range(0, 21, cost))
    assert len(calls) - others == 20


def test_the_last_step_is_undone_if_the_budget_does_not_reach():
    whole = one(bowl, [1.0, 1.0], "sam", "sam", 20)
    cut = one(bowl, [1.0, 1.0], "sam", "sam", 21)
    assert cut.path == whole.path and cut.evaluations[-1] == 20 and cut.ended is None


def test_lbfgs_is_charged_for_every_evaluation_of_its_iterations():
    f, calls = counted(surfaces.rosenbrock())
    run = one(f, [-1.2, 1.0], "lbfgs", "lbfgs", 60)
    per_step = [after - before for before, after in itertools.pairwise(run.evaluations)]
    assert max(per_step) > 10 and run.evaluations[-1] <= 60
    assert len(calls) == 3 * 60  # each of the three, and nothing beyond the budget


def test_newton_pays_for_the_gradient_and_for_each_row_of_the_hessian():
    f, calls = counted(bowl)
    run = one(f, [1.0, 1.0], "newton", "newton", 10)
    assert run.evaluations == [0, 3, 6, 9]  # 1 + n with n = 2
    assert len(calls) == 3 + 10 + 10
    assert run.losses[1] == 0.0  # a quadratic takes one step


def test_each_has_the_same_gradients_to_tune_with():
    result = race(bowl, [1.0, 1.0], ["sgd", "sam", "momentum", "rmsprop"], 30, starts=3,
        rates=[0.001, 0.003, 0.01])  # fmt: skip
    spent = {
        name: sum(run.evaluations[-1] for rate in result.rates for run in by_rate[rate])
        for name, by_rate in result.runs.items()
    }
    assert set(spent.values()) == {30 * 3 * 3}
    assert "3 rates, 0.001 … 0.01: 270 evaluations for each of them" in result.summary()


def test_a_default_outside_the_grid_is_no_candidate():
    result = race(bowl, [1.0, 1.0], ["schedulefreesgd"], 20, starts=1, rates=[1e-6, 1e-5])
    assert result.rate("schedulefreesgd", "defaults") == 1.0
    assert result.rate("schedulefreesgd", "each") == 1e-5
    assert [rate for rate, _ in result.sensitivity("schedulefreesgd")] == [1e-6, 1e-5]


# ---- the same for all, and twice


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(tmp_path):
    texts = []
    for seed in (0, 0, 1):
        surface = surfaces.minibatch()
        result = race(surface, surface.start, ["momentum"], 20, starts=3, rates=[0.01], seed=seed)
        result.to_csv(tmp_path / "race.csv")
        texts.append((tmp_path / "race.csv").read_text() + result.summary())
    assert texts[0] == texts[1] != texts[2]


def test_everyone_sees_the_same_batches_and_the_next_start_sees_others():
    surface, seen = surfaces.minibatch(), []

    def batch(rng):
        seen.append(rng.random())
        return surface.function

    surface = surface._replace(batch=batch)
    race(surface, surface.start, ["sgd", "adam"], 5, starts=2, rates=[0.01], tune="defaults")
    a, b, c, d = (tuple(seen[i : i + 6]) for i in range(0, 24, 6))
    assert a == c != b == d and len(seen) == 24


def test_other_starts_lie_around_the_first():
    result = race(bowl, [4.0, 0.0], ["sgd"], 1, starts=40, tune="defaults")
    assert result.starts[0] == [4.0, 0.0]
    for x, y in result.starts[1:]:
        assert 2.0 <= x <= 6.0 and -0.5 <= y <= 0.5
    assert len(set(map(tuple, result.starts))) == 40


def test_starts_of_ones_own_are_run_beside_the_first():
    result = race(bowl, [1, 1], ["sgd"], 1, starts=[[2, 3], (4, 5)], tune="defaults")
    assert result.starts == [[1.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


# ---- who takes part


def test_every_optimizer_of_the_library_races_by_its_name_but_for_matrices():
    classes = {
        name.lower() for name in optim.__all__
        if isinstance(getattr(optim, name), type) and issubclass(getattr(optim, name), Optimizer)
    }  # fmt: skip
    names = set(library())
    assert names == classes - {"optimizer"} | {"momentum", "nesterov"}
    able = sorted(names - {"muon"})
    result = race(bowl, [1.0, 1.0], able, 60, starts=1, tune="defaults")
    for name in able:
        (run,) = result.chosen(name)
        assert run.ended is None and run.loss < 3.0, name


def test_momentum_is_sgd_with_nine_tenths():
    a = one(bowl, [1.0, 1.0], "a", "momentum", 10)
    b = one(bowl, [1.0, 1.0], "b", lambda params: SGD(params, momentum=0.9), 10)
    c = one(bowl, [1.0, 1.0], "c", lambda params: SAM(SGD(params, momentum=0.9)), 10)
    d = one(bowl, [1.0, 1.0], "d", "nesterov", 10)
    e = one(bowl, [1.0, 1.0], "e", lambda params: SGD(params, momentum=0.9, nesterov=True), 10)
    assert a.path == b.path != d.path == e.path
    assert c.path == one(bowl, [1.0, 1.0], "sam", "sam", 10).path


def test_sgd_and_adam_always_run():
    result = race(bowl, [1.0, 1.0], ["rprop"], 2, starts=1, rates=[0.1])
    assert list(result.runs) == ["sgd", "adam", "rprop"]
    mine = race(bowl, [1.0, 1.0], {"sgd": lambda params: SGD(params, lr=0.5)}, 2, starts=1)
    assert list(mine.runs) == ["adam", "sgd"] and mine.rate("sgd") is None


def test_a_class_and_a_function_with_a_rate_are_tuned_and_one_without_is_not():
    def mine(params, lr):
        return SGD(params, lr=lr, momentum=0.5)

    entrants = {"class": SGD, "mine": mine, "fixed": lambda params: SGD(params, lr=0.2)}
    result = race(bowl, [1.0, 1.0], entrants, 10, starts=1, rates=[0.01, 0.1])
    assert [result.rate(name) for name in ("class", "mine", "fixed")] == [0.1, 0.1, None]
    assert list(result.runs["fixed"]) == [None] and result.sensitivity("fixed") == []
    assert [row["name"] for row in result.rows("defaults")] == ["fixed", "sgd", "class", "adam"]
    assert "its own" in result.summary()
    with pytest.raises(ValueError, match="mine has no default rate"):
        result.rate("mine", "defaults")


def test_a_tensor_may_be_raced_and_keeps_no_path():
    def f(w, b):
        return functional.mse_loss(w.sum() + b.sum(), Tensor(1.0))

    result = race(f, [[[1.0, 2.0], [3.0, 4.0]], [0.5]], ["adam"], 5, starts=2)
    (run, other) = result.chosen("adam")
    assert run.path is None and run.losses[0] == 9.5**2 and other.losses[0] != run.losses[0]
    assert "start: 2 tensors, and 1 more" in result.summary()


# ---- rates


def test_each_has_its_best_rate_and_the_same_is_one_that_suits_the_field():
    rates = [0.001, 0.01, 0.1, 1.0]
    result = race(VALLEY, VALLEY.start, ["momentum"], 60, starts=3, rates=rates)
    for name in result.runs:
        sensitivity = result.sensitivity(name)
        assert [rate for rate, _ in sensitivity] == rates
        assert result.rate(name, "each") == min(sensitivity, key=lambda pair: pair[1])[0]
        assert result.sensitivity(name)[0][1] == middle(
            [run.losses[-1] for run in result.runs[name][0.001]]
        )
    (same,) = {result.rate(name, "same") for name in result.runs}
    curves = [dict(result.sensitivity(name)) for name in result.runs]
    field = {rate: middle([curve[rate] for curve in curves]) for rate in rates}
    assert field[same] == min(field.values())
    assert [result.rate(name, "defaults") for name in result.runs] == [1e-3, 1e-3, 1e-3]
    assert math.isinf(dict(result.sensitivity("sgd"))[1.0])


def test_of_defaults_alone_no_other_rate_is_tried():
    result = race(bowl, [1.0, 1.0], ["lion"], 5, starts=1, tune="defaults")
    assert {name: list(by_rate) for name, by_rate in result.runs.items()} == {
        "sgd": [1e-3], "adam": [1e-3], "lion": [1e-4],
    }  # fmt: skip
    with pytest.raises(ValueError, match="no other rate was tried"):
        result.summary("each")


def test_a_best_rate_at_the_edge_of_the_grid_is_said():
    result = race(bowl, [1.0, 1.0], [], 20, starts=1, rates=[0.001, 0.01])
    assert all(row["at_edge"] for row in result.rows())
    assert "sgd, adam: the best rate is the last of the grid" in result.summary()
    assert not any(row["at_edge"] for row in result.rows("same"))


# ---- results


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0, math.inf]), min_size=1, max_size=9))
@settings(deadline=None, max_examples=60)
def test_a_quantile_is_one_of_the_values_and_infinity_comes_last(values):
    lower, median, upper = (quantile(values, q) for q in (0.25, 0.5, 0.75))
    assert {lower, median, upper} <= set(values) and lower <= median <= upper
    assert sum(x <= median for x in values) * 2 >= len(values)
    assert sum(x >= median for x in values) * 2 >= len(values)


def test_of_two_in_the_middle_the_median_is_the_higher():
    assert middle([4.0, 1.0, 3.0, 2.0]) == 3.0 and quantile([1.0, 2.0], 0.25) == 2.0


def test_the_target_is_a_thousandth_of_the_way_down_unless_it_is_named():
    assert race(VALLEY, VALLEY.start, [], 1, starts=1).target == 50.5 / 1000
    assert race(VALLEY, VALLEY.start, [], 1, starts=1, target=3).target == 3.0
    unknown = race(bowl, [1.0, 1.0], [], 30, starts=1)
    low = min(min(run.losses) for by in unknown.runs.values() for (run,) in by.values())
    assert unknown.target == low + (3.0 - low) / 1000


def test_the_way_to_the_target_is_told_in_gradients_and_steps_or_never():
    result = race(VALLEY, VALLEY.start, ["sam"], 40, starts=1, target=1.0)
    rows = {row["name"]: row for row in result.rows()}
    assert rows["sam"]["evaluations"] == 2 * rows["sam"]["steps"] > 0
    far = race(VALLEY, VALLEY.start, ["sam"], 4, starts=1, target=-1.0)
    assert all(row["steps"] is row["evaluations"] is None for row in far.rows())
    assert far.summary().count("never") == 6


def test_a_win_is_to_be_first_at_the_target_and_else_to_end_lowest():
    def fast(params):
        return SGD(params, lr=0.2)

    def slow(params):
        return SGD(params, lr=0.1)

    entrants = {"fast": fast, "slow": slow}
    for target in (0.1, -1.0):
        result = race(bowl, [1.0, 1.0], entrants, 20, target=target, tune="defaults")
        wins = {row["name"]: row["wins"] for row in result.rows()}
        assert wins == {"fast": 5, "slow": 0, "sgd": 0, "adam": 0}
    twins = {"a": fast, "b": fast}
    result = race(bowl, [1.0, 1.0], twins, 20, tune="defaults")
    assert [row["wins"] for row in result.rows()] == [5, 5, 0, 0]


def test_every_run_is_in_the_csv(tmp_path):
    result = race(VALLEY, VALLEY.start, ["momentum"], 12, starts=2, rates=[0.001, 1.0])
    result.to_csv(tmp_path / "race.csv")
    with open(tmp_path / "race.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * 2 * 2
    by = {(x["optimizer"], x["rate"], x["start"]): x for x in lines}
    line, lost = by["sgd", "0.001", "1"], by["sgd", "1.0", "0"]
    run = result.runs["sgd"][0.001][1]
    assert float(line["loss"]) == run.loss and line["ended"] == "" and line["steps"] == "12"
    assert (lost["loss"], lost["evaluations_to_target"], lost["ended"]) == ("", "", "diverged")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        result.to_csv(tmp_path / "nowhere" / "race.csv")


def test_a_schedule_free_optimizer_stands_at_its_average():
    x = Value(4.0)
    optimizer, averages = optim.ScheduleFreeSGD([x], lr=0.25, momentum=0.5), [4.0]
    for _ in range(5):
        optimizer.zero_grad()
        (x * x).backward()
        optimizer.step()
        optimizer.eval()
        averages.append(x.data)
        optimizer.train()
    run = one(lambda x: x * x, [4.0], "it",
        lambda params: optim.ScheduleFreeSGD(params, lr=0.25, momentum=0.5), 5)  # fmt: skip
    assert run.path == [(average,) for average in averages]


def test_the_repr_is_short():
    result = race(VALLEY, VALLEY.start, [], 4, starts=1, tune="defaults")
    assert repr(result) == "Race(valley: sgd, adam; 4 evaluations, 1 start, tune='defaults')"
    (run,) = result.chosen("sgd")
    assert repr(run) == f"Run(4 steps, 4 evaluations, loss {run.loss:.3g}, whole)"


def test_a_race_is_no_way_to_choose_an_optimizer_and_says_so():
    caution = "no way to choose one for a net"
    assert caution in race(bowl, [1.0, 1.0], [], 1, starts=1).summary()
    assert caution not in race(lambda w: (w * w).sum(), [[1.0] * 4], [], 1, starts=1).summary()


# ---- divergence, and an optimizer that stops, in words


def test_divergence_is_a_word_and_no_inf():
    entrants = {"wild": lambda params: SGD(params, lr=1.0)}
    result = race(VALLEY, VALLEY.start, entrants, 50, starts=3, tune="defaults")
    row = result.rows()[-1]
    assert row["name"] == "wild" and row["loss"] is row["upper"] is None and row["wins"] == 0
    text = result.summary()
    assert "wild, from 3 of 3 starts: diverged" in text and "inf" not in text
    (run, *_) = result.chosen("wild")
    assert run.diverged and run.loss == math.inf and all(map(math.isfinite, run.losses))
    assert len(run.path) == len(run.losses) == len(run.evaluations) < 10
    assert "diverged in step 2" in repr(run)
    json.dumps(result.rows(), allow_nan=False)


def test_nobody_wins_where_all_diverge():
    entrants = {name: lambda params: SGD(params, lr=1.0) for name in ("sgd", "adam")}
    result = race(VALLEY, VALLEY.start, entrants, 50, starts=2, tune="defaults")
    assert [row["wins"] for row in result.rows()] == [0, 0]


def test_a_run_that_passed_the_target_and_diverged_was_never_there():
    sign = lambda x: 1.0 if x > 0 else -1.0  # noqa: E731
    jumps = iter([0.0, 1e9])

    class Jumping(Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        def update(self, theta, g, state, group):
            return [next(jumps) * sign(theta[0])]

    run = one(lambda x: x * x, [1.0], "it", Jumping, 5)
    assert run.losses == [1.0, 0.0] and run.diverged
    assert run.reaches(0.5) == (math.inf, math.inf)


def test_an_infinite_loss_inside_a_step_is_divergence():
    run = one(lambda x: (x * x).exp(), [20.0], "it", lambda p: SAM(SGD(p, lr=0.1), rho=10.0), 5)
    assert run.diverged and run.evaluations == [0] and run.losses == [pytest.approx(math.exp(400))]


def test_an_optimizer_that_stops_keeps_its_loss_and_says_why():
    result = race(surfaces.saddle(), [0.1, 0.1], ["newton"], 9, starts=1, tune="defaults")
    (run,) = result.chosen("newton")
    assert not run.diverged and run.loss == run.losses[0] and "positive definite" in run.ended
    assert "newton, from 1 of 1 starts: step: H + λI is not positive definite" in result.summary()


# ---- mistakes


class Broken(Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, theta, g, state, group):
        return theta + group["nonsense"]


def test_an_optimizer_with_a_mistake_is_named_with_its_rate():
    with pytest.raises(RuntimeError, match=r"race: Broken at rate 0.1: KeyError: 'nonsense'"):
        race(bowl, [1.0, 1.0], [Broken], 5, tune="defaults")


def test_an_optimizer_that_asks_for_no_gradient_does_not_run_for_ever():
    class Idle(Broken):
        def step(self, closure=None):
            pass

    with pytest.raises(RuntimeError, match="Idle at rate 0.1: .*did not call the closure"):
        race(bowl, [1.0, 1.0], [Idle], 5, tune="defaults")


def raising(x, y):
    return x / 0 if isinstance(x, float) else {}["key"]


FUNCTIONS = [
    (raising, r"the function raised KeyError: 'key', at x = 1, y = 1"),
    (lambda x, y: 3.0, "must return a Value, or a Tensor of one number.*got 3.0"),
    (lambda x, y: Value(1.0).item() and Tensor([1.0, 2.0]), "a Tensor of one number"),
    (lambda x, y: (x - 2.0).log() * y, "at the start the loss is nan, at x = 1, y = 1"),
    (lambda x, y: Tensor(1.0), "the loss depends on no argument"),
]


@pytest.mark.parametrize("f, message", FUNCTIONS)
def test_a_mistake_in_the_function_is_one_line(f, message):
    with pytest.raises(RuntimeError, match=f"^race: .*{message}") as raised:
        race(f, [1.0, 1.0], ["adam"], 5)
    assert "\n" not in str(raised.value)


def test_a_mistake_far_from_the_start_names_the_point():
    def f(x):
        if x.data < 0.5:
            raise RuntimeError("below a half")
        return x * x

    with pytest.raises(RuntimeError, match=r"raised RuntimeError: below a half, at x = 0\.4"):
        race(f, [1.0], [lambda params: SGD(params, lr=0.1)], 50, starts=1, rates=[1e-4])


ARGUMENTS = [
    (dict(budget=0), ValueError, r"budget must be in \{1, 2, …\}, got 0"),
    (dict(budget=2.5), ValueError, "budget must be in"),
    (dict(start=[1.0, 2.0, 3.0]), ValueError, "has 3 numbers, but the function takes 2: x, y"),
    (dict(start=[1.0]), ValueError, "start has 1 number, but the function takes 2: x, y"),
    (dict(start=3.0), TypeError, "start must be a list of numbers, got 3.0"),
    (dict(start=[1.0, "a"]), TypeError, "start: y must be a number"),
    (dict(start=[1.0, math.inf]), ValueError, "start: y must be in"),
    (dict(f=3), TypeError, "f must be a function, got 3"),
    (dict(optimizers=["adm"]), ValueError, "unknown optimizer 'adm'; did you mean 'adam'?"),
    (dict(optimizers=["xyz"]), ValueError, "unknown optimizer 'xyz'; there are adadelta, "),
    (dict(optimizers="adam"), TypeError, "optimizers must be a list or a dict, got 'adam'"),
    (dict(optimizers=[3]), TypeError, r"a name or a function of \(params\)"),
    (dict(optimizers=["sam", "sam"]), ValueError, "two optimizers are called 'sam'"),
    (dict(optimizers=[lambda params: 3]), RuntimeError, r"TypeError: no optimizer .* but 3"),
    (dict(optimizers=["muon"]), RuntimeError, "muon at rate 0.0001: Muon: x, .*is no matrix"),
    (dict(tune="best"), ValueError, "tune must be one of 'each', 'same', 'defaults'"),
    (dict(rates=[]), ValueError, "rates is empty"),
    (dict(rates=[0.1, 0.0]), ValueError, r"rates\[1\] must be in \(0, inf\), got 0.0"),
    (dict(starts=0), ValueError, "starts must be in"),
    (dict(starts=[[1.0]]), ValueError, r"starts\[0\] must be a list of 2, got 1"),
    (dict(target=math.nan), ValueError, "target must be in"),
    (dict(seed=-1), ValueError, "seed must be in"),
    (
        dict(tune="defaults", optimizers={"mine": lambda params, lr: SGD(params, lr)}),
        ValueError, "mine has no default rate; write one",
    ),
]  # fmt: skip


@pytest.mark.parametrize("changed, kind, message", ARGUMENTS)
def test_a_wrong_argument_is_one_clear_line(changed, kind, message):
    arguments = dict(f=bowl, start=[1.0, 1.0], optimizers=["sgd"], budget=2) | changed
    with pytest.raises(kind, match=f"^race: .*{message}") as raised:
        race(**arguments)
    assert "\n" not in str(raised.value)


def test_contenders_of_a_dict_may_be_names():
    assert contenders({"a": "adam"})["a"].make is Adam
    assert contenders(["adam"])["adam"].default == 1e-3


def test_a_run_is_replayed_to_the_bit_and_watched_after_each_step():
    surface = surfaces.minibatch()  # its batches are drawn anew
    result = race(surface, surface.start, ["sam"], 20, starts=2)
    for start, before in enumerate(result.runs["sam"][0.1]):
        watched = []
        again = result.replay("sam", 0.1, watched.append, start)
        assert (again.losses, again.path) == (before.losses, before.path)
        assert len(watched) == len(before.losses) - 1 == 10


def test_the_limits_of_a_picture_are_the_functions_or_hold_start_origin_and_paths():
    result = race(bowl, [3.0, -2.0], [], 2, rates=(0.1,), starts=1)
    (left, right), (low, high) = result.limits([])
    assert (left, right, low, high) == pytest.approx((-0.45, 3.45, -2.3, 0.3))
    (_, right), _ = result.limits([[(3.0, -2.0), (5.0, 0.0)]])
    assert right == pytest.approx(5.75)
    beale = race(surfaces.beale(), [1.0, 1.0], [], 2, rates=(0.01,), starts=1)
    assert beale.limits([]) == surfaces.beale().limits
