"""The bugs that `mutations.py` plants can be planted: the script does not rot unseen."""

import ast

import pytest
from mutations import BUGS, OPTIM, ROOT

ALL = [(file, bug) for file, bugs in BUGS.items() for bug in bugs]


@pytest.mark.parametrize("file, bug", ALL, ids=lambda x: getattr(x, "what", x))
def test_the_text_that_a_bug_replaces_is_there_once(file, bug):
    source = (ROOT / OPTIM / file).read_text(encoding="utf-8")
    assert source.count(bug.old) == 1 and bug.new != bug.old
    ast.parse(source.replace(bug.old, bug.new))  # or any test would turn red
    assert (ROOT / "tests" / "optim" / bug.test).exists()
