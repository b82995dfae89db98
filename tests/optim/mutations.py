"""Do the optimizers' tests bite? Plants classic bugs one by one: `python tests/optim/mutations.py`.

A bug replaces a piece of the source in a copy of the package; the test file named with it must then
turn red. Those that survive are printed, and the exit status is 1 if one does. PyTorch is not
needed. `test_mutations.py` holds that each piece is still in the source.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OPTIM = Path("micrograd_opt", "optim")

HAND = "test_optimizers_by_hand.py"
PATHS = "test_optimizers.py"
LECTURE = "test_optimizers_lecture.py"
BASE = "test_optimizer.py"


class Bug(NamedTuple):
    what: str
    old: str
    new: str
    test: str = HAND


BUGS = {
    "sgd.py": [
        Bug("the first buffer damped", "b = g if b is", "b = [rest * d for d in g] if b is"),
        Bug("the buffer not kept", 'state["b"] = b', 'state["b"] = g'),
        Bug("= for +=", "[mu * b + rest * d for", "[rest * d for"),
        Bug("decay flipped", "d + lam * x", "d - lam * x"),
        Bug("momentum for nesterov", 'if group["nesterov"] else b', "if False else b"),
        Bug("nesterov without μ", "[d + mu * b for", "[d + b for", LECTURE),
        Bug("momentum as its own dampening", '1.0 - group["dampening"]', "1.0 - mu"),
    ],
    "adam.py": [
        Bug("eps inside the root", "(sqrt(v) + eps)", "sqrt(v + eps)"),
        Bug("eps before the correction", "eps * root", "eps"),
        Bug("m not corrected", "alpha * root / (1.0 - beta1**t)", "alpha * root"),
        Bug("v not corrected", "sqrt(1.0 - beta2**t)", "1.0", LECTURE),
        Bug("t from 0", 'state["t"] + 1', 'state["t"]'),
        Bug("one step count for all", 'state["t"] + 1', "self.steps + 1", BASE),
        Bug("β₁ for β₂", "[beta2 * v + rest2", "[beta1 * v + rest1"),
        Bug("decay not scaled by lr", "1.0 - alpha * lam", "1.0 - lam"),
        Bug("decay flipped", "1.0 - alpha * lam", "1.0 + alpha * lam"),
        Bug("AdamW coupled", "decoupled_weight_decay=True", "decoupled_weight_decay=False"),
        Bug("AMSGrad with the last v", 'list(map(max, v, state["v_max"] or v))', "v"),
    ],
    "adaptive.py": [
        Bug("Adagrad forgets", "[v + d * d for", "[d * d for"),
        Bug("Adagrad: eps inside the root", "(d / (sqrt(v) + eps))", "(d / sqrt(v + eps))"),
        Bug("Adagrad: the rate decays from t", "(t - 1) * group", "t * group"),
        Bug("Adagrad starts at 0", '[group["initial_accumulator_value"]]', "[0.0]"),
        Bug("Adagrad: one step count for all", 'state["t"] + 1', "self.steps + 1"),
        Bug("RMSprop: eps inside the root", "[d / (sqrt(v) + eps) for", "[d / sqrt(v + eps) for"),
        Bug("RMSprop never centered", "max(0.0, v - m * m)", "v"),
        Bug("RMSprop: a negative variance", "max(0.0, v - m * m)", "v - m * m"),
        Bug("RMSprop: momentum damped", "[mu * b + d for", "[mu * b + (1.0 - mu) * d for"),
        Bug("RMSprop: the rate in the buffer", "[mu * b + d for", "[mu * b + 10 * alpha * d for"),
        Bug("Adadelta: eps outside the root", "/ sqrt(v + eps) * d", "/ (sqrt(v) + eps) * d"),
        Bug(
            "Adadelta: u of the step after lr",
            "[rho * u + rest * d",
            "[rho * u + alpha**2 * rest * d",
        ),
        Bug("Adadelta: u of g", "zip(u, delta, strict=True)", "zip(u, g, strict=True)"),
    ],
    "rprop.py": [
        Bug("etas swapped", "(shrink, grow), (low", "(grow, shrink), (low"),
        Bug("a flip moves θ", "0.0 if t < 0.0 else d for", "d for"),
        Bug(
            "the 0 of a flip not kept", "(g=g, s", "(g=[d or -b for d, b in zip(g, state['g'])], s"
        ),
        Bug("no bounds", "low if s < low else high if s > high else s", "s"),
        Bug("lr at every step", 'zip(state["s"], turn', 'zip([group["lr"]] * len(g), turn'),
        Bug("the gradient for its sign", "s * ((d > 0.0) - (d < 0.0))", "s * d"),
    ],
    "adam_variants.py": [
        Bug("Adamax without eps", "abs(d) + eps)", "abs(d))"),
        Bug("Adamax: u corrected", "(m / u)", "(m / u * (1.0 - beta2**t))"),
        Bug("Adamax: u never forgets", "max(beta2 * u, abs", "max(u, abs"),
        Bug("NAdam: the product forgotten", 'state["product"] * mu', "mu"),
        Bug("NAdam: μₜ in place of μₜ₊₁", "root * mu_next", "root * mu"),
        Bug("NAdam: Π without μₜ₊₁", "(1.0 - product * mu_next)", "(1.0 - product)"),
        Bug("NAdam: the same μ at all steps", "(i * psi)", "psi"),
        Bug("NAdam: eps before the correction", '= group["eps"] * root', '= group["eps"]'),
        Bug(
            "RAdam: eps after the correction",
            "alpha *= r * sqrt(correction)",
            "alpha, eps = alpha * r * sqrt(correction), eps * sqrt(correction)",
        ),
        Bug("RAdam never rectified", "alpha *= r * sqrt", "alpha *= sqrt"),
        Bug("RAdam rectified from ρ = 4 on", "rho <= 5.0", "rho <= 4.0"),
        Bug("RAdam: m not corrected", '= group["lr"] / (1.0 - beta1**t), ', '= group["lr"], '),
        Bug("decoupled decay flipped", "keep = 1.0 - group", "keep = 1.0 + group"),
    ],
    "asgd.py": [
        Bug(
            "no lag",
            "keep = 1.0 - lambd * eta",
            'eta = lr / (1 + lambd * lr * (t - 1)) ** group["alpha"]; keep = 1.0 - lambd * eta',
        ),
        Bug("no decay by lambd", "keep * x - eta", "x - eta"),
        Bug("the average from the start", 'max(1.0, t - group["t0"])', "t"),
        Bug("the average starts at 0", "average = theta", "pass"),
    ],
    "base/optimizer.py": [
        Bug("maximize ignored", "g = [-d for d in g]", "pass"),
        Bug(
            "a missing gradient is 0",
            "g = block.gradient()",
            "g = block.gradient() or [0.0] * block.size",
            PATHS,
        ),
        Bug("a group's own ignored", "group.get(name, default) for", "default for", PATHS),
        Bug(
            "schedules a step late",
            "found, i = [], self.steps + 1",
            "found, i = [], self.steps",
            PATHS,
        ),
    ],
    "base/state_dicts.py": [
        Bug("state not loaded", "block.state = state", "pass", PATHS),
    ],
}


def turns_red(copy, tests):
    """Whether a test fails in the copy. Those with pytorchs in their names compare with PyTorch."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-qx", "-k", "not pytorchs", *tests],
        cwd=copy / "tests" / "optim",
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):  # no tests, or none that could be run
        sys.exit(done.stdout + done.stderr)
    return done.returncode == 1


def survives(bug, path, copy):
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(bug.old, bug.new), encoding="utf-8")
    try:
        return not turns_red(copy, [bug.test])
    finally:
        path.write_text(source, encoding="utf-8")


def main():
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("micrograd_opt", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        if turns_red(copy, [HAND, PATHS, LECTURE, BASE]):
            sys.exit("the tests fail without any bug: mend that first")
        alive = [
            f"{file}: {bug.what}: {bug.test} stays green"
            for file, bugs in BUGS.items()
            for bug in bugs
            if survives(bug, copy / OPTIM / file, copy)
        ]
    print(*alive, sep="\n", end="\n" * bool(alive))
    print(f"{len(alive)} of {sum(map(len, BUGS.values()))} bugs survive")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
