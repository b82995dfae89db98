"""PyTorch's schedulers: the rates are PyTorch's, together and resumed, and errors say why."""

import inspect
import json
import math
import random
import warnings

import pytest
from record_golden import recorded

from micrograd_opt import Tensor, Value, optim
from micrograd_opt.optim import SGD, Adam, Optimizer, lr_scheduler, schedules
from micrograd_opt.optim.adaptive import Adagrad
from micrograd_opt.optim.lookahead import Lookahead
from micrograd_opt.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

RATES = (0.1, 0.03, 0.7)


def wave(i):
    return 0.5 + 0.4 * math.sin(i)


def slope(i):
    return 1.0 / (1.0 + 0.1 * i)


def shrinking(i):
    return 0.9 + 0.1 * math.cos(i)


# ---- both libraries through the same steps


def ours(kind="SGD", rates=RATES, **arguments):
    """An optimizer of this library with a group for each rate."""
    kind = {"SGD": SGD, "Adam": Adam}[kind]
    return kind([{"params": [Value(1.0)], "lr": lr} for lr in rates], **arguments)


def theirs(kind="SGD", rates=RATES, **arguments):
    import torch

    params = [torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in rates]
    for p in params:
        p.grad = torch.zeros_like(p)
    groups = [{"params": [p], "lr": lr} for p, lr in zip(params, rates, strict=True)]
    return getattr(torch.optim, kind)(groups, **arguments)


def row(optimizer):
    """What a scheduler sets: the rates, and the momentum or the first of the betas."""
    names = [name for name in ("momentum", "betas") if name in optimizer.defaults]
    seen = [[group["lr"], *(group[name] for name in names)] for group in optimizer.param_groups]
    return [x[0] if isinstance(x, tuple) else x for group in seen for x in group]


def path(optimizer, schedulers, epochs, metrics=None):
    """One row for each epoch; the schedulers step one after the other."""
    rows = [row(optimizer)]
    for epoch in range(epochs):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step(*([] if metrics is None else [metrics[epoch]]))
        rows.append(row(optimizer))
    return rows


def close(found, expected, tolerance=1e-12):
    assert len(found) == len(expected)
    scales = [max(column) for column in zip(*expected, strict=True)]
    for epoch, (a, b) in enumerate(zip(found, expected, strict=True)):
        for x, y, scale in zip(a, b, scales, strict=True):
            assert abs(x - y) <= tolerance * scale, (epoch, x, y)


# ---- random arguments: (of the optimizer, of the scheduler, how many epochs)


def listed(rng, make):
    """One number for all groups, or one each."""
    return make() if rng.random() < 0.5 else [make() for _ in RATES]


def lambdas(rng):
    some = (wave, slope, shrinking)
    return {"lr_lambda": rng.choice([wave, slope, list(some), some[::-1]])}, 60


def step_lr(rng):
    size = rng.randint(1, 30)
    return {"step_size": size, "gamma": rng.uniform(0.1, 1.2)}, 3 * size + 2


def multi_step(rng):
    milestones = [rng.randint(0, 60) for _ in range(rng.randint(0, 6))]
    return {"milestones": milestones, "gamma": rng.uniform(0.1, 1.2)}, 70


def constant(rng):
    return {"factor": rng.uniform(0.01, 1.0), "total_iters": rng.randint(1, 20)}, 60


def linear(rng):
    factors = {"start_factor": rng.uniform(0.01, 1.0), "end_factor": rng.choice([0, 0.3, 1.0])}
    return {**factors, "total_iters": rng.randint(1, 20)}, 60


def exponential(rng):
    return {"gamma": rng.uniform(0.7, 1.02)}, 60


def polynomial(rng):
    return {"total_iters": rng.randint(1, 30), "power": rng.choice([0.5, 0.9, 1.0, 2.5])}, 90


def cosine(rng):
    t_max = rng.randint(1, 40)
    return {"T_max": t_max, "eta_min": rng.choice([0.0, 1e-3, 0.02, 0.2])}, 6 * t_max


def restarts(rng):
    t_0, t_mult = rng.randint(1, 12), rng.randint(1, 3)
    arguments = {"T_0": t_0, "T_mult": t_mult, "eta_min": rng.choice([0.0, 1e-3, 0.2])}
    return arguments, t_0 * (1 + t_mult + t_mult**2) + 3


def cyclic(rng):
    up, down = rng.randint(1, 20), rng.choice([None, *range(1, 20)])
    return {
        "base_lr": listed(rng, lambda: rng.uniform(0.0, 0.1)),
        "max_lr": listed(rng, lambda: rng.uniform(0.1, 1.0)),
        "step_size_up": up,
        "step_size_down": down,
        "mode": rng.choice(["triangular", "triangular2", "exp_range"]),
        "gamma": rng.uniform(0.9, 1.0),
        "scale_fn": rng.choice([None, None, slope]),
        "scale_mode": rng.choice(["cycle", "iterations"]),
        "cycle_momentum": rng.random() < 0.7,
        "base_momentum": listed(rng, lambda: rng.uniform(0.1, 0.8)),
        "max_momentum": listed(rng, lambda: rng.uniform(0.8, 0.99)),
    }, 3 * (up + (down or up)) + 2


def one_cycle(rng):
    epochs, steps = rng.randint(1, 6), rng.randint(3, 12)
    both = {"epochs": epochs, "steps_per_epoch": steps}
    total = {"total_steps": epochs * steps}
    return {
        "max_lr": listed(rng, lambda: rng.uniform(0.01, 1.0)),
        **rng.choice([both, total]),
        "pct_start": rng.choice([0.0, 0.1, 0.3, 0.37, 0.5, 0.7, 0.95]),
        "anneal_strategy": rng.choice(["cos", "linear"]),
        "cycle_momentum": rng.random() < 0.7,
        "base_momentum": listed(rng, lambda: rng.uniform(0.1, 0.8)),
        "max_momentum": listed(rng, lambda: rng.uniform(0.8, 0.99)),
        "div_factor": rng.uniform(2.0, 30.0),
        "final_div_factor": rng.choice([1.0, 10.0, 1e4]),
        "three_phase": rng.random() < 0.5,
    }, epochs * steps - 1


RANDOM = {
    "LambdaLR": lambdas,
    "MultiplicativeLR": lambdas,
    "StepLR": step_lr,
    "MultiStepLR": multi_step,
    "ConstantLR": constant,
    "LinearLR": linear,
    "ExponentialLR": exponential,
    "PolynomialLR": polynomial,
    "CosineAnnealingLR": cosine,
    "CosineAnnealingWarmRestarts": restarts,
    "CyclicLR": cyclic,
    "OneCycleLR": one_cycle,
}
each_class = pytest.mark.parametrize("name", RANDOM)


@each_class
def test_the_rates_are_pytorchs_for_random_arguments_over_three_periods(name):
    torch = pytest.importorskip("torch")
    rng = random.Random(name)
    for _ in range(25):
        arguments, epochs = RANDOM[name](rng)
        kind = rng.choice(["SGD", "Adam"])
        given = {"momentum": 0.9} if kind == "SGD" else {"betas": (0.9, 0.99)}
        theirs_at, ours_at = theirs(kind, **given), ours(kind, **given)
        try:
            expected = getattr(torch.optim.lr_scheduler, name)(theirs_at, **arguments)
        except ZeroDivisionError:  # OneCycleLR with pct_start · total_steps = 1
            continue
        found = getattr(lr_scheduler, name)(ours_at, **arguments)
        close(path(ours_at, [found], epochs), path(theirs_at, [expected], epochs))


def test_a_long_cosine_is_pytorchs_closed_form_not_its_recursion():
    torch = pytest.importorskip("torch")
    base, theirs_at = ours(), theirs()
    scheduler = CosineAnnealingLR(base, T_max=700, eta_min=0.02)
    expected = torch.optim.lr_scheduler.CosineAnnealingLR(theirs_at, T_max=700, eta_min=0.02)
    for epoch in range(0, 4200, 13):
        scheduler.go(epoch)
        expected.last_epoch = epoch
        assert scheduler.get_last_lr() == pytest.approx(expected._get_closed_form_lr(), abs=1e-13)


def chains(rng):
    """Names and arguments of schedulers whose factors PyTorch multiplies as well."""
    names = ["StepLR", "MultiStepLR", "ConstantLR", "ExponentialLR", "PolynomialLR", "LinearLR"]
    names += ["MultiplicativeLR", "CosineAnnealingLR"]
    chosen = {name: RANDOM[name](rng)[0] for name in rng.sample(names, rng.randint(1, 4))}
    if "CosineAnnealingLR" in chosen:  # PyTorch's is no factor with an eta_min, or after T_max
        chosen["CosineAnnealingLR"] = {"T_max": 50}
    return list(chosen.items())


@pytest.mark.parametrize("container", [True, False])
def test_chained_or_stepped_one_by_one_their_factors_multiply_as_in_pytorch(container):
    torch = pytest.importorskip("torch")
    rng = random.Random(4)
    for _ in range(60):
        made = chains(rng)
        both = []
        for module, optimizer in ((lr_scheduler, ours()), (torch.optim.lr_scheduler, theirs())):
            parts = [getattr(module, name)(optimizer, **arguments) for name, arguments in made]
            if container:
                parts = [module.ChainedScheduler(parts)]
            both.append(path(optimizer, parts, 45))
        close(*both)


def test_in_a_sequence_each_part_starts_at_its_own_epoch_0_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = random.Random(5)
    for _ in range(60):
        names = rng.choices([n for n in RANDOM if n not in ("MultiplicativeLR", "OneCycleLR")], k=3)
        made = [(name, RANDOM[name](rng)[0]) for name in names]
        # Else PyTorch's CyclicLR would change initial_lr for the others.
        same = {"cycle_momentum": False, "base_lr": list(RATES)}
        made = [(n, a | same if n == "CyclicLR" else a) for n, a in made]
        milestones = sorted(rng.sample(range(1, 60), 2))
        both = []
        for module, optimizer in ((lr_scheduler, ours()), (torch.optim.lr_scheduler, theirs())):
            parts = [getattr(module, name)(optimizer, **arguments) for name, arguments in made]
            sequence = module.SequentialLR(optimizer, parts, milestones)
            both.append(path(optimizer, [sequence], 90))
        close(*both)


def plateau(rng):
    metrics, x = [], 3.0
    for _ in range(80):
        x *= rng.choice([1.0, 1.0, 0.999, 0.9, 1.1])
        metrics.append(rng.choice([x, x, x, x, x, math.nan, -x]))
    return {
        "mode": rng.choice(["min", "max"]),
        "factor": rng.uniform(0.05, 0.95),
        "patience": rng.randint(0, 6),
        "threshold": rng.choice([0.0, 1e-4, 0.05]),
        "threshold_mode": rng.choice(["rel", "abs"]),
        "cooldown": rng.randint(0, 4),
        "min_lr": listed(rng, lambda: rng.choice([0.0, 1e-3, 0.02])),
        "eps": rng.choice([1e-8, 1e-3]),
    }, metrics


def test_reduce_on_plateau_is_pytorchs_for_random_arguments_and_losses():
    torch = pytest.importorskip("torch")
    rng = random.Random(6)
    for _ in range(100):
        arguments, metrics = plateau(rng)
        both = []
        for module, optimizer in ((lr_scheduler, ours()), (torch.optim.lr_scheduler, theirs())):
            scheduler = module.ReduceLROnPlateau(optimizer, **arguments)
            both.append(path(optimizer, [scheduler], len(metrics), metrics))
        close(*both)


def test_a_warmup_and_a_plateau_go_together_as_in_pytorch():
    torch = pytest.importorskip("torch")
    both = []
    for module, optimizer in ((lr_scheduler, ours()), (torch.optim.lr_scheduler, theirs())):
        warmup = module.LinearLR(optimizer, 0.1, total_iters=9)
        scheduler = module.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        rows = []
        for epoch in range(30):
            optimizer.step()
            warmup.step()
            scheduler.step(1.0 / (epoch + 1) if epoch < 4 else 1.0)
            rows.append(row(optimizer))
        both.append(rows)
    close(*both)
    assert both[0][-1][0] < 1e-3


def test_restarts_at_a_fraction_of_an_epoch_are_pytorchs():
    torch = pytest.importorskip("torch")
    at, theirs_at = ours(), theirs()
    scheduler = CosineAnnealingWarmRestarts(at, 4, 2, 0.01)
    expected = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(theirs_at, 4, 2, 0.01)
    for tenth in range(1, 300):
        scheduler.step(tenth / 10)
        expected.step(tenth / 10)
        close([row(at)], [row(theirs_at)])


# ---- recorded rates, for where PyTorch is not installed

CASES = {
    "LambdaLR": {"lr_lambda": wave},
    "MultiplicativeLR": {"lr_lambda": [wave, slope, shrinking]},
    "StepLR": {"step_size": 3, "gamma": 0.3},
    "MultiStepLR": {"milestones": [2, 9, 9], "gamma": 0.5},
    "ConstantLR": {"total_iters": 4},
    "LinearLR": {"start_factor": 0.2, "end_factor": 0.9, "total_iters": 7},
    "ExponentialLR": {"gamma": 0.8},
    "PolynomialLR": {"total_iters": 9, "power": 2.0},
    "CosineAnnealingLR": {"T_max": 5, "eta_min": 0.02},
    "CosineAnnealingWarmRestarts": {"T_0": 3, "T_mult": 2, "eta_min": 0.02},
    "CyclicLR": {"base_lr": 0.01, "max_lr": [0.1, 0.2, 0.3], "step_size_up": 3,
                 "step_size_down": 2, "mode": "triangular2"},
    "OneCycleLR": {"max_lr": 0.5, "total_steps": 13, "pct_start": 0.4},
    "ReduceLROnPlateau": {"factor": 0.5, "patience": 1, "cooldown": 1, "min_lr": 0.02},
    "CyclicLR, exp_range": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "gamma": 0.9,
                            "mode": "exp_range"},
    "CyclicLR, scale_fn": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 2, "scale_fn": slope},
    "OneCycleLR, linear, three_phase": {"max_lr": 0.5, "total_steps": 13, "three_phase": True,
                                        "anneal_strategy": "linear"},
    "ReduceLROnPlateau, eps": {"factor": 0.5, "patience": 0, "eps": 0.02},
    "ReduceLROnPlateau, max, abs": {"mode": "max", "threshold_mode": "abs", "threshold": 0.15,
                                    "patience": 0},
}  # fmt: skip
LOSSES = [3.0, 2.0, 2.0, math.nan, 2.1, 2.2, 2.3, 1.0, 1.0, 1.0, 1.0, 1.0]


def case_path(module, optimizer, name):
    kind = name.split(",")[0]
    scheduler = getattr(module, kind)(optimizer, **CASES[name])
    return path(optimizer, [scheduler], 12, LOSSES if kind == "ReduceLROnPlateau" else None)


@pytest.mark.parametrize("name", CASES)
def test_the_rates_are_those_that_pytorch_gave_when_they_were_recorded(name):
    found = case_path(lr_scheduler, ours(momentum=0.9), name)
    close(found, recorded("lr_scheduler")[name])


# ---- by hand


def rates(scheduler, epochs):
    """The rates of a single group, from the epoch where it is."""
    found = []
    for _ in range(epochs):
        found.extend(scheduler.get_last_lr())
        scheduler.optimizer.step()
        scheduler.step()
    return found


def one(lr=1.0, **arguments):
    return ours(rates=[lr], **arguments)


BY_HAND = [
    (lambda at: LambdaLR(at, lambda i: i / 4), [0, 0.25, 0.5, 0.75]),
    (lambda at: MultiplicativeLR(at, lambda i: i / 2), [1, 0.5, 0.5, 0.75]),
    (lambda at: StepLR(at, 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
    (lambda at: MultiStepLR(at, [3, 1, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
    (lambda at: ConstantLR(at, 0.5, 2), [0.5, 0.5, 1, 1]),
    (lambda at: ConstantLR(at, 0.0, 2), [0, 0, 1, 1]),
    (lambda at: LinearLR(at, 0.0, 1.0, 4), [0, 0.25, 0.5, 0.75, 1, 1]),
    (lambda at: ExponentialLR(at, 0.5), [1, 0.5, 0.25]),
    (lambda at: PolynomialLR(at, 4, 2.0), [1, 9 / 16, 1 / 4, 1 / 16, 0, 0]),
    (lambda at: CosineAnnealingLR(at, 2), [1, 0.5, 0, 0.5, 1, 0.5]),
    (lambda at: CosineAnnealingWarmRestarts(at, 2, 2), [1, 0.5, 1, 0.5 + 0.125**0.5, 0.5]),
    (lambda at: CyclicLR(at, 0.0, 1.0, 2, 1), [0, 0.5, 1, 0, 0.5, 1]),
    (lambda at: CyclicLR(at, 0.0, 1.0, 1, mode="triangular2"), [0, 1, 0, 0.5, 0, 0.25]),
    (lambda at: OneCycleLR(at, 1.0, 6, pct_start=0.5, div_factor=4, anneal_strategy="linear",
                           final_div_factor=1), [0.25, 0.625, 1, 0.75, 0.5, 0.25]),
]  # fmt: skip


@pytest.mark.parametrize("make, expected", BY_HAND)
def test_the_rates_by_hand(make, expected):
    assert rates(make(one(momentum=0.5)), len(expected)) == pytest.approx(expected, abs=1e-15)


def test_the_cosine_rises_again_after_t_max_and_the_schedule_does_not():
    found = rates(CosineAnnealingLR(one(0.3), T_max=10), 21)
    function = schedules.cosine_annealing(0.3, 10)
    assert found[:11] == [function(i) for i in range(11)]
    assert found[20] == 0.3 and function(20) == 0.0


def test_the_constructor_sets_the_first_rate_and_initial_lr():
    at = ours()
    LinearLR(at, start_factor=0.5)
    assert [group["lr"] for group in at.param_groups] == [0.05, 0.015, 0.35]
    assert [group["initial_lr"] for group in at.param_groups] == list(RATES)


def test_the_optimizer_uses_the_rate_that_was_set():
    x = Value(0.0)
    x.grad = 1.0
    at = SGD([x], lr=1.0)
    scheduler = ExponentialLR(at, 0.5)
    for _ in range(3):
        at.step()
        scheduler.step()
    assert x.data == -(1.0 + 0.5 + 0.25)


def test_one_cycle_moves_the_momentum_or_the_first_beta_against_the_rate():
    for at, name in ((one(momentum=0.5), "momentum"), (one(kind="Adam"), "betas")):
        scheduler = OneCycleLR(at, 1.0, total_steps=10, pct_start=0.4)
        seen = []
        for _ in range(10):
            value = at.param_groups[0][name]
            seen.append(value[0] if name == "betas" else value)
            at.step()
            scheduler.step()
        assert seen[0] == seen[-1] == 0.95
        assert min(seen) == seen[3] == 0.85
    assert at.param_groups[0]["betas"][1] == 0.999


def test_one_cycle_holds_its_end_and_refuses_the_step_after_it():
    at = one()
    scheduler = OneCycleLR(at, 1.0, total_steps=5, cycle_momentum=False)
    found = rates(scheduler, 5)
    assert scheduler.get_last_lr() == [found[-1]] == [1 / 25 / 1e4]
    with pytest.raises(ValueError, match="step to epoch 6, but total_steps is 5; make one"):
        scheduler.step()
    assert scheduler.last_epoch == 5 and scheduler.get_last_lr() == [found[-1]]


def test_patience_counts_the_bad_epochs_and_nan_is_one():
    at = one()
    scheduler = ReduceLROnPlateau(at, factor=0.5, patience=2)
    for loss, expected in ((1.0, 1.0), (1.0, 1.0), (math.nan, 1.0), (math.inf, 0.5), (0.5, 0.5)):
        scheduler.step(loss)
        assert scheduler.get_last_lr() == [expected]
    assert scheduler.best == 0.5 and scheduler.num_bad_epochs == 0


def test_a_plateau_takes_tensors_and_values_and_keeps_what_is_written_by_hand():
    at = one()
    scheduler = ReduceLROnPlateau(at, factor=0.5, patience=0)
    scheduler.step(Tensor(1.0))
    at.param_groups[0]["lr"] = 0.125
    scheduler.step(Value(0.5))
    assert scheduler.get_last_lr() == [0.125]
    scheduler.step(0.5)
    assert scheduler.get_last_lr() == [0.0625]


def test_a_rate_written_by_hand_holds_until_the_next_step():
    at = one()
    scheduler = ExponentialLR(at, 0.5)
    at.param_groups[0]["lr"] = 8.0
    assert scheduler.get_last_lr() == [8.0]
    at.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [4.0]  # half of what it found


def test_schedulers_combine_in_containers_in_containers():
    at = one()
    inner = ChainedScheduler([ExponentialLR(at, 0.5), ConstantLR(at, 0.5, 1)])
    outer = SequentialLR(at, [LinearLR(at, 0.5, total_iters=2), inner], [2])
    assert rates(outer, 5) == [0.5, 0.75, 0.5, 0.5, 0.25]


def test_a_lambda_overwrites_what_others_did():
    at = one()
    chain = ChainedScheduler([ExponentialLR(at, 0.5), LambdaLR(at, lambda i: i + 1.0)], at)
    assert rates(chain, 4) == [1.0, 2.0, 3.0, 4.0]


def test_a_group_added_later_goes_on_from_its_own_lr():
    at = one()
    scheduler = ExponentialLR(at, 0.5)
    plateau = ReduceLROnPlateau(at, patience=0)
    at.step()
    scheduler.step()
    at.add_param_group({"params": [Value(2.0)], "lr": 8.0})
    scheduler.step()
    assert scheduler.get_last_lr() == [0.25, 4.0]
    plateau.step(1.0)
    plateau.step(1.0)
    assert scheduler.get_last_lr() == pytest.approx([0.025, 0.4])


def test_a_list_too_short_for_a_group_added_later_is_an_error():
    at = one()
    scheduler = LambdaLR(at, [slope])
    at.add_param_group({"params": [Value(2.0)]})
    at.step()
    with pytest.raises(ValueError, match="LambdaLR: the optimizer has 2 groups now, .* for 1; co"):
        scheduler.step()
    assert scheduler.last_epoch == 0


def test_a_wrapper_is_scheduled_by_its_optimizer():
    at = one()
    around = Lookahead(at, k=2)
    scheduler = ExponentialLR(around, 0.5)
    StepLR(at, 1, 0.5)
    around.step()
    scheduler.step()
    assert at.param_groups[0]["lr"] == 0.5


def optimizers():
    """Every optimizer that optim offers; those that wrap another take the optimizer first."""
    for name in optim.__all__:
        cls = getattr(optim, name)
        if inspect.isclass(cls) and issubclass(cls, Optimizer) and cls is not Optimizer:
            yield pytest.param(cls, "optimizer" in inspect.signature(cls).parameters, id=name)


@pytest.mark.parametrize("cls, wraps", list(optimizers()))
def test_every_optimizer_can_be_scheduled(cls, wraps):
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    at = cls(SGD([w], lr=0.1)) if wraps else cls([w])
    lr = at.param_groups[0]["lr"]
    scheduler = ExponentialLR(at, 0.5)

    def closure():
        at.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    for epoch in range(3):
        assert at.param_groups[0]["lr"] == lr * 0.5**epoch
        at.step(closure)
        scheduler.step()


def test_a_repr_is_short():
    assert repr(StepLR(one(), 3)) == "StepLR(last_epoch=0, lr=1)"
    assert repr(StepLR(ours(), 3)) == "StepLR(last_epoch=0, lr=[0.1, 0.03, 0.7])"


# ---- the order of the two steps


def test_a_scheduler_that_steps_first_warns_once_that_a_rate_was_never_used():
    at = one()
    scheduler = ExponentialLR(at, 0.5)
    with pytest.warns(UserWarning, match=r"came before optimizer.step\(\).* call optimizer.step"):
        scheduler.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


def test_the_right_order_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make, _ in BY_HAND:
            rates(make(one(momentum=0.5)), 3)


# ---- saving


def runs():
    """(name, how to make it, how many epochs)"""
    rng = random.Random(7)
    for name in RANDOM:
        arguments, epochs = RANDOM[name](rng)
        yield name, lambda at, n=name, a=arguments: getattr(lr_scheduler, n)(at, **a), epochs
    yield "ReduceLROnPlateau", lambda at: ReduceLROnPlateau(at, patience=1, cooldown=1), 12
    yield "SequentialLR", lambda at: SequentialLR(at, [LinearLR(at), StepLR(at, 2)], [5]), 9
    yield "ChainedScheduler", lambda at: ChainedScheduler([LinearLR(at), StepLR(at, 2)]), 9


@pytest.mark.parametrize("name, make, epochs", list(runs()))
@pytest.mark.parametrize("load_first", [True, False])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(name, make, epochs, load_first):
    def run(scheduler, epochs):
        at, rows = scheduler.optimizer, [row(scheduler.optimizer)]
        for epoch in epochs:
            at.step()
            scheduler.step(*[LOSSES[epoch]] if name == "ReduceLROnPlateau" else [])
            rows.append((row(at), scheduler.last_epoch))
        return rows

    for stop in (0, 1, epochs // 2):
        scheduler = make(ours(momentum=0.9))
        run(scheduler, range(stop))
        saved = [scheduler.state_dict(), scheduler.optimizer.state_dict()]
        text = json.dumps(saved, allow_nan=False)
        assert json.loads(text) == saved
        state, optimizer_state = json.loads(text)
        again = ours(momentum=0.9)
        if load_first:
            again.load_state_dict(optimizer_state)
            resumed = make(again)
        else:
            resumed = make(again)
            again.load_state_dict(optimizer_state)
        resumed.load_state_dict(state)
        rest = range(stop, epochs)
        assert run(resumed, rest) == run(scheduler, rest)


@each_class
def test_last_epoch_goes_on_where_the_groups_have_an_initial_lr(name):
    arguments, epochs = RANDOM[name](random.Random(8))
    whole = path(at := ours(momentum=0.9), [getattr(lr_scheduler, name)(at, **arguments)], epochs)
    stop = epochs // 2
    first = ours(momentum=0.9)
    path(first, [getattr(lr_scheduler, name)(first, **arguments)], stop)
    again = ours(momentum=0.9)
    again.load_state_dict(json.loads(json.dumps(first.state_dict())))
    scheduler = getattr(lr_scheduler, name)(again, **arguments, last_epoch=stop - 1)
    assert scheduler.last_epoch == stop
    assert path(again, [scheduler], epochs - stop) == whole[stop:]


def change(**entries):
    return lambda state: state.update(entries)


BAD_STATES = [
    (
        lambda s: s.pop("best"),
        "ReduceLROnPlateau, load_state_dict: missing best; unexpected nothing",
    ),
    (change(extra=1), "load_state_dict: missing nothing; unexpected extra"),
    (change(last_epoch=-1), r"last_epoch must be in \{0, 1, …\}, got -1"),
    (change(last_epoch=1.5), r"last_epoch must be in \{0, 1, …\}, got 1.5"),
    (change(last_epoch="3"), "last_epoch must be a number"),
    (change(lrs=[0.1]), "lrs must be a list of 3, got 1"),
    (change(lrs=0.1), "lrs must be a list, got 0.1"),
    (change(lrs=[0.1, math.nan, 0.1]), r"lrs\[1\] must be in \[0, inf\), got nan"),
    (change(best=math.inf), r"best must be in \(-inf, inf\), got inf"),
    (change(num_bad_epochs=-1), "num_bad_epochs must be in"),
    (change(cooldown_counter=None), "cooldown_counter must be a number"),
]


@pytest.mark.parametrize("spoil, message", BAD_STATES)
def test_a_state_that_does_not_fit_is_an_error_and_changes_nothing(spoil, message):
    at = ours()
    scheduler = ReduceLROnPlateau(at, patience=0)
    for loss in (3.0, 3.0, 2.0):
        scheduler.step(loss)
    before, groups = scheduler.state_dict(), [dict(group) for group in at.param_groups]
    state = scheduler.state_dict() | {"best": 1.0, "last_epoch": 7}
    spoil(state)
    with pytest.raises((ValueError, TypeError), match=message):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before and at.param_groups == groups
    with pytest.raises(
        TypeError, match="ReduceLROnPlateau, load_state_dict must be a dict, got None"
    ):
        scheduler.load_state_dict(None)


# ---- errors

BAD = [
    (lambda at: StepLR(None, 3), TypeError, "StepLR: expected an optimizer, got None"),
    (lambda at: StepLR(at, 0), ValueError, r"StepLR: step_size must be in \{1, 2, …\}, got 0"),
    (lambda at: StepLR(at, 2.5), ValueError, "step_size must be in"),
    (lambda at: StepLR(at, "3"), TypeError, "step_size must be a number"),
    (lambda at: StepLR(at, 3, -0.1), ValueError, r"gamma must be in \(0, inf\), got -0.1"),
    (lambda at: StepLR(at, 3, last_epoch=-2), ValueError, "last_epoch must be in .*, got -2"),
    (lambda at: StepLR(at, 3, last_epoch=4), ValueError, "group 0 has no initial_lr; load the"),
    (lambda at: MultiStepLR(at, 3), TypeError, "MultiStepLR: milestones must be a list, got 3"),
    (lambda at: MultiStepLR(at, [1, -1]), ValueError, r"milestones\[1\] must be in"),
    (lambda at: ConstantLR(at, 1.5), ValueError, r"factor must be in \[0, 1\], got 1.5"),
    (lambda at: ConstantLR(at, 0.5, -1), ValueError, "total_iters must be in"),
    (lambda at: LinearLR(at, -0.1), ValueError, "LinearLR: start_factor must be in"),
    (lambda at: LinearLR(at, 0.1, 2), ValueError, "end_factor must be in"),
    (lambda at: LinearLR(at, total_iters=0), ValueError, "total_iters must be in"),
    (lambda at: ExponentialLR(at, math.nan), ValueError, "gamma must be in .* got nan"),
    (lambda at: PolynomialLR(at, 0), ValueError, "total_iters must be in"),
    (lambda at: PolynomialLR(at, 5, -1), ValueError, "power must be in"),
    (lambda at: CosineAnnealingLR(at, 0), ValueError, "T_max must be in"),
    (lambda at: CosineAnnealingLR(at, 5, -1), ValueError, "eta_min must be in"),
    (lambda at: CosineAnnealingWarmRestarts(at, 5, 0), ValueError, "T_mult must be in"),
    (lambda at: CosineAnnealingWarmRestarts(at, 5).step(-1), ValueError, "epoch must be in"),
    (lambda at: LambdaLR(at, 0.5), TypeError, "lr_lambda must be a function, got 0.5"),
    (lambda at: LambdaLR(at, [wave, 3]), TypeError, "lr_lambda must be a function, got 3"),
    (lambda at: LambdaLR(at, [wave]), ValueError, "lr_lambda has 1 entries, the optimizer 2"),
    (lambda at: LambdaLR(at, lambda i: -1.0), ValueError, "lr_lambda of epoch 0 must be in"),
    (lambda at: LambdaLR(at, lambda i: None), TypeError, "of epoch 0 must be a number"),
    (lambda at: CyclicLR(at, -1, 1), ValueError, "CyclicLR: base_lr must be in"),
    (lambda at: CyclicLR(at, 0, [1, 2, 3]), ValueError, "max_lr has 3 entries, the optimizer 2"),
    (lambda at: CyclicLR(at, 0, 1, 0), ValueError, "step_size_up must be in"),
    (lambda at: CyclicLR(at, 0, 1, mode="up"), ValueError, "mode must be one of 'triangular'"),
    (lambda at: CyclicLR(at, 0, 1, scale_mode=3), ValueError, "scale_mode must be one of"),
    (lambda at: CyclicLR(at, 0, 1, cycle_momentum=1), TypeError, "must be True or False, got 1"),
    (lambda at: CyclicLR(at, 0, 1, max_momentum=2), ValueError, "max_momentum must be in"),
    (lambda at: OneCycleLR(at, 1.0), ValueError, "give total_steps, or epochs and steps_per_epoch"),
    (lambda at: OneCycleLR(at, 1.0, epochs=3), ValueError, "give total_steps, or epochs and"),
    (lambda at: OneCycleLR(at, 1.0, 0), ValueError, "total_steps must be in"),
    (lambda at: OneCycleLR(at, 1.0, None, 2.5, 4), ValueError, "OneCycleLR: epochs must be in"),
    (lambda at: OneCycleLR(at, 1.0, 9, pct_start=1.0), ValueError, "pct_start must be in"),
    (lambda at: OneCycleLR(at, 1.0, 9, anneal_strategy="exp"), ValueError, "must be one of"),
    (lambda at: OneCycleLR(at, 1.0, 9, div_factor=0), ValueError, "div_factor must be in"),
    (lambda at: ReduceLROnPlateau(at, "low"), ValueError, "mode must be one of 'min', 'max'"),
    (lambda at: ReduceLROnPlateau(at, factor=1.0), ValueError, r"factor must be in \(0, 1\)"),
    (lambda at: ReduceLROnPlateau(at, patience=-1), ValueError, "patience must be in"),
    (lambda at: ReduceLROnPlateau(at, threshold_mode=""), ValueError, "threshold_mode must be one"),
    (lambda at: ReduceLROnPlateau(at, min_lr=[0.1]), ValueError, "min_lr has 1 entries"),
    (lambda at: ReduceLROnPlateau(at).step("low"), TypeError, "expected a real number, got str"),
    (lambda at: SequentialLR(at, [], []), TypeError, "SequentialLR: expected a list of schedulers"),
    (lambda at: SequentialLR(at, [3], []), TypeError, r"\[0\] must be a scheduler, got 3"),
    (lambda at: SequentialLR(at, [StepLR(at, 2)], [3]), ValueError, "1 parts need 0, got 1"),
    (lambda at: SequentialLR(at, [StepLR(at, 2), StepLR(at, 3)], [0]), ValueError, "must be in"),
    (lambda at: SequentialLR(at, [StepLR(at, 2) for _ in "abc"], [3, 3]), ValueError, "must rise"),
    (lambda at: SequentialLR(ours(), [StepLR(at, 2)], []), ValueError, "is for another optimizer"),
    (lambda at: ChainedScheduler([]), TypeError, "ChainedScheduler: expected a list of schedulers"),
    (lambda at: ChainedScheduler([ReduceLROnPlateau(at)]), ValueError, "is a ReduceLROnPlateau;"),
    (lambda at: ChainedScheduler([StepLR(at, 2)] * 2), ValueError, "is there a second time"),
    (lambda at: ChainedScheduler([LRScheduler(at)]), NotImplementedError, "defines no rate"),
]


@pytest.mark.parametrize("make, error, message", BAD)
def test_a_bad_argument_is_an_error_that_says_what_it_may_be(make, error, message):
    at = ours(rates=[0.1, 0.2], momentum=0.9)
    with pytest.raises(error, match=message):
        make(at)
    assert [group["lr"] for group in at.param_groups] == [0.1, 0.2]


def test_a_failed_construction_leaves_the_optimizer_as_it_was():
    at = one()
    before = dict(at.param_groups[0])
    for make in (lambda: LambdaLR(at, lambda i: math.nan), lambda: CyclicLR(at, 0.0, 1.0, 0)):
        with pytest.raises(ValueError):
            make()
    assert at.param_groups == [before] and not hasattr(at, "lr_schedulers")


def test_an_lr_that_is_a_schedule_already_is_an_error_that_says_so():
    at = SGD([Value(1.0)], lr=schedules.linear_decay(0.1, 10))
    with pytest.raises(ValueError, match=r"lr is a schedule already, linear_decay\(lr=0.1, max_st"):
        StepLR(at, 3)
    at = SGD([Value(1.0)], lr=0.1, momentum=schedules.constant(0.9))
    StepLR(at, 3)
    with pytest.raises(ValueError, match="momentum is a schedule already"):
        OneCycleLR(at, 0.1, 10)
    OneCycleLR(at, 0.1, 10, cycle_momentum=False)


def test_a_momentum_that_the_optimizer_has_not_or_refuses_is_an_error():
    with pytest.raises(ValueError, match="Adagrad has no momentum and no betas.*cycle_momentum=F"):
        OneCycleLR(Adagrad([Value(1.0)]), 0.1, 10)
    at = SGD([Value(1.0)], momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match="nesterov needs momentum > 0"):
        CyclicLR(at, 0.0, 1.0, max_momentum=0.0)
    assert at.param_groups[0]["momentum"] == 0.9


def test_an_initial_lr_that_is_no_rate_is_an_error():
    at = one()
    for bad in (-0.1, "0.1"):
        at.param_groups[0]["initial_lr"] = bad
        with pytest.raises((ValueError, TypeError), match="initial_lr of group 0 must be"):
            StepLR(at, 3)


def test_a_function_that_raises_changes_nothing():
    factors = [1.0, 0.5]
    at = one()
    scheduler = LambdaLR(at, lambda i: factors[i])
    at.step()
    scheduler.step()
    for _ in range(2):
        with pytest.raises(IndexError):
            scheduler.step()
    assert scheduler.last_epoch == 1 and scheduler.get_last_lr() == [0.5]


# ---- one's own


@pytest.mark.parametrize("by_locals", [False, True])
def test_a_schedulers_arguments_come_by_name_or_as_locals(by_locals):
    class Decay(LRScheduler):
        ranges = {"gamma": "(0, 1]"}

        def __init__(self, optimizer, gamma, last_epoch=-1):
            if by_locals:
                n = len(optimizer.param_groups)
                super().__init__(optimizer, last_epoch, locals())
                assert n == 1 and not hasattr(self, "n")
            else:
                super().__init__(optimizer, last_epoch, gamma=gamma)

        def rate(self, lr, k):
            return lr * self.gamma**self.last_epoch

    optimizer = SGD([Value(1.0)], lr=1.0)
    scheduler = Decay(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.5]
    with pytest.raises(ValueError, match=r"Decay: gamma must be in \(0, 1\], got 2"):
        Decay(optimizer, 2.0)


def test_a_scheduler_names_the_arguments_that_do_not_fit():
    class Decay(LRScheduler):
        ranges = {"gamma": "(0, 1]"}

    optimizer = SGD([Value(1.0)], lr=1.0)
    with pytest.raises(TypeError, match="^Decay: missing arguments: gamma$"):
        Decay(optimizer)
    with pytest.raises(TypeError, match="^Decay: unexpected arguments: beta$"):
        Decay(optimizer, gamma=0.5, beta=1)
    assert "initial_lr" not in optimizer.param_groups[0]
