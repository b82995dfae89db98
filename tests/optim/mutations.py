"""Do the optimizers' tests bite? Plants classic bugs one by one: `python tests/optim/mutations.py`.

A bug rewrites a formula in a copy of the package; the test file named with it must then turn red.
Those that survive are printed, and the exit status is 1 if one does. PyTorch is not needed.
`test_mutations.py` holds that each bug can be planted; `planting.py` says how to read a row.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIM = Path("micrograd_opt", "optim")
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from planting import Bug, planted  # noqa: E402

HAND = "test_optimizers_by_hand.py"
PATHS = "test_golden.py"
RESUMED = "test_optimizers.py"
LECTURE = "test_optimizers_lecture.py"
BASE = "test_optimizer.py"

# fmt: off
BUGS = {  # {file: (what is wrong, where, what becomes what, …)}; seen by HAND if no test is named
    "sgd.py": [
        Bug("the first buffer damped", "SGD.update",
            "G if B is None else [M * P + R * D for P, D in Z]",
            "[R * D for D in G] if B is None else [M * P + R * D for P, D in Z]"),
        Bug("the buffer not kept", "SGD.update", "S['b'] = B", "S['b'] = g"),
        Bug("= for +=", "SGD.update", "M * B + R * D", "R * D"),
        Bug("decay flipped", "SGD.update", "[D + L * X for D, X in zip(G, theta)]",
            "[D - L * X for D, X in zip(G, theta)]"),
        Bug("momentum for nesterov", "SGD.update", "N if G['nesterov'] else B", "B"),
        Bug("nesterov without μ", "SGD.update",
            "[D + M * B for D, B in Z] if G['nesterov'] else F",
            "[D + B for D, B in Z] if G['nesterov'] else F", LECTURE),
        Bug("momentum as its own dampening", "SGD.update",
            "1.0 - G['dampening']", "1.0 - G['momentum']"),
    ],
    "adam.py": [
        Bug("eps inside the root", "Adam.update", "sqrt(V) + E", "sqrt(V + E)"),
        Bug("eps before the correction", "Adam.update", "A * R / B, E * R", "A * R / B, E"),
        Bug("m not corrected", "Adam.update", "A * R / (1.0 - B**T)", "A * R"),
        Bug("v not corrected", "Adam.update", "sqrt(1.0 - B**T)", "1.0", LECTURE),
        Bug("t from 0", "Adam.update", "S['t'] + 1", "S['t']"),
        Bug("one step count for all", "Adam.update", "S['t'] + 1", "self.steps + 1", BASE),
        Bug("β₁ for β₂", "Adam.update", "[B * V + R * D * D for V, D in Z]",
            "[group['betas'][0] * V + R * D * D for V, D in Z]"),
        Bug("decay not scaled by lr", "decayed", "1.0 - A * L", "1.0 - L"),
        Bug("decay flipped", "decayed", "1.0 - A * L", "1.0 + A * L"),
        Bug("AdamW coupled", "AdamW.__init__",
            "F(..., decoupled_weight_decay=True)", "F(..., decoupled_weight_decay=False)"),
        Bug("AMSGrad with the last v", "Adam.update", "list(map(max, V, M or V))", "V"),
    ],
    "adaptive.py": [
        Bug("Adagrad forgets", "Adagrad.update", "V + D * D", "D * D"),
        Bug("Adagrad: eps inside the root", "Adagrad.update", "sqrt(V) + E", "sqrt(V + E)"),
        Bug("Adagrad: the rate decays from t", "Adagrad.update", "(T - 1) * D", "T * D"),
        Bug("Adagrad starts at 0", "Adagrad.start", "G['initial_accumulator_value']", "0.0"),
        Bug("Adagrad: one step count for all", "Adagrad.update", "S['t'] + 1", "self.steps + 1"),
        Bug("RMSprop: eps inside the root", "RMSprop.update", "sqrt(V) + E", "sqrt(V + E)"),
        Bug("RMSprop never centered", "RMSprop.update", "max(0.0, V - M * M)", "V"),
        Bug("RMSprop: a negative variance", "RMSprop.update", "max(0.0, V - M * M)", "V - M * M"),
        Bug("RMSprop: momentum damped", "RMSprop.update", "[M * B + D for B, D in Z]",
            "[M * B + (1.0 - M) * D for B, D in Z]"),
        Bug("RMSprop: the rate in the buffer", "RMSprop.update", "[M * B + D for B, D in Z]",
            "[M * B + 10 * group['lr'] * D for B, D in Z]"),
        Bug("Adadelta: eps outside the root", "Adadelta.update",
            "N / sqrt(V + E)", "N / (sqrt(V) + E)"),
        Bug("Adadelta: u of the step after lr", "Adadelta.update",
            "[P * U + R * D * D for U, D in Z]",
            "[P * U + group['lr'] ** 2 * R * D * D for U, D in Z]", nth=2),
        Bug("Adadelta: u of g", "Adadelta.update",
            "[P * U + R * D * D for U, D in zip(A, B, strict=True)]",
            "[P * U + R * D * D for U, D in zip(A, g, strict=True)]", nth=2),
    ],
    "rprop.py": [
        Bug("etas swapped", "Rprop.update", "group['etas']", "group['etas'][::-1]"),
        Bug("a flip moves θ", "Rprop.update", "0.0 if T < 0.0 else D", "D"),
        Bug("the 0 of a flip not kept", "Rprop.update", "S.update(..., g=G)",
            "S.update(..., g=[now or -was for now, was in zip(G, S['g'])])"),
        Bug("no bounds", "Rprop.update", "L if S < L else H if S > H else S", "S"),
        Bug("lr at every step", "Rprop.update", "zip(S['s'], T, strict=True)",
            "zip([group['lr']] * len(T), T, strict=True)"),
        Bug("the gradient for its sign", "Rprop.update", "S * ((D > 0.0) - (D < 0.0))", "S * D"),
    ],
    "adam_variants.py": [
        Bug("Adamax without eps", "Adamax.update", "abs(D) + E", "abs(D)"),
        Bug("Adamax: u corrected", "Adamax.update",
            "M / U", "M / U * (1.0 - group['betas'][1] ** state['t'])", nth=2),
        Bug("Adamax: u never forgets", "Adamax.update", "max(B * U, A)", "max(U, A)"),
        Bug("NAdam: the product forgotten", "NAdam.update", "S['product'] * M", "M"),
        Bug("NAdam: μₜ in place of μₜ₊₁", "NAdam.update",
            "A * N / (1.0 - P * N)", "A * (group['betas'][0] * (1.0 - 0.5 * 0.96 ** "
            "(state['t'] * group['momentum_decay']))) / (1.0 - P * N)"),
        Bug("NAdam: Π without μₜ₊₁", "NAdam.update", "A / (1.0 - P * N)", "A / (1.0 - P)"),
        Bug("NAdam: the same μ at all steps", "NAdam.update", "0.96 ** (I * P)", "0.96 ** P"),
        Bug("NAdam: eps before the correction", "NAdam.update", "G['eps'] * R", "G['eps']"),
        Bug("RAdam: eps after the correction", "RAdam.update", "sqrt(V) + E",
            "sqrt(V) + E * sqrt(1.0 - group['betas'][1] ** state['t'])"),
        Bug("RAdam never rectified", "RAdam.update", "A *= R * sqrt(C)", "A *= sqrt(C)"),
        Bug("RAdam rectified from ρ = 4 on", "RAdam.update", "R <= 5.0", "R <= 4.0"),
        Bug("RAdam: m not corrected", "RAdam.update", "G['lr'] / (1.0 - B**T)", "G['lr']"),
        Bug("NAdam: decay flipped", "NAdam.update", "decayed(T, G, H)",
            "decayed(T, G, H | {'weight_decay': -H['weight_decay']})"),
        Bug("RAdam: decay flipped", "RAdam.update", "decayed(T, G, H)",
            "decayed(T, G, H | {'weight_decay': -H['weight_decay']})"),
    ],
    "asgd.py": [
        Bug("no lag", "ASGD.update", "S['eta']",
            "group['lr'] / (1.0 + group['lambd'] * group['lr'] * S['t']) ** group['alpha']"),
        Bug("no decay by lambd", "ASGD.update", "K * X - E * D", "X - E * D"),
        Bug("the average from the start", "ASGD.update", "max(1.0, T - G['t0'])", "T"),
        Bug("the average starts at 0", "ASGD.update", "A = theta", "pass"),
    ],
    "base/optimizer.py": [
        Bug("maximize ignored", "Optimizer", "[-D for D in G]", "G"),
        Bug("a missing gradient is 0", "Optimizer", "B.gradient()",
            "B.gradient() or [0.0] * B.size", PATHS),
        Bug("a group's own ignored", "Optimizer.add_param_group", "G.get(N, D)", "D", PATHS),
        Bug("schedules a step late", "Optimizer", "self.steps + 1", "self.steps", PATHS),
    ],
    "base/state_dicts.py": [
        Bug("state not loaded", "load_state_dict", "B.state = S", "pass", RESUMED),
    ],
}
# fmt: on


def turns_red(copy, tests):
    """Whether a test fails in the copy. Those with pytorchs in their names compare with PyTorch."""
    paths = f"{copy}{os.pathsep}{copy / 'tests'}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-qx", "-k", "not pytorchs", *tests],
        cwd=copy / "tests" / "optim",
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):  # no tests, or none that could be run
        sys.exit(done.stdout + done.stderr)
    return done.returncode == 1


def survives(bug, path, copy):
    source = path.read_text(encoding="utf-8")
    path.write_text(ast.unparse(planted(source, bug)[0]), encoding="utf-8")
    try:
        return not turns_red(copy, [bug.test or HAND])
    finally:
        path.write_text(source, encoding="utf-8")


def main():
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("micrograd_opt", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        if turns_red(copy, [HAND, PATHS, RESUMED, LECTURE, BASE]):
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
