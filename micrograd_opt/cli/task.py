"""The data sets of the command line, and the small model that goes with each.

Read next: `cli/train.py`.
"""

import argparse
import inspect
import json
import math

from .. import data, nn
from ..engine.tensor import Tensor


def required(function):
    """The names of the arguments that a function must be given."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name for p in parameters if p.default is p.empty}


# {name: its function}: what data offers as load_… or make_… that needs no argument, no file's name.
BUILT_IN = {
    name.partition("_")[2]: name
    for name in sorted(data.__all__)
    if name.startswith(("load_", "make_")) and not required(getattr(data, name))
}
NAMES = ", ".join(BUILT_IN)


def is_data(name):
    """Whether this names a data set: one of the above, or a CSV file."""
    return name in BUILT_IN or name.lower().endswith((".csv", ".csv.gz"))


def split(name, rng):
    """The data set in two: four fifths to train on, one to validate."""
    return data.random_split(_load(name, rng), [0.8, 0.2], rng=rng)


def model_for(name, train, widths, rng, kind=nn.MLP):
    """A net from the features to a score for each class.

    It standardises them, except where all are of one kind: pixels, or the coordinates of a formula.
    """
    net = kind(train.tensors[0].shape[1], [*widths, len(train.classes)], rng=rng)
    is_uniform = name == "digits" or BUILT_IN.get(name, "").startswith("make_")
    return net if is_uniform else Standardised(net, train.tensors[0])


def count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def widths(text):
    return [count(width) for width in text.split(",")]


def as_json(results):
    """One line that any JSON reader takes: null for NaN and the infinities."""

    def finite(x):
        if isinstance(x, dict):
            return {name: finite(value) for name, value in x.items()}
        return None if isinstance(x, float) and not math.isfinite(x) else x

    return json.dumps(finite(results))


def _load(name, rng):
    """The dataset that `name` names, with its classes."""
    if not is_data(name):
        raise ValueError(f"unknown data set {name!r}; choose {NAMES} or a .csv file")
    load = getattr(data, BUILT_IN.get(name, "load_csv"))
    if load.__name__.startswith("make_"):
        dataset = load(400, noise=0.2, rng=rng)
    else:
        dataset = load() if name in BUILT_IN else load(name)
    x, y = dataset.tensors
    if len(y) < 5:
        raise ValueError(f"{name}: to train and to validate takes 5 rows or more, found {len(y)}")
    labels, classes = y.tolist(), dataset.classes
    if len(set(labels)) == 1:
        label = classes[0] if classes else f"{labels[0]:g}"
        raise ValueError(f"{name}: all rows have the label {label}; needs two classes")
    return data.TensorDataset(x, y, classes=classes or _classes(labels, name))


def _classes(labels, name):
    """The classes 0 … max that the labels name: each row's label is one, each has a row."""
    for row, label in enumerate(labels, 1):
        if label < 0 or label != int(label) or label >= len(labels):
            raise ValueError(
                f"{name}: data row {row} has the label {label!r}; classes are 0, 1, 2, … "
                "below the number of rows (this command classifies; for regression: fit, mse_loss)"
            )
    unused = sorted(set(range(int(max(labels)))) - set(labels))
    if unused:
        raise ValueError(f"{name}: no row has the label {unused[0]}; number the classes 0, 1, 2, …")
    return tuple(str(i) for i in range(int(max(labels)) + 1))


class Standardised(nn.Module):
    """A net that sees each feature of x as (x − mean) / scale.

    mean and scale are those of the training data; the scale of a constant feature is 1. They are
    buffers, so a checkpoint has them beside the weights.
    """

    def __init__(self, net, x):
        mean, std = x.mean(0), x.std(0)
        varies = (std > abs(mean) * 1e-9).data.flat  # beyond the rounding of the mean
        scale = [s if v else 1.0 for s, v in zip(std.data.flat, varies, strict=True)]
        self.register_buffer("mean", mean)
        self.register_buffer("scale", Tensor(scale))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.scale)
