"""The settings of a run in words, which a checkpoint holds and a resumed run must have alike.

Read next: `training/schedulers.py`.
"""

from types import NoneType

from ..optim import Optimizer
from ..optim.base.wrapper import innermost
from ..optim.schedules.base import Schedule


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
