"""Nesterov's accelerated gradient as a class of your own, in the common form.

    b ← μb + ∇ℓ(φ)          b is 0 at first
    φ ← φ − α(∇ℓ(φ) + μb)

`update` gets the numbers of φ and their gradients as lists, and returns the new numbers; `state` is
its memory. One line of this one is wrong: it goes down all the same, and so it is hard to see.
Mend it and run

    cd examples && python -m exercises.nesterov
"""

import micrograd_opt as mo
from page import finding


class Nesterov(mo.optim.Optimizer):  # YOURS
    def __init__(self, params, lr=1e-3, momentum=0.9):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"b": [0.0] * block.size}

    def update(self, phi, g, state, group):
        alpha, mu = group["lr"], group["momentum"]
        b = state["b"] = [mu * b + d for b, d in zip(state["b"], g, strict=True)]
        return [x - alpha * (d + b) for x, d, b in zip(phi, g, b, strict=True)]


answer = Nesterov


def check(answer):
    """What `check.optimizer` says of the class, against SGD(nesterov=True)."""
    return finding(answer, like="SGD", nesterov=True)


if __name__ == "__main__":
    print(check(answer))
