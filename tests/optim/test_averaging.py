"""Averages of the path: schedule-free SGD, and AveragedModel, which is compared with PyTorch's."""

import itertools
import json
import math
import random
from functools import partial

import pytest

import micrograd_opt as mo
from interrupts import interrupted
from micrograd_opt import Tensor, Value, nn
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, schedules
from micrograd_opt.optim.averaging import (
    AveragedModel,
    get_ema_avg_fn,
    get_swa_avg_fn,
    update_bn,
)
from micrograd_opt.optim.base.hyperparameters import at
from micrograd_opt.optim.schedule_free import ScheduleFreeSGD


def averaging(model, avg="ema", decay=0.999):
    """An AveragedModel by the name of its rule."""
    rules = {"ema": get_ema_avg_fn(decay), "swa": None}
    return AveragedModel(model, rules[avg] if isinstance(avg, str) else avg)


def tensor(data):
    return Tensor(data, requires_grad=True)


def feed(optimizer, rng):
    for group in optimizer.param_groups:
        for p in group["params"]:
            g = [rng.gauss(0, 1) for _ in range(p.size)] if isinstance(p, Tensor) else None
            p.grad = rng.gauss(0, 1) if g is None else Array(g, p.shape)


# ---- schedule-free SGD


def test_schedule_free_by_hand():
    x = Value(1.0)
    optimizer = ScheduleFreeSGD([x], lr=0.5, momentum=0.75)
    path = []
    # z = 0, x = 0, y = 0; z = −1, x = −½, y = ¼ · −1 + ¾ · −½; z = ½, x = −1/3 + 1/6, y = −0
    for g in (2.0, 2.0, -3.0):
        x.grad = g
        optimizer.step()
        path.append(x.data)
    assert path == pytest.approx([0.0, -0.625, 0.25 * 0.5 - 0.75 / 6], abs=1e-15)
    optimizer.eval()
    assert x.data == pytest.approx(-1 / 6)


def test_schedule_free_decays_at_y_by_hand():
    x = Value(1.0)
    optimizer = ScheduleFreeSGD([x], lr=0.5, momentum=0.5, weight_decay=0.5)
    # z = 1 − ½ · 2.5 = −¼ = x = y; z = −¼ − ½ · (1 − ⅛) = −0.6875, x = −0.46875, y is between
    for g in (2.0, 1.0):
        x.grad = g
        optimizer.step()
    assert x.data == pytest.approx((-0.6875 - 0.46875) / 2, abs=1e-15)


def test_small_rates_of_a_warmup_weigh_little_by_hand():
    x = Value(0.0)
    optimizer = ScheduleFreeSGD([x], lr=schedules.linear_warmup(2, then=1.0), momentum=1.0)
    # the rates ½, 1, 1 weigh ¼, 1, 1; z goes through −½, −1½, −2½
    for _ in range(3):
        x.grad = 1.0
        optimizer.step()
    assert x.data == pytest.approx(-(0.25 * 0.5 + 1.5 + 2.5) / 2.25)


def test_a_rate_of_zero_moves_nothing_and_weighs_nothing():
    x, y = Value(3.0), Value(3.0)
    late, optimizer = ScheduleFreeSGD([x], lr=lambda i: 0.1 * (i > 1)), ScheduleFreeSGD([y], lr=0.1)
    for step in range(6):
        x.grad = 2.0 * x.data
        late.step()
        if step < 2:
            assert x.data == 3.0
        else:
            y.grad = 2.0 * y.data
            optimizer.step()
            assert x.data == y.data


def schedule_free_reference(theta, gradient_at, given, steps):
    """Defazio et al. 2024, eqs. 3 to 5 with the weights of Algorithm 1: y is made first, then left.

    Gives (y of the next step, x) after each step; `given` are the arguments.
    """
    z, x, total, path = list(theta), list(theta), 0.0, []
    for i in range(steps):
        lr, beta, decay = (at(given[name], i) for name in ("lr", "momentum", "weight_decay"))
        y = list(theta) if i == 0 else path[-1][0]
        g = gradient_at(i, y)
        total += lr**2
        c = lr**2 / total
        after = []
        for j in range(len(z)):
            z[j] = z[j] - lr * (g[j] + decay * y[j])
            x[j] = x[j] + c * (z[j] - x[j])
            after.append(z[j] + beta * (x[j] - z[j]))
        path.append((after, list(x)))
    return path


def test_schedule_free_is_the_papers_algorithm():
    for seed in range(60):
        rng = random.Random(seed)
        lr = 10.0 ** rng.uniform(-3, -0.5)
        given = {
            "lr": rng.choice((lr, schedules.linear_warmup(30, then=lr))),
            "momentum": rng.choice((0.0, 0.5, 0.9, 1.0)),
            "weight_decay": rng.choice((0.0, 0.01)),
        }
        theta, scale = [rng.uniform(-2, 2) for _ in range(6)], 10.0 ** rng.uniform(-4, 2)
        gs = [[scale * rng.gauss(0.2, 1) for _ in theta] for _ in range(200)]
        w = tensor([theta[:3], theta[3:]])
        optimizer = ScheduleFreeSGD([w], **given)
        path = schedule_free_reference(theta, lambda i, y, gs=gs: gs[i], given, 200)
        for step, (g, (y, x)) in enumerate(zip(gs, path, strict=True)):
            w.grad = Array(g, (2, 3))
            optimizer.step()
            assert w.data.flat == pytest.approx(y, rel=1e-10, abs=1e-10)
            if step % 7 == 0:
                optimizer.eval()
                assert w.data.flat == pytest.approx(x, rel=1e-10, abs=1e-10)
                optimizer.train()


def test_the_path_of_schedule_free_is_the_one_recorded():
    x = tensor([1.0, -2.0, 0.5])
    optimizer = ScheduleFreeSGD([x], schedules.linear_warmup(10, then=0.1), weight_decay=0.01)
    for i in range(100):
        x.grad = Array([math.sin(3.0 * i + j) for j in range(3)], (3,))
        optimizer.step()
    y = [0.9395145339885832, -1.9001526155880188, 0.47564064697582886]
    assert x.tolist() == pytest.approx(y, abs=1e-12)
    optimizer.eval()
    average = [0.9489651927787504, -1.9066361385394546, 0.4755791195676225]
    assert x.tolist() == pytest.approx(average, abs=1e-12)


def test_without_momentum_it_is_sgd_and_its_polyak_average():
    x, y, seen = tensor([1.0, -2.0]), tensor([1.0, -2.0]), []
    free, sgd = ScheduleFreeSGD([x], lr=0.1, momentum=0.0), SGD([y], lr=0.1)
    for _ in range(40):
        for p, optimizer in ((x, free), (y, sgd)):
            optimizer.zero_grad()
            (p.sin() + p * p).sum().backward()
            optimizer.step()
        assert x.tolist() == y.tolist()
        seen.append(y.tolist())
    free.eval()
    assert x.tolist() == pytest.approx([sum(column) / 40 for column in zip(*seen, strict=True)])


def test_with_momentum_one_the_gradient_is_taken_at_the_average():
    x = Value(2.0)
    optimizer = ScheduleFreeSGD([x], lr=0.1, momentum=1.0)
    for _ in range(10):
        x.grad = math.sin(x.data)
        optimizer.step()
        at_y = x.data
        optimizer.eval()
        assert x.data == at_y
        optimizer.train()


def test_eval_and_train_go_there_and_back_to_the_bit():
    w, x = tensor([0.1, 0.7]), Value(0.3)
    optimizer, rng = ScheduleFreeSGD([w, x], lr=0.1), random.Random(1)
    optimizer.eval()
    optimizer.train()
    assert (w.tolist(), x.data) == ([0.1, 0.7], 0.3)
    for _ in range(5):
        feed(optimizer, rng)
        optimizer.step()
    y, state = (w.tolist(), x.data), optimizer.state_dict()
    optimizer.train()
    assert (w.tolist(), x.data) == y
    optimizer.eval()
    average = (w.tolist(), x.data)
    optimizer.eval()
    assert (w.tolist(), x.data) == average != y
    optimizer.train()
    assert (w.tolist(), x.data) == y and optimizer.state_dict() == state


def test_a_step_while_the_parameters_are_the_average_is_an_error():
    x = Value(1.0)
    optimizer = ScheduleFreeSGD([x], lr=0.1)
    for g in (1.0, 2.0):
        x.grad = g
        optimizer.step()
    optimizer.eval()
    before = (x.data, optimizer.state_dict())
    with pytest.raises(
        RuntimeError, match=r"the parameters are the averages x.*optimizer.train\(\)"
    ):
        optimizer.step()
    assert (x.data, optimizer.state_dict()) == before


def test_an_interrupt_while_they_are_exchanged_tears_nothing():
    def busy():
        w, x = tensor([0.1, 0.7]), Value(0.3)
        optimizer, rng = ScheduleFreeSGD([w, x], lr=0.1), random.Random(1)
        for _ in range(3):
            feed(optimizer, rng)
            optimizer.step()
        return optimizer, lambda: (w.tolist(), x.data, optimizer.state_dict())

    reference, seen = busy()
    whole = [seen()]
    reference.eval()
    whole.append(seen())
    for line in itertools.count(1):
        optimizer, seen = busy()
        came = interrupted(optimizer.eval, line)
        assert seen() in whole, f"torn before line {line}"
        if not came:
            break
    assert line > 20


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_schedule_free_run_resumed_from_json_goes_on_to_the_same_bits(mode, stop):
    def begin():
        params = [tensor([[1.0, -2.0], [0.5, 3.0]]), Value(1.0), tensor(0.1), Value(2.0)]
        groups = [{"params": params[:2]}, {"params": params[2:], "momentum": 0.5}]
        return params, ScheduleFreeSGD(groups, lr=schedules.linear_warmup(5, 0.1))

    rng = random.Random(2)
    params, optimizer = begin()
    for _ in range(stop):
        feed(optimizer, rng)
        params[2].grad = None  # a block that has no state yet
        optimizer.step()
    getattr(optimizer, mode)()
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    again, resumed = begin()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(text))
    rng_again = random.Random()
    rng_again.setstate(rng.getstate())
    for _ in range(8):
        for one, r in ((optimizer, rng), (resumed, rng_again)):
            one.train()
            feed(one, r)
            one.step()
        assert [p.data for p in params] == [p.data for p in again]
        assert optimizer.state_dict() == resumed.state_dict()


def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit():
    rng = random.Random(1)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole = [Value(x) for x in start], tensor(start)
    warm = schedules.linear_warmup(5, 0.1)
    scalars = ScheduleFreeSGD(values, lr=warm, weight_decay=0.1)
    tensors = ScheduleFreeSGD([whole], lr=warm, weight_decay=0.1)
    for step in range(20):
        g = [rng.gauss(0, 1) for _ in start]
        whole.grad = Array(g, (12,))
        for value, x in zip(values, g, strict=True):
            value.grad = x
        for optimizer in (scalars, tensors):
            optimizer.train()
            optimizer.step()
            if step % 3 == 0:
                optimizer.eval()
        assert [value.data for value in values] == whole.tolist()
    assert scalars.state_dict()["state"] == tensors.state_dict()["state"]


@pytest.mark.parametrize("momentum", [0.5, 0.9, 0.98])
def test_schedule_free_finds_the_bottom_of_an_ill_conditioned_quadratic(momentum):
    x = tensor([1.0, 1.0, 1.0])
    optimizer = ScheduleFreeSGD([x], lr=0.015, momentum=momentum)
    for _ in range(2000):
        optimizer.zero_grad()
        ((x * x * Tensor([1.0, 10.0, 100.0])).sum() * 0.5).backward()
        optimizer.step()
    optimizer.eval()
    assert max(map(abs, x.tolist())) < 0.05


def test_schedule_free_maximizes():
    x, y = Value(2.0), Value(2.0)
    down, up = ScheduleFreeSGD([x], lr=0.1), ScheduleFreeSGD([y], lr=0.1, maximize=True)
    for _ in range(5):
        x.grad, y.grad = x.data, -y.data
        down.step()
        up.step()
    assert x.data == y.data != 2.0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"lr": -1.0}, r"lr must be in \[0, inf\), got -1.0"),
        ({"momentum": 1.1}, r"momentum must be in \[0, 1\], got 1.1"),
        ({"weight_decay": math.inf}, r"weight_decay must be in \[0, inf\), got inf"),
    ],
)
def test_an_argument_out_of_range_is_an_error_with_the_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        ScheduleFreeSGD([Value(1.0)], **arguments)


# ---- AveragedModel


class Mixed(nn.Module):
    """A Tensor, Values, and a parameter that has two names."""

    def __init__(self):
        self.first = nn.Linear(2, 3, rng=random.Random(1))
        self.second = self.first
        self.scales = [Value(1.0), Value(-2.0)]

    def forward(self, x):
        return self.first(x)


def drift(model, rng):
    """What a step would do: every parameter moves."""
    for p in model.parameters():
        move = (
            [rng.gauss(0, 1) for _ in range(p.size)] if isinstance(p, Tensor) else rng.gauss(0, 1)
        )
        p.data = p.data + (Array(move, p.shape) if isinstance(p, Tensor) else move)


def flat(model):
    return [
        x for p in model.parameters() for x in (p.data.flat if isinstance(p, Tensor) else [p.data])
    ]


def test_ema_by_hand():
    model = nn.Linear(1, 1, bias=False)
    averaged, path = averaging(model, decay=0.75), []
    for weight in (1.0, 2.0, -4.0):
        model.weight.data = [[weight]]
        averaged.update_parameters(model)
        path.append(averaged.module.weight.item())
    assert path == [1.0, 0.75 * 1.0 + 0.25 * 2.0, 0.75 * 1.25 - 0.25 * 4.0]


def test_swa_is_the_mean_of_all_updates():
    model, rng, seen = Mixed(), random.Random(2), []
    averaged = averaging(model, "swa")
    for n in range(1, 20):
        drift(model, rng)
        averaged.update_parameters(model)
        seen.append(flat(model))
        mean = [math.fsum(column) / n for column in zip(*seen, strict=True)]
        assert flat(averaged.module) == pytest.approx(mean, abs=1e-13)
    assert averaged.n_averaged == 19


def test_ema_is_the_weighted_sum_of_all_updates():
    model, rng, seen, decay = Mixed(), random.Random(2), [], 0.8
    averaged = averaging(model, "ema", decay)
    for n in range(20):
        drift(model, rng)
        averaged.update_parameters(model)
        seen.append(flat(model))
        weights = [decay**n] + [(1 - decay) * decay ** (n - k) for k in range(1, n + 1)]
        expected = [
            math.fsum(w * x for w, x in zip(weights, column, strict=True))
            for column in zip(*seen, strict=True)
        ]
        assert flat(averaged.module) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("decay, expected", [(0.0, 3.0), (1.0, 1.0)])
def test_ema_with_decay_zero_is_the_last_and_with_one_the_first(decay, expected):
    model = nn.Linear(1, 1, bias=False)
    averaged = averaging(model, decay=decay)
    for weight in (1.0, 2.0, 3.0):
        model.weight.data = [[weight]]
        averaged.update_parameters(model)
    assert averaged.module.weight.item() == expected


def test_the_average_is_a_copy_that_leaves_the_model_alone():
    model, rng = Mixed(), random.Random(3)
    model(Tensor([[1.0, 2.0]])).sum().backward()
    averaged = averaging(model)
    assert averaged.module.first is averaged.module.second is not model.first
    assert averaged.module.first.weight.grad is None and model.first.weight.grad is not None
    assert averaged.n_averaged == 0 and flat(averaged.module) == flat(model)
    averaged.update_parameters(model)
    before = flat(model)
    drift(averaged.module, rng)
    assert flat(model) == before
    x = Tensor([[0.5, -1.0]])
    assert averaged(x).tolist() == averaged.module(x).tolist()
    assert [p.data for p in averaged.parameters()] == [p.data for p in averaged.module.parameters()]
    assert repr(AveragedModel(nn.MLP(2, [3, 1]))).startswith("AveragedModel(MLP(2 → 3 → 1), n_ave")


def test_a_rule_of_ones_own_sees_floats_and_arrays():
    seen = []

    def largest(averaged, current, n_averaged):
        seen.append((type(averaged), type(current), n_averaged))
        return current

    model = Mixed()
    averaged = averaging(model, largest)
    averaged.update_parameters(model)
    assert seen == []
    averaged.update_parameters(model)
    assert seen == [(float, float, 1)] * 2 + [(Array, Array, 1)] * 2 or seen == (
        [(Array, Array, 1)] * 2 + [(float, float, 1)] * 2
    )


def test_twelve_values_average_as_a_tensor_of_twelve_to_the_bit():
    class Values(nn.Module):
        def __init__(self):
            self.w = [Value(0.0) for _ in range(12)]

    class Whole(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([0.0] * 12)

    for rule in ("ema", "swa"):
        rng, values, whole = random.Random(5), Values(), Whole()
        one, other = averaging(values, rule), averaging(whole, rule)
        for _ in range(15):
            new = [rng.gauss(0, 1) for _ in range(12)]
            whole.w.data = new
            for value, x in zip(values.w, new, strict=True):
                value.data = x
            one.update_parameters(values)
            other.update_parameters(whole)
            assert flat(one.module) == flat(other.module)


def test_buffers_are_copied_not_averaged():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    averaged = averaging(model, "swa")
    for data in ([[1.0, 2.0], [3.0, 5.0]], [[2.0, 2.0], [7.0, 5.0]]):
        model(Tensor(data))
        averaged.update_parameters(model)
    ours, theirs = averaged.module.state_dict(), model.state_dict()
    names = [name for name in ours if "running" in name or "tracked" in name]
    assert len(names) == 3 and all(ours[name] == theirs[name] for name in names)


@pytest.mark.parametrize("rule", ["ema", "swa"])
@pytest.mark.parametrize("stop", [0, 1, 4])
def test_an_average_resumed_from_json_goes_on_to_the_same_bits(rule, stop):
    model, rng = Mixed(), random.Random(7)
    averaged, resumed = averaging(model, rule, 0.7), averaging(Mixed(), rule, 0.7)
    for _ in range(stop):
        drift(model, rng)
        averaged.update_parameters(model)
    text = json.dumps(averaged.state_dict(), allow_nan=False)
    resumed.load_state_dict(json.loads(text))
    assert resumed.state_dict() == averaged.state_dict()
    for _ in range(4):
        drift(model, rng)
        averaged.update_parameters(model)
        resumed.update_parameters(model)
        assert resumed.state_dict() == averaged.state_dict()


BAD_STATES = [
    (lambda s: s.pop("n_averaged"), "n_averaged must be a number"),
    (lambda s: s.update(n_averaged=-1), "n_averaged must be in {0, 1, …}, got -1"),
    (lambda s: s.update(n_averaged=1.5), "n_averaged must be in {0, 1, …}, got 1.5"),
    (lambda s: s.pop("module.weight"), "missing: weight"),
    (lambda s: s.update(extra=1.0), "unexpected: extra"),
    (lambda s: s.update({"module.weight": [[1.0]]}), "weight: shape"),
]


@pytest.mark.parametrize("spoil, message", BAD_STATES)
def test_a_state_that_does_not_fit_is_an_error_and_changes_nothing(spoil, message):
    averaged = averaging(nn.Linear(2, 1))
    averaged.update_parameters(nn.Linear(2, 1))
    before, state = averaged.state_dict(), averaging(nn.Linear(2, 1)).state_dict()
    state["n_averaged"] = 5
    spoil(state)
    with pytest.raises((ValueError, TypeError), match=message):
        averaged.load_state_dict(state)
    assert averaged.state_dict() == before


def test_another_model_is_an_error_that_names_the_difference_and_changes_nothing():
    averaged = averaging(nn.Linear(2, 1))
    before = averaged.state_dict()
    for other in (nn.Linear(3, 1), nn.Linear(2, 1, bias=False), Mixed()):
        with pytest.raises(ValueError, match="another model: .*(weight|bias).* differ"):
            averaged.update_parameters(other)
        assert averaged.state_dict() == before


def test_an_interrupt_before_any_line_of_an_update_never_tears_it():
    model = nn.BatchNorm1d(1)
    first, averaged = averaging(model, "swa"), averaging(model, "swa")
    first.update_parameters(model)
    before = first.state_dict()
    drift(model, random.Random(2))
    model(Tensor([[1.0], [3.0]]))
    first.update_parameters(model)
    whole = [before, first.state_dict()]
    for line in itertools.count(1):
        averaged.load_state_dict(before)
        came = interrupted(partial(averaged.update_parameters, model), line)
        assert averaged.state_dict() in whole, f"torn before line {line}"
        if not came:
            break
    assert line > 100 and whole[0] != whole[1]


BAD_ARGUMENTS = [
    (lambda: AveragedModel(nn.Linear(1, 1), "mean"), TypeError, "avg_fn must be a function"),
    (lambda: averaging(nn.Linear(1, 1), decay=1.5), ValueError, r"decay must be in \[0, 1\]"),
    (lambda: averaging(nn.Linear(1, 1), decay=math.nan), ValueError, "decay must be in"),
    (lambda: AveragedModel(lambda x: x), TypeError, "expected a model with parameters"),
    (lambda: get_ema_avg_fn(-0.1), ValueError, r"decay must be in \[0, 1\], got -0.1"),
]


@pytest.mark.parametrize("make, error, message", BAD_ARGUMENTS)
def test_a_bad_argument_is_an_error(make, error, message):
    with pytest.raises(error, match=message):
        make()


# ---- against PyTorch


@pytest.mark.parametrize("rule, decay", [("swa", 0.0), ("ema", 0.9), ("ema", 0.999)])
def test_the_average_is_pytorchs(rule, decay):
    torch = pytest.importorskip("torch")
    swa_utils, doubles = torch.optim.swa_utils, partial(torch.tensor, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)
    ).double()
    averaged = averaging(model, rule, decay)
    own = swa_utils.get_ema_avg_fn(decay) if rule == "ema" else None
    reference, rng = swa_utils.AveragedModel(theirs, avg_fn=own), random.Random(1)
    for _ in range(60):
        x = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(5)]
        drift(model, rng)
        model(Tensor(x))
        state = {name: doubles(data) for name, data in model.state_dict().items()}
        theirs.load_state_dict(state)
        averaged.update_parameters(model)
        reference.update_parameters(theirs)
        ours = averaged.state_dict()
        assert ours.keys() == reference.state_dict().keys()
        for name, found in reference.state_dict().items():
            assert Array.of(ours[name]).flat == pytest.approx(
                found.double().flatten().tolist(), abs=1e-12
            )
    fresh = averaging(model, rule, decay)
    fresh.load_state_dict(reference.state_dict())
    assert fresh.n_averaged == 60


def test_the_rules_are_pytorchs():
    torch = pytest.importorskip("torch")
    theirs = torch.optim.swa_utils
    rng = random.Random(3)
    for n in range(1, 100):
        a, p, decay = rng.gauss(0, 1), rng.gauss(0, 1), rng.random()
        assert get_ema_avg_fn(decay)(a, p, n) == theirs.get_ema_avg_fn(decay)(a, p, n)
        assert get_swa_avg_fn()(a, p, n) == theirs.get_swa_avg_fn()(a, p, n)


# ---- update_bn


def norm_net():
    return nn.Sequential(nn.Linear(2, 3, rng=random.Random(4)), nn.BatchNorm1d(3, momentum=0.3))


def test_update_bn_takes_the_statistics_anew_as_pytorchs_does():
    torch = pytest.importorskip("torch")
    rng = random.Random(2)
    batches = [[[rng.gauss(1, 2) for _ in range(2)] for _ in range(6)] for _ in range(4)]
    model = norm_net()
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).double()
    doubles = partial(torch.tensor, dtype=torch.float64)
    theirs.load_state_dict({name: doubles(data) for name, data in model.state_dict().items()})
    model(Tensor(batches[0]))
    model.eval()
    averaged = averaging(model)
    update_bn([(Tensor(x), None) for x in batches], averaged)
    torch.optim.swa_utils.update_bn([doubles(x) for x in batches], theirs)
    ours = averaged.module.state_dict()
    for name, found in theirs.state_dict().items():
        assert Array.of(ours[name]).flat == pytest.approx(found.flatten().tolist(), abs=1e-12)
    assert [m.training for _, m in averaged.module.named_modules()] == [False] * 3


def test_update_bn_takes_the_mean_over_the_batches():
    norm = nn.BatchNorm1d(1)
    norm(Tensor([[100.0], [-300.0]]))
    update_bn([Tensor([[1.0], [3.0]]), Tensor([[5.0], [9.0]])], norm)
    assert norm.running_mean.tolist() == [4.5] and norm.running_var.tolist() == [5.0]
    assert (norm.num_batches_tracked.item(), norm.momentum, norm.training) == (2.0, 0.1, True)


def test_update_bn_without_batches_or_with_a_bad_one_leaves_all_as_it_was():
    model = norm_net()
    model(Tensor([[1.0, 2.0], [3.0, 5.0]]))
    model.eval()
    before = model.state_dict()
    with pytest.raises(ValueError, match="update_bn: the loader has no batch"):
        update_bn([], model)
    with pytest.raises(ValueError, match="input"):
        update_bn([Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[1.0, 2.0, 3.0]])], model)
    assert model.state_dict() == before
    assert [m.training for _, m in model.named_modules()] == [False] * 3
    assert [m.momentum for _, m in model.named_modules() if hasattr(m, "momentum")] == [0.3]


def test_update_bn_of_a_model_without_such_layers_does_not_even_look_at_the_loader():
    update_bn(None, nn.Linear(1, 1))


def test_an_average_is_validated_like_any_model():
    rng = random.Random(0)
    model = mo.nn.MLP(2, [6, 2], rng=rng)
    data = mo.data.make_moons(60, noise=0.1, rng=rng)
    averaged = averaging(model, decay=0.5)
    mo.fit(
        model,
        mo.functional.cross_entropy,
        SGD(model.parameters(), lr=0.5, momentum=0.9),
        data,
        epochs=8,
        progress=False,
        callbacks=[lambda history: averaged.update_parameters(model)],
    )
    loss, accuracy = mo.evaluate(averaged.module, mo.functional.cross_entropy, data)
    assert averaged.n_averaged == 8 and accuracy > 0.7 and loss < 0.6
