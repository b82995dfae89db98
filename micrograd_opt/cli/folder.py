"""The folder of a run, `train --out DIR`: a checkpoint, and at the end what there is to look at.

Read next: `cli/report.py`.
"""

import json
import math
import os
import sys
from pathlib import Path

from .. import functional, plot
from ..draw import draw
from ..files.atomic_write import write_whole
from ..files.checkpoint import load_checkpoint
from ..training.callbacks import Callback

CHECKPOINT = "checkpoint.json"
SETTINGS = "settings.json"
FILES = (CHECKPOINT, SETTINGS, "history.csv", "curves.png", "graph.svg", "graph.gv")


def checkpoint_in(folder, resume, overwrite):
    """The path of the checkpoint, None without a folder; OSError where a run cannot be written, or
    gone on with, or where another one would be lost."""
    if folder is None:
        if resume or overwrite:
            option = "--resume" if resume else "--overwrite"
            raise ValueError(f"{option}: needs --out, the folder of the run")
        return None
    path = os.path.join(folder, CHECKPOINT)
    if resume and not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no checkpoint there; start the run without --resume")
    if os.path.isfile(folder):
        raise FileExistsError(f"--out: {folder} is a file; name a folder for what the run writes")
    there = [name for name in FILES if os.path.exists(os.path.join(folder, name))]
    if there and not resume and not overwrite:
        raise FileExistsError(
            f"--out: {folder} holds a run already ({', '.join(there)}): "
            "--resume goes on with it, --overwrite starts anew"
        )
    return path


class Cleared(Callback):
    """Removes what a run before this one has left in the folder, once it is ours alone."""

    def __init__(self, folder):
        self.folder = folder

    def on_start(self, run):
        for name in FILES:
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                os.unlink(path)


class Noted(Callback):
    """Writes into the folder with which settings the run was started."""

    def __init__(self, folder, settings):
        self.folder, self.settings = folder, settings

    def on_start(self, run):
        text = json.dumps(self.settings, indent=1)
        write_whole(os.path.join(self.folder, SETTINGS), text.encode())


def folder_of(run):
    """The folder of a run, which may be named by its checkpoint.json."""
    path = Path(run)
    return path.parent if path.name == CHECKPOINT else path


def saved_state(folder):
    """The state in the checkpoint of a run's folder; OSError or ValueError, which say why not."""
    return load_checkpoint(os.path.join(folder, CHECKPOINT))


def records_gradients(folder):
    """Whether the run in a folder was begun with --report, so that its gradient flow is saved."""
    state = saved_state(folder)
    return isinstance(state, dict) and "GradientFlow" in state.get("callbacks", ())


def saved_settings(folder):
    """The settings with which `train --out` began the run in a folder."""
    path = os.path.join(folder, SETTINGS)
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no settings there; `train --out` writes them") from None
    except ValueError as error:
        raise ValueError(f"{path}: not the settings of a run: {error}") from None
    if not isinstance(settings, dict) or "data" not in settings:
        raise ValueError(f"{path}: not the settings of a run: no data set is named")
    return settings


def write(folder, history, model, train):
    """The run's files beside its checkpoint; returns their names."""
    history.to_csv(os.path.join(folder, "history.csv"))
    saved = os.path.exists(os.path.join(folder, CHECKPOINT))  # an epoch did not diverge
    written = [CHECKPOINT] * saved + [SETTINGS, "history.csv"]
    try:
        guessing = math.log(len(train.classes))
        plot.curves(history, guessing=guessing).save(os.path.join(folder, "curves.png"))
        written.append("curves.png")
    except ImportError as error:
        print(f"no curves.png: {error}", file=sys.stderr)
    drawing = drawing_of(model, train)
    try:
        written.append(drawing.save(os.path.join(folder, "graph.svg")).name)
    except RuntimeError as error:
        print(f"no graph.svg: {error}", file=sys.stderr)
        written.append(drawing.save(os.path.join(folder, "graph.gv")).name)
    return written


def drawing_of(model, train):
    """The graph of the loss of the first example, with its gradients."""
    x, y = train[:1]
    x.label = "x"
    model.zero_grad()  # or the last step's gradients would be in the picture
    loss = functional.cross_entropy(model(x), y)
    loss.label = "loss"
    loss.backward()
    return draw(loss, title="the loss of one example", max_nodes=None)
