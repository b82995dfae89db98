"""fit: train a model, with validation, a learning curve, checkpoints and early stopping.

This file checks the arguments and makes callbacks of most of them.
Read next: `training/run.py`, the loop itself.
"""

import os
import random
import sys
from contextlib import nullcontext

from ..data import DataLoader
from ..data.dataset import as_dataset
from ..engine.arguments import COUNT, POSITIVE, Optional, checked
from ..files.atomic_write import check_folder
from ..files.lock import FileLock
from ..nn import Module
from ..nn.mode import in_mode
from ..optim import Newton, Optimizer
from ..optim.base.wrapper import innermost
from .callbacks import Callback, EarlyStopping, EpochFunction, Interrupt, Limits
from .evaluate import evaluate
from .forward import Compiling
from .progress import Progress
from .resume import Checkpoint, Resume
from .run import Run
from .schedulers import RunOut

__all__ = ["fit"]


def fit(
    model, loss_fn, optimizer, train, *, val=None, epochs=None, max_steps=None, batch_size=32,
    clip_norm=None, early_stopping=None, seed=0, checkpoint=None, resume=False, progress=True,
    callbacks=(), compile=None,
):  # fmt: skip
    """Train `model` and return the History.

    model, loss_fn   loss_fn(model(x), y) is the mean loss of a batch, a scalar
    optimizer        over the model's parameters; its learning rate may be a schedule of the step
    train, val       TensorDatasets of (x, y), or (x, y) itself; `train` may be a DataLoader too
    batch_size, seed  each epoch `train` is shuffled by random.Random(seed) and cut in batches; a
                     DataLoader does both by itself, and these two are unused. The seed is for the
                     shuffle alone: a layer that draws (Dropout) uses its own rng, or else the
                     generator of the `random` module
    epochs, max_steps  the run ends at whichever comes first; at least one must be given. Both count
                     from the start of the run, those before a resume included
    clip_norm        before each step the gradient's norm over all parameters is clipped to this
    early_stopping   after so many epochs in a row that did not lower the validation loss the run
                     stops, and the parameters with the lowest are put back
    checkpoint       a file written after every epoch and at the end. With resume=True the run goes
                     on from it, to the same bits as one that never stopped, if it is called alike.
                     ValueError where data, optimizer, hyperparameters, batch_size or clip_norm
                     differ. A loss or a schedule that is a function of your own is not compared.
                     BlockingIOError where another run is writing the file
    progress         a bar on a terminal, plain lines elsewhere (on standard error); False: silent
    callbacks        functions, each called with the History after an epoch, where a true answer
                     stops the run; or Callbacks, which see every step and are saved with the run.
                     A learning-rate scheduler that one steps is saved too: see `schedulers.py`
    compile          whether to turn model and loss into generated Python (a program; see
                     `compile`). None: a model of the library's modules with one of its losses, once
                     there were so many batches that it pays; yours run as written. True: from the
                     first step on, yours too; TypeError where that cannot be, StaleProgramError
                     where a program misses a change. False: never. A compiled loss may differ in
                     its last bits, so resume with the same. A program computes and does nothing
                     else: a model that prints does so only while it is traced or checked. An
                     optimizer of your own that takes second derivatives of the loss needs False

    Runs in threads give what they give alone, if each has a model, an optimizer and random.Random
    objects of its own; two that draw from the `random` module share its numbers in any order.

    The model learns in training mode, is validated in eval mode, and ends in the mode it came in.
    Ctrl-C lets the step finish, saves, and returns; a second one interrupts at once. A loss that
    is not finite stops the run before it spoils the parameters; `history.stopped` is "diverged",
    as it is where a limit is reached with losses a thousand times the first: see `diagnose.py`.
    Raises ValueError, TypeError or OSError for arguments that cannot work, before anything is
    changed; RuntimeError, naming the parameter, where a finite loss has an infinite gradient.
    """
    checked(seed, int, "fit: seed")
    checked(progress, bool, "fit: progress")
    loader = _as_loader(train, batch_size, seed)
    val = None if val is None else as_dataset(val, "val")
    _check_functions(model, loss_fn, optimizer, callbacks)
    _check_numbers(epochs, max_steps, early_stopping, clip_norm, val)
    _check_checkpoint(checkpoint, resume, early_stopping, model)
    compile = _compilable(compile, optimizer)
    if val is not None:
        evaluate(model, loss_fn, val[:1])  # what does not fit shows now, not after an epoch
    hooks = []  # in the order in which they are called
    if compile is not False:
        hooks.append(Compiling(at_once=compile is True))
    if resume:
        hooks.append(Resume(checkpoint))
    hooks.append(Interrupt())
    if progress and sys.stderr is not None:  # None where it is closed
        hooks.append(Progress(epochs, max_steps))
    hooks += [c if isinstance(c, Callback) else EpochFunction(c) for c in callbacks]
    hooks += [EarlyStopping(model, early_stopping), Limits(epochs, max_steps), RunOut()]
    if checkpoint is not None:
        hooks.append(Checkpoint(checkpoint))
    run = Run(model, loss_fn, optimizer, loader, val, clip_norm, compile, hooks)
    lock = nullcontext() if checkpoint is None else FileLock(checkpoint)
    with lock, in_mode(model, training=True):
        run.train()
    run.set_mode(training=False)
    run.history.stopped = run.stopped
    return run.history


def _as_loader(train, batch_size, seed):
    if isinstance(train, DataLoader):
        as_dataset(train.dataset, "train")
        return train
    dataset = as_dataset(train, "train")
    return DataLoader(dataset, batch_size, shuffle=True, rng=random.Random(seed))


def _check_functions(model, loss_fn, optimizer, callbacks):
    for name, x in (("model", model), ("loss_fn", loss_fn)):
        if not callable(x):
            raise TypeError(f"fit: {name} must be callable, got {x!r:.60}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"fit: expected an optim.Optimizer, got {optimizer!r:.60}")
    updated = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if isinstance(model, Module) and updated.isdisjoint(map(id, model.parameters())):
        raise ValueError(f"fit: {optimizer} holds none of the parameters of {model}")
    if not isinstance(callbacks, (tuple, list)) or not all(
        callable(c) or isinstance(c, Callback) for c in callbacks
    ):
        raise TypeError(
            f"fit: callbacks must be a list of functions and Callbacks, got {callbacks!r:.60}"
        )


def _check_numbers(epochs, max_steps, early_stopping, clip_norm, val):
    if epochs is None and max_steps is None:
        raise ValueError("fit: give epochs or max_steps, or it would never end")
    counts = {"epochs": epochs, "max_steps": max_steps, "early_stopping": early_stopping}
    for name, count in counts.items():
        checked(count, Optional(COUNT), f"fit: {name}")
    checked(clip_norm, Optional(POSITIVE), "fit: clip_norm")
    if early_stopping is not None and val is None:
        raise ValueError("fit: early_stopping watches the validation loss; give val")


def _check_checkpoint(checkpoint, resume, early_stopping, model):
    if resume and checkpoint is None:
        raise ValueError("fit: resume needs the checkpoint file to go on from")
    saves = checkpoint is not None or early_stopping is not None
    if saves and not isinstance(model, Module):
        raise TypeError(f"fit: to save a model's parameters it must be an nn.Module, got {model!r}")
    if checkpoint is not None:
        check_folder(checkpoint)
        if os.path.isdir(checkpoint):
            raise IsADirectoryError(f"fit: checkpoint must be a file, {checkpoint} is a folder")


def _compilable(compile, optimizer):
    """`compile`, but False for an optimizer that takes second derivatives."""
    checked(compile, Optional(bool), "fit: compile")
    if not isinstance(innermost(optimizer), Newton):
        return compile
    if compile:
        raise ValueError(
            "fit: Newton takes second derivatives, which a compiled loss has not; leave compile out"
        )
    return False
