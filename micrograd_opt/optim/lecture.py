"""The lecture's own: Nesterov with the gradient ahead, and directions without magnitudes.

Read next: `optim/weight_decay.py`.
"""

from math import sqrt

from ..engine.arguments import RATE
from .base.optimizer import Optimizer
from .base.rollback import all_or_nothing

__all__ = ["LectureNesterov", "NormalizedSGD", "SignSGD"]


class LectureNesterov(Optimizer):
    """Nesterov's accelerated gradient with the gradient taken ahead, as the lecture writes it.

        g ← ∇ℓ(θ − αμg) + μg    α: lr, μ: momentum; g is 0 at first
        θ ← θ − αg

    lr 1e-3, momentum 0.9. lr ≥ 0, momentum in [0, 1]; any schedule of either. The gradient at
    another point needs a closure: see `step`.

    Source: Lecture 6, Nesterov's accelerated gradient; Nesterov 1983. "The common implementation
    does not look like this equation", and is `SGD(nesterov=True)`: its parameter is the point
    φ = θ − αμg, and for constant α and μ the paths are the same. If α changes, LectureNesterov
    moves φ by −αₜ∇ − αₜ₊₁μg, `SGD(nesterov=True)` by −αₜ∇ − αₜμg.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> optimizer = LectureNesterov([x], lr=0.25, momentum=0.5)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = x * x
    ...     loss.backward()
    ...     return loss
    >>> [(optimizer.step(closure).data, x.data) for step in range(2)]  # θ − αμg: 3, 0.75
    [(9.0, 1.5), (0.5625, 0.375)]
    """

    ranges = Optimizer.ranges | {"momentum": "[0, 1]"}

    def __init__(self, params, lr=1e-3, momentum=0.9):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"g": [0.0] * block.size}

    def step(self, closure=None):
        """One step. `closure` computes the loss and the gradients, calls zero_grad before, and
        returns the loss; it finds the parameters at θ − αμg, so this is the loss there. After it,
        also after an error in it, they are back at θ. TypeError without one.
        """
        if not callable(closure):
            raise TypeError(
                "step: the gradient at θ − αμg needs a closure that computes it; call step(closure)"
            )
        return super().step(lambda: self._ahead_of(closure))

    def _ahead_of(self, closure):
        here, ahead = [], []
        for block, group in self.blocks_and_groups():
            theta, g = block.read(), (block.state or self.start(block, group))["g"]
            reach = group["lr"] * group["momentum"]
            here.append((block, theta))
            ahead.append((block, [x - reach * d for x, d in zip(theta, g, strict=True)]))
        with all_or_nothing(self):
            for block, theta in ahead:
                block.write(theta)
            loss = closure()
            for block, theta in here:
                block.write(theta)
        return loss

    def update(self, theta, g, state, group):
        alpha, mu = group["lr"], group["momentum"]
        g = state["g"] = [d + mu * old for d, old in zip(g, state["g"], strict=True)]
        return [x - alpha * d for x, d in zip(theta, g, strict=True)]


class SignSGD(Optimizer):
    """Sign descent: the direction of each gradient without its magnitude.

        g ← ∇ℓ(θ) + μg          μ: momentum
        θ ← θ − α sign(g)       α: lr; sign(0) = 0

    lr 1e-3, momentum 0. lr ≥ 0, momentum in [0, 1]. Every parameter moves by α, near the optimum
    too: let a schedule bring α down.

    Source: Bernstein et al. 2018, Algorithms 1 (signSGD) and 2 (Signum: its βm + (1 − β)∇ has the
    sign of this g, for μ = β); Lecture 6, gradient directions vs. magnitudes. Adam with
    β₁ = β₂ = 0 and ε = 0 is the same without momentum, but divides by a gradient of 0. Not in
    PyTorch.
    """

    ranges = Optimizer.ranges | {"momentum": "[0, 1]"}

    def __init__(self, params, lr=1e-3, momentum=0.0):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"g": [0.0] * block.size}

    def update(self, theta, g, state, group):
        alpha, mu = group["lr"], group["momentum"]
        if mu:
            g = state["g"] = [d + mu * old for d, old in zip(g, state["g"], strict=True)]
        return [x - alpha * ((d > 0.0) - (d < 0.0)) for x, d in zip(theta, g, strict=True)]


class NormalizedSGD(Optimizer):
    """Gradient descent with each parameter's gradient divided by its own usual magnitude.

        v ← βv + (1 − β)∇ℓ(θ)²              β: beta; v is 0 at first, hence
        v̂ = v / (1 − βᵗ)                    corrected in step t = 1, 2, …
        θ ← θ − α ∇ℓ(θ) / (√v̂ + ε)          α: lr, ε: eps

    lr 1e-3, beta 0.999, eps 1e-8. lr, eps ≥ 0, beta in [0, 1).

    Source: Lecture 6, gradient directions vs. magnitudes: "normalizing the gradient magnitudes
    along each dimension (separately for each parameter)". It is the half of Adam that is not
    momentum, β₁ = 0. With β = ε = 0 nothing but the sign is left: see `SignSGD`. A larger β lets a
    gradient that is small for once make a small step, so that it can settle. RMSprop is the same
    without v̂, so that its first steps are up to 1/√(1 − β) times as long.
    """

    ranges = Optimizer.ranges | {"beta": "[0, 1)"}
    state_ranges = {"v": RATE}

    def __init__(self, params, lr=1e-3, beta=0.999, eps=1e-8):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        beta, t = group["beta"], state["t"] + 1
        # α ∇ / (√v̂ + ε) = α r · ∇ / (√v + ε r), with r = √(1 − βᵗ): one α and one ε for all
        rest, r = 1.0 - beta, sqrt(1.0 - beta**t)
        alpha_t, eps_t = group["lr"] * r, group["eps"] * r
        v = [beta * v + rest * d * d for v, d in zip(state["v"], g, strict=True)]
        state.update(t=t, v=v)
        return [x - alpha_t * (d / (sqrt(v) + eps_t)) for x, d, v in zip(theta, g, v, strict=True)]
