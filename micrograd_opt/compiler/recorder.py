"""What is noted, and what refused, while `compile` runs a function to see what it computes.

While a Recorder is active every node that follows from an argument or from a leaf that was there
before is recorded, constants too, and none of them may be read: a number that Python code has seen
(in an `if`, a `float()`) would be frozen into the program.
Read next: `trace.py`, which has a function recorded; `scalars.py`, what becomes of the graph.
"""

import math

from ..array.array import Array
from ..array.kernels import check_index
from ..engine.state import next_version
from ..engine.tensor import Tensor
from ..engine.value import Value
from .held import entries, stamp

REMEDY = (
    "for a choice use where(), maximum(), minimum() or relu(); for whole numbers that pick "
    "elements use gather, ops.index_select, one_hot or cross_entropy; for the rounds of a loop "
    "pass no node, but let the function find a plain number in its closure"
)


class Recorder:
    """What the engine asks while a function is traced: then it is `recorder()`."""

    def __init__(self):
        self.version = next_version()  # nodes that are younger were made by the traced function
        self.drawn = {}  # {leaf: the function that draws a number of it}
        self.indices = []  # (leaf, size, what): it has to hold whole numbers from 0 to size − 1
        self.modules = {}  # {module called: whether it was training}
        self._before = {}  # {module: its attributes before it was called}

    def varies(self, node):
        """Whether a node may differ from call to call: all but constants made by the function."""
        return node.op is not None or node.version < self.version or node in self.drawn

    def draws(self, kind, shape, draw):
        """A leaf whose numbers are drawn anew at each call of the program, and not now."""
        size = math.prod(shape)
        leaf = kind._constant(Array([1.0] * size, shape) if kind is Tensor else 1.0)
        self.drawn[leaf] = draw
        return leaf

    def picks(self, labels, size, what):
        """Note labels that each pick one of `size`; ValueError where these do not."""
        check_index(numbers(labels), size, what)
        self.indices.append((labels, size, what))

    def called(self, module):
        """Note a module, whose train() or eval() asks for a trace of its own."""
        self.modules[module] = module.training
        self._before.setdefault(module, attributes(module))

    def notes(self, module):
        """The names of the attributes that it has set in the calls: of outputs, of counters."""
        before, now = self._before[module], attributes(module)
        return {name for name, x in now.items() if name not in before or before[name] != x}

    def compares(self, node, other):
        """Refuse node == other, which goes by identity where the number itself is meant."""
        nodes = (node, other) if isinstance(other, Value) else (node,)
        if isinstance(other, (int, float, Value)) and any(map(self.varies, nodes)):
            raise TypeError(
                "compile: the function compares a traced Value by ==, which goes by identity; by "
                "number: where(ops.eq(x, y), …, …), or pass a string or bool to choose by"
            )

    def reads(self, node):
        """Refuse a number that varies: the program would keep it."""
        if self.varies(node):
            what = f"the result of {node._op}" if node.op else "an argument or parameter"
            where = f" in module {node.module}" if node.op and node.module else ""
            raise TypeError(
                f"compile: the function reads the number in a traced {type(node).__name__} ({what}"
                f"{where}), which changes from call to call: {REMEDY}"
            )

    def edits(self, node):
        raise TypeError("compile: the function assigns .data, which a program would do only once")

    def differentiates(self):
        raise TypeError("compile: the function calls backward(); return the loss, or use grad()")


def numbers(x):
    """The numbers of a Tensor, a Value or a float as a list."""
    if type(x) is float:
        return [x]
    data = x._data
    return data.flat if isinstance(data, Array) else [data]


def attributes(module):
    """A module's attributes, as far as a program depends on them: which objects they are."""
    found = {}
    for name, x in vars(module).items():
        if isinstance(x, (list, tuple, dict)):
            found[name] = (type(x), *map(stamp, entries(x)))
        elif name not in ("_path", "_named", "training"):
            found[name] = stamp(x)
    return found
