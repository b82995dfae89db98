"""Muon: by hand, against PyTorch in float64, and what makes it Muon."""

import json
import math
import random

import pytest
from paths import SHAPES_OF, beginning, float64_muon, furthest, our_path, torch_path

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.optim import schedules
from micrograd_opt.optim.base.hyperparameters import at
from micrograd_opt.optim.muon import Muon, newton_schulz

DEFAULT = (3.4445, -4.775, 2.0315)


def tensor(data, label=None):
    return Tensor(data, requires_grad=True, label=label)


def walk(optimizer, w, *gradients):
    """Where w is after each of the gradients."""
    path = []
    for g in gradients:
        w.grad = Array.of(g)
        optimizer.step()
        path += w.data.flat
    return pytest.approx(path, rel=1e-14, abs=1e-14)


# ---- two steps by hand: of diagonal matrices each element goes its own way

ONE_ROUND = {"lr": 0.1, "momentum": 0.5, "ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 1}


def after_a_round(s):
    return 2.0 * s - 1.5 * s**3 + 0.5 * s**5


SHORT, LONG = after_a_round(0.6), after_a_round(0.8)


def test_muon_by_hand():
    w = tensor([[1.0, 0.0], [0.0, 1.0]])
    optimizer = Muon([w], nesterov=False, weight_decay=0.5, **ONE_ROUND)
    # b = (3, 4), of the norm 5; then ½ (3, 4) + ½ (0, −8) = (1.5, −2), of the norm 2.5
    x, y = 0.95 - 0.1 * SHORT, 0.95 - 0.1 * LONG
    second = [0.95 * x - 0.1 * SHORT, 0.0, 0.0, 0.95 * y + 0.1 * LONG]
    expected = [x, 0.0, 0.0, y, *second]
    assert walk(optimizer, w, [[6.0, 0.0], [0.0, 8.0]], [[0.0, 0.0], [0.0, -8.0]]) == expected


def test_nesterov_mixes_the_gradient_in_once_more_by_hand():
    w = tensor([[0.0, 0.0], [0.0, 0.0]])
    optimizer = Muon([w], weight_decay=0.0, **ONE_ROUND)
    # b = (3, 4), g = ½ (3, 4) + ½ (6, 8); then b = (3, 0), g = ½ (3, 0) + ½ (3, −4) = (3, −2)
    norm = math.sqrt(13.0)
    x, y = -0.1 * SHORT, -0.1 * LONG
    second = [x - 0.1 * after_a_round(3 / norm), 0.0, 0.0, y + 0.1 * after_a_round(2 / norm)]
    expected = [x, 0.0, 0.0, y, *second]
    assert walk(optimizer, w, [[6.0, 0.0], [0.0, 8.0]], [[3.0, 0.0], [0.0, -4.0]]) == expected


@pytest.mark.parametrize(
    "name, shape, factor",
    [
        (None, (4, 1), 2.0),
        ("original", (4, 1), 2.0),
        ("original", (1, 4), 1.0),
        ("match_rms_adamw", (4, 1), 0.4),
        ("match_rms_adamw", (1, 9), 0.6),
    ],
)
def test_the_rate_is_adjusted_to_the_shape(name, shape, factor):
    w = tensor(Array.full(shape, 0.0).tolist())
    n = shape[0] * shape[1]
    optimizer = Muon([w], lr=0.1, ns_steps=0, adjust_lr_fn=name)
    w.grad = Array.full(shape, 7.0)  # X without a round: g / ‖g‖
    optimizer.step()
    assert w.data.flat == pytest.approx([-0.1 * factor / math.sqrt(n)] * n)


def test_a_gradient_below_eps_is_not_blown_up_by_hand():
    w = tensor([[0.0]])
    optimizer = Muon([w], lr=1.0, momentum=0.0, eps=0.5, ns_steps=0)
    assert walk(optimizer, w, [[0.25]], [[0.0]]) == [-0.5, -0.5 * 0.9]


# ---- what makes it Muon


def rotation(angle):
    c, s = math.cos(angle), math.sin(angle)
    return Array.of([[c, -s], [s, c]])


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2)])
def test_the_classic_coefficients_give_u_vt(shape):
    u, v, s = rotation(0.7), rotation(-1.9), Array.of([[5.0, 0.0], [0.0, 0.1]])
    wide = Array.of([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])  # two orthonormal rows
    ends = {(2, 2): (u, v), (2, 3): (u, v @ wide), (3, 2): (wide.T @ u, v)}
    left, right = ends[shape]
    x = newton_schulz(left @ s @ right, (1.5, -0.5, 0.0), 1e-7, 40)
    assert x.shape == shape
    assert x.flat == pytest.approx((left @ right).flat, abs=1e-12)


def test_five_rounds_bring_every_singular_value_near_one():
    for s in [10.0**k for k in range(5)]:
        x = newton_schulz(Array.of([[s, 0.0], [0.0, s / 400.0]]), DEFAULT, 1e-7, 5)
        assert all(0.68 < x.flat[i] < 1.21 for i in (0, 3)), s


def test_scaling_the_loss_by_1024_changes_no_bit():
    paths = []
    for scale in (1.0, 1024.0):
        rng, w = random.Random(3), tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]])
        optimizer = Muon([w], lr=0.1)
        for _ in range(20):
            w.grad = Array([scale * rng.gauss(0, 1) for _ in range(6)], (2, 3))
            optimizer.step()
        paths.append(w.tolist())
    assert paths[0] == paths[1]


# ---- against PyTorch


def random_arguments(rng, largest_lr):
    pick = rng.choice
    return {
        "lr": largest_lr * 10.0 ** rng.uniform(-3.0, 0.0),
        "weight_decay": pick((0.1, 0.0, 1e-3, 1.0)),
        "momentum": pick((0.95, 0.9, 0.5, 0.0)),
        "nesterov": pick((False, True)),
        "ns_coefficients": pick((DEFAULT, (1.5, -0.5, 0.0), (2.0, -1.5, 0.5))),
        "eps": pick((1e-7, 1e-7, 1e-3, 1.0)),
        "ns_steps": pick((5, 1, 3, 0)),
        "adjust_lr_fn": pick((None, "original", "match_rms_adamw")),
    }


def random_case(seed, largest_lr=0.1):
    """(arguments, what group 1 has of its own); a schedule in half of them."""
    rng = random.Random(f"Muon {seed}")
    arguments, other = random_arguments(rng, largest_lr), random_arguments(rng, largest_lr)
    own = {key: other[key] for key in other if rng.random() < 0.5}
    if rng.random() < 0.5:
        cosine = schedules.cosine_annealing(arguments["lr"], rng.randint(50, 250))
        arguments["lr"] = rng.choice((cosine, schedules.linear_warmup(30, cosine)))
        arguments["momentum"] = schedules.linear_warmup(40, arguments["momentum"])
    return arguments, own


def test_fed_the_same_gradients_the_path_is_pytorchs():
    pytest.importorskip("torch")
    for seed in range(60):
        arguments, own = random_case(seed)
        both = our_path("Muon", arguments, own, seed), torch_path("Muon", arguments, own, seed)
        for step, (ours, theirs) in enumerate(zip(*both, strict=True)):
            assert furthest(ours, theirs) <= 1e-10, (step, arguments, own, seed)


def loss_of(u, v, w):
    """A loss written for both libraries; the shapes are SHAPES_OF["Muon"]."""
    error = (v @ w).tanh() - u[:2, :2] * 0.3
    return (error * error).sum() + (u @ u).sin().mean() + (v * v).mean()


def test_through_the_engine_the_path_is_pytorchs():
    """Far from the minimum: near it ‖g‖ is small, five rounds magnify a rounding of g / ‖g‖ up to
    3.4445⁵ = 485 times, and the next gradient carries that on."""
    torch = pytest.importorskip("torch")
    for seed in range(20):
        arguments, own = random_case(seed, largest_lr=2e-3)
        given = [arguments, arguments | own]
        shapes = SHAPES_OF["Muon"]
        pairs = zip(beginning(seed, shapes), shapes, strict=True)
        data = [Array(flat, shape).tolist() for flat, shape in pairs]
        ours = [tensor(p) for p in data]
        theirs = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in data]
        optimizer = Muon([{"params": ours[:2]}, {"params": ours[2:], **own}], **arguments)
        reference = torch.optim.Muon([{"params": theirs[:2]}, {"params": theirs[2:]}])
        for i in range(50):
            for group, of_group in zip(reference.param_groups, given, strict=True):
                group.update({key: at(value, i) for key, value in of_group.items()})
            for side, params in ((optimizer, ours), (reference, theirs)):
                side.zero_grad()
                loss_of(*params).backward()
                with float64_muon():
                    side.step()
            for p, q in zip(ours, theirs, strict=True):
                assert furthest(p.data.flat, q.detach().flatten().tolist()) <= 1e-8, (seed, i)


def test_in_bfloat16_pytorch_goes_nearly_the_same_way():
    torch = pytest.importorskip("torch")
    w, q = tensor([[1.0, 2.0], [3.0, -1.0]]), torch.zeros(2, 2, dtype=torch.float64)
    w.data, q.grad = Array.full((2, 2), 0.0), torch.tensor([[3.0, 1.0], [0.5, -2.0]]).double()
    w.grad = Array.of(q.grad)
    Muon([w], lr=1.0).step()
    torch.optim.Muon([q], lr=1.0).step()
    assert w.data.flat == pytest.approx(q.flatten().tolist(), abs=0.05)


def test_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    ours = Muon([tensor([[1.0]])]).param_groups[0]
    theirs = torch.optim.Muon([torch.zeros(1, 1)]).param_groups[0]
    names = ours.keys() - {"params"}
    assert {key: ours[key] for key in names} == {key: theirs[key] for key in names}


# ---- matrices only, state, errors


@pytest.mark.parametrize(
    "p, message",
    [
        (lambda: Value(1.0), r"group 0, parameter 1, Value\(1.0.*, is no matrix"),
        (lambda: tensor(1.0), r"group 0, parameter 1, Tensor\(1.0.*, is no matrix"),
        (lambda: tensor([1.0, 2.0], label="bias"), r"bias, Tensor\(shape=\(2,\)\), is no matrix"),
        (lambda: ("b", tensor([[[1.0]]])), r"b, Tensor\(shape=\(1, 1, 1\)\), is no matrix"),
    ],
)
def test_what_is_no_matrix_is_refused_by_name(p, message):
    w = tensor([[1.0]])
    with pytest.raises(ValueError, match=message):
        Muon([w, p()])
    optimizer = Muon([w])
    with pytest.raises(ValueError, match="give it to AdamW"):
        optimizer.add_param_group({"params": [p()]})
    assert len(optimizer.param_groups) == len(optimizer.blocks) == 1


def test_one_matrix_and_a_generator_of_them_make_a_group():
    u, v = tensor([[1.0]]), tensor([[2.0]])
    optimizer = Muon([{"params": u}])
    optimizer.add_param_group({"params": (p for p in [v]), "lr": 0.5})
    assert [group["params"] for group in optimizer.param_groups] == [[u], [v]]


@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(stop):
    def begin():
        params = [tensor([[1.0, -2.0], [0.5, 3.0]]), tensor([[0.1], [0.2], [0.3]])]
        return params, Muon(params, lr=schedules.linear_warmup(5, 0.5), adjust_lr_fn="original")

    def step(optimizer, params, rng):
        for p in params:
            p.grad = Array([rng.gauss(0, 1) for _ in range(p.size)], p.shape)
        optimizer.step()

    rng, (params, optimizer) = random.Random(2), begin()
    for _ in range(stop):
        step(optimizer, params, rng)
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    (again, resumed), rng_again = begin(), random.Random()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(text))
    rng_again.setstate(rng.getstate())
    for _ in range(8):
        step(optimizer, params, rng)
        step(resumed, again, rng_again)
        for p, q in zip(params, again, strict=True):
            assert p.data == q.data
        assert optimizer.state_dict() == resumed.state_dict()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_an_empty_matrix_stays_as_it_is(shape):
    w, other = Tensor(Array([], shape), requires_grad=True), tensor([[1.0]])
    w.grad, other.grad = Array([], shape), Array([1.0], (1, 1))
    Muon([w, other]).step()
    assert w.shape == shape and other.item() < 1.0


def test_a_zero_gradient_without_eps_is_an_error_and_changes_nothing():
    w = tensor([[1.0]], label="w")
    w.grad = Array([0.0], (1, 1))
    with pytest.raises(ValueError, match="w: .*division by zero; if eps is 0, raise it"):
        Muon([w], eps=0.0).step()
    assert w.tolist() == [[1.0]]


BAD = [
    ({"lr": -1.0}, r"lr must be in \[0, inf\), got -1.0"),
    ({"weight_decay": -0.1}, "weight_decay must be in"),
    ({"momentum": 1.5}, r"momentum must be in \[0, 1\], got 1.5"),
    ({"nesterov": None}, "nesterov must be True or False"),
    ({"ns_coefficients": (1.0, 2.0)}, "ns_coefficients must be 3 numbers"),
    ({"ns_coefficients": (1.0, 2.0, math.nan)}, r"ns_coefficients\[2\] must be in"),
    ({"eps": -1e-7}, r"eps must be in \[0, inf\)"),
    ({"ns_steps": -1}, "ns_steps must be in {0, 1, …}, got -1"),
    ({"ns_steps": 2.5}, "ns_steps must be in {0, 1, …}, got 2.5"),
    ({"ns_steps": 100}, "ns_steps must be below 100, got 100"),
    ({"adjust_lr_fn": "adam"}, "adjust_lr_fn must be one of None, 'original', 'match_rms_adamw'"),
]


@pytest.mark.parametrize("arguments, message", BAD)
def test_a_bad_argument_is_an_error_with_the_range(arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"Muon, group 0: {message}"):
        Muon([tensor([[1.0]])], **arguments)


def test_it_finds_the_bottom_of_a_quadratic():
    w, target = tensor([[3.0, -4.0], [1.0, 1.0]]), Tensor([[1.0, 2.0], [-1.0, 3.0]])
    optimizer = Muon([w], lr=schedules.linear_decay(0.2, 300), weight_decay=0.0)
    for _ in range(300):
        optimizer.zero_grad()
        error = (w - target) * Tensor([1.0, 5.0])
        (error * error).sum().backward()
        optimizer.step()
    assert w.data.flat == pytest.approx(target.data.flat, abs=1e-2)
