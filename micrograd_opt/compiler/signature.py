"""What of a call decides the program, and what is only numbers to put in.

A call's signature is the shape of each Tensor, the structure of lists and dicts, and every bool,
string and None in them. Everything else is numbers, flat lists of floats to the program. Numbers,
strings and bools that the function takes from its surroundings count too: where one has changed,
the function is traced again.
Read next: `compiled.py`.
"""

import inspect
from itertools import chain

from ..array import Array
from ..ieee import as_float
from ..tensor import Tensor
from ..value import Value

PLAIN = (bool, str, type(None))


def kind(arg, given):
    """The signature of an argument; its Tensors, Values and numbers are appended to `given`."""
    if isinstance(arg, (Tensor, Value)):
        given.append(arg)
        return getattr(arg._data, "shape", "Value"), arg.requires_grad
    if isinstance(arg, (list, tuple)):
        return (type(arg), *[kind(x, given) for x in arg])
    if isinstance(arg, dict):
        return (dict, *[(key, kind(x, given)) for key, x in arg.items()])
    if isinstance(arg, PLAIN):
        return arg
    if hasattr(arg, "tolist"):
        arg = Tensor._leaf(Array.of(arg))
        given.append(arg)
        return arg.shape, False
    given.append(as_float(arg))
    return "number"


def stand_in(arg, leaves, of_number):
    """The argument with a leaf, which is appended to `leaves`, for each that `kind` gives.

    of_number   makes the leaf for a plain number: a Value, or a Tensor where there are Tensors
    """
    if isinstance(arg, PLAIN):
        return arg
    if isinstance(arg, (list, tuple)):
        return type(arg)([stand_in(x, leaves, of_number) for x in arg])
    if isinstance(arg, dict):
        return {key: stand_in(x, leaves, of_number) for key, x in arg.items()}
    if isinstance(arg, (Tensor, Value)):
        leaf = (Tensor if isinstance(arg, Tensor) else Value)._leaf(arg._data)
        leaf.requires_grad, leaf.label = arg.requires_grad, arg.label
    elif hasattr(arg, "tolist"):
        leaf = Tensor._leaf(Array.of(arg))
    else:
        leaf = of_number(as_float(arg))
    leaves.append(leaf)
    return leaf


def number_leaf(args):
    """The function that makes a leaf of a number: 0-d Tensors among Tensors, else Values."""
    given = []
    for arg in args:
        kind(arg, given)
    return number_tensor if any(isinstance(x, Tensor) for x in given) else Value._leaf


def number_tensor(x):
    """A leaf for a number among Tensors."""
    return Tensor._leaf(Array([x], ()))


def parameter_names(function, args):
    """A name for each argument: the function's own, where it can be asked."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"arg{i}" for i in range(len(args))]


class Surroundings:
    """The plain numbers and strings that a function takes from its closure and its globals."""

    def __init__(self, function):
        function = getattr(function, "__func__", function)
        code = getattr(function, "__code__", None)
        self._cells = getattr(function, "__closure__", None) or ()
        self._globals = getattr(function, "__globals__", {})
        names = code.co_names if code else ()
        self._names = [n for n in names if isinstance(self._globals.get(n), (int, float, str))]

    def read(self):
        """Their values now, as a tuple."""
        found = [self._globals.get(name) for name in self._names]
        for cell in self._cells:
            try:
                x = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            found.append(x if isinstance(x, (int, float, str)) else type(x))
        return tuple(found)


# ---- a batch of samples, for batched=True


def sample_of(arg, n, name):
    """(the first sample of an argument, all of them as a flat list, numbers in a sample)."""
    rows = arg.tolist() if hasattr(arg, "tolist") else arg
    return rows[0], *flat_rows(arg, n, name)


def flat_rows(arg, n, name):
    """(the n samples of an argument as one flat list of floats, how many numbers in each).

    ValueError where there are not n, or they differ in length.
    """
    if hasattr(arg, "_data"):
        arg = arg._data
    elif not isinstance(arg, (list, tuple, Array)):
        arg = Array.of(arg)
    if len(arg) != n:
        raise ValueError(f"compile: {name} has {len(arg)} samples, the first argument has {n}")
    if isinstance(arg, Array):
        return arg.flat, len(arg.flat) // n
    first = arg[0]
    if isinstance(first, (list, tuple)):
        size = len(first)
        if set(map(len, arg)) != {size}:
            raise ValueError(f"compile: the rows of {name} differ in length")
        flat = list(chain.from_iterable(arg))
    else:
        size, flat = 1, list(arg)
    if set(map(type, flat)) != {float}:
        flat = [x._data if isinstance(x, Value) else as_float(x) for x in flat]
    return flat, size
