"""What a checkpoint holds of a run, and how a run goes on from it: from all of it, or not at all.

To the same bits it goes on only if it is called alike, so the settings are in it too, as words.
Read next: `checkpoint.py`, the file around it.
"""

import hashlib
import random
from array import array
from types import NoneType

from ..files.checkpoint import load_checkpoint
from ..nn.mode import modules
from ..optim import Optimizer
from ..optim.base.wrapper import innermost
from ..optim.schedules.base import Schedule

_PARTS = {  # of each part of the state, the types that it may have
    "data": (str,),
    "model": (dict,),
    "optimizer": (dict,),
    "loader": (dict,),
    "generators": (list,),
    "history": (dict,),
    "classes": (list, NoneType),
    "settings": (dict,),
    "compiling": (dict,),
    "seconds": (int, float),
}
_COUNTERS = {  # the parts that are attributes of the run
    "epoch_steps": (int,),
    "samples": (int,),
    "loss_sum": (int, float),
    "correct": (int, NoneType),
    "norm_sum": (int, float),
    "best_loss": (int, float),
    "best_parameters": (dict, NoneType),
    "bad_epochs": (int,),
    "lr": (int, float),
}


def state_dict(run):
    """Parameters, optimizer, place in the epoch, generators, history: plain JSON types."""
    return {
        "data": _fingerprint(run.loader.dataset),
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "loader": run.loader.state_dict(),
        "generators": [rng.getstate() for rng in _generators(run)],
        "history": run.history.state_dict(),
        "classes": run.loader.dataset.classes,  # the names, for whoever reads the model's answers
        "settings": settings(run),
        "compiling": {name: of.state_dict() for name, of in _forwards(run)},
        "seconds": run.seconds(),
        **{name: getattr(run, name) for name in _COUNTERS},
    }


def resume(run, path):
    """Go on where the checkpoint was taken; where it does not fit, nothing is changed."""
    state, own = load_checkpoint(path), state_dict(run)
    try:
        _check(state, own)
        _load(run, state, own)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: does not fit this run: {error}") from error


def settings(run):
    """{setting: its value in words}: what a resumed run must have been given alike.

    The hyperparameters are those of the constructor. A schedule of `optim.schedules` is told by its
    arguments; any other is just "a function", as two functions cannot be compared.
    """
    optimizer = innermost(run.optimizer)
    found = {
        "optimizer": _kind(run.optimizer),
        "batch_size": _words(run.loader.batch_size),
        "drop_last": _words(run.loader.drop_last),
        "clip_norm": _words(run.clip_norm),
        "compile": _words(run.compile),
    }
    for k, schedules in enumerate(optimizer._schedules):
        where = f" of group {k}" if len(optimizer.param_groups) > 1 else ""
        given = optimizer.defaults | schedules
        found |= {f"{name}{where}": _words(value) for name, value in given.items()}
    return found


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


# ---- going on


def _check(state, own):
    """ValueError or TypeError for a state that is none, or that of another run."""
    if not isinstance(state, dict):
        raise TypeError(f"it holds {state!r:.40}, not the parts of a run")
    missing = ", ".join(name for name in own if name not in state)
    if missing:
        raise ValueError(f"it holds no {missing}")
    for name, types in (_PARTS | _COUNTERS).items():
        if type(state[name]) not in types:
            expected = " or ".join(kind.__name__ for kind in types)
            raise TypeError(f"{name} must be {expected}, got {state[name]!r:.40}")
    if state["data"] != own["data"]:
        raise ValueError("it was trained on other data; is it the same file, split and seed?")
    if len(state["generators"]) != len(own["generators"]):
        raise ValueError("it drew from other random generators")
    for name in own["settings"] | state["settings"]:
        was, now = [of["settings"].get(name, "not there") for of in (state, own)]
        if was != now:
            raise ValueError(
                f"{name} was {was}, is {now}; call it as before, or start anew without resume"
            )
    for place, saved in enumerate(state["generators"]):
        random.Random().setstate(_generator_state(saved, f"generators[{place}]"))


def _load(run, state, before):
    try:
        _take(run, state)
    except BaseException:
        _take(run, before)
        raise


def _take(run, state):
    if state["best_parameters"] is not None:
        run.model.load_state_dict(state["best_parameters"])  # they must fit when they are needed
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.loader.load_state_dict(state["loader"])
    run.history.load_state_dict(state["history"])
    for place, (rng, saved) in enumerate(zip(_generators(run), state["generators"], strict=True)):
        rng.setstate(_generator_state(saved, f"generators[{place}]"))
    for name, of in _forwards(run):
        of.load_state_dict(state["compiling"].get(name))
    run.seconds_before = state["seconds"]
    for name in _COUNTERS:
        setattr(run, name, state[name])


def _forwards(run):
    return ("training", run.learn), ("validation", run.judge)


def _generators(run):
    """All that the run draws from: the global generator, the loader's, the layers' own."""
    held = [x for module in modules(run.model) for x in vars(module).values()]
    own = [x for x in held if isinstance(x, random.Random)]
    return [random, *([run.loader.rng] if run.loader.rng else []), *own]


def _generator_state(saved, what):
    """A generator's state as `setstate` wants it: JSON has turned its tuples into lists."""
    if not isinstance(saved, (tuple, list)) or len(saved) != 3:
        raise TypeError(f"{what} must be a generator's state, got {saved!r:.40}")
    version, internal, gauss_next = saved
    if not isinstance(gauss_next, (float, NoneType)):  # setstate takes anything
        raise TypeError(f"{what}: gauss_next must be a float or None, got {gauss_next!r:.40}")
    return version, tuple(internal), gauss_next


def _fingerprint(dataset):
    """A digest of all numbers of a dataset."""
    digest = hashlib.sha256()
    for tensor in dataset.tensors:
        digest.update(repr(tensor.shape).encode() + array("d", tensor.data.flat).tobytes())
    return digest.hexdigest()
