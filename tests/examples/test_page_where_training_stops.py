"""17_where_training_stops: no critical point; the eigenvalues are those of the Hessian."""

import random

import pytest

from exercises import where_training_stops


@pytest.fixture(scope="module")
def names(run):
    return run("17_where_training_stops").names


def test_the_eigenvalues_of_a_matrix_that_is_known(names):
    assert names["eigenvalues"]([[2.0, 4.0], [4.0, 2.0]]) == pytest.approx([-2.0, 6.0])
    rng = random.Random(0)
    rows = [[rng.gauss(0.0, 1.0) for _ in range(6)] for _ in range(6)]
    symmetric = [[rows[i][j] + rows[j][i] for j in range(6)] for i in range(6)]
    found = names["eigenvalues"](symmetric)
    trace = sum(symmetric[i][i] for i in range(6))
    assert sum(found) == pytest.approx(trace)
    squares = sum(x * x for row in symmetric for x in row)
    assert sum(x * x for x in found) == pytest.approx(squares)


def test_the_hessian_is_symmetric_and_its_trace_is_the_sum_of_the_eigenvalues(names):
    hessian = names["hessian"]()
    assert len(hessian) == 33
    for i, row in enumerate(hessian):
        assert row == pytest.approx([other[i] for other in hessian], abs=1e-12)
    assert sum(names["spectrum"]) == pytest.approx(sum(hessian[i][i] for i in range(33)))


def test_it_is_no_critical_point_and_mostly_flat(names):
    assert names["norms"][-1] == pytest.approx(names["gradient_norm"]())
    assert 0.001 < names["norms"][-1] < names["norms"][0] / 50
    assert names["flat"] == 20 and sum(value < 0.0 for value in names["spectrum"]) == 6


def test_an_entry_of_the_matrix_is_not_the_answer():
    check = where_training_stops.check
    assert check(lambda times_h, n: times_h([1.0] + [0.0] * (n - 1))[0]).startswith("not yet: it")
    assert check(lambda times_h, n: [times_h([1.0] * n) for _ in range(301)] and 3.0).startswith(
        "not yet: it gives 3.0000 where 7.5"
    )
    assert check(None).startswith("not yet: write")
    assert check(lambda times_h, n: None).startswith("not yet: it must return a number")
