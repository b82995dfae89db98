"""What losses say: diagnose, of training and validation in a line; has_diverged, of a whole run.

Read next: `training/history.py`.
"""

import math

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


def has_diverged(step_losses, steps_per_epoch):
    """Whether the loss has stayed a thousand times that of the first batch for three epochs.

    The last three epochs (or all, of a shorter run) are cut into three parts, and the mean loss of
    each is looked at: a spike, from which a run recovers, is not in all of them. The first loss
    counts as 1 if it is less, so that a run which begins with next to no loss may lose what it had.

    >>> has_diverged([2.0, 9e9, 0.0, 5000.0, 0.0, 7000.0, 0.0], steps_per_epoch=2)
    True
    >>> has_diverged([2.0, 9e9, 9e9, 3.0, 2.0, 7000.0, 0.0], steps_per_epoch=2)
    False
    """
    last = step_losses[-3 * steps_per_epoch :]
    n = max(1, len(last) // 3)
    parts = [last[i : i + n] for i in range(max(0, len(last) - 3 * n), len(last), n)]
    limit = BEYOND_USE * max([1.0, *map(abs, step_losses[:1])])
    return bool(parts) and all(sum(part) / n > limit for part in parts)
