"""History: the learning curve of a run, a row an epoch.

Read next: `training/progress.py`.
"""

import csv
import math

from ..engine.arguments import COUNT, NUMBER, RATE, Each, Optional, checked

ROW = {  # a column: what may stand in it; None where there is nothing to say
    "epoch": COUNT, "step": COUNT, "loss": "[-inf, inf]", "accuracy": Optional("[0, 1]"),
    "val_loss": Optional(float), "val_accuracy": Optional("[0, 1]"),
    "lr": NUMBER, "grad_norm": "[0, inf]", "seconds": RATE,
}  # fmt: skip
COLUMNS = tuple(ROW)


class History:
    """What `fit` saw, in plain lists.

    rows         a dict an epoch, with the keys of COLUMNS. `loss` and `accuracy` are means over the
                 epoch's batches, weighted by their size, while the weights moved; `val_loss` and
                 `val_accuracy` were measured at its end; `lr` is its last step's rate (of the
                 first group), `grad_norm` the mean norm of the whole gradient before clipping,
                 `step` and `seconds` count from the start. None where there is nothing to say.
    step_losses  the loss of each batch, before its update
    stopped      why the run ended: epochs, max_steps, early stopping, callback, interrupted,
                 or diverged; or the text that a callback gave
    compiled     a line of words on each program that was made, and on those that could not be
    """

    def __init__(self):
        self.rows = []
        self.step_losses = []
        self.stopped = None
        self.compiled = []

    def __getitem__(self, column):
        """A column as a list, an entry an epoch: history["val_loss"]."""
        if column not in COLUMNS:
            raise KeyError(f"{column!r} is not one of {', '.join(COLUMNS)}")
        return [row[column] for row in self.rows]

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return f"History({len(self.rows)} epochs, {len(self.step_losses)} steps)"

    def best(self):
        """The row with the lowest validation loss (training loss where there is none).

        A loss of NaN is never the lowest; None if there is no other.
        """
        rows = [row for row in self.rows if not math.isnan(_ranking_loss(row))]
        return min(rows, key=_ranking_loss, default=None)

    def summary(self):
        """The run in a few lines of text."""
        if not self.rows:
            return f"no epoch finished ({self.stopped})"
        last, best = self.rows[-1], self.best()
        lines = [
            f"{last['epoch']} epochs, {last['step']} steps in {last['seconds']:.1f} s, "
            f"stopped by: {self.stopped}"
        ]
        for name, prefix in (("training", ""), ("validation", "val_")):
            if last[prefix + "loss"] is not None:
                lines.append(f"{name:10}  {_figures(last, prefix)}")
        if best is not None and best is not last:
            lines.append(f"best epoch  {best['epoch']} (loss {_ranking_loss(best):.4f})")
        return "\n".join(lines)

    def to_csv(self, path):
        """Write the rows as CSV, a header first; None is an empty field."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)

    def state_dict(self):
        """Plain JSON types, for a checkpoint."""
        return {"rows": self.rows, "step_losses": self.step_losses}

    def load_state_dict(self, state):
        """Take over a state_dict. ValueError or TypeError, with nothing changed, if it is none."""
        state = checked(state, {"rows": Each(ROW), "step_losses": Each(NUMBER)}, "history")
        rows, losses = state["rows"], state["step_losses"]
        steps = [row["step"] for row in rows]
        if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
            raise ValueError(f"history: rows must be those of the epochs 1 … {len(rows)}, in order")
        if steps != sorted(set(steps)) or steps[-1:] > [len(losses)]:
            raise ValueError(f"history: step must grow from row to row, to {len(losses)} at most")
        self.rows, self.step_losses = rows, losses


def _ranking_loss(row):
    return row["loss"] if row["val_loss"] is None else row["val_loss"]


def _figures(row, prefix):
    accuracy = row[prefix + "accuracy"]
    shown = "" if accuracy is None else f", accuracy {accuracy:.4f}"
    return f"loss {row[prefix + 'loss']:.4f}{shown}"
