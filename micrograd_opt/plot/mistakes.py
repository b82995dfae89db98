"""What a classifier takes for what: the confusion matrix, and the images that it misreads.

Read next: `plot/gradients.py`.
"""

import math

from ..engine.arguments import COUNT, Optional, checked
from .figure import finished, new_axes
from .predictions import class_names, class_numbers, most_likely, probabilities, samples
from .table import Table

__all__ = ["confusion", "misread"]


def confusion(model, x, y, classes=None, ax=None):
    """How often each class, a row, was taken for each class, a column. The diagonal is right.

    model    what gives the scores of x, as for `decision_boundary`; or the predicted labels
             themselves, as many as y (x may then be None)
    classes  the names of the labels 0, 1, …

    Returns the figure; its `.data` is the table of counts, with the share of right answers and the
    most frequent mistakes as notes.

    >>> predicted, y = [0, 1, 1, 2], [0, 1, 2, 2]
    >>> print(confusion(predicted, None, y, classes=["cat", "dog", "owl"]).data.summary())
    true  cat  dog  owl
     cat    1    0    0
     dog    0    1    0
     owl    0    1    1
    3 of 4 right (75.0%)
    owl taken for dog: 1
    """
    (ax,) = new_axes(ax, size=(5.6, 4.8))
    if callable(model):
        x, y = samples(x, y, "confusion")
        rows = probabilities(model, x, "confusion")
        k, answers = len(rows[0]), most_likely(rows)
        truth = class_numbers(y, k, "confusion")
    else:
        guesses, y = samples(model, y, "confusion: predictions and y")
        k = int(max(*guesses.tolist(), *y.tolist())) + 1 if classes is None else len(classes)
        answers = class_numbers(guesses, k, "confusion")
        truth = class_numbers(y, k, "confusion")
    names = class_names(classes, k, "confusion")
    counts = [[0] * k for _ in range(k)]
    for t, a in zip(truth, answers, strict=True):
        counts[t][a] += 1
    _draw_counts(ax, counts, names)
    columns = {names[c]: [row[c] for row in counts] for c in range(k)}
    return finished([ax], Table({"true": names} | columns, _notes(counts, names)))


def misread(model, x, y, n=12, classes=None, shape=None, ax=None):
    """The n images that the model got wrong and was surest of, each with what it took it for.

    x, y     images (N, pixels), and their labels 0, 1, …
    shape    (height, width) of an image; without it the pixels must be a square number
    classes  the names of the labels

    "4 as 9, 83 %": a 4, which the model takes for a 9 with probability 0.83. Returns the figure;
    its `.data` has a row for each image shown: its row in x, the true and the predicted class and
    the probability of that one.

    >>> from micrograd_opt import Tensor
    >>> def says_one(x):
    ...     return Tensor([[0.0, 2.0]] * len(x))
    >>> print(misread(says_one, [[0, 1, 1, 0], [1, 0, 0, 1]], [0, 1]).data.summary())
    image  true  predicted  probability
        0     0          1       0.8808
    1 of 2 misread
    """
    checked(n, COUNT, "misread: n")
    x, y = samples(x, y, "misread")
    images = x.reshape(len(x), -1).tolist()
    height, width = _shape(checked(shape, Optional((COUNT, COUNT)), "misread: shape"), images[0])
    rows = probabilities(model, x, "misread")
    truth = class_numbers(y, len(rows[0]), "misread")
    names = class_names(classes, len(rows[0]), "misread")
    answers = most_likely(rows)
    wrong = [i for i, (a, t) in enumerate(zip(answers, truth, strict=True)) if a != t]
    shown = sorted(wrong, key=lambda i: -rows[i][answers[i]])[:n]
    across = min(6, max(1, len(shown)))
    down = -(-len(shown) // across)
    (ax,) = new_axes(ax, size=(1.4 * max(across, 3), 1.6 * down + 0.6 if shown else 1.6))
    for place, i in enumerate(shown):
        text = f"{names[truth[i]]} as {names[answers[i]]}, {100 * rows[i][answers[i]]:.0f} %"
        image = [images[i][r * width : (r + 1) * width] for r in range(height)]
        _draw_image(ax, image, place % across, place // across, text)
    ax.set(xlim=(-0.1, across + 0.1), ylim=(1.25 * max(down, 1) + 0.05, -0.05))
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(False)
    note = f"{len(wrong)} of {len(truth)} misread"
    ax.set_title(note + (f", the {len(shown)} surest" if len(shown) < len(wrong) else ""))
    columns = {
        "image": shown, "true": [names[truth[i]] for i in shown],
        "predicted": [names[answers[i]] for i in shown],
        "probability": [rows[i][answers[i]] for i in shown],
    }  # fmt: skip
    return finished([ax], Table(columns, [note]))


def _notes(counts, names):
    k = len(names)
    total, right = sum(map(sum, counts)), sum(counts[c][c] for c in range(k))
    yield f"{right} of {total} right ({right / total:.1%})"
    mistakes = [(counts[t][a], t, a) for t in range(k) for a in range(k) if t != a and counts[t][a]]
    for count, t, a in sorted(mistakes, key=lambda m: -m[0])[:3]:
        yield f"{names[t]} taken for {names[a]}: {count}"


def _draw_counts(ax, counts, names):
    """A shade by the share of the true class, and the count in words: dark on light, or white."""
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for t, row in enumerate(counts):
        for a, count in enumerate(row):
            if count:
                colour = "white" if shares[t][a] > 0.55 else "black"
                ax.text(a, t, str(count), ha="center", va="center", color=colour, fontsize="small")
    turned = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 3 else {}
    ax.set_xticks(range(len(names)), names, **turned)
    ax.set_yticks(range(len(names)), names)
    ax.set(title="Confusion matrix", xlabel="predicted class", ylabel="true class")


def _draw_image(ax, image, column, row, text):
    """One image in its cell of 1 × 1.25, the text below it."""
    top = 1.25 * row
    low, high = min(map(min, image)), max(map(max, image))
    ax.imshow(image, cmap="gray_r", extent=(column + 0.05, column + 0.95, top + 0.95, top + 0.05),
              vmin=low, vmax=high if high > low else low + 1.0)  # fmt: skip
    ax.text(column + 0.5, top + 1.07, text, ha="center", va="center", fontsize="small")


def _shape(shape, image):
    side = math.isqrt(len(image))
    if shape is None:
        if side * side != len(image):
            raise ValueError(
                f"misread: {len(image)} pixels are no square; say shape=(height, width)"
            )
        return side, side
    if shape[0] * shape[1] != len(image):
        raise ValueError(f"misread: shape {shape} does not hold {len(image)} pixels")
    return shape
