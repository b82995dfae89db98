"""05_minibatches: a shuffle sees each example once, and its batches average to the gradient."""

import math

import pytest

from exercises import minibatches


@pytest.fixture(scope="module")
def names(run):
    return run("05_minibatches").names


def test_a_shuffle_sees_each_once_and_averages_to_the_full_gradient(names):
    rows = [row for batch in names["shuffled"] for row in batch]
    assert sorted(rows) == list(range(240)) and len(names["shuffled"][-1]) == 40
    assert math.dist(names["averaged"](names["shuffled"]), names["full"]) < 1e-12


def test_independent_draws_do_neither(names):
    seen = {row for batch in names["independent"] for row in batch}
    assert 240 - len(seen) == 92 and 240 * (1 - 1 / 240) ** 240 == pytest.approx(240 / math.e, 0.01)
    assert math.dist(names["averaged"](names["independent"]), names["full"]) > 1e-3


def test_the_noise_falls_with_the_root_of_the_batch_size(names):
    noise = names["figure"].data
    sigma = noise["independent"][0]
    for size, exact, drawn in zip(*[noise[c] for c in (
        "batch_size", "independent", "independent, drawn")], strict=True):  # fmt: skip
        assert exact == pytest.approx(sigma / math.sqrt(size))
        assert drawn == pytest.approx(exact, rel=0.2)
    assert noise["shuffled"][-1] == 0.0


def test_a_mean_of_means_is_not_the_answer():
    found = minibatches.check(lambda losses, sizes: sum(losses) / len(losses))
    assert found.startswith("not yet: for batches of [3, 3, 1]")
    assert minibatches.check(None).startswith("not yet: write a function")
