"""18_bad_curves: what is bad stays far above the mended run; the causes are told apart."""

import math

import pytest

from exercises import bad_curves


@pytest.fixture(scope="module")
def page(run):
    return run("18_bad_curves")


def test_the_table_holds_what_the_page_says(page):
    lines = page.printed.splitlines()[1:7]
    ends = {line[:16].strip(): [float(x) for x in line[16:42].split()] for line in lines}
    assert len(ends) == 6
    for name, (_, last, mended) in ends.items():
        assert mended < 0.1 and last > 10 * mended, name
    for name in ("zeros", "rate 3", "rate 0.0003", "pixels × 100"):
        assert abs(ends[name][1] - math.log(10)) < 0.1
    assert ends["pixels × 100"][0] == pytest.approx(13273.42)
    assert ends["sorted"][1] == 1.759 and ends["shuffled labels"][1] == 2.206


def test_each_cause_shows_its_own_sign():
    shown = {cause: bad_curves.run(letter) for letter, cause in bad_curves.CAUSES.items()}
    assert shown["zeros"][1] == pytest.approx(10 / 910)
    losses = shown["too low"][0]
    assert losses[0] - losses[-1] < 0.001 and shown["too low"][1] > 0.5
    assert min(shown["too high"][0]) > math.log(10) > shown["sorted"][0][-1]


def test_swapped_causes_are_counted():
    swapped = dict(bad_curves.CAUSES, A="zeros", B="sorted")
    assert bad_curves.check(swapped) == "not yet: 2 of 4 are wrong"
    assert bad_curves.check("zeros").startswith("not yet: write a dict")
