"""SAM and Lookahead: by hand, against plain loops, as identities; what a wrapper must keep."""

import copy
import itertools
import json
import math
import random

import pytest

import micrograd_opt as mo
from interrupts import interrupted
from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW, schedules
from micrograd_opt.optim.base.wrapper import Wrapper
from micrograd_opt.optim.lookahead import Lookahead
from micrograd_opt.optim.sam import SAM


def tensor(data, label=None):
    return Tensor(data, requires_grad=True, label=label)


def numbers(params):
    """The elements of all parameters in a row."""
    return [x for p in params for x in ([p.data] if isinstance(p, Value) else p.data.flat)]


def everything(optimizer):
    """All that a step may change."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    return copy.deepcopy((numbers(params), optimizer.state_dict(), optimizer.steps))


def feed(optimizer, rng):
    for group in optimizer.param_groups:
        for p in group["params"]:
            g = [rng.gauss(0, 1) for _ in range(p.size)] if isinstance(p, Tensor) else None
            p.grad = rng.gauss(0, 1) if g is None else Array(g, p.shape)


CURVATURES = [1.0, 10.0, 100.0]


def valley(x):
    """½ Σ λᵢ xᵢ² with λ = 1, 10, 100."""
    return (x * x * Tensor(CURVATURES)).sum() * 0.5


def closure_of(optimizer, loss_fn, calls=None):
    """What `step` takes; each of its losses goes to the list `calls`."""

    def closure():
        optimizer.zero_grad()
        loss = loss_fn()
        loss.backward()
        if calls is not None:
            calls.append(loss.item())
        return loss

    return closure


# ---- Lookahead


def test_lookahead_by_hand():
    x = Value(1.0)
    optimizer = Lookahead(SGD([x], lr=0.5), k=2, alpha=0.25)
    path = []
    for g in (1.0, 2.0, -1.0, 0.0):
        x.grad = g
        optimizer.step()
        path.append(x.data)
    # ½, then −½ and back to 1 + ¼ · (−3/2); then + ½, + 0 and back to 0.625 + ¼ · ½
    assert path == [0.5, 0.625, 1.125, 0.75]


def lookahead_reference(theta, gradients, k, alpha, lr, momentum):
    """Zhang et al. 2019, Algorithm 1, with two loops, around SGD with momentum."""
    slow, gradients, buffer, path = list(theta), iter(gradients), [0.0] * len(theta), []
    while True:
        fast = list(slow)
        for _ in range(k):
            g = next(gradients, None)
            if g is None:
                return path
            for i in range(len(fast)):
                buffer[i] = momentum * buffer[i] + g[i]
                fast[i] -= lr * buffer[i]
            path.append(list(fast))
        for i in range(len(slow)):
            slow[i] += alpha * (fast[i] - slow[i])
        path[-1] = list(slow)


def test_lookahead_is_the_papers_algorithm():
    for seed in range(60):
        rng = random.Random(seed)
        k, alpha = rng.choice((1, 2, 5, 6)), rng.choice((0.2, 0.5, 0.8, 1.0))
        lr, momentum = 10.0 ** rng.uniform(-3, -1), rng.choice((0.0, 0.5, 0.9))
        scale = 10.0 ** rng.uniform(-4, 2)
        theta = [rng.uniform(-2, 2) for _ in range(5)]
        gs = [[scale * rng.gauss(0.2, 1) for _ in theta] for _ in range(100)]
        w, x = tensor([theta[:4]]), Value(theta[4])
        groups = [{"params": [w]}, {"params": [x]}]
        optimizer = Lookahead(SGD(groups, lr=lr, momentum=momentum), k, alpha)
        expected = lookahead_reference(theta, gs, k, alpha, lr, momentum)
        for g, then in zip(gs, expected, strict=True):
            w.grad, x.grad = Array(g[:4], (1, 4)), g[4]
            optimizer.step()
            assert numbers([w, x]) == pytest.approx(then, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "make", [lambda p: SGD(p, lr=0.1, momentum=0.9), lambda p: Adam(p, lr=0.1)]
)
def test_lookahead_with_alpha_one_is_the_wrapped_optimizer_to_the_bit(make):
    x, y = tensor([0.1] * 30), tensor([0.1] * 30)
    plain, wrapped = make([x]), Lookahead(make([y]), k=3, alpha=1.0)
    for seed in range(30):
        feed(plain, random.Random(seed))
        feed(wrapped, random.Random(seed))
        plain.step()
        wrapped.step()
        assert x.tolist() == y.tolist()


def test_lookahead_with_k_one_and_alpha_one_half_halves_the_steps_of_sgd():
    x, y = tensor([0.1, -2.0, 0.7]), tensor([0.1, -2.0, 0.7])
    half, wrapped = SGD([x], lr=0.1), Lookahead(SGD([y], lr=0.2), k=1, alpha=0.5)
    for seed in range(30):
        feed(half, random.Random(seed))
        feed(wrapped, random.Random(seed))
        half.step()
        wrapped.step()
        assert y.tolist() == pytest.approx(x.tolist(), abs=1e-14)


def test_what_has_no_gradient_does_not_move_by_a_bit():
    rng = random.Random(1)
    x, still = tensor([1.0]), tensor([rng.gauss(0, 1) for _ in range(50)])
    before = still.tolist()
    optimizer = Lookahead(SGD([x, still], lr=0.1), k=1, alpha=0.8)
    x.grad = Array.of([1.0])
    optimizer.step()
    assert x.tolist() == [pytest.approx(0.92)]
    assert still.tolist() == before


def test_the_slow_weights_are_in_the_state_within_a_round():
    x, v = tensor([1.0, 2.0]), Value(3.0)
    optimizer = Lookahead(SGD([x, v], lr=1.0), k=2, alpha=0.5)
    assert (optimizer.state_dict()["slow"], optimizer.state_dict()["fast"]) == ([], 0)
    for fast, slow in ((1, [[1.0, 2.0], [3.0]]), (0, [])):
        x.grad, v.grad = Array.of([1.0, 1.0]), 1.0
        optimizer.step()
        assert (optimizer.state_dict()["slow"], optimizer.state_dict()["fast"]) == (slow, fast)
    optimizer.state_dict()["slow"].append("not the optimizer's own list")
    assert optimizer.slow == []


def test_a_group_added_within_a_round_joins_it():
    x, y = Value(1.0), Value(2.0)
    optimizer = Lookahead(SGD([x], lr=1.0), k=2, alpha=0.5)
    x.grad = 1.0
    optimizer.step()
    optimizer.add_param_group({"params": [y], "lr": 0.5})
    x.grad = y.grad = 1.0
    optimizer.step()
    assert (x.data, y.data) == (0.0, 1.75)
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.5]


def test_lookahead_passes_a_closure_on_and_returns_its_loss():
    x = Value(3.0)
    optimizer, calls = Lookahead(SGD([x], lr=0.5), k=1, alpha=0.5), []
    assert optimizer.step(closure_of(optimizer, lambda: x * x, calls)).item() == 9.0
    assert (x.data, calls) == (1.5, [9.0])


# ---- SAM


def test_sam_by_hand():
    w, x = tensor([3.0]), Value(4.0)
    optimizer, calls = SAM(SGD([w, x], lr=0.25), rho=2.5), []

    def closure():
        optimizer.zero_grad()
        (w * w * 0.5).sum().backward()
        (x * x * 0.5).backward()
        calls.append((w.item(), x.data))
        return len(calls)

    # ∇ of ½w² + ½x² is (3, 4), of norm 5: the worst point is 1.5 · (3, 4), and its gradient is that
    assert optimizer.step(closure) == 1, "the loss of the first call"
    assert calls == [(3.0, 4.0), (4.5, 6.0)]
    assert (w.tolist(), x.data) == ([3.0 - 0.25 * 4.5], 4.0 - 0.25 * 6.0)
    assert optimizer.steps == 1


def sam_reference(theta, slope, rho, lr, momentum, weight_decay, steps):
    """Foret et al. 2021, Algorithm 1, around SGD with momentum."""
    w, buffer, path = list(theta), [0.0] * len(theta), []
    for _ in range(steps):
        g = slope(w)
        norm = sum(d**2 for d in g) ** 0.5
        worst = [w[i] + rho * g[i] / norm for i in range(len(w))]
        g = slope(worst)
        for i in range(len(w)):
            buffer[i] = momentum * buffer[i] + g[i] + weight_decay * w[i]
            w[i] -= lr * buffer[i]
        path.append(list(w))
    return path


def test_sam_is_the_papers_algorithm():
    def slope(w):
        return [c * x + math.cos(x) for c, x in zip(CURVATURES, w, strict=True)]

    for seed in range(60):
        rng = random.Random(seed)
        rho, momentum = rng.choice((0.0, 0.05, 0.5)), rng.choice((0.0, 0.5, 0.9))
        lr, decay = 10.0 ** rng.uniform(-4, -2), rng.choice((0.0, 0.1))
        theta = [rng.uniform(-2, 2) for _ in CURVATURES]
        x = tensor(theta)
        optimizer = SAM(SGD([x], lr=lr, momentum=momentum, weight_decay=decay), rho)
        closure = closure_of(optimizer, lambda x=x: valley(x) + x.sin().sum())
        for then in sam_reference(theta, slope, rho, lr, momentum, decay, 40):
            optimizer.step(closure)
            assert x.tolist() == pytest.approx(then, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("make", [lambda p: SGD(p, lr=0.01, momentum=0.9), lambda p: AdamW(p)])
def test_sam_with_rho_zero_is_the_wrapped_optimizer_to_the_bit(make):
    x, y = tensor([0.1, -2.0, 0.7]), tensor([0.1, -2.0, 0.7])
    plain, wrapped = make([x]), SAM(make([y]), rho=0.0)
    for _ in range(30):
        plain.step(closure_of(plain, lambda: valley(x)))
        wrapped.step(closure_of(wrapped, lambda: valley(y)))
        assert x.tolist() == y.tolist()


def test_sam_goes_downhill_to_the_worst_point_where_it_maximizes():
    x, y = tensor([0.3, 0.5, -0.2]), tensor([0.3, 0.5, -0.2])
    down, up = SAM(SGD([x], lr=0.01)), SAM(SGD([y], lr=0.01, maximize=True))
    for _ in range(10):
        down.step(closure_of(down, lambda: valley(x)))
        up.step(closure_of(up, lambda: -valley(y)))
        assert x.tolist() == y.tolist()


def test_the_gradients_are_cleared_between_the_two_points():
    x = Value(3.0)
    optimizer = SAM(SGD([x], lr=0.25), rho=1.0)

    def closure():  # it forgets to call zero_grad
        loss = x * x
        loss.backward()
        return loss

    optimizer.step(closure)
    assert x.data == 1.0


def test_sam_finds_gradients_inside_no_grad_and_takes_a_gradient_of_zero():
    x = Value(0.0)
    optimizer = SAM(SGD([x], lr=0.25), rho=1.0)
    with no_grad():
        optimizer.step(closure_of(optimizer, lambda: x * x))
    assert x.data == 0.0 and optimizer.steps == 1


def test_sam_without_a_closure_says_what_it_needs():
    x = Value(1.0)
    optimizer = SAM(SGD([x]))
    before = everything(optimizer)
    with pytest.raises(TypeError, match=r"SAM .* needs a closure: .* calls zero_grad\(\)"):
        optimizer.step()
    assert everything(optimizer) == before


@pytest.mark.parametrize("fails", [1, 2])
@pytest.mark.parametrize("how", [KeyboardInterrupt, ZeroDivisionError, "nan", "nothing"])
def test_theta_is_put_back_to_the_bit_if_an_evaluation_fails(fails, how):
    x, v = tensor([0.1, -2.0, 0.7]), Value(0.3)
    optimizer, calls = SAM(Adam([x, v], lr=schedules.linear_decay(0.1, 9)), rho=0.1), []

    def loss_fn():
        calls.append(numbers([x, v]))
        if len(calls) == fails + 2 and not isinstance(how, str):
            raise how
        return valley(x)

    closure = closure_of(optimizer, loss_fn)

    def spoiling():
        loss = closure()
        if len(calls) == fails + 2 and isinstance(how, str):
            x.grad = Array.of([1.0, math.nan, 0.0]) if how == "nan" else Array.of([1.0])
        return loss

    optimizer.step(spoiling)
    before = everything(optimizer)
    error = ValueError if isinstance(how, str) else how
    with pytest.raises(error):
        optimizer.step(spoiling)
    assert everything(optimizer) == before
    assert calls[-1] != before[0] or fails == 1, "the second point is another"
    optimizer.step(closure)
    assert optimizer.steps == 2


def test_a_loss_that_called_no_backward_is_an_error_and_changes_nothing():
    x = tensor([1.0])
    optimizer = SAM(SGD([x]))
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; call loss.backward\(\)"):
        optimizer.step(lambda: 0.0)
    assert x.tolist() == [1.0] and optimizer.steps == 0


# ---- recorded: where the loops above were after 100 steps


def test_the_path_of_lookahead_is_the_one_recorded():
    x = tensor([1.0, -2.0, 0.5])
    optimizer = Lookahead(SGD([x], lr=0.1, momentum=0.9), k=5, alpha=0.5)
    for i in range(100):
        x.grad = Array([math.sin(3.0 * i + j) for j in range(3)], (3,))
        optimizer.step()
    end = [0.9690500161921518, -2.2272891603686986, 0.2853402689157648]
    assert x.tolist() == pytest.approx(end, abs=1e-12)


def test_the_path_of_sam_is_the_one_recorded():
    x = tensor([1.0, -2.0, 0.5])
    optimizer = SAM(SGD([x], lr=0.01, momentum=0.5, weight_decay=0.1), rho=0.05)
    for _ in range(100):
        optimizer.step(closure_of(optimizer, lambda: valley(x) + x.sin().sum()))
    end = [-0.6219855402851776, -0.09869219457621572, -0.03490449436898141]
    assert x.tolist() == pytest.approx(end, abs=1e-12)


# ---- both are optimizers like any other

WRAPPERS = {
    "Lookahead": lambda base: Lookahead(base, k=3, alpha=0.4),
    "SAM": lambda base: SAM(base, rho=0.2),
    "Lookahead of SAM": lambda base: Lookahead(SAM(base, rho=0.2), k=3, alpha=0.4),
    "SAM of Lookahead": lambda base: SAM(Lookahead(base, k=3, alpha=0.4), rho=0.2),
}
wrapped_in_each = pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)


def mixed():
    return [tensor([[1.0, -2.0], [0.5, 3.0]]), Value(1.0), tensor(0.1), Value(2.0)]


def optimizer_of(params, wrap):
    groups = [{"params": params[:2]}, {"params": params[2:], "lr": schedules.linear_warmup(5, 0.1)}]
    return wrap(Adam(groups, lr=schedules.cosine_annealing(0.1, 40)))


def mixed_closure(optimizer, params):
    w, a, s, b = params

    def closure():
        optimizer.zero_grad()
        first, second = ((w * w).sin() * s).sum(), (a * b).tanh() + a
        first.backward()
        second.backward()
        return first.item() + second.item()

    return closure


@wrapped_in_each
@pytest.mark.parametrize("stop", [0, 1, 2, 3, 7])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(wrap, stop):
    params = mixed()
    optimizer = optimizer_of(params, wrap)
    for _ in range(stop):
        optimizer.step(mixed_closure(optimizer, params))
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    assert json.loads(text) == optimizer.state_dict()
    again = mixed()
    for p, q in zip(again, params, strict=True):
        p.data = q.data
    resumed = optimizer_of(again, wrap)
    resumed.load_state_dict(json.loads(text))
    for _ in range(8):
        for one, some in ((optimizer, params), (resumed, again)):
            one.step(mixed_closure(one, some))
        assert everything(resumed) == everything(optimizer)


@wrapped_in_each
def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit(wrap):
    rng = random.Random(4)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole = [Value(x) for x in start], tensor(start)
    scalars, tensors = wrap(SGD(values, lr=0.1)), wrap(SGD([whole], lr=0.1))

    def of_values():
        for value in values:
            value.grad = math.sin(3.0 * value.data)

    def of_tensor():
        whole.grad = Array([math.sin(3.0 * x) for x in whole.data.flat], (12,))

    for _ in range(20):
        scalars.step(of_values)
        tensors.step(of_tensor)
        assert numbers(values) == whole.tolist()


@wrapped_in_each
def test_an_interrupt_before_any_line_of_a_step_never_tears_it(wrap):
    def busy():
        x, v = tensor([1.0, -2.0]), Value(3.0)
        optimizer = wrap(SGD([x, v], lr=schedules.linear_decay(0.1, 9), momentum=0.5))

        def closure():
            x.grad, v.grad = x.data * 2.0, 1.0

        optimizer.step(closure)
        optimizer.step(closure)
        return optimizer, closure

    reference, closure = busy()
    whole = [everything(reference)]
    reference.step(closure)  # the one that ends a round
    whole.append(everything(reference))
    for line in itertools.count(1):
        optimizer, closure = busy()
        came = interrupted(lambda o=optimizer, c=closure: o.step(c), line)
        assert everything(optimizer) in whole, f"torn before line {line}"
        if not came:
            break
    assert line > 100


@wrapped_in_each
def test_the_surface_is_the_wrapped_optimizers(wrap):
    x, y = Value(1.0), tensor([2.0])
    base = SGD([x], lr=schedules.linear_decay(1.0, 4))
    optimizer = wrap(base)
    assert optimizer.param_groups is base.param_groups and optimizer.defaults == base.defaults
    optimizer.add_param_group({"params": [y], "lr": 0.5})
    optimizer.param_groups[1]["momentum"] = 0.25
    assert base.hyperparameters(1)["momentum"] == 0.25
    assert optimizer.hyperparameters(1) == base.hyperparameters(1)
    x.grad, y.grad = 1.0, Array.of([1.0])
    optimizer.zero_grad()
    assert (x.grad, y.grad) == (0.0, None)

    def closure():
        x.grad, y.grad = 0.0, Array.of([0.0])

    optimizer.step(closure)
    assert optimizer.param_groups[0]["lr"] == 0.75 and optimizer.steps == base.steps == 1
    with pytest.raises(ValueError, match="second time"):
        optimizer.add_param_group({"params": [y]})


@wrapped_in_each
def test_a_bad_gradient_is_named_and_changes_nothing(wrap):
    x = tensor([1.0, 2.0], label="w")
    optimizer = wrap(SGD([x]))
    optimizer.step(lambda: setattr(x, "grad", Array.of([1.0, 1.0])))
    before = everything(optimizer)
    with pytest.raises(ValueError, match=r"the gradient of w\[1\] is nan"):
        optimizer.step(lambda: setattr(x, "grad", Array.of([1.0, math.nan])))
    assert everything(optimizer) == before


def test_a_repr_shows_what_is_wrapped():
    assert repr(SAM(SGD([Value(1.0)], lr=0.1))) == "SAM(SGD(lr=0.1, 1 parameter))"


BAD_ARGUMENTS = [
    (lambda: Lookahead([Value(1.0)]), TypeError, "Lookahead: expected an optimizer, got .Value"),
    (lambda: SAM(SGD), TypeError, r"construct one first, as in SAM\(SGD\(parameters, lr=0.1\)\)"),
    (lambda: Lookahead(SGD([Value(1.0)]), k=0), ValueError, r"Lookahead: k must be in {1, 2, …}"),
    (lambda: Lookahead(SGD([Value(1.0)]), k=2.5), ValueError, "k must be in"),
    (lambda: Lookahead(SGD([Value(1.0)]), alpha=0.0), ValueError, r"alpha must be in \(0, 1\]"),
    (lambda: Lookahead(SGD([Value(1.0)]), alpha=1.5), ValueError, "alpha must be in"),
    (lambda: SAM(SGD([Value(1.0)]), rho=-0.1), ValueError, r"SAM: rho must be in \[0, inf\)"),
    (lambda: SAM(SGD([Value(1.0)]), rho=math.nan), ValueError, "rho must be in"),
    (lambda: SAM(SGD([Value(1.0)]), rho="0.1"), TypeError, "rho must be a number"),
]


@pytest.mark.parametrize("make, error, message", BAD_ARGUMENTS)
def test_a_bad_argument_is_an_error_that_says_the_range(make, error, message):
    with pytest.raises(error, match=message):
        make()


BAD_STATES = [
    (lambda s: s.pop("slow"), "Lookahead, load_state_dict: missing slow; unexpected nothing"),
    (lambda s: s.update(rho=1), "missing nothing; unexpected rho"),
    (lambda s: s.update(k=0), "Lookahead, load_state_dict: k must be in"),
    (lambda s: s.update(fast=-1), "fast must be in"),
    (lambda s: s.update(fast=0), r"slow must be lists of \[\] numbers"),
    (lambda s: s.update(slow=[]), r"slow must be lists of \[2, 1\] numbers"),
    (lambda s: s.update(slow=None), "slow must be a list, got None"),
    (lambda s: s.update(slow=[1.0, 2.0]), r"slow\[0\] must be a list, got 1.0"),
    (lambda s: s["slow"][0].pop(), r"slow must be lists of \[2, 1\] numbers"),
    (lambda s: s["slow"][1].__setitem__(0, math.nan), r"slow\[1\]\[0\] must be in"),
    (lambda s: s["slow"][1].__setitem__(0, None), r"slow\[1\]\[0\] must be a number"),
    (lambda s: s["optimizer"].pop("steps"), "SGD, load_state_dict: missing steps"),
    (lambda s: s.update(optimizer=None), "SGD, load_state_dict must be a dict, got NoneType"),
]


@pytest.mark.parametrize("spoil, message", BAD_STATES)
def test_a_state_that_does_not_fit_is_an_error_and_changes_nothing(spoil, message):
    def busy():
        x, v = tensor([1.0, -2.0]), Value(3.0)
        x.grad = Array.of([1.0, 1.0])
        optimizer = Lookahead(SGD([x, v], lr=0.1, momentum=0.5))
        optimizer.step()
        return optimizer

    optimizer, other = busy(), busy()
    before, state = everything(optimizer), copy.deepcopy(other.state_dict())
    state.update(k=7, alpha=0.25)
    state["optimizer"]["steps"] = 17
    spoil(state)
    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(state)
    assert everything(optimizer) == before
    with pytest.raises(TypeError, match="Lookahead, load_state_dict must be a dict, got list"):
        optimizer.load_state_dict([])


def test_a_state_brings_the_wrappers_own_numbers():
    one, other = SAM(SGD([Value(1.0)]), rho=0.5), SAM(SGD([Value(1.0)]))
    other.load_state_dict(one.state_dict())
    assert other.rho == 0.5


def test_a_wrapper_is_one_method():
    class Twice(Wrapper):
        def advance(self, closure):
            self.optimizer.step(closure)
            return self.optimizer.step(closure)

    x = Value(8.0)
    optimizer = Twice(SGD([x], lr=0.25))
    optimizer.step(closure_of(optimizer, lambda: x * x))
    assert x.data == 2.0 and optimizer.steps == 2
    with pytest.raises(NotImplementedError, match="Wrapper defines no advance"):
        Wrapper(SGD([x])).step()


@wrapped_in_each
def test_it_finds_the_bottom_of_an_ill_conditioned_quadratic(wrap):
    x = tensor([1.0, 1.0, 1.0])
    optimizer = wrap(Adam([x], lr=schedules.linear_decay(0.5, 400)))
    closure = closure_of(optimizer, lambda: valley(x))
    for _ in range(400):
        optimizer.step(closure)
    assert valley(x).item() < 1e-5


# ---- inside fit


def small_fit(wrap, **arguments):
    rng = random.Random(0)
    model = mo.nn.MLP(2, [6, 2], rng=rng)
    data = mo.data.make_moons(60, noise=0.1, rng=rng)
    optimizer = wrap(SGD(model.parameters(), lr=0.1, momentum=0.9))
    history = mo.fit(
        model,
        mo.functional.cross_entropy,
        optimizer,
        data,
        batch_size=10,
        progress=False,
        **arguments,
    )
    return history, model.state_dict(), optimizer.state_dict()


@wrapped_in_each
def test_fit_trains_with_a_wrapper_and_resumes_within_a_round(wrap, tmp_path):
    path = tmp_path / "run.json"
    history, *end = small_fit(wrap, epochs=4)
    assert history["loss"][-1] < history["loss"][0]
    small_fit(wrap, epochs=2, max_steps=8, checkpoint=path)
    _, *resumed = small_fit(wrap, epochs=4, checkpoint=path, resume=True)
    assert resumed == end
