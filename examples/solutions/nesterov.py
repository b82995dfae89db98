"""The look-ahead is by μb, not by b: after this step the memory still counts with μ in the next.

    cd examples && python -m solutions.nesterov
"""

import micrograd_opt as mo
from exercises.nesterov import check


class Nesterov(mo.optim.Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.9):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"b": [0.0] * block.size}

    def update(self, phi, g, state, group):
        alpha, mu = group["lr"], group["momentum"]
        b = state["b"] = [mu * b + d for b, d in zip(state["b"], g, strict=True)]
        return [x - alpha * (d + mu * b) for x, d, b in zip(phi, g, b, strict=True)]


answer = Nesterov

if __name__ == "__main__":
    print(check(answer))
