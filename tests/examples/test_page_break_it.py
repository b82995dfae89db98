"""19_break_it: every bug shows, the right numbers are right, and three are refused."""

import inspect
import math

import pytest

import micrograd_opt as mo
from exercises import break_it
from solutions import break_it as solution


@pytest.fixture(scope="module")
def bugs(run):
    return {bug.__name__: bug() for bug in run("19_break_it").names["BUGS"]}


def test_the_numbers_are_those_of_theory(bugs):
    shown = {name: pair for name, pair in bugs.items() if not isinstance(pair[0], str)}
    assert len(bugs) == 12 and len(shown) == 9
    assert shown["zero_grad_forgotten"] == (4.0, 2.0)
    assert shown["gradient_set_instead_of_added"] == (3.0, 6.0)
    assert shown["order_ignored"] == (6.0, 4.0)
    assert shown["no_bias_correction"] == pytest.approx((0.1 / math.sqrt(0.001), 1.0))
    assert shown["eps_inside_the_root"] == pytest.approx((1 / math.sqrt(101), 1 / 1.001))
    assert math.isnan(shown["softmax_without_the_maximum"][0])
    assert shown["sum_for_a_mean"] == pytest.approx((40.0, 2.0))
    assert shown["dropout_left_on"] == (pytest.approx(4.126, abs=1e-3), 0.0)
    assert shown["labels_shuffled_apart"] == pytest.approx((26 / 14, 2.0))


def test_the_right_numbers_are_the_librarys():
    p = mo.Value(1.0)
    q = p + p
    (q + q).backward()
    assert p.grad == 4.0
    x = mo.Value(0.0)
    optimizer = mo.optim.Adam([x], lr=1.0)
    x.grad = 1e-5
    optimizer.step()
    assert -x.data == pytest.approx(1 / 1.001)


def test_three_are_refused_with_the_reason(bugs):
    assert "was changed after" in bugs["data_edited_before_backward"][0]
    assert "no parameter has a gradient" in bugs["step_without_backward"][0]
    refused, right = bugs["labels_scaled_with_the_inputs"]
    assert "label 0.0625 at place 0 is not one of 0 … 1" in refused
    assert right == pytest.approx(math.log1p(math.exp(-2.0)))


@pytest.mark.parametrize("left", ["w.grad = 0.0", " / len(POINTS)", "- alpha"])
def test_with_one_bug_left_it_is_not_right(left):
    source = inspect.getsource(solution.answer)
    mended = {"w.grad = 0.0": "pass", " / len(POINTS)": "", "- alpha": "+ alpha"}[left]
    assert left in source
    names = {"mo": mo, "POINTS": break_it.POINTS}
    exec(source.replace(left, mended), names)
    assert break_it.check(names["answer"]).startswith("not yet: α 0.02, μ 0.0: w after step")


def test_a_path_that_is_cut_short_is_not_right():
    for path in (None, [], solution.answer()[:3]):
        assert break_it.check(lambda alpha, mu, steps, path=path: path).startswith("not yet: it")
    assert break_it.check(None).startswith("not yet: write a function")
