"""Activations and softmax: each formula once, for Tensors, for Values and for lists of Values.

A list of Values stands for a vector of scalar nodes, a list of such lists for a matrix; numbers
may stand among the Values as constants. Lists without a Value in them are taken as Tensors.
Read next: `losses.py`.
"""

import math

from ..array import shapes
from ..array.ieee import as_float
from ..array.kernels import first_max
from ..engine import ops
from ..engine.graph import varies
from ..engine.tensor import Tensor, as_tensor
from ..engine.value import Value


def relu(x):
    """max(x, 0), with gradient 0 at 0."""
    return elementwise("relu", ops.relu, x)


def sigmoid(x):
    """1 / (1 + e⁻ˣ)."""
    return elementwise("sigmoid", ops.sigmoid, x)


def tanh(x):
    """The hyperbolic tangent."""
    return elementwise("tanh", ops.tanh, x)


def softplus(x):
    """log(1 + eˣ), a smooth relu. No threshold as in PyTorch: it is exact everywhere."""
    return elementwise("softplus", ops.softplus, x)


def gelu(x, approximate="none"):
    """x·Φ(x), Φ the normal distribution function; Hendrycks and Gimpel 2016.

    approximate='tanh': ½x·(1 + tanh u) = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³).
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate {approximate!r} is not one of 'none', 'tanh'")
    return elementwise("gelu", ops.gelu if approximate == "none" else _gelu_tanh, x)


def _gelu_tanh(x):
    return x * ops.sigmoid((x + x * x * x * 0.044715) * math.sqrt(8.0 / math.pi))


def leaky_relu(x, negative_slope=0.01):
    """x where x > 0, else negative_slope · x; the gradient at 0 is the slope."""
    return elementwise("leaky_relu", lambda x: ops.where(ops.gt(x, 0.0), x, x * negative_slope), x)


def softmax(x, dim=-1):
    """exp(x) / Σ exp(x) along dim, computed as exp(x − max) / Σ exp(x − max): nothing overflows.

    Of a list of Values a list of Values, of a list of rows a list of rows.
    """
    if holds_values(x):
        return by_row(_softmax, x, dim, "softmax")
    x = as_tensor(x)
    return ops.softmax(x, dim=shapes.dim_index(dim, x.ndim, "softmax"))


def log_softmax(x, dim=-1):
    """(x − max) − log(1 + Σ' exp(x − max)) along dim, where Σ' leaves out the maximum itself.

    So it keeps its digits where log(softmax(x)) would lose them: near 0 and far below.
    """
    if holds_values(x):
        return by_row(_log_softmax, x, dim, "log_softmax")
    x = as_tensor(x)
    return ops.log_softmax(x, dim=shapes.dim_index(dim, x.ndim, "log_softmax"))


def _softmax(row):
    e = [ops.exp(d) for d in _below_top(row)[1]]
    total = sum(e)
    return [x / total for x in e]


def _log_softmax(row):
    place, below = _below_top(row)
    if varies(place):  # exp(−inf) is 0, and so is its gradient, also where x − max is NaN
        others = [ops.where(ops.eq(place, i), -math.inf, d) for i, d in enumerate(below)]
    else:
        others = below[:place] + below[place + 1 :]
    log_sum = ops.log1p(sum(map(ops.exp, others)))
    return [d - log_sum for d in below]


def _below_top(row):
    """The place of the first maximum, and each element minus it.

    Shifting by an element of the row changes nothing in softmax, whichever it is, so derivatives
    of any order stay exact, also where two elements tie. Of numbers that vary from call to call the
    place is a node too.
    """
    if not any(map(varies, row)):
        place = first_max([x.data for x in row])
        return place, [x - row[place] for x in row]
    place, top = as_value(0.0), row[0]
    for i, x in enumerate(row[1:], 1):
        larger = ops.gt(x, top)
        place, top = ops.where(larger, float(i), place), ops.where(larger, x, top)
    return place, [x - top for x in row]


# ---- Tensors, Values and lists of Values alike


def elementwise(what, formula, *args):
    """`formula` of Tensors of one shape, of Values, or of lists of Values element by element."""
    values = holds_values(args)
    args = [as_lists(a) if values else as_tensor(a) for a in args]
    forms = [form(a) for a in args]
    if len(set(forms)) > 1:
        raise ValueError(
            f"{what}: input {forms[0]} and target {forms[1]} differ in shape; reshape one, "
            "so that each element meets its own target"
        )
    return _each(formula, args) if values else formula(*args)


def _each(formula, args):
    if isinstance(args[0], (list, tuple)):
        return [_each(formula, elements) for elements in zip(*args, strict=True)]
    return formula(*map(as_value, args))


def by_row(function, x, dim, what):
    """`function` of each innermost list of Values; `dim` can only be the last one."""
    ndim = len(form(x))
    if shapes.dim_index(dim, ndim, what) != ndim - 1:
        raise ValueError(f"{what}: dim {dim} of lists of Values; only the last, -1, can be taken")
    return _rows(function, x)


def _rows(function, x):
    if isinstance(x[0], (list, tuple)):
        return [_rows(function, row) for row in x]
    return function([as_value(element) for element in x])


def holds_values(x):
    """Whether x is a Value, or a list with a Value somewhere in it."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_values, x))
    return isinstance(x, Value)


def form(x):
    """The shape of a Tensor or of nested lists, () for a number; ValueError if they are ragged."""
    if not isinstance(x, (list, tuple)):
        return getattr(x, "shape", ())
    inner = {form(element) for element in x}
    if len(inner) > 1:
        raise ValueError(f"ragged lists: elements of shapes {sorted(inner)} side by side")
    return (len(x), *(inner.pop() if inner else ()))


def as_value(x):
    """A Value as it is; a real number as a constant. TypeError for the rest."""
    return x if isinstance(x, Value) else Value._constant(as_float(x))


def as_lists(x):
    """A constant Tensor or array that stands beside Values, as nested lists of floats."""
    if isinstance(x, Tensor) and x.requires_grad:
        raise TypeError("a Value and a Tensor with requires_grad=True do not mix; detach() it")
    return x.tolist() if hasattr(x, "tolist") else x
