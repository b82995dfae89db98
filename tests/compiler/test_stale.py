"""The table of stale programs: each kind of change is seen, raises an error, or is refused."""

import functools
import operator
import types
from pathlib import Path

import pytest
from test_export import alone, interpreter

from changes import ROWS, loss
from micrograd_opt import Tensor
from micrograd_opt.compiler import compile
from verdicts import COLUMNS, as_expected

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("expected, make", ROWS.values(), ids=ROWS)
def test_a_change_is_seen_or_said(expected, make, column):
    try:
        case = make()
    except ImportError as error:
        pytest.skip(str(error))
    assert COLUMNS[column](case) == as_expected(column, expected)


def test_the_table_has_all_kinds():
    assert len(ROWS) >= 75


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_pythons_say_the_same(version):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} found on this machine")
    program = "import sys; sys.path[:0] = sys.argv[1:]; import verdicts; verdicts.report()"
    assert alone(python, "-c", program, TESTS, TESTS.parent).strip() == ""


def test_values_that_come_back_find_their_programs_again():
    cfg = types.SimpleNamespace(l2=0.01)
    compiled, x = compile(lambda x: loss(x, cfg.l2)), Tensor([[1.0, 2.0]])
    found = []
    for l2 in (0.01, 1.0, 0.01, 1.0, 0.01):
        cfg.l2 = l2
        found.append(compiled(x).item())
    assert compiled.programs == 2 and found[0] == found[2] == found[4] != found[1]


def test_what_the_function_does_not_read_may_change():
    cfg = {"l2": 0.01, "step": 0}
    compiled, x = compile(lambda x: loss(x, cfg["l2"])), Tensor([[1.0, 2.0]])
    for step in range(5):
        cfg["step"], cfg[f"note {step}"] = step, step
        compiled(x)
    assert compiled.programs == 1


def test_an_equal_number_is_no_change():
    cfg = types.SimpleNamespace(l2=0.01)
    compiled, x = compile(lambda x: loss(x, cfg.l2)), Tensor([[1.0, 2.0]])
    for k in range(1, 5):
        cfg.l2 = 0.01 * k / k
        compiled(x)
    assert compiled.programs == 1


def test_a_new_object_is_another_even_where_an_old_one_was():
    """Each partial is freed before the next is made, which then has its place in memory."""
    cfg, x = types.SimpleNamespace(), Tensor([[1.0, 2.0]])
    compiled = compile(lambda x: loss(x, cfg.scaled(2.0)))
    for k in range(15):
        cfg.scaled = functools.partial(operator.mul, float(k))
        assert compiled(x).item() == pytest.approx(loss(x, 2.0 * k).item(), rel=1e-12)


def test_a_value_that_is_another_in_each_call_is_warned_of_once():
    cfg, x = types.SimpleNamespace(l2=0.0), Tensor([[1.0, 2.0]])
    compiled = compile(lambda x: loss(x, cfg.l2))
    with pytest.warns(UserWarning, match="cfg.l2, which the function reads, changes") as warned:
        for k in range(40):
            cfg.l2 = 0.01 * k
            compiled(x)
    assert len(warned) == 1 and warned[0].filename == __file__
