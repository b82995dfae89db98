"""16_landscape: a deep net without skips stops on a plain, with skips in a valley."""

import math

import pytest

from exercises import landscape


@pytest.fixture(scope="module")
def page(run):
    return run("16_landscape")


def test_the_table_is_what_the_page_says(page):
    rows = [line[18:].split() for line in page.printed.splitlines()[1:4]]
    assert [float(row[1]) for row in rows] == pytest.approx([0.279, 0.410, 0.009], abs=1e-3)
    assert [int(row[3]) for row in rows] == [1, 68, 0]  # shallow, deep, deep with skips


def test_a_skip_adds_to_what_the_layer_got(page):
    plain, skip = (page.names["Deep"](1, skip) for skip in (False, True))
    x = page.names["moons"].tensors[0][:1]
    h = skip.first(x).tanh()
    expected = skip.last(h + skip.inner[0](h).tanh()).item()
    assert skip(x).item() == expected != plain(x).item()


def test_one_length_for_the_whole_matrix_is_not_the_answer():
    def whole(weight, direction):
        norm = [math.hypot(*[x for row in rows for x in row]) for rows in (weight, direction)]
        return [[x * norm[0] / norm[1] for x in row] for row in direction]

    assert landscape.check(whole).startswith("not yet: row 0 has length")
    assert landscape.check(lambda weight, direction: weight).startswith("not yet: row 0 points")
    assert landscape.check(None).startswith("not yet: write")
    for shapeless in (None, [], [[1.0], [2.0], [3.0]]):
        finding = landscape.check(lambda weight, direction, scaled=shapeless: scaled)
        assert finding.startswith("not yet: it must return a list of rows")
