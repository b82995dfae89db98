"""LARS and LAMB: a rate for each layer, from the size of its weights and of its gradient.

With large batches goes a large rate, and one rate for all layers breaks where ‖g‖ is large beside
‖θ‖. Here a step is as long as the layer's weights say, and only its direction is the gradient's.

A layer is a block: each Tensor, and all Values of a group together; norms are over a whole block.
A block whose ‖θ‖ or ‖direction‖ is 0 has the trust ratio 1, as in the implementations that are in
use: else what starts at 0 would stay there for ever. Biases and gains are usually left out of it
all: a group with layerwise=False has the ratio 1 throughout. Neither is in PyTorch.
Read next: `optim/asgd.py`.
"""

from math import hypot, sqrt

from ..engine.arguments import POSITIVE, RATE
from .adam import BETAS
from .base.optimizer import Optimizer

__all__ = ["LAMB", "LARS"]


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling: momentum, with a rate for each layer.

        g ← ∇ℓ(θ)                         with maximize, −∇ℓ(θ)
        r ← η‖θ‖ / (‖g‖ + λ‖θ‖)           η: trust_coefficient, λ: weight_decay; per block
        v ← μv + αr(g + λθ)               μ: momentum, α: lr; v starts at 0
        θ ← θ − v

    lr 1, momentum 0.9, weight_decay 0, trust_coefficient 1e-3; lr, weight_decay ≥ 0, momentum in
    [0, 1], trust_coefficient > 0. Without momentum a step moves a layer by αη of its own norm.

    r is 1 where ‖θ‖ or ‖g‖ is 0, and throughout a group with layerwise=False, which then takes
    SGD's steps: give it an lr for that.

    Source: You et al. 2017, Algorithm 1 and eq. 6. α is inside of v, as in the paper: with a
    schedule old steps keep the rate they had (in SGD they take the new one). A gradient scaled by
    c gives the same path, if λ = 0.

    >>> from micrograd_opt import Value
    >>> x = Value(4.0)
    >>> optimizer = LARS([x], lr=0.5, momentum=0.0, trust_coefficient=0.5)
    >>> for step in range(3):
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    3.0
    2.25
    1.6875
    """

    ranges = Optimizer.ranges | {"momentum": "[0, 1]", "trust_coefficient": POSITIVE,
                                 "layerwise": bool}  # fmt: skip

    def __init__(self, params, lr=1.0, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3, *,
                 layerwise=True, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        return {"v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        alpha, mu, lam = group["lr"], group["momentum"], group["weight_decay"]
        size, slope = hypot(*theta), hypot(*g)
        if group["layerwise"] and size and slope:
            alpha *= group["trust_coefficient"] * size / (slope + lam * size)
        if lam:
            g = [d + lam * x for d, x in zip(g, theta, strict=True)]
        v = state["v"] = [mu * v + alpha * d for v, d in zip(state["v"], g, strict=True)]
        return [x - v for x, v in zip(theta, v, strict=True)]


class LAMB(Optimizer):
    """Layer-wise adaptive moments: Adam's direction, in steps as long as the layer's weights say.

        g ← ∇ℓ(θ)                         with maximize, −∇ℓ(θ)
        m ← β₁m + (1 − β₁)g               as in Adam, for step t = 1, 2, …
        v ← β₂v + (1 − β₂)g²
        u ← m̂ / (√v̂ + ε) + λθ             m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), λ: weight_decay
        r ← ‖θ‖ / ‖u‖                     per block
        θ ← θ − αr u                      α: lr: the part of its norm by which a layer moves

    lr 1e-3, betas (0.9, 0.999), eps 1e-6, weight_decay 1e-2. lr, eps, weight_decay ≥ 0; both betas
    in [0, 1). t counts the steps in which this parameter had a gradient.

    r is 1 where ‖θ‖ or ‖u‖ is 0, and throughout a group with layerwise=False, which then takes
    AdamW's steps.

    Source: You et al. 2020, Algorithm 2, with φ(z) = z. With ε = 0 a gradient scaled by a power of
    2 gives the same path.
    """

    ranges = Optimizer.ranges | {"betas": BETAS, "layerwise": bool}
    state_ranges = {"v": RATE}

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=1e-2, *,
                 layerwise=True, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "v": zeros}

    def update(self, theta, g, state, group):
        alpha, (beta1, beta2), eps = group["lr"], group["betas"], group["eps"]
        lam, t = group["weight_decay"], state["t"] + 1
        rest1, rest2 = 1.0 - beta1, 1.0 - beta2
        m = [beta1 * m + rest1 * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + rest2 * d * d for v, d in zip(state["v"], g, strict=True)]
        state.update(t=t, m=m, v=v)
        # m̂ / (√v̂ + ε) = √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε √(1 − β₂ᵗ)): as in Adam
        root = sqrt(1.0 - beta2**t)
        scale, eps_t = root / (1.0 - beta1**t), eps * root
        u = [scale * (m / (sqrt(v) + eps_t)) for m, v in zip(m, v, strict=True)]
        if lam:
            u = [d + lam * x for d, x in zip(u, theta, strict=True)]
        size, length = hypot(*theta), hypot(*u)
        if group["layerwise"] and size and length:
            alpha *= size / length
        return [x - alpha * d for x, d in zip(theta, u, strict=True)]
