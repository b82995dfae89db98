"""Checkpoint writes the whole state of a run to a file; Resume goes on from one.

A resumed run ends with the same bits as one that never stopped. For that a checkpoint holds all
that a step depends on: parameters and buffers, the optimizer's memory, the order of this epoch's
samples and how many of them were used, the state of every random generator, what the callbacks
remember. What the caller gives again (data, hyperparameters) is in it as words, to be compared.

Resume checks in this order, and then loads all of it or nothing: the file's sha256, the kind of
every field (STATE), the data, the settings, the names and shapes of the parameters.
Read next: `training/settings.py`.
"""

import hashlib
import random
import time
from array import array

from ..engine.arguments import NUMBER, RATE, WHOLE, Each, Optional, checked
from ..files.checkpoint import load_checkpoint, save_checkpoint
from ..nn.mode import modules
from ..optim.base.rollback import all_or_nothing
from . import schedulers
from .callbacks import Callback, require_finite_parameters
from .history import History
from .settings import settings

STATE = {
    "data": str,  # a digest of it
    "settings": dict,  # in words
    "classes": Optional(list),  # their names, for whoever reads the model's answers
    "model": dict,  # what is a dict here is checked by the object that loads it
    "optimizer": dict,
    "loader": dict,
    "history": dict,
    "callbacks": dict,
    "schedulers": Optional(Each((str, dict))),  # None: what sets the rates could not be saved
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
        self.path, self.unseen = path, False

    def on_start(self, run):
        self.rates = schedulers.scheduled_rates(run.optimizer)

    def on_epoch(self, run):
        self.unseen = self.unseen or schedulers.is_unseen(run, self.rates)
        state = state_dict(run)
        save_checkpoint(self.path, state | {"schedulers": None} if self.unseen else state)

    def on_step(self, run):
        if run.stopped:
            self.on_epoch(run)


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
                require_finite_parameters(run.model)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path}: does not fit this run: {error}") from error


def state_dict(run):
    """Everything that a run depends on and changes, in plain JSON types."""
    return {
        "data": fingerprint(run.loader.dataset),
        "settings": settings(run),
        "classes": run.loader.dataset.classes,
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "loader": run.loader.state_dict(),
        "history": run.history.state_dict(),
        "callbacks": {name: callback.state_dict() for name, callback in _stateful(run.callbacks)},
        "schedulers": schedulers.state_dict(run),
        "epoch": dict(vars(run.epoch)),
        "generators": [rng.getstate() for rng in _generators(run)],
        "seconds": run.seconds,
    }


def load_state_dict(run, state):
    """Take over a state_dict.

    Callbacks first: EarlyStopping loads its best parameters into the model to check that they fit;
    the run's own then replace them. A scheduler sets the rates; those in force come after it.
    """
    for name, callback in _stateful(run.callbacks):
        callback.load_state_dict(state["callbacks"][name])
    schedulers.load_state_dict(run, state["schedulers"])
    run.model.load_state_dict(state["model"])
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
    if state["schedulers"] is None:
        raise ValueError(
            "a scheduler set its learning rates that no callback holds or names, so its state is "
            "not in the file; make it an attribute of a Callback, and start anew without resume"
        )
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


def fingerprint(dataset):
    """A digest of all numbers of a dataset."""
    digest = hashlib.sha256()
    for tensor in dataset.tensors:
        digest.update(repr(tensor.shape).encode() + array("d", tensor.data.flat).tobytes())
    return digest.hexdigest()
