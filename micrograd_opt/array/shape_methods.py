"""Everything that follows from a shape and a handful of primitives, for Array and Tensor alike.

A subclass owes it `.shape`, `item()`, the operators, and ten primitives, whose arguments have been
checked and completed here:

    _reshape(shape)   _permute(dims)   _expand(shape)   _slice(ranges)   _rows(index)
    _mm(other)   _sum(dims, keepdim)   _max()   _argmax(dim, keepdim)   _gather(dim, index)

Array computes them on its flat tuple; of Tensor each is an op of the rule table. So there is one
`flatten`, one `mean`, one `@`, and a Tensor's is made of parts that know their gradients.

Read next: `array/array.py`.
"""

from math import prod
from typing import NamedTuple

from . import shapes


class Extrema(NamedTuple):
    """What max(dim) and min(dim) return: the extreme values along a dim, and their indices."""

    values: object
    indices: object


class Shaped:
    __slots__ = ()

    @property
    def ndim(self):
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self):
        """The number of elements."""
        return prod(self.shape)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d array")
        return self.shape[0]

    def __bool__(self):
        if self.size != 1:
            raise ValueError(f"bool: shape {self.shape} has {self.size} elements; needs one")
        return self.item() != 0.0

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # ---- shape: a new array with the same elements

    def reshape(self, *shape):
        """The same elements, row by row, in another shape; one size may be −1."""
        shape = shapes.resolve(shapes.sizes(shape, "reshape"), self.size)
        return self if shape == self.shape else self._reshape(shape)

    view = reshape  # PyTorch's name; there it shares memory, here arrays never change

    def flatten(self, start_dim=0, end_dim=-1):
        """The dims from start_dim to end_dim as one."""
        if not self.shape:
            return self.reshape(1)
        start = shapes.dim_index(start_dim, self.ndim, "flatten")
        end = shapes.dim_index(end_dim, self.ndim, "flatten")
        if start > end:
            raise ValueError(f"flatten: start_dim {start_dim} lies after end_dim {end_dim}")
        middle = prod(self.shape[start : end + 1])
        return self.reshape(*self.shape[:start], middle, *self.shape[end + 1 :])

    def squeeze(self, dim=None):
        """Without the dims of size 1 (all of them, or those named)."""
        dims = shapes.dims_index(dim, self.ndim, "squeeze")
        return self.reshape([n for d, n in enumerate(self.shape) if n != 1 or d not in dims])

    def unsqueeze(self, dim):
        """With a dim of size 1 at place `dim`."""
        dim = shapes.dim_index(dim, self.ndim + 1, "unsqueeze")
        return self.reshape(*self.shape[:dim], 1, *self.shape[dim:])

    def permute(self, *dims):
        """The dims in another order: x.permute(1, 0) is the transpose of a matrix."""
        order = shapes.sizes(dims, "permute")
        dims = tuple(shapes.dim_index(d, self.ndim, "permute") for d in order)
        if sorted(dims) != list(range(self.ndim)):
            raise ValueError(f"permute: {order} is not an order of the {self.ndim} dims")
        return self._permute(dims)

    def transpose(self, dim0, dim1):
        """Two dims swapped."""
        order = list(range(self.ndim))
        a = shapes.dim_index(dim0, self.ndim, "transpose")
        b = shapes.dim_index(dim1, self.ndim, "transpose")
        order[a], order[b] = b, a
        return self._permute(tuple(order))

    @property
    def T(self):
        """The dims in reverse order; the transpose of a matrix."""
        return self._permute(tuple(reversed(range(self.ndim))))

    @property
    def mT(self):
        """Each matrix transposed: the last two dims swapped."""
        return self.transpose(-2, -1)

    def expand(self, *shape):
        """Stretched to `shape`: dims of size 1, and new ones on the left; −1 keeps a size."""
        shape = shapes.expanded(self.shape, shapes.sizes(shape, "expand"))
        return self if shape == self.shape else self._expand(shape)

    def __getitem__(self, key):
        """Ints, slices, `...` and None; or a list of ints, which picks rows.

        It behaves as a copy, since numbers never change in place.
        """
        if isinstance(key, list):
            if not self.shape:
                raise IndexError("index: a 0-d array has no rows")
            return self._rows([shapes.position(k, self.shape[0], "index: row") for k in key])
        ranges, shape = shapes.index(key, self.shape)
        whole = all(r == range(n) for r, n in zip(ranges, self.shape, strict=True))
        return (self if whole else self._slice(ranges)).reshape(shape)

    # ---- products and reductions

    def __matmul__(self, other):
        """The product of matrices; vectors and batches as in PyTorch's `matmul`."""
        left, right, out = shapes.matmul(self.shape, other.shape)
        x, y = self, other
        if len(left) > 2:  # batch dims first stretch, then line up
            batch = left[:-2]
            x = x.expand(*batch, *(x.shape if x.ndim > 1 else (1, *x.shape))[-2:])
            y = y.expand(*batch, *y.shape[-2:])
        return x.reshape(left)._mm(y.reshape(right)).reshape(out)

    def sum(self, dim=None, keepdim=False):
        """The sum over all elements, or over `dim`: an int or several."""
        keepdim = shapes.flag(keepdim, "sum: keepdim")
        return self._sum(shapes.dims_index(dim, self.ndim, "sum"), keepdim)

    def mean(self, dim=None, keepdim=False):
        """sum / n; NaN over nothing."""
        dims = shapes.dims_index(dim, self.ndim, "mean")
        keepdim = shapes.flag(keepdim, "mean: keepdim")
        return self._sum(dims, keepdim) / prod(self.shape[d] for d in dims)

    def var(self, dim=None, unbiased=True, keepdim=False):
        """Σ (x − mean)² / (n − 1), or / n with unbiased=False; NaN where that is 0 / 0."""
        dims = shapes.dims_index(dim, self.ndim, "var")
        unbiased = shapes.flag(unbiased, "var: unbiased")
        keepdim = shapes.flag(keepdim, "var: keepdim")
        centred = self - self.mean(dims, keepdim=True)
        n = prod(self.shape[d] for d in dims)
        return (centred * centred)._sum(dims, keepdim) / max(n - unbiased, 0)

    def argmax(self, dim=None, keepdim=False):
        """The index of the first maximum along `dim`; with None, in the flattened array."""
        keepdim = shapes.flag(keepdim, "argmax: keepdim")
        if dim is None:
            index = self.flatten()._argmax(0, False)
            return index.reshape([1] * self.ndim) if keepdim else index
        return self._argmax(shapes.dim_index(dim, self.ndim, "argmax"), keepdim)

    def max(self, dim=None, keepdim=False):
        """The largest value of all; or along `dim` the pair (values, indices), as PyTorch's.

            values, indices = x.max(1)      x.max(1).values

        Of equal maxima the index is the first one's; a NaN counts as the largest. Gradient: without
        a dim, equal maxima share it; along a dim the first takes it, and indices take none.
        """
        keepdim = shapes.flag(keepdim, "max: keepdim")
        if dim is None:
            top = self._max()
            return top.reshape([1] * self.ndim) if keepdim else top
        dim = shapes.dim_index(dim, self.ndim, "max")
        indices = self._argmax(dim, True)
        values = self._gather(dim, indices)
        pair = Extrema(values, indices)
        return pair if keepdim else Extrema(*[x.squeeze(dim) for x in pair])

    def min(self, dim=None, keepdim=False):
        """The smallest value of all, or along `dim` (values, indices): −values of max(−x)."""
        top = (-self).max(dim, keepdim)
        return -top if dim is None else Extrema(-top.values, top.indices)

    def gather(self, dim, index):
        """out[i][j] = x[i][index[i][j]] for dim = 1, and so on: one element picked for each index.

        `index` has the same number of dims, and the same sizes but along `dim`.
        """
        dim = shapes.dim_index(dim, self.ndim, "gather")
        if shapes.reduced(index.shape, (dim,), True) != shapes.reduced(self.shape, (dim,), True):
            raise ValueError(f"gather: {index.shape} and {self.shape} differ beside dim {dim}")
        return self._gather(dim, index)
