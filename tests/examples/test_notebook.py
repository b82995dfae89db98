"""lecture.ipynb is what notebook.py makes of the pages; each cell is the page's own code."""

import ast
import json
from pathlib import Path

import pytest

import notebook

CELLS = json.loads(notebook.notebook())["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_the_notebook_is_the_pages_as_they_are():
    written = (Path(notebook.__file__).parent / "lecture.ipynb").read_text(encoding="utf-8")
    assert written == notebook.notebook(), "run python examples/notebook.py"


def test_it_has_every_page_of_the_lecture_in_order():
    headings = ["".join(cell["source"]).split(":")[0] for cell in CELLS if
                cell["cell_type"] == "markdown"][1:]  # fmt: skip
    assert headings == [f"## {path.stem}" for path in notebook.pages()]
    assert len(headings) == len(CODE) == 20


@pytest.mark.parametrize("path, code", list(zip(notebook.pages(), CODE, strict=True)), ids=lambda x:
                         x.stem if isinstance(x, Path) else "")  # fmt: skip
def test_a_cell_is_the_page_whose_figure_shows_itself(path, code):
    tree = ast.parse(code)
    assert "save(" not in code
    page = ast.parse(path.read_text(encoding="utf-8"))
    assert len(tree.body) in (len(page.body) - 1, len(page.body) - 2)  # docstring, import of save
    if path.stem != "00_engine":
        assert isinstance(tree.body[-1], ast.Expr)  # the figure is the cell's value
