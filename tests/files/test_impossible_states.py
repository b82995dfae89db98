"""A checkpoint whose digest is right and whose contents cannot be.

Every leaf of a real one is given each of some wrong values and signed anew. Then it is refused with
nothing changed, or it is possible and is loaded.

STATES, SHARED and RUN say which of the values a field may have: another one must be refused, and
these must load.
"""

import copy
import inspect
import json
import math
import random
from fnmatch import fnmatchcase

import pytest

from micrograd_opt import Tensor, data, functional, nn, optim
from micrograd_opt.files.checkpoint import load_checkpoint, save_checkpoint
from micrograd_opt.training.fit import fit

MISSING = object()
MUTATIONS = {
    "huge": 10**400, "large": 10**30, "nan": math.nan, "inf": math.inf, "-inf": -math.inf,
    "negative": -1, "half": 0.5, "string": "x", "bool": True, "null": None, "list": [],
    "dict": {}, "missing": MISSING,
}  # fmt: skip
NUMBER = {"large", "negative", "half"}
RATE = {"large", "half"}
WHOLE = {"large"}
UNIT = {"half"}  # [0, 1]


def leaves(state, path=()):
    """The paths of all leaves; of a list of numbers its first and its last."""
    if isinstance(state, dict) and state:
        parts = state.items()
    elif isinstance(state, list) and state:
        parts = [(i, state[i]) for i in sorted({0, len(state) - 1})]
    else:
        yield path
        return
    for key, value in parts:
        yield from leaves(value, (*path, key))


def mutated(state, path, value):
    """A copy of `state` with that leaf replaced, or missing."""
    state = part = copy.deepcopy(state)
    *parents, last = path
    for key in parents:
        part = part[key]
    if value is MISSING:
        del part[last]
    else:
        part[last] = value
    return state


def unexpected(state, table, load, current):
    """What a walk over all leaves and mutations finds wrong, in lines."""
    for path in leaves(state):
        name = ".".join(map(str, path))
        allowed = next((names for field, names in table.items() if fnmatchcase(name, field)), ...)
        if allowed is ...:
            yield f"{name}: not in the table"
        if allowed in (None, ...):
            continue
        before = json.dumps(current())
        for mutation, value in MUTATIONS.items():
            try:
                load(mutated(state, path, value))
            except (TypeError, ValueError) as error:
                if mutation in allowed:
                    yield f"{name}: {mutation} refused: {error}"
                if "\n" in str(error) or len(str(error)) > 400:
                    yield f"{name}: {mutation}: unclear: {error}"
                if json.dumps(current()) != before:
                    yield f"{name}: {mutation} refused, but something changed"
            else:
                if mutation not in allowed:
                    yield f"{name}: {mutation} was loaded"
                load(state)


# ---- optimizers

ARGUMENTS = {
    "SGD": {"momentum": 0.9}, "RMSprop": {"momentum": 0.9, "centered": True},
    "Adam": {"amsgrad": True}, "Newton": {"damping": 1.0}, "LBFGS": {"max_iter": 2},
    "ASGD": {"t0": 1.0}, "SignSGD": {"momentum": 0.9},
}  # fmt: skip
CLASSES = [
    name for name, x in vars(optim).items()
    if inspect.isclass(x) and issubclass(x, optim.Optimizer) and x is not optim.Optimizer
]  # fmt: skip

STATE = "*.state.*."
STATES = {  # of each optimizer's state, beside what all have
    "Adam": {STATE + "v_max.*": RATE},
    "NAdam": {STATE + "product": UNIT},
    "ASGD": {STATE + "eta": RATE, STATE + "mu": UNIT},
    "Adamax": {STATE + "u.*": RATE},
    "Adadelta": {STATE + "u.*": RATE},
    "Adafactor": {STATE + "r.*": RATE, STATE + "c.*": RATE},
    "Rprop": {STATE + "s.*": RATE},
    "ScheduleFreeSGD": {STATE + "averaged": set(), STATE + "weights": RATE},
    "LBFGS": {
        STATE + "[sy].*": NUMBER,
        STATE + "n_iter": WHOLE, STATE + "func_evals": WHOLE,
    },
    "Lookahead": {
        "optimizer.fast": set(), "optimizer.k": WHOLE, "optimizer.alpha": UNIT,
        "optimizer.slow.*": NUMBER,
    },
    "LARS": {STATE + "v.*": NUMBER},  # a velocity
    "SAM": {"optimizer.rho": RATE},
}  # fmt: skip
SHARED = {
    "optimizer.state": {"dict"},  # of an optimizer that remembers nothing
    STATE + "v_max": {"null"},
    STATE + "t": WHOLE,
    STATE + "v.*": RATE,
    STATE + "*.*": NUMBER,
    "*.steps": WHOLE,
    "*.params.*": set(),
    "*.param_groups.*": None,  # hyperparameters have ranges of their own
}


def optimizer_of(name):
    """(optimizer, closure) over a matrix and, where it may be, a vector."""
    rng = random.Random(0)
    w = Tensor([[rng.uniform(-1, 1) for _ in range(3)] for _ in range(2)], requires_grad=True)
    b = Tensor([0.1, -0.2, 0.3], requires_grad=True)
    parameters = [w] if name == "Muon" else [w, b]  # it takes matrices alone
    kind = getattr(optim, name)
    if issubclass(kind, (optim.SAM, optim.Lookahead)):
        optimizer = kind(optim.Adam(parameters))
    else:
        optimizer = kind(parameters, **ARGUMENTS.get(name, {}))

    def closure():
        optimizer.zero_grad()
        loss = ((w * w * w * w).sum() + ((w + b) * (w + b)).mean()) * 0.1
        loss.backward()
        return loss

    return optimizer, closure


@pytest.mark.parametrize("name", CLASSES)
def test_a_state_of_an_optimizer_is_possible_or_refused_and_changes_nothing(name):
    optimizer, closure = optimizer_of(name)
    for _ in range(3):
        optimizer.step(closure)
    state = json.loads(json.dumps({"optimizer": optimizer.state_dict()}))
    own = STATES.get(name, {})
    table = own | {field: names for field, names in SHARED.items() if field not in own}
    found = [
        line for line in unexpected(
            state, table, lambda state: optimizer.load_state_dict(state["optimizer"]),
            optimizer.state_dict,
        ) if "yᵀs > 1e-10" not in line  # of LBFGS: one number of a pair may do that or not
    ]  # fmt: skip
    assert found == []


# ---- runs

RUN = {
    "data": set(),
    "settings.*": set(),
    "classes": {"list", "null"},
    "model.*": NUMBER | {"bool"},
    "optimizer.state.*.t": WHOLE,
    "optimizer.state.*.v.*": RATE,
    "optimizer.state.*.v_max": {"null"},
    "optimizer.state.*.m.*": NUMBER,
    "optimizer.steps": WHOLE,
    "optimizer.param_groups.0.params.*": set(),
    "optimizer.param_groups.0.lr": RATE,
    "optimizer.param_groups.0.initial_lr": RATE | {"missing"},
    "optimizer.param_groups.0.betas.*": UNIT,
    "optimizer.param_groups.0.eps": RATE,
    "optimizer.param_groups.0.weight_decay": RATE,
    "optimizer.param_groups.0.*": {"bool"},
    "loader.*": set(),
    "history.rows.*.epoch": set(),
    "history.rows.*.step": set(),
    "history.rows.*.loss": NUMBER | {"inf", "-inf"},
    "history.rows.*.val_loss": NUMBER | {"inf", "-inf", "nan", "null"},
    "history.rows.*accuracy": UNIT | {"null"},
    "history.rows.*.lr": NUMBER,
    "history.rows.*.grad_norm": RATE | {"inf"},
    "history.rows.*.seconds": RATE,
    "history.step_losses.*": NUMBER,
    "callbacks.Compiling.*.[01].[01]": WHOLE,
    "callbacks.EarlyStopping.best_loss": NUMBER | {"inf", "-inf"},
    "callbacks.EarlyStopping.best_parameters.*": NUMBER | {"bool"},
    "callbacks.EarlyStopping.bad_epochs": WHOLE,
    "schedulers.0.0": set(),
    "schedulers.0.1.last_epoch": WHOLE,
    "schedulers.0.1.base_lrs.0": RATE,
    "schedulers.0.1.*": None,  # a scheduler's own
    "epoch.steps": set(),
    "epoch.samples": WHOLE,
    "epoch.correct": {"null"},
    "epoch.loss_sum": NUMBER | {"inf", "-inf"},
    "epoch.norm_sum": RATE | {"inf"},
    "epoch.lr": NUMBER,
    "generators.*.0": set(),
    "generators.*.1.0": set(),
    "generators.*.1.624": set(),
    "generators.*.2": {"null"} | NUMBER,
    "seconds": RATE,
}


@pytest.mark.parametrize("part", sorted({field.split(".")[0] for field in RUN}))
def test_a_checkpoint_of_a_run_is_possible_or_refused_and_changes_nothing(
    part, tmp_path, monkeypatch
):
    monkeypatch.setattr("os.fsync", lambda file: None)  # a thousand files need not survive
    path, rng = tmp_path / "c.json", random.Random(0)
    model = nn.Sequential(nn.Linear(2, 2, rng=rng), nn.Dropout(0.1, rng=random.Random(0)))
    optimizer = optim.Adam(model.parameters())
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    moons = data.make_moons(10, rng=rng)
    loader = data.DataLoader(moons, 4, shuffle=True, rng=random.Random(0))

    def run(**options):
        return fit(model, functional.cross_entropy, optimizer, loader, val=moons, epochs=9,
                   early_stopping=9, checkpoint=path, progress=False, max_steps=5,
                   callbacks=[lambda history: scheduler.step()],
                   **options)  # fmt: skip

    def load(state):
        save_checkpoint(path, state)
        run(resume=True)

    def current():
        states = [x.state_dict() for x in (scheduler, model, optimizer, loader)]
        return states + [rng.getstate() for rng in (random, loader.rng, model[1].rng)]

    run()
    state = load_checkpoint(path)
    assert state.keys() <= {field.split(".")[0] for field in RUN}
    table = {field: names if field.split(".")[0] == part else None for field, names in RUN.items()}
    assert list(unexpected(state, table, load, current)) == []
