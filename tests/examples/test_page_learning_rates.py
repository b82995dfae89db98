"""06_learning_rates: too low stays at guessing, right falls far below, too high stays above."""

import math

import pytest

from exercises import learning_rates


@pytest.fixture(scope="module")
def losses(run):
    page = run("06_learning_rates")
    assert (page.folder / "learning_rates.png").exists()
    return {name: history["loss"] for name, history in page.names["histories"].items()}


def test_the_curves_are_what_the_page_says(losses):
    ends = [curve[-1] for curve in losses.values()]
    assert ends[:4] == pytest.approx([2.299, 1.898, 0.084, 2.366], abs=6e-4)
    assert ends[4] == pytest.approx(10.4, abs=0.5)  # the last bits of a Python are enough for 0.04
    assert abs(ends[0] - math.log(10)) < 0.01 and ends[3] > math.log(10)


def test_a_swapped_answer_is_told_how_many_are_wrong():
    swapped = {"A": 0.05, "B": 0.001, "C": 5.0, "D": 0.5}
    assert learning_rates.check(swapped) == "not yet: 2 of 4 are wrong"
    assert learning_rates.check(None).startswith("not yet: write a dict")


def test_the_letters_are_in_the_order_of_their_rates():
    ends = {rate: learning_rates.curve(letter)[-1] for letter, rate in learning_rates.RATES.items()}
    assert ends[5.0] > math.log(10) > ends[0.05] > ends[0.5] and ends[0.001] > ends[0.05]
