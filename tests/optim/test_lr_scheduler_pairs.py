"""Two schedulers on one optimizer: the rates are PyTorch's, whatever the classes and the order.

One after the other, with a rate written by hand between them, side by side, with a group that came
later, resumed with last_epoch; and what nobody holds is gone.
"""

import copy
import gc
import json
import math
import random
import weakref

import pytest
from test_lr_scheduler import LOSSES, close, ours, path, row, theirs

from micrograd_opt import Value
from micrograd_opt.optim import SGD, lr_scheduler
from micrograd_opt.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, StepLR

ARGUMENTS = {
    "LambdaLR": {"lr_lambda": lambda i: 1.0 / (1.0 + 0.2 * i)},
    "MultiplicativeLR": {"lr_lambda": lambda i: 0.9 + 0.1 * math.cos(i)},
    "StepLR": {"step_size": 3, "gamma": 0.3},
    "MultiStepLR": {"milestones": [0, 2, 5, 5], "gamma": 0.5},
    "ConstantLR": {"factor": 0.25, "total_iters": 4},
    "LinearLR": {"start_factor": 0.2, "end_factor": 0.6, "total_iters": 7},
    "ExponentialLR": {"gamma": 0.8},
    "PolynomialLR": {"total_iters": 6, "power": 2.0},
    "CosineAnnealingLR": {"T_max": 5, "eta_min": 0.02},
    "CosineAnnealingWarmRestarts": {"T_0": 3, "T_mult": 2, "eta_min": 0.02},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.3, "step_size_up": 3, "step_size_down": 2},
    "OneCycleLR": {"max_lr": 0.5, "total_steps": 40, "pct_start": 0.4},
    "ReduceLROnPlateau": {"factor": 0.5, "patience": 1, "min_lr": 0.001},
}
NAMES = [*ARGUMENTS, "SequentialLR", "ChainedScheduler"]
FIRST = 9  # epochs of the first scheduler


def scheduler(module, optimizer, name, **more):
    if name == "SequentialLR":
        parts = [scheduler(module, optimizer, part) for part in ("LinearLR", "CosineAnnealingLR")]
        return module.SequentialLR(optimizer, parts, milestones=[4])
    if name == "ChainedScheduler":
        parts = [scheduler(module, optimizer, part) for part in ("ConstantLR", "ExponentialLR")]
        return module.ChainedScheduler(parts)
    return getattr(module, name)(optimizer, **ARGUMENTS[name], **more)


def go(optimizer, schedulers, epochs):
    """A row of rates and momenta for each epoch; the schedulers step in turn."""
    rows = [row(optimizer)]
    for epoch in range(epochs):
        optimizer.step()
        for each in schedulers:
            plateau = type(each).__name__ == "ReduceLROnPlateau"
            each.step(*[LOSSES[epoch % len(LOSSES)]] * plateau)
        rows.append(row(optimizer))
    return rows


def both(act):
    """What `act(module, optimizer)` gives here and there."""
    torch = pytest.importorskip("torch")
    return [
        act(module, optimizer)
        for module, optimizer in (
            (lr_scheduler, ours(momentum=0.9)),
            (torch.optim.lr_scheduler, theirs(momentum=0.9)),
        )
    ]


@pytest.mark.parametrize("second", NAMES)
@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_second_scheduler_after_a_first_is_pytorchs(first, second, by_hand):
    def act(module, optimizer):
        rows = go(optimizer, [scheduler(module, optimizer, first)], FIRST)
        if by_hand:
            for k, group in enumerate(optimizer.param_groups):
                group["lr"] = 0.05 * (k + 1)
        return rows + go(optimizer, [scheduler(module, optimizer, second)], 25)

    close(*both(act))


@pytest.mark.parametrize("second", NAMES)
@pytest.mark.parametrize("first", NAMES)
def test_two_schedulers_side_by_side_are_pytorchs(first, second, monkeypatch):
    """Without an eta_min: PyTorch's cosine takes a rate that is brought below it to below 0."""
    monkeypatch.setitem(ARGUMENTS, "CosineAnnealingLR", {"T_max": 5})

    def act(module, optimizer):
        pair = [scheduler(module, optimizer, name) for name in (first, second)]
        return go(optimizer, pair, 22)

    close(*both(act))


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_written_by_hand_under_a_scheduler_goes_on_as_in_pytorch(name):
    def act(module, optimizer):
        one = scheduler(module, optimizer, name)
        rows = go(optimizer, [one], 3)
        optimizer.param_groups[1]["lr"] = 0.2
        rows += go(optimizer, [one], 2)
        optimizer.param_groups[0]["lr"] = 0.9
        return rows + go(optimizer, [one], 15)

    close(*both(act))


RECURSIVE = [
    "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR",
    "ReduceLROnPlateau", "ChainedScheduler",
]  # fmt: skip


@pytest.mark.parametrize("name", RECURSIVE)
def test_a_group_that_comes_later_goes_on_from_its_rate_as_in_pytorch(name):
    def act(module, optimizer):
        one = scheduler(module, optimizer, name)
        rows = go(optimizer, [one], 3)
        if module is lr_scheduler:
            new = Value(1.0)
        else:
            import torch

            new = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        optimizer.add_param_group({"params": [new], "lr": 0.4})
        more = go(optimizer, [one], 12)
        return [r[:6] for r in rows + more] + [r[6:] + [0.0] * 4 for r in more]

    close(*both(act))


@pytest.mark.parametrize("epoch", [0, 7, 45])
@pytest.mark.parametrize("name", [n for n in ARGUMENTS if n != "ReduceLROnPlateau"])
def test_last_epoch_resumes_by_pytorchs_recipe(name, epoch):
    """Load the optimizer, construct with last_epoch: as the run that was not interrupted."""
    if name == "OneCycleLR" and epoch > 30:
        epoch = 30
    whole = ours(momentum=0.9)
    rows = go(whole, [one := scheduler(lr_scheduler, whole, name)], epoch + 1)
    saved = json.loads(json.dumps(whole.state_dict()))
    assert [group["initial_lr"] for group in saved["param_groups"]] == one.base_lrs
    again = ours(momentum=0.9)
    again.load_state_dict(saved)
    resumed = scheduler(lr_scheduler, again, name, last_epoch=epoch)
    assert resumed.last_epoch == epoch + 1 and row(again) == pytest.approx(rows[-1])
    close(go(again, [resumed], 9), go(whole, [one], 9))


def test_a_cosine_continued_with_last_epoch_0_keeps_its_rate():
    def act(module, optimizer):
        cosine = {"T_max": 5, "eta_min": 0.1}
        one = module.CosineAnnealingLR(optimizer, **cosine)
        rows = go(optimizer, [one], 1)
        again = module.CosineAnnealingLR(optimizer, **cosine, last_epoch=0)
        return rows + go(optimizer, [again], 12)

    close(*both(act))


def test_three_lambdas_in_a_row_each_start_from_initial_lr():
    at = SGD([Value(1.0)], lr=1.0)
    seen = []
    for factor in (0.1, 0.5, 0.25):
        LambdaLR(at, lambda i, factor=factor: factor)
        seen.append(at.param_groups[0]["lr"])
    assert seen == [0.1, 0.5, 0.25] and at.param_groups[0]["initial_lr"] == 1.0


def test_a_second_phase_starts_at_the_rate_where_the_first_one_ended():
    """Phase two, or a notebook cell run again: once the rates multiplied, and stopped at 0."""
    at = SGD([Value(1.0)], lr=1.0)
    path(at, [StepLR(at, 5, 0.1)], 10)
    assert at.param_groups[0]["lr"] == pytest.approx(0.01)
    rows = path(at, [StepLR(at, 5, 0.1)], 10)
    assert [rows[i][0] for i in (0, 5, 10)] == pytest.approx([0.01, 1e-3, 1e-4])


def test_a_cosine_that_has_reached_0_rises_again_from_initial_lr_alone():
    at = SGD([Value(1.0)], lr=0.3)
    path(at, [CosineAnnealingLR(at, 4)], 4)
    assert at.param_groups[0]["lr"] == 0.0
    again = path(at, [CosineAnnealingLR(at, 4)], 8)
    assert all(rate == 0.0 for rate, *_ in again[:5])  # 0 times anything, as in PyTorch
    assert again[-1][0] == pytest.approx(0.3)


def test_nothing_drifts_over_a_long_run():
    at = SGD([Value(1.0)], lr=0.3)
    one = lr_scheduler.ExponentialLR(at, 0.99)
    for _ in range(1000):
        at.step()
        one.step()
    assert at.param_groups[0]["lr"] == 0.3 * 0.99**1000


@pytest.mark.parametrize("name", NAMES)
def test_optimizer_and_scheduler_are_freed_at_once(name):
    gc.collect()
    gc.disable()
    try:
        at = ours(momentum=0.9)
        one = scheduler(lr_scheduler, at, name)
        go(at, [one], 3)
        watched = weakref.ref(one)
        del one
        assert watched() is None
        held = weakref.ref(at)
        del at
        assert held() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("name", NAMES)
def test_a_scheduler_that_nobody_holds_stops_acting(name):
    at = ours(momentum=0.9)
    go(at, [scheduler(lr_scheduler, at, name)], 2)
    before = row(at)
    go(at, [], 5)
    assert row(at) == before


def test_a_group_may_come_with_its_initial_lr():
    at = SGD([{"params": [Value(1.0)], "lr": 0.1, "initial_lr": 0.4}], lr=1.0)
    assert StepLR(at, 5, 0.5, last_epoch=9).base_lrs == [0.4]
    with pytest.raises(ValueError, match="initial_lr must be in"):
        SGD([{"params": [Value(1.0)], "initial_lr": -1.0}])


def test_a_rate_that_would_be_negative_is_an_error_and_changes_nothing():
    at = SGD([Value(1.0)], lr=0.3)
    one = CosineAnnealingLR(at, T_max=5, eta_min=0.2)
    go(at, [one], 6)
    at.param_groups[0]["lr"] = 0.1
    before = row(at)
    with pytest.raises(ValueError, match=r"CosineAnnealingLR, epoch 7, group 0: lr must be in"):
        one.step()
    assert row(at) == before and one.last_epoch == 6


def test_deep_copies_go_their_own_ways():
    at = SGD([Value(1.0)], lr=1.0)
    one = StepLR(at, 1, 0.5)
    twin = copy.deepcopy(one)
    at.step()
    one.step()
    assert (at.param_groups[0]["lr"], twin.optimizer.param_groups[0]["lr"]) == (0.5, 1.0)


def test_random_orders_of_stepping_are_pytorchs(monkeypatch):
    monkeypatch.setitem(ARGUMENTS, "CosineAnnealingLR", {"T_max": 5})
    rng = random.Random(3)
    for _ in range(40):
        names = rng.sample([n for n in NAMES if n != "OneCycleLR"], 3)
        turns = [rng.randrange(3) for _ in range(30)]
        hands = {rng.randrange(30): rng.uniform(0.01, 0.9) for _ in range(2)}

        def act(module, optimizer, names=names, turns=turns, hands=hands):
            three = [scheduler(module, optimizer, name) for name in names]
            rows = []
            for i, turn in enumerate(turns):
                if i in hands:
                    optimizer.param_groups[0]["lr"] = hands[i]
                rows += go(optimizer, [three[turn]], 1)[1:]
            return rows

        close(*both(act))
