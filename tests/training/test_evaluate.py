"""evaluate: the means over a dataset; and diagnose, which reads two losses."""

import math
import random

import pytest

from micrograd_opt import data, functional, nn
from micrograd_opt.training.diagnose import diagnose
from micrograd_opt.training.evaluate import evaluate

NAN, INF = math.nan, math.inf
cross_entropy = functional.cross_entropy


def test_evaluate_weighs_its_batches_by_their_size():
    dataset, model = data.make_moons(10, rng=random.Random(0)), nn.MLP(2, [8, 2])
    whole = evaluate(model, cross_entropy, dataset)
    assert evaluate(model, cross_entropy, dataset, batch_size=4) == pytest.approx(whole, rel=1e-14)
    x, y = dataset.tensors
    assert whole[0] == pytest.approx(cross_entropy(model(x), y).item(), rel=1e-14)
    assert all(p.grad is None for p in model.parameters())


def test_a_loss_for_each_row_is_refused_even_where_there_is_one_row():
    dataset = data.TensorDataset([[1.0, 2.0]], [0])
    with pytest.raises(ValueError, match=r"must return a scalar, got shape \(1,\); take its mean"):
        evaluate(nn.MLP(2, [2]), lambda x, y: cross_entropy(x, y, reduction="none"), dataset)


# ---- diagnose

GUESS = math.log(10)


@pytest.mark.parametrize(
    ("train", "val", "verdict"),
    [
        (0.1, 0.1, "fine"),
        (0.5 * GUESS, 0.5 * GUESS, "fine"),
        (math.nextafter(0.5 * GUESS, 9.0), 0.0, "underfitting"),
        (4.0, 99.0, "underfitting"),  # it comes first
        (2.0 * GUESS, 5.0, "underfitting"),
        (math.nextafter(2.0 * GUESS, 9.0), 5.0, "diverged"),
        (0.0, 0.25 * GUESS, "fine"),
        (0.0, math.nextafter(0.25 * GUESS, 9.0), "overfitting"),
        (1.0, 0.2, "fine"),  # validation below training: dropout, or luck
        (NAN, 0.1, "diverged"),
        (0.1, NAN, "diverged"),
        (INF, INF, "diverged"),
        (0.1, INF, "diverged"),
    ],
)
def test_the_two_losses_are_read_against_the_loss_of_guessing(train, val, verdict):
    line = diagnose(train, val, 10)
    assert line.startswith(f"{verdict}: training {train:.3g}, validation {val:.3g}, guessing 2.3")
    assert "\n" not in line
    assert (";" in line) == (verdict != "fine")  # a remedy for all that is not


@pytest.mark.parametrize("classes", [1, 0, -3])
def test_with_one_class_there_is_nothing_to_guess(classes):
    with pytest.raises(ValueError, match="needs 2 or more"):
        diagnose(0.1, 0.1, classes)
