"""02_gradient_descent: the paths are those of the formula; the fastest rate is 2/(λ₁ + λ₂)."""

import pytest

from exercises import gradient_descent


@pytest.fixture(scope="module")
def page(run):
    return run("02_gradient_descent")


def test_each_path_is_that_of_the_formula(page):
    paths, rates = page.names["paths"], page.names["RATES"]
    for points, alpha in zip(paths.values(), rates.values(), strict=True):
        for k, (x, y) in enumerate(points):
            assert x == pytest.approx((1 - alpha) ** k, rel=1e-9)
            assert y == pytest.approx((1 - 10 * alpha) ** k, rel=1e-9)


def test_the_table_says_what_the_page_says(page):
    right = page.names["paths"]["α = 0.182, right"][-1]
    assert max(map(abs, right)) == pytest.approx((9 / 11) ** 40)
    assert abs(page.names["paths"]["α = 0.21, too high"][-1][1]) > 40
    assert "α = 0.182, right" in page.printed


@pytest.mark.parametrize("alpha", [0.01, 1 / 50, 0.0385 * 1.02, 0.04])
def test_another_rate_is_not_the_answer(alpha):
    assert gradient_descent.check(alpha).startswith("not yet")
