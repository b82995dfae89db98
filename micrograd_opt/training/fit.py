"""fit: the training loop of Lecture 6, with validation, checkpoints and a learning curve.

This file decides when to stop, to validate and to save; the step itself is in `run.py`.
Read next: `data/loader.py` for the batches, `optim/` for the update.
"""

import contextlib
import os
import random
import signal
import threading

from ..data import DataLoader
from ..engine.arguments import COUNT, checked
from ..files.checkpoint import save_checkpoint
from ..nn import Module
from ..nn.mode import in_mode
from ..optim import Newton, Optimizer
from ..optim.base.wrapper import innermost
from . import resume as run_state
from .evaluate import as_dataset, evaluate
from .progress import progress_report
from .run import Run

__all__ = ["evaluate", "fit"]


def fit(
    model, loss_fn, optimizer, train, *, val=None, epochs=None, max_steps=None, batch_size=32,
    clip_norm=None, early_stopping=None, seed=0, checkpoint=None, resume=False, progress=True,
    callbacks=(), compile=None,
):  # fmt: skip
    """Train `model` and return the History.

    model, loss_fn   loss_fn(model(x), y) is the mean loss of a batch, a scalar
    optimizer        over the model's parameters; its learning rate may be a schedule of the step
    train, val       TensorDatasets of (x, y), or (x, y) itself; `train` may be a DataLoader too
    batch_size, seed  once an epoch `train` is shuffled by random.Random(seed) and cut in batches;
                     a DataLoader does both by itself, and these two are unused. The seed is for the
                     shuffle alone: a layer that draws (Dropout) uses its own rng, or else the
                     generator of the `random` module
    epochs, max_steps  the run ends at whichever comes first; at least one must be given. Both count
                     from the start of the run, those before a resume included
    clip_norm        before each step the gradient's norm over all parameters is clipped to this
    early_stopping   after so many epochs in a row that did not lower the validation loss the run
                     stops, and the parameters with the lowest are put back
    checkpoint       a file written after every epoch and at the end; resume=True goes on from it,
                     with the same bits as a run that never stopped, if all else is called alike.
                     ValueError where data, optimizer, hyperparameters, batch_size or clip_norm
                     differ; that another function is the loss or a schedule cannot be seen. What
                     a callback holds, such as an lr_scheduler, is its own to save
    progress         a bar on a terminal, plain lines elsewhere (on standard error); False: silent
    callbacks        each is called with the History after an epoch; a true answer stops the run
    compile          None: model and loss run as generated Python (see `compile`) once so many
                     batches were seen that it pays, and as they are where that cannot be. True:
                     from the first step on; TypeError where it cannot be. False: never. The last
                     bits may differ, so a run is resumed with the same. A program does not repeat
                     what model or loss do beside computing, such as printing; an optimizer of your
                     own that takes second derivatives of the loss needs False

    The model learns in training mode, is validated in eval mode, and ends in the mode it came in.
    Ctrl-C lets the step finish, saves, and returns; a second one interrupts at once. A loss that
    is not finite stops the run before it spoils the parameters; `history.stopped` is "diverged".
    Raises ValueError, TypeError or OSError for arguments that cannot work, before anything is
    changed; RuntimeError, naming the parameter, where a finite loss has an infinite gradient.
    """
    loader = _as_loader(train, batch_size, seed)
    val = None if val is None else as_dataset(val, "val")
    _check_arguments(model, loss_fn, optimizer, clip_norm, callbacks)
    _check_limits(epochs, max_steps, early_stopping, val)
    _check_checkpoint(checkpoint, resume, early_stopping, model)
    compile = _compilable(compile, optimizer)
    if val is not None:
        evaluate(model, loss_fn, val[:1])  # what does not fit shows now, not after an epoch
    run = Run(model, loss_fn, optimizer, loader, clip_norm, compile)
    if compile:
        run.prepare(val)
    if resume:
        run_state.resume(run, checkpoint)
    run.set_mode(training=True)
    with (
        in_mode(model, training=True),
        _finish_the_step() as interrupt,
        progress_report(progress, run, epochs, max_steps) as show,
    ):
        run.listen(show.say)
        stopped = run.limit(epochs, max_steps, early_stopping)
        while stopped is None:
            stopped = run.epoch(max_steps, interrupt, show)
            if stopped is None:
                stopped = _after_epoch(run, val, early_stopping, callbacks, show)
            if checkpoint is not None and stopped != "diverged":
                save_checkpoint(checkpoint, run_state.state_dict(run))
            stopped = stopped or run.limit(epochs, max_steps, early_stopping)
        if run.epoch_steps:  # it stopped in the middle of an epoch
            show.row(run.close_epoch(val))
    run.set_mode(training=False)
    run.history.stopped = stopped
    return run.history


def _after_epoch(run, val, early_stopping, callbacks, show):
    """The epoch's row, for all who wait for it; "callback" if one of the callbacks stops the run.

    Every callback is called, and before the best parameters are put back.
    """
    show.row(run.close_epoch(val))
    answers = [callback(run.history) for callback in callbacks]
    if early_stopping is not None:
        run.remember_best(early_stopping)
    return "callback" if any(answers) else None


def _as_loader(train, batch_size, seed):
    if isinstance(train, DataLoader):
        as_dataset(train.dataset, "train")
        return train
    dataset = as_dataset(train, "train")
    return DataLoader(dataset, batch_size, shuffle=True, rng=random.Random(seed))


def _check_arguments(model, loss_fn, optimizer, clip_norm, callbacks):
    for name, x in (("model", model), ("loss_fn", loss_fn)):
        if not callable(x):
            raise TypeError(f"fit: {name} must be callable, got {x!r:.60}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"fit: expected an optim.Optimizer, got {optimizer!r:.60}")
    updated = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if isinstance(model, Module) and updated.isdisjoint(map(id, model.parameters())):
        raise ValueError(f"fit: {optimizer} holds none of the parameters of {model}")
    if clip_norm is not None:
        checked(clip_norm, "(0, inf)", "fit: clip_norm")
    if not isinstance(callbacks, (tuple, list)) or not all(map(callable, callbacks)):
        raise TypeError(f"fit: callbacks must be a list of functions, got {callbacks!r:.60}")


def _check_limits(epochs, max_steps, early_stopping, val):
    if epochs is None and max_steps is None:
        raise ValueError("fit: give epochs or max_steps, or it would never end")
    counts = {"epochs": epochs, "max_steps": max_steps, "early_stopping": early_stopping}
    for name, count in counts.items():
        if count is not None:
            checked(count, COUNT, f"fit: {name}")
    if early_stopping is not None and val is None:
        raise ValueError("fit: early_stopping watches the validation loss; give val")


def _compilable(compile, optimizer):
    """`compile`, but False for an optimizer that takes second derivatives."""
    if compile is not None and not isinstance(compile, bool):
        raise TypeError(f"fit: compile must be True, False or None, got {compile!r:.60}")
    if not isinstance(innermost(optimizer), Newton):
        return compile
    if compile:
        raise ValueError(
            "fit: Newton takes second derivatives, which a compiled loss has not; leave compile out"
        )
    return False


def _check_checkpoint(checkpoint, resume, early_stopping, model):
    if resume and checkpoint is None:
        raise ValueError("fit: resume needs the checkpoint file to go on from")
    saves = checkpoint is not None or early_stopping is not None
    if saves and not isinstance(model, Module):
        raise TypeError(f"fit: to save a model's parameters it must be an nn.Module, got {model!r}")
    if checkpoint is None:
        return
    folder = os.path.dirname(os.path.abspath(checkpoint))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"fit: no folder {folder} to write the checkpoint to")
    if os.path.isdir(checkpoint):
        raise IsADirectoryError(f"fit: checkpoint must be a file, {checkpoint} is a folder")


@contextlib.contextmanager
def _finish_the_step():
    """Within it a first Ctrl-C only sets the event; a second one interrupts as usual."""
    event = threading.Event()

    def on_interrupt(signum, frame):
        event.set()
        signal.signal(signal.SIGINT, before)

    if threading.current_thread() is not threading.main_thread():
        yield event  # only the main thread may set handlers
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
