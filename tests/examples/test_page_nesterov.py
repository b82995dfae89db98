"""09_nesterov: φ = θ − αμg to 1e-12 for a constant α, and by how much not under a schedule."""

from fractions import Fraction

import pytest

import micrograd_opt as mo
from exercises import nesterov
from solutions.nesterov import Nesterov


@pytest.fixture(scope="module")
def page(run):
    return run("09_nesterov")


def test_the_common_form_stores_the_lectures_point_ahead(page):
    walk = page.names["walks"]["constant"]
    for _, ahead, phi in walk:
        assert phi == pytest.approx(ahead, abs=1e-12)
    assert max(abs(theta[1] - phi[1]) for theta, _, phi in walk) > 0.1


@pytest.mark.parametrize("name", ["linear decay", "cosine", "warmup, cosine"])
def test_in_the_first_step_of_a_schedule_they_differ_by_the_change_of_alpha(page, name):
    """At (1, 1) the gradient of ½(x² + 10y²) is (1, 10), and the memory is just that."""
    alpha = page.names["RATES"][name]
    first = abs(alpha(1) - alpha(0)) * 0.8 * 10.0
    assert page.names["gaps"][name][0] == pytest.approx(first, rel=1e-9)


def test_the_page_says_how_much_it_comes_to(page):
    gaps = page.names["gaps"]
    assert gaps["linear decay"][0] == pytest.approx(0.006)
    largest = {name: max(gap) for name, gap in gaps.items()}
    assert largest["linear decay"] == pytest.approx(0.012, abs=5e-4)
    assert largest["warmup, cosine"] == pytest.approx(0.16, abs=5e-3)
    assert "linear decay       6.0e-03   1.2e-02" in page.printed


def test_the_steps_at_a_condition_number_of_100_are_the_published_ones(page):
    assert page.names["steps_needed"] == 157


def test_the_heavy_ball_circles_through_the_published_points(page):
    ball, nesterov = page.names["tracks"].values()
    cycle = [float(Fraction(n, 1225)) for n in (-2208, 2592, 792)]
    assert ball[-3:] == pytest.approx(cycle, abs=1e-6)
    assert abs(nesterov[-1]) < 1e-12


def updating(rule):
    """The solution's class with another update."""
    return type("Mine", (Nesterov,), {"update": rule})


def plain(self, phi, g, state, group):
    b = state["b"] = [group["momentum"] * b + d for b, d in zip(state["b"], g, strict=True)]
    return [x - group["lr"] * b for x, b in zip(phi, b, strict=True)]


def forgetful(self, phi, g, state, group):
    stretch = group["lr"] * (1.0 + group["momentum"])
    return [x - stretch * d for x, d in zip(phi, g, strict=True)]


def test_the_stub_and_other_classes_are_told_what_is_wrong():
    assert "without μ: g + b in place of g + μb" in nesterov.check(nesterov.answer)
    assert "plain momentum where Nesterov's was asked for" in nesterov.check(updating(plain))
    assert "Mine departs from SGD in step 2" in nesterov.check(updating(forgetful))
    assert nesterov.check(mo.optim.LectureNesterov).startswith("not yet")
    assert nesterov.check(None) == "not yet: expected your class, got None"
