"""SAM: the gradient not here but at the worst point nearby, so that the path ends in a flat place.

It needs two gradients for one step. That is what a closure is for: the optimizer calls it as often
as it must, and moves the parameters in between.
Read next: `optim/averaging.py`.
"""

from math import hypot

from ..engine.arguments import RATE
from ..engine.state import enable_grad
from .base.wrapper import Wrapper

__all__ = ["SAM"]


class SAM(Wrapper):
    """Sharpness-aware minimization: minimize the largest loss within the distance ρ.

        g ← ∇ℓ(θ)                         the closure's first call
        e ← ρ g / ‖g‖                     ρ: rho; the norm over all parameters; 0 if g is 0. Uphill
                                          to first order, so downhill in groups with maximize
        g ← ∇ℓ(θ + e)                     its second call
        θ ← the wrapped optimizer's step from θ with g; its weight decay is taken at θ

    optimizer   any optimizer that takes no closure itself
    rho         0.05; ≥ 0. With 0 it is the wrapped optimizer, to the bit, at twice the cost

    `step(closure)` needs a function that clears the gradients, computes the loss, calls backward
    and returns the loss, as `fit` has one; the loss of the first call, at θ, is returned. TypeError
    without it. If the second call fails, θ is put back. Both should see the same batch;
    BatchNorm1d's running statistics follow both.

    Source: Foret et al. 2021, Algorithm 1 and eq. 2 with p = 2; not in PyTorch.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> x = Value(3.0)
    >>> optimizer = SAM(SGD([x], lr=0.25), rho=1.0)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = x * x
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure), x  # the slope at 3 + 1 is 8, and x is 3 − 0.25 · 8
    (Value(9.0, grad=1.0), Value(1.0, grad=8.0))
    """

    own = {"rho": RATE}

    def __init__(self, optimizer, rho=0.05):
        super().__init__(optimizer, rho=rho)

    def advance(self, closure):
        if not callable(closure):
            raise TypeError(
                "step: SAM takes the gradient at two points and needs a closure: a function that "
                "calls zero_grad(), computes the loss, calls loss.backward() and returns the loss"
            )
        with enable_grad():
            loss = closure()
        ascent = []
        for block, group in self.blocks_and_groups():
            g, sign = block.gradient(), -1.0 if group.get("maximize") else 1.0
            if g is not None:
                ascent.append((block, block.read(), sign, g))
        norm = hypot(*[hypot(*g) for *_, g in ascent])
        scale = self.rho / norm if norm else 0.0
        for block, theta, sign, g in ascent:
            up = sign * scale
            block.write([x + up * d for x, d in zip(theta, g, strict=True)])
        self.zero_grad()
        with enable_grad():
            closure()
        for block, theta, *_ in ascent:
            block.write(theta)
        self.optimizer.step()
        return loss
