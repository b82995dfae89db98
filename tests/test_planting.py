"""Planted bugs are found by the shape of the code: a renamed local is no matter."""

import ast
import re

import pytest

from planting import Bug, function_in, planted

SOURCE = """
class Rule:
    def update(self, theta, g, state, lr):
        m = [0.9 * a + 0.1 * b for a, b in zip(state["m"], g)]  # the mean
        state.update(t=1, m=m)
        lr = lr / (1.0 + 0.1) - lr * 1.0
        return [x - lr * d for x, d in zip(theta, m)]

def other(a):
    return a + 1
"""


def update_with(before, after, nth=None, source=SOURCE, function="Rule.update"):
    """The lines of the function with the bug in it."""
    return ast.unparse(planted(source, Bug("", function, before, after, nth=nth))[1])


@pytest.mark.parametrize(
    "before, after, line",
    [
        (
            "[X - L * D for X, D in Z]",
            "[X + L * D for X, D in Z]",
            "return [x + lr * d for x, d in zip(theta, m)]",
        ),
        ("A * B + C * D", "C * D", "m = [0.1 * b for a, b in zip(state['m'], g)]"),
        ("0.9", "0.8", "m = [0.8 * a + 0.1 * b for a, b in zip(state['m'], g)]"),
        ("S['m']", "g", "m = [0.9 * a + 0.1 * b for a, b in zip(g, g)]"),
        ("zip(theta, M)", "zip(M, theta)", "return [x - lr * d for x, d in zip(m, theta)]"),
        ("X / (1.0 + Y) - X * 1.0", "X * Y", "lr = lr * 0.1"),
        ("S.update(..., m=M)", "S.update(..., m=g)", "state.update(m=g, t=1)"),
        ("S.update(t=1, m=M)", "pass", "pass"),
        ("return X", "return theta", "return theta"),
    ],
)
def test_a_piece_becomes_another_and_nothing_else_does(before, after, line):
    plain = ast.unparse(function_in(ast.parse(SOURCE), "Rule.update")).splitlines()
    pairs = zip(update_with(before, after).splitlines(), plain, strict=True)
    assert [new.strip() for new, old in pairs if new != old] == [line]


def test_a_renamed_local_changes_nothing():
    renamed = re.sub(r"\b[abmxd]\b", r"\g<0>_new", SOURCE)
    line = update_with("A * X + B * D", "A * X - B * D", source=renamed).splitlines()[1]
    assert line.strip().startswith("m_new = [0.9 * a_new - 0.1 * b_new for a_new, b_new in")


def test_of_several_pieces_the_nth_is_meant_as_one_reads():
    assert "0.9 - a + 0.1 * b" in update_with("A * B", "A - B", nth=1)
    assert "0.9 * a + (0.1 - b)" in update_with("A * B", "A - B", nth=2)
    assert "x - (lr - d)" in update_with("A * B", "A - B", nth=4)


@pytest.mark.parametrize(
    "function, before, nth, message",
    [
        ("Rule.step", "A", 1, "0 definitions of Rule.step"),
        ("Rules.update", "A", 1, "0 definitions of Rules.update"),
        ("Rule.update", "sqrt(A)", None, "has 0 times"),
        ("Rule.update", "A * A", None, "has 0 times"),
        ("Rule.update", "A * B", None, "has 4 times"),
        ("Rule.update", "A * B", 5, "has 4 times"),
        ("Rule.update", "F(..., s=A)", None, "has 0 times"),
    ],
)
def test_a_bug_that_fits_no_longer_is_an_error(function, before, nth, message):
    with pytest.raises(LookupError, match=message):
        update_with(before, "0.0", nth, function=function)
