"""13_overfitting: one net underfits, one overfits, and early stopping puts the best epoch back."""

import pytest

from exercises import overfitting


@pytest.fixture(scope="module")
def page(run):
    return run("13_overfitting")


def test_the_words_are_those_of_the_slide(page):
    words = [line.strip().split(":")[0] for line in page.printed.splitlines() if "guessing" in line]
    assert words == ["underfitting", "fine", "overfitting", "overfitting"]


def test_early_stopping_is_the_same_run_cut_short_with_its_best_weights(page):
    _, _, (whole, _), (stopped, left) = page.names["runs"].values()
    assert stopped["val_loss"] == whole["val_loss"][:14]
    assert min(range(25), key=lambda i: whole["val_loss"][i]) == 8
    assert left == whole["val_loss"][8] == pytest.approx(0.7097, abs=1e-4)


def test_stopping_one_epoch_late_is_not_the_answer():
    assert overfitting.check(None).startswith("not yet: write a function")
    assert overfitting.check(lambda losses, patience: (patience + 1, 1)).startswith("not yet: [")
