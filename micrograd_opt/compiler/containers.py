"""What keys, loops and calls of unseen code read of a container or an object.

`cfg["l2"]` is one entry of a dict, and only that counts. A loop reads all of a list, and so does
`len(history)`, or an unseen function that is handed it: then all in it counts, three levels deep.
Read next: `follow.py`, the calls.
"""

import random
from collections import deque
from types import CodeType, ModuleType

from ..engine.graph import Node
from .held import MISSING, Contents, Numbers, bytes_of, is_module, is_plain
from .known import Inner, Iteration, Known, Super, known
from .reads import Reads, is_ours, is_python
from .refusals import refuse_iterator

CONTAINERS = (list, tuple, dict, set, frozenset, deque)
LEVELS = 3  # how deep what is handed on as a whole is looked into
MOST_ENTRIES = 300  # of a container; what changes in a longer one is left to `check.py`


class ContainerReads(Reads):
    """Reads of what is inside."""

    def item(self, container, key):
        """What container[key] may be."""
        found, keys = (), [at.x for at in known(key) if is_plain(at.x)]
        for k in known(container):
            if isinstance(k.x, dict) and keys:
                for at in keys:
                    x, path = k.x.get(at, MISSING), f"{k.path}[{at!r}]"
                    found += self._read("name", k.x, at, x, path)
            elif isinstance(k.x, CONTAINERS):
                inside, n = self.elements(k), len(k.x)
                at = [i for i in keys if type(i) is int and -n <= i < n]
                found += tuple([inside[i] for i in at]) if at and len(inside) == n else inside
            elif isinstance(k.x, (Node, CodeType)) or is_plain(k.x) or not is_python(type(k.x)):
                self.use((k,))
            else:
                found += self.call(self.attribute(k, "__getitem__"), (key,))
        return found

    def store_item(self, k, keys, value):
        if isinstance(k.x, dict) and len(keys) == 1 and is_plain(keys[0].x):
            self._write(k.x, keys[0].x, value)
        elif isinstance(k.x, CONTAINERS):
            self.written.append((k.x, None))

    def elements(self, k):
        """What comes out of k, one after the other."""
        x = k.x
        if isinstance(x, Iteration):
            return x.values
        if isinstance(x, CONTAINERS):
            self._contents(k)
            inside = x if isinstance(x, dict) else dict(enumerate(x))
            return self._inside_of(k, zip(inside, x, strict=True)) if len(x) <= MOST_ENTRIES else ()
        if is_module(type(x)) and is_ours(type(x)):
            return tuple([self._known(m, k.path) for _, m in x.named_modules()[1:]])
        if is_python(type(x)) and not isinstance(x, Node) and not hasattr(type(x), "__next__"):
            return self.call(self.attribute(k, "__iter__"))
        self.use((k,))
        return ()

    def _inside_of(self, k, pairs):
        return tuple([self._known(x, f"{k.path}[{i!r}]") for i, x in pairs])

    def _contents(self, k):
        if not isinstance(k.x, (tuple, frozenset)) and len(k.x) <= MOST_ENTRIES:
            self.contents.setdefault(id(k.x), (k.path, Contents(k.x)))

    def use(self, value, level=0):
        """A value is computed with, or handed to code that is not walked: all of it counts."""
        for k in known(value):
            x = k.x
            if is_plain(x) or id(x) in self._used:
                continue
            if isinstance(x, (Node, type, ModuleType, Iteration, Super, CodeType, random.Random)):
                continue
            self._used.add(id(x))
            self._alive.append(x)
            if isinstance(x, CONTAINERS):
                self._contents(k)
                if level < LEVELS and len(x) <= MOST_ENTRIES:
                    pairs = x.items() if isinstance(x, dict) else enumerate(x)
                    self.use(self._inside_of(k, pairs), level + 1)
            elif hasattr(type(x), "__next__"):
                refuse_iterator(k)
            elif callable(x) or isinstance(x, Inner):
                self.call((k,))
            elif bytes_of(x) is not None:
                self.contents.setdefault(id(x), (k.path, Numbers(x)))
            elif hasattr(x, "__dict__") and not is_ours(type(x)) and level < LEVELS:
                self._contents(Known(vars(x), f"{k.path}.__dict__"))
                for name in list(vars(x)):
                    self.use(self.attribute(k, name), level + 1)
