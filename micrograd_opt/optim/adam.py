"""Adam and AdamW: momentum, and a rate for each parameter that its own gradients set.

Read next: `optim/base/`, what all of these share.
"""

from math import sqrt

from ..engine.arguments import RATE
from .base.optimizer import Optimizer

__all__ = ["Adam", "AdamW"]

BETAS = ("[0, 1)", "[0, 1)")


class Adam(Optimizer):
    """Adam: momentum, divided by the running size of each gradient.

        g ← ∇ℓ(θ) + λθ                    λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        m ← β₁m + (1 − β₁)g               the mean of g, and
        v ← β₂v + (1 − β₂)g²              of its square: both start at 0, so for step t = 1, 2, …
        m̂ = m / (1 − β₁ᵗ)                 are corrected for that bias
        v̂ = v / (1 − β₂ᵗ)
        θ ← θ − α m̂ / (√v̂ + ε)            α: lr, ε: eps

    lr 1e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 0. lr, eps, weight_decay ≥ 0; both betas
    in [0, 1). t counts the steps in which this parameter had a gradient.

    amsgrad                   v̂ from the largest v so far (Reddi et al. 2018)
    decoupled_weight_decay    AdamW: θ ← (1 − αλ)θ first, and g without λθ

    Source: Kingma and Ba 2015, Algorithm 1; Lecture 6, Adam. The first step has m̂ = g and v̂ = g²,
    so it moves each parameter by nearly ±α, for any β; with β₁ = β₂ = 0 every step does. With
    ε = 0 the scale of the loss cancels (to the bit for powers of 2, which do not round).

    L2 regularization λ‖θ‖² has the gradient 2λθ: set weight_decay to 2λ. For Adam it is not the
    same as weight decay, since v normalizes it too: see AdamW.
    """

    ranges = Optimizer.ranges | {"betas": BETAS, "amsgrad": bool, "decoupled_weight_decay": bool}
    state_ranges = {"v": RATE, "v_max": RATE}

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
                 amsgrad=False, *, maximize=False, decoupled_weight_decay=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "v": zeros, "v_max": None}

    def update(self, theta, g, state, group):
        alpha, (beta1, beta2), eps = group["lr"], group["betas"], group["eps"]
        t, rest1, rest2 = state["t"] + 1, 1.0 - beta1, 1.0 - beta2
        theta, g = decayed(theta, g, group)
        m = [beta1 * m + rest1 * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + rest2 * d * d for v, d in zip(state["v"], g, strict=True)]
        state.update(t=t, m=m, v=v)
        if group["amsgrad"]:
            v = state["v_max"] = list(map(max, v, state["v_max"] or v))
        # α m̂ / (√v̂ + ε) = α r / (1 − β₁ᵗ) · m / (√v + ε r), with r = √(1 − β₂ᵗ): one α and one ε
        # for all elements
        r = sqrt(1.0 - beta2**t)
        alpha_t, eps_t = alpha * r / (1.0 - beta1**t), eps * r
        return [x - alpha_t * (m / (sqrt(v) + eps_t)) for x, m, v in zip(theta, m, v, strict=True)]

    def hats(self, state, group):
        """m̂ and v̂ after a step, which the update does not spell out: see its comment."""
        (beta1, beta2), t = group["betas"], state["t"]
        v = state["v_max"] if group["amsgrad"] else state["v"]
        return {
            "m_hat": [m / (1.0 - beta1**t) for m in state["m"]],
            "v_hat": [v / (1.0 - beta2**t) for v in v],
        }


def decayed(theta, g, group):
    """θ and g with the weight decay in them: (1 − αλ)θ and g if decoupled, else θ and g + λθ."""
    alpha, lam = group["lr"], group["weight_decay"]
    if lam and group["decoupled_weight_decay"]:
        keep = 1.0 - alpha * lam
        theta = [keep * x for x in theta]
    elif lam:
        g = [d + lam * x for d, x in zip(g, theta, strict=True)]
    return theta, g


class AdamW(Adam):
    """Adam with the weight decay taken out of the gradient.

        θ ← (1 − αλ)θ           λ: weight_decay, 1e-2
        then Adam with g ← ∇ℓ(θ) at the θ before

    So every weight shrinks at the same rate, however large its gradients are. Arguments and
    ranges as Adam's. Source: Loshchilov and Hutter 2019, Algorithm 2; Lecture 6, weight decay.
    The lecture's factor is (1 − λ), not scaled by α; this is PyTorch's.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2,
                 amsgrad=False, *, maximize=False):  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize,
                         decoupled_weight_decay=True)  # fmt: skip
