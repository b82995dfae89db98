"""What becomes of each change in `changes.py`: a column of the table is a function of a Case.

`report()` prints what is not as the table says, on any Python, without pytest.
"""

import math
import random

import micrograd_opt as mo
from changes import ERROR, REFUSED, RIGHT, ROWS, W
from micrograd_opt.compiler import StaleProgramError

X = mo.randn(3, 2, rng=random.Random(1))
CALLS = 16


def outcome(function, parameters):
    """The loss and all gradients of one call, from the same random numbers each time."""
    random.seed(0)
    for p in parameters:
        p.grad = None
    result = function(X)
    if result.requires_grad:
        result.backward()
    gradients = [0.0 if p.grad is None else list(p.grad.flat) for p in parameters]
    return [result.item(), *gradients]


def agree(found, expected):
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(agree, found, expected))
    if isinstance(found, list) or isinstance(expected, list):
        return False
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


def trained(case):
    return case.model.parameters() if case.model is not None else [W]


def compiled_says(case):
    """What `compile` makes of a change."""
    compiled, parameters = mo.compile(case.function), trained(case)
    try:
        for _ in range(3):
            if not agree(outcome(compiled, parameters), outcome(case.function, parameters)):
                return "wrong before the change"
    except TypeError as error:
        text = str(error)
        return REFUSED if text.startswith("compile: ") and "argument" in text else text
    case.change()
    parameters = list(dict.fromkeys([*parameters, *trained(case)]))
    wrong = []
    for call in range(1, CALLS + 1):
        try:
            found = outcome(compiled, parameters)
        except StaleProgramError as error:
            return ERROR if "compile=False" in str(error) else str(error)
        if not agree(found, outcome(case.function, parameters)):
            wrong.append(call)
    return f"wrong in silence, in calls {wrong}" if wrong else RIGHT


class Still(mo.optim.SGD):
    """It asks for the loss and moves nothing, so that only a change changes the losses."""

    def step(self, closure=None):
        return closure()


def fit_says(case, compile):
    """What `fit` makes of it, in epochs of one batch: the change comes after the fourth."""
    expected = [None]

    def change(history):
        if len(history) == 4:
            case.change()
        if case_is_compiled(history):
            random.seed(len(history))
            expected.append(case.function(X).item())
        random.seed(len(history))

    def case_is_compiled(history):
        return any(line.startswith("compiled") for line in history.compiled)

    def model(x):
        return case.function(x)

    loader = mo.data.DataLoader(mo.data.TensorDataset(X, mo.zeros(3)), batch_size=3)
    try:
        history = mo.fit(model, lambda output, y: output, Still(trained(case), lr=0.0), loader,
                         epochs=4 + CALLS, progress=False, callbacks=[change],
                         compile=compile)  # fmt: skip
    except StaleProgramError as error:
        return ERROR if "compile=False" in str(error) else str(error)
    except TypeError as error:
        text = str(error)
        return REFUSED if text.startswith("compile: ") and "argument" in text else text
    if not case_is_compiled(history):
        return RIGHT  # it ran as it is written
    wrong = [i for i in range(1, 4 + CALLS) if not agree(history.step_losses[i], expected[i])]
    return f"wrong in silence, in steps {wrong}" if wrong else RIGHT


COLUMNS = {
    "compile": compiled_says,
    "fit": lambda case: fit_says(case, None),
    "fit(compile=True)": lambda case: fit_says(case, True),
}


def as_expected(column, expected):
    """By default fit is right for every row, since it compiles nothing of the user's."""
    return RIGHT if column == "fit" else expected


def report():
    """Print a line for each row that is not as the table says, but for what is not installed."""
    for name, (expected, make) in ROWS.items():
        for column, says in COLUMNS.items():
            try:
                found = says(make())
            except ImportError:
                continue
            if found != as_expected(column, expected):
                print(f"{column}, {name}: {found}, expected {expected}")
