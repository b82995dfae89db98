"""Scalar functions that answer as IEEE 754 does where Python raises: exp(1000) = inf, 1/0 = inf.

Everything the rule table computes on floats, and that is not a plain operator, is here: `array.py`
maps these functions over lists, `engine/ops.py` pairs each with its derivative.

Read next: `array/shapes.py`.
"""

import math
import operator
from math import copysign, inf, nan


def ieee(fast, otherwise):
    """`fast`, a C function that may raise; where it does, `otherwise` gives the IEEE answer.

    `.fast` stays reachable: over a long list it runs at C speed as long as nothing raises.
    """

    def function(*args):
        try:
            return fast(*args)
        except (ArithmeticError, ValueError):
            return otherwise(*args)

    function.fast = fast
    function.__name__ = fast.__name__
    return function


def _divide_by_zero(x, y):
    return nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)


def _power_that_raised(x, y):
    if x < 0.0 and not y.is_integer():
        return nan  # never complex
    return copysign(inf, x) if y % 2.0 == 1.0 else inf


div = ieee(operator.truediv, _divide_by_zero)
power = ieee(math.pow, _power_that_raised)
exp = ieee(math.exp, lambda x: inf)
log = ieee(math.log, lambda x: -inf if x == 0.0 else nan)
log1p = ieee(math.log1p, lambda x: -inf if x == -1.0 else nan)
sqrt = ieee(math.sqrt, lambda x: nan)
sin = ieee(math.sin, lambda x: nan)
cos = ieee(math.cos, lambda x: nan)


def sigmoid(x):
    """1 / (1 + e⁻ˣ), with the branch whose exponential cannot overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def sigmoid_slope(x):
    """σ′(x) = σ(x)·σ(−x), by one exponential that cannot overflow."""
    e = math.exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def softplus(x):
    """log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), exact at both ends; the max keeps NaN."""
    return relu(x) + math.log1p(math.exp(-abs(x)))


def relu(x):
    """max(x, 0); NaN stays NaN."""
    return 0.0 if x <= 0.0 else x


def step(x):
    """relu's derivative: 0 for x ≤ 0, else 1; 1 for NaN, as PyTorch has it."""
    return 0.0 if x <= 0.0 else 1.0


def sign(x):
    """abs's derivative: −1, 0 or 1; 0 at 0 (and, as in PyTorch, for NaN)."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0


def maximum(x, y):
    """The larger; NaN if either is NaN (Python's own `max` depends on the order)."""
    return x if x > y or x != x else y


def minimum(x, y):
    """The smaller; NaN if either is NaN."""
    return x if x < y or x != x else y


def where(condition, x, y):
    """x where the condition is not 0, else y."""
    return x if condition else y


def gt(x, y):
    return 1.0 if x > y else 0.0


def ge(x, y):
    return 1.0 if x >= y else 0.0


def lt(x, y):
    return 1.0 if x < y else 0.0


def le(x, y):
    return 1.0 if x <= y else 0.0


def eq(x, y):
    return 1.0 if x == y else 0.0


def ne(x, y):
    return 1.0 if x != y else 0.0


def as_float(number):
    """A real number of any kind (int, bool, Fraction, Decimal, a NumPy scalar) as a float.

    Raises TypeError for everything else (strings, None, complex numbers, lists, nodes of a graph),
    ValueError for an int beyond the largest float.
    """
    if isinstance(number, (float, int)):
        return _fitting_float(number)
    hint = ""
    if is_node(number):
        hint = "; its gradient would be lost here: take its .data if that is meant"
    else:  # tolist: NumPy's complex numbers and strings have a __float__ too
        plain = number.tolist() if hasattr(type(number), "tolist") else number
        if hasattr(type(plain), "__float__") and not isinstance(plain, complex):
            return _fitting_float(plain)
    raise TypeError(f"expected a real number, got {type(number).__name__}: {number!r:.60}{hint}")


def _fitting_float(number):
    try:
        return float(number)
    except OverflowError:
        raise ValueError("an int this large does not fit into a float; scale it down") from None


def is_node(x):
    """Whether x is a node of this library's graphs (a PyTorch tensor is not)."""
    return hasattr(type(x), "_prev")
