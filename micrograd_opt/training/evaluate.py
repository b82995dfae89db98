"""evaluate: a model's mean loss and accuracy over a whole dataset.

Read next: `training/flow.py`.
"""

from functools import partial

from ..data import DataLoader
from ..data.dataset import as_dataset
from ..engine.graph import Node
from ..engine.state import no_grad
from ..engine.tensor import Tensor
from ..nn.mode import in_mode

__all__ = ["evaluate"]

BATCH_SIZE = 256


def evaluate(model, loss_fn, dataset, batch_size=BATCH_SIZE):
    """The mean loss, and the accuracy (None if this is no classification), over a whole dataset.

    The model is in eval mode and no graph is kept.
    """
    dataset = as_dataset(dataset, "dataset")
    forward = partial(output_and_loss, model, loss_fn)
    return mean_loss_and_accuracy(model, forward, dataset, batch_size)


def mean_loss_and_accuracy(model, forward, dataset, batch_size=BATCH_SIZE):
    """The same, with (output, loss) of a batch (x, y) computed by `forward`."""
    means = Means()
    with no_grad(), in_mode(model, training=False):
        for x, y in DataLoader(dataset, batch_size):
            output, loss = forward(x, y)
            means.add(output, loss.item(), y)
    return means.loss, means.accuracy


class Means:
    """The mean loss and accuracy of batches, each weighted by its size.

    Three samples with a mean loss of 2 and one with a loss of 6 have (3 · 2 + 1 · 6) / 4 = 3, where
    the mean of the two batches would be 4.
    """

    def __init__(self):
        self.samples, self.loss_sum, self.correct = 0, 0.0, 0

    def add(self, output, loss, y):
        correct = count_correct(output, y)
        self.samples += len(y)
        self.loss_sum += loss * len(y)
        self.correct = None if None in (self.correct, correct) else self.correct + correct

    @property
    def loss(self):
        return self.loss_sum / self.samples

    @property
    def accuracy(self):
        return None if self.correct is None else self.correct / self.samples


def output_and_loss(model, loss_fn, x, y):
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
    is_scores = isinstance(output, Tensor) and output.ndim == 2 and output.shape[1] >= 2
    if not is_scores or target.ndim != 1:
        return None
    return int((output.detach().argmax(1) == target).sum().item())
