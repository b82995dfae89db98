"""Rprop: the sign of each gradient alone, and a step for each parameter that learns from it.

Read next: `optim/adam_variants.py`.
"""

from ..engine.arguments import RATE
from .base.optimizer import Optimizer

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Rprop: longer steps while the sign of the gradient stays, shorter ones when it flips.

        s ← η₊s where g · g₋ > 0     g = ∇ℓ(θ), with maximize −∇ℓ(θ), and g₋ the one before
            η₋s where g · g₋ < 0     (η₋, η₊): etas; s starts at lr
        s ← s within step_sizes
        g ← 0 where g · g₋ < 0       so θ waits, and g₋ is 0 in the next step
        θ ← θ − s sign(g)

    lr 1e-2, etas (0.5, 1.2), step_sizes (1e-6, 50). lr ≥ 0; 0 < η₋ < 1 < η₊; step_sizes ≥ 0 and
    in order.

    How large a gradient is does not matter at all, so it suits full batches: on small ones the
    signs are noise. Only a block's first step uses lr: a schedule of it does nothing, where one of
    the upper step size works. Source: Riedmiller and Braun 1993, in the form iRprop− of Igel and
    Hüsken 2000, which leaves the last step as it is after a flip.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> optimizer = Rprop([x], lr=1.0, etas=(0.5, 2.0))
    >>> for step in range(4):
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    2.0
    0.0
    0.0
    0.0
    """

    ranges = Optimizer.ranges | {"etas": ("(0, 1)", "(1, inf)"), "step_sizes": (RATE, RATE)}
    state_ranges = {"s": RATE}

    def __init__(self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50.0), *,
                 maximize=False):  # fmt: skip
        super().__init__(params, locals())

    def check(self, group, what):
        low, high = group["step_sizes"]
        if low > high:
            raise ValueError(f"{what}: step_sizes must be (smallest, largest), got ({low}, {high})")

    def start(self, block, group):
        return {"g": [0.0] * block.size, "s": [group["lr"]] * block.size}

    def update(self, theta, g, state, group):
        (shrink, grow), (low, high) = group["etas"], group["step_sizes"]
        turn = [d * before for d, before in zip(g, state["g"], strict=True)]
        s = [
            s * (grow if t > 0.0 else shrink if t < 0.0 else 1.0)
            for s, t in zip(state["s"], turn, strict=True)
        ]
        s = [low if s < low else high if s > high else s for s in s]
        g = [0.0 if t < 0.0 else d for d, t in zip(g, turn, strict=True)]
        state.update(g=g, s=s)
        return [x - s * ((d > 0.0) - (d < 0.0)) for x, s, d in zip(theta, s, g, strict=True)]
