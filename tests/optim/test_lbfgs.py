"""L-BFGS and its line search: by hand, against PyTorch, and whole or not at all."""

import itertools
import json
import math
import random
from functools import partial

import pytest
from lbfgs_problems import LBFGS_CASES, PROBLEMS, WOLFE, torch_lbfgs
from paths import furthest
from record_golden import recorded

from interrupts import interrupted
from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.array.array import Array
from micrograd_opt.array.kernels import dot
from micrograd_opt.optim import schedules
from micrograd_opt.optim.base.line_search import Point, cubic_minimum, strong_wolfe
from micrograd_opt.optim.lbfgs import LBFGS, minus_h_times, pair


def tensor(data, label=None):
    return Tensor(data, requires_grad=True, label=label)


def closure_of(optimizer, params, function, constant=Tensor):
    def closure():
        optimizer.zero_grad()
        loss = function(params, constant)
        loss.backward()
        return loss

    return closure


def fed(params, slopes):
    """A closure on flat floats: its loss is Σ (1 + k) (x − k)² + x⁴, without a graph."""

    def closure():
        x = [x for p in params for x in (p.data.flat if isinstance(p, Tensor) else [p.data])]
        g = [2 * (1 + k) * (x - k) + 4 * x**3 for k, x in enumerate(x)]
        for p in params:
            n = p.size if isinstance(p, Tensor) else 1
            p.grad = Array(g[:n], p.shape) if isinstance(p, Tensor) else g[0]
            g = g[n:]
        slopes.append(None)
        return sum((1 + k) * (x - k) ** 2 + x**4 for k, x in enumerate(x))

    return closure


def memory(optimizer):
    return optimizer.state_dict()["state"].get("0", {})


# ---- by hand


def test_two_iterations_by_hand():
    x = Value(3.0)
    optimizer = LBFGS([x], max_iter=2, max_eval=9)
    # g = 6: t = 1/6, x = 2. Then g = 4, s = −1, y = −2: H = ½, the secant through both, x = 0
    optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0]))
    assert x.data == pytest.approx(0.0, abs=1e-15)
    state = memory(optimizer)
    assert (state["n_iter"], state["func_evals"]) == (2, 2)  # none after the last iteration
    assert (state["s"], state["y"], state["g"]) == ([[-1.0]], [[-2.0]], [4.0])
    assert state["move"] == pytest.approx([-2.0])


def test_the_first_length_is_one_at_most_by_hand():
    for start, first in ((3.0, 2.0), (0.25, 0.25 - 0.5 * 0.5)):
        x = Value(start)
        optimizer = LBFGS([x], lr=1.0 if start == 3.0 else 0.5, max_iter=1)
        optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0]))
        assert x.data == pytest.approx(first)


def test_the_two_loops_are_bfgs_with_matrices():
    rng, n = random.Random(1), 4
    pairs, h = [], None
    for _ in range(3):
        s = [rng.gauss(0, 1) for _ in range(n)]
        y = [2 * x + 0.3 * rng.gauss(0, 1) for x in s]
        pairs.append(pair(s, y))
    eye = Array.of([[float(i == j) for j in range(n)] for i in range(n)])
    h = eye * (dot(y, s) / dot(y, y))
    for s, y, rho in pairs:  # H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ
        s, y = Array(s, (n, 1)), Array(y, (n, 1))
        left = eye - s @ y.T * rho
        h = left @ h @ left.T + s @ s.T * rho
    g = [rng.gauss(0, 1) for _ in range(n)]
    assert minus_h_times(g, pairs) == pytest.approx((h @ Array(g, (n, 1)) * -1.0).flat)
    assert minus_h_times(y.flat, pairs) == pytest.approx([-x for x in s.flat])


def test_the_history_keeps_the_newest_pairs():
    params, calls = [tensor([3.0, -1.0, 2.0])], []
    optimizer = LBFGS(params, max_iter=6, history_size=2, **WOLFE)
    optimizer.step(fed(params, calls))
    assert memory(optimizer)["n_iter"] == 6
    assert [len(memory(optimizer)[name]) for name in "sy"] == [2, 2]
    assert memory(optimizer)["func_evals"] == len(calls)


def test_a_pair_across_which_the_slope_does_not_rise_is_skipped():
    x = Value(2.0)
    optimizer = LBFGS([x], max_iter=3, max_eval=9, lr=0.1)
    optimizer.step(closure_of(optimizer, [x], lambda p, _: -p[0] * p[0]))
    assert memory(optimizer)["s"] == [] and memory(optimizer)["n_iter"] == 3


# ---- the line search


def line(function, slope):
    """(look, the Point at 0, the lengths that were looked at)"""
    seen = []

    def look(t):
        seen.append(t)
        return Point(t, function(t), slope(t), [slope(t)])

    return look, Point(0.0, function(0.0), slope(0.0), [slope(0.0)]), seen


LINES = {
    "parabola": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
    "far": (lambda t: (t / 900 - 1) ** 2, lambda t: 2 * (t / 900 - 1) / 900),
    "near": (lambda t: (1e3 * t - 1) ** 2, lambda t: 2e3 * (1e3 * t - 1)),
    "cosine": (lambda t: math.cos(t + 1), lambda t: -math.sin(t + 1)),
    "moré-thuente 1": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    "kink": (lambda t: max(0.3 - t, 5 * (t - 0.3)), lambda t: -1.0 if t < 0.3 else 5.0),
}


@pytest.mark.parametrize("name", [name for name in LINES if name != "kink"])
@pytest.mark.parametrize("t", [1e-3, 0.1, 1.0, 10.0])
def test_the_point_found_falls_enough_and_is_flat(name, t):
    look, start, seen = line(*LINES[name])
    found = strong_wolfe(look, start, t, 1.0, 25)
    assert found.f <= start.f + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert seen[0] == t and found.t in seen


def test_where_no_point_is_flat_the_search_ends_with_the_lowest():
    look, start, seen = line(*LINES["kink"])
    found = strong_wolfe(look, start, 1.0, 1.0, 25)
    assert found.f == min(map(LINES["kink"][0], seen)) and found.t == pytest.approx(0.3, abs=1e-6)
    assert len(seen) <= 26


@pytest.mark.parametrize("tries", [0, 1, 2, 5])
def test_the_search_looks_once_more_than_its_tries_at_most(tries):
    for name in LINES:
        look, start, seen = line(*LINES[name])
        found = strong_wolfe(look, start, 1e-3, 1.0, tries)
        assert len(seen) <= tries + 1
        assert found.f <= start.f


def test_down_a_straight_line_it_goes_ten_times_as_far_each_time():
    look, start, seen = line(lambda t: -t, lambda t: -1.0)
    assert strong_wolfe(look, start, 1.0, 1.0, 3).t == 1000.0
    assert seen == [1.0, 10.0, 100.0, 1000.0]


def told(*answers):
    """A look that gives these (f, slope) in turn, whatever the length; the lengths looked at."""
    answers, seen = iter(answers), []

    def look(t):
        seen.append(t)
        return Point(t, *next(answers), [])

    return look, seen


START = Point(0.0, 0.0, -1.0, [])


def test_a_rise_ends_the_way_ahead_only_from_the_third_point_on():
    look, seen = told((-1.0, -1.0), (-0.9, -1.0), (-20.0, 0.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 9).f == -20.0
    assert seen[0] < seen[1] < seen[2]
    look, seen = told((-1.0, -1.0), (-2.0, -1.0), (-1.5, -1.0), (-3.0, 0.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 9).f == -3.0
    assert seen[1] < seen[3] < seen[2]


def test_with_no_tries_left_on_the_way_ahead_it_is_the_last_point_or_none():
    look, _ = told((-1.0, -1.0), (-0.9, -1.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 1).f == -0.9
    look, _ = told((1.0, 1.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 0) is START


def test_in_a_bracket_a_flat_point_above_the_lowest_is_not_enough():
    look, seen = told((10.0, 9.0), (-5.0, -1.0), (-4.0, 0.0), (-6.0, 0.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 9).f == -6.0
    assert seen[1] < seen[3] < seen[2]


def test_of_two_ends_as_low_the_first_stays():
    look, seen = told((0.0, 1.0), (1.0, 1.0), (-1.0, 0.0))
    assert strong_wolfe(look, START, 1.0, 1.0, 9).f == -1.0
    assert seen[2] < seen[1]


def test_close_to_an_end_for_the_second_time_it_goes_a_tenth_of_the_bracket_away():
    seen = []

    def look(t):  # each time a steep parabola, whose minimum is close to 0
        seen.append(t)
        return Point(t, 1e6, 2e6 / t, [])

    strong_wolfe(look, START, 1.0, 1e30, 4)
    assert 0.0 < seen[1] < 0.1 * seen[0]
    assert seen[2] == pytest.approx(0.1 * seen[1])
    assert 0.0 < seen[3] < 0.09 * seen[2]
    assert seen[4] == pytest.approx(0.1 * seen[3])


def test_a_bracket_too_short_to_matter_is_not_divided():
    look, start, seen = line(*LINES["kink"])
    assert strong_wolfe(look, start, 1.0, 1e-10, 25) == start and seen == [1.0]


def test_the_cubic_through_two_points_is_exact_for_a_cubic():
    def point(t):
        return Point(t, t**3 - 3 * t, 3 * t * t - 3, [])

    assert cubic_minimum(point(0.0), point(3.0), 0.0, 3.0) == pytest.approx(1.0)
    assert cubic_minimum(point(3.0), point(0.0), 0.0, 3.0) == pytest.approx(1.0)
    assert cubic_minimum(point(0.0), point(3.0), 1.5, 3.0) == 1.5
    same = Point(0.0, 1.0, -1.0, [])
    assert cubic_minimum(same, same, 0.0, 4.0) == 2.0  # nothing to go by


# ---- against PyTorch


def our_lbfgs(problem, arguments, steps=6):
    """As torch_lbfgs."""
    function, start = PROBLEMS[problem]
    params = [tensor(data) for data in start]
    optimizer = LBFGS(params, **arguments)
    for _ in range(steps):
        loss = optimizer.step(closure_of(optimizer, params, function)).item()
        state = memory(optimizer)
        theta = [x for p in params for x in p.data.flat]
        yield [state["n_iter"], state["func_evals"], loss, *theta]


@pytest.mark.parametrize("case", LBFGS_CASES)
def test_the_path_is_the_one_recorded_from_pytorch(case):
    rows = recorded("LBFGS")[case]
    for ours, theirs in zip(our_lbfgs(*LBFGS_CASES[case]), rows, strict=True):
        assert ours[:2] == theirs[:2]
        assert furthest(ours[2:], theirs[2:]) <= 1e-6


def random_arguments(rng):
    pick = rng.choice
    arguments = {
        "lr": pick((1.0, 0.5, 0.1)),
        "max_iter": pick((1, 2, 5, 20)),
        "max_eval": pick((None, None, 1, 4, 10)),
        "history_size": pick((1, 3, 100)),
        "tolerance_grad": pick((1e-7, 1e-3, 0.0)),
        "tolerance_change": pick((1e-9, 1e-4)),
        "line_search_fn": pick((None, "strong_wolfe", "strong_wolfe")),
    }
    if not arguments["line_search_fn"]:
        arguments["lr"] = 0.05
    return arguments


@pytest.mark.parametrize("problem", PROBLEMS)
def test_iterations_evaluations_and_path_are_pytorchs(problem):
    """Of three steps: without a search an iteration may carry a rounding on tenfold."""
    pytest.importorskip("torch")
    for seed in range(25):
        arguments = random_arguments(random.Random(f"{problem} {seed}"))
        both = our_lbfgs(problem, arguments, 3), torch_lbfgs(problem, arguments, 3)
        for step, (ours, theirs) in enumerate(zip(*both, strict=True)):
            assert ours[:2] == theirs[:2], (step, arguments)
            assert furthest(ours[2:], theirs[2:]) <= 1e-6, (step, arguments)


def test_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    for arguments in ({}, {"max_iter": 7}, {"max_iter": 1}):
        ours = LBFGS([Value(1.0)], **arguments).param_groups[0]
        theirs = torch.optim.LBFGS([torch.zeros(1)], **arguments).param_groups[0]
        names = ours.keys() - {"params"}
        assert {key: ours[key] for key in names} == {key: theirs[key] for key in names}


# ---- it gets there


def test_rosenbrocks_valley_is_crossed():
    *_, last = our_lbfgs("rosenbrock", {"max_iter": 100, **WOLFE}, steps=2)
    assert last[3:] == pytest.approx([1.0, 1.0], abs=1e-4) and last[1] < 60


def test_a_wolfe_step_never_goes_up():
    losses = [row[2] for row in our_lbfgs("rosenbrock of 5", {"max_iter": 1, **WOLFE}, steps=60)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] / 100


def test_a_step_ends_where_nothing_moves_by_more_than_tolerance_change():
    for change, iterations in ((0.002, 1), (0.0005, 3)):
        x = Value(1.0)
        optimizer = LBFGS([x], lr=1e-3, max_iter=3, max_eval=9, tolerance_change=change)
        optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0] * 100.0))
        assert memory(optimizer)["n_iter"] == iterations


def test_lr_may_follow_a_schedule():
    x, rates = Value(8.0), []
    optimizer = LBFGS([x], lr=schedules.linear_decay(1.0, 4), max_iter=1)
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0]))
    assert rates == [1.0, 0.75, 0.5, 0.25]
    # t = 1; then the secant step to 0, ¾, ½, ¼ of it
    assert x.data == pytest.approx(7.0 * 0.25 * 0.5 * 0.75)


# ---- Values and Tensors, the closure, gradients that are missing


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_twelve_values_move_as_tensors_of_twelve_to_the_bit(search):
    start = [random.gauss(0, 1) for _ in range(12)]
    sides = [
        [Value(x) for x in start],
        [tensor(start)],
        [tensor(Array(start[:6], (2, 3)).tolist()), *map(Value, start[6:])],
    ]
    optimizers = [LBFGS(p, lr=0.5, max_iter=4, line_search_fn=search) for p in sides]
    for _ in range(5):
        for optimizer, params in zip(optimizers, sides, strict=True):
            optimizer.step(fed(params, []))
        states = [json.dumps(optimizer.state_dict()["state"]) for optimizer in optimizers]
        assert states[0] == states[1] == states[2]
        assert [x.data for x in sides[0]] == sides[1][0].tolist()
        assert [x.data for x in sides[0][6:]] == [x.data for x in sides[2][1:]]
    assert max(abs(g) for g in memory(optimizers[0])["g"]) < 1.0


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_the_order_of_values_and_tensors_in_a_group_changes_no_bit(search):
    """Among other parameters: 12 Values before a Tensor are the Tensor of 12 before it."""
    start, other = ([random.gauss(0, 1) for _ in range(12)] for _ in range(2))
    values, whole = [Value(x) for x in start], tensor(start)
    sides = [[*values, tensor(other)], [whole, tensor(other)]]
    slopes = [random.uniform(0.1, 30.0) for _ in range(24)]
    optimizers = [LBFGS(p, lr=0.5, max_iter=4, line_search_fn=search) for p in sides]
    for _ in range(4):
        for optimizer, params in zip(optimizers, sides, strict=True):
            optimizer.step(valley(params, slopes))
        assert [x.data for x in values] == whole.tolist()
        assert sides[0][-1].tolist() == sides[1][-1].tolist()


def valley(params, slopes):
    """A closure: ½ Σ λᵢ xᵢ² + xᵢ over all elements, with its gradient written by hand."""

    def closure():
        loss, place = 0.0, 0
        for p in params:
            flat = [p.data] if isinstance(p, Value) else p.data.flat
            lam = slopes[place : place + len(flat)]
            g = [k * x + 1.0 for k, x in zip(lam, flat, strict=True)]
            p.grad = g[0] if isinstance(p, Value) else Array(g, p.shape)
            loss += math.fsum(0.5 * k * x * x + x for k, x in zip(lam, flat, strict=True))
            place += len(flat)
        return Value(round(loss, 9))

    return closure


def test_the_first_loss_is_returned_and_grad_is_on_in_the_closure():
    x = Value(3.0)
    optimizer = LBFGS([x])
    with no_grad():
        loss = optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0]))
    assert loss.data == 9.0 and optimizer.steps == 1


def test_a_step_at_the_minimum_evaluates_once_and_stays():
    x = Value(0.0)
    optimizer = LBFGS([x])
    optimizer.step(closure_of(optimizer, [x], lambda p, _: p[0] * p[0]))
    assert (x.data, memory(optimizer)["n_iter"], memory(optimizer)["func_evals"]) == (0.0, 0, 1)


def test_a_parameter_without_gradient_counts_as_zero():
    w, unused = tensor([3.0, 1.0]), tensor([[5.0, 6.0]])
    optimizer = LBFGS([unused, w, Value(1.0)])
    optimizer.step(closure_of(optimizer, [w], lambda p, _: (p[0] * p[0]).sum()))
    assert unused.tolist() == [[5.0, 6.0]] and w.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; call loss.backward\(\)"):
        LBFGS([unused]).step(lambda: 1.0)


@pytest.mark.parametrize("closure", [None, 3.0])
def test_a_step_needs_a_closure(closure):
    with pytest.raises(TypeError, match=r"LBFGS needs a closure, a function that calls zero_grad"):
        LBFGS([Value(1.0)]).step(closure)


# ---- whole or not at all


def begun():
    """An optimizer of three tensors, one step into its run; its parameters, a closure."""
    params = [tensor([3.0, -1.0], label="w"), tensor(0.5), Value(2.0)]
    optimizer = LBFGS(params, lr=schedules.linear_decay(1.0, 9), max_iter=3, **WOLFE)
    closure = fed(params, [])
    optimizer.step(closure)
    return optimizer, params, closure


def everything(optimizer, params):
    data = [p.tolist() if isinstance(p, Tensor) else p.data for p in params]
    return json.dumps([data, optimizer.state_dict()])


class Stop(Exception):
    pass


FAILURES = {
    "an exception": (Stop, None),
    "an interrupt": (KeyboardInterrupt, None),
    "a loss of inf": (ValueError, "the loss is inf; lower lr"),
    "a loss of nan": (ValueError, "the loss is nan"),
    "a gradient of nan": (ValueError, r"the gradient of w\[1\] is nan; lower lr"),
    "no number": (TypeError, None),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_closure_that_fails_at_any_call_changes_nothing(failure, call):
    optimizer, params, closure = begun()
    before, calls = everything(optimizer, params), itertools.count()

    def failing():
        loss = closure()
        if next(calls) < call:
            return loss
        if failure.startswith("a loss"):
            return float(failure.split()[-1])
        if failure == "a gradient of nan":
            params[0].grad = Array([0.0, math.nan], (2,))
        elif failure != "no number":
            raise FAILURES[failure][0]
        return None if failure == "no number" else loss

    error, message = FAILURES[failure]
    with pytest.raises(error, match=message):
        optimizer.step(failing)
    assert everything(optimizer, params) == before
    optimizer.step(closure)
    assert optimizer.steps == 2


def test_a_parameter_that_would_overflow_is_named_and_nothing_changes():
    w, x = tensor([1.0, 2.0]), Value(1e308, label="x")
    optimizer = LBFGS([w, x], max_iter=2)

    def closure():
        x.grad = -0.5
        return 1.0

    optimizer.param_groups[0]["lr"] = 1.7e308
    with pytest.raises(ValueError, match="x would become inf; lower lr, or use strong_wolfe"):
        optimizer.step(closure)
    assert x.data == 1e308 and optimizer.steps == 0


def test_an_interrupt_before_any_line_of_a_step_never_tears_it():
    optimizer, params, closure = begun()
    whole = [everything(optimizer, params)]
    optimizer.step(closure)
    whole.append(everything(optimizer, params))
    for stop in itertools.count(1, 7):
        optimizer, params, closure = begun()
        if not interrupted(partial(optimizer.step, closure), stop):
            break
        assert everything(optimizer, params) in whole, f"torn before line {stop}"
    assert stop > 500


# ---- state


@pytest.mark.parametrize("stop", [0, 1, 3])
@pytest.mark.parametrize("arguments", [WOLFE, {"lr": 0.1}, {"history_size": 2, **WOLFE}])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(stop, arguments):
    def begin():
        params = [tensor([[3.0, -1.0], [2.0, 2.0]]), Value(-1.0), tensor(0.5)]
        return params, LBFGS(params, max_iter=3, **arguments)

    params, optimizer = begin()
    for _ in range(stop):
        optimizer.step(fed(params, []))
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    assert json.loads(text) == optimizer.state_dict()
    again, resumed = begin()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(text))
    for _ in range(4):
        optimizer.step(fed(params, []))
        resumed.step(fed(again, []))
        assert everything(optimizer, params) == everything(resumed, again)
    assert memory(optimizer)["n_iter"] >= 8


def test_the_state_is_a_copy():
    optimizer, params, _ = begun()
    before = everything(optimizer, params)
    state = optimizer.state_dict()
    state["state"]["0"]["s"][0][0] = 1e9
    state["state"]["0"]["y"].clear()
    assert everything(optimizer, params) == before
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    state["state"]["0"]["s"][0][0] = 1e9
    assert everything(optimizer, params) == before


BAD_STATES = [
    (lambda s: s.update(s=None), "s must be a list, got None"),
    (lambda s: s.update(s=[1.0]), r"s\[0\] must be a list, got 1.0"),
    (lambda s: s["y"].append([1.0]), r"y\[\d\] must be a list of 4, got 1"),
    (
        lambda s: s["y"][0].__setitem__(2, math.nan),
        r"y\[0\]\[2\] must be in \(-inf, inf\), got nan",
    ),
    (lambda s: s["y"].append([1.0] * 4), r"s and y must be pairs with yᵀs > 1e-10, got 1 and 2"),
    (lambda s: s["y"].__setitem__(0, [0.0] * 4), "s and y must be pairs with yᵀs > 1e-10"),
    (lambda s: s.update(n_iter=-1), "n_iter must be in {0, 1, …}, got -1"),
    (lambda s: s.update(move=[1.0]), "move must be a list of 4, got 1"),
    (lambda s: s.pop("g"), "missing g"),
]


@pytest.mark.parametrize("spoil, message", BAD_STATES)
def test_a_state_that_does_not_fit_is_an_error_and_changes_nothing(spoil, message):
    optimizer, params, _ = begun()
    before, state = everything(optimizer, params), optimizer.state_dict()
    state["steps"] = 17
    state["param_groups"][0]["lr"] = 0.5
    spoil(state["state"]["0"])
    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(state)
    assert everything(optimizer, params) == before


# ---- errors of the constructor


def test_one_group_only():
    x, y = Value(1.0), Value(2.0)
    with pytest.raises(ValueError, match="LBFGS: one group only"):
        LBFGS([{"params": [x]}, {"params": [y]}])
    optimizer = LBFGS([{"params": [x], "lr": 0.5}])
    assert repr(optimizer) == "LBFGS(lr=0.5, 1 parameter)"
    with pytest.raises(ValueError, match="it moves all parameters as one vector"):
        optimizer.add_param_group({"params": [y]})
    assert len(optimizer.param_groups) == 1


BAD = [
    ({"lr": -1.0}, r"LBFGS, group 0: lr must be in \[0, inf\), got -1.0"),
    ({"max_iter": 0, "max_eval": 5}, "LBFGS, group 0: max_iter must be in {1, 2, …}, got 0"),
    ({"max_iter": 0}, "LBFGS: max_iter must be in {1, 2, …}, got 0"),
    ({"max_iter": "many"}, "LBFGS: max_iter must be a number in {1, 2, …}"),
    ({"max_eval": 1.5}, "max_eval must be in {1, 2, …}, got 1.5"),
    ({"tolerance_grad": -1e-7}, r"tolerance_grad must be in \[0, inf\)"),
    ({"tolerance_change": math.nan}, r"tolerance_change must be in \[0, inf\), got nan"),
    ({"history_size": 0}, "history_size must be in {1, 2, …}, got 0"),
    ({"line_search_fn": "armijo"}, "line_search_fn must be one of None, 'strong_wolfe'"),
]


@pytest.mark.parametrize("arguments, message", BAD)
def test_a_bad_argument_is_an_error_with_the_range(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        LBFGS([Value(1.0)], **arguments)
