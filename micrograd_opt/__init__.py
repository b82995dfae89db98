"""micrograd_opt: backprop and optimization, in Python you can read to the last multiplication.

    import micrograd_opt as mo

`mo.Value` and `mo.Tensor` are the engine, `mo.nn` the layers, `mo.functional` the losses,
`mo.optim` the optimizers, `mo.data` the data sets, `mo.fit` the training loop, `mo.compile` the
way to speed, `mo.draw` the pictures, `mo.explain` backprop in words, `mo.check` a teacher who looks
at an optimizer or a backward pass of your own.

To read the source, open the rooms (the folders beside this file) in the order of the README's
table: array, engine, functional, nn, optim, data, files, training, compiler, draw, check, plot,
cli. The `__init__.py` of each opens its chapter, and every file says what to read next.
"""

import os as _os
import sys as _sys
from importlib import import_module as _import_module


def _interrupted(number, frame):
    """What Ctrl-C does while the command line starts or exits: one line, no traceback."""
    _os.write(2, b"micrograd-opt: interrupted\n")
    _os._exit(130)


_program = _os.path.splitext(_os.path.basename(_sys.argv[0] if _sys.argv else ""))[0]
if _program == "micrograd-opt" or (_program == "-m" and __name__ in _sys.orig_argv):
    import signal as _signal

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # and not ignored
        _signal.signal(_signal.SIGINT, _interrupted)  # until `__main__.py` runs the command

from . import functional, nn, optim
from .engine.backward import grad
from .engine.gradcheck import gradcheck
from .engine.creation import (
    arange, cat, eye, full, linspace, maximum, minimum, one_hot, ones, rand, randn, stack, tensor,
    tril, triu, where, zeros,
)  # fmt: skip
from .engine.derivatives import hessian, hvp, jacobian
from .engine.node_methods import LostGradientWarning
from .engine.state import enable_grad, no_grad
from .engine.tensor import Tensor
from .engine.value import Value

__version__ = "0.1.0"
__all__ = [
    "LostGradientWarning", "Tensor", "Value", "arange", "cat", "check", "compile", "data", "draw",
    "enable_grad", "evaluate", "explain", "eye", "fit", "full", "functional", "grad", "gradcheck",
    "hessian", "hvp", "jacobian", "linspace", "load_checkpoint", "maximum", "minimum", "nn",
    "no_grad", "one_hot", "ones", "optim", "plot", "rand", "randn", "save_checkpoint", "stack",
    "tensor", "tril", "triu", "where", "zeros",
]  # fmt: skip

# Loaded at their first use, so that the engine starts at once: {name: the file that defines it}
_DEFERRED = {
    "compile": "compiler.compilation",
    "evaluate": "training.evaluate",
    "explain": "draw.tape.explain",
    "fit": "training.fit",
    "load_checkpoint": "files.checkpoint",
    "save_checkpoint": "files.checkpoint",
}
_ROOMS = (
    "array", "check", "cli", "compiler", "data", "draw", "engine", "files", "functional", "nn",
    "optim", "plot", "training",
)  # fmt: skip


def __getattr__(name):
    if name in _DEFERRED:
        return getattr(_import_module(f".{_DEFERRED[name]}", __name__), name)
    if name in _ROOMS:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*__all__, *_ROOMS, *(name for name in globals() if name.startswith("__"))})
