"""Mistakes that are made around a formula: base classes that go before the library's optimizer.

    class Wrong(OneMemory, Adam): ...   # an Adam whose parameters share one m and one v

Read next: `check/mistakes.py`.
"""

from itertools import count

from ..array.array import Array
from ..engine.tensor import Tensor
from ..optim import Optimizer

__all__ = []


class NotZeroed:
    """The gradients of all steps add up."""

    def zero_grad(self):
        pass


class OneMemory:
    """What one parameter has put into a list of the state, the next one finds there."""

    memory = {}

    def update_block(self, block, g, state, group):
        state.update(self.memory)
        theta = super().update_block(block, g, state, group)
        self.memory = {name: entry for name, entry in state.items() if isinstance(entry, list)}
        return theta


class Forgetful:
    """Every step is a first step."""

    def update_block(self, block, g, state, group):
        return super().update_block(block, g, self.start(block, group), group)


class OneCount:
    """`next(self.calls)` counts the updates of all parameters."""

    def __init__(self, *args, **settings):
        self.calls = count(1)
        super().__init__(*args, **settings)


class Filled:
    """A parameter without gradient is moved, with a gradient of 0."""

    def step(self, closure):
        def filled():
            loss = closure()
            for group in self.param_groups:
                for p in group["params"]:
                    if isinstance(p, Tensor) and p.grad is None:
                        p.grad = Array([0.0] * p.size, p.shape)
            return loss

        return super().step(filled)


class AtTheta:
    """The gradient is taken where the parameters are, whatever the optimizer's own step does."""

    def step(self, closure):
        return Optimizer.step(self, closure)
