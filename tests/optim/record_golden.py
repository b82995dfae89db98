"""Records what PyTorch does, for where it is not installed; run this to record anew.

Of each case of CASES little is kept: where the parameters are after some of the steps, since the
gradients depend on a seed alone. Beside them the paths of LBFGS and the rates of lr_scheduler. The
tests take the paths again without PyTorch, and many random ones beside them.
"""

import json
from pathlib import Path

from lbfgs_problems import LBFGS_CASES, torch_lbfgs
from paths import torch_path

from micrograd_opt.optim.schedules import cosine_annealing, linear_decay, linear_warmup

GOLDEN = Path(__file__).parent / "golden"
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
    "Lion": {
        "Lion": ({"lr": 0.01, "weight_decay": 0.1}, {"betas": (0.5, 0.9)}),
    },
    "LARS": {
        "LARS": ({"lr": WARM, "weight_decay": 0.1}, {"lr": 0.5, "momentum": 0.5}),
    },
    "LAMB": {
        "LAMB": ({"lr": WARM, "eps": 1e-8}, {"betas": (0.5, 0.9), "weight_decay": 0.3}),
    },
}
OF_PAPERS = {"Lion", "LARS", "LAMB"}  # which PyTorch lacks: recorded from the papers' algorithms


def recorded(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def write(name, figures):
    """The figures of each case, a case a line."""
    lines = [f"{json.dumps(case)}: {json.dumps(of_case)}" for case, of_case in figures.items()]
    (GOLDEN / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def kept(path):
    """(step, where the parameters are after it), of those steps that are kept."""
    return ((str(step), theta) for step, theta in enumerate(path, 1) if step in KEPT)


def record():
    import torch
    from test_lion_layerwise import reference_path
    from test_lr_scheduler import CASES as schedulers
    from test_lr_scheduler import case_path, theirs

    write("LBFGS", {case: list(torch_lbfgs(*given)) for case, given in LBFGS_CASES.items()})
    module = torch.optim.lr_scheduler
    write("lr_scheduler", {x: case_path(module, theirs(momentum=0.9), x) for x in schedulers})
    torch.set_default_dtype(torch.float64)
    for name, cases in CASES.items():
        path_of = reference_path if name in OF_PAPERS else torch_path
        paths = {case: path_of(name, *given, seed=case) for case, given in cases.items()}
        write(name, {case: dict(kept(path)) for case, path in paths.items()})


if __name__ == "__main__":
    record()
