"""Checkpoint writes the whole state of a run to a file; Resume goes on from one.

A resumed run ends with the same bits as one that never stopped. For that a checkpoint holds all
that a step depends on: parameters and buffers, the optimizer's memory, the order of this epoch's
samples and how many of them were used, the state of every random generator, what the callbacks
remember. What the caller gives again (data, hyperparameters) is in it as words, to be compared.

Resume checks in this order, and then loads all of it or nothing: the file's sha256, the kind of
every field (STATE), the data, the settings, the names and shapes of the parameters.
Read next: `training/forward.py`.
"""

import hashlib
import random
import time
from array import array
from types import NoneType

from ..engine.arguments import NUMBER, RATE, WHOLE, Each, Optional, checked
from ..files.checkpoint import load_checkpoint, save_checkpoint
from ..nn.mode import modules
from ..optim import Optimizer
from ..optim.base.rollback import all_or_nothing
from ..optim.base.wrapper import innermost
from ..optim.schedules.base import Schedule
from .callbacks import Callback, load_parameters
from .history import History

STATE = {
    "data": str,  # a digest of it
    "settings": dict,  # in words
    "classes": Optional(list),  # their names, for whoever reads the model's answers
    "model": dict,  # what is a dict here is checked by the object that loads it
    "optimizer": dict,
    "loader": dict,
    "history": dict,
    "callbacks": dict,
    "epoch": {
        "steps": WHOLE, "samples": WHOLE, "correct": Optional(WHOLE),
        "loss_sum": "[-inf, inf]", "norm_sum": "[0, inf]", "lr": NUMBER,
    },
    # a Mersenne Twister: its version, 624 words and the place in them, a normal draw kept for later
    "generators": Each(([3], Each("{0, 1, …, 4294967295}", 625), Optional(NUMBER))),
    "seconds": RATE,
}  # fmt: skip


class Checkpoint(Callback):
    """Saves after every epoch, and where the run stops within one."""

    def __init__(self, path):
        self.path = path

    def on_epoch(self, run):
        save_checkpoint(self.path, state_dict(run))

    def on_step(self, run):
        if run.stopped:
            save_checkpoint(self.path, state_dict(run))


class Resume(Callback):
    """Goes on from a checkpoint; ValueError, with nothing changed, where it does not fit."""

    def __init__(self, path):
        self.path = path

    def on_start(self, run):
        state = load_checkpoint(self.path)
        try:
            state = _checked(state, state_dict(run))
            with all_or_nothing(run):
                load_state_dict(run, state)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path}: does not fit this run: {error}") from error


def state_dict(run):
    """Everything that a run depends on and changes, in plain JSON types."""
    return {
        "data": _fingerprint(run.loader.dataset),
        "settings": settings(run),
        "classes": run.loader.dataset.classes,
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "loader": run.loader.state_dict(),
        "history": run.history.state_dict(),
        "callbacks": {name: callback.state_dict() for name, callback in _stateful(run.callbacks)},
        "epoch": dict(vars(run.epoch)),
        "generators": [rng.getstate() for rng in _generators(run)],
        "seconds": run.seconds,
    }


def load_state_dict(run, state):
    """Take over a state_dict.

    Callbacks first: EarlyStopping loads its best parameters into the model to check that they fit;
    the run's own then replace them.
    """
    for name, callback in _stateful(run.callbacks):
        callback.load_state_dict(state["callbacks"][name])
    load_parameters(run.model, state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.loader.load_state_dict(state["loader"])
    run.history.load_state_dict(state["history"])
    vars(run.epoch).update(state["epoch"])
    for rng, (version, words, normal) in zip(_generators(run), state["generators"], strict=True):
        rng.setstate((version, tuple(words), normal))
    run.started = time.perf_counter() - state["seconds"]


def _checked(state, own):
    """A checkpoint's state; raises unless its kinds are right and it fits the run's `own` state."""
    state = checked(state, STATE, "state")
    if state["data"] != own["data"]:
        raise ValueError("it was trained on other data; is it the same file, split and seed?")
    checked(state["settings"], dict.fromkeys(state["settings"], str), "state: settings")
    for name in own["settings"] | state["settings"]:
        was, now = [of["settings"].get(name, "not there") for of in (state, own)]
        if was != now:
            raise ValueError(
                f"{name} was {was}, is {now}; call it as before, or start anew without resume"
            )
    if len(state["generators"]) != len(own["generators"]):
        raise ValueError("it drew from other random generators")
    for i, (_, words, _) in enumerate(state["generators"]):
        checked(words[624], "{0, 1, …, 624}", f"state: generators[{i}], the place in its words")
    checked(state["callbacks"], dict.fromkeys(own["callbacks"], dict), "callbacks")
    _check_counts(state)
    return state


def _check_counts(state):
    """Raise where the counts of one run contradict each other."""
    epoch, history = state["epoch"], History()
    history.load_state_dict(state["history"])
    before, steps = sum(history["step"][-1:]), len(history.step_losses)
    if before + epoch["steps"] != steps:
        raise ValueError(
            f"history: {steps} step losses, of {before} steps until the last row "
            f"and {epoch['steps']} since"
        )
    if epoch["steps"] > epoch["samples"] or (epoch["correct"] or 0) > epoch["samples"]:
        raise ValueError(
            f"epoch: {epoch['samples']} samples cannot be those of {epoch['steps']} steps "
            f"with {epoch['correct']} correct"
        )


def _stateful(callbacks):
    """(name, callback) of those that a checkpoint keeps: a second of its class is "Class 2"."""
    count = {}
    for callback in callbacks:
        kind = type(callback).__name__
        count[kind] = count.get(kind, 0) + 1
        if type(callback).state_dict is not Callback.state_dict:
            yield kind if count[kind] == 1 else f"{kind} {count[kind]}", callback


def _generators(run):
    """All that the run draws from: the global generator, the loader's, the layers' own."""
    attributes = [x for module in modules(run.model) for x in vars(module).values()]
    layers = [x for x in attributes if isinstance(x, random.Random)]
    return [random, *([run.loader.rng] if run.loader.rng else []), *layers]


def _fingerprint(dataset):
    """A digest of all numbers of a dataset."""
    digest = hashlib.sha256()
    for tensor in dataset.tensors:
        digest.update(repr(tensor.shape).encode() + array("d", tensor.data.flat).tobytes())
    return digest.hexdigest()


# ---- settings, in words


def settings(run):
    """{setting: its value in words}: what a resumed run must have been given alike.

    The hyperparameters are those of the constructor. A schedule of `optim.schedules` is told by its
    arguments; any other is just "a function", as two functions cannot be compared.
    """
    optimizer = innermost(run.optimizer)
    words = {
        "optimizer": _kind(run.optimizer),
        "batch_size": _words(run.loader.batch_size),
        "drop_last": _words(run.loader.drop_last),
        "clip_norm": _words(run.clip_norm),
        "compile": _words(run.compile),
    }
    for k, schedules in enumerate(optimizer._schedules):
        where = f" of group {k}" if len(optimizer.param_groups) > 1 else ""
        hyperparameters = optimizer.defaults | schedules
        words |= {f"{name}{where}": _words(value) for name, value in hyperparameters.items()}
    return words


def _kind(optimizer):
    """The optimizer's class, round that of the one it wraps: SAM(Adam)."""
    name, inner = type(optimizer).__name__, getattr(optimizer, "optimizer", None)
    return f"{name}({_kind(inner)})" if isinstance(inner, Optimizer) else name


def _words(x):
    """`x` in words that are the same in every process: no function's repr, it holds an address."""
    if isinstance(x, (tuple, list)):
        return f"({', '.join(map(_words, x))})"
    if isinstance(x, Schedule):
        arguments = ", ".join(f"{name}={_words(value)}" for name, value in vars(x).items())
        return f"{type(x).__name__}({arguments})"
    if isinstance(x, (bool, str, NoneType)):
        return repr(x)
    return "a function" if callable(x) else repr(float(x)).removesuffix(".0")
