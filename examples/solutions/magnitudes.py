"""m and v start at 0 and are too small at first, v the more so: 1 − βᵗ is the part they have seen.

    cd examples && python -m solutions.magnitudes
"""

from math import sqrt

import micrograd_opt as mo
from exercises.magnitudes import check


class MyAdam(mo.optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "m": [0.0] * block.size, "v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        alpha, eps = group["lr"], group["eps"]
        beta1, beta2 = group["beta1"], group["beta2"]
        t = state["t"] = state["t"] + 1
        m = [beta1 * m + (1.0 - beta1) * d for m, d in zip(state["m"], g, strict=True)]
        v = [beta2 * v + (1.0 - beta2) * d * d for v, d in zip(state["v"], g, strict=True)]
        state["m"], state["v"] = m, v
        m_hat = [m / (1.0 - beta1**t) for m in m]
        v_hat = [v / (1.0 - beta2**t) for v in v]
        return [
            x - alpha * m / (sqrt(v) + eps) for x, m, v in zip(theta, m_hat, v_hat, strict=True)
        ]


answer = MyAdam

if __name__ == "__main__":
    print(check(answer))
