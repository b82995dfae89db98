"""04_critical_points: the eigenvalues are those of theory; the walks end where they must."""

import math

import pytest

from exercises import critical_points


@pytest.fixture(scope="module")
def names(run):
    return run("04_critical_points").names


def test_the_eigenvalues_at_the_saddle_and_its_minima(names):
    eigenvalues, saddle = names["eigenvalues"], names["saddle"]
    assert eigenvalues(saddle, 0.0, 0.0) == pytest.approx((-1.0, 1.0))
    assert eigenvalues(saddle, 0.0, 1.0) == pytest.approx((1.0, 2.0))  # −1 + 3y² = 2


def test_eigenvalues_of_a_hessian_that_is_not_diagonal(names):
    def f(x, y):
        return x * x + 4.0 * x * y + y * y  # H = [[2, 4], [4, 2]]

    assert names["eigenvalues"](f, 0.3, -0.7) == pytest.approx((-2.0, 6.0))


def test_the_kinds_by_their_signs(names):
    kinds = [names["kind"](*pair) for pair in [(1, 2), (-2, -1), (-1, 1), (0, 0), (0, 1)]]
    assert kinds == ["minimum", "maximum", "saddle", "not said", "not said"]


def test_only_the_walk_beside_the_ridge_leaves_the_saddle(names):
    (ridge, beside) = names["walks"].values()
    assert ridge[-1] == pytest.approx((0.0, 0.0), abs=1e-4) and ridge[-1][1] == 0.0
    assert beside[-1] == pytest.approx((0.0, 1.0), abs=1e-4)
    growth = [b[1] / a[1] for a, b in zip(beside[:10], beside[1:10], strict=False)]
    assert growth == pytest.approx([1.1] * len(growth), rel=1e-4)  # 1 − α·(−1)
    assert math.isclose(ridge[50][0], 0.9**50)


def test_a_wrong_kind_is_counted():
    kinds = dict.fromkeys(critical_points.answer, "saddle")
    assert critical_points.check(kinds).startswith("not yet: 2 of 4")
    assert critical_points.check(None).startswith("not yet: write a dict")
