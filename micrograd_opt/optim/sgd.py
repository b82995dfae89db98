"""Stochastic gradient descent: down the gradient, with a memory if you want one.

Read next: `optim/adam.py`.
"""

from .base.optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's variant of it.

        g ← ∇ℓ(θ) + λθ          λ: weight_decay; with maximize, −∇ℓ(θ) + λθ
        b ← μb + (1 − τ)g       μ: momentum, τ: dampening; the first b is g itself
        g ← g + μb              if nesterov, else g ← b
        θ ← θ − αg              α: lr

    lr 1e-3; everything else is off. lr ≥ 0, weight_decay ≥ 0, momentum and dampening in [0, 1];
    nesterov needs momentum > 0 and dampening 0.

    With τ = 0 this is the momentum of Lecture 6, g ← ∇ℓ(θ) + μg and θ ← θ − αg, for any schedule
    of α. A constant gradient builds up to g/(1 − μ): ten times it for μ = 0.9. The lecture's
    Nesterov takes the gradient ahead of θ, at θ − αμg. Here, as in PyTorch, the stored θ is the
    lecture's look-ahead point θ − αμg, so the gradient is simply taken at θ: the same path for
    constant α and μ, without a second evaluation (Sutskever et al. 2013, Bengio et al. 2013).

    L2 regularization λ‖θ‖² has the gradient 2λθ: set weight_decay to 2λ. The lecture's weight
    decay, θ ← (1 − λ′)(θ − αg), is not scaled by α: without momentum it is the same as L2 with
    α̃ = (1 − λ′)α in place of α and weight_decay λ′ / α̃.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> optimizer = SGD([x], lr=0.25, momentum=0.5)
    >>> for step in range(3):
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    1.5
    0.0
    -0.75
    """

    ranges = Optimizer.ranges | {"momentum": "[0, 1]", "dampening": "[0, 1]", "nesterov": bool}

    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0,
                 nesterov=False, *, maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def check(self, group, what):
        mu, tau = group["momentum"], group["dampening"]
        if group["nesterov"] and not (mu > 0.0 and tau == 0.0):
            raise ValueError(
                f"{what}: nesterov needs momentum > 0 and dampening 0, got {mu} and {tau}"
            )

    def start(self, block, group):
        return {"b": None}

    def update(self, theta, g, state, group):
        alpha, mu, lam = group["lr"], group["momentum"], group["weight_decay"]
        if lam:
            g = [d + lam * x for d, x in zip(g, theta)]
        if mu:
            b, rest = state["b"], 1.0 - group["dampening"]
            b = g if b is None else [mu * b + rest * d for b, d in zip(b, g)]
            state["b"] = b
            g = [d + mu * b for d, b in zip(g, b)] if group["nesterov"] else b
        return [x - alpha * d for x, d in zip(theta, g)]
