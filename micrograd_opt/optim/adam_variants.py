"""Adamax, NAdam, RAdam: Adam with another size of the gradient, momentum or beginning.

Each changes one line of `adam.py`; read that first.
Read next: `optim/lion.py`.
"""

from math import sqrt

from ..engine.arguments import RATE
from .adam import BETAS, decayed
from .base.optimizer import Optimizer

__all__ = ["Adamax", "NAdam", "RAdam"]


class Adamax(Optimizer):
    """Adamax: Adam that divides by the largest gradient of late, not by their root mean square.

        g ← ∇ℓ(θ) + λθ              λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        m ← β₁m + (1 − β₁)g         starts at 0, so for step t = 1, 2, …
        m̂ = m / (1 − β₁ᵗ)           is corrected for that bias
        u ← max(β₂u, |g| + ε)       ε: eps; a maximum needs no correction
        θ ← θ − α m̂ / u             α: lr

    lr 2e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 0. lr, eps, weight_decay ≥ 0; both betas
    in [0, 1). t counts the steps in which this parameter had a gradient.

    Adam's v is a mean of |g|², Adamax the limit p → ∞ of a mean of |g|ᵖ: a step is never larger
    than about α. Source: Kingma and Ba 2015, Algorithm 2, which has no ε.
    """

    ranges = Optimizer.ranges | {"betas": BETAS}
    state_ranges = {"u": RATE}

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, *,
                 maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "u": zeros}

    def update(self, theta, g, state, group):
        (beta1, beta2), eps, lam = group["betas"], group["eps"], group["weight_decay"]
        rest, t = 1.0 - beta1, state["t"] + 1
        if lam:
            g = [d + lam * x for d, x in zip(g, theta, strict=True)]
        m = [beta1 * m + rest * d for m, d in zip(state["m"], g, strict=True)]
        u = [max(beta2 * u, abs(d) + eps) for u, d in zip(state["u"], g, strict=True)]
        state.update(t=t, m=m, u=u)
        alpha_t = group["lr"] / (1.0 - beta1**t)
        return [x - alpha_t * (m / u) for x, m, u in zip(theta, m, u, strict=True)]


class NAdam(Optimizer):
    """NAdam: Adam with Nesterov's momentum, whose weight μ grows towards β₁.

        g ← ∇ℓ(θ) + λθ                              λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        m ← β₁m + (1 − β₁)g                         both start at 0; t = 1, 2, …
        v ← β₂v + (1 − β₂)g²
        μₜ = β₁(1 − ½ · 0.96^(tψ))                  ψ: momentum_decay
        Π ← Πμₜ                                     starts at 1
        n = (1 − μₜ) g / (1 − Π)                    this gradient, and the momentum
            + μₜ₊₁ m / (1 − Πμₜ₊₁)                  as the next step will see it
        v̂ = v / (1 − β₂ᵗ)
        θ ← θ − α n / (√v̂ + ε)                      α: lr, ε: eps

    lr 2e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 0, momentum_decay 4e-3. lr, eps,
    weight_decay, momentum_decay ≥ 0; both betas in [0, 1). t counts the steps in which this
    parameter had a gradient.

    decoupled_weight_decay    θ ← (1 − αλ)θ first, and g without λθ, as in AdamW

    Source: Dozat 2016. As in PyTorch, m decays by β₁, in the paper by μₜ.
    """

    ranges = Optimizer.ranges | {"betas": BETAS, "momentum_decay": RATE,
                                 "decoupled_weight_decay": bool}  # fmt: skip
    state_ranges = {"v": RATE, "product": "[0, 1]"}

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
                 momentum_decay=4e-3, decoupled_weight_decay=False, *,
                 maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "v": zeros, "product": 1.0}

    def update(self, theta, g, state, group):
        alpha, (beta1, beta2), psi = group["lr"], group["betas"], group["momentum_decay"]
        t, rest1, rest2 = state["t"] + 1, 1.0 - beta1, 1.0 - beta2
        theta, g = decayed(theta, g, group)
        m = [beta1 * m + rest1 * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + rest2 * d * d for v, d in zip(state["v"], g, strict=True)]
        mu, mu_next = [beta1 * (1.0 - 0.5 * 0.96 ** (i * psi)) for i in (t, t + 1)]
        product = state["product"] * mu
        state.update(t=t, m=m, v=v, product=product)
        root = sqrt(1.0 - beta2**t)  # α n / (√v̂ + ε) = α root n / (√v + ε root): as in Adam
        now = alpha * root * (1.0 - mu) / (1.0 - product)
        ahead = alpha * root * mu_next / (1.0 - product * mu_next)
        eps_t = group["eps"] * root
        return [
            x - (now * d + ahead * m) / (sqrt(v) + eps_t)
            for x, d, m, v in zip(theta, g, m, v, strict=True)
        ]


class RAdam(Optimizer):
    """RAdam: Adam that warms itself up, while v has seen too few gradients to divide by.

        g ← ∇ℓ(θ) + λθ                      λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        m ← β₁m + (1 − β₁)g                 both start at 0; t = 1, 2, …
        v ← β₂v + (1 − β₂)g²
        m̂ = m / (1 − β₁ᵗ)
        ρ∞ = 2 / (1 − β₂) − 1               how many gradients v averages in the end,
        ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ)         and how many by now
        r = √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ))
        θ ← θ − α r m̂ √(1 − β₂ᵗ) / (√v + ε) if ρ > 5, else θ ← θ − αm̂      α: lr, ε: eps

    lr 1e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 0. lr, eps, weight_decay ≥ 0; both betas
    in [0, 1). t counts the steps in which this parameter had a gradient.

    decoupled_weight_decay    θ ← (1 − αλ)θ first, and g without λθ, as in AdamW

    The variance of 1 / √v is finite only for ρ > 4; r makes it the same at every step. With the
    default betas the first 5 steps are momentum alone; with β₂ ≤ ⅔ all are. Source: Liu et al.
    2020, Algorithm 2, which asks for ρ > 4 and has no ε; 5 is PyTorch's. ε is added before the
    correction of v, Adam's after it.
    """

    ranges = Optimizer.ranges | {"betas": BETAS, "decoupled_weight_decay": bool}
    state_ranges = {"v": RATE}

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
                 decoupled_weight_decay=False, *, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "v": zeros}

    def update(self, theta, g, state, group):
        (beta1, beta2), eps, t = group["betas"], group["eps"], state["t"] + 1
        rest1, rest2 = 1.0 - beta1, 1.0 - beta2
        theta, g = decayed(theta, g, group)
        m = [beta1 * m + rest1 * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + rest2 * d * d for v, d in zip(state["v"], g, strict=True)]
        state.update(t=t, m=m, v=v)
        alpha_t, correction = group["lr"] / (1.0 - beta1**t), 1.0 - beta2**t
        full = 2.0 / rest2 - 1.0
        rho = full - 2.0 * t * beta2**t / correction
        if rho <= 5.0:
            return [x - alpha_t * m for x, m in zip(theta, m, strict=True)]
        r = sqrt((rho - 4.0) * (rho - 2.0) * full / ((full - 4.0) * (full - 2.0) * rho))
        alpha_t *= r * sqrt(correction)
        return [x - alpha_t * (m / (sqrt(v) + eps)) for x, m, v in zip(theta, m, v, strict=True)]
