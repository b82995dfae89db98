"""What of a call decides the program, and what is only numbers to put in.

A call's signature is the shape of each Tensor, the structure of lists and dicts, and every bool,
string and None in them. Everything else is numbers, flat lists of floats to the program. A plain
number stands for a Value, or for a 0-d Tensor where another argument is a Tensor; there a list of
numbers stands for a Tensor too.
Read next: `paths.py`, what a function reads beside its arguments; `compiled.py`.
"""

import inspect
from itertools import chain, repeat

from ..array.array import Array
from ..array.ieee import as_float
from ..engine.tensor import Tensor
from ..engine.value import Value
from .trace import like

PLAIN = (bool, str, type(None))
ROWS = repeat((list, tuple))  # without an end


def among_tensors(args):
    """Whether an argument is a Tensor, or an array that becomes one."""
    for arg in args:  # not any(…): a generator costs more than the loop
        if isinstance(arg, Tensor) or hasattr(arg, "tolist"):
            return True
    return False


def kind(arg, given, tensors):
    """The signature of an argument; its Tensors, Values and numbers are appended to `given`."""
    if isinstance(arg, (Tensor, Value)):
        given.append(arg)
        return getattr(arg._data, "shape", "Value"), arg.requires_grad
    if isinstance(arg, PLAIN):
        return arg
    if _is_array(arg, tensors):
        arg = Tensor._constant(Array.of(arg))
        given.append(arg)
        return arg.shape, False
    if isinstance(arg, (list, tuple)):
        return (type(arg), *[kind(x, given, tensors) for x in arg])
    if isinstance(arg, dict):
        return (dict, *[(key, kind(x, given, tensors)) for key, x in arg.items()])
    given.append(as_float(arg))
    return float


def stand_in(arg, leaves, tensors, lists):
    """The argument with a leaf, which is appended to `leaves`, for each that `kind` gives.

    tensors, lists: whether a number, and a list of numbers, stands for a Tensor.
    """
    if isinstance(arg, PLAIN):
        return arg
    if isinstance(arg, (Tensor, Value)):
        leaf = (Tensor if isinstance(arg, Tensor) else Value)._constant(arg._data)
        leaf.requires_grad, leaf.label = arg.requires_grad, arg.label
    elif _is_array(arg, lists):
        leaf = Tensor._constant(Array.of(arg))
    elif isinstance(arg, (list, tuple)):
        return like(type(arg), [stand_in(x, leaves, tensors, lists) for x in arg])
    elif isinstance(arg, dict):
        return {key: stand_in(x, leaves, tensors, lists) for key, x in arg.items()}
    else:
        x = as_float(arg)
        leaf = Tensor._constant(Array([x], ())) if tensors else Value._constant(x)
    leaves.append(leaf)
    return leaf


def _is_array(arg, tensors):
    return hasattr(arg, "tolist") or (tensors and isinstance(arg, (list, tuple)) and _numbers(arg))


def _numbers(arg):
    """Whether a list, or lists of lists, hold plain numbers and nothing else."""
    if isinstance(arg, (list, tuple)):
        return bool(arg) and all(map(_numbers, arg))
    return isinstance(arg, (int, float)) and not isinstance(arg, bool)


def parameter_names(function):
    """The names of a function's arguments, as far as it can be asked."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


# ---- a batch of samples, for batched=True


def sample(arg, place):
    """One of the samples, as nested lists or a number."""
    return (arg.tolist() if hasattr(arg, "tolist") else arg)[place]


def flat_rows(arg, n, name):
    """(the n samples of an argument as one flat list of floats, the shape of each).

    ValueError where there are not n, or they differ in length.
    """
    if hasattr(arg, "_data"):
        arg = arg._data
    elif not isinstance(arg, (list, tuple)):
        arg = Array.of(arg)
    if isinstance(arg, float) or isinstance(arg, Array) and not arg.shape:
        raise TypeError(
            f"compile: {name} is one number, not a batch of {n} samples as the first argument is; "
            "for one sample put each argument in a list"
        )
    if len(arg) != n:
        raise ValueError(f"compile: {name} has {len(arg)} samples, the first argument has {n}")
    if isinstance(arg, Array):
        return arg.flat, arg.shape[1:]
    flat, shape = arg, ()
    while isinstance(flat[0], (list, tuple)):
        sizes = set(map(len, flat)) if all(map(isinstance, flat, ROWS)) else {0, 1}
        if len(sizes) > 1:
            raise ValueError(f"compile: the rows of {name} differ in length")
        shape += (len(flat[0]),)
        flat = list(chain.from_iterable(flat))
        if not flat:
            break
    if set(map(type, flat)) != {float}:
        flat = [x._data if isinstance(x, Value) else as_float(x) for x in flat]
    return list(flat), shape
