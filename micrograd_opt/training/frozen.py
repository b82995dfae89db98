"""Frozen: what is part of a program's text, and whether any of it has changed.

A program reads its arguments, parameters and buffers at each call. Whatever else the loss or a
module's forward computes with is part of its text: after `model.scale = 2.0` a program that was
made with `* 1.0` in it gives the old answer, so it must be noticed.
Read next: `compiler/`.
"""

import operator
from functools import partial
from itertools import islice
from types import FunctionType, MethodType, ModuleType

from ..compiler.surroundings import Surroundings
from ..engine.graph import Node, state
from ..nn import Module
from ..nn.mode import modules

MOST = 100  # entries of a list or an object that are looked at
OWN = ("training", "_path", "_named")  # of a module: a program knows its mode, and needs no names


class Frozen:
    """What a model and a loss compute with beside their arguments, as far as it can be seen.

    That is what their functions use (see `compiler/surroundings.py`), and the attributes of modules
    and of callable objects. Of a list, a dict or a plain object there the entries count too, though
    nothing further in. Numbers and strings are compared by value, all else by identity.
    """

    def __init__(self, *roots):
        self._roots = roots
        self._collect()

    def changed(self):
        """Whether anything differs from when this was last asked."""
        now, before = self._read(), self._before
        if len(now) == len(before) and all(map(operator.is_, now, before)):
            return False
        same = len(now) == len(before) and all(map(_same, now, before))
        self._collect()
        return not same

    def _collect(self):
        self._known, self._functions, self._objects = set(), [], []
        for root in self._roots:
            self._walk(root)
        self._before = self._read()

    def _walk(self, x):
        """Note `x`, a function or what holds one, and what it calls."""
        if id(x) in self._known or isinstance(x, type) or not callable(x):
            return
        self._known.add(id(x))
        if isinstance(x, FunctionType):
            surroundings = Surroundings(x)
            self._functions.append(surroundings)
            for other in surroundings.objects():
                self._walk(other)
        elif isinstance(x, MethodType):
            self._walk(x.__func__)
            self._walk(x.__self__)
        elif isinstance(x, partial):
            self._objects.append(x.keywords)
            for part in (x.func, *x.args):
                self._walk(part)
        else:
            for module in modules(x) or [x]:
                self._object(module)

    def _object(self, x):
        own = getattr(x, "__dict__", {})
        self._objects.append(own)
        for names in (own, *map(vars, type(x).__mro__)):
            for member in names.values():
                if isinstance(member, (FunctionType, MethodType, partial)):
                    self._walk(member)

    def _read(self):
        """Everything there is now, in one list."""
        values = [state.module_edits]
        for function in self._functions:
            for x in function.objects():
                _add(x, values)
        for attributes in self._objects:
            for name, x in attributes.items():
                if name not in OWN:
                    _add(x, values)
        return values


def _add(x, values):
    """Append x, and the entries in it, to a list."""
    values.append(x)
    if isinstance(x, Node):
        values.append(x.requires_grad)
    elif isinstance(x, (list, tuple, dict)):
        values.append(len(x))
        for entry in islice(x.values() if isinstance(x, dict) else x, MOST):
            values.append(entry)
            if isinstance(entry, Node):
                values.append(entry.requires_grad)
    elif hasattr(x, "__dict__") and not isinstance(x, (type, FunctionType, ModuleType, Module)):
        values += islice(vars(x).values(), MOST)


def _same(x, y):
    return x is y or (type(x) is type(y) and isinstance(x, (int, float, str)) and x == y)
