"""The bugs that `mutations.py` plants can be planted: the script does not rot unseen."""

import ast

import pytest
from mutations import BUGS, HAND, OPTIM, ROOT

from planting import function_in, planted

ALL = [(file, bug) for file, bugs in BUGS.items() for bug in bugs]


@pytest.mark.parametrize("file, bug", ALL, ids=lambda x: getattr(x, "what", x))
def test_a_bug_can_be_planted_changes_the_code_and_still_compiles(file, bug):
    source = (ROOT / OPTIM / file).read_text(encoding="utf-8")
    tree, function = planted(source, bug)
    assert ast.unparse(function) != ast.unparse(function_in(ast.parse(source), bug.function))
    compile(ast.unparse(tree), file, "exec")  # or any test would turn red
    assert (ROOT / "tests" / "optim" / (bug.test or HAND)).exists()
