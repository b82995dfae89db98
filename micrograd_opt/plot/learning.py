"""Learning curves: loss and accuracy over the epochs, training beside validation, run beside run.

Read next: `plot/scheduling.py`.
"""

import csv
import math
import os

from ..engine.arguments import NUMBER, Optional, checked
from ..files.checkpoint import load_checkpoint
from .figure import COLOURS, DASHED, MARKERS, SOLID, finished, log_scale, names_of, new_axes
from .table import Table

__all__ = ["curves"]

COLUMNS = ("epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy")


def curves(*histories, labels=None, per_step=False, guessing=None, ax=None):
    """The loss, and the accuracy of classifiers, of one run or of several.

    histories   what `fit` returns; or a file: history.csv (`History.to_csv`) or a checkpoint
    labels      a name for each run
    per_step    over the steps: each batch's loss as a thin line, the epochs' means as bars over it.
                A CSV file has no step losses: ValueError
    guessing    the loss of an answer that knows nothing, as a line; log K for the cross-entropy of
                K classes. A History does not know its loss, so it is for you to say
    ax          two axes, for loss and accuracy; or one, for the loss alone

    Colour and marker stand for the run, solid lines for training, dashed ones for validation. The
    ring is at the lowest validation loss, to which early stopping goes back. The loss is on a log
    scale, where exponential progress is a straight line, unless one is 0 or less.
    Returns the figure; its `.data` has a row an epoch of each run, with per_step a row a step.
    Lecture 6: training loss diagnoses underfitting, validation loss overfitting.

    >>> from micrograd_opt.training.history import History
    >>> history = History()
    >>> for epoch, (loss, val_loss) in enumerate([(2.0, 2.1), (1.0, 1.3), (0.5, 1.6)], 1):
    ...     history.rows.append({"epoch": epoch, "step": 10 * epoch, "loss": loss,
    ...         "accuracy": None, "val_loss": val_loss, "val_accuracy": None})
    >>> print(curves(history).data.summary())
      run  epoch  step  loss  accuracy  val_loss  val_accuracy
    run 1      1    10     2         –       2.1             –
    run 1      2    20     1         –       1.3             –
    run 1      3    30   0.5         –       1.6             –
    run 1: lowest validation loss 1.3, epoch 2 of 3
    """
    if not histories:
        raise ValueError("curves: no history to draw; pass what fit returned")
    checked(guessing, Optional(NUMBER), "curves: guessing")
    runs = [_rows_and_losses(history) for history in histories]
    names = names_of(runs, labels, lambda i, run: f"run {i + 1}", "curves")
    if per_step and not all(losses or not rows for rows, losses in runs):
        raise ValueError("curves: per_step needs the loss of each step, which a CSV file has not")
    axes = _axes(ax, any(row["accuracy"] is not None for rows, _ in runs for row in rows))
    unit = "step" if per_step else "epoch"
    is_named = len(runs) > 1 or labels is not None
    for i, ((rows, losses), name) in enumerate(zip(runs, names, strict=True)):
        title = name if is_named else None
        if per_step:
            axes[0].plot(range(1, len(losses) + 1), losses, color=COLOURS[i % 8], linewidth=0.7,
                         alpha=0.5, label=None if title else "each step")  # fmt: skip
        for panel, what in zip(axes, ("loss", "accuracy"), strict=False):
            _draw_run(panel, what, rows, i, title, unit)
    _draw_marks(axes[0], runs, unit, guessing)
    _draw_frame(axes, runs, unit, is_named)
    notes = [_note(name, rows) for name, (rows, _) in zip(names, runs, strict=True)]
    table = _by_step if per_step else _by_epoch
    return finished(axes, Table(table(names, runs), filter(None, notes)))


def best(rows):
    """The row with the lowest validation loss; None where there is none."""
    measured = [row for row in rows if row["val_loss"] is not None]
    finite = [row for row in measured if math.isfinite(row["val_loss"])]
    return min(finite, key=lambda row: row["val_loss"], default=None)


def _axes(ax, with_accuracy):
    if ax is None:
        return new_axes(None, 2, (10.0, 3.8)) if with_accuracy else new_axes(None)
    return new_axes(ax, len(ax) if hasattr(ax, "__len__") and len(ax) == 2 else 1)


def _draw_run(ax, what, rows, i, title, unit):
    """One run on one panel. Per step, the mean loss is a bar over its epoch's steps."""
    style = {"color": COLOURS[i % 8], "marker": MARKERS[i % 8], "markersize": 4.5}
    points, training = [(row[unit], row[what]) for row in rows if row[what] is not None], {}
    if unit == "step" and what == "loss":
        bars = zip(rows, _lengths(rows), strict=True)
        points = [point for row, n in bars for point in _bar(row, n)]
        training = {"linewidth": 2.6, "markevery": (1, 4)}  # on the middle of each bar
    if points:
        ax.plot(*zip(*points, strict=True), label=title or "training", **style | training)
    points = [(row[unit], row[f"val_{what}"]) for row in rows if row[f"val_{what}"] is not None]
    if points:
        ax.plot(*zip(*points, strict=True), linestyle=DASHED, markerfacecolor="white",
                label=None if title else "validation", **style)  # fmt: skip


def _bar(row, n):
    """The points of a bar over the row's n steps, and a gap."""
    start, end = row["step"] - n + 0.5, row["step"] + 0.5
    return [(x, row["loss"]) for x in (start, (start + end) / 2.0, end, math.nan)]


def _draw_marks(ax, runs, unit, guessing):
    """On the losses: a ring at each run's best epoch, and the line of guessing."""
    rings = [row for row in (best(rows) for rows, _ in runs) if row is not None]
    if rings:
        label = "lowest validation loss"
        label += f": epoch {rings[0]['epoch']}" if len(runs) == 1 else ""
        ax.plot([row[unit] for row in rings], [row["val_loss"] for row in rings], label=label,
                linestyle="none", marker="o", markersize=12, markerfacecolor="none",
                markeredgecolor="black")  # fmt: skip
    if guessing is not None:
        ax.axhline(guessing, color="0.35", linestyle=(0, (1, 2)), linewidth=1.2,
                   label=f"guessing: {guessing:.3g}")  # fmt: skip


def _draw_frame(axes, runs, unit, is_named):
    """Labels and the scale; where a line's label is its run, what solid and dashed mean."""
    losses = [x for rows, _ in runs for row in rows for x in (row["loss"], row["val_loss"])]
    losses += [x for _, steps in runs for x in steps if unit == "step"]
    losses = [x for x in losses if x is not None and not math.isnan(x)]
    if losses and min(losses) > 0.0:
        log_scale(axes[0], "y")
    if is_named and any(row["val_loss"] is not None for rows, _ in runs for row in rows):
        axes[0].plot([], [], color="0.35", linestyle=SOLID, label="training")
        axes[0].plot([], [], color="0.35", linestyle=DASHED, label="validation")
    for ax, what in zip(axes, ("loss", "accuracy"), strict=False):
        ax.set(title=what.capitalize(), xlabel=unit, ylabel=what)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)


def _by_epoch(names, runs):
    pairs = [(name, row) for name, (rows, _) in zip(names, runs, strict=True) for row in rows]
    columns = {column: [row[column] for _, row in pairs] for column in COLUMNS}
    return {"run": [name for name, _ in pairs], **columns}


def _by_step(names, runs):
    """Beside each step's loss the mean of its epoch; None in an epoch that did not end."""
    columns = {"run": [], "step": [], "loss": [], "epoch": [], "epoch_loss": []}
    for name, (rows, losses) in zip(names, runs, strict=True):
        epochs = [row for row, n in zip(rows, _lengths(rows), strict=True) for _ in range(n)]
        epochs += [{"epoch": None, "loss": None}] * (len(losses) - len(epochs))
        columns["run"] += [name] * len(losses)
        columns["step"] += range(1, len(losses) + 1)
        columns["loss"] += losses
        columns["epoch"] += [row["epoch"] for row in epochs]
        columns["epoch_loss"] += [row["loss"] for row in epochs]
    return columns


def _lengths(rows):
    """How many steps each epoch has: the difference of the rows' step counts."""
    ends = [row["step"] for row in rows]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _note(name, rows):
    row = best(rows)
    if row is None:
        return None
    loss = f"{row['val_loss']:.4g}, epoch {row['epoch']} of {rows[-1]['epoch']}"
    return f"{name}: lowest validation loss {loss}"


def _rows_and_losses(history):
    """(rows, step losses) of a History, or of a file that holds one."""
    if hasattr(history, "rows") and hasattr(history, "step_losses"):
        return history.rows, history.step_losses
    if not isinstance(history, (str, os.PathLike)):
        raise TypeError(f"curves: expected a History or a file, got {history!r:.60}")
    if os.fspath(history).endswith(".json"):
        state = load_checkpoint(history)
        if not isinstance(state, dict) or "history" not in state:
            raise ValueError(f"{history}: a checkpoint without a history; `fit` writes one")
        return state["history"]["rows"], state["history"]["step_losses"]
    with open(history, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise ValueError(f"{history}: no history; needs the columns {', '.join(COLUMNS)}")
    return [_numbers(row, f"{history}, row {i}") for i, row in enumerate(rows, 1)], []


def _numbers(row, what):
    """A row of CSV as a History has it: numbers, and None for an empty field."""
    try:
        fields = {name: float(row[name]) if row[name] else None for name in COLUMNS}
        return fields | {"epoch": int(row["epoch"]), "step": int(row["step"])}
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what}: {error}") from None
