"""What a classifier says of each sample: the probability of every class.

Read next: `plot/boundary.py`.
"""

import math

from ..data import TensorDataset
from ..engine.state import no_grad
from ..engine.tensor import Tensor, as_tensor
from ..functional import sigmoid, softmax
from ..nn.mode import in_mode


def probabilities(model, x, what):
    """A list of N rows of K probabilities.

    model(x), for x of N samples, is N rows of K ≥ 2 scores, whose softmax is the answer; or N
    single scores s, then σ(s) is the probability of the second of two classes. Values in lists,
    which a scalar net gives row by row, are as good as a Tensor. The model is in eval mode.
    """
    x = as_tensor(x)
    with no_grad(), in_mode(model, training=False):
        scores = model(x)
        scores = scores if isinstance(scores, Tensor) else Tensor(_plain(scores))
        if scores.ndim == 2 and scores.shape[1] == 1:
            scores = scores.squeeze(1)
        if scores.ndim not in (1, 2) or scores.shape[0] != x.shape[0]:
            raise ValueError(
                f"{what}: model(x) has shape {scores.shape}; needs ({x.shape[0]}, classes), or one "
                f"score for each of the {x.shape[0]} samples"
            )
        if scores.ndim == 1:
            return [[1.0 - p, p] for p in sigmoid(scores).tolist()]
        return softmax(scores, -1).tolist()


def most_likely(rows):
    """The class with the highest probability in each row; the first of equals."""
    return [max(range(len(row)), key=row.__getitem__) for row in rows]


def class_numbers(y, k, what):
    """The labels as ints 0 … k − 1; of two classes also −1 and 1, as the hinge loss has them."""
    labels = as_tensor(y).tolist()
    if not isinstance(labels, list) or any(isinstance(label, list) for label in labels):
        raise ValueError(f"{what}: y must be one label a sample")
    if k == 2 and set(labels) <= {-1.0, 1.0}:
        labels = [(label + 1.0) / 2.0 for label in labels]
    for i, label in enumerate(labels):
        if not (math.isfinite(label) and label == int(label) and 0 <= label < k):
            raise ValueError(f"{what}: label {label:g} of sample {i} is not one of 0 … {k - 1}")
    return [int(label) for label in labels]


def class_names(classes, k, what):
    """A name for each of k classes: those given, or 0, 1, …; a dataset's `classes` will do."""
    if classes is None:
        return [str(i) for i in range(k)]
    names = [str(name) for name in classes]
    if len(names) != k:
        raise ValueError(f"{what}: {len(names)} names for {k} classes")
    return names


def samples(x, y, what):
    """(x, y) as Tensors of one length."""
    try:
        return TensorDataset(x, y).tensors
    except ValueError as error:
        raise ValueError(f"{what}: x and y: {error}") from None


def _plain(scores):
    if isinstance(scores, (list, tuple)):
        return [_plain(score) for score in scores]
    return scores.item() if hasattr(scores, "item") else scores
