"""`micrograd-opt compare`: two runs side by side, and where they first differ.

Read next: `cli/landscape.py`.
"""

import math
import sys

from .. import plot
from .folder import CHECKPOINT, folder_of, saved_settings, saved_state
from .task import as_json, picture

HELP = "lay two runs of `train --out` side by side"
COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")


def add_arguments(parser):
    add = parser.add_argument
    add("a", metavar="RUN", help="the folder of a run, or its checkpoint.json")
    add("b", metavar="RUN", help="that of another")
    add("--out", type=picture, metavar="FILE", help="draw the learning curves of both: .svg, .png "
        "or .pdf")  # fmt: skip
    add("--json", action="store_true", help="print one line of JSON instead of the tables")


def run(args):
    folders = (args.a, args.b)
    paths = list(map(folder_of, folders))
    states = [saved_state(folder) for folder in paths]
    settings = [saved_settings(folder) for folder in paths]
    result = {
        "runs": list(folders),
        "settings": _differences(*settings),
        "first_difference": _first_difference(*[s["history"]["step_losses"] for s in states]),
        "same_weights": states[0]["model"] == states[1]["model"],
        "last": [_last(s["history"]["rows"]) for s in states],
    }
    if args.out is not None:
        labels = list(folders) if args.a != args.b else [f"{args.a} (A)", f"{args.b} (B)"]
        figure = plot.curves(*[path / CHECKPOINT for path in paths], labels=labels)
        written = figure.save(args.out)
    print(as_json(result) if args.json else _text(result))
    if args.out is not None:
        print(f"written: {written}", file=sys.stderr)
    return 0


def _differences(a, b):
    """{setting: [in one, in the other]} of those that are not alike."""
    names = [*a, *[name for name in b if name not in a]]
    return {name: [a.get(name), b.get(name)] for name in names if a.get(name) != b.get(name)}


def _first_difference(a, b):
    """The first step whose losses are not the same to the bit, with both; None where there is none.

    Where one run is longer, its first step that the other has not.
    """
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y and not (math.isnan(x) and math.isnan(y)):
            return {"step": i + 1, "losses": [x, y]}
    if len(a) == len(b):
        return None
    i = min(len(a), len(b))
    return {"step": i + 1, "losses": [losses[i] if i < len(losses) else None for losses in (a, b)]}


def _last(rows):
    """The last epoch, and the best validation loss with its epoch."""
    if not rows:
        return {"epoch": 0}
    best = min(rows, key=lambda row: math.inf if row["val_loss"] is None else row["val_loss"])
    last = {name: rows[-1][name] for name in COLUMNS}
    return {"epoch": rows[-1]["epoch"], **last, "best_val_loss": best["val_loss"],
            "best_epoch": best["epoch"]}  # fmt: skip


def _text(result):
    a, b = result["runs"]
    rows = [("", "A", "B"), ("run", a, b)]
    rows += [(name, *map(_shown, pair)) for name, pair in result["settings"].items()]
    names = dict.fromkeys(key for last in result["last"] for key in last)
    rows += [(name.replace("_", " "), *[_shown(last.get(name)) for last in result["last"]])
             for name in names]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}".rstrip()
        for row in rows
    ]
    if not result["settings"]:
        lines.insert(2, "all settings are alike")
    return "\n".join([*lines, "", _verdict(result)])


def _verdict(result):
    first = result["first_difference"]
    if first is None:
        same = "and the weights" if result["same_weights"] else "yet not the weights"
        return f"the losses of all steps are the same to the bit, {same}"
    x, y = first["losses"]
    if x is None or y is None:
        longer = "B" if x is None else "A"
        return f"the same to the bit until {longer} goes on with step {first['step']}"
    return f"first difference: step {first['step']}, losses {x!r} and {y!r}"


def _shown(x):
    return "–" if x is None else f"{x:.4g}" if isinstance(x, float) else str(x)
