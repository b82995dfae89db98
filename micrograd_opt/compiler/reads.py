"""What a name, an attribute or a key stands for, by Python's own rules, and that it was read.

Nothing of the user's runs meanwhile: an attribute is looked up as Python does, in the object, then
in its class and those above; a property is a call of its function. Each read is noted as a Slot.
Read next: `containers.py`, what is inside.
"""

import random
import sys
from functools import cached_property
from pathlib import Path
from types import FunctionType, MethodType, ModuleType

from ..engine.graph import Node
from .held import MISSING, alike, is_module, is_plain
from .known import Inner, Iteration, Known, Super, Updated, unslotted
from .refusals import refuse_generator

PACKAGE, FOLDER = __name__.partition(".")[0], str(Path(__file__).parents[1])


class Slot:
    """A place that is read. kind: how; reads: how often what it holds matters."""

    __slots__ = ("kind", "owner", "name", "x", "path", "reads")

    def __init__(self, kind, owner, name, x, path):
        self.kind, self.owner, self.name, self.x, self.path = kind, owner, name, x, path
        self.reads = 0


class Reads:
    """Reads on behalf of one function.

    slots, contents     what a program depends on; contents: of containers and arrays
    modules             all that were met
    generators          random.Random objects
    written             (owner, name) of what the function writes; of a container no name
    """

    def __init__(self):
        self.slots, self.contents, self.modules, self.generators = {}, {}, {}, {}
        self.written, self._values = [], {}
        self._alive, self._used = [], set()  # held, so that no identity is used again

    def _known(self, x, path, slot=None):
        self._alive.append(x)
        found = Known(x, path, slot)
        if is_module(type(x)):
            self.modules[id(x)] = x
        elif isinstance(x, random.Random):
            refuse_generator(found)
            self.generators[id(x)] = x
        return found

    def _read(self, kind, owner, name, x, path, at=None):
        """The value of a slot: what is there, or what the function itself has put there before."""
        key = id(owner if at is None else at), name
        if key in self._values:
            return self._values[key]
        slot = self.slots.get(key)
        if slot is None:
            slot = self.slots[key] = Slot(kind, owner, name, x, path)
            self._alive.append(at)
        slot.reads += 1
        return () if x is MISSING else (self._known(x, path, slot),)

    def _write(self, owner, name, value):
        """The function sets a slot. What it read only to count up does not matter; what it sets
        before it reads it is that, whatever was there."""
        self.written.append((owner, name))
        key = id(owner), name
        slot = self.slots.get(key)
        if slot is not None and any(type(k) is Updated and k.slot is slot for k in value):
            slot.reads -= 1
        elif slot is None or slot.reads == 0:
            self._values[key] = unslotted(value)

    # ---- names

    def named(self, namespace, name):
        """A global, or else a builtin."""
        found = self._read("name", namespace, name, namespace.get(name, MISSING), name)
        if found or (id(namespace), name) in self._values:
            return found
        builtins = namespace.get("__builtins__", {})
        builtins = builtins if isinstance(builtins, dict) else vars(builtins)
        return (Known(builtins[name], name),) if name in builtins else ()

    def store_name(self, namespace, name, value):
        self._write(namespace, name, value)

    def variable(self, cell, name):
        """A variable of the functions around."""
        try:
            x = cell.cell_contents
        except ValueError:  # not assigned yet
            x = MISSING
        return self._read("cell", cell, None, x, name)

    def store_variable(self, cell, value):
        self._write(cell, None, value)

    # ---- attributes

    def attribute(self, k, name):
        """What k.name may be."""
        x, path = k.x, f"{k.path}.{name}"
        if is_plain(x) or isinstance(x, (Node, Inner, Iteration)):
            return ()
        if isinstance(x, Super):
            mro = type(x.x).__mro__
            raw = in_class(mro[mro.index(x.kind) + 1 :], name)
            return self._bound(raw, Known(x.x, k.path), path)
        if name == "__dict__" and hasattr(x, "__dict__"):
            return (self._known(vars(x), path),)
        if isinstance(x, ModuleType) and is_library(x.__name__):
            return (self._known(vars(x)[name], path),) if name in vars(x) else ()
        if isinstance(x, (ModuleType, FunctionType)):
            return self._read("name", vars(x), name, vars(x).get(name, MISSING), path)
        if isinstance(x, type):
            raw, found = self._of_class(x, name, path)
            special = isinstance(raw, (staticmethod, classmethod))
            return (self._known(raw.__get__(None, x), path),) if special else found
        own = getattr(x, "__dict__", None)
        if own is not None and not isinstance(in_class(type(x).__mro__, name), property):
            if name in own or (id(own), name) in self._values:
                return self._read("name", own, name, own.get(name, MISSING), path)
            self._read("name", own, name, MISSING, path)
        return self._of_object(k, name, path)

    def _of_class(self, kind, name, path):
        """What the class, or the nearest above it, calls so; and that as a value."""
        for owner in kind.__mro__:
            raw, found = vars(owner).get(name, MISSING), ()
            if is_python(owner) and not is_ours(owner):
                found = self._read("name", vars(owner), name, raw, path, at=owner)
            if raw is not MISSING:
                return raw, found or (self._known(raw, path),)
        return MISSING, ()

    def _of_object(self, k, name, path):
        """What an object has from its class."""
        raw, found = self._of_class(type(k.x), name, path)
        if raw is MISSING:
            get = self._of_class(type(k.x), "__getattr__", path)[0]
            return self._run(get, (k,), (Known(name, repr(name)),)) if get is not MISSING else ()
        get, is_data = in_class(type(raw).__mro__, "__get__"), hasattr(type(raw), "__set__")
        if get is MISSING:
            return found
        if isinstance(get, FunctionType) and not isinstance(raw, cached_property):
            return self._run(get, (self._known(raw, path),), (k,), (Known(type(k.x), path),))
        if is_data and not isinstance(raw, property):  # of C: an entry of __slots__
            x = getattr(k.x, name, MISSING)
            if alike(x, getattr(k.x, name, MISSING)):
                return self._read("attribute", k.x, name, x, path)
            return (self._known(x, path),)  # made anew each time, as an array's .T
        return self._bound(raw, k, path)

    def _bound(self, raw, k, path):
        """An attribute of a class as the object k has it."""
        if isinstance(raw, property):
            return self._run(raw.fget, (k,)) if raw.fget else ()
        if isinstance(raw, cached_property):
            return self._run(raw.func, (k,))
        if isinstance(raw, FunctionType):
            return (self._known(MethodType(raw, k.x), path),)
        if raw is MISSING:
            return ()
        get = getattr(raw, "__get__", None)
        return (self._known(get(k.x, type(k.x)) if get else raw, path),)

    def _run(self, function, *args):
        return self.call((self._known(function, "a property"),), args)

    def store_attribute(self, k, name, value):
        own = getattr(k.x, "__dict__", None)
        self._write(own if isinstance(own, dict) else k.x, name, value)


def is_ours(x):
    """Whether a function or class is this library's."""
    if isinstance(x, FunctionType):
        return x.__code__.co_filename.startswith(FOLDER)
    return (getattr(x, "__module__", None) or "").partition(".")[0] == PACKAGE


def is_library(module):
    """Whether a module, by its name, is this library's or Python's."""
    first = module.partition(".")[0]
    return first == PACKAGE or (first in sys.stdlib_module_names and first != "__main__")


def is_python(kind):
    """Whether a class was written in Python."""
    return bool(kind.__flags__ & (1 << 9))


def in_class(mro, name):
    """What the first of these classes that has the attribute holds under it."""
    return next((vars(c)[name] for c in mro if name in vars(c)), MISSING)
