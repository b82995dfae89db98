"""Adafactor: by hand, against PyTorch, and what its factors promise."""

import json
import math
import random

import pytest
from paths import SHAPES_OF, beginning, furthest, our_path, torch_path

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.optim import schedules
from micrograd_opt.optim.adafactor import Adafactor, factored
from micrograd_opt.optim.base.hyperparameters import at


def tensor(data):
    return Tensor(data, requires_grad=True)


def walk(optimizer, x, *gradients):
    """Where x is after each of the gradients."""
    path = []
    for g in gradients:
        x.grad = Array.of(g) if isinstance(x, Tensor) else g
        optimizer.step()
        path += x.data.flat if isinstance(x, Tensor) else [x.data]
    return pytest.approx(path, rel=1e-14, abs=1e-14)


# ---- two steps by hand


def test_a_number_by_hand():
    x = Value(2.0)
    # s = 2 · ½, v = 9, u = 1; then β = ½: v = ½ (9 + 1), s = 1 · ½
    optimizer = Adafactor([x], lr=0.5, beta2_decay=-1.0)
    assert walk(optimizer, x, 3.0, -1.0) == [1.0, 1.0 + 0.5 / math.sqrt(5.0)]


def test_a_matrix_by_hand():
    w = tensor([[2.0, 2.0], [2.0, 2.0]])
    optimizer = Adafactor([w], lr=0.5, beta2_decay=-1.0, d=2.0)
    # g² of rank one: u = 1. Then r = c = ½ (2.5, 10) + ½ (1, 5), of the mean 4.625
    v = [1.75 * 1.75 / 4.625, 1.75 * 7.5 / 4.625, 7.5 * 1.75 / 4.625, 7.5 * 7.5 / 4.625]
    u = [d / math.sqrt(v) for d, v in zip((1.0, 1.0, 1.0, -3.0), v, strict=True)]
    assert math.sqrt(sum(x * x for x in u) / 4) < 2.0
    expected = [1.0, 1.0, 1.0, 1.0, *(1.0 - 0.5 * x for x in u)]
    assert walk(optimizer, w, [[1.0, 2.0], [2.0, 4.0]], [[1.0, 1.0], [1.0, -3.0]]) == expected


def test_a_long_step_is_cut_to_d_by_hand():
    x = Value(1.0)
    # β = ½: v = ½ (1 + 49), u = 7 / √25 = 1.4, cut to 1
    optimizer = Adafactor([x], lr=0.25, beta2_decay=-1.0)
    assert walk(optimizer, x, 1.0, 7.0) == [0.75, 0.75 - 0.25 * 0.75]
    y = Value(1.0)
    optimizer = Adafactor([y], lr=0.25, beta2_decay=-1.0, d=1.25)
    assert walk(optimizer, y, 1.0, 7.0) == [0.75, 0.75 - 0.25 * 0.75 * 1.25]


def test_the_step_is_relative_to_theta_before_the_decay_by_hand():
    x = Value(2.0)
    # s = 2 · ½; θ = 2 · (1 − ½ · ½) = 1.5
    assert walk(Adafactor([x], lr=0.5, weight_decay=0.5), x, 3.0) == [0.5]


def test_eps_limits_both_divisors_by_hand():
    x = Value(0.0)
    # s = ε₂ ½; u = 1 / max(1, 4)
    assert walk(Adafactor([x], lr=0.5, eps=(4.0, 0.25)), x, 1.0) == [-0.125 / 4]
    w = tensor([[0.0, 0.0]])
    # r = 1/2, v = ½ (1, 0) / max(½, 4), u = 1 / max(√v, 4)
    optimizer = Adafactor([w], lr=0.5, eps=(4.0, 0.25))
    assert walk(optimizer, w, [[1.0, 0.0]]) == [-0.125 / 4, 0.0]
    w = tensor([[0.0]])
    # r = c = 0.4, v = 0.4² / max(0.4, ½) = 0.32, larger than ¼
    optimizer = Adafactor([w], lr=0.5, d=2.0, eps=(0.5, 0.25))
    assert walk(optimizer, w, [[math.sqrt(0.4)]]) == [-0.125 * math.sqrt(0.4 / 0.32)]


def test_the_rate_falls_like_one_over_the_root_of_t():
    x, path = Value(1.0), []
    optimizer = Adafactor([x], lr=10.0)
    for _ in range(9):
        x.grad, before = 1.0, x.data
        optimizer.step()
        path.append(before - x.data)
        x.data = 1.0
    assert path == pytest.approx([1.0 / math.sqrt(t) for t in range(1, 10)])


# ---- against PyTorch


def random_arguments(rng, largest_lr):
    pick = rng.choice
    return {
        "lr": largest_lr * 10.0 ** rng.uniform(-4.0, 0.0),
        "beta2_decay": pick((-0.8, -0.8, -0.5, -1.0, 0.0)),
        "eps": (pick((None, 1e-16, 1e-6, 1e-2)), pick((1e-3, 1e-8, 0.1))),
        "d": pick((1.0, 1.0, 1.5, 10.0)),
        "weight_decay": pick((0.0, 0.0, 1e-3, 0.3)),
        "maximize": pick((False, True)),
    }


def random_case(seed, largest_lr=2.0):
    """(arguments, what group 1 has of its own); a schedule in half of them."""
    rng = random.Random(f"Adafactor {seed}")
    arguments, other = random_arguments(rng, largest_lr), random_arguments(rng, largest_lr)
    own = {key: other[key] for key in other if rng.random() < 0.5}
    if rng.random() < 0.5:
        cosine = schedules.cosine_annealing(arguments["lr"], rng.randint(50, 250))
        arguments["lr"] = rng.choice((cosine, schedules.linear_warmup(30, cosine)))
        arguments["weight_decay"] = schedules.linear_warmup(100, arguments["weight_decay"])
    return arguments, own


def test_fed_the_same_gradients_the_path_is_pytorchs():
    pytest.importorskip("torch")
    for seed in range(60):
        arguments, own = random_case(seed)
        ours = our_path("Adafactor", arguments, own, seed)
        theirs = torch_path("Adafactor", arguments, own, seed)
        for step, both in enumerate(zip(ours, theirs, strict=True)):
            assert furthest(*both) <= 1e-10, (step, arguments, own, seed)


def loss_of(b, w, v):
    """A loss written for both libraries; the shapes are SHAPES_OF["Adafactor"]."""
    error = (w + b).tanh() - v.sum(0).sin() * 0.5
    return (error * error).sum() + (v * v * b).mean()


def test_through_the_engine_the_path_is_pytorchs():
    torch = pytest.importorskip("torch")
    for seed in range(20):
        arguments, own = random_case(seed, largest_lr=0.02)
        arguments["maximize"] = own["maximize"] = False
        given = [arguments, arguments | own]
        shapes = SHAPES_OF["Adafactor"]
        pairs = zip(beginning(seed, shapes), shapes, strict=True)
        data = [Array(flat, shape).tolist() for flat, shape in pairs]
        ours = [tensor(p) for p in data]
        theirs = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in data]
        optimizer = Adafactor([{"params": ours[:2]}, {"params": ours[2:], **own}], **arguments)
        reference = torch.optim.Adafactor([{"params": theirs[:2]}, {"params": theirs[2:]}])
        for i in range(50):
            for group, of_group in zip(reference.param_groups, given, strict=True):
                group.update({key: at(value, i) for key, value in of_group.items()})
            for side, params in ((optimizer, ours), (reference, theirs)):
                side.zero_grad()
                loss_of(*params).backward()
                side.step()
            for p, q in zip(ours, theirs, strict=True):
                assert furthest(p.data.flat, q.detach().flatten().tolist()) <= 1e-8, (seed, i)


def test_defaults_are_pytorchs():
    torch = pytest.importorskip("torch")
    ours = Adafactor([Value(1.0)]).param_groups[0]
    theirs = torch.optim.Adafactor([torch.zeros(1)]).param_groups[0]
    assert theirs["eps"] == (None, 1e-3) and ours["eps"] == (torch.finfo(torch.float64).eps, 1e-3)
    names = ours.keys() - {"params", "eps"}
    assert {key: ours[key] for key in names} == {key: theirs[key] for key in names}


# ---- what the factors promise


def test_v_has_the_row_and_column_means_of_the_squares():
    squares = Array([random.random() for _ in range(24)], (2, 3, 4))
    optimizer = Adafactor([tensor(squares.tolist())])
    state = optimizer.start(optimizer.blocks[0][0], optimizer.param_groups[0])
    v = Array(factored(squares, state, 1.0, 0.0), (2, 3, 4))
    assert v.mean(-1).flat == pytest.approx(squares.mean(-1).flat)
    assert v.mean(-2).flat == pytest.approx(squares.mean(-2).flat)


def test_a_matrix_remembers_its_rows_and_columns_alone():
    w, vector = tensor([[1.0] * 5] * 4), tensor([1.0] * 5)
    w.grad, vector.grad = Array([1.0] * 20, (4, 5)), Array([1.0] * 5, (5,))
    optimizer = Adafactor([w, vector])
    optimizer.step()
    state = optimizer.state_dict()["state"]
    assert {key: len(x) for key, x in state["0"].items() if key != "t"} == {"r": 4, "c": 5}
    assert {key: len(x) for key, x in state["1"].items() if key != "t"} == {"v": 5}


def test_no_move_is_longer_than_s_d():
    rng, w = random.Random(4), tensor([[1.0, -2.0, 0.5], [3.0, 1.0, 1.0]])
    optimizer = Adafactor([w], lr=0.1, d=1.5)
    for t in range(1, 50):
        before = w.data
        w.grad = Array([rng.gauss(0, 1) * 10 ** rng.uniform(-6, 6) for _ in range(6)], (2, 3))
        optimizer.step()
        size, move = before, w.data - before
        s = math.sqrt((size * size).mean().item()) * min(0.1, 1.0 / math.sqrt(t))
        assert math.sqrt((move * move).mean().item()) <= 1.5 * s * (1 + 1e-12)


# ---- Values and Tensors, state, errors


@pytest.mark.parametrize("seed", range(8))
def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit(seed):
    arguments, _ = random_case(seed)
    rng = random.Random(seed)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole = [Value(x) for x in start], tensor(start)
    scalars, tensors = Adafactor(values, **arguments), Adafactor([whole], **arguments)
    for _ in range(20):
        g = [rng.gauss(0, 1) for _ in start]
        whole.grad = Array(g, (12,))
        for value, x in zip(values, g, strict=True):
            value.grad = x
        scalars.step()
        tensors.step()
        assert [value.data for value in values] == whole.tolist()
    assert scalars.state_dict()["state"] == tensors.state_dict()["state"]


@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(stop):
    def begin():
        params = [tensor([[1.0, -2.0], [0.5, 3.0]]), tensor(0.1), Value(2.0), Value(1.0)]
        return params, Adafactor(params, lr=schedules.linear_warmup(5, 0.5), weight_decay=0.1)

    def feed(params, rng):
        for p in params:
            g = rng.gauss(0, 1)
            p.grad = g if isinstance(p, Value) else Array([g * k for k in range(p.size)], p.shape)

    rng, (params, optimizer) = random.Random(2), begin()
    for _ in range(stop):
        feed(params, rng)
        params[0].grad = None if stop == 1 else params[0].grad
        optimizer.step()
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    (again, resumed), rng_again = begin(), random.Random()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(text))
    rng_again.setstate(rng.getstate())
    for _ in range(8):
        for one, some, r in ((optimizer, params, rng), (resumed, again, rng_again)):
            feed(some, r)
            one.step()
        for p, q in zip(params, again, strict=True):
            assert p.data == q.data
        assert optimizer.state_dict() == resumed.state_dict()


def test_eps_of_none_may_come_in_a_group_or_be_written_later():
    x, y = Value(1.0), Value(1.0)
    optimizer = Adafactor([{"params": [x], "eps": (None, 0.1)}, {"params": [y]}], eps=(1e-5, 1e-3))
    assert [group["eps"] for group in optimizer.param_groups] == [(2.0**-52, 0.1), (1e-5, 1e-3)]
    optimizer.param_groups[1]["eps"] = (None, 1e-3)
    assert optimizer.hyperparameters(1)["eps"] == (2.0**-52, 1e-3)


def test_an_empty_matrix_stays_as_it_is():
    w, x = tensor([[], []]), Value(1.0)
    w.grad, x.grad = Array([], (2, 0)), 1.0
    optimizer = Adafactor([w, x])
    optimizer.step()
    assert w.tolist() == [[], []] and x.data < 1.0


def test_a_zero_gradient_without_eps_is_an_error_and_changes_nothing():
    x = Value(1.0)
    with pytest.raises(ValueError, match="division by zero; if eps is 0, raise it"):
        Adafactor([x], eps=(0.0, 1e-3)).step()
    assert x.data == 1.0


BAD = [
    ({"lr": -1.0}, r"lr must be in \[0, inf\), got -1.0"),
    ({"beta2_decay": 0.1}, r"beta2_decay must be in \(-inf, 0\], got 0.1"),
    ({"eps": (-1.0, 1e-3)}, r"eps\[0\] must be in \[0, inf\)"),
    ({"eps": (None, -1.0)}, r"eps\[1\] must be in \[0, inf\)"),
    ({"eps": (None,)}, "eps must be 2 numbers"),
    ({"eps": None}, "eps must be 2 numbers in .*, got None"),
    ({"eps": ()}, "eps must be 2 numbers"),
    ({"d": 0.5}, r"d must be in \[1, inf\), got 0.5"),
    ({"d": math.nan}, r"d must be in \[1, inf\), got nan"),
    ({"weight_decay": -0.1}, "weight_decay must be in"),
    ({"maximize": 1}, "maximize must be True or False"),
]


@pytest.mark.parametrize("arguments, message", BAD)
def test_a_bad_argument_is_an_error_with_the_range(arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"Adafactor, group 0: {message}"):
        Adafactor([Value(1.0)], **arguments)


@pytest.mark.parametrize("maximize", [False, True])
def test_it_finds_the_bottom_of_a_quadratic(maximize):
    w = tensor([[3.0, -4.0], [1.0, 1.0]])
    target, weight = Tensor([[1.0, 2.0], [-1.0, 3.0]]), -0.2 if maximize else 0.2
    rate = schedules.cosine_annealing(0.3, 400)
    optimizer = Adafactor([w], lr=rate, maximize=maximize)
    for _ in range(400):
        optimizer.zero_grad()
        error = (w - target) * Tensor([1.0, 5.0])
        (error * error * weight).sum().backward()
        optimizer.step()
    assert w.data.flat == pytest.approx(target.data.flat, abs=1e-3)
