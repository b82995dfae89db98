"""11_weight_decay: ℓ₂ is weight decay for SGD, to 1e-12, and is not for Adam."""

import pytest

from exercises import weight_decay


@pytest.fixture(scope="module")
def page(run):
    return run("11_weight_decay")


def test_for_sgd_the_two_are_one_with_the_factor_2(page):
    penalty, settings, half, first_order, momentum = page.names["gaps"].values()
    assert max(penalty, settings) < 1e-12
    assert half == pytest.approx(0.27, abs=5e-3)
    assert first_order == pytest.approx(0.021, abs=5e-4)
    assert momentum > 0.5


def test_the_paths_go_somewhere(page):
    """To where the slope of the fit and the pull, 2λθ, are level: computed by hand."""
    a, b = page.names["decay"][-1]
    lam, points = page.names["LAMBDA"], page.names["POINTS"]
    slope = sum(2 * (a * t + b - s) * t for t, s in points) / 4 + 2 * lam * a
    intercept = sum(2 * (a * t + b - s) for t, s in points) / 4 + 2 * lam * b
    assert slope == pytest.approx(0.0, abs=5e-4) and intercept == pytest.approx(0.0, abs=5e-4)


def test_sgd_shrinks_all_weights_by_the_same_factor(page):
    small, _, large = page.names["weights"]["SGD, ℓ₂"][-1]
    assert small == pytest.approx(0.995**200, rel=1e-3)
    assert large == pytest.approx(0.995**200, abs=0.04)  # each −αc has shrunk before +αc comes


def test_adam_with_l2_shrinks_by_the_size_of_the_gradients_and_adamw_does_not(page):
    small, middle, large = page.names["weights"]["Adam, ℓ₂"][-1]
    assert [small, middle, large] == pytest.approx([0.023, 0.377, 0.889], abs=1e-3)
    decoupled = page.names["weights"]["AdamW"][-1]
    assert decoupled == pytest.approx([0.995**200] * 3, abs=0.01)
    assert max(decoupled) - min(decoupled) < 1e-6


@pytest.mark.parametrize(
    "answer, told",
    [
        (None, "expected two numbers"),
        ((0.0, 0.5), "lr is above 0"),
        ((0.2, 0.25), "leaves 0.95 of a weight, too much"),  # λ, not 2λ
        ((0.18, 0.1 / 0.36), "leaves 0.95 of a weight, too much"),
        ((0.2, 1.0), "leaves 0.8 of a weight, too little"),
        ((0.2, 0.5), "a gradient of −1 moves a weight too far"),
        ((0.1, 1.0), "a gradient of −1 moves a weight not far enough"),
    ],
)
def test_other_answers_are_told_what_is_wrong(answer, told):
    finding = weight_decay.check(answer)
    assert finding.startswith("not yet") and told in finding
