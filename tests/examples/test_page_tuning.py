"""12_tuning: kα for kB is exact for a linear loss, off by O(α²) else, and breaks at 2/curvature."""

import math

import pytest

from exercises import tuning


@pytest.fixture(scope="module")
def page(run):
    return run("12_tuning")


def test_the_rule_is_exact_for_a_linear_loss(page):
    assert max(page.names["errors"]["linear loss"]) < 1e-15


def test_half_the_rate_makes_a_quarter_of_the_error_else(page):
    first, second, third = page.names["errors"]["cross-entropy"]
    assert first > 1e-3
    assert [first / second, second / third] == pytest.approx([4.0, 4.0], rel=0.05)


def test_it_holds_until_the_rate_exceeds_what_the_curvature_bears(page):
    scaled, alone = page.names["losses"]["kα for kB"], page.names["losses"]["α for kB"]
    assert scaled[:6] == pytest.approx([scaled[0]] * 6, rel=0.03)
    assert scaled[6] > 2.5 * scaled[0]
    assert 2 / page.names["curvature"] == pytest.approx(1.88, abs=0.01)  # between 1.6 and 3.2
    assert alone == sorted(alone) and alone[1] > 1.5 * alone[0]


def test_the_rate_counts_more_than_momentum_or_beta(page):
    curves, race = page.names["curves"], page.names["race"]
    rates = page.names["RATES"]
    best = {name: race.rate(name) for name in curves}
    at_best = {name: curves[name][rate] / page.names["line"].lowest for name, rate in best.items()}
    costs = {
        name: curves[name][rates[rates.index(rate) - 2]] / curves[name][rate]
        for name, rate in best.items()
    }
    assert all(1.0 <= at_best[name] < 1.07 for name in at_best if name != "μ = 0.99")
    assert at_best["μ = 0.99"] > 1.5
    assert costs.pop("μ = 0.9") == pytest.approx(1.3, abs=0.05)
    del costs["μ = 0.99"]
    assert [min(costs.values()), max(costs.values())] == pytest.approx([2.7, 7.6], abs=0.1)
    assert math.isinf(curves["sgd"][3.0]) and curves["adam"][3.0] < 0.2


@pytest.mark.parametrize(
    "answer, told",
    [
        (None, "expected a rate"),
        (-0.1, "at least 0"),
        (0.05, "yours to 0.900000, not far enough"),
        (0.172, "yours to 0.656000, too far"),
        (0.2, "yours to 0.600000, too far"),
        (2 * 0.17195, "too far"),
    ],
)
def test_other_answers_are_told_what_is_wrong(answer, told):
    finding = tuning.check(answer)
    assert finding.startswith("not yet") and told in finding
