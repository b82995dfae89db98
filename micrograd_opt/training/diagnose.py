"""diagnose: what the losses in training and in validation say, in a line.

Read next: `training/history.py`.
"""

import math

__all__ = ["diagnose"]


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
