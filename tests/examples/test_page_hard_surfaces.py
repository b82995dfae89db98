"""03_hard_surfaces: slopes and steps are those of theory; the bent valley is not done."""

import math

import pytest

from exercises import hard_surfaces
from micrograd_opt.optim import surfaces


@pytest.fixture(scope="module")
def rows(run):
    lines = run("03_hard_surfaces").printed.splitlines()[1:6]
    return {line.split()[0]: line.split()[1:4] for line in lines}


def test_the_slopes_at_the_start_are_those_of_the_formulas(rows):
    slopes = {name: float(row[0]) for name, row in rows.items()}
    assert slopes["valley"] == pytest.approx(math.hypot(1.0, 100.0), rel=2e-3)
    assert slopes["rosenbrock"] == pytest.approx(math.hypot(-215.6, -88.0), rel=2e-3)  # Moré 1981
    assert slopes["plateau"] == pytest.approx(math.sqrt(10.0) * math.exp(-5.0), rel=2e-3)


def test_only_rosenbrock_is_never_done_and_the_valley_takes_the_formulas_steps(rows):
    assert [name for name, row in rows.items() if row[2] == "never"] == ["rosenbrock"]
    # after step 1 y is 0 and the loss ½ 0.99²ᵏ: a thousandth of 50.5
    steps = math.log(2 * 50.5 / 1000) / (2 * math.log(0.99))
    assert rows["valley"][1:] == ["0.01", str(math.ceil(steps))]
    assert surfaces.valley().lowest == 0.0


def test_rates_beside_the_limit_are_not_right():
    limit = 2 / 1001.6006
    assert hard_surfaces.check(limit).startswith("right")
    assert hard_surfaces.check(1.05 * limit).startswith("not yet: 1 % less is too high")
    assert hard_surfaces.check(0.95 * limit).startswith("not yet: 1 % more still stays")
    assert hard_surfaces.check(None).startswith("not yet: write a number")
