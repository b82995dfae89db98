"""Weight decay vs. ℓ₂-regularization: three forms, chosen by name. The same for SGD, not for Adam.

Read next: `optim/linear_scaling.py`.
"""

from .adam import Adam
from .base.optimizer import Optimizer

__all__ = ["LectureAdam", "LectureSGD"]


class _Decaying(Optimizer):
    """An optimizer, its `descend`, with weight decay in the form that `decay` names."""

    ranges = Optimizer.ranges | {"decay": ["l2", "decoupled", "lecture"]}

    def check(self, group, what):
        lam = group["weight_decay"]
        if group["decay"] == "lecture" and lam > 1.0:
            raise ValueError(f"{what}: θ ← (1 − λ)θ needs weight_decay in [0, 1], got {lam}")

    def update(self, theta, g, state, group):
        lam, decay = group["weight_decay"], group["decay"]
        if decay == "l2" and lam:
            slope = 2.0 * lam
            g = [d + slope * x for d, x in zip(g, theta, strict=True)]
        if decay == "decoupled" and lam:
            keep = 1.0 - group["lr"] * lam
            theta = [keep * x for x in theta]
        theta = self.descend(theta, g, state, group)
        if decay == "lecture" and lam:
            keep = 1.0 - lam
            theta = [keep * x for x in theta]
        return theta

    def descend(self, theta, g, state, group):
        """The optimizer's own `update`, without decay."""
        raise NotImplementedError


class LectureSGD(_Decaying):
    """Stochastic gradient descent with momentum, and weight decay in a form chosen by name.

        ∇ ← ∇ℓ(θ) + 2λθ         decay='l2': the gradient of ℓ(θ) + λ‖θ‖²; λ: weight_decay
        θ ← (1 − αλ)θ           decay='decoupled': AdamW's form
        g ← ∇ + μg              μ: momentum; g is 0 at first
        θ ← θ − αg              α: lr
        θ ← (1 − λ)θ            decay='lecture': an extra step, not scaled by α

    lr 1e-3, momentum and weight_decay 0, decay 'lecture'. lr, weight_decay ≥ 0, momentum in
    [0, 1]; for 'lecture' weight_decay ≤ 1.

    Without momentum the three are one: 'lecture' with α and λ is 'l2' with α̃ = (1 − λ)α and
    λ / 2α̃, to first order λ / 2α; 'decoupled' with λ is 'l2' with λ / 2. With momentum the
    penalty of 'l2' gathers speed too, and the paths differ; 'lecture' still comes to rest where
    'l2' with (1 − μ)λ / 2α̃ does.

    Source: Lecture 6, momentum, and weight decay vs. ℓ₂-regularization. PyTorch's SGD has 'l2'
    alone, its weight_decay is 2λ.
    """

    ranges = _Decaying.ranges | {"momentum": "[0, 1]"}

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, decay="lecture"):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"g": [0.0] * block.size}

    def descend(self, theta, g, state, group):
        alpha, mu = group["lr"], group["momentum"]
        if mu:
            g = state["g"] = [d + mu * old for d, old in zip(g, state["g"], strict=True)]
        return [x - alpha * d for x, d in zip(theta, g, strict=True)]


class LectureAdam(_Decaying, Adam):
    """Adam, with weight decay in a form chosen by name.

        ∇ ← ∇ℓ(θ) + 2λθ         decay='l2': the gradient of ℓ(θ) + λ‖θ‖²; λ: weight_decay
        θ ← (1 − αλ)θ           decay='decoupled': AdamW; α: lr
        θ ← a step of `Adam`    with betas, eps, and ∇ for its g
        θ ← (1 − λ)θ            decay='lecture': an extra step, not scaled by α

    lr 1e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 0, decay 'lecture'. lr, eps, weight_decay
    ≥ 0; both betas in [0, 1); for 'lecture' weight_decay ≤ 1.

    Source: Lecture 6, weight decay vs. ℓ₂-regularization: the two are the same for stochastic
    gradients, "Not true for Adam!" Its v divides the penalty 2λθ by the size of the gradient, so
    that 'l2' hardly shrinks a parameter with large gradients; the others shrink all at one rate.
    PyTorch's Adam(weight_decay=2λ) is 'l2', its AdamW 'decoupled'.
    """

    ranges = Adam.ranges | _Decaying.ranges

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
                 decay="lecture"):  # fmt: skip
        super(Adam, self).__init__(params, locals())  # Adam's would take its own, with amsgrad

    def descend(self, theta, g, state, group):
        plain = group | {"weight_decay": 0.0, "amsgrad": False}
        return Adam.update(self, theta, g, state, plain)
