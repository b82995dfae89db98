"""07_schedules: the rates at the ends as the lecture has them, and the noise of a constant rate."""

import math

import pytest

from exercises import schedules


@pytest.fixture(scope="module")
def page(run):
    return run("07_schedules")


def test_the_first_and_the_last_rate_are_the_lectures(page):
    linear, cosine = (page.names["LECTURE"][name] for name in ("linear decay", "cosine"))
    assert linear(0) == cosine(0) == 0.5
    assert linear(209) == pytest.approx(0.5 / 210, rel=1e-12)
    assert cosine(209) == pytest.approx(0.25 * (1 + math.cos(math.pi * 209 / 210)), rel=1e-12)
    assert "0.5000   0.002381" in page.printed and "0.5000   0.000028" in page.printed


def test_a_warmup_starts_with_a_part_and_then_is_the_cosine(page):
    warm = page.names["LECTURE"]["warmup, cosine"]
    assert [warm(0), warm(19), warm(20)] == pytest.approx([0.5 / 20, 0.5, 0.5])


def test_a_constant_rate_ends_at_the_distance_of_its_noise(page):
    """The variance of θ settles at α/(2 − α) in each of the 20 numbers."""
    tail = page.names["curves"]["constant"][60:]
    assert sum(tail) / len(tail) == pytest.approx(math.sqrt(20 * 0.5 / 1.5), rel=0.05)
    small = page.names["curves"]["constant, small"]
    assert small[20] == pytest.approx(math.sqrt(2000) * 0.98**20, rel=0.01)


def test_what_falls_is_soon_near_and_ends_nearer_than_either_constant(page):
    curves = page.names["curves"]
    for name in ("linear decay", "cosine", "warmup, cosine"):
        assert curves[name][20] < 3.0 < 29.0 < curves["constant, small"][20]
        assert curves[name][-1] < curves["constant, small"][-1] < curves["constant"][-1]
    ends = [curves[name][-1] for name in ("linear decay", "cosine")]
    assert ends == pytest.approx([0.66, 0.57], abs=5e-3)


def test_pytorchs_class_gives_the_functions_rate(page):
    assert page.names["in_force"] == pytest.approx(page.names["LECTURE"]["cosine"](150), rel=1e-12)


@pytest.mark.parametrize(
    "answer, told",
    [
        (None, "expected a function"),
        (lambda i: 1.0, "after step i = 1"),
        (lambda i: 1.0 / (i + 2), "after step i = 0"),  # the start counts as a point
        (lambda i: 1.0 / (i * i + 1), "after step i = 2"),
        (lambda i: 1.0 / i, "ZeroDivisionError"),
        (lambda i: None, "lr must be"),
    ],
)
def test_other_answers_are_told_what_is_wrong(answer, told):
    finding = schedules.check(answer)
    assert finding.startswith("not yet") and told in finding
