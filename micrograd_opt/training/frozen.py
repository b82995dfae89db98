"""What a compiled model has frozen, and whether any of it has changed.

A program reads its arguments, parameters and buffers at each call. Whatever else the loss or a
module's forward computes with (`self.p`, a global `beta`, which layers learn) is part of its text.
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
    """The surroundings of a model and a loss, as far as they can be seen.

    These are what their functions use beside arguments (see `compiler/surroundings.py`), and the
    attributes of modules and of objects that can be called; of a list, a dict or a plain object
    there its entries, but nothing further in. All but numbers and strings is told by identity.
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
            found = Surroundings(x)
            self._functions.append(found)
            for other in found.objects():
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
        found = [state.module_edits]
        for function in self._functions:
            for x in function.objects():
                _add(x, found)
        for attributes in self._objects:
            for name, x in attributes.items():
                if name not in OWN:
                    _add(x, found)
        return found


def _add(x, found):
    """Append x, and the entries in it, to a list."""
    found.append(x)
    if isinstance(x, Node):
        found.append(x.requires_grad)
    elif isinstance(x, (list, tuple, dict)):
        found.append(len(x))
        for entry in islice(x.values() if isinstance(x, dict) else x, MOST):
            found.append(entry)
            if isinstance(entry, Node):
                found.append(entry.requires_grad)
    elif hasattr(x, "__dict__") and not isinstance(x, (type, FunctionType, ModuleType, Module)):
        found += islice(vars(x).values(), MOST)


def _same(x, y):
    return x is y or (type(x) is type(y) and isinstance(x, (int, float, str)) and x == y)
