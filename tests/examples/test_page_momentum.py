"""08_momentum: 709 and 95 steps as published, and the weights of past gradients."""

import pytest

from exercises import momentum


@pytest.fixture(scope="module")
def page(run):
    return run("08_momentum")


def test_the_steps_to_a_millionth_are_the_published_ones(page):
    assert page.names["steps_needed"] == {"gradient descent": 709, "momentum": 95}
    assert "0.980198     709" in page.printed and "0.818182     95" in page.printed


def test_a_gradient_of_k_steps_ago_counts_with_mu_to_the_k(page):
    for k, weight in enumerate(page.names["bars"]["momentum, μ = 0.9"]):
        assert weight == pytest.approx(0.9**k, rel=1e-12)


@pytest.mark.parametrize("t", [5, 30])
def test_adams_weights_fade_as_fast_and_sum_to_one(page, t):
    column = page.names["bars"][f"Adam, step {t}"]
    assert column == pytest.approx([0.1 * 0.9**k / (1 - 0.9**t) for k in range(t)], rel=1e-12)
    assert sum(column) == pytest.approx(1.0, rel=1e-12)


def test_momentum_overshoots_before_it_is_faster(page):
    descent, ball = page.names["paths"].values()
    assert max(abs(y) for _, y in ball) == pytest.approx(1.112, abs=1e-3)
    assert max(abs(y) for _, y in descent) == 0.3
    assert abs(ball[-1][0]) < 0.01 < 0.4 < descent[-1][0]


@pytest.mark.parametrize(
    "answer, told",
    [
        (None, "expected two numbers"),
        ((1 / 18, 1.5), "μ from 0"),
        ((1 / 26, 0.0), "0.923 of the error"),
        ((1 / 18, 2 / 3), "√μ, so μ is too high"),  # the rate, not squared
        ((0.05, 4 / 9), "curvature 2 is the slower"),
        ((0.057, 4 / 9), "curvature 50 is the slower"),
        ((0.2, 0.9), "too high"),
    ],
)
def test_other_answers_are_told_what_is_wrong(answer, told):
    finding = momentum.check(answer)
    assert finding.startswith("not yet") and told in finding


def test_four_digits_are_enough():
    assert momentum.check((0.0556, 0.4444)).startswith("right")
