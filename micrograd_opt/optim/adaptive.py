"""Adagrad, RMSprop, Adadelta: a rate for each parameter, from the squares of its own gradients.

What is divided by their root is as large where gradients are small as where they are large. The
three differ in which squares count.
Read next: `optim/rprop.py`.
"""

from math import sqrt

from ..engine.arguments import RATE
from .base.optimizer import Optimizer

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    """Adagrad: the gradient divided by the root of all its squares so far.

        g ← ∇ℓ(θ) + λθ                              λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        v ← v + g²                                  from initial_accumulator_value on
        θ ← θ − α / (1 + (t − 1)δ) · g / (√v + ε)   α: lr, δ: lr_decay, ε: eps, t = 1, 2, …

    lr 1e-2, lr_decay 0, weight_decay 0, initial_accumulator_value 0, eps 1e-10, all ≥ 0. t counts
    the steps in which this parameter had a gradient.

    v only grows: gradients that keep their size give steps that shrink like 1 / √t even with
    δ = 0, and a rare feature keeps a high rate. Source: Duchi, Hazan and Singer 2011, with diagonal
    matrices; named in Lecture 6, Adam. A group may have its own
    initial_accumulator_value, which PyTorch ignores.
    """

    ranges = Optimizer.ranges | {"lr_decay": RATE, "initial_accumulator_value": RATE}
    state_ranges = {"v": RATE}

    def __init__(self, params, lr=1e-2, lr_decay=0.0, weight_decay=0.0,
                 initial_accumulator_value=0.0, eps=1e-10, *, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "v": [group["initial_accumulator_value"]] * block.size}

    def update(self, theta, g, state, group):
        lam, eps, t = group["weight_decay"], group["eps"], state["t"] + 1
        alpha = group["lr"] / (1.0 + (t - 1) * group["lr_decay"])
        if lam:
            g = [d + lam * x for d, x in zip(g, theta, strict=True)]
        v = [v + d * d for v, d in zip(state["v"], g, strict=True)]
        state.update(t=t, v=v)
        return [x - alpha * (d / (sqrt(v) + eps)) for x, d, v in zip(theta, g, v, strict=True)]


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by the root of the running mean of its squares.

        g ← ∇ℓ(θ) + λθ              λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        v ← ρv + (1 − ρ)g²          ρ: alpha
        m ← ρm + (1 − ρ)g           if centered: then v − m², the variance, stands for v below
        b ← μb + g / (√v + ε)       μ: momentum, ε: eps
        θ ← θ − αb                  α: lr

    lr 1e-2, alpha 0.99, eps 1e-8; weight_decay, momentum 0; not centered. lr, eps, weight_decay
    ≥ 0; alpha and momentum in [0, 1].

    Adagrad that forgets, so the steps do not shrink. v and m start at 0 and, unlike Adam's, are
    not corrected: the first step is ±α / √(1 − ρ), ten times α by default. Source: Tieleman and
    Hinton 2012; Graves 2013 for the centered form, there with ε inside the root; named in
    Lecture 6, Adam. A variance that rounding makes negative is 0 here; in
    PyTorch it gives NaN.
    """

    ranges = Optimizer.ranges | {"alpha": "[0, 1]", "momentum": "[0, 1]", "centered": bool}
    state_ranges = {"v": RATE}

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0,
                 centered=False, *, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        return {"v": [0.0] * block.size, "m": None, "b": None}

    def update(self, theta, g, state, group):
        alpha, lam, mu = group["lr"], group["weight_decay"], group["momentum"]
        rho, rest, eps = group["alpha"], 1.0 - group["alpha"], group["eps"]
        if lam:
            g = [d + lam * x for d, x in zip(g, theta, strict=True)]
        v = state["v"] = [rho * v + rest * d * d for v, d in zip(state["v"], g, strict=True)]
        if group["centered"]:
            m = state["m"] or [0.0] * len(g)
            m = state["m"] = [rho * m + rest * d for m, d in zip(m, g, strict=True)]
            v = [max(0.0, v - m * m) for v, m in zip(v, m, strict=True)]
        g = [d / (sqrt(v) + eps) for d, v in zip(g, v, strict=True)]
        if mu:
            b = state["b"] or [0.0] * len(g)
            g = state["b"] = [mu * b + d for b, d in zip(b, g, strict=True)]
        return [x - alpha * d for x, d in zip(theta, g, strict=True)]


class Adadelta(Optimizer):
    """Adadelta: steps as large as the last ones were, so that no rate has to be chosen.

        g ← ∇ℓ(θ) + λθ                  λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        v ← ρv + (1 − ρ)g²              ρ: rho
        Δ = √(u + ε) / √(v + ε) · g     ε: eps
        u ← ρu + (1 − ρ)Δ²              the running mean of the squared steps, before the rate
        θ ← θ − αΔ                      α: lr

    lr 1, rho 0.9, eps 1e-6, weight_decay 0. lr, eps, weight_decay ≥ 0; rho in [0, 1].

    Δ has the unit of θ, where other rules have that of g or none. u starts at 0, so ε sets the
    first steps, and with ε = 0 nothing ever moves. Source: Zeiler 2012, Algorithm 1, which has no
    lr.
    """

    ranges = Optimizer.ranges | {"rho": "[0, 1]"}
    state_ranges = {"v": RATE, "u": RATE}

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0, *, maximize=False):
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"v": zeros, "u": zeros}

    def update(self, theta, g, state, group):
        alpha, lam, eps = group["lr"], group["weight_decay"], group["eps"]
        rho, rest, u = group["rho"], 1.0 - group["rho"], state["u"]
        if lam:
            g = [d + lam * x for d, x in zip(g, theta, strict=True)]
        v = [rho * v + rest * d * d for v, d in zip(state["v"], g, strict=True)]
        delta = [sqrt(u + eps) / sqrt(v + eps) * d for u, v, d in zip(u, v, g, strict=True)]
        u = [rho * u + rest * d * d for u, d in zip(u, delta, strict=True)]
        state.update(v=v, u=u)
        return [x - alpha * d for x, d in zip(theta, delta, strict=True)]
