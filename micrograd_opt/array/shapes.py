"""The arithmetic of shapes: broadcasting, dimensions, reshapes, index keys. No data in here.

A shape is a tuple of sizes, row-major: in a (2, 3) array the 3 of a row lie side by side. Every
wrong shape is refused here, with the shapes and the remedy, before anything is computed.

Read next: `array/kernels.py`.
"""

from math import prod


def strides(shape):
    """How far apart, in the flat list, neighbours along each dimension are.

    >>> strides((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(prod(shape[d + 1 :]) for d in range(len(shape)))


def broadcast(*shapes, what="broadcast"):
    """The shape that all of `shapes` expand to: aligned at the right, a 1 stretches.

    >>> broadcast((3, 1), (4,))
    (3, 4)
    """
    ndim = max(map(len, shapes))
    result = []
    for d in range(-ndim, 0):
        sizes = {shape[d] for shape in shapes if len(shape) >= -d} - {1}
        if len(sizes) > 1:
            both = " and ".join(map(str, shapes))
            raise ValueError(
                f"{what}: shapes {both} do not broadcast: sizes {sorted(sizes)} in dim {d}; "
                "each dim must match or be 1"
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def expanded(shape, target):
    """`target` with the size itself for each −1; raises unless `shape` broadcasts to just that."""
    new = len(target) - len(shape)
    if new < 0 or -1 in target[:new]:
        raise ValueError(f"expand: {shape} cannot become {target}")
    kept = zip(shape, target[new:], strict=True)
    target = (*target[:new], *[n if m == -1 else m for n, m in kept])
    if min(target, default=0) < 0 or broadcast(shape, target, what="expand") != target:
        raise ValueError(f"expand: {shape} cannot become {target}; only dims of size 1 stretch")
    return target


def stretched(shape, target):
    """The dims of `target` along which expand copies: the new ones, and a size of 1 that grew.

    >>> stretched((3, 1), (2, 3, 4))
    (0, 2)
    """
    new = len(target) - len(shape)
    return tuple(d for d, n in enumerate(target) if d < new or shape[d - new] == 1 != n)


def flag(value, what):
    """True or False as they are; TypeError for anything else, which may mean another argument."""
    if value is True or value is False:
        return value
    raise TypeError(f"{what} must be True or False, got {value!r:.60}")


def dim_index(dim, ndim, what):
    """`dim`, which may count from the end, as 0 … ndim − 1."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{what}: dim must be an int, got {dim!r}")
    dim = dim.__index__()
    if not -ndim <= dim < ndim:
        raise IndexError(f"{what}: dim {dim} out of range for {ndim} dims")
    return dim % ndim


def dims_index(dim, ndim, what):
    """None (all dims), an int or several, as a sorted tuple of different dims."""
    if dim is None:
        return tuple(range(ndim))
    several = dim if isinstance(dim, (tuple, list)) else (dim,)
    dims = tuple(sorted(dim_index(d, ndim, what) for d in several))
    if len(set(dims)) < len(dims):
        raise ValueError(f"{what}: dim {dim} names a dimension twice")
    return dims


def reduced(shape, dims, keepdim):
    """The shape left after reducing `dims`."""
    if keepdim:
        return tuple(1 if d in dims else n for d, n in enumerate(shape))
    return tuple(n for d, n in enumerate(shape) if d not in dims)


def sizes(args, what):
    """The sizes given as separate ints or as one tuple or list: f(2, 3) and f((2, 3))."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    for n in args:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{what}: sizes must be ints, got {n!r}")
    return tuple(n.__index__() for n in args)


def resolve(shape, size):
    """`shape` with its −1, if it has one, worked out so that it holds `size` elements."""
    known = prod(n for n in shape if n != -1)
    if shape.count(-1) > 1:
        raise ValueError(f"reshape: {shape} has more than one -1; only one size can be inferred")
    if any(n < -1 for n in shape):
        raise ValueError(f"reshape: {shape} has a negative size")
    if -1 in shape and not known:
        raise ValueError(f"reshape: the -1 of {shape} could be any size, beside a 0; write it out")
    if -1 in shape and size % known == 0:
        return tuple(size // known if n == -1 else n for n in shape)
    if -1 in shape or known != size:
        raise ValueError(f"reshape: {size} elements do not fill {shape}")
    return shape


def matmul(x, y):
    """How x @ y becomes a product of equal-batch matrices: (x's shape, y's shape, result's shape).

    A vector is taken as a row on the left and a column on the right, and the dim of 1 is dropped
    again. Batch dims broadcast; a plain matrix on the right multiplies all rows at once.

    >>> matmul((5, 2, 3), (3, 4))
    ((10, 3), (3, 4), (5, 2, 4))
    """
    if not x or not y:
        raise ValueError(f"matmul: {x} @ {y}: a 0-d operand has no rows; use * to scale")
    left, right = ((1, *x) if len(x) == 1 else x), ((*y, 1) if len(y) == 1 else y)
    (n, k), (k2, m) = left[-2:], right[-2:]
    if k != k2:
        hint = "; transpose the second?" if k == m and len(y) > 1 else ""
        raise ValueError(f"matmul: {x} @ {y}: inner sizes {k} and {k2} differ{hint}")
    batch = broadcast(left[:-2], right[:-2], what="matmul, batch dims")
    out = batch + ((n,) if len(x) > 1 else ()) + ((m,) if len(y) > 1 else ())
    if len(right) == 2:
        return (prod(left[:-1]), k), right, out
    return (*batch, n, k), (*batch, k, m), out


def index(key, shape):
    """A basic index as (one range for each dim, the shape of the result).

    `key` holds ints, slices, `...` and None, as in t[1, ..., None, ::2].
    """
    key = key if isinstance(key, tuple) else (key,)
    used = sum(k is not None and k is not Ellipsis for k in key)
    if used > len(shape):
        raise IndexError(f"index: {used} indices for shape {shape}")
    if sum(k is Ellipsis for k in key) > 1:
        raise IndexError("index: only one '...' is allowed")
    if not any(k is Ellipsis for k in key):
        key += (Ellipsis,)
    ranges, result = [], []
    for k in key:
        d = len(ranges)
        if k is None:
            result.append(1)
        elif k is Ellipsis:
            rest = shape[d : d + len(shape) - used]
            ranges += map(range, rest)
            result += rest
        elif isinstance(k, slice):
            ranges.append(range(shape[d])[k])
            result.append(len(ranges[-1]))
        else:
            i = position(k, shape[d], f"index: dim {d}")
            ranges.append(range(i, i + 1))
    return tuple(ranges), tuple(result)


def position(k, n, what):
    """An int that may count from the end as 0 … n − 1."""
    if isinstance(k, bool) or not hasattr(k, "__index__"):
        raise TypeError(f"{what}: expected an int, a slice, '...' or None, got {type(k).__name__}")
    i = k.__index__()
    if not -n <= i < n:
        raise IndexError(f"{what}: {i} is out of range for size {n}")
    return i % n
