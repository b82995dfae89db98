"""Whether all that would run is the library's own, so that nothing in it can change unseen.

That is what `fit` asks before it compiles by itself.
Read next: `compiler/`.
"""

import random
from functools import partial
from types import FunctionType

from .. import functional
from ..compiler.reads import in_class, is_ours
from ..engine.tensor import Tensor
from ..engine.value import Value
from ..nn import layers
from ..nn.mode import modules
from ..nn.module import Module, Parameter

NUMBERS = (bool, int, float, str, type(None))
DATA = (*NUMBERS, Tensor, Parameter, Value, random.Random)


def is_closed(model, loss_fn):
    """Whether the model is of the library's modules alone, with their own forward and nothing of
    the user's in them, and the loss a function of `functional` or a partial of one.

    >>> from micrograd_opt import nn
    >>> is_closed(nn.MLP(2, [4, 2]), functional.cross_entropy)
    True
    >>> is_closed(nn.MLP(2, [4, 2]), lambda z, y: functional.cross_entropy(z, y))
    False
    """
    functions = [*vars(functional).values(), *layers.ACTIVATIONS.values()]
    own = all(is_ours(f) for f in functions if isinstance(f, FunctionType))
    whole = isinstance(model, Module) and all(map(_is_own, modules(model)))
    return own and whole and _is_loss(loss_fn)


def _is_loss(loss_fn):
    if type(loss_fn) is partial:
        settings = (*loss_fn.args, *loss_fn.keywords.values())
        return _is_loss(loss_fn.func) and all(type(x) in NUMBERS for x in settings)
    named = vars(functional).get(getattr(loss_fn, "__name__", None))
    return isinstance(loss_fn, FunctionType) and named is loss_fn


def _is_own(module):
    """Whether a module is of a class of the library's, unchanged, and holds nothing but data."""
    methods = [in_class(type(module).__mro__, name) for name in ("__call__", "forward")]
    own = all(map(is_ours, [type(module), *methods]))
    return own and "forward" not in vars(module) and all(map(_is_data, vars(module).values()))


def _is_data(x):
    """Whether x is a module, a parameter, a number or a generator, or a container of them."""
    if type(x) in (list, tuple, dict):
        return all(map(_is_data, x.values() if isinstance(x, dict) else x))
    return isinstance(x, Module) or type(x) in DATA
