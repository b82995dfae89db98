"""Tensors from nothing but a shape, and from other Tensors: zeros, randn, cat, where, one_hot …

Read next: `engine/derivatives.py`.
"""

import math

from ..array import kernels, shapes
from ..array.array import Array
from ..array.ieee import as_float
from . import ops
from .arguments import checked, draws, generator
from .graph import Node, varies
from .state import recorder
from .tensor import Tensor, as_tensor
from .value import Value


def _tensor(flat, shape, requires_grad=False):
    if any(n < 0 for n in shape):
        raise ValueError(f"shape {shape} has a negative size")
    tensor = Tensor._constant(Array(flat, shape))
    tensor.requires_grad = checked(requires_grad, bool, "requires_grad")
    return tensor


def tensor(data, requires_grad=False):
    """A Tensor of `data`, a number, nested lists or whatever has `tolist()`: PyTorch's spelling.

    >>> tensor([1, 2]).tolist()
    [1.0, 2.0]
    """
    return Tensor(data, requires_grad)


def full(shape, value, requires_grad=False):
    """A Tensor of `shape`, every element `value`."""
    shape = shapes.sizes((shape,), "full")
    return _tensor([as_float(value)] * math.prod(shape), shape, requires_grad)


def zeros(*shape, requires_grad=False):
    """A Tensor of zeros: zeros(2, 3) or zeros((2, 3))."""
    return full(shapes.sizes(shape, "zeros"), 0.0, requires_grad)


def ones(*shape, requires_grad=False):
    """A Tensor of ones."""
    return full(shapes.sizes(shape, "ones"), 1.0, requires_grad)


def eye(n, m=None, requires_grad=False):
    """The n × m identity matrix (n × n without m)."""
    n, m = shapes.sizes((n, n if m is None else m), "eye")
    return _tensor([float(i == j) for i in range(n) for j in range(m)], (n, m), requires_grad)


def arange(start, end=None, step=1, requires_grad=False):
    """start, start + step, … while short of `end`; with one argument 0, 1, …, start − 1.

    >>> arange(1, 2, 0.25).tolist()
    [1.0, 1.25, 1.5, 1.75]
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = map(as_float, (start, end, step))
    if step == 0.0 or not all(map(math.isfinite, (start, end, step))):
        raise ValueError(f"arange: {start}, {end}, step {step}: all finite, and step not 0")
    n = max(math.ceil((end - start) / step), 0)
    return _tensor([start + i * step for i in range(n)], (n,), requires_grad)


def linspace(start, end, steps, requires_grad=False):
    """`steps` numbers at equal distances, both ends included."""
    start, end, (steps,) = as_float(start), as_float(end), shapes.sizes((steps,), "linspace")
    flat = [start + (end - start) * i / (steps - 1) for i in range(steps - 1)]
    flat += [end if steps > 1 else start] * (steps > 0)
    return _tensor(flat, (steps,), requires_grad)


def randn(*shape, rng=None, requires_grad=False):
    """Draws from the standard normal distribution; rng is a `random.Random`."""
    shape, gauss = shapes.sizes(shape, "randn"), generator(rng).gauss
    return drawn(shape, lambda: gauss(0.0, 1.0), requires_grad)


def rand(*shape, rng=None, requires_grad=False):
    """Uniform draws from [0, 1); rng is a `random.Random`."""
    return drawn(shapes.sizes(shape, "rand"), generator(rng).random, requires_grad)


def drawn(shape, draw, requires_grad=False):
    """A Tensor of numbers that draw() gives, one after the other. All randomness comes from here,
    so that a compiled function can draw anew at each call."""
    trace = recorder()
    if trace is not None:
        return trace.draws(Tensor, shape, draw)
    return _tensor(draws(math.prod(shape), draw), shape, requires_grad)


def drawn_value(draw):
    """A constant Value with a number that draw() gives."""
    trace = recorder()
    if trace is not None:
        return trace.draws(Value, (), draw)
    return Value._constant(*draws(1, draw))


def cat(tensors, dim=0):
    """Tensors joined along `dim`; their other sizes are equal."""
    tensors = [as_tensor(t) for t in tensors]
    if not tensors:
        raise ValueError("cat: no tensors to join")
    first = tensors[0]
    dim = shapes.dim_index(dim, first.ndim, "cat")
    for t in tensors:
        if shapes.reduced(t.shape, (dim,), True) != shapes.reduced(first.shape, (dim,), True):
            raise ValueError(f"cat: {first.shape} and {t.shape} differ beside dim {dim}")
    return ops.cat(*tensors, dim=dim)


def stack(tensors, dim=0):
    """Tensors of one shape along a new dim."""
    tensors = [as_tensor(t) for t in tensors]
    if not tensors:
        raise ValueError("stack: no tensors to join")
    if len({t.shape for t in tensors}) > 1:
        raise ValueError(f"stack: shapes differ: {sorted({t.shape for t in tensors})}")
    dim = shapes.dim_index(dim, tensors[0].ndim + 1, "stack")
    return cat([t.unsqueeze(dim) for t in tensors], dim)


def _choice(op, *args):
    nodes = any(isinstance(a, Node) for a in args)
    return op(*(args if nodes else map(as_tensor, args)))


def where(condition, x, y):
    """x where the condition is not 0, else y. Each side's gradient is 0 where it is not taken.

    Beware: 0 times an infinite derivative is NaN, so guard the argument of a log or a root of the
    side not taken as well: where(x > 0, log(where(x > 0, x, 1)), 0).
    """
    return _choice(ops.where, condition, x, y)


def maximum(x, y):
    """The larger of the two, elementwise; equal ones share the gradient."""
    return _choice(ops.maximum, x, y)


def minimum(x, y):
    """The smaller of the two, elementwise; equal ones share the gradient."""
    return _choice(ops.minimum, x, y)


def _triangle(x, keep):
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"tril, triu: shape {x.shape} has no rows and columns")
    n, m = x.shape[-2:]
    mask = _tensor([float(keep(j - i)) for i in range(n) for j in range(m)], (n, m))
    return ops.where(mask, x, 0.0)


def tril(x, diagonal=0):
    """The lower triangle: zeros where column − row > diagonal."""
    diagonal = checked(diagonal, int, "tril: diagonal")
    return _triangle(x, lambda offset: offset <= diagonal)


def triu(x, diagonal=0):
    """The upper triangle: zeros where column − row < diagonal."""
    diagonal = checked(diagonal, int, "triu: diagonal")
    return _triangle(x, lambda offset: offset >= diagonal)


def one_hot(index, num_classes=None):
    """Rows of zeros with a 1 at each index; shape (*index.shape, num_classes).

    Without num_classes there are as many as the largest index asks for. Raises ValueError for an
    index that is fractional, negative or too large.
    """
    index = as_tensor(index)
    if num_classes is None:
        whole = [int(i) for i in index.data.flat if math.isfinite(i)]
        num_classes = max(whole, default=-1) + 1
    (num_classes,) = shapes.sizes((num_classes,), "one_hot")
    check_index(index, num_classes, "one_hot:")
    return (index.unsqueeze(-1) == arange(num_classes)).detach()


def check_index(index, n, what):
    """Raise ValueError unless the Tensor holds whole numbers from 0 to n − 1; name the place."""
    if not varies(index):
        kernels.check_index(index.data.flat, n, what)
