"""n-d arrays of floats: a flat tuple and a shape, row-major. No gradients in here.

(`functional` also puts Values into one, since shapes and operators work on whatever can be added
and multiplied.) An Array cannot be changed, so it can be shared: reshape costs nothing, and a graph
keeps what it saw. The kernels spend their time in C inside the interpreter: `map` over a C
function, slices with a stride, `sum`, and `math.sumprod` where Python has it (3.12).

Read next: `engine/`.
"""

import operator
from itertools import repeat
from math import prod

from . import ieee, kernels, shapes
from .shape_methods import Shaped

NEW_ONE = "assign a new one: `t.data = ...`"


def elementwise(function, *args):
    """`function` of the elements at each place: the arrays have one shape, a number stands still.

    Runs the bare C function (`.fast`) first; only where that raises does the careful one run.
    """
    streams = []
    for x in args:
        if isinstance(x, Array):
            shape = x.shape
            streams.append(x.flat)
        else:
            streams.append(repeat(x))
    try:
        return Array(map(getattr(function, "fast", function), *streams), shape)
    except (ArithmeticError, ValueError):
        return Array(map(function, *streams), shape)


def _operator(function):
    """The methods for x ∘ y and y ∘ x: y may be a number, and shapes broadcast."""

    def method(x, y):
        try:
            x, y = [a if isinstance(a, Array) else ieee.as_float(a) for a in (x, y)]
        except TypeError:
            return NotImplemented
        if isinstance(x, Array) and isinstance(y, Array) and x.shape != y.shape:
            shape = shapes.broadcast(x.shape, y.shape)
            x, y = x.expand(shape), y.expand(shape)
        return elementwise(function, x, y)

    return method, lambda y, x: method(x, y)


class Array(Shaped):
    """An n-d array of floats.

    `Array(flat, shape)` copies a flat list of floats into a tuple, unchecked; `Array.of(data)`
    converts a number, nested lists, or anything with `tolist()` (a NumPy array, a tensor).
    Writing to an Array is a TypeError, and writing to the list that it was copied from changes
    nothing in it: so a graph can keep an Array as the value that its gradients were derived from.

    >>> Array.of([[1, 2], [3, 4]]) * Array.of([10, 100])
    Array([[10.0, 200.0], [30.0, 400.0]])
    """

    __slots__ = ("flat", "shape")
    __array_ufunc__ = None  # let NumPy leave `numpy_array * array` to our __rmul__

    def __init__(self, flat, shape):
        _set_flat(self, tuple(flat))
        _set_shape(self, shape)

    def __setattr__(self, name, value):
        raise TypeError(f"an Array never changes, so its {name} cannot be set; {NEW_ONE}")

    def __delattr__(self, name):
        raise TypeError(f"an Array never changes, so its {name} cannot be deleted")

    def __reduce__(self):
        return Array, (self.flat, self.shape)

    @classmethod
    def of(cls, data, element=ieee.as_float):
        """Raises ValueError for ragged lists (and says where), TypeError for what is no number.

        element: what an element becomes, a float by default.
        """
        if isinstance(data, Array):
            return data
        if hasattr(data, "tolist") and not ieee.is_node(data):
            data = data.tolist()
        shape, level = [], data
        while isinstance(level, (list, tuple)):
            shape.append(len(level))
            level = level[0] if level else None
        flat = []
        _flatten(data, tuple(shape), flat, (), element)
        return cls(flat, tuple(shape))

    @classmethod
    def full(cls, shape, value):
        return cls([value] * prod(shape), shape)

    def tolist(self):
        """Nested lists of floats; a float for a 0-d array."""
        level = list(self.flat)
        if not self.size and self.ndim > 1:
            return [row.tolist() for row in self]
        for n in self.shape[:0:-1]:
            level = [level[i : i + n] for i in range(0, len(level), n)]
        return level if self.shape else level[0]

    def item(self):
        """The only element as a float; ValueError if there is not exactly one."""
        if len(self.flat) != 1:
            raise ValueError(f"item: needs one element, shape {self.shape} has {len(self.flat)}")
        return self.flat[0]

    __float__ = item

    def __repr__(self):
        if self.size > 12:
            return f"Array(shape={self.shape})"
        return f"Array({self.tolist()})"

    def __eq__(self, other):
        """Same shape and same elements: one bool, not an array of them."""
        if not isinstance(other, Array):
            return NotImplemented
        return self.shape == other.shape and self.flat == other.flat

    __hash__ = None

    def __setitem__(self, key, value):
        raise TypeError(f"an Array never changes; {NEW_ONE}")

    __add__, __radd__ = _operator(operator.add)
    __sub__, __rsub__ = _operator(operator.sub)
    __mul__, __rmul__ = _operator(operator.mul)
    __truediv__, __rtruediv__ = _operator(ieee.div)
    __pow__, __rpow__ = _operator(ieee.power)

    def __neg__(self):
        return elementwise(operator.neg, self)

    def __abs__(self):
        return elementwise(abs, self)

    # ---- the ten primitives of Shaped, and behind some of them the op that is their gradient

    def _reshape(self, shape):
        return Array(self.flat, shape)

    def _permute(self, dims):
        steps = shapes.strides(self.shape)
        axes = [(self.shape[d], steps[d]) for d in dims]
        return Array(kernels.strided(self.flat, 0, axes), tuple(self.shape[d] for d in dims))

    def _expand(self, shape):
        if len(self.flat) == 1:
            return Array(self.flat * prod(shape), shape)
        new = len(shape) - self.ndim
        steps = (0,) * new + tuple(
            0 if n == 1 else step
            for n, step in zip(self.shape, shapes.strides(self.shape), strict=True)
        )
        return Array(kernels.strided(self.flat, 0, list(zip(shape, steps, strict=True))), shape)

    def sum_to(self, shape):
        """The gradient of expand: the sum of all copies, over the new and the stretched dims."""
        return Array(self._sum(shapes.stretched(shape, self.shape), False).flat, shape)

    def _slice(self, ranges):
        start, axes = _window(ranges, self.shape)
        return Array(kernels.strided(self.flat, start, axes), tuple(map(len, ranges)))

    def pad(self, ranges, shape):
        """The gradient of a slice: zeros of `shape` with this array where the ranges point."""
        flat = [0.0] * prod(shape)
        start, axes = _window(ranges, shape)
        n, step = axes.pop() if axes else (1, 1)
        for i, offset in enumerate(kernels.offsets(start, axes)):
            flat[kernels.lane(offset, n, step)] = self.flat[i * n : (i + 1) * n]
        return Array(flat, shape)

    def _rows(self, index):
        """The rows (along dim 0) that a list or a 1-d Array names, in that order."""
        numbers = index.flat if isinstance(index, Array) else index
        n, flat = prod(self.shape[1:]), []
        for i in map(int, numbers):
            flat += self.flat[i * n : (i + 1) * n]
        return Array(flat, (len(numbers), *self.shape[1:]))

    def index_add(self, index, rows):
        """The gradient of picking rows: row i added to row index[i] of `rows` rows of zeros."""
        n = prod(self.shape[1:])
        own = [self.flat[i * n : (i + 1) * n] for i in range(len(index.flat))]
        return Array(kernels.add_rows(own, index.flat, rows, n), (rows, *self.shape[1:]))

    def _mm(self, other):
        """(…, n, k) @ (…, k, m) with the same batch dims, none of them broadcast."""
        (n, k), m = self.shape[-2:], other.shape[-1]
        shape = (*self.shape[:-1], m)
        if not k or not prod(shape):
            return Array.full(shape, 0.0)
        flat = []
        for batch in range(prod(self.shape[:-2])):
            right = other.flat[batch * k * m : (batch + 1) * k * m]
            left = [self.flat[i : i + k] for i in range(batch * n * k, (batch + 1) * n * k, k)]
            flat += kernels.products(left, [right[j::m] for j in range(m)])
        return Array(flat, shape)

    def _sum(self, dims, keepdim):
        shape = shapes.reduced(self.shape, dims, keepdim)
        if not dims:
            return Array(self.flat, shape)
        return Array([sum(lane, 0.0) for lane in self._lanes(dims)], shape)

    def _max(self):
        return Array([self.flat[kernels.first_max(self.flat)]], ())

    def _argmax(self, dim, keepdim):
        indices = [float(kernels.first_max(lane)) for lane in self._lanes((dim,))]
        return Array(indices, shapes.reduced(self.shape, (dim,), keepdim))

    def _gather(self, dim, index):
        kernels.check_index(index.flat, self.shape[dim], "gather:")
        lanes = map(kernels.pick, self._lanes((dim,)), index._lanes((dim,)))
        return _from_lanes(lanes, dim, index.shape)

    def scatter_add(self, dim, index, size):
        """The gradient of gather: zeros with `size` along dim, each element added at its index."""
        lanes = map(kernels.scatter, self._lanes((dim,)), index._lanes((dim,)), repeat(size))
        return _from_lanes(lanes, dim, (*self.shape[:dim], size, *self.shape[dim + 1 :]))

    def _by_lane(self, dim, function):
        """A function from lanes to lanes of the same length, softmax say, along a dim."""
        return _from_lanes(map(function, self._lanes((dim,))), dim, self.shape)

    def _lanes(self, dims):
        """The elements along `dims`, a list for each position in the other dims, in their order."""
        axes = list(zip(self.shape, shapes.strides(self.shape), strict=True))
        kept = [axis for d, axis in enumerate(axes) if d not in dims]
        along = kernels.merged([axes[d] for d in dims])
        if len(along) == 1:
            return [self.flat[kernels.lane(o, *along[0])] for o in kernels.offsets(0, kept)]
        return [kernels.strided(self.flat, o, along) for o in kernels.offsets(0, kept)]


# The constructor sets the two slots by their descriptors, since `__setattr__` always raises.
_set_flat, _set_shape = Array.flat.__set__, Array.shape.__set__


def concatenate(arrays, dim):
    """Arrays of one shape, but for `dim`, joined along it."""
    first = arrays[0].shape
    blocks = [prod(a.shape[dim:]) for a in arrays]
    flat = []
    for outer in range(prod(first[:dim])):
        for a, n in zip(arrays, blocks, strict=True):
            flat += a.flat[outer * n : (outer + 1) * n]
    return Array(flat, (*first[:dim], sum(a.shape[dim] for a in arrays), *first[dim + 1 :]))


def _flatten(data, shape, flat, path, element):
    """Append the elements of nested lists to `flat`, checking each level against `shape`."""
    where = "".join(f"[{i}]" for i in path)
    if not shape:
        if isinstance(data, (list, tuple)):
            raise ValueError(f"ragged lists: data{where} is a list, its neighbours are numbers")
        try:
            flat.append(element(data))
        except TypeError as error:
            raise TypeError(f"data{where}: {error}") from None
        return
    n = len(data) if isinstance(data, (list, tuple)) else None
    if n != shape[0]:
        size = "is no list" if n is None else f"has {n} elements"
        raise ValueError(f"ragged lists: data{where} {size}, its neighbours have {shape[0]}")
    for i, part in enumerate(data):
        _flatten(part, shape[1:], flat, (*path, i), element)


def _window(ranges, shape):
    """Where the ranges start in the flat list, and their axes."""
    steps = shapes.strides(shape)
    start = sum(r.start * s for r, s in zip(ranges, steps, strict=True))
    return start, [(len(r), r.step * s) for r, s in zip(ranges, steps, strict=True)]


def _from_lanes(lanes, dim, shape):
    """The array of `shape` whose elements along `dim` are the lanes: `_lanes` undone."""
    if dim == len(shape) - 1:
        return Array([x for lane in lanes for x in lane], shape)
    steps = shapes.strides(shape)
    kept = [(n, s) for d, (n, s) in enumerate(zip(shape, steps, strict=True)) if d != dim]
    flat = [0.0] * prod(shape)
    for offset, lane in zip(kernels.offsets(0, kept), lanes, strict=True):
        flat[kernels.lane(offset, shape[dim], steps[dim])] = lane
    return Array(flat, shape)
