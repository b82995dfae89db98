"""The lecture's optimizers and its identities: two forms of one thing, and where they part."""

import itertools
import json
import math
import random
from functools import partial

import pytest
from paths import SHAPES, beginning, gradients

from interrupts import interrupted
from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW, schedules
from micrograd_opt.optim.lecture import LectureNesterov, NormalizedSGD, SignSGD
from micrograd_opt.optim.weight_decay import LectureAdam, LectureSGD

COSINE = schedules.cosine_annealing(0.1, 50)
FORMS = ("l2", "decoupled", "lecture")


def tensor(data):
    return Tensor(data, requires_grad=True)


def walk(optimizer, x, *gradients):
    """Where the scalar x is after each of the gradients."""
    path = []
    for g in gradients:
        x.grad = g
        step(optimizer)
        path.append(x.data)
    return pytest.approx(path, rel=1e-15, abs=1e-15)


def step(optimizer):
    """One with the gradients that are there."""
    optimizer.step(lambda: None)


# ---- two steps by hand


def test_the_lectures_nesterov_by_hand():
    x, seen = Value(1.0), []
    optimizer = LectureNesterov([x], lr=0.1, momentum=0.5)

    def closure():
        seen.append(x.data)
        x.grad = [2.0, -3.0][len(seen) - 1]

    optimizer.step(closure)
    assert x.data == pytest.approx(1.0 - 0.1 * 2.0)
    optimizer.step(closure)  # g = −3 + 0.5 · 2
    assert x.data == pytest.approx(0.8 + 0.1 * 2.0)
    assert seen == [1.0, pytest.approx(0.8 - 0.1 * 0.5 * 2.0)]


def test_sign_descent_by_hand():
    x = Value(1.0)
    assert walk(SignSGD([x], lr=0.25), x, 1e-300, -7.0, 0.0) == [0.75, 1.0, 1.0]


def test_sign_descent_with_momentum_by_hand():
    x = Value(1.0)
    # g = 4, then −1 + 0.5 · 4 = 1, then −2 + 0.5 · 1
    assert walk(SignSGD([x], lr=0.25, momentum=0.5), x, 4.0, -1.0, -2.0) == [0.75, 0.5, 0.75]


def test_normalized_descent_by_hand():
    x = Value(1.0)
    # v̂ = ¼, then (¾ · ¼ · ¼ + ¼) / (1 − 9/16) = 19/28
    first, second = 0.1 * 0.5 / (0.5 + 0.5), -0.1 * 1.0 / (math.sqrt(19 / 28) + 0.5)
    optimizer = NormalizedSGD([x], lr=0.1, beta=0.75, eps=0.5)
    assert walk(optimizer, x, 0.5, -1.0) == [1 - first, 1 - first - second]


DECAYED_BY_HAND = [
    # g = 2 + 2 · ½ · 1 = 3; then −3 + 2 · ½ · 0.7 + ½ · 3
    ("l2", 0.7, 0.7 - 0.1 * (-3 + 0.7 + 1.5)),
    # (1 − 0.1 · ½) θ first; g = 2, then −3 + ½ · 2
    ("decoupled", 0.95 - 0.2, 0.95 * 0.75 + 0.2),
    # (1 − ½) θ last
    ("lecture", 0.5 * (1.0 - 0.2), 0.5 * (0.4 + 0.2)),
]


@pytest.mark.parametrize("decay, first, second", DECAYED_BY_HAND)
def test_the_three_forms_of_decay_with_momentum_by_hand(decay, first, second):
    x = Value(1.0)
    optimizer = LectureSGD([x], lr=0.1, momentum=0.5, weight_decay=0.5, decay=decay)
    assert walk(optimizer, x, 2.0, -3.0) == [first, second]


@pytest.mark.parametrize("decay, first", [*zip(FORMS, (0.9, 0.85, 0.45), strict=True)])
def test_the_three_forms_of_decay_for_adam_by_hand(decay, first):
    x = Value(1.0)  # without betas and eps a step is α sign(∇)
    optimizer = LectureAdam([x], 0.1, (0.0, 0.0), 0.0, weight_decay=0.5, decay=decay)
    assert walk(optimizer, x, 2.0) == [first]


# ---- Nesterov: two forms of one path


def slope(x):
    """Of a loss that is no quadratic."""
    return math.sin(3.0 * x) + x


def ahead_and_after(optimizer, x):
    """One step: the point that the closure sees, and ∇ there."""
    seen = []

    def closure():
        seen.append(x.data)
        x.grad = slope(x.data)

    optimizer.step(closure)
    return seen[0], slope(seen[0])


def test_the_common_form_moves_the_lectures_lookahead_point():
    x, p, alpha, mu = Value(2.0), Value(2.0), 0.05, 0.9
    lecture = LectureNesterov([x], lr=alpha, momentum=mu)
    common = SGD([p], lr=alpha, momentum=mu, nesterov=True)
    for _ in range(200):
        p.grad = slope(p.data)
        common.step()
        ahead_and_after(lecture, x)
        (g,), (b,) = lecture.blocks[0][0].state["g"], common.blocks[0][0].state["b"]
        assert p.data == pytest.approx(x.data - alpha * mu * g, abs=1e-13)
        assert b == pytest.approx(g, abs=1e-13)


def test_under_a_schedule_the_lookahead_point_moves_by_the_rate_to_come():
    """φ ← φ − αₜ∇ − αₜ₊₁μₜ₊₁g is exact, whatever sets α and μ."""
    mus = schedules.linear_warmup(30, 0.9)
    x, phi = Value(2.0), 2.0
    optimizer = LectureNesterov([x], lr=COSINE, momentum=mus)
    for t in range(60):
        at, slope_there = ahead_and_after(optimizer, x)
        assert at == pytest.approx(phi, abs=1e-13)
        (g,) = optimizer.blocks[0][0].state["g"]
        phi = phi - COSINE(t) * slope_there - COSINE(t + 1) * mus(t + 1) * g


def test_under_a_schedule_the_common_form_is_off_by_the_change_of_rate():
    """Started at φ, its next point differs by (αₜ₊₁ − αₜ)μg; on its own it goes another way."""
    x, p, mu = Value(2.0), Value(2.0), 0.9
    lecture = LectureNesterov([x], lr=COSINE, momentum=mu)
    alone, furthest, before = SGD([p], lr=COSINE, momentum=mu, nesterov=True), 0.0, None
    for t in range(50):
        at, slope_there = ahead_and_after(lecture, x)
        (g,) = lecture.blocks[0][0].state["g"]
        q = Value(at)
        beside = SGD([q], lr=COSINE(t), momentum=mu, nesterov=True)
        beside.blocks[0][0].state = {"b": before}
        q.grad = slope_there
        beside.step()
        phi = x.data - COSINE(t + 1) * mu * g
        off = (COSINE(t + 1) - COSINE(t)) * mu * g
        assert q.data - phi == pytest.approx(off, abs=1e-13)
        before = [g]
        p.grad = slope(p.data)
        alone.step()
        furthest = max(furthest, abs(p.data - phi))
    assert 1e-3 < furthest < 1e-1


def net(w, b, c, x, y):
    """A small net, written for both libraries: x is (4, 2), w (2, 3), b (3,), c a scalar."""
    error = ((x @ w + b).tanh() * c).sum(1) - y
    return (error * error).mean()


X, Y = [[0.5, -0.2], [1.0, 0.3], [-0.7, 0.9], [0.1, -0.4]], [1.0, 0.0, -1.0, 0.5]


@pytest.mark.parametrize("seed", range(60))
def test_through_the_engine_pytorchs_nesterov_is_the_lookahead_point(seed):
    torch = pytest.importorskip("torch")
    rng = random.Random(seed)
    arguments = {"lr": 10.0 ** rng.uniform(-4.0, -1.0), "momentum": rng.uniform(0.1, 0.95)}
    own = {"momentum": rng.uniform(0.1, 0.95)}
    c, b, w = (Array(f, s).tolist() for f, s in zip(beginning(seed), SHAPES, strict=True))
    ours = [tensor(p) for p in (w, b, c)]
    theirs = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in (w, b, c)]
    optimizer = LectureNesterov([{"params": ours[:2]}, {"params": ours[2:], **own}], **arguments)
    groups = [{"params": theirs[:2]}, {"params": theirs[2:], **own}]
    reference = torch.optim.SGD(groups, nesterov=True, **arguments)
    x, y = torch.tensor(X, dtype=torch.float64), torch.tensor(Y, dtype=torch.float64)

    def closure():
        optimizer.zero_grad()
        loss = net(*ours, Tensor(X), Tensor(Y))
        loss.backward()
        return loss

    for _ in range(50):
        reference.zero_grad()
        loss = net(*theirs, x, y)
        loss.backward()
        assert optimizer.step(closure).item() == pytest.approx(loss.item(), abs=1e-12)
        reference.step()
    blocks = [block for blocks in optimizer.blocks for block in blocks]
    mus = (arguments["momentum"], arguments["momentum"], own["momentum"])
    for block, q, mu in zip(blocks, theirs, mus, strict=True):
        g = reference.state[q]["momentum_buffer"].flatten().tolist()
        assert block.state["g"] == pytest.approx(g, abs=1e-12)
        phi = zip(block.read(), block.state["g"], q.detach().flatten().tolist(), strict=True)
        for theta, g, p in phi:
            assert theta - arguments["lr"] * mu * g == pytest.approx(p, abs=1e-12)


# ---- Nesterov: a closure that goes wrong


def coasting():
    """The lecture's Nesterov some steps into its run: two tensors and two Values, two groups."""
    params = [tensor([[1.0, -2.0]]), tensor(0.5), Value(3.0), Value(-1.0)]
    groups = [{"params": params[:2]}, {"params": params[2:], "momentum": 0.5}]
    optimizer = LectureNesterov(groups, lr=COSINE)

    def closure():
        optimizer.zero_grad()
        w, b, x, y = params
        ((w * w).sum() * b * b).backward()
        loss = x * x * y * y
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    return optimizer, params, closure


def everything(optimizer, params):
    data = [p.tolist() if isinstance(p, Tensor) else p.data for p in params]
    return data, optimizer.state_dict(), optimizer.steps


def test_an_error_in_the_closure_puts_the_parameters_back():
    optimizer, params, closure = coasting()
    before = everything(optimizer, params)

    def fails():
        assert everything(optimizer, params)[0] != before[0]  # it is ahead
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(fails)
    assert everything(optimizer, params) == before


def test_a_gradient_that_is_no_number_puts_the_parameters_back():
    optimizer, params, closure = coasting()
    before = everything(optimizer, params)

    def spoils():
        closure()
        params[0].grad = Array([0.0, math.nan], (1, 2))

    with pytest.raises(ValueError, match=r"the gradient of .*\[0, 1\] is nan"):
        optimizer.step(spoils)
    assert everything(optimizer, params) == before
    optimizer.zero_grad()
    optimizer, params, _ = coasting_without_values()
    before = everything(optimizer, params)
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient"):
        optimizer.step(optimizer.zero_grad)
    assert everything(optimizer, params) == before


def coasting_without_values():
    w = tensor([1.0, 2.0])
    optimizer = LectureNesterov([w])
    w.grad = Array([1.0, 1.0], (2,))
    step(optimizer)
    return optimizer, [w], None


def test_an_interrupt_before_any_line_of_the_step_never_leaves_the_parameters_ahead():
    optimizer, params, closure = coasting()
    whole = [everything(optimizer, params)]
    optimizer.step(closure)
    whole.append(everything(optimizer, params))
    for line in itertools.count(1):
        optimizer, params, closure = coasting()
        came = interrupted(partial(optimizer.step, closure), line)
        assert everything(optimizer, params) in whole, f"torn before line {line}"
        if not came:
            break
    assert line > 50


@pytest.mark.parametrize("closure", [None, 3.0])
def test_nesterov_without_a_closure_says_why_it_needs_one(closure):
    optimizer = LectureNesterov([Value(1.0)])
    with pytest.raises(TypeError, match=r"needs a closure that computes it; call step\(closure\)"):
        optimizer.step(closure)


def test_the_closure_records_a_graph_even_inside_no_grad():
    x = Value(3.0)
    optimizer = LectureNesterov([x], lr=0.25)

    def closure():
        loss = x * x
        loss.backward()
        return loss

    with no_grad():
        assert optimizer.step(closure).data == 9.0
    assert x.data == 1.5


# ---- gradient directions vs. magnitudes


def path(cls, arguments, own, seed, steps=200):
    """The parameters after each step, fed gradients among which some are zero or missing."""
    params = [
        Tensor(Array(flat, shape), requires_grad=True)
        for flat, shape in zip(beginning(seed), SHAPES, strict=True)
    ]
    optimizer = cls([{"params": params[:2]}, {"params": params[2:], **own}], **arguments)
    for row in gradients(seed, steps):
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else Array(g, p.shape)
        step(optimizer)
        yield [x for p in params for x in p.data.flat]


def random_rates(rng):
    """An lr, and another for group 1; a schedule in half of the cases."""
    lr, own = 10.0 ** rng.uniform(-4.0, -1.0), rng.choice(({}, {"lr": 10.0 ** rng.uniform(-4, -1)}))
    cosine = schedules.linear_warmup(30, schedules.cosine_annealing(lr, 120, lr / 10.0))
    return {"lr": rng.choice((lr, cosine))}, own


def without_zeros(seed, n=20, steps=50):
    rng = random.Random(seed)
    return [
        [rng.choice((-1, 1)) * 10 ** rng.uniform(-9, 9) for _ in range(n)] for _ in range(steps)
    ]


def fed(optimizer, x, rows):
    """The path of the tensor x."""
    for g in rows:
        x.grad = Array(g, x.shape)
        optimizer.step()
        yield x.tolist()


EXTREMES = [
    lambda x: Adam([x], lr=COSINE, betas=(0.0, 0.0), eps=0.0),
    lambda x: LectureAdam([x], lr=COSINE, betas=(0.0, 0.0), eps=0.0),
    lambda x: NormalizedSGD([x], lr=COSINE, beta=0.0, eps=0.0),
]


@pytest.mark.parametrize("make", EXTREMES)
def test_without_memory_and_eps_only_the_sign_is_left_to_the_bit(make):
    x, y, rows = tensor([0.0] * 20), tensor([0.0] * 20), without_zeros(1)
    assert list(fed(make(x), x, rows)) == list(fed(SignSGD([y], lr=COSINE), y, rows))


@pytest.mark.parametrize("seed", range(60))
def test_normalized_descent_is_adam_without_momentum_to_the_bit(seed):
    rng = random.Random(seed)
    rates, own = random_rates(rng)
    beta, eps = rng.choice((0.0, 0.5, 0.9, 0.999)), rng.choice((1e-8, 1e-3))
    ours = path(NormalizedSGD, {**rates, "beta": beta, "eps": eps}, own, seed)
    adams = path(Adam, {**rates, "betas": (0.0, beta), "eps": eps}, own, seed)
    assert list(ours) == list(adams)


@pytest.mark.parametrize("mu", [0.25, 0.9])
def test_the_sign_of_the_lectures_momentum_is_signums(mu):
    x, theta, m = Value(1.0), 1.0, 0.0
    optimizer, rng = SignSGD([x], lr=0.01, momentum=mu), random.Random(4)
    for _ in range(200):
        x.grad = rng.gauss(0.1, 1.0)
        optimizer.step()
        m = mu * m + (1.0 - mu) * x.grad
        theta -= math.copysign(0.01, m)
        assert x.data == pytest.approx(theta, abs=1e-12)


SCALE_FREE = [
    (Adam, {"eps": 0.0}),
    (NormalizedSGD, {"eps": 0.0}),
    (SignSGD, {"momentum": 0.9}),
    (LectureAdam, {"eps": 0.0, "weight_decay": 0.01, "decay": "lecture"}),
    (LectureAdam, {"eps": 0.0, "weight_decay": 0.01, "decay": "decoupled"}),
]


def trained(cls, arguments, scale, steps=40):
    """The net's parameters after some steps with `scale` times its loss."""
    c, b, w = (tensor(Array(f, s).tolist()) for f, s in zip(beginning(7), SHAPES, strict=True))
    optimizer = cls([w, b, c], lr=COSINE, **arguments)
    for _ in range(steps):
        optimizer.zero_grad()
        (net(w, b, c, Tensor(X), Tensor(Y)) * scale).backward()
        optimizer.step()
    return [w.tolist(), b.tolist(), c.tolist()]


@pytest.mark.parametrize("cls, arguments", SCALE_FREE)
def test_1024_times_the_loss_gives_the_same_bits_without_eps(cls, arguments):
    assert trained(cls, arguments, 1.0) == trained(cls, arguments, 1024.0)


@pytest.mark.parametrize("cls, arguments", [(SGD, {}), (LectureAdam, {"eps": 1e-3})])
def test_1024_times_the_loss_is_another_path_elsewhere(cls, arguments):
    assert trained(cls, arguments, 1.0) != trained(cls, arguments, 1024.0)


@pytest.mark.parametrize("cls", [Adam, LectureAdam, NormalizedSGD])
def test_the_first_step_is_lr_times_the_sign(cls):
    for g in (1e-3, -7.0, 1e6):
        x = Value(0.0)
        assert walk(cls([x], lr=0.1, eps=0.0), x, g) == [-math.copysign(0.1, g)]


# ---- weight decay vs. ℓ₂-regularization


def decays(rng):
    lam = rng.choice((0.0, 1e-3, 0.1, 0.4))
    return rng.choice((lam, schedules.linear_warmup(100, lam)))


def doubled(lam):
    return (lambda i: 2.0 * lam(i)) if callable(lam) else 2.0 * lam


@pytest.mark.parametrize("seed", range(60))
def test_l2_with_lambda_is_weight_decay_of_two_lambda_to_the_bit(seed):
    """PyTorch's, that is; to which SGD and Adam are held elsewhere."""
    rng = random.Random(seed)
    (rates, own), lam = random_rates(rng), decays(rng)
    mu, betas = rng.choice((0.0, 0.5, 0.9)), rng.choice(((0.9, 0.999), (0.0, 0.9), (0.5, 0.0)))
    l2 = {"weight_decay": lam, "decay": "l2", **rates}
    theirs = {"weight_decay": doubled(lam), **rates}
    ours = path(LectureSGD, {"momentum": mu, **l2}, own, seed)
    assert list(ours) == list(path(SGD, {"momentum": mu, **theirs}, own, seed))
    ours = path(LectureAdam, {"betas": betas, **l2}, own, seed)
    assert list(ours) == list(path(Adam, {"betas": betas, **theirs}, own, seed))


@pytest.mark.parametrize("seed", range(60))
def test_decoupled_decay_of_adam_is_adamw_to_the_bit(seed):
    rng = random.Random(seed)
    rates, own = random_rates(rng)
    arguments = {"weight_decay": decays(rng), "eps": rng.choice((1e-8, 1e-3)), **rates}
    ours = path(LectureAdam, {"decay": "decoupled", **arguments}, own, seed)
    assert list(ours) == list(path(AdamW, arguments, own, seed))


@pytest.mark.parametrize("cls", [LectureSGD, LectureAdam])
def test_l2_is_a_penalty_in_the_loss(cls):
    lam, x, y = 0.15, tensor([1.0, -2.0]), tensor([1.0, -2.0])
    bare, decaying = cls([x], lr=0.05), cls([y], lr=0.05, weight_decay=lam, decay="l2")
    for _ in range(30):
        for p, optimizer, penalty in ((x, bare, lam), (y, decaying, 0.0)):
            optimizer.zero_grad()
            (p.sin().sum() + penalty * (p * p).sum()).backward()
            optimizer.step()
    assert x.tolist() == pytest.approx(y.tolist(), abs=1e-13)


def run(cls, decay, lam, lr=0.1, steps=50, slope=slope, **arguments):
    """The path of a Value from 3 down a slope."""
    x = Value(3.0)
    optimizer = cls([x], lr=lr, weight_decay=lam, decay=decay, **arguments)
    for _ in range(steps):
        x.grad = slope(x.data)
        optimizer.step()
        yield x.data


@pytest.mark.parametrize("alpha", [lambda i: 0.1, COSINE], ids=["constant", "cosine"])
def test_for_sgd_the_lectures_decay_is_l2_at_a_smaller_rate(alpha):
    shrink = 0.02
    lecture = list(run(LectureSGD, "lecture", shrink, lr=alpha))
    l2 = run(
        LectureSGD,
        "l2",
        lambda i: shrink / (2 * alpha(i) * (1 - shrink)) if alpha(i) else 0.0,
        lr=lambda i: (1 - shrink) * alpha(i),
    )
    assert lecture == pytest.approx(list(l2), abs=1e-13)
    assert lecture != pytest.approx(list(run(LectureSGD, "l2", 0.0, lr=alpha)), abs=1e-2)


def test_for_sgd_decoupled_decay_is_l2_with_half_of_lambda():
    decoupled = list(run(LectureSGD, "decoupled", 0.3, lr=COSINE))
    assert decoupled == pytest.approx(list(run(LectureSGD, "l2", 0.15, lr=COSINE)), abs=1e-13)


def test_to_first_order_l2s_lambda_is_the_lectures_over_two_alpha():
    """What the exact λ′ / 2α(1 − λ′) adds is of order λ′²: a step differs by λ′²θ."""
    alpha, off = 0.1, []
    for shrink in (0.02, 0.01, 0.005):
        (lecture,) = run(LectureSGD, "lecture", shrink, lr=alpha, steps=1)
        (l2,) = run(LectureSGD, "l2", shrink / (2 * alpha), lr=(1 - shrink) * alpha, steps=1)
        off.append(l2 - lecture)
        assert l2 - lecture == pytest.approx(shrink**2 * 3.0, rel=1e-9)
    assert [off[0] / off[1], off[1] / off[2]] == pytest.approx([4.0, 4.0])


def test_with_momentum_the_paths_differ_but_not_where_they_end():
    """At rest g = ∇ / (1 − μ): the lecture's λ is L2's (1 − μ)λ / 2α̃, whose α is any."""
    alpha, mu, shrink = 0.1, 0.8, 0.02
    rate, curvature, bottom = (1 - shrink) * alpha, 2.0, 5.0
    arguments = {"momentum": mu, "slope": lambda x: curvature * (x - bottom), "steps": 1000}
    lecture = list(run(LectureSGD, "lecture", shrink, lr=alpha, **arguments))
    lam = (1 - mu) * shrink / (2 * rate)
    for lr in (rate, alpha):
        l2 = list(run(LectureSGD, "l2", lam, lr=lr, **arguments))
        assert max(abs(a - b) for a, b in zip(lecture, l2, strict=True)) > 1e-2
        assert lecture[-1] == pytest.approx(l2[-1], abs=1e-12)
    assert l2[-1] == pytest.approx(curvature * bottom / (curvature + 2 * lam), abs=1e-12)


def test_for_adam_no_two_forms_agree():
    """With a λ for each that would make them the same for SGD."""
    alpha, shrink = 0.05, 0.02
    rate = (1 - shrink) * alpha
    l2, decoupled, lecture = (
        list(run(LectureAdam, *arguments))
        for arguments in (
            ("l2", shrink / (2 * rate), rate),
            ("decoupled", shrink / rate, rate),
            ("lecture", shrink, alpha),
        )
    )
    assert lecture == pytest.approx(decoupled, abs=1e-13)  # these two are the same thing
    assert abs(l2[-1] - lecture[-1]) > 0.05


@pytest.mark.parametrize("decay, lam", [*zip(FORMS, (0.5, 0.5, 5e-4), strict=True)])
def test_adam_with_l2_hardly_shrinks_what_has_large_gradients(decay, lam):
    """The others shrink everything alike: (1 − αλ)ⁿ, whatever the gradients."""
    x = tensor([1.0, 1.0])
    optimizer = LectureAdam([x], lr=1e-3, weight_decay=lam, decay=decay)
    for step in range(1000):  # without a mean: what remains is the decay
        x.grad = Array([1e4 * (-1) ** step, 1e-4 * (-1) ** step], (2,))
        optimizer.step()
    large, small = x.tolist()
    if decay == "l2":
        assert large > 0.99 and small < 0.5
    else:
        assert [large, small] == pytest.approx([(1 - 5e-4) ** 1000] * 2, abs=5e-3)


def test_each_group_may_name_its_own_form():
    w, x = tensor([1.0]), Value(1.0)
    groups = [{"params": [w]}, {"params": [x], "decay": "l2"}]
    optimizer = LectureSGD(groups, lr=0.1, weight_decay=0.5)
    w.grad = Array([0.0], (1,))
    optimizer.step()
    assert (w.tolist(), x.data) == ([0.5], 0.9)
    state = json.loads(json.dumps(optimizer.state_dict()))
    assert [group["decay"] for group in state["param_groups"]] == ["lecture", "l2"]
    state["param_groups"][0]["decay"] = "decoupled"
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["decay"] == "decoupled"
    state["param_groups"][0]["decay"] = "none"
    with pytest.raises(ValueError, match="load_state_dict: group 0: decay must be one of 'l2'"):
        optimizer.load_state_dict(state)


# ---- what holds for each of them

ALL = [
    (LectureNesterov, {}),
    (SignSGD, {}),
    (SignSGD, {"momentum": 0.9}),
    (NormalizedSGD, {"beta": 0.9}),
    *((LectureSGD, {"momentum": 0.9, "weight_decay": 0.1, "decay": form}) for form in FORMS),
    *((LectureAdam, {"weight_decay": 0.1, "decay": form}) for form in FORMS),
]


@pytest.mark.parametrize("cls, arguments", ALL)
def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit(cls, arguments):
    rng = random.Random(5)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole, other = [Value(x) for x in start], tensor(start), tensor([[0.5, -0.5]])
    scalars = cls([*values[:5], other, *values[5:]], lr=COSINE, **arguments)
    tensors = cls([whole], lr=COSINE, **arguments)
    for _ in range(20):
        g = [rng.gauss(0, 1) for _ in start]
        whole.grad, other.grad = Array(g, (12,)), None
        for value, x in zip(values, g, strict=True):
            value.grad = x
        step(scalars)
        step(tensors)
        assert [value.data for value in values] == whole.tolist()
    assert other.tolist() == [[0.5, -0.5]]
    assert scalars.state_dict()["state"]["1"] == tensors.state_dict()["state"]["0"]


@pytest.mark.parametrize("cls, arguments", ALL)
@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(cls, arguments, stop):
    def fresh():
        params = [tensor([[1.0, -2.0], [0.5, 3.0]]), Value(1.0), Value(2.0)]
        return params, cls(params, lr=COSINE, **arguments)

    def go_on(params, optimizer, steps):
        rng = random.Random(optimizer.steps)
        for _ in range(steps):
            params[0].grad = Array([rng.gauss(0, 1) for _ in range(4)], (2, 2))
            params[1].grad, params[2].grad = rng.gauss(0, 1), rng.gauss(0, 1)
            step(optimizer)

    params, optimizer = fresh()
    go_on(params, optimizer, stop)
    again, resumed = fresh()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed.load_state_dict(json.loads(json.dumps(optimizer.state_dict(), allow_nan=False)))
    go_on(params, optimizer, 8)
    go_on(again, resumed, 8)
    assert everything(resumed, again) == everything(optimizer, params)


@pytest.mark.parametrize("cls, arguments", ALL)
def test_a_bad_gradient_is_named_and_changes_nothing(cls, arguments):
    params = [tensor([1.0, 2.0]), Value(3.0)]
    optimizer = cls([("layers.0.weight", params[0]), params[1]], **arguments)
    params[0].grad = Array([1.0, 1.0], (2,))
    step(optimizer)
    before = everything(optimizer, params)
    params[0].grad = Array([1.0, math.inf], (2,))
    with pytest.raises(ValueError, match=r"the gradient of layers\.0\.weight\[1\] is inf"):
        step(optimizer)
    assert everything(optimizer, params) == before


BAD = [
    (LectureNesterov, {"momentum": 1.1}, ValueError, r"momentum must be in \[0, 1\], got 1.1"),
    (LectureNesterov, {"lr": -1}, ValueError, r"LectureNesterov, group 0: lr must be in"),
    (SignSGD, {"momentum": -0.1}, ValueError, r"momentum must be in \[0, 1\], got -0.1"),
    (SignSGD, {"lr": math.nan}, ValueError, r"SignSGD, group 0: lr must be in"),
    (NormalizedSGD, {"beta": 1.0}, ValueError, r"beta must be in \[0, 1\), got 1.0"),
    (NormalizedSGD, {"eps": -1.0}, ValueError, r"eps must be in \[0, inf\), got -1.0"),
    (LectureSGD, {"momentum": 2}, ValueError, r"momentum must be in \[0, 1\], got 2"),
    (LectureSGD, {"decay": "L2"}, ValueError, "one of 'l2', 'decoupled', 'lecture', got 'L2'"),
    (LectureSGD, {"decay": None}, ValueError, "one of 'l2', 'decoupled', 'lecture', got None"),
    (LectureSGD, {"weight_decay": 1.5}, ValueError, r"needs weight_decay in \[0, 1\], got 1.5"),
    (LectureAdam, {"weight_decay": 1.5}, ValueError, r"LectureAdam, group 0: θ ← \(1 − λ\)θ needs"),
    (LectureAdam, {"weight_decay": -1.0}, ValueError, r"weight_decay must be in \[0, inf\)"),
    (LectureAdam, {"betas": (0.9, 1.0)}, ValueError, r"betas\[1\] must be in \[0, 1\), got 1.0"),
    (LectureAdam, {"betas": 0.9}, TypeError, "betas must be 2 numbers in .*, got 0.9"),
]


@pytest.mark.parametrize("cls, arguments, error, message", BAD)
def test_a_bad_hyperparameter_is_an_error_with_its_range_and_value(cls, arguments, error, message):
    with pytest.raises(error, match=message):
        cls([tensor(1.0)], **arguments)


def test_more_decay_than_one_is_fine_where_the_rate_scales_it():
    for decay in ("l2", "decoupled"):
        LectureSGD([tensor(1.0)], weight_decay=1.5, decay=decay)


CONVERGING = [
    (LectureNesterov, {"lr": 0.05, "momentum": 0.8}),
    (SignSGD, {"lr": schedules.linear_decay(0.1, 300)}),
    (SignSGD, {"lr": schedules.linear_decay(0.1, 300), "momentum": 0.5}),
    (NormalizedSGD, {"lr": schedules.cosine_annealing(0.2, 300)}),
    (LectureSGD, {"lr": 0.05, "momentum": 0.8}),
    (LectureAdam, {"lr": schedules.cosine_annealing(0.5, 300)}),
]


@pytest.mark.parametrize("cls, arguments", CONVERGING)
def test_it_finds_the_bottom_of_a_quadratic(cls, arguments):
    x = tensor([3.0, -4.0])
    optimizer = cls([x], **arguments)

    def closure():
        optimizer.zero_grad()
        error = (x - Tensor([1.0, 2.0])) * Tensor([1.0, 5.0])
        loss = (error * error * 0.2).sum()
        loss.backward()
        return loss

    for _ in range(300):
        optimizer.step(closure)
    assert x.tolist() == pytest.approx([1.0, 2.0], abs=1e-3)
