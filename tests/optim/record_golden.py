"""Paths of torch.optim, kept for where PyTorch is not installed; run this to record anew.

A run has three parameters in two groups, one of them with hyperparameters of its own, and is fed
gradients that depend on a seed alone. So what is recorded is little: for each case of CASES where
the parameters are after some of the steps. `test_optimizers.py` runs the cases again without
PyTorch, and many random ones beside it.
"""

import json
import math
import random
from pathlib import Path

from micrograd_opt.optim.base.hyperparameters import at, scheduled
from micrograd_opt.optim.schedules import cosine_annealing, linear_decay, linear_warmup

GOLDEN = Path(__file__).parent / "golden"
SHAPES = ((), (3,), (2, 3))  # the first two are group 0, the last is group 1
STEPS = 200
KEPT = (1, 2, 3, 10, 50, 100, 200)
WARM = linear_warmup(20, then=cosine_annealing(0.05, 150))

# (arguments of the constructor, what group 1 has of its own)
CASES = {
    "SGD": {
        "plain": ({"lr": 0.01}, {}),
        "momentum, dampening": ({"lr": 0.01, "momentum": 0.9, "dampening": 0.3}, {"momentum": 0.5}),
        "nesterov": ({"lr": 0.01, "momentum": 0.9, "nesterov": True}, {"nesterov": False}),
        "decay": ({"lr": WARM, "momentum": 0.8, "weight_decay": 0.1}, {"lr": 0.02}),
        "maximize": ({"lr": 0.01, "momentum": 0.9, "maximize": True, "weight_decay": 0.01}, {}),
    },
    "Adam": {
        "plain": ({"lr": 0.01}, {}),
        "betas, eps": ({"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3}, {"betas": (0.9, 0.5)}),
        "L2": ({"lr": WARM, "weight_decay": 0.1}, {"lr": linear_decay(0.1, 150)}),
        "decoupled": ({"lr": 0.01, "weight_decay": 0.5, "decoupled_weight_decay": True}, {}),
        "amsgrad, maximize": ({"lr": 0.01, "amsgrad": True, "maximize": True}, {"amsgrad": False}),
    },
    "AdamW": {
        "plain": ({"lr": 0.01}, {"weight_decay": 0.5}),
        "amsgrad": ({"lr": WARM, "amsgrad": True, "weight_decay": 0.1}, {"eps": 1e-4}),
    },
    "Adagrad": {
        "plain": ({"lr": 0.01}, {}),
        "lr_decay, L2": ({"lr": WARM, "lr_decay": 0.01, "weight_decay": 0.1}, {"eps": 1e-3}),
        "initial": ({"lr": 0.05, "initial_accumulator_value": 0.1, "maximize": True}, {"lr": 0.1}),
    },
    "RMSprop": {
        "plain": ({"lr": 0.01}, {"alpha": 0.9}),
        "momentum": ({"lr": 0.01, "momentum": 0.9, "eps": 1e-3}, {"momentum": 0.0}),
        "centered": ({"lr": 0.01, "centered": True, "alpha": 0.9}, {"centered": False}),
        "all": ({"lr": WARM, "momentum": 0.5, "centered": True}, {"weight_decay": 0.01}),
    },
    "Adadelta": {
        "plain": ({}, {}),
        "rho, eps": ({"lr": 0.5, "rho": 0.5, "eps": 1e-3}, {"rho": 0.99, "maximize": True}),
        "L2": ({"lr": linear_decay(1.0, 150), "weight_decay": 0.1}, {"lr": 0.2}),
    },
    "Rprop": {
        "plain": ({"lr": 0.01}, {}),
        "etas, step_sizes": ({"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.1)}, {"lr": 0.001}),
        "maximize": ({"lr": WARM, "maximize": True}, {"etas": (0.9, 1.1)}),
    },
    "Adamax": {
        "plain": ({"lr": 0.01}, {}),
        "betas, eps": ({"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3}, {"betas": (0.9, 0.5)}),
        "L2": ({"lr": WARM, "weight_decay": 0.1, "maximize": True}, {"lr": 0.001}),
    },
    "NAdam": {
        "plain": ({"lr": 0.01}, {}),
        "momentum_decay": ({"lr": 0.01, "momentum_decay": 0.1, "eps": 1e-3}, {"betas": (0.5, 0.9)}),
        "L2": ({"lr": WARM, "weight_decay": 0.1}, {"maximize": True}),
        "decoupled": ({"lr": 0.01, "weight_decay": 0.5, "decoupled_weight_decay": True}, {}),
    },
    "RAdam": {
        "plain": ({"lr": 0.01}, {"betas": (0.9, 0.5)}),
        "eps": ({"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-2}, {"eps": 1e-8}),
        "L2": ({"lr": WARM, "weight_decay": 0.1}, {"maximize": True}),
        "decoupled": ({"lr": 0.01, "weight_decay": 0.5, "decoupled_weight_decay": True}, {}),
    },
    "ASGD": {
        "plain": ({"lr": 0.01}, {"lambd": 0.1}),
        "averaging": ({"lr": 0.02, "alpha": 0.5, "lambd": 0.5, "t0": 20.0}, {"t0": 0.0}),
        "schedule, L2": ({"lr": WARM, "lambd": 0.01, "weight_decay": 0.1}, {"maximize": True}),
    },
}


def beginning(seed):
    """The three parameters at first, as flat lists."""
    rng = random.Random(f"beginning {seed}")
    return [[rng.uniform(-2.0, 2.0) for _ in range(math.prod(shape))] for shape in SHAPES]


def gradients(seed, steps=STEPS):
    """For each step the three gradients, as flat lists: some zero, some None, never all None."""
    rng = random.Random(f"gradients {seed}")
    scale = 10.0 ** rng.uniform(-4.0, 2.0)
    for _ in range(steps):
        row = []
        for shape in SHAPES:
            kind = rng.random()
            size = 0.0 if kind < 0.05 else scale
            g = [rng.uniform(-1.0, 2.0) * size for _ in range(math.prod(shape))]
            row.append(None if kind > 0.95 and len(row) < 2 else g)
        yield row


def torch_optimizer(name, params, arguments, own):
    """torch.optim's `name` with two groups, and a function that sets its schedules for step i."""
    import torch

    given = [arguments, arguments | own]
    first, other = [{key: at(v, 0) for key, v in of_group.items()} for of_group in given]
    groups = [{"params": params[:2], **first}, {"params": params[2:], **other}]
    optimizer = getattr(torch.optim, name)(groups, **first)

    schedules = [{key: v for key, v in of_group.items() if scheduled(v)} for of_group in given]

    def schedule(i):
        for group, of_group in zip(optimizer.param_groups, schedules, strict=True):
            group.update({key: at(v, i) for key, v in of_group.items()})

    return optimizer, schedule


def torch_path(name, arguments, own, seed, steps=STEPS):
    """Where torch.optim's `name` takes the parameters: after each step their elements in a row.

    PyTorch keeps NAdam's product and ASGD's rates in its default dtype: that must be float64.
    """
    import torch

    params = [
        torch.tensor(flat, dtype=torch.float64).reshape(shape).requires_grad_()
        for flat, shape in zip(beginning(seed), SHAPES, strict=True)
    ]
    optimizer, schedule = torch_optimizer(name, params, arguments, own)
    for i, row in enumerate(gradients(seed, steps)):
        schedule(i)
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else torch.tensor(g, dtype=p.dtype).reshape(p.shape)
        optimizer.step()
        yield [x for p in params for x in p.detach().flatten().tolist()]


def record():
    import torch

    torch.set_default_dtype(torch.float64)
    for name, cases in CASES.items():
        lines = []
        for case, (arguments, own) in cases.items():
            path = enumerate(torch_path(name, arguments, own, seed=case), 1)
            kept = {str(step): theta for step, theta in path if step in KEPT}
            lines.append(f"{json.dumps(case)}: {json.dumps(kept)}")
        (GOLDEN / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    record()
