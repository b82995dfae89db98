"""Adafactor: Adam's second moment of a matrix, remembered by its rows and columns alone.

Read next: `optim/layerwise.py`.
"""

from math import sqrt
from sys import float_info

from ..array.array import Array
from ..array.kernels import dot
from ..engine.arguments import RATE
from .base.optimizer import Optimizer

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adafactor: g over its running size, where n + m numbers stand for the n × m of a matrix.

        g ← ∇ℓ(θ)                         with maximize, −∇ℓ(θ)
        s ← max(ε₂, RMS(θ)) min(α, 1/√t)  α: lr, t = 1, 2, …; RMS(x): the root of the mean of x²
        θ ← (1 − αλ)θ                     λ: weight_decay
        β ← 1 − t^τ                       τ: beta2_decay; the first β is 0
        r ← βr + (1 − β) mean of g² along each row
        c ← βc + (1 − β) mean of g² along each column
        v ← r cᵀ / max(mean of r, ε₁)     what has less than two dims keeps v ← βv + (1 − β)g²
        u ← g / max(√v, ε₁)               (ε₁, ε₂): eps
        θ ← θ − s u / max(1, RMS(u) / d)

    lr 1e-2, beta2_decay −0.8, eps (None, 1e-3), d 1, weight_decay 0. lr, both eps, weight_decay
    ≥ 0, beta2_decay ≤ 0, d ≥ 1. ε₁ = None is the spacing of floats at 1, 2⁻⁵². t counts the steps
    in which this parameter had a gradient.

    v has the row and column means that the average of g² would have, and is that average if it is
    of rank one. The RMS of a move is at most s d, however large g is. Of more than two dims the
    last two are the matrix; all Values of a group are one vector, so RMS is over all of them.

    Source: Shazeer and Stern 2018, Algorithms 4 and 5, with PyTorch's two changes: ε₁ limits v
    where the paper adds it to g², and lr stands for the paper's 0.01 in min(0.01, 1/√t). As in
    PyTorch the decay takes lr itself, not s.
    """

    ranges = Optimizer.ranges | {"beta2_decay": "(-inf, 0]", "eps": (RATE, RATE), "d": "[1, inf)"}
    state_ranges = {"v": RATE, "r": RATE, "c": RATE}

    def __init__(self, params, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0,
                 weight_decay=0.0, *, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def accepted(self, values, what):
        eps = values.get("eps")
        if isinstance(eps, (tuple, list)) and eps and eps[0] is None:
            values = values | {"eps": (float_info.epsilon, *eps[1:])}
        return super().accepted(values, what)

    def start(self, block, group):
        if len(block.shape) < 2:
            return {"t": 0, "v": [0.0] * block.size}
        n, m = block.shape[-2:] if block.size else (1, 1)
        return {"t": 0, "r": [0.0] * (block.size // m), "c": [0.0] * (block.size // n)}

    def update_block(self, block, g, state, group):
        if not g:
            return g
        alpha, lam, (eps1, eps2) = group["lr"], group["weight_decay"], group["eps"]
        theta, t = block.read(), state["t"] + 1
        step = max(eps2, rms(theta)) * min(alpha, 1.0 / sqrt(t))
        if lam:
            keep = 1.0 - alpha * lam
            theta = [keep * x for x in theta]
        rest = t ** group["beta2_decay"]
        squares = [d * d for d in g]
        if "v" in state:
            v = state["v"] = average(state["v"], squares, rest)
        else:
            v = factored(Array(squares, block.shape), state, rest, eps1)
        state["t"] = t
        u = [d / max(sqrt(v), eps1) for d, v in zip(g, v, strict=True)]
        step /= max(1.0, rms(u) / group["d"])
        return [x - step * u for x, u in zip(theta, u, strict=True)]


def factored(squares, state, rest, eps):
    """v as a flat list, from the means along rows and columns that `state` keeps as r and c."""
    rows, columns = squares.mean(-1, keepdim=True), squares.mean(-2, keepdim=True)
    state["r"] = average(state["r"], rows.flat, rest)
    state["c"] = average(state["c"], columns.flat, rest)
    r, c = Array(state["r"], rows.shape), Array(state["c"], columns.shape)
    whole = r.mean(-2, keepdim=True)
    return (r / Array([max(x, eps) for x in whole.flat], whole.shape) * c).flat


def average(old, new, rest):
    """β old + (1 − β) new, with rest = 1 − β"""
    beta = 1.0 - rest
    return [beta * x + rest * y for x, y in zip(old, new, strict=True)]


def rms(x):
    """The root of the mean of the squares."""
    return sqrt(dot(x, x) / len(x))
