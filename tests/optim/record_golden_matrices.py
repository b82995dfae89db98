"""Paths of torch's Adafactor, Muon and LBFGS, recorded; run this to record anew.

As `record_golden.py`, with shapes, gradients and problems for optimizers that look at more than
one element at a time. PyTorch's Muon rounds to bfloat16: here its own code runs in float64.
"""

import json
import math
import random
from contextlib import contextmanager
from pathlib import Path

from micrograd_opt import Tensor
from micrograd_opt.array.array import Array
from micrograd_opt.optim.base.hyperparameters import at, scheduled
from micrograd_opt.optim.schedules import cosine_annealing, linear_decay, linear_warmup

GOLDEN = Path(__file__).parent / "golden"
STEPS = 200
KEPT = (1, 2, 3, 10, 50, 100, 200)
WARM = linear_warmup(20, then=cosine_annealing(0.05, 150))

# the first two are group 0, the others group 1
SHAPES = {
    "Adafactor": ((3,), (2, 3), (2, 2, 3)),
    "Muon": ((3, 3), (2, 4), (4, 2)),
}

# (arguments of the constructor, what group 1 has of its own)
CASES = {
    "Adafactor": {
        "plain": ({}, {}),
        "large rate": ({"lr": 1.0, "d": 2.0}, {"lr": WARM, "eps": (1e-2, 0.1)}),
        "decay": ({"lr": WARM, "weight_decay": 0.1, "beta2_decay": -0.5}, {"maximize": True}),
    },
    "Muon": {
        "plain": ({}, {}),
        "decay": ({"lr": WARM, "nesterov": False}, {"weight_decay": 0.5, "momentum": 0.5}),
        "match_rms_adamw": (
            {"lr": linear_decay(0.1, 150), "adjust_lr_fn": "match_rms_adamw"},
            {"ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5), "eps": 1.0},
        ),
    },
}


def beginning(name, seed):
    """The parameters at first, as flat lists."""
    rng = random.Random(f"beginning {seed}")
    return [[rng.uniform(-2.0, 2.0) for _ in range(math.prod(s))] for s in SHAPES[name]]


def gradients(name, seed, steps=STEPS):
    """For each step the gradients, as flat lists: some zero, some None, never all None."""
    rng = random.Random(f"gradients {seed}")
    scale = 10.0 ** rng.uniform(-4.0, 2.0)
    for _ in range(steps):
        row = []
        for shape in SHAPES[name]:
            kind = rng.random()
            size = 0.0 if kind < 0.05 else scale
            g = [rng.uniform(-1.0, 2.0) * size for _ in range(math.prod(shape))]
            row.append(None if kind > 0.95 and len(row) < 2 else g)
        yield row


@contextmanager
def float64_muon():
    """Within it torch.optim.Muon's cast to bfloat16 is a copy in float64."""
    import torch

    cast = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone
    try:
        yield
    finally:
        torch.Tensor.bfloat16 = cast


def torch_path(name, arguments, own, seed, steps=STEPS):
    """Where torch.optim's `name` takes the parameters: after each step their elements in a row."""
    import torch

    params = [
        torch.tensor(flat, dtype=torch.float64).reshape(shape).requires_grad_()
        for flat, shape in zip(beginning(name, seed), SHAPES[name], strict=True)
    ]
    given = [arguments, arguments | own]
    groups = [
        {"params": some, **{name: at(value, 0) for name, value in of_group.items()}}
        for some, of_group in zip((params[:2], params[2:]), given, strict=True)
    ]
    optimizer = getattr(torch.optim, name)(groups)
    for i, row in enumerate(gradients(name, seed, steps)):
        for group, of_group in zip(optimizer.param_groups, given, strict=True):
            group.update({name: at(v, i) for name, v in of_group.items() if scheduled(v)})
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else torch.tensor(g, dtype=p.dtype).reshape(p.shape)
        with float64_muon():
            optimizer.step()
        yield [x for p in params for x in p.detach().flatten().tolist()]


def our_path(cls, arguments, own, seed, steps=STEPS):
    """As torch_path, with our class."""
    name = cls.__name__
    params = [
        Tensor(Array(flat, shape), requires_grad=True)
        for flat, shape in zip(beginning(name, seed), SHAPES[name], strict=True)
    ]
    optimizer = cls([{"params": params[:2]}, {"params": params[2:], **own}], **arguments)
    for row in gradients(name, seed, steps):
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else Array(g, p.shape)
        optimizer.step()
        yield [x for p in params for x in p.data.flat]


def furthest(ours, theirs):
    """The largest |Δ| / max(1, |θ|)."""
    return max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(ours, theirs, strict=True))


# ---- LBFGS: problems for both libraries. `constant` makes a tensor of nested lists.


def rosenbrock(params, constant):
    """Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²"""
    (x,) = params
    a, b = x[:-1], x[1:]
    valley, along = b - a * a, 1.0 - a
    return (valley * valley).sum() * 100.0 + (along * along).sum()


def quadratic(params, constant):
    """½ xᵀAx − bᵀx, of the condition 100 or so, x in two parts."""
    x, y = params
    a = constant([[100.0, 3.0, 0.0], [3.0, 10.0, -1.0], [0.0, -1.0, 1.0]])
    z = x.sum(0) + y * constant([1.0, 1.0, 2.0])
    b = constant([1.0, -2.0, 3.0])
    return (z @ a * z).sum() * 0.5 - (b * z).sum() + (x * x).sum() * 0.1


def logistic(params, constant):
    """The regression of eight labels on three features, with a penalty."""
    w, b = params
    rng = random.Random("logistic")
    x = constant([[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(8)])
    y = constant([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    z = x @ w + b
    return ((1.0 + z.exp()).log() - y * z).mean() + (w * w).sum() * 0.01


# {name: (the function, where it starts)}
PROBLEMS = {
    "rosenbrock": (rosenbrock, [[-1.2, 1.0]]),
    "rosenbrock of 5": (rosenbrock, [[-1.2, 1.0, 0.3, 1.5, -0.7]]),
    "quadratic": (quadratic, [[[1.0, -2.0, 0.5], [0.3, 0.0, -1.0]], [0.5, 1.5, -0.5]]),
    "logistic": (logistic, [[0.5, -1.0, 2.0], 0.1]),
}
WOLFE = {"line_search_fn": "strong_wolfe"}

# {name: (the problem, arguments of the constructor)}
LBFGS_CASES = {
    "rosenbrock, wolfe": ("rosenbrock", {"max_iter": 7, "history_size": 10, **WOLFE}),
    "rosenbrock of 5, wolfe": ("rosenbrock of 5", {"max_iter": 10, "history_size": 3, **WOLFE}),
    "rosenbrock": ("rosenbrock", {"lr": 0.05, "max_iter": 10}),
    "quadratic": ("quadratic", {"lr": 0.5, "max_iter": 4, "history_size": 2}),
    "quadratic, wolfe": ("quadratic", {"max_iter": 3, "max_eval": 3, **WOLFE}),
    "logistic": ("logistic", {"lr": 0.8, "max_iter": 5, "tolerance_grad": 1e-4}),
    "logistic, wolfe": ("logistic", {"max_iter": 2, "tolerance_change": 1e-6, **WOLFE}),
}


def torch_lbfgs(problem, arguments, steps=6):
    """After each step: the iterations and evaluations so far, its first loss, the parameters."""
    import torch

    def constant(data):
        return torch.tensor(data, dtype=torch.float64)

    function, start = PROBLEMS[problem]
    params = [constant(data).requires_grad_() for data in start]
    optimizer = torch.optim.LBFGS(params, **arguments)

    def closure():
        optimizer.zero_grad()
        loss = function(params, constant)
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure).item()
        state = optimizer.state[params[0]]
        theta = [x for p in params for x in p.detach().flatten().tolist()]
        yield [state["n_iter"], state["func_evals"], loss, *theta]


def record():
    lines = [
        f"{json.dumps(case)}: {json.dumps(list(torch_lbfgs(*arguments)))}"
        for case, arguments in LBFGS_CASES.items()
    ]
    (GOLDEN / "LBFGS.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for name, cases in CASES.items():
        lines = []
        for case, (arguments, own) in cases.items():
            path = enumerate(torch_path(name, arguments, own, seed=case), 1)
            kept = {str(step): theta for step, theta in path if step in KEPT}
            lines.append(f"{json.dumps(case)}: {json.dumps(kept)}")
        (GOLDEN / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    record()
