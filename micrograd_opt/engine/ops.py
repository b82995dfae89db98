"""The rule table: every operation once, with the gradient it hands to each of its inputs.

The rules are written in the library's own operations. So one line serves floats, Arrays and nodes,
and a gradient computed with nodes is itself a graph, which can be differentiated again: nothing
else is needed for second and higher derivatives.

    g: the gradient of the output, z: the output, x and y: the inputs, as in `graph.py`

Two customs keep the rules short. Elementwise rules never mention shapes: before an elementwise op
its inputs are made equal in shape by the op `expand`, which copies. An element that was copied n
times has n uses, and its gradient is the sum over the copies: the rule of `expand` is `sum_to`. And
rules divide by `div` and raise to powers by `pow_`, since Python's `/` and `**` raise an exception
on floats where IEEE 754 has an answer (1/0 = inf); its + − * never do.

Read next: `engine/backward.py`, the walk that calls the rules.
"""

import math
import operator
from functools import partial

from ..array import ieee, kernels, shapes
from ..array.array import Array, concatenate, elementwise
from .graph import Op


def _elementwise(name, function, *vjps):
    arrays = partial(elementwise, function)
    return Op(name, *vjps, on_floats=function, on_arrays=arrays, elementwise=True)


# fmt: off
# ---- arithmetic (div: ∂z/∂y is −x/y², which is −z/y, since z = x/y)
#                          name      forward        vjp for x                      vjp for y
add = _elementwise(       "add",    operator.add,  lambda g, z, x, y: g,          lambda g, z, x, y: g)
sub = _elementwise(       "sub",    operator.sub,  lambda g, z, x, y: g,          lambda g, z, x, y: -g)
mul = _elementwise(       "mul",    operator.mul,  lambda g, z, x, y: g * y,      lambda g, z, x, y: g * x)
div = _elementwise(       "div",    ieee.div,      lambda g, z, x, y: div(g, y),  lambda g, z, x, y: -div(g * z, y))
pow_ = _elementwise(      "pow",    ieee.power,    lambda g, z, x, y: g * y * pow_(x, _exponent(x, y) - 1.0),
                                                   lambda g, z, x, y: g * z * log(_base(x, y)))
neg = _elementwise(       "neg",    operator.neg,  lambda g, z, x: -g)

# ---- functions of one argument; the derivatives of tanh and sigmoid keep all digits far out,
#      where 1 − z² and z(1 − z) lose them: tanh′ = 4σ(2x)σ(−2x), σ′ = σ(x)σ(−x).
#      step is 1 for x > 0, else 0 (Heaviside's). relu's rule is no product g · step(x): take
#      √relu(x) at x = −1. The root has an infinite slope at 0, so relu receives g = inf, and inf · 0
#      would be NaN where `where` gives 0
exp = _elementwise(       "exp",       ieee.exp,       lambda g, z, x: g * z)
log = _elementwise(       "log",       ieee.log,       lambda g, z, x: div(g, x))
log1p = _elementwise(     "log1p",     ieee.log1p,     lambda g, z, x: div(g, x + 1.0))
sqrt = _elementwise(      "sqrt",      ieee.sqrt,      lambda g, z, x: div(g * 0.5, z))
sin = _elementwise(       "sin",       ieee.sin,       lambda g, z, x: g * cos(x))
cos = _elementwise(       "cos",       ieee.cos,       lambda g, z, x: -g * sin(x))
tanh = _elementwise(      "tanh",      math.tanh,      lambda g, z, x: g * 4.0 * sigmoid(x * 2.0) * sigmoid(x * -2.0))
sigmoid = _elementwise(   "sigmoid",   ieee.sigmoid,   lambda g, z, x: g * z * sigmoid(-x))
softplus = _elementwise(  "softplus",  ieee.softplus,  lambda g, z, x: g * sigmoid(x))
erfc = _elementwise(      "erfc",      math.erfc,      lambda g, z, x: g * exp(-x * x) * (-2.0 / math.sqrt(math.pi)))
relu = _elementwise(      "relu",      ieee.relu,      lambda g, z, x: where(step(x), g, 0.0))
abs_ = _elementwise(      "abs",       abs,            lambda g, z, x: g * sign(x))
step = _elementwise(      "step",      ieee.step,      None)
sign = _elementwise(      "sign",      ieee.sign,      None)
detach = _elementwise(    "detach",    operator.pos,   None)

# ---- comparisons (1.0 or 0.0) and choices; equal arguments share the gradient of a maximum
gt = _elementwise(        "gt",  ieee.gt,  None, None)
ge = _elementwise(        "ge",  ieee.ge,  None, None)
lt = _elementwise(        "lt",  ieee.lt,  None, None)
le = _elementwise(        "le",  ieee.le,  None, None)
eq = _elementwise(        "eq",  ieee.eq,  None, None)
ne = _elementwise(        "ne",  ieee.ne,  None, None)
maximum = _elementwise(   "maximum",  ieee.maximum,  lambda g, z, x, y: where(lt(x, y), 0.0, where(eq(x, y), g * 0.5, g)),
                                                     lambda g, z, x, y: where(gt(x, y), 0.0, where(eq(x, y), g * 0.5, g)))
minimum = _elementwise(   "minimum",  ieee.minimum,  lambda g, z, x, y: where(gt(x, y), 0.0, where(eq(x, y), g * 0.5, g)),
                                                     lambda g, z, x, y: where(lt(x, y), 0.0, where(eq(x, y), g * 0.5, g)))
where = _elementwise(     "where",    ieee.where,    None,
                                                     lambda g, z, c, x, y: where(c, g, 0.0),
                                                     lambda g, z, c, x, y: where(c, 0.0, g))

# ---- shapes: expand and sum_to are each the gradient of the other, slice and pad too; the gradient
#      of reshape is a reshape. That of permute is the permutation back: where dims = (2, 0, 1),
#      old dim 0 is now at 1, old 1 at 2, old 2 at 0, so back it is (1, 2, 0)
expand = Op("expand",    lambda g, z, x, shape: sum_to(g, shape=x.shape),
            on_arrays=lambda x, shape: x.expand(shape))
sum_to = Op("sum_to",    lambda g, z, x, shape: expand(g, shape=x.shape),
            on_arrays=Array.sum_to)
slice_ = Op("slice",     lambda g, z, x, ranges: pad(g, ranges=ranges, shape=x.shape),
            on_arrays=Array._slice)
pad = Op("pad",          lambda g, z, x, ranges, shape: slice_(g, ranges=ranges),
         on_arrays=Array.pad)
reshape = Op("reshape",  lambda g, z, x, shape: reshape(g, shape=x.shape),
             on_arrays=Array._reshape)
permute = Op("permute",  lambda g, z, x, dims: permute(g, dims=tuple(map(dims.index, range(len(dims))))),
             on_arrays=Array._permute)
cat = Op("cat",          lambda g, z, *xs, i, dim: slice_(g, ranges=_part(xs, i, dim)),
         on_arrays=lambda *xs, dim: concatenate(xs, dim), variadic=True)

# ---- picking: `index` holds whole numbers and takes no gradient
index_select = Op("index_select", lambda g, z, x, index: index_add(g, index, rows=x.shape[0]), None,
          on_arrays=Array._rows)
index_add = Op("index_add",       lambda g, z, x, index, rows: index_select(g, index), None,
               on_arrays=Array.index_add)
gather = Op("gather",             lambda g, z, x, index, dim: scatter_add(g, index, dim=dim, size=x.shape[dim]), None,
            on_arrays=lambda x, index, dim: x._gather(dim, index))
scatter_add = Op("scatter_add",   lambda g, z, x, index, dim, size: gather(g, index, dim=dim), None,
                 on_arrays=lambda x, index, dim, size: x.scatter_add(dim, index, size))
argmax = Op("argmax",             None, on_arrays=Array._argmax)

# ---- products and reductions. max: the gradient goes to the elements that equal z; if z is NaN, to
#      the NaNs, since only a NaN satisfies x ≠ x. softmax: ∂zⱼ/∂xᵢ = zⱼ(δᵢⱼ − zᵢ), so what x gets is
#      Σⱼ gⱼ ∂zⱼ/∂xᵢ = zᵢ(gᵢ − Σⱼ gⱼzⱼ); log_softmax: gᵢ − softmaxᵢ · Σⱼ gⱼ
mm = Op("mm",      lambda g, z, x, y: mm(g, y.mT), lambda g, z, x, y: mm(x.mT, g),
        on_arrays=Array._mm)
sum_ = Op("sum",   lambda g, z, x, dims, keepdim: _spread(g, x, dims),
          on_arrays=Array._sum)
max_ = Op("max",   lambda g, z, x: _share(g, x, eq(x, expand(z, shape=x.shape)) + ne(x, x)),
          on_arrays=Array._max)
softmax = Op("softmax",          lambda g, z, x, dim: z * (g - _spread(_total(g * z, dim), x, (dim,))),
             on_arrays=lambda x, dim: x._by_lane(dim, kernels.softmax))
log_softmax = Op("log_softmax",  lambda g, z, x, dim: g - exp(z) * _spread(_total(g, dim), x, (dim,)),
                 on_arrays=lambda x, dim: x._by_lane(dim, kernels.log_softmax))
# fmt: on


def _exponent(x, y):
    """The y of x^(y−1) in the rule of pow: y itself, but 1 where y is 0 and x nearly 0, or NaN.

    For y = 0 the rule is g·0·x⁻¹ = 0. Where x⁻¹ is infinite, for |x| below 6e-309 (1e-300 is on the
    safe side), that would be 0·inf = NaN; with a 1 it is g·0·x⁰ = 0. Everywhere else x⁻¹ stands,
    since the second derivative by x and y needs it.
    """
    return where(eq(y, 0.0) * (1.0 - gt(abs_(x), 1e-300)), 1.0, y)


def _base(x, y):
    """x, but 1 where x = 0 and y ≥ 0: there the exponent's gradient 0·log 0 has the limit 0."""
    return where(eq(x, 0.0) * ge(y, 0.0), 1.0, x)


def _part(xs, i, dim):
    """The ranges of a concatenation along `dim` that came from input number i."""
    start = sum(x.shape[dim] for x in xs[:i])
    ranges = [range(n) for n in xs[i].shape]
    ranges[dim] = range(start, start + xs[i].shape[dim])
    return tuple(ranges)


def _spread(g, x, dims):
    """g, which lacks the reduced dims of x or has them as 1, stretched over them."""
    return expand(reshape(g, shape=shapes.reduced(x.shape, dims, keepdim=True)), shape=x.shape)


def _total(g, dim):
    return sum_(g, dims=(dim,), keepdim=True)


def _share(g, x, is_max):
    """The gradient of a maximum, in equal parts to all elements that are it."""
    count = sum_(is_max, dims=tuple(range(x.ndim)), keepdim=False)
    return where(is_max, expand(div(g, count), shape=x.shape), 0.0)


def gelu(x):
    """x·Φ(x), Φ the normal distribution's: by erfc, which keeps its digits for negative x.

    Hendrycks and Gimpel 2016. PyTorch's default form, within 1e-16.
    """
    return x * 0.5 * erfc(x * -math.sqrt(0.5))
