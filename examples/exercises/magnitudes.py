"""Adam as a class of your own: the formula of the page, and nothing else.

    m ← β₁m + (1 − β₁)g,    m̂ = m/(1 − β₁ᵗ)         t = 1 in the first step
    v ← β₂v + (1 − β₂)g²,   v̂ = v/(1 − β₂ᵗ)
    θ ← θ − α m̂/(√v̂ + ε)

`update` gets the numbers of θ and their gradients g as lists, and returns the new numbers; `state`
is its memory. This one still lacks something that counts most in the first steps. Add it and run

    cd examples && python -m exercises.magnitudes
"""

from math import sqrt

import micrograd_opt as mo
from page import finding


class MyAdam(mo.optim.Optimizer):  # YOURS
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "m": [0.0] * block.size, "v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        alpha, eps = group["lr"], group["eps"]
        beta1, beta2 = group["beta1"], group["beta2"]
        state["t"] += 1
        m = [beta1 * m + (1.0 - beta1) * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + (1.0 - beta2) * d * d for v, d in zip(state["v"], g, strict=True)]
        state["m"], state["v"] = m, v
        return [x - alpha * m / (sqrt(v) + eps) for x, m, v in zip(theta, m, v, strict=True)]


answer = MyAdam


def check(answer):
    """What `check.optimizer` says of the class, against Adam."""
    return finding(answer, like="Adam")


if __name__ == "__main__":
    print(check(answer))
