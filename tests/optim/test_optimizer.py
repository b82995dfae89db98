"""What all optimizers share: groups, hyperparameters, a step that is whole or not at all, state."""

import copy
import itertools
import json
import math
import random

import pytest

from interrupts import interrupted
from micrograd_opt import Tensor, Value, nn, no_grad
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW, Optimizer
from micrograd_opt.optim.base import blocks
from micrograd_opt.optim.schedules import cosine_annealing, linear_decay, linear_warmup


def tensor(data, label=None):
    return Tensor(data, requires_grad=True, label=label)


def with_grad(p, g):
    p.grad = Array.of(g) if isinstance(p, Tensor) else g
    return p


def everything(optimizer):
    """All that a step may change."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    data = [p.tolist() if isinstance(p, Tensor) else p.data for p in params]
    return copy.deepcopy((data, optimizer.state_dict(), optimizer.steps))


# ---- parameters and groups


def test_parameters_are_tensors_and_values_mixed():
    w, x = tensor([1.0, 2.0]), Value(3.0)
    optimizer = SGD([w, x], lr=0.5)
    ((w * w).sum()).backward()
    (x * x).backward()
    optimizer.step()
    assert (w.tolist(), x.data) == ([0.0, 0.0], 0.0)


def test_a_generator_of_parameters_is_listed_once():
    params = [tensor([1.0]), tensor([2.0])]
    optimizer = SGD(p for p in params)
    assert optimizer.param_groups[0]["params"] == params
    grouped = SGD([{"params": (p for p in params)}])
    assert grouped.param_groups[0]["params"] == params


def test_groups_override_the_defaults():
    w, b, x = with_grad(tensor([1.0]), [1.0]), with_grad(tensor(1.0), 1.0), Value(1.0)
    optimizer = SGD([{"params": w}, {"params": [b, x], "lr": 0.25}], lr=0.5, weight_decay=1.0)
    optimizer.step()
    assert (w.tolist(), b.item(), x.data) == ([0.0], 0.5, 0.75)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]


def test_named_parameters_lend_their_names_to_errors():
    w = with_grad(tensor([[1.0, 2.0]]), [[0.0, math.nan]])
    with pytest.raises(ValueError, match=r"the gradient of layers\.0\.weight\[0, 1\] is nan"):
        SGD([("layers.0.weight", w)]).step()


def test_a_group_can_be_added_later():
    w, x = tensor([1.0]), Value(1.0)
    optimizer = SGD([w], lr=linear_decay(1.0, 4))
    with_grad(w, [0.0])
    optimizer.step()
    optimizer.add_param_group({"params": [x], "momentum": 0.5})
    group = optimizer.param_groups[1]
    assert (group["lr"], group["momentum"], group["params"]) == (0.75, 0.5, [x])


BAD_PARAMETERS = [
    (lambda w: [], ValueError, "no parameters"),
    (lambda w: iter(()), ValueError, "no parameters"),
    (lambda w: [{"params": []}], ValueError, "group 0: no parameters"),
    (lambda w: w, TypeError, "put it in a list"),
    (lambda w: nn.Linear(2, 1), TypeError, r"a list of parameters, got a Linear; pass \.param"),
    (lambda w: nn.Sequential(nn.Linear(2, 1)), TypeError, r"Sequential; pass \.parameters\("),
    (lambda w: Value(1.0), TypeError, "put it in a list"),
    (lambda w: {"params": [w]}, TypeError, "got dict"),
    (lambda w: {w}, TypeError, "fixed order; got set"),
    (lambda w: "weights", TypeError, "got str"),
    (lambda w: 3, TypeError, "got int"),
    (lambda w: None, TypeError, "got NoneType"),
    (lambda w: [w, 3.0], TypeError, "group 0, parameter 1 must be a Tensor or a Value, got float"),
    (lambda w: [w, None], TypeError, "parameter 1 .* got NoneType"),
    (lambda w: [w, {"params": [tensor(1.0)]}], TypeError, "not a mixture"),
    (lambda w: [w, w], ValueError, "group 0, parameter 1, .* a second time"),
    (lambda w: [{"params": w}, {"params": [tensor(1.0), w]}], ValueError, "group 1, parameter 1"),
    (lambda w: [w * 2.0], ValueError, "was computed by mul"),
    (lambda w: [Value(1.0) + 1], ValueError, "was computed by add"),
    (lambda w: [{"params": [w], "rate": 1}], ValueError, "unknown: rate; a group has params, lr"),
    (lambda w: [{"lr": 0.1}], ValueError, "group 0: no params; a group has params, lr, momentum"),
]


@pytest.mark.parametrize("make, error, message", BAD_PARAMETERS)
def test_parameters_that_cannot_be_optimized_are_an_error(make, error, message):
    with pytest.raises(error, match=message):
        SGD(make(tensor([1.0, 2.0])))


def test_a_group_that_cannot_be_added_changes_nothing():
    w = tensor([1.0])
    optimizer = SGD([w])
    before = everything(optimizer)
    for bad in ({"params": [w]}, {"params": [tensor(1.0)], "lr": -1}, {"params": []}, {}):
        with pytest.raises(ValueError):
            optimizer.add_param_group(bad)
        assert everything(optimizer) == before and len(optimizer.blocks) == 1


def test_a_repr_is_short():
    w, x = tensor([[0.0] * 48] * 50), [Value(0.0) for _ in range(10)]
    assert repr(Adam([w, *x])) == "Adam(lr=0.001, 2410 parameters)"
    two = SGD([{"params": w}, {"params": x, "lr": 0.5}], lr=0.1)
    assert repr(two) == "SGD(lr=[0.1, 0.5], 2410 parameters)"


# ---- hyperparameters

BAD_NUMBERS = [
    (SGD, {"lr": -0.1}, r"SGD, group 0: lr must be in \[0, inf\), got -0.1"),
    (SGD, {"lr": math.nan}, r"lr must be in \[0, inf\), got nan"),
    (SGD, {"lr": math.inf}, r"lr must be in \[0, inf\), got inf"),
    (SGD, {"momentum": -0.1}, r"momentum must be in \[0, 1\], got -0.1"),
    (SGD, {"momentum": 1.5}, r"momentum must be in \[0, 1\], got 1.5"),
    (SGD, {"dampening": 2}, r"dampening must be in \[0, 1\], got 2"),
    (SGD, {"weight_decay": -1e-9}, r"weight_decay must be in \[0, inf\), got -1e-09"),
    (SGD, {"nesterov": True}, "nesterov needs momentum > 0 and dampening 0, got 0.0 and 0.0"),
    (SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "got 0.9 and 0.1"),
    (Adam, {"lr": -1}, r"Adam, group 0: lr must be in"),
    (Adam, {"betas": (1.0, 0.9)}, r"betas\[0\] must be in \[0, 1\), got 1.0"),
    (Adam, {"betas": (0.9, -0.1)}, r"betas\[1\] must be in \[0, 1\), got -0.1"),
    (Adam, {"betas": (0.9, math.nan)}, r"betas\[1\] must be in \[0, 1\), got nan"),
    (Adam, {"eps": -1e-8}, r"eps must be in \[0, inf\), got -1e-08"),
    (AdamW, {"weight_decay": math.inf}, r"AdamW, group 0: weight_decay must be in"),
]
WRONG_KINDS = [
    (SGD, {"lr": "0.1"}, "lr must be a number in .* str"),
    (SGD, {"lr": None}, "lr must be a number in .* NoneType"),
    (SGD, {"lr": True}, "lr must be a number in .* got True"),
    (SGD, {"lr": [0.1]}, "lr must be a number in"),
    (SGD, {"nesterov": 1}, "nesterov must be True or False, got 1"),
    (SGD, {"maximize": None}, "maximize must be True or False, got None"),
    (Adam, {"betas": 0.9}, "betas must be 2 numbers in .* got 0.9"),
    (Adam, {"betas": (0.9,)}, "betas must be 2 numbers"),
    (Adam, {"betas": ("a", 0.9)}, r"betas\[0\] must be a number"),
    (Adam, {"amsgrad": "no"}, "amsgrad must be True or False, got 'no'"),
]
BAD = [(*bad, ValueError) for bad in BAD_NUMBERS] + [(*bad, TypeError) for bad in WRONG_KINDS]


@pytest.mark.parametrize("cls, arguments, message, error", BAD)
def test_a_bad_hyperparameter_is_an_error_with_its_range_and_value(cls, arguments, message, error):
    with pytest.raises(error, match=message):
        cls([tensor(1.0)], **arguments)
    with pytest.raises(error, match=message.replace("group 0", "group 1")):
        cls([{"params": [tensor(1.0)]}, {"params": [tensor(2.0)], **arguments}])


def test_numbers_of_any_kind_become_floats():
    from fractions import Fraction

    group = Adam([tensor(1.0)], lr=1, eps=Fraction(1, 4), betas=[0, 0.5]).param_groups[0]
    assert (group["lr"], group["eps"], group["betas"]) == (1.0, 0.25, (0.0, 0.5))
    assert type(group["lr"]) is type(group["eps"]) is type(group["betas"][0]) is float


def test_the_user_may_write_hyperparameters_between_steps():
    x = with_grad(Value(1.0), 1.0)
    optimizer = SGD([x], lr=0.5)
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    optimizer.step()
    assert x.data == 0.5 and optimizer.param_groups[0]["lr"] == 0.25


@pytest.mark.parametrize("name, bad", [("lr", -1.0), ("lr", math.nan), ("momentum", "x")])
def test_what_the_user_writes_is_checked_at_the_step(name, bad):
    x = with_grad(Value(1.0), 1.0)
    optimizer = SGD([x])
    optimizer.param_groups[0][name] = bad
    with pytest.raises((ValueError, TypeError), match=f"SGD, group 0: {name} must be"):
        optimizer.step()
    assert x.data == 1.0 and optimizer.steps == 0


def test_a_clash_that_the_user_writes_is_found_at_the_step():
    optimizer = SGD([with_grad(Value(1.0), 1.0)], momentum=0.9, nesterov=True)
    optimizer.param_groups[0]["dampening"] = 0.5
    with pytest.raises(ValueError, match="nesterov needs"):
        optimizer.step()


# ---- schedules


def test_lr_is_always_the_number_that_the_next_step_will_use():
    x, schedule = with_grad(Value(0.0), 1.0), linear_decay(1.0, 4)
    optimizer = SGD([x], lr=schedule)
    for k in range(6):
        lr, before = optimizer.param_groups[0]["lr"], x.data
        assert lr == schedule(k) and type(lr) is float
        optimizer.step()
        assert before - x.data == lr
    assert optimizer.steps == 6


def test_a_schedule_sets_any_hyperparameter_and_any_part_of_the_betas():
    x = with_grad(Value(0.0), 1.0)
    arguments = {"weight_decay": lambda i: i / 10, "betas": (lambda i: i / 8, 0.5)}
    optimizer = Adam([x], eps=linear_decay(1.0, 2), **arguments)
    optimizer.step()
    group = optimizer.param_groups[0]
    assert (group["weight_decay"], group["betas"], group["eps"]) == (0.1, (0.125, 0.5), 0.5)


def test_each_group_may_have_its_own_schedule():
    w, x = with_grad(tensor([0.0]), [1.0]), with_grad(Value(0.0), 1.0)
    optimizer = SGD([{"params": w}, {"params": x, "lr": lambda i: 10.0 + i}], lr=lambda i: 1.0 + i)
    optimizer.step()
    optimizer.step()
    assert (w.tolist(), x.data) == ([-3.0], -21.0)


def test_what_the_user_writes_over_a_schedule_holds_for_one_step():
    x = with_grad(Value(0.0), 1.0)
    optimizer = SGD([x], lr=linear_decay(1.0, 4))
    optimizer.param_groups[0]["lr"] = 8.0
    optimizer.step()
    assert x.data == -8.0 and optimizer.param_groups[0]["lr"] == 0.75


@pytest.mark.parametrize("bad", [math.nan, -0.1, math.inf, "0.1", None])
def test_a_schedule_gone_wrong_is_named_before_anything_changes(bad):
    def falling(i):
        return 0.1 if i < 3 else bad

    x = with_grad(Value(0.0), 1.0)
    optimizer = SGD([x], lr=falling, momentum=0.9)
    optimizer.step()
    optimizer.step()
    before = everything(optimizer)
    with pytest.raises(
        (ValueError, TypeError), match="lr must be .*; <.*falling.*> sets it for step 3"
    ):
        optimizer.step()
    assert everything(optimizer) == before
    with pytest.raises((ValueError, TypeError), match="> sets it for step 0"):
        SGD([x], lr=lambda i: bad)


def test_a_schedule_that_raises_changes_nothing():
    rates = [0.1, 0.2]
    x = with_grad(Value(0.0), 1.0)
    optimizer = SGD([x], lr=lambda i: rates[i])
    optimizer.step()
    before = everything(optimizer)
    with pytest.raises(IndexError):
        optimizer.step()
    assert everything(optimizer) == before


# ---- the step


def test_a_closure_is_called_first_with_grad_and_its_loss_is_returned():
    x = Value(3.0)
    optimizer = SGD([x], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = x * x
        loss.backward()
        return loss

    with no_grad():
        loss = optimizer.step(closure)
    assert (loss.data, x.data) == (9.0, 0.0)
    assert optimizer.step() is None


def test_zero_grad_forgets_a_tensors_gradient_and_zeroes_a_values():
    w, x = with_grad(tensor([1.0]), [1.0]), with_grad(Value(1.0), 1.0)
    SGD([w, x]).zero_grad()
    assert w.grad is None and x.grad == 0.0


def test_a_tensor_without_gradient_is_skipped_with_its_state_and_count():
    w, other = tensor([1.0]), tensor([1.0])
    optimizer = Adam([w, other], weight_decay=0.1)
    for k in range(3):
        w.grad, other.grad = Array([1.0], (1,)), Array([1.0], (1,)) if k == 2 else None
        optimizer.step()
    state = optimizer.state_dict()["state"]
    assert (state["0"]["t"], state["1"]["t"]) == (3, 1)
    assert other.item() == pytest.approx(1.0 - 0.001, abs=1e-9)


def test_a_zero_gradient_still_coasts_and_decays():
    w, x = tensor([1.0]), Value(1.0)
    optimizer = SGD([w, x], lr=0.5, momentum=0.5, weight_decay=0.5)
    for g in (1.0, 0.0):
        with_grad(w, [g])
        with_grad(x, g)
        optimizer.step()
    assert w.tolist() == [x.data] == [0.25 - 0.5 * (0.5 * 1.5 + 0.5 * 0.25)]


def test_no_gradient_at_all_says_that_backward_was_not_called():
    optimizer = Adam([tensor([1.0]), tensor(2.0)])
    before = everything(optimizer)
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; call loss.backward\(\)"):
        optimizer.step()
    assert everything(optimizer) == before


def busy(cls=Adam, **arguments):
    """An optimizer of two tensors and three Values, some steps into its run."""
    rng = random.Random(5)
    w, b = tensor([[1.0, -2.0], [0.5, 3.0]], label="w"), tensor([0.1, 0.2])
    values = [Value(1.0), Value(-1.0, label="x"), Value(2.0)]
    groups = [{"params": [w, b]}, {"params": values, "lr": linear_warmup(5, 0.1)}]
    optimizer = cls(groups, lr=cosine_annealing(0.1, 40), **arguments)
    for _ in range(3):
        feed(optimizer, rng)
        optimizer.step()
    feed(optimizer, rng)
    return optimizer, w, b, values


def feed(optimizer, rng):
    for group in optimizer.param_groups:
        for p in group["params"]:
            g = [rng.gauss(0, 1) for _ in range(p.size)] if isinstance(p, Tensor) else None
            p.grad = rng.gauss(0, 1) if g is None else Array(g, p.shape)


BAD_GRADIENTS = [
    (lambda w, b, v: with_grad(w, [[0, 0], [math.nan, 0]]), ValueError, r"w\[1, 0\] is nan; lower"),
    (lambda w, b, v: with_grad(b, [0, -math.inf]), ValueError, r"0, parameter 1\[1\] is -inf"),
    (lambda w, b, v: with_grad(v[1], math.nan), ValueError, "gradient of x is nan"),
    (lambda w, b, v: with_grad(v[2], math.inf), ValueError, "of group 1, parameter 2 is inf"),
    (lambda w, b, v: with_grad(b, [0.0]), ValueError, r"parameter 1 has shape \(1,\), not \(2,\)"),
    (lambda w, b, v: setattr(v[0], "grad", None), TypeError, "of group 1, parameter 0: expected a"),
    (lambda w, b, v: setattr(w, "grad", tensor(1.0)), TypeError, "of w: data: expected a real"),
]


@pytest.mark.parametrize("cls", [SGD, Adam])
@pytest.mark.parametrize("spoil, error, message", BAD_GRADIENTS)
def test_a_bad_gradient_is_named_and_changes_nothing(cls, spoil, error, message):
    optimizer, w, b, values = busy(cls)
    before = everything(optimizer)
    spoil(w, b, values)
    with pytest.raises(error, match=message):
        optimizer.step()
    assert everything(optimizer) == before


def test_an_overflow_is_named_and_changes_nothing():
    w = tensor([1.0, 1e308], label="w")
    for optimizer, g, message in (
        (SGD([w], lr=10.0), [1.0, -1e308], r"w\[1\] would become inf; lower lr"),
        (Adam([w]), [1e200, 1.0], r"v of w\[0\] would become inf; scale the loss"),
        (Adam([w], eps=0.0), [0.0, 1.0], "w: float division by zero; if eps is 0"),
    ):
        with_grad(w, g)
        before = everything(optimizer)
        with pytest.raises(ValueError, match=message):
            optimizer.step()
        assert everything(optimizer) == before


def test_gradients_that_overflow_only_when_summed_are_fine():
    w = with_grad(tensor([0.0, 0.0]), [1.5e308, 1.5e308])
    SGD([w], lr=1.0).step()
    assert w.tolist() == [-1.5e308, -1.5e308]


def test_an_interrupt_while_writing_leaves_nothing_half_done(monkeypatch):
    optimizer, w, b, values = busy()
    before = everything(optimizer)
    write, calls = blocks.TensorBlock.write, []

    def interrupted(block, theta, version=None):
        calls.append(theta)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(block, theta, version)

    monkeypatch.setattr(blocks.TensorBlock, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert len(calls) > 2 and everything(optimizer) == before
    optimizer.step()
    assert optimizer.steps == 4


def unscheduled():
    """As `busy`, with numbers alone: then a step changes no group."""
    rng, params = random.Random(5), [tensor([1.0, -2.0]), Value(1.0), Value(2.0)]
    optimizer = Adam([{"params": params[:2]}, {"params": params[2:], "lr": 0.5}], lr=0.1)
    feed(optimizer, rng)
    optimizer.step()
    feed(optimizer, rng)
    return optimizer


@pytest.mark.parametrize("make", [lambda: busy()[0], unscheduled])
@pytest.mark.parametrize("kind, least", [("line", 100), ("call", 20)])
def test_an_interrupt_before_any_line_or_call_of_a_step_never_tears_it(make, kind, least):
    reference = make()
    whole = [everything(reference)]
    reference.step()
    whole.append(everything(reference))
    for place in itertools.count(1):
        optimizer = make()
        came = interrupted(optimizer.step, place, kind)
        assert everything(optimizer) in whole, f"torn before {kind} {place}"
        if not came:
            break
    assert place > least


@pytest.mark.parametrize("x", [Value(3.0), tensor(3.0)])
def test_a_step_makes_earlier_graphs_stale(x):
    y = x * x
    y.backward()
    SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match="was changed after"):
        y.backward()


# ---- one's own optimizer


def test_an_optimizer_is_one_method():
    class Normalized(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr, "power": 0.5})

        def start(self, block, group):
            return {"seen": 0}

        def update(self, theta, g, state, group):
            state["seen"] += 1
            norm = sum(d * d for d in g) ** group["power"]
            return [x - group["lr"] * d / norm for x, d in zip(theta, g, strict=True)]

    w = with_grad(tensor([[3.0, 4.0]]), [[3.0, 4.0]])
    optimizer = Normalized([w], lr=5.0)
    optimizer.step()
    assert w.tolist() == [[0.0, 0.0]] and optimizer.state_dict()["state"] == {"0": {"seen": 1}}


def test_an_optimizer_may_ask_for_the_shape():
    class PerColumn(Optimizer):
        def update_block(self, block, g, state, group):
            n, m = block.shape
            means = [sum(g[j::m]) / n for j in range(m)]
            return [x - means[place % m] for place, x in enumerate(block.read())]

    w = with_grad(tensor([[1.0, 2.0], [3.0, 4.0]]), [[1.0, 0.0], [3.0, 2.0]])
    PerColumn([w], {"lr": 1.0}).step()
    assert w.tolist() == [[-1.0, 1.0], [1.0, 3.0]]


def test_an_update_of_the_wrong_length_or_none_is_an_error():
    class Short(Optimizer):
        def update(self, theta, g, state, group):
            return theta[1:]

    w = with_grad(tensor([1.0, 2.0]), [1.0, 1.0])
    with pytest.raises(ValueError, match="must return a list of 2 floats, gave 1 values"):
        Short([w], {"lr": 1.0}).step()

    class InPlace(Optimizer):
        def update(self, theta, g, state, group):
            theta = [x - d for x, d in zip(theta, g, strict=True)]  # and nothing is returned

    with pytest.raises(ValueError, match="must return a list of 2 floats, gave None"):
        InPlace([w], {"lr": 1.0}).step()
    with pytest.raises(NotImplementedError, match="Optimizer defines no update"):
        Optimizer([w], {"lr": 1.0}).step()
    assert w.tolist() == [1.0, 2.0]


# ---- state

RUNS = [
    (SGD, {}),
    (SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (Adam, {}),
    (Adam, {"amsgrad": True, "betas": (linear_warmup(5, 0.9), 0.99)}),
    (AdamW, {"weight_decay": linear_decay(0.1, 10)}),
]


@pytest.mark.parametrize("cls, arguments", RUNS)
@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(cls, arguments, stop):
    def parameters():
        return [tensor([[1.0, -2.0], [0.5, 3.0]]), Value(1.0), tensor(0.1), Value(2.0)]

    def optimizer_of(params):
        groups = [{"params": params[:2]}, {"params": params[2:], "lr": linear_warmup(5, 0.1)}]
        return cls(groups, lr=cosine_annealing(0.1, 40), **arguments)

    rng = random.Random(2)
    params = parameters()
    optimizer = optimizer_of(params)
    for _ in range(stop):
        feed(optimizer, rng)
        params[2].grad = None  # a block that has no state yet
        optimizer.step()
    text = json.dumps(optimizer.state_dict(), allow_nan=False)
    assert json.loads(text) == optimizer.state_dict()
    resumed_params = parameters()
    for p, q in zip(resumed_params, params, strict=True):
        p.data = q.data
    resumed, rng_again = optimizer_of(resumed_params), random.Random()
    resumed.load_state_dict(json.loads(text))
    rng_again.setstate(rng.getstate())
    for _ in range(8):
        for one, r in ((optimizer, rng), (resumed, rng_again)):
            feed(one, r)
            one.step()
        assert everything(one) == everything(optimizer)


def test_the_state_is_plain_and_a_copy():
    optimizer, *_ = busy()
    state = optimizer.state_dict()
    assert state["steps"] == 3
    assert [group["params"] for group in state["param_groups"]] == [[[2, 2], [2]], [[3]]]
    assert {name: type(v) for name, v in state["state"]["2"].items()} == {
        "t": int,
        "m": list,
        "v": list,
        "v_max": type(None),
    }
    state["state"]["0"]["m"][0] = 1e9
    state["param_groups"][0]["betas"][0] = 0.0
    assert optimizer.state_dict()["state"]["0"]["m"][0] != 1e9
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)


def test_loading_accepts_numbers_as_keys_and_takes_over_the_hyperparameters():
    optimizer, *_ = busy()
    state = optimizer.state_dict()
    state["state"] = {int(key): value for key, value in state["state"].items()}
    state["param_groups"][0]["eps"] = 1  # JSON written elsewhere may have no 1.0
    other, *_ = busy()
    other.load_state_dict(state)
    assert other.param_groups[0]["eps"] == 1.0
    assert other.state_dict()["state"] == optimizer.state_dict()["state"]


def test_loading_keeps_what_the_user_wrote_over_a_schedule():
    optimizer, *_ = busy()
    optimizer.param_groups[0]["lr"] = 0.7
    resumed, *_ = busy()
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.param_groups[0]["lr"] == 0.7


def change(*path, to):
    """A function that sets one place of a state_dict; `to` may be a function of what is there."""

    def apply(state):
        for key in path[:-1]:
            state = state[key]
        state[path[-1]] = to(state[path[-1]]) if callable(to) else to

    return apply


BAD_STATES = [
    (lambda s: s.pop("steps"), "missing steps; unexpected nothing"),
    (lambda s: s.update(extra=1), "missing nothing; unexpected extra"),
    (change("steps", to=-1), "steps must be in {0, 1, …}, got -1"),
    (change("steps", to=2.0), "steps must be in {0, 1, …}, got 2.0"),
    (change("steps", to=True), "steps must be a number in {0, 1, …}, got True"),
    (
        change("param_groups", to=lambda groups: groups[:1]),
        "param_groups must be a list of 2, got 1",
    ),
    (change("param_groups", to=None), "param_groups must be a list, got None"),
    (change("param_groups", 0, to=3), r"param_groups\[0\] must be a dict, got 3"),
    (lambda s: s["param_groups"][1].pop("lr"), "group 1: missing lr; unexpected nothing"),
    (lambda s: s["param_groups"][1].update(mu=1), "group 1: missing nothing; unexpected mu"),
    (change("param_groups", 0, "lr", to=-1.0), r"group 0: lr must be in \[0, inf\), got -1.0"),
    (change("param_groups", 0, "lr", to=math.nan), "group 0: lr must be in"),
    (change("param_groups", 0, "betas", to=[0.9]), "betas must be 2 numbers"),
    (
        change("param_groups", 0, "params", to=[[2, 2], [3]]),
        r"group 0: params has the shapes \[\[2, 2\], \[3\]\], not \[\[2, 2\], \[2\]\]$",
    ),
    (change("state", to=[]), "state must be a dict"),
    (
        lambda s: s["state"].update({"9": {}}),
        "load_state_dict: state of 9; blocks are 0 … 2$",
    ),
    (change("state", "0", to=[1]), "state of blocks 0 … 2: 0 must be a dict, got list"),
    (lambda s: s["state"]["0"].pop("m"), ": 0: missing m; unexpected nothing"),
    (change("state", "1", "t", to="3"), ": 1: t must be a number in {0, 1, …}: .*str"),
    (change("state", "1", "m", to=lambda m: m[1:]), "1: m must be a list of 2, got 1"),
    (change("state", "1", "m", to=None), "1: m must be a list, got None"),
    (change("state", "2", "v_max", to=[0.0]), "v_max must be a list of 3, got 1"),
    (change("state", "2", "v", 1, to=math.nan), r": 2: v\[1\] must be in \[0, inf\), got nan"),
    (change("state", "2", "v", 1, to=math.inf), r": 2: v\[1\] must be in \[0, inf\), got inf"),
    (change("state", "2", "v", 1, to=-1.0), r": 2: v\[1\] must be in \[0, inf\), got -1.0"),
    (change("state", "2", "m", 1, to=math.inf), r"m\[1\] must be in \(-inf, inf\), got inf"),
    (change("state", "2", "m", 1, to=-math.inf), r"m\[1\] must be in \(-inf, inf\), got -inf"),
    (change("state", "2", "v", 1, to=None), r": 2: v\[1\]"),
    (change("state", "2", "v", 1, to="1.0"), r": 2: v\[1\] must be a number .*str"),
    (change("state", "2", "v", 1, to=True), r": 2: v\[1\] must be a number .*, got True"),
]


@pytest.mark.parametrize("spoil, message", BAD_STATES)
def test_a_state_that_does_not_fit_is_an_error_and_changes_nothing(spoil, message):
    optimizer, *_ = busy()
    before = everything(optimizer)
    state = optimizer.state_dict()
    state["steps"] = 17
    state["param_groups"][0]["eps"] = 0.5
    state["state"]["0"]["t"] = 99
    spoil(state)
    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(state)
    assert everything(optimizer) == before


def test_a_state_of_another_optimizer_is_an_error():
    w = with_grad(tensor([1.0]), [1.0])
    adam, sgd = Adam([w]), SGD([w])
    with pytest.raises(ValueError, match="group 0: missing momentum, dampening, nesterov"):
        sgd.load_state_dict(adam.state_dict())


@pytest.mark.parametrize("group", [[Value(1.0)], Value(1.0), None])
def test_a_group_that_is_no_dict_is_refused(group):
    with pytest.raises(TypeError, match="group 1: expected a dict with 'params'"):
        SGD([Value(1.0)]).add_param_group(group)
