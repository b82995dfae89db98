"""15_newton: one step in the valley, a few on Rosenbrock's function, and the price of each."""

import pytest

from exercises import newton


@pytest.fixture(scope="module")
def page(run):
    return run("15_newton")


def test_one_step_ends_at_the_bottom_of_the_valley(page):
    assert (page.names["x"], page.names["y"]) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_newton_is_there_first_even_by_gradients(page):
    rows = {row["name"]: row for row in page.names["race"].rows()}
    assert (rows["newton"]["evaluations"], rows["newton"]["steps"]) == (15, 5)  # 1 + 2 a step
    assert rows["lbfgs"]["evaluations"] == 60
    assert all(rows[name]["evaluations"] is None for name in ("sgd", "momentum", "adam"))


def test_the_prices_are_those_of_the_formula(page):
    (row,) = [line.split() for line in page.printed.splitlines() if line.endswith("digits")]
    assert row == ["2,410", "2,411", "5,808,100", "5e+09", "digits"]


def test_a_gradient_step_is_not_the_answer():
    assert newton.check((1.0, 2.0)).startswith("not yet: the gradient there has the length")
    assert newton.check(None).startswith("not yet: write")
