"""Lists of Values: what lets each activation and loss serve them beside Tensors.

A list of Values stands for a vector of scalar nodes, a list of such lists for a matrix; numbers may
stand among the Values as constants. Inside a function such lists are an Array whose elements are
Values, since an Array adds, multiplies and sums whatever it holds:

    mse_loss([Value(5.0), Value(1.0)], [2, 0])
    nodes   Array([Value(5.0), Value(1.0)]) and Array([Value(2.0), Value(0.0)])
    each    Array([Value(9.0), Value(1.0)]): (5 − 2)² and (1 − 0)²
    total   Value(10.0), which the mean divides by 2

Lists without a Value in them are taken as Tensors. The end of the file is for `compile`, which runs
a function once on nodes whose numbers will be others in the next call: they vary.
Read next: `nn/`.
"""

import functools
import operator

from ..array.array import Array
from ..array.ieee import as_float
from ..array.kernels import check_index, first_max
from ..array.shapes import dim_index
from ..engine import ops
from ..engine.graph import varies
from ..engine.state import recorder
from ..engine.tensor import Tensor, as_tensor
from ..engine.value import Value


def elementwise(formula):
    """The decorator of an activation: its formula of one node serves each Value in lists too.

    >>> @elementwise
    ... def square(x):
    ...     return x * x
    >>> square([Value(3.0), -1.0])
    [Value(9.0, grad=0.0), Value(1.0, grad=0.0)]
    """

    @functools.wraps(formula)
    def activation(x, *options, **named_options):
        (x,) = nodes(x)
        return as_lists(each(lambda x: formula(x, *options, **named_options), x))

    return activation


def nodes(*args):
    """The arguments as Tensors or, where a Value is in one of them, as Arrays of Values."""
    return list(map(_array_of_values if holds_values(args) else as_tensor, args))


def each(formula, *args):
    """`formula` of Tensors; of Arrays of Values element by element."""
    if isinstance(args[0], Tensor):
        return formula(*args)
    elements = zip(*[x.flat for x in args], strict=True)
    return Array([formula(*values) for values in elements], args[0].shape)


def total(x):
    """The sum of a Tensor, or of an Array of Values as one Value."""
    return x.sum() if isinstance(x, Tensor) else sum(x.flat)


def as_lists(x):
    """A Tensor as it is; an Array of Values as nested lists, or as the Value it holds."""
    return x if isinstance(x, Tensor) else x.tolist()


def holds_values(x):
    """Whether x is a Value, or a list with a Value somewhere in it."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_values, x))
    return isinstance(x, Value)


def as_value(x):
    """A Value as it is; a real number as a constant. TypeError for the rest."""
    return x if isinstance(x, Value) else Value._constant(as_float(x))


def _array_of_values(x):
    if isinstance(x, Tensor) and x.requires_grad:
        raise TypeError("a Value and a Tensor with requires_grad=True do not mix; detach() it")
    return Array.of(x.tolist() if hasattr(x, "tolist") else x, element=as_value)


# ---- what works on rows: softmax, one element picked from each, x Wᵀ + b


def along_dim(op, x, dim):
    """ops.softmax or ops.log_softmax, of a Tensor or of lists of Values."""
    (x,) = nodes(x)
    dim = dim_index(dim, x.ndim, op.name)
    if isinstance(x, Tensor):
        return op(x, dim=dim)
    return x._by_lane(dim, _OF_A_ROW[op.name]).tolist()


def _softmax(row):
    exps = [ops.exp(x) for x in _below_max(row)[1]]
    denominator = sum(exps)
    return [e / denominator for e in exps]


def _log_softmax(row):
    argmax, below = _below_max(row)
    others = [_choice(argmax, i, x, ops.exp(x)) for i, x in enumerate(below)]  # max − max is 0
    log_sum = ops.log1p(sum(others))
    return [x - log_sum for x in below]


_OF_A_ROW = {"softmax": _softmax, "log_softmax": _log_softmax}


def _below_max(row):
    """The index of the first maximum, and each element minus that maximum.

    Softmax is the same whatever is subtracted, so derivatives of any order stay exact, also where
    two elements tie.
    """
    if any(map(varies, row)):
        argmax, top = _running_max(row)
    else:
        argmax = first_max([x.data for x in row])
        top = row[argmax]
    return argmax, [x - top for x in row]


def picked(rows, labels):
    """rows[i][labels[i]] for each i: (N, C) and (N,) → (N,), or (C,) and () → ()."""
    lanes = zip(rows._lanes((rows.ndim - 1,)), labels.flat, strict=True)
    return Array([_at(row, label) for row, label in lanes], labels.shape)


def linear(x, weight, biases):
    """x Wᵀ + b of Arrays of Values; each sum begins with its bias."""
    rows = weight._lanes((1,))
    starts = biases[0].flat if biases else [0.0] * len(rows)
    flat = [
        sum(map(operator.mul, w, inputs), b)
        for inputs in x._lanes((x.ndim - 1,))
        for w, b in zip(rows, starts, strict=True)
    ]
    return Array(flat, (*x.shape[:-1], len(rows))).tolist()


# ---- while `compile` traces: a choice by a number that varies becomes nodes that choose


def numbers(x):
    """The numbers of a Tensor or an Array of Values, in order; None for one that varies."""
    if isinstance(x, Tensor):
        return [None] * x.size if varies(x) else x.data.flat
    return [None if varies(value) else value.data for value in x.flat]


def check_labels(labels, classes, what):
    """Raise ValueError unless each label is a whole number from 0 to C − 1; name its place.

    Labels that vary are checked now, and by the compiled program at each call.
    """
    for label in [labels] if isinstance(labels, Tensor) else labels.flat:
        if varies(label):
            recorder().picks(label, classes, what)
    check_index([0.0 if i is None else i for i in numbers(labels)], classes, what)


def _running_max(row):
    """The index of the first maximum and the maximum, as nodes."""
    argmax, top = 0, row[0]
    for i, x in enumerate(row[1:], 1):
        larger = ops.gt(x, top)
        argmax, top = ops.where(larger, float(i), argmax), ops.where(larger, x, top)
    return argmax, top


def _choice(index, k, x, y):
    """x if the index is k, else y."""
    if varies(index):
        return ops.where(ops.eq(index, k), x, y)
    return x if index == k else y


def _at(row, label):
    """row[label]; if the label varies, Σ (row[k] where label = k, else 0)."""
    if varies(label):
        return sum(ops.where(ops.eq(label, k), x, 0.0) for k, x in enumerate(row))
    return row[int(label.data)]
