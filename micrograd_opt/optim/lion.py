"""Lion: the sign of a momentum, so every parameter moves by the same amount.

Read next: `optim/muon.py`.
"""

from ..array.ieee import sign
from .adam import BETAS
from .base.optimizer import Optimizer

__all__ = ["Lion"]


class Lion(Optimizer):
    """Lion, evolved sign momentum: an update rule that a program search found.

        g ← ∇ℓ(θ)                         with maximize, −∇ℓ(θ)
        u ← sign(β₁m + (1 − β₁)g)         sign(0) = 0; m starts at 0
        m ← β₂m + (1 − β₂)g               remembers longer than u looks back
        θ ← θ − α(u + λθ)                 α: lr, λ: weight_decay

    lr 1e-4, betas (0.9, 0.99), weight_decay 0. lr and weight_decay ≥ 0; both betas in [0, 1).

    Source: Chen et al. 2023, Algorithm 2; not in PyTorch. It keeps one list where Adam keeps two.
    A coordinate always moves by ±α, however small its gradient: the paper takes α 3 to 10 times
    smaller than for AdamW and λ as much larger, so that αλ, the decay of a step, stays. A loss
    scaled by a power of 2 gives the same path. With β₁ = 0 it is sign descent.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> optimizer = Lion([x], lr=0.5)
    >>> for step in range(3):
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    2.5
    2.0
    1.5
    """

    ranges = Optimizer.ranges | {"betas": BETAS}

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, *, maximize=False):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"m": [0.0] * block.size}

    def update(self, theta, g, state, group):
        alpha, (beta1, beta2), lam = group["lr"], group["betas"], group["weight_decay"]
        rest1, rest2 = 1.0 - beta1, 1.0 - beta2
        u = [sign(beta1 * m + rest1 * d) for m, d in zip(state["m"], g, strict=True)]
        state["m"] = [beta2 * m + rest2 * d for m, d in zip(state["m"], g, strict=True)]
        return [x - alpha * (s + lam * x) for x, s in zip(theta, u, strict=True)]
