"""Every page has the same form, and its exercise is open and can be solved."""

import ast
import importlib
import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = sorted(path.stem for path in EXAMPLES.glob("[0-9][0-9]_*.py"))
EXERCISES = sorted(path.stem for path in (EXAMPLES / "exercises").glob("*.py"))
SECTIONS = ["SLIDE", "WHAT", "FORMULA", "PREDICT", "NOTICE", "EXERCISE"]


def docstring(name):
    return ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [page for page in PAGES if page[3:] in EXERCISES])
def test_a_page_has_the_form_of_all_pages(name):
    assert re.findall(r"^([A-Z]+)  ", docstring(name), re.MULTILINE) == SECTIONS
    assert f"exercises/{name[3:]}.py" in docstring(name)
    assert f"python examples/{name}.py [FOLDER]" in docstring(name)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_open_and_can_be_solved(name):
    exercise = importlib.import_module(f"exercises.{name}")
    solution = importlib.import_module(f"solutions.{name}")
    assert not exercise.check(exercise.answer).startswith("right")
    assert exercise.check(solution.answer).startswith("right")
