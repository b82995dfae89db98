"""Muon: momentum, but of the same size in all directions of a matrix.

Read next: `optim/adafactor.py`.
"""

from math import hypot, sqrt

from ..array.array import Array
from ..engine.arguments import NUMBER, WHOLE
from .base.blocks import named
from .base.optimizer import Optimizer

__all__ = ["Muon"]


class Muon(Optimizer):
    """Muon: momentum, orthogonalized by Newton–Schulz. For matrices.

        g ← ∇ℓ(θ)
        b ← μb + (1 − μ)g             μ: momentum; b starts at 0
        g ← μb + (1 − μ)g             if nesterov, else g ← b
        X ← g / max(‖g‖, ε)           ε: eps; the Frobenius norm. Transposed if higher than wide
        A ← XXᵀ
        X ← aX + (bA + cA²)X          ns_steps times, from A on; (a, b, c): ns_coefficients
        θ ← (1 − αλ)θ − ακX           α: lr, λ: weight_decay
        κ = √max(1, n/m)              for n × m; adjust_lr_fn None or 'original'
        κ = 0.2 √max(n, m)            'match_rms_adamw': elements of about the size of Adam's steps

    lr 1e-3, weight_decay 0.1, momentum 0.95, nesterov, ns_coefficients (3.4445, −4.775, 2.0315),
    eps 1e-7, ns_steps 5. lr, weight_decay, eps ≥ 0, momentum in [0, 1], ns_steps 0 … 99.

    With X = USVᵀ each round takes the singular values s to as + bs³ + cs⁵. After five, all that
    were above 0.002 are between 0.68 and 1.21: X is nearly UVᵀ, and rare directions count as much
    as frequent ones. A round costs 2nmk + k³ products, k = min(n, m): far more than O(nm).

    Meant for the weights of hidden layers: vectors, scalars, Values are a ValueError; give them,
    and the first and last layer, to AdamW.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; κ = 0.2 …
    from Liu et al. 2025. PyTorch computes the rounds in bfloat16, with errors of about 1 %; this
    in float64.
    """

    ranges = Optimizer.ranges | {
        "momentum": "[0, 1]",
        "nesterov": bool,
        "ns_coefficients": (NUMBER, NUMBER, NUMBER),
        "ns_steps": WHOLE,
        "adjust_lr_fn": [None, "original", "match_rms_adamw"],
    }

    def __init__(self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True,
                 ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5,
                 adjust_lr_fn=None):  # fmt: skip
        super().__init__(params, locals())

    def add_param_group(self, group):
        if not isinstance(group, dict) or "params" not in group:
            return super().add_param_group(group)  # which says what is wrong with it
        pairs = named(group["params"], (), f"group {len(self.blocks)}")
        for name, p in pairs:
            if len(getattr(p, "shape", ())) != 2:
                raise ValueError(
                    f"Muon: {p.label or name}, {p!r}, is no matrix, and only a matrix can be "
                    "orthogonalized; give it to AdamW"
                )
        super().add_param_group({**group, "params": pairs})

    def check(self, group, what):
        if group["ns_steps"] >= 100:
            raise ValueError(f"{what}: ns_steps must be below 100, got {group['ns_steps']}")

    def start(self, block, group):
        return {"b": [0.0] * block.size}

    def update_block(self, block, g, state, group):
        alpha, mu, lam = group["lr"], group["momentum"], group["weight_decay"]
        theta, rest = block.read(), 1.0 - mu
        b = state["b"] = [mu * b + rest * d for b, d in zip(state["b"], g, strict=True)]
        g = [mu * b + rest * d for b, d in zip(b, g, strict=True)] if group["nesterov"] else b
        coefficients, eps, steps = group["ns_coefficients"], group["eps"], group["ns_steps"]
        x = newton_schulz(Array(g, block.shape), coefficients, eps, steps)
        keep, alpha = 1.0 - alpha * lam, alpha * adjustment(group["adjust_lr_fn"], *block.shape)
        return [keep * p - alpha * d for p, d in zip(theta, x.flat, strict=True)]


def newton_schulz(x, coefficients, eps, steps):
    """About UVᵀ for a matrix x = USVᵀ: see Muon.

    >>> x = Array.of([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> newton_schulz(x, (1.5, -0.5, 0.0), 1e-7, 20)  # the classic coefficients, which converge
    Array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    """
    if x.shape[0] > x.shape[1]:  # XXᵀ is the smaller of the two products
        return newton_schulz(x.T, coefficients, eps, steps).T
    a, b, c = coefficients
    x = x * (1.0 / max(hypot(*x.flat), eps))
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x


def adjustment(name, n, m):
    """κ, the factor of the rate for an n × m matrix."""
    if name == "match_rms_adamw":
        return 0.2 * sqrt(max(n, m))
    return sqrt(max(n, m) / m) if m else 1.0
