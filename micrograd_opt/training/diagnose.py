"""What losses say: diagnose, of training and validation in a line; has_diverged, of a whole run.

Read next: `training/history.py`.
"""

import math
from statistics import median_low

__all__ = ["diagnose"]

BEYOND_USE = 1000.0  # times the loss at the start; no spike that a run survives is so wide and high


def diagnose(train_loss, val_loss, classes):
    """One line on the two losses of a classifier, as Lecture 6 reads them.

    Training loss diagnoses underfitting, validation loss overfitting. The yardstick is
    log(classes), the loss of guessing: above half of it in training is underfitting; a validation
    loss more than a quarter of it above the training loss is overfitting; a loss that is not
    finite, or a training loss above twice that of guessing, has diverged. Raises ValueError for
    fewer than 2 classes.

    >>> diagnose(0.5, 0.6, classes=10)
    'fine: training 0.5, validation 0.6, guessing 2.3'
    """
    if classes < 2:
        raise ValueError(f"diagnose: {classes} classes leave nothing to guess; needs 2 or more")
    guessing = math.log(classes)
    losses = f"training {train_loss:.3g}, validation {val_loss:.3g}, guessing {guessing:.3g}"
    if not (train_loss <= 2.0 * guessing and math.isfinite(val_loss)):
        return f"diverged: {losses}; a lower rate, a warmup or clipped gradients"
    if train_loss > 0.5 * guessing:
        return f"underfitting: {losses}; train longer, a larger net or a better rate"
    if val_loss - train_loss > 0.25 * guessing:
        return f"overfitting: {losses}; more data, weight decay or early stopping"
    return f"fine: {losses}"


def has_diverged(history):
    """Whether more than half of the last epoch's batches lost a thousand times what the first did.

    The first counts as 1 if it is less, so that a run which begins with next to no loss may lose
    what it had. More than half: a spike of a few batches, from which a run recovers, is not that.

    >>> from micrograd_opt.training.history import History
    >>> history = History()
    >>> history.step_losses = [2.0, 9e9, 2500.0, 2500.0]  # an epoch that has no row yet
    >>> has_diverged(history)
    True
    >>> history.step_losses = [2.0, 9e9, 1500.0, 1500.0]
    >>> has_diverged(history)
    False
    """
    losses, ends = history.step_losses, [0, 0, *history["step"]]
    last = losses[ends[-1] :] or losses[ends[-2] :]
    return bool(last) and median_low(last) > BEYOND_USE * max(1.0, abs(losses[0]))
