"""Lion, LARS and LAMB: by hand, against the papers' algorithms in plain loops, their identities."""

import json
import math
import random

import pytest
from paths import STEPS, beginning, furthest, gradients, our_path

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, AdamW, schedules
from micrograd_opt.optim.base.hyperparameters import at
from micrograd_opt.optim.layerwise import LAMB, LARS
from micrograd_opt.optim.lion import Lion

CLASSES = {"Lion": Lion, "LARS": LARS, "LAMB": LAMB}


def tensor(data):
    return Tensor(data, requires_grad=True)


def walk(optimizer, x, *gradients):
    """Where x is after each of the gradients; of a Tensor the elements in a row."""
    path = []
    for g in gradients:
        x.grad = g if isinstance(x, Value) else Array.of(g)
        optimizer.step()
        path += [x.data] if isinstance(x, Value) else x.tolist()
    return pytest.approx(path, rel=1e-14, abs=1e-14)


# ---- by hand


def test_lion_by_hand():
    x = Value(1.0)
    # m = 0, u = sign(2); m = ¼ · 2 = ½, u = sign(½ · ½ − ½ · 0.4); m = ¾ · ½ − ¼ · 0.4 = 0.275,
    # u = sign(0.1375 − 0.5)
    optimizer = Lion([x], lr=0.1, betas=(0.5, 0.75))
    assert walk(optimizer, x, 2.0, -0.4, -1.0) == [0.9, 0.8, 0.9]


def test_lion_shrinks_by_lr_times_weight_decay_by_hand():
    x = Value(1.0)
    optimizer = Lion([x], lr=0.1, weight_decay=0.5)
    assert walk(optimizer, x, 2.0, 2.0) == [0.95 - 0.1, 0.95 * 0.85 - 0.1]


def test_lion_does_not_move_where_the_momentum_is_zero():
    x = Value(1.0)
    assert walk(Lion([x], lr=0.1), x, 0.0) == [1.0]


def test_lars_by_hand():
    x = tensor([3.0, 4.0])
    # r = ½ · 5 / (10 + ¼ · 5) = 2/9, g + λθ = (6.75, −7); then v = ½v + …
    optimizer = LARS([x], lr=0.9, momentum=0.5, weight_decay=0.25, trust_coefficient=0.5)
    one = [3.0 - 0.2 * 6.75, 4.0 + 0.2 * 7.0]
    size = math.hypot(*one)
    r = 0.9 * 0.5 * size / (2.0 + 0.25 * size)
    v = [0.5 * 0.2 * 6.75 + r * 0.25 * one[0], -0.5 * 0.2 * 7.0 + r * (2.0 + 0.25 * one[1])]
    two = [one[0] - v[0], one[1] - v[1]]
    assert walk(optimizer, x, [6.0, -8.0], [0.0, 2.0]) == one + two


def test_lars_keeps_the_rate_of_the_time_inside_the_momentum_by_hand():
    x = Value(1.0)
    # r = 1 · 1 / 1 and lr 0.5: v = ½; then lr is 0 and v = ½ · ½: it coasts
    optimizer = LARS([x], lr=lambda i: 0.5 * (i == 0), momentum=0.5, trust_coefficient=1.0)
    assert walk(optimizer, x, 1.0, 1.0) == [0.5, 0.25]


def test_lamb_by_hand():
    x = tensor([3.0, 4.0])
    # betas (½, ¾), ε = 1, λ = 0: m̂ = g and √v̂ = |g|, u = g / (|g| + 1) = (½, −¾)
    optimizer = LAMB([x], lr=0.1, betas=(0.5, 0.75), eps=1.0, weight_decay=0.0)
    r = 5.0 / math.hypot(0.5, 0.75)
    one = [3.0 - 0.1 * r * 0.5, 4.0 + 0.1 * r * 0.75]
    # then g = (−1, 0): m̂ = (¼ − ½, −¾) / ¾, v̂ = (3/16 + ¼, 27/16) / (7/16)
    u = [(-1 / 3) / (1.0 + 1.0), -1.0 / (math.sqrt(27 / 7) + 1.0)]
    r = math.hypot(*one) / math.hypot(*u)
    two = [x - 0.1 * r * d for x, d in zip(one, u, strict=True)]
    assert walk(optimizer, x, [1.0, -3.0], [-1.0, 0.0]) == one + two


def test_lamb_adds_the_decay_to_the_direction_before_its_norm_by_hand():
    x = Value(2.0)
    # u = 1 + ½ · 2 = 2, r = 2 / 2
    assert walk(LAMB([x], lr=0.1, eps=0.0, weight_decay=0.5), x, 7.0) == [1.8]


@pytest.mark.parametrize("cls", CLASSES.values())
def test_maximize_negates_the_gradient_before_the_decay(cls):
    x, y = tensor([1.0, -2.0]), tensor([1.0, -2.0])
    up = cls([x], lr=0.1, weight_decay=0.3, maximize=True)
    down = cls([y], lr=0.1, weight_decay=0.3)
    for g in ([1.0, 3.0], [-2.0, 0.5]):
        x.grad, y.grad = Array.of([-d for d in g]), Array.of(g)
        up.step()
        down.step()
    assert x.tolist() == y.tolist() != [1.0, -2.0]


# ---- against the papers' algorithms, an element at a time


def lion_reference(theta, g, memory, lr, betas, weight_decay):
    """Chen et al. 2023, Algorithm 2: track, interpolate, sign, decay."""
    for i in range(len(theta)):
        ema = memory.get(i, 0.0)
        c = ema * betas[0] + g[i] * (1 - betas[0])
        direction = (c > 0) - (c < 0)
        memory[i] = ema * betas[1] + g[i] * (1 - betas[1])
        theta[i] = theta[i] - lr * direction - lr * weight_decay * theta[i]


def lars_reference(theta, g, memory, lr, momentum, weight_decay, trust_coefficient, layerwise):
    """You et al. 2017, Algorithm 1."""
    w_norm = math.sqrt(math.fsum(w**2 for w in theta))
    g_norm = math.sqrt(math.fsum(d**2 for d in g))
    local = 1.0
    if layerwise and w_norm > 0 and g_norm > 0:
        local = trust_coefficient * w_norm / (g_norm + weight_decay * w_norm)
    for i in range(len(theta)):
        memory[i] = momentum * memory.get(i, 0.0) + lr * local * (g[i] + weight_decay * theta[i])
        theta[i] -= memory[i]


def lamb_reference(theta, g, memory, lr, betas, eps, weight_decay, layerwise):
    """You et al. 2020, Algorithm 2."""
    memory["t"] = t = memory.get("t", 0) + 1
    direction = []
    for i in range(len(theta)):
        m, v = memory.get(i, (0.0, 0.0))
        m, v = betas[0] * m + (1 - betas[0]) * g[i], betas[1] * v + (1 - betas[1]) * g[i] ** 2
        memory[i] = m, v
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        direction.append(m_hat / (v_hat**0.5 + eps) + weight_decay * theta[i])
    w_norm = math.sqrt(math.fsum(w**2 for w in theta))
    u_norm = math.sqrt(math.fsum(u**2 for u in direction))
    ratio = w_norm / u_norm if layerwise and w_norm > 0 and u_norm > 0 else 1.0
    for i in range(len(theta)):
        theta[i] -= lr * ratio * direction[i]


REFERENCES = {"Lion": lion_reference, "LARS": lars_reference, "LAMB": lamb_reference}


def reference_path(name, arguments, own, seed, steps=STEPS):
    """As our_path, by the paper's algorithm."""
    full = CLASSES[name]([Value(1.0)]).defaults | arguments
    given = [full, full | own]
    thetas, memories = beginning(seed), [{}, {}, {}]
    for i, row in enumerate(gradients(seed, steps)):
        for place, (theta, g, memory) in enumerate(zip(thetas, row, memories, strict=True)):
            if g is None:
                continue
            arguments = {key: at(value, i) for key, value in given[place == 2].items()}
            if arguments.pop("maximize", False):
                g = [-d for d in g]
            REFERENCES[name](theta, g, memory, **arguments)
        yield [x for theta in thetas for x in theta]


def random_arguments(name, rng):
    pick = rng.choice
    arguments = {
        "lr": 10.0 ** rng.uniform(-4.0, -1.0),
        "weight_decay": pick((0.0, 1e-3, 0.3)),
        "maximize": pick((False, True)),
    }
    if name == "LARS":
        arguments |= {"momentum": pick((0.0, 0.5, 0.9)), "trust_coefficient": pick((1e-3, 0.1))}
    else:
        arguments["betas"] = pick((0.0, 0.5, 0.9)), pick((0.0, 0.9, 0.99, 0.999))
    if name == "LAMB":
        arguments["eps"] = pick((1e-8, 1e-6, 1e-3))
    if name != "Lion":
        arguments["layerwise"] = pick((False, True, True))
    return arguments


def random_case(name, seed):
    """(arguments, what group 1 has of its own); a schedule in half of them."""
    rng = random.Random(f"{name} {seed}")
    arguments, other = random_arguments(name, rng), random_arguments(name, rng)
    own = {key: value for key, value in other.items() if rng.random() < 0.5}
    if rng.random() < 0.5:
        lr, decay = arguments["lr"], arguments["weight_decay"]
        cosine = schedules.cosine_annealing(lr, rng.randint(50, 250), lr / 10.0)
        arguments["lr"] = schedules.linear_warmup(30, cosine)
        arguments["weight_decay"] = schedules.linear_decay(decay, 150)
        if "betas" in arguments:
            beta1, beta2 = arguments["betas"]
            arguments["betas"] = (schedules.linear_warmup(40, beta1), beta2)
    return arguments, own


@pytest.mark.parametrize("name", CLASSES)
def test_the_path_is_the_papers_algorithms(name):
    for seed in range(60):
        arguments, own = random_case(name, seed)
        both_paths = (path(name, arguments, own, seed) for path in (our_path, reference_path))
        for step, both in enumerate(zip(*both_paths, strict=True)):
            assert furthest(*both) <= 1e-10, (step, arguments, own, seed)


# ---- identities


def test_lion_with_beta1_zero_is_sign_descent():
    rng = random.Random(1)
    x, expected = tensor([0.0] * 20), [0.0] * 20
    optimizer = Lion([x], lr=0.1, betas=(0.0, 0.0))
    for _ in range(10):
        g = [rng.gauss(0, 1) * 10 ** rng.uniform(-9, 9) for _ in range(20)]
        x.grad = Array(g, (20,))
        optimizer.step()
        expected = [p - 0.1 * math.copysign(1.0, d) for p, d in zip(expected, g, strict=True)]
        assert x.tolist() == expected


SCALED = [
    (Lion, {}),
    (Lion, {"weight_decay": 0.1}),
    (LARS, {"lr": 0.5}),
    (LAMB, {"eps": 0.0}),
    (LAMB, {"eps": 0.0, "weight_decay": 0.0}),
]


@pytest.mark.parametrize("cls, arguments", SCALED)
@pytest.mark.parametrize("scale", [2.0**-40, 2.0**10, 2.0**40])
def test_scaling_the_gradient_by_a_power_of_two_changes_no_bit_of_the_path(cls, arguments, scale):
    paths = []
    for factor in (1.0, scale):
        rng, x = random.Random(3), tensor([1.0, -2.0, 0.5])
        optimizer = cls([x], **({"lr": 0.01} | arguments))
        for _ in range(50):
            x.grad = Array([factor * rng.gauss(0, 1) for _ in range(3)], (3,))
            optimizer.step()
        paths.append(x.tolist())
    assert paths[0] == paths[1] != [1.0, -2.0, 0.5]


def test_without_momentum_a_step_of_lars_is_lr_eta_times_the_norm():
    x = tensor([[3.0, -4.0], [12.0, 0.0]])
    optimizer = LARS([x], lr=0.5, momentum=0.0, trust_coefficient=0.25)
    x.grad = Array.of([[1e-5, 2e-5], [0.0, -7e-5]])
    optimizer.step()
    moved = math.dist(x.data.flat, [3.0, -4.0, 12.0, 0.0])
    assert moved == pytest.approx(0.5 * 0.25 * 13.0)


def test_a_step_of_lamb_is_lr_times_the_norm_of_each_block():
    w, b = tensor([[3.0, 0.0], [0.0, 4.0]]), tensor([1e-3])
    optimizer = LAMB([w, b], lr=0.01)
    for _ in range(5):
        before = [w.data.flat, b.data.flat]
        w.grad, b.grad = Array.of([[1.0, -1e3], [5.0, 0.1]]), Array.of([2.0])
        optimizer.step()
        for p, old in zip((w, b), before, strict=True):
            assert math.dist(p.data.flat, old) == pytest.approx(0.01 * math.hypot(*old))


def test_with_a_trust_ratio_of_one_lamb_is_adamw():
    x, y = tensor([1.0, -2.0, 0.5]), tensor([1.0, -2.0, 0.5])
    common = {"lr": schedules.cosine_annealing(0.05, 60), "weight_decay": 0.2, "eps": 1e-6}
    lamb, adamw = LAMB([x], layerwise=False, **common), AdamW([y], **common)
    rng = random.Random(2)
    for _ in range(80):
        x.grad = y.grad = Array([rng.gauss(0.3, 1) for _ in range(3)], (3,))
        lamb.step()
        adamw.step()
        assert furthest(x.data.flat, y.data.flat) <= 1e-14


def test_with_a_trust_ratio_of_one_lars_is_sgd_for_a_constant_rate():
    x, y = tensor([1.0, -2.0, 0.5]), tensor([1.0, -2.0, 0.5])
    common = {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.2}
    lars, sgd = LARS([x], layerwise=False, **common), SGD([y], **common)
    rng = random.Random(2)
    for _ in range(80):
        x.grad = y.grad = Array([rng.gauss(0.3, 1) for _ in range(3)], (3,))
        lars.step()
        sgd.step()
        assert furthest(x.data.flat, y.data.flat) <= 1e-13


@pytest.mark.parametrize("cls", [LARS, LAMB])
def test_a_block_of_zeros_takes_a_step_of_ratio_one(cls):
    x, y = tensor([0.0, 0.0]), tensor([0.0, 0.0])
    common = {"lr": 0.1, "weight_decay": 0.5}
    optimizers = cls([x], **common), cls([y], layerwise=False, **common)
    x.grad = y.grad = Array.of([3.0, -4.0])
    for optimizer in optimizers:
        optimizer.step()
    assert x.tolist() == y.tolist() and math.hypot(*x.tolist()) > 0.1


def test_a_gradient_of_zeros_decays_a_block_with_ratio_one_in_lars():
    x = tensor([3.0, 4.0])
    x.grad = Array.of([0.0, 0.0])
    LARS([x], lr=0.1, momentum=0.0, weight_decay=0.5).step()
    assert x.tolist() == pytest.approx([3.0 * 0.95, 4.0 * 0.95])


@pytest.mark.parametrize("cls", CLASSES.values())
def test_a_gradient_of_zeros_from_the_start_moves_nothing_without_decay(cls):
    x = tensor([3.0, 4.0])
    x.grad = Array.of([0.0, 0.0])
    optimizer = cls([x], lr=0.1, weight_decay=0.0)
    for _ in range(3):
        optimizer.step()
    assert x.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("cls", [LARS, LAMB])
def test_norms_do_not_overflow_or_vanish(cls):
    for scale in (1e-200, 1e200):
        x = tensor([3.0, 4.0])
        x.grad = Array.of([3.0 * scale, 4.0 * scale])
        if cls is LARS:
            LARS([x], lr=0.1, momentum=0.0, trust_coefficient=1.0).step()
            assert x.tolist() == pytest.approx([2.7, 3.6])
    x = tensor([3e200, 4e200])
    x.grad = Array.of([1.0, 1.0])
    cls([x], lr=0.1).step()
    assert x.tolist() != [3e200, 4e200]


# ---- what all optimizers keep


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(8))
def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit(name, seed):
    arguments, _ = random_case(name, seed)
    rng = random.Random(seed)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole = [Value(x) for x in start], tensor(start)
    mixed = [*values[:5], tensor([[0.5, -0.5]]), *values[5:]]
    scalars, tensors = CLASSES[name](mixed, **arguments), CLASSES[name]([whole], **arguments)
    for _ in range(20):
        g = [rng.gauss(0, 1) for _ in start]
        whole.grad = Array(g, (12,))
        for value, x in zip(values, g, strict=True):
            value.grad = x
        scalars.step()
        tensors.step()
        assert [value.data for value in values] == whole.tolist()
    assert scalars.state_dict()["state"]["1"] == tensors.state_dict()["state"]["0"]


@pytest.mark.parametrize("cls", CLASSES.values())
@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(cls, stop):
    def begin():
        params = [tensor([[1.0, -2.0], [0.5, 3.0]]), Value(1.0), tensor(0.1), Value(2.0)]
        groups = [{"params": params[:2]}, {"params": params[2:], "weight_decay": 0.1}]
        return params, cls(groups, lr=schedules.linear_warmup(5, 0.1))

    def feed(params, rng):
        for p in params:
            p.grad = rng.gauss(0, 1)
            if isinstance(p, Tensor):
                p.grad = Array([rng.gauss(0, 1) for _ in range(p.size)], p.shape)

    rng = random.Random(2)
    params, optimizer = begin()
    for _ in range(stop):
        feed(params, rng)
        params[2].grad = None  # a block that has no state yet
        optimizer.step()
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    params_again, resumed = begin()
    for p, q in zip(params_again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(text))
    rng_again = random.Random()
    rng_again.setstate(rng.getstate())
    for _ in range(8):
        for some, one, r in ((params, optimizer, rng), (params_again, resumed, rng_again)):
            feed(some, r)
            one.step()
        assert [p.data for p in params] == [p.data for p in params_again]
        assert optimizer.state_dict() == resumed.state_dict()


COSINE = schedules.cosine_annealing
CONVERGING = [
    (Lion, {"lr": COSINE(0.1, 400)}),
    (LARS, {"lr": COSINE(0.1, 400), "trust_coefficient": 0.5, "momentum": 0.5}),
    (LAMB, {"lr": COSINE(0.1, 400), "weight_decay": 0.0}),
]


@pytest.mark.parametrize("cls, arguments", CONVERGING)
@pytest.mark.parametrize("maximize", [False, True])
def test_it_finds_the_bottom_of_an_ill_conditioned_quadratic(cls, arguments, maximize):
    """Curvatures 1 and 100; these three move by a set length, so the rate must go to 0."""
    x = tensor([3.0, -4.0])
    optimizer = cls([x], maximize=maximize, **arguments)
    for _ in range(400):
        optimizer.zero_grad()
        error = (x - Tensor([1.0, 2.0])) * Tensor([1.0, 10.0])
        loss = (error * error * (-0.5 if maximize else 0.5)).sum()
        loss.backward()
        optimizer.step()
    assert x.tolist() == pytest.approx([1.0, 2.0], abs=1e-2)


BAD_ARGUMENTS = [
    (Lion, {"lr": -0.1}, r"Lion, group 0: lr must be in \[0, inf\), got -0.1"),
    (Lion, {"betas": (0.9, 1.0)}, r"betas\[1\] must be in \[0, 1\), got 1.0"),
    (Lion, {"weight_decay": math.nan}, r"weight_decay must be in \[0, inf\), got nan"),
    (LARS, {"momentum": 1.5}, r"momentum must be in \[0, 1\], got 1.5"),
    (LARS, {"trust_coefficient": 0.0}, r"trust_coefficient must be in \(0, inf\), got 0.0"),
    (LAMB, {"eps": -1e-8}, r"LAMB, group 0: eps must be in \[0, inf\), got -1e-08"),
    (LAMB, {"betas": (-0.1, 0.9)}, r"betas\[0\] must be in \[0, 1\), got -0.1"),
]


@pytest.mark.parametrize("cls, arguments, message", BAD_ARGUMENTS)
def test_an_argument_out_of_range_is_an_error_with_the_range(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls([Value(1.0)], **arguments)


@pytest.mark.parametrize("cls", [LARS, LAMB])
def test_layerwise_is_a_flag(cls):
    with pytest.raises(TypeError, match="layerwise must be True or False, got 1"):
        cls([Value(1.0)], layerwise=1)


def test_defaults_are_the_papers():
    assert Lion([Value(1.0)]).defaults["betas"] == (0.9, 0.99)
    lars, lamb = LARS([Value(1.0)]).defaults, LAMB([Value(1.0)]).defaults
    assert (lars["trust_coefficient"], lars["momentum"]) == (1e-3, 0.9)
    assert (lamb["betas"], lamb["eps"], lamb["weight_decay"]) == ((0.9, 0.999), 1e-6, 1e-2)
