"""PyTorch's optimizers against it, on Values and Tensors, and resumed.

Read next: `test_optimizers_by_hand.py` and `test_optimizers_lecture.py`.
"""

import itertools
import json
import math
import random

import pytest
from paths import (
    SHAPES,
    beginning,
    elements,
    fed,
    furthest,
    gradients,
    our_optimizer,
    our_path,
    torch_optimizer,
    torch_path,
)

from micrograd_opt import Tensor, Value, optim
from micrograd_opt.array.array import Array
from micrograd_opt.optim import SGD, Adam, AdamW, schedules
from micrograd_opt.optim.adam_variants import Adamax, NAdam, RAdam
from micrograd_opt.optim.adaptive import Adadelta, Adagrad, RMSprop
from micrograd_opt.optim.asgd import ASGD
from micrograd_opt.optim.rprop import Rprop


def tensor(data):
    return Tensor(data, requires_grad=True)


@pytest.fixture
def torch():
    """PyTorch in float64: what NAdam and ASGD remember beside tensors is of the default dtype."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


# ---- random arguments

BOTH = (False, True)
SIGN = {"maximize": BOTH}
EPS = {"eps": (1e-8, 1e-6, 1e-3)}
DECAY = {"weight_decay": (0.0, 0.0, 1e-3, 0.3)}
BETAS = {  # decay with a small β₂ is chaotic: near sign descent feeds a rounding back as a step
    ("betas", "weight_decay"): [
        *itertools.product(itertools.product((0.0, 0.5, 0.9), (0.0, 0.9, 0.99, 0.999)), (0.0,)),
        *itertools.product(itertools.product((0.0, 0.5, 0.9), (0.99, 0.999)), (1e-3, 0.3)),
    ]
}
ADAM = {**BETAS, **EPS, **SIGN}

# What each flag of an optimizer is drawn from; flags that must fit together are drawn together.
FLAGS = {
    "SGD": {
        **DECAY,
        **SIGN,
        ("momentum", "dampening", "nesterov"): (
            *itertools.product((0.0, 0.5, 0.9, 0.99), (0.0, 0.4, 1.0), (False,)),
            *itertools.product((0.5, 0.9, 0.99), (0.0,), (True,)),
        ),
    },
    "Adagrad": {
        **DECAY,
        **EPS,
        **SIGN,
        "lr_decay": (0.0, 1e-3, 0.1),
        "initial_accumulator_value": (0.0, 0.01, 1.0),
    },
    "RMSprop": {
        **DECAY,
        **EPS,
        **SIGN,
        "alpha": (0.5, 0.9, 0.99),
        "momentum": (0.0, 0.5, 0.9),
        "centered": BOTH,
    },
    "Adadelta": {**DECAY, **EPS, **SIGN, "rho": (0.0, 0.5, 0.9, 0.99)},
    "Rprop": {
        **SIGN,
        "etas": ((0.5, 1.2), (0.3, 1.5), (0.9, 1.01)),
        "step_sizes": ((1e-6, 50.0), (1e-3, 0.1), (0.02, 0.02)),
    },
    "Adam": {**ADAM, "amsgrad": BOTH, "decoupled_weight_decay": BOTH},
    "AdamW": {**ADAM, "amsgrad": BOTH},
    "Adamax": ADAM,
    "NAdam": {**ADAM, "momentum_decay": (0.0, 4e-3, 0.2), "decoupled_weight_decay": BOTH},
    "RAdam": {**ADAM, "decoupled_weight_decay": BOTH},
    "ASGD": {
        **DECAY,
        **SIGN,
        "lambd": (0.0, 1e-4, 0.1),
        "alpha": (0.0, 0.75, 2.0),
        "t0": (0.0, 50.0, 1e6),
    },
}
CLASSES = {name: getattr(optim, name) for name in FLAGS}
every = pytest.mark.parametrize("name", CLASSES)
RISING = ("weight_decay", "momentum", "betas", "etas", "lambd")  # where there are schedules
OF_ALL_GROUPS = ("initial_accumulator_value",)  # PyTorch ignores a group's own


def drawn(name, rng):
    """For each entry of FLAGS[name], and for lr, {flag: value} drawn at random."""
    yield {"lr": 10.0 ** rng.uniform(-4.0, -1.0)}
    for flag, choices in FLAGS[name].items():
        value = rng.choice(choices)
        yield dict(zip(flag, value, strict=True)) if isinstance(flag, tuple) else {flag: value}


def rising(value):
    """A schedule that ends with the value; of a pair the first rises."""
    if isinstance(value, tuple):
        return (rising(value[0]), *value[1:])
    return schedules.linear_warmup(40, value)


def random_case(name, seed):
    """(arguments, what group 1 has of its own), as in CASES; schedules in half of them."""
    rng = random.Random(f"{name} {seed}")
    arguments, own = {}, {}
    for part, other in zip(drawn(name, rng), drawn(name, rng), strict=True):
        arguments |= part
        if rng.random() < 0.5 and not part.keys() & set(OF_ALL_GROUPS):
            own |= other
    if rng.random() < 0.5:
        lr = arguments["lr"]
        decay = schedules.linear_decay(lr, rng.randint(50, 250))
        cosine = schedules.cosine_annealing(lr, rng.randint(50, 250), lr / 10.0)
        arguments["lr"] = rng.choice((decay, schedules.linear_warmup(30, cosine)))
        arguments |= {flag: rising(arguments[flag]) for flag in RISING if flag in arguments}
    return arguments, own


@every
def test_the_random_arguments_cover_every_flag(name):
    flags = {"lr"}.union(*({flag} if isinstance(flag, str) else flag for flag in FLAGS[name]))
    fixed = {"decoupled_weight_decay"} if name == "AdamW" else set()
    assert flags | fixed == CLASSES[name]([Value(1.0)]).defaults.keys()


# ---- against PyTorch


@every
def test_fed_the_same_gradients_the_path_is_pytorchs(name, torch):
    for seed in range(60):
        arguments, own = random_case(name, seed)
        case = (name, arguments, own, seed)
        for step, both in enumerate(zip(our_path(*case), torch_path(*case), strict=True)):
            assert furthest(*both) <= 1e-10, (step, case)


def test_asgds_average_is_pytorchs(torch):
    for seed in range(8):
        rng, arguments = random.Random(seed), random_case("ASGD", seed)[0] | {"t0": 20.0}
        x, y = tensor([1.0, -2.0]), torch.tensor([1.0, -2.0], requires_grad=True)
        ours = ASGD([x], **arguments)
        theirs, schedule = torch_optimizer("ASGD", [y], arguments, {})
        for i in range(60):
            row = [rng.gauss(0, 1), rng.gauss(0, 1)]
            x.grad, y.grad = Array(row, (2,)), torch.tensor(row)
            schedule(i)
            ours.step()
            theirs.step()
            average = ours.state_dict()["state"]["0"]["average"]
            assert furthest(average, theirs.state[y]["ax"].tolist()) <= 1e-10


def loss_of(w, b, c, x, y):
    """A small net, written for both libraries: x is (4, 2), w (2, 3), b (3,), c a scalar."""
    error = ((x @ w + b).tanh() * c).sum(1) - y
    return (error * error).mean()


# Of group 0 and of group 1, for the same reason as BETAS.
TAME = {"maximize": (False, False), "betas": ((0.9, 0.99), (0.5, 0.9)), "rho": (0.9, 0.5)}


@every
def test_through_the_engine_the_path_is_pytorchs(name, torch):
    x, y = [[0.5, -0.2], [1.0, 0.3], [-0.7, 0.9], [0.1, -0.4]], [1.0, 0.0, -1.0, 0.5]
    batches = (Tensor(x), Tensor(y)), (torch.tensor(x), torch.tensor(y))
    for seed in range(8):
        arguments, own = random_case(name, seed)
        for flag in arguments.keys() & TAME.keys():
            arguments[flag], own[flag] = TAME[flag]
        c, b, w = (Array(f, s).tolist() for f, s in zip(beginning(seed), SHAPES, strict=True))
        ours = [tensor(p) for p in (w, b, c)]
        theirs = [torch.tensor(p, requires_grad=True) for p in (w, b, c)]
        optimizer = CLASSES[name]([{"params": ours[:2]}, {"params": ours[2:], **own}], **arguments)
        reference, schedule = torch_optimizer(name, theirs, arguments, own)
        for i in range(50):
            schedule(i)
            sides = zip((optimizer, reference), (ours, theirs), batches, strict=True)
            for side, params, batch in sides:
                side.zero_grad()
                loss_of(*params, *batch).backward()
                side.step()
            for p, q in zip(ours, theirs, strict=True):
                assert furthest(p.data.flat, q.detach().flatten().tolist()) <= 1e-8, (seed, i)


@every
def test_the_arguments_and_defaults_are_pytorchs(name, torch):
    ours = CLASSES[name]([Value(1.0)]).param_groups[0]
    theirs = getattr(torch.optim, name)([torch.zeros(1)]).param_groups[0]
    left_out = {"foreach", "capturable", "differentiable", "fused", "params"}
    assert {k: v for k, v in theirs.items() if k not in left_out} == {
        k: v for k, v in ours.items() if k != "params"
    }


# ---- Values and Tensors


@every
@pytest.mark.parametrize("seed", range(8))
def test_twelve_values_move_as_a_tensor_of_twelve_to_the_bit(name, seed):
    arguments, _ = random_case(name, seed)
    rng = random.Random(seed)
    start = [rng.gauss(0, 1) for _ in range(12)]
    values, whole, other = [Value(x) for x in start], tensor(start), tensor([[0.5, -0.5]])
    mixed = [*values[:5], other, *values[5:]]
    scalars, tensors = CLASSES[name](mixed, **arguments), CLASSES[name]([whole], **arguments)
    for _ in range(20):
        g = [rng.gauss(0, 1) for _ in start]
        whole.grad, other.grad = Array(g, (12,)), None
        for value, x in zip(values, g, strict=True):
            value.grad = x
        scalars.step()
        tensors.step()
        assert [value.data for value in values] == whole.tolist()
    assert other.tolist() == [[0.5, -0.5]]
    assert scalars.state_dict()["state"]["1"] == tensors.state_dict()["state"]["0"]


@every
def test_an_empty_tensor_is_no_trouble(name):
    for seed in range(8):
        empty, x = tensor([]), tensor([1.0])
        optimizer = CLASSES[name]([empty, x], **random_case(name, seed)[0])
        for _ in range(3):
            empty.grad, x.grad = Array([], (0,)), Array([1.0], (1,))
            optimizer.step()
        assert empty.tolist() == [] and x.tolist() != [1.0]


# ---- resumed


@every
@pytest.mark.parametrize("stop", [0, 1, 7])
def test_a_run_resumed_from_json_goes_on_to_the_same_bits(name, stop):
    for seed in range(8):
        arguments, own = random_case(name, seed)
        whole, resumed = (our_optimizer(name, arguments, own, seed) for _ in range(2))
        rows = list(gradients(seed, 20))
        for row in rows[:stop]:
            fed(whole, row)
        for group, copies in zip(whole.param_groups, resumed.param_groups, strict=True):
            for p, copy in zip(group["params"], copies["params"], strict=True):
                copy.data = p.data
        resumed.load_state_dict(json.loads(json.dumps(whole.state_dict(), allow_nan=False)))
        for row in rows[stop:]:
            assert elements(fed(whole, row)) == elements(fed(resumed, row))
        assert whole.state_dict() == resumed.state_dict()


# ---- what is refused

BAD = [
    (Adagrad, {"lr_decay": -0.1}, r"lr_decay must be in \[0, inf\), got -0.1"),
    (Adagrad, {"initial_accumulator_value": -1.0}, r"initial_accumulator_value must be in \[0"),
    (RMSprop, {"alpha": 1.5}, r"alpha must be in \[0, 1\], got 1.5"),
    (RMSprop, {"momentum": -0.5}, r"momentum must be in \[0, 1\], got -0.5"),
    (RMSprop, {"centered": 1}, "centered must be True or False, got 1"),
    (Adadelta, {"rho": -0.1}, r"rho must be in \[0, 1\], got -0.1"),
    (Adadelta, {"eps": math.nan}, r"eps must be in \[0, inf\), got nan"),
    (Rprop, {"etas": (0.0, 1.2)}, r"etas\[0\] must be in \(0, 1\), got 0.0"),
    (Rprop, {"etas": (0.5, 1.0)}, r"etas\[1\] must be in \(1, inf\), got 1.0"),
    (Rprop, {"step_sizes": (-1.0, 1.0)}, r"step_sizes\[0\] must be in \[0, inf\), got -1.0"),
    (Rprop, {"step_sizes": (2, 1)}, r"step_sizes must be \(smallest, largest\), got \(2.0, 1.0\)"),
    (Rprop, {"step_sizes": 1.0}, "step_sizes must be 2 numbers"),
    (Adamax, {"betas": (1.0, 0.9)}, r"betas\[0\] must be in \[0, 1\), got 1.0"),
    (NAdam, {"betas": (0.9, 1.0)}, r"betas\[1\] must be in \[0, 1\), got 1.0"),
    (NAdam, {"momentum_decay": -1}, r"momentum_decay must be in \[0, inf\), got -1"),
    (NAdam, {"decoupled_weight_decay": 0}, "decoupled_weight_decay must be True or False"),
    (RAdam, {"betas": (0.9, -0.1)}, r"betas\[1\] must be in \[0, 1\), got -0.1"),
    (RAdam, {"decoupled_weight_decay": "no"}, "decoupled_weight_decay must be True or False"),
    (ASGD, {"lambd": -1e-4}, r"lambd must be in \[0, inf\)"),
    (ASGD, {"alpha": math.inf}, r"alpha must be in \[0, inf\), got inf"),
    (ASGD, {"t0": -1}, r"t0 must be in \[0, inf\), got -1"),
]


@pytest.mark.parametrize("cls, arguments, message", BAD)
def test_a_bad_hyperparameter_is_an_error_with_its_range_and_value(cls, arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"{cls.__name__}, group 0: {message}"):
        cls([tensor(1.0)], **arguments)


@pytest.mark.parametrize("cls", [Adagrad, RMSprop, Adadelta, Adamax, NAdam])
def test_without_eps_a_gradient_of_zero_is_an_error_that_changes_nothing(cls):
    x = tensor([1.0, 2.0])
    optimizer = cls([x], eps=0.0)
    x.grad = Array([0.0, 1.0], (2,))
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match="division by zero; if eps is 0, raise it"):
        optimizer.step()
    assert x.tolist() == [1.0, 2.0] and optimizer.state_dict() == before


# ---- it gets there

ANNEALED = {"lr": schedules.cosine_annealing(0.5, 400)}
CONVERGING = [
    (SGD, {"lr": 0.1}),
    (SGD, {"lr": 0.05, "momentum": 0.8}),
    (SGD, {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    (Adagrad, {"lr": 1.0}),
    (RMSprop, ANNEALED),
    (RMSprop, {"lr": schedules.cosine_annealing(0.1, 400), "momentum": 0.8}),
    (RMSprop, {"lr": schedules.cosine_annealing(0.1, 400), "centered": True}),
    (Adadelta, {"eps": 1e-2}),
    (Rprop, {}),
    (Adam, ANNEALED),
    (Adam, {**ANNEALED, "amsgrad": True}),
    (AdamW, {**ANNEALED, "weight_decay": 0.0}),
    (Adamax, ANNEALED),
    (NAdam, ANNEALED),
    (RAdam, {"lr": schedules.cosine_annealing(0.1, 400), "betas": (0.9, 0.99)}),
    (ASGD, {"lr": 0.1, "lambd": 0.0}),
]


@pytest.mark.parametrize("cls, arguments", CONVERGING)
@pytest.mark.parametrize("maximize", BOTH)
def test_it_finds_the_bottom_of_a_quadratic(cls, arguments, maximize):
    x = tensor([3.0, -4.0])
    optimizer = cls([x], maximize=maximize, **arguments)
    for _ in range(400):
        optimizer.zero_grad()
        error = (x - Tensor([1.0, 2.0])) * Tensor([1.0, 5.0])
        loss = (error * error * (-0.2 if maximize else 0.2)).sum()
        loss.backward()
        optimizer.step()
    assert x.tolist() == pytest.approx([1.0, 2.0], abs=1e-4)
