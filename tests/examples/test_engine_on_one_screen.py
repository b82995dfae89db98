"""examples/00_engine.py imports nothing, and computes what the library computes, to the bit."""

import ast
import runpy
from pathlib import Path

import pytest

from micrograd_opt import Value

PAGE = Path(__file__).parents[2] / "examples" / "00_engine.py"


@pytest.fixture(scope="module")
def page():
    return runpy.run_path(str(PAGE))


def descend(page, leaf, backward):
    """The parameters after each step, as numbers."""
    theta = [leaf(number) for number in page["START"]]
    for _ in range(page["STEPS"] + 1):
        loss = page["loss_of"](theta, leaf)
        backward(loss)
        theta = [leaf(p.data - page["ALPHA"] * p.grad) for p in theta]
        yield [p.data for p in theta]


def test_it_imports_nothing_and_fits_a_screen():
    source = PAGE.read_text(encoding="utf-8")
    kinds = {type(node) for node in ast.walk(ast.parse(source))}
    assert not {ast.Import, ast.ImportFrom} & kinds
    assert len(source.splitlines()) < 100


def test_every_step_is_the_librarys_to_the_bit(page):
    mine = list(descend(page, page["Node"], page["backward"]))
    assert mine == list(descend(page, Value, Value.backward))
    assert mine[-1] == [p.data for p in page["theta"]]


def test_what_the_page_says_of_its_run(page):
    theta = [p.data for p in page["theta"]]
    assert page["still"] == [2, 5, 8, 11]  # the third neuron: no line of XOR makes it positive
    assert page["loss_of"]([page["Node"](x) for x in theta], page["Node"]).data < 5e-5
