"""14_fine_tuning: what the table says of each way, and that frozen means frozen."""

import json

import pytest

import micrograd_opt as mo
from exercises import fine_tuning


@pytest.fixture(scope="module")
def page(run):
    return run("14_fine_tuning")


def test_the_table_is_what_the_page_says(page):
    rows = {line[:30].strip(): line[30:].split() for line in page.printed.splitlines()[1:6]}
    assert [row[1] for row in rows.values()] == ["76.4%", "61.1%", "84.8%", "80.1%", "52.4%"]
    assert [row[2] for row in rows.values()] == ["0.0%", "0.0%", "0.0%", "0.0%", "61.8%"]


def test_the_frozen_layer_is_the_saved_one_to_the_bit(page):
    saved = json.loads(page.names["saved"])
    for name, (_, model) in page.names["runs"].items():
        same = model.state_dict()["layers.0.weight"] == saved["layers.0.weight"]
        assert same == (name == "new head, frozen first layer")


def test_no_image_is_in_two_sets(page):
    rows = [i for part in page.names["rows"].values() for i in part]
    assert len(rows) == len(set(rows))


def test_what_is_not_frozen_or_not_slow_is_told():
    def all_slow(model):
        return mo.optim.SGD(model.parameters(), lr=0.001)

    assert fine_tuning.check(all_slow) == "not yet: layer 1 moves at the rate 0.001, not 0"

    def last_alone(model):
        return mo.optim.SGD(model.layers[2].parameters(), lr=0.1)

    assert fine_tuning.check(last_alone) == "not yet: layer 2 moves at the rate 0, not 0.001"
    assert fine_tuning.check(None).startswith("not yet: write")
    assert fine_tuning.check(lambda model: 3).startswith("not yet: expected an optimizer, got 3")
