"""micrograd_opt: backprop and optimization, in Python you can read to the last multiplication.

    import micrograd_opt as mo

`mo.Value` and `mo.Tensor` are the engine, `mo.nn` the layers, `mo.functional` the losses,
`mo.optim` the optimizers, `mo.data` the data sets, `mo.fit` the training loop, `mo.compile` the
way to speed, `mo.draw` the pictures, `mo.explain` backprop in words. To read the source, start with
`ieee.py` and follow its "Read next".
"""

from importlib import import_module

from . import functional, nn, optim
from .engine.backward import grad
from .engine.gradcheck import gradcheck
from .engine.creation import (
    arange, cat, eye, full, linspace, maximum, minimum, one_hot, ones, rand, randn, stack, tril,
    triu, where, zeros,
)  # fmt: skip
from .engine.derivatives import hessian, hvp, jacobian
from .engine.graph import enable_grad, no_grad
from .engine.tensor import Tensor
from .engine.value import Value

__version__ = "0.1.0"
__all__ = [
    "Tensor", "Value", "arange", "cat", "checkpoint", "compile", "data", "draw", "enable_grad",
    "explain", "eye", "fit", "full", "functional", "grad", "gradcheck", "hessian", "hvp",
    "jacobian", "linspace", "maximum", "minimum", "nn", "no_grad", "one_hot", "ones", "optim",
    "plot", "rand", "randn", "stack", "train", "tril", "triu", "where", "zeros",
]  # fmt: skip


def __getattr__(name):
    """What reads files, draws or reports is loaded at its first use: the engine starts at once."""
    if name == "checkpoint":
        return import_module(".files.checkpoint", __name__)
    if name == "train":
        return import_module(".training.fit", __name__)
    if name in ("data", "draw", "plot"):
        return import_module(f".{name}", __name__)
    if name == "compile":
        return import_module(".compiler", __name__).compile
    if name == "fit":
        return import_module(".training.fit", __name__).fit
    if name == "explain":
        return import_module(".draw.tape.explain", __name__).explain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
