"""Blocks: parameters as flat lists of floats, on which every optimizer's formula works.

    w = Tensor of shape (2, 3)       a block of 6 numbers; its element 5 is called w[1, 2]
    12 Values of one group           one block of 12 numbers, but for the frozen ones
    all blocks of a group, Joined    one long block, for an optimizer that moves them as a vector

So a formula is written once, and 12 Values move as a Tensor of 12 does, to the bit. A block is read
as a list, and written with a new list; what it was is never changed in place.
Read next: `optim/base/hyperparameters.py`.
"""

from functools import partial
from math import isfinite
from operator import attrgetter, is_

from ...array.array import Array
from ...array.ieee import as_float
from ...array.shapes import strides
from ...engine.graph import Node
from ...engine.state import next_version
from ...engine.tensor import Tensor
from ...engine.value import Value

DATA, GRAD, REQUIRES_GRAD = map(attrgetter, ("_data", "grad", "requires_grad"))


class TensorBlock:
    """A Tensor seen as a flat list.

    state   what the optimizer remembers of it, in plain JSON types; {} before its first step. A
            new state is a new dict, and lists in it are replaced, never changed
    """

    __slots__ = ("default_name", "tensor", "state")

    def __init__(self, default_name, tensor):
        self.default_name = default_name
        self.tensor = tensor
        self.state = {}

    @property
    def shape(self):
        return self.tensor.shape

    @property
    def size(self):
        return self.tensor.size

    def name(self, i=None):
        """Its name in an error; its element i of the flat list: w[1, 2] for i = 5, shape (2, 3)."""
        name = self.tensor.label or self.default_name
        if i is None or not self.shape:
            return name
        steps = zip(self.shape, strides(self.shape), strict=True)
        return f"{name}[{', '.join(str(i // step % n) for n, step in steps)}]"

    @property
    def frozen(self):
        """Whether it is to be skipped: requires_grad is False."""
        return not self.tensor.requires_grad

    def read(self):
        return list(self.tensor._data.flat)

    def held(self):
        """The same without a copy, to compare with later."""
        return self.tensor._data.flat

    def write(self, theta, version=None):
        """tensor.data = theta without the setter's checks, since theta is known to fit. A frozen
        Tensor stays as it is.

        version     one for all that changes together, where a caller has it from next_version()
        """
        tensor = self.tensor
        if not tensor.requires_grad:
            return
        tensor._data = Array(theta, tensor._data.shape)
        tensor.version = version or next_version()

    def gradient(self):
        """The gradient as a flat list, None where there is none or where the Tensor is frozen, with
        requires_grad False; raises if it is not usable."""
        tensor = self.tensor
        g = tensor.grad
        if g is None or not tensor.requires_grad:
            return None
        if type(g) is not Array:
            try:
                g = Array.of(g)
            except (TypeError, ValueError) as error:
                raise type(error)(f"step: the gradient of {self.name()}: {error}") from None
        if g.shape != tensor._data.shape:
            raise ValueError(
                f"step: the gradient of {self.name()} has shape {g.shape}, not {self.shape}"
            )
        require_finite(g.flat, self, "the gradient of {} is {}; lower lr, or look at the data")
        return list(g.flat)


class ValueBlock:
    """Values as one flat list: `n` of them have the shape (n,).

    A Value whose requires_grad becomes False later keeps its number, and the block's state goes on.
    One that has requires_grad False from the start is a block of its own, whose state starts with
    its first gradient.
    """

    __slots__ = ("default_names", "values", "state")

    def __init__(self, default_names, values):
        self.default_names = default_names
        self.values = values
        self.state = {}

    @property
    def shape(self):
        return (len(self.values),)

    @property
    def size(self):
        return len(self.values)

    @property
    def frozen(self):
        """Whether none of them requires grad."""
        return not any(map(REQUIRES_GRAD, self.values))

    def name(self, i=None):
        if i is None:
            return f"{len(self.values)} Values from {self.name(0)} on"
        return self.values[i].label or self.default_names[i]

    def read(self):
        return list(map(DATA, self.values))

    held = read

    def write(self, theta, version=None):
        """The same of each."""
        version = version or next_version()
        for value, x in zip(self.values, theta, strict=True):
            if value.requires_grad:
                value._data = x
                value.version = version

    def gradient(self):
        """The gradients as a list; a Value that nothing used has 0.0. None if all are frozen."""
        if self.frozen:
            return None
        g = list(map(GRAD, self.values))
        if set(map(type, g)) != {float}:
            g = [self._number(x, i) for i, x in enumerate(g)]
        require_finite(g, self, "the gradient of {} is {}; lower lr, or look at the data")
        return g

    def _number(self, x, i):
        try:
            return as_float(x)
        except TypeError as error:
            raise TypeError(f"step: the gradient of {self.name(i)}: {error}") from None


class Joined:
    """Blocks as one vector; one without gradient counts as zeros where another one has some."""

    __slots__ = ("parts", "state")

    def __init__(self, parts):
        self.parts = parts
        self.state = {}

    @property
    def shape(self):
        return (self.size,)

    @property
    def size(self):
        return sum(part.size for part in self.parts)

    def name(self, i=0):
        for part in self.parts:
            if i < part.size:
                return part.name(i)
            i -= part.size

    def read(self):
        return [x for part in self.parts for x in part.read()]

    held = read

    def write(self, theta, version=None):
        for part in self.parts:
            part.write(theta[: part.size], version)
            theta = theta[part.size :]

    def gradient(self):
        parts = [(part, part.gradient()) for part in self.parts]
        if all(g is None for _, g in parts):
            return None
        return [x for part, g in parts for x in (g or [0.0] * part.size)]


class Groups(list):
    """All blocks of an optimizer, a list for each of its groups."""

    def snapshot(self):
        """A function that puts parameters and states back as they are now."""
        blocks = [block for blocks in self for block in blocks]
        return partial(put_back, [(block, block.held(), block.state) for block in blocks])


def put_back(before):
    """Give blocks what they had: (block, its numbers, its state) of each.

    One that nobody wrote is left alone: a write is a new version, and backward() refuses a loss
    that was computed with the one before.
    """
    for block, theta, memory in before:
        if not all(map(is_, block.held(), theta)):  # another 0.0 may be a -0.0
            block.write(theta)
        block.state = memory


def require_finite(flat, block, fact):
    """Raise ValueError if an element is NaN or infinite; `fact` takes its name and the element.

    A sum is finite only if all its terms are, so nearly always one pass at C speed is enough.
    """
    if isfinite(sum(flat)):
        return
    for i, x in enumerate(flat):
        if not isfinite(x):
            raise ValueError(f"step: {fact.format(block.name(i), x)}; nothing was changed")


# ---- from what the user passes to blocks


def listed(params, what):
    """The items of an iterable, which is iterated once. Raises if it has no fixed order, or none.

    A single Tensor is an iterable too, of its rows: they are not leaves, so it is refused by name.
    """
    kind = type(params).__name__
    if hasattr(params, "parameters"):
        raise TypeError(f"{what}: expected a list of parameters, got a {kind}; pass .parameters()")
    if isinstance(params, Node):
        raise TypeError(f"{what}: expected a list of parameters, got a {kind}; put it in a list")
    if isinstance(params, (dict, str, set, frozenset)) or not hasattr(params, "__iter__"):
        raise TypeError(f"{what}: expected a list of parameters, in a fixed order; got {kind}")
    items = list(params)
    if not items:
        raise ValueError(f"{what}: no parameters to optimize")
    return items


def named(params, others, what):
    """A group's parameters as a list of (name, parameter); each may come as such a pair.

    Raises unless each is a leaf and comes once, also among `others`.
    """
    known, pairs = set(map(id, others)), []
    for i, item in enumerate([params] if isinstance(params, Node) else listed(params, what)):
        name, p = f"{what}, parameter {i}", item
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            name, p = item
        if not isinstance(p, (Tensor, Value)):
            kind = type(p).__name__
            raise TypeError(f"{name} must be a Tensor or a Value, got {kind}: {p!r:.40}")
        if p._prev:
            raise ValueError(f"{name}, {p!r}, was computed by {p._op}; optimize what it came from")
        if id(p) in known:
            raise ValueError(f"{name}, {p!r}, is there a second time; list it once")
        known.add(id(p))
        pairs.append((name, p))
    return pairs


def blocks_of(pairs):
    """The blocks of (name, parameter) pairs: each Tensor's, the one of all Values, and one for each
    Value that is frozen."""
    blocks = [TensorBlock(name, p) for name, p in pairs if isinstance(p, Tensor)]
    values = [(name, p) for name, p in pairs if isinstance(p, Value)]
    free = [(name, p) for name, p in values if p.requires_grad]
    frozen = [[(name, p)] for name, p in values if not p.requires_grad]
    for together in ([free] if free else []) + frozen:
        blocks.append(ValueBlock(*zip(*together, strict=True)))
    return blocks
