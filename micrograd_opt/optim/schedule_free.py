"""Schedule-free SGD: an average of the path stands in for the decay of the learning rate.

Read next: `optim/newton.py`.
"""

from ..engine.arguments import RATE
from .base.optimizer import Optimizer
from .base.rollback import all_or_nothing

__all__ = ["ScheduleFreeSGD"]


class ScheduleFreeSGD(Optimizer):
    """Schedule-free SGD: the gradient at y, the step at z, the answer is x.

        g ← ∇ℓ(y) + λy                    λ: weight_decay; with maximize, −∇ℓ(y) + λy
        z ← z − αg                        α: lr; z, x and y start at θ
        x ← (1 − c)x + cz                 c = αₜ² / Σαᵢ²: the average of z so far, 1/t for a
                                          constant α; small steps of a warmup count little
        y ← (1 − β)z + βx                 β: momentum

    lr 1, momentum 0.9, weight_decay 0; lr and weight_decay ≥ 0, momentum in [0, 1]. The lr is not
    to decay; a warmup helps: lr=linear_warmup(100, then=1.0). With β = 0 it is SGD, and x its
    Polyak average; with β = 1 the gradient is taken at the average.

    While training the parameters are y. `eval()` puts x into them, to validate, to save the model,
    and at the end; `train()` puts y back, to the bit. A step in between raises RuntimeError. `fit`
    calls both around its validation.

    The state of a block: z; `other`, which is x while the parameters are y and y while they are x;
    `averaged`, 1 while they are x, else 0; `weights`, Σαᵢ².

    Source: Defazio et al. 2024, eqs. 3 to 5, and Algorithm 1 for c; not in PyTorch.

    >>> from micrograd_opt import Value
    >>> x = Value(4.0)
    >>> optimizer = ScheduleFreeSGD([x], lr=0.25, momentum=0.5)
    >>> for step in range(2):  # z is 2, then 1
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    2.0
    1.25
    >>> optimizer.eval()  # the mean of 2 and 1
    >>> x.data
    1.5
    """

    ranges = Optimizer.ranges | {"momentum": "[0, 1]"}
    state_ranges = {"averaged": "{0, 1}", "weights": RATE}

    def __init__(self, params, lr=1.0, momentum=0.9, weight_decay=0.0, *, maximize=False):
        super().__init__(params, locals())

    def start(self, block, group):
        theta = block.read()
        return {"z": theta, "other": theta, "averaged": 0, "weights": 0.0}

    def update(self, theta, g, state, group):
        alpha, beta, lam = group["lr"], group["momentum"], group["weight_decay"]
        weights = state["weights"] + alpha * alpha
        c = alpha * alpha / weights if weights else 0.0  # all rates were 0: z has not moved
        if lam:
            g = [d + lam * y for d, y in zip(g, theta, strict=True)]
        keep, rest = 1.0 - c, 1.0 - beta
        z = [z - alpha * d for z, d in zip(state["z"], g, strict=True)]
        x = [keep * x + c * z for x, z in zip(state["other"], z, strict=True)]
        state.update(z=z, other=x, weights=weights)
        return [rest * z + beta * x for z, x in zip(z, x, strict=True)]

    def step(self, closure=None):
        if any(block.state.get("averaged") for blocks in self.blocks for block in blocks):
            raise RuntimeError(
                "step: the parameters are the averages x, and the gradient is wanted at y; "
                "call optimizer.train() before the loss is computed"
            )
        return super().step(closure)

    def train(self):
        """Put y, where the gradient is wanted, into the parameters."""
        self._exchange(averaged=0)

    def eval(self):
        """Put x, the average, into the parameters."""
        self._exchange(averaged=1)

    def _exchange(self, averaged):
        """All parameters change places with `other`, if they are not what is wanted already."""
        with all_or_nothing(self):
            for block in (block for blocks in self.blocks for block in blocks):
                state = block.state
                if state.get("averaged", averaged) != averaged:
                    block.state = state | {"other": block.read(), "averaged": averaged}
                    block.write(state["other"])
