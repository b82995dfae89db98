"""evaluate: a model's mean loss and accuracy over a whole dataset; diagnose: what two losses say.

Read next: `run.py`, which evaluates after every epoch.
"""

import math
from functools import partial

from ..data import DataLoader, TensorDataset
from ..engine.graph import Node, no_grad
from ..engine.tensor import Tensor
from ..nn.mode import in_mode

__all__ = ["diagnose", "evaluate"]

BATCH_SIZE = 256


def evaluate(model, loss_fn, dataset, batch_size=BATCH_SIZE):
    """The mean loss, and the accuracy (None if this is no classification), over a whole dataset.

    The model is in eval mode and no graph is kept.
    """
    dataset = as_dataset(dataset, "dataset")
    return means(model, partial(forward, model, loss_fn), dataset, batch_size)


def means(model, output_and_loss, dataset, batch_size=BATCH_SIZE):
    """The same, with (output, loss) of a batch computed by a function of (x, y)."""
    total, correct = 0.0, 0
    with no_grad(), in_mode(model, training=False):
        for x, y in DataLoader(dataset, batch_size):
            output, loss = output_and_loss(x, y)
            total += loss.item() * len(y)
            correct = add(correct, count_correct(output, y))
    return total / len(dataset), None if correct is None else correct / len(dataset)


def diagnose(train_loss, val_loss, classes):
    """One line on the two losses of a classifier, as Lecture 6 reads them.

    Training loss diagnoses underfitting, validation loss overfitting. The yardstick is
    log(classes), the loss of guessing: above half of it in training is underfitting; a validation
    loss more than a quarter of it above the training loss is overfitting; a loss that is not
    finite, or a training loss above twice that of guessing, has diverged. Raises ValueError for
    fewer than 2 classes.
    """
    if classes < 2:
        raise ValueError(f"diagnose: {classes} classes leave nothing to guess; needs 2 or more")
    guessing = math.log(classes)
    against = f"training {train_loss:.3g}, validation {val_loss:.3g}, guessing {guessing:.3g}"
    if not (train_loss <= 2.0 * guessing and math.isfinite(val_loss)):
        return f"diverged: {against}; a lower rate, a warmup or clipped gradients"
    if train_loss > 0.5 * guessing:
        return f"underfitting: {against}; train longer, a larger net or a better rate"
    if val_loss - train_loss > 0.25 * guessing:
        return f"overfitting: {against}; more data, weight decay or early stopping"
    return f"fine: {against}"


def forward(model, loss_fn, x, y):
    """The model's output, and its loss."""
    output = model(x)
    loss = loss_fn(output, y)
    if not isinstance(loss, Node):
        raise TypeError(f"loss_fn: expected a Tensor or a Value, got {type(loss).__name__}")
    if isinstance(loss, Tensor) and loss.shape != ():
        raise ValueError(f"loss_fn must return a scalar, got shape {loss.shape}; take its mean")
    return output, loss


def count_correct(output, target):
    """How many rows of `output` (B, classes) are largest at their label; None if not that shape."""
    if not isinstance(output, Tensor) or output.ndim != 2 or output.shape[1] < 2:
        return None
    return int((output.detach().argmax(1) == target).sum().item()) if target.ndim == 1 else None


def add(total, count):
    """A sum of counts; None once one of them is None."""
    return None if total is None or count is None else total + count


def as_dataset(data, what):
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return TensorDataset(*data)
    if not isinstance(data, TensorDataset):
        raise TypeError(f"{what}: expected a TensorDataset or (x, y), got {type(data).__name__}")
    if len(data.tensors) != 2:
        raise ValueError(f"{what}: expected (x, y), got a dataset of {len(data.tensors)} tensors")
    return data
