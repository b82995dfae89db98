"""How weights start. Each function fills a Tensor, a leaf, and returns it; PyTorch's names.

Variance is what matters: with fan_in inputs a sum of w·x has the variance fan_in · var(w) · var(x),
so var(w) ≈ 1/fan_in keeps signals alive through many layers, and gain² makes up for what the
activation takes away. For a weight (out, in) fan_in is `in` and fan_out is `out`; dims after the
second multiply both. rng is a `random.Random`.
Read next: `nn/utils.py`.
"""

import math

from ..array.array import Array
from ..array.ieee import as_float
from ..engine.arguments import NUMBER, RATE, checked, draws, generator
from ..engine.tensor import Tensor

__all__ = [
    "calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


def uniform_(tensor, a=0.0, b=1.0, rng=None):
    """Uniform draws from [a, b]."""
    a = checked(a, NUMBER, "uniform_: a")
    b = checked(b, NUMBER, "uniform_: b")
    if a > b:
        raise ValueError(f"uniform_: a {a} lies above b {b}; swap them")
    draw = generator(rng).uniform
    return _fill(tensor, lambda: draw(a, b), "uniform_")


def normal_(tensor, mean=0.0, std=1.0, rng=None):
    """Normal draws."""
    mean = checked(mean, NUMBER, "normal_: mean")
    std = checked(std, RATE, "normal_: std")
    draw = generator(rng).gauss
    return _fill(tensor, lambda: draw(mean, std), "normal_")


def constant_(tensor, val):
    """Every element `val`."""
    val = as_float(val)
    return _fill(tensor, lambda: val, "constant_")


def zeros_(tensor):
    """Every element 0."""
    return constant_(tensor, 0.0)


def ones_(tensor):
    """Every element 1."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor, gain=1.0, rng=None):
    """Uniform within ±gain·√(6 / (fan_in + fan_out)); Glorot and Bengio 2010, equation 16."""
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain, "xavier_uniform_")
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor, gain=1.0, rng=None):
    """Normal with std gain·√(2 / (fan_in + fan_out)); Glorot and Bengio 2010, equation 12."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain, "xavier_normal_"), rng)


def kaiming_uniform_(tensor, a=0.0, mode="fan_in", nonlinearity="leaky_relu", rng=None):
    """Uniform within ±gain·√(3 / fan); He et al. 2015, section 2.2.

    The gain is calculate_gain(nonlinearity, a), so √2 for a relu; mode: 'fan_in' keeps the variance
    on the way forward, 'fan_out' on the way back.
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(tensor, a=0.0, mode="fan_in", nonlinearity="leaky_relu", rng=None):
    """Normal with std gain / √fan; He et al. 2015, equations 10 and 14. As kaiming_uniform_."""
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_")
    return normal_(tensor, 0.0, std, rng)


def calculate_gain(nonlinearity, param=None):
    """The factor on std for an activation: 1 for linear and sigmoid, 5/3 for tanh, √2 for relu,
    √(2 / (1 + slope²)) for leaky_relu with `param` as its slope (0.01), 3/4 for selu.
    """
    slope = checked(0.01 if param is None else param, NUMBER, "calculate_gain: param")
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5.0 / 3.0,
        "relu": math.sqrt(2.0),
        "leaky_relu": math.sqrt(2.0 / (1.0 + slope * slope)),
        "selu": 0.75,
    }
    return gains[checked(nonlinearity, list(gains), "calculate_gain: nonlinearity")]


def _xavier_std(tensor, gain, what):
    gain = checked(gain, RATE, f"{what}: gain")
    return gain * math.sqrt(2.0 / sum(_fans(tensor, what)))


def _kaiming_std(tensor, a, mode, nonlinearity, what):
    checked(mode, ["fan_in", "fan_out"], f"{what}: mode")
    fan_in, fan_out = _fans(tensor, what)
    fan = fan_in if mode == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _fans(tensor, what):
    """(fan_in, fan_out) of a weight (out, in, …)."""
    if checked(tensor, Tensor, f"{what}: tensor").ndim < 2 or not tensor.size:
        raise ValueError(f"{what}: shape {tensor.shape} has no fan; needs a filled (out, in)")
    fan_out, fan_in, *rest = tensor.shape
    return fan_in * math.prod(rest), fan_out * math.prod(rest)


def _fill(tensor, draw, what):
    checked(tensor, Tensor, f"{what}: tensor")
    tensor.data = Array(draws(tensor.size, draw), tensor.shape)
    return tensor
