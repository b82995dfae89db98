"""Averaged SGD: steps that shrink slowly, and the mean of where they went.

Read next: `optim/schedule_free.py`.
"""

from ..engine.arguments import RATE
from .base.optimizer import Optimizer

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Averaged stochastic gradient descent.

        g ← ∇ℓ(θ) + κθ               κ: weight_decay; with maximize, −∇ℓ(θ) + κθ
        θ ← (1 − λη)θ − ηg           λ: lambd, a second decay; η starts at lr
        θ̄ ← θ̄ + μ(θ − θ̄)             the average; μ starts at 1, and with μ = 1 it is θ itself
        η ← lr / (1 + λ lr t)^p      p: alpha; both for the next step, t = 1, 2, …
        μ ← 1 / max(1, t − t₀)       t₀: t0

    lr 1e-2, lambd 1e-4, alpha 0.75, t0 1e6, weight_decay 0, all ≥ 0. t counts the steps in which
    this parameter had a gradient.

    θ̄ is θ itself up to step t₀ + 2 and then the mean since, the point to use in the end:
    `state_dict()['state'][…]['average']`, a flat list. η is computed one step ahead, so a schedule
    of lr acts one step late, and the first lr twice; as in PyTorch. Source: Polyak and Juditsky
    1992, with the rates of Bottou 2012.
    """

    ranges = Optimizer.ranges | {"lambd": RATE, "alpha": RATE, "t0": RATE}
    state_ranges = {"eta": RATE, "mu": "(0, 1]"}

    def __init__(self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0.0, *,
                 maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "eta": group["lr"], "mu": 1.0, "average": [0.0] * block.size}

    def update(self, theta, g, state, group):
        lr, lambd, kappa = group["lr"], group["lambd"], group["weight_decay"]
        t, eta, mu, average = state["t"] + 1, state["eta"], state["mu"], state["average"]
        if kappa:
            g = [d + kappa * x for d, x in zip(g, theta, strict=True)]
        keep = 1.0 - lambd * eta
        theta = [keep * x - eta * d for x, d in zip(theta, g, strict=True)]
        if mu == 1.0:
            average = theta
        else:
            average = [a + mu * (x - a) for a, x in zip(average, theta, strict=True)]
        eta = lr / (1.0 + lambd * lr * t) ** group["alpha"]
        state.update(t=t, eta=eta, mu=1.0 / max(1.0, t - group["t0"]), average=average)
        return theta
