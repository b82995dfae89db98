"""The pages of the lecture as a notebook, lecture.ipynb: text, then code, page after page.

    python examples/notebook.py      writes it anew beside this file
"""

import ast
import json
import re
from pathlib import Path

FOLDER = Path(__file__).parent
HEADING = "# Lecture 6: Optimization\n\nPredict before you run. Start Jupyter in this folder."
SECTION = re.compile(r"^([A-Z]{4,}) +", re.MULTILINE)
SHOWN = (  # what a page saves, a cell shows
    (r'^save\((.+), "[\w.]+"\)$', r"\1"),
    (r"^from page import save\n", ""),
    (r"^(from page import .+), save$", r"\1"),
)


def pages():
    """The scripts with a slide of the lecture, and the one on the engine before them."""
    paths = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
    return [path for path in paths if "\nFORMULA " in path.read_text(encoding="utf-8")]


def cells(path):
    """Two cells: the docstring as text, and the code; its last figure shows itself."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    text = ast.get_docstring(tree)
    title, _, rest = text.rpartition("\n\n")[0].partition("\n\n")  # without the command line
    lines = "\n".join(map(str.strip, rest.split("\n")))
    yield "markdown", f"## {path.stem}: {title}\n" + SECTION.sub(r"\n**\1** ", lines)
    code = "\n".join(source.split("\n")[tree.body[0].end_lineno :]).strip()
    for pattern, shown in SHOWN:
        code = re.sub(pattern, shown, code, flags=re.MULTILINE)
    yield "code", code


def notebook():
    """The notebook as text, in nbformat 4.5."""
    all_cells = [("markdown", HEADING), *[cell for path in pages() for cell in cells(path)]]
    empty = {"markdown": {}, "code": {"execution_count": None, "outputs": []}}
    content = {
        "cells": [
            {"cell_type": kind, "id": f"cell{i}", "metadata": {}, **empty[kind],
             "source": text.splitlines(keepends=True)}
            for i, (kind, text) in enumerate(all_cells)
        ],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print((FOLDER / "lecture.ipynb").write_text(notebook(), encoding="utf-8"), "characters")
