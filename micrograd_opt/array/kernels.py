"""What is done to flat lists of floats: walking them by strides, and the numerics of one lane.

An axis is (size, step): `size` elements that lie `step` apart. In the flat list of a 2 × 3 array a
step down a column skips 3 numbers, so dim 0 is the axis (2, 3); a step along a row skips 1, so dim
1 is (3, 1). A walk with the axes [(3, 1), (2, 3)] reads column by column: the transpose. The last
axis of a walk is one slice, which runs at C speed. A lane is the list of elements along the dims
that an operation reduces: for a sum over dim 1 of that array, a row.

Read next: `array/shape_methods.py`.
"""

import operator
from functools import cache
from itertools import product, repeat
from math import exp, fsum, isnan, log1p

try:
    from math import sumprod as dot

    SPELT_OUT = 0  # numbers in a lane, up to which a sum of products is spelt out
except ImportError:  # before 3.12
    SPELT_OUT = 64

    def dot(a, b):
        """Σ aᵢ·bᵢ"""
        return sum(map(operator.mul, a, b))


def products(left, right):
    """a · b for each lane a of `left` and each b of the list `right`, in one list."""
    k = len(right[0]) if right else 0
    if 0 < k <= SPELT_OUT:
        return _spelt_out(k)(left, right)
    out = []
    for a in left:
        out += map(dot, repeat(a), right)
    return out


@cache
def _spelt_out(k):
    """`products` for lanes of k numbers, generated: 14 ns a product, where `dot` takes 18 to 50.

    The 0.0 at the front is what `sum` begins with: it makes a sum of negative zeros positive.
    """
    terms = " + ".join(["0.0", *[f"x{i} * y{i}" for i in range(k)]])
    x, y = ("".join(f"{letter}{i}, " for i in range(k)) for letter in "xy")
    return eval(f"lambda left, right: [{terms} for {x} in left for {y} in right]")


def offsets(start, axes):
    """The index in the flat list of each position in the axes, in row-major order.

    >>> offsets(0, [(3, 1), (2, 3)])
    [0, 3, 1, 4, 2, 5]
    """
    if len(axes) == 1:
        n, step = axes[0]
        return [start + i * step for i in range(n)]
    return [start + sum(steps) for steps in product(*([i * s for i in range(n)] for n, s in axes))]


def lane(offset, n, step):
    """The slice of n elements, `step` apart, from `offset`."""
    stop = offset + n * step
    return slice(offset, stop if stop >= 0 else None, step) if n else slice(0, 0)


def strided(flat, start, axes):
    """The elements at start + Σ index·step, in row-major order of the axes, as a new list."""
    axes = merged(axes)
    n, step = axes.pop()
    out = []
    for offset in offsets(start, axes):
        out += flat[lane(offset, n, step)] if step else [flat[offset]] * n
    return out


def merged(axes):
    """Neighbouring axes that one longer axis describes, merged: fewer and longer slices.

    >>> merged([(4, 6), (2, 3), (3, 1)])  # all 24 elements in their order
    [(24, 1)]
    """
    longer = [(1, 1)]
    for n, step in axes:
        outer, outer_step = longer[-1]
        if outer == 1:
            longer[-1] = (n, step)
        elif n != 1 and outer_step == n * step:
            longer[-1] = (outer * n, step)
        elif n != 1:
            longer.append((n, step))
    return longer


def check_index(flat, n, what, first=0):
    """Raise ValueError unless these are whole numbers from 0 to n − 1; name the place.

    what    how the message begins: "gather:"; first: the place of the first of them
    """
    for place, i in enumerate(flat, first):
        if not (0 <= i < n and i == int(i)):
            number = int(i) if abs(i) < 1e15 and i == int(i) else i
            raise ValueError(f"{what} {number} at place {place} is not one of 0 … {n - 1}")


def first_max(lane):
    """The place of the first maximum; of the first NaN if there is one."""
    if not lane:
        raise ValueError("max, min or argmax of nothing: the reduced dims hold no element")
    if any(map(isnan, lane)):
        return next(i for i, x in enumerate(lane) if isnan(x))
    return lane.index(max(lane))


def softmax(lane):
    """exp(x − max) / Σ exp(x − max). NaN or an infinite maximum make all of it NaN.

    The largest term is exp(0) = 1, so nothing overflows or is divided by 0. A NaN anywhere makes
    the sum NaN, and so every element.
    """
    top = max(lane, default=0.0)
    e = [exp(x - top) for x in lane]
    total = fsum(e)
    return [x / total for x in e]


def log_softmax(lane):
    """(x − max) − log(1 + Σ' exp(x − max)), Σ' without the maximum; all NaN where softmax is.

    So −log_softmax(x)[t], the cross-entropy, is exact to the last digits both for a confident right
    answer (log1p of something tiny) and a confident wrong one (max − x[t]).
    """
    if not lane:
        return []
    top = max(lane)
    below = [x - top for x in lane]
    others = list(map(exp, below))
    others[lane.index(top)] = top - top  # 0; NaN if it is infinite
    log_sum = log1p(fsum(others))
    return [x - log_sum for x in below]


def pick(lane, index):
    """The elements of a lane that the whole floats in `index` name."""
    return [lane[int(i)] for i in index]


def scatter(lane, index, size):
    """The gradient of `pick`: `size` zeros, and each element added where the index says.

    >>> scatter([5.0, 7.0, 9.0], [2.0, 0.0, 2.0], 4)
    [7.0, 0.0, 14.0, 0.0]
    """
    out = [0.0] * size
    for x, i in zip(lane, index, strict=True):
        out[int(i)] += x
    return out


def add_rows(rows, index, count, width):
    """The same with rows: `count` rows of zeros, each of `rows` added where it says, flat."""
    out = [[0.0] * width for _ in range(count)]
    for row, i in zip(rows, map(int, index), strict=True):
        out[i] = list(map(operator.add, out[i], row))
    return [x for row in out for x in row]
