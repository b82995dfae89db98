"""What becomes of each change in `changes.py`: a column of the table is a function of a Case.

`report()` prints what is not as the table says, on any Python, without pytest.
"""

import math
import random

from changes import ERROR, REFUSED, RIGHT, ROWS, W

import micrograd_opt as mo
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
    gradients = [0.0 if p.grad is None else p.grad.flat for p in parameters]
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


COLUMNS = {"compile": compiled_says}


def report():
    """Print a line for each row that is not as the table says, but for what is not installed."""
    for name, (expected, make) in ROWS.items():
        for column, says in COLUMNS.items():
            try:
                found = says(make())
            except ImportError:
                continue
            if found != expected:
                print(f"{column}, {name}: {found}, expected {expected}")
