"""The data sets of the command line, and the small model that goes with each.

Read next: `cli/train.py`.
"""

import argparse
import inspect
import json
import math
import os
from pathlib import Path

from .. import data, nn
from ..data.fields import CSVError
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


def add_file_arguments(parser):
    """The options that say how a file is to be read, where the file does not."""
    add = parser.add_argument_group("a data file, where it leaves a doubt").add_argument
    add("--target", type=column, metavar="NAME|NUMBER",
        help="the classes' column: its name in the header or number from 0 (the last)")  # fmt: skip
    add("--header", action=argparse.BooleanOptionalAction, help="line 1 is a header, or is none")
    add("--delimiter", type=delimiter, metavar="CHARACTER",
        help=r"between two fields, such as ';' or '\t'")  # fmt: skip


def file_options(args):
    """Those of them that were given, as arguments of load_csv."""
    options = {name: getattr(args, name) for name in ("target", "header", "delimiter")}
    return {name: value for name, value in options.items() if value is not None}


def column(text):
    return int(text) if text.removeprefix("-").isdecimal() else text


def delimiter(text):
    return "\t" if text == r"\t" else text


def is_data(name):
    """Whether this names a data set: one of the above, or a text file, there or by its ending."""
    ending = os.path.splitext(name.lower().removesuffix(".gz"))[1]
    return name in BUILT_IN or ending in (".csv", ".tsv", ".txt", ".data") or os.path.isfile(name)


def split(name, rng, options=None):
    """The data set in two: four fifths to train on, one to validate."""
    return data.random_split(_load(name, rng, options or {}), [0.8, 0.2], rng=rng)


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


def picture(text):
    """The path of a picture that can be written; told before a command computes for minutes."""
    return _file(text, (".svg", ".png", ".pdf"))


def page(text):
    """The path of a page that can be written."""
    return _file(text, (".html", ".htm"))


def _file(text, endings):
    path = Path(text)
    if path.suffix not in endings:
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(endings)}, got {text!r}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def widths(text):
    return [count(width) for width in text.split(",")]


def as_json(results):
    """One line that any JSON reader takes: null for NaN and the infinities."""

    def finite(x):
        if isinstance(x, dict):
            return {name: finite(value) for name, value in x.items()}
        if isinstance(x, (list, tuple)):
            return list(map(finite, x))
        return None if isinstance(x, float) and not math.isfinite(x) else x

    return json.dumps(finite(results))


def _load(name, rng, options):
    """The dataset that `name` names, with its classes."""
    if not is_data(name):
        raise ValueError(f"unknown data set {name!r}; choose {NAMES} or a file of numbers")
    if name not in BUILT_IN:
        dataset = _load_file(name, options)
    elif options:
        raise ValueError(f"--{next(iter(options))}: {name} is no file; leave it out")
    elif BUILT_IN[name].startswith("make_"):
        dataset = getattr(data, BUILT_IN[name])(400, noise=0.2, rng=rng)
    else:
        dataset = getattr(data, BUILT_IN[name])()
    x, y = dataset.tensors
    classes = dataset.classes or tuple(str(k) for k in range(int(y.max().item()) + 1))
    return data.TensorDataset(x, y, classes=classes)


def _load_file(name, options):
    """The dataset in a file; ValueError where there is nothing to tell apart in it."""
    try:
        dataset = data.load_csv(name, **options)
    except CSVError as error:
        raise ValueError(error.told(_option)) from None
    labels, classes = dataset.tensors[1].tolist(), dataset.classes
    if len(labels) < 5:
        raise ValueError(f"{name}: a split for validation takes 5 rows or more, not {len(labels)}")
    if classes is None:
        raise ValueError(
            f"{name}: {_no_class(labels)}; pass --target for another column "
            "(this command classifies; for regression: fit, mse_loss)"
        )
    if len(classes) == 1:
        raise ValueError(f"{name}: all rows have the label {classes[0]}; needs two classes")
    return dataset


def _option(argument, value):
    """An argument of load_csv as the option of a command; None if there is none."""
    if argument == "header":
        return "--header" if value == "True" else "--no-header"
    return f"--{argument} {value}" if argument in ("target", "delimiter") else None


def _no_class(labels):
    """Why these numbers are no classes."""
    for row, label in enumerate(labels, 1):
        if label != int(label):
            return f"data row {row} has the label {label!r}; classes are whole numbers or words"
    return f"{len(set(labels))} different labels in {len(labels)} rows are no classes"


class Standardised(nn.Module):
    """A net that sees each feature of x as (x − mean) / scale.

    mean and scale are those of the training data; the scale of a constant feature is 1. They are
    buffers, so a checkpoint has them beside the weights.
    """

    def __init__(self, net, x):
        columns = x.T.tolist()
        spread = Tensor([max(column) - min(column) or 1.0 for column in columns])
        mean = x.mean(0)
        std = ((x - mean) / spread).std(0) * spread  # in units of the spread no square overflows
        is_constant = [max(column) == min(column) for column in columns]
        scale = [1.0 if c else s for c, s in zip(is_constant, std.tolist(), strict=True)]
        self.register_buffer("mean", mean)
        self.register_buffer("scale", Tensor(scale))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.scale)
