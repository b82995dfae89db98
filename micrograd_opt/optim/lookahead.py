"""Lookahead: k steps forward with any optimizer, then a part of the way back.

Read next: `optim/sam.py`.
"""

from ..engine.arguments import COUNT, NUMBER, WHOLE, Each
from .base.rollback import all_or_nothing
from .base.wrapper import Wrapper

__all__ = ["Lookahead"]


class Lookahead(Wrapper):
    """Lookahead: slow weights φ that go a part of the way on which fast steps went ahead.

        φ ← θ                             then k fast steps of the wrapped optimizer move θ, then
        θ ← φ + α(θ − φ)                  α: alpha; and so on from there

    optimizer   any optimizer that steps from where the parameters are (ScheduleFreeSGD steps from
                its z); learning rate, groups and schedules stay its own
    k           fast steps in a round, 5; one of 1, 2, …
    alpha       0.5; in (0, 1]. With 1 nothing is taken back: the wrapped optimizer, to the bit

    After each multiple of k steps the parameters are the slow weights: judge the model there. The
    wrapped optimizer's state (momentum, moments) is left as it is at the end of a round.

    `state_dict` has k, alpha, the `optimizer`'s state, `fast`, the steps done of this round, and
    `slow`, the φ of each block as a flat list; none between two rounds, where φ is θ.

    Source: Zhang et al. 2019, Algorithm 1; not in PyTorch.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.optim import SGD
    >>> x = Value(8.0)
    >>> optimizer = Lookahead(SGD([x], lr=0.25), k=2, alpha=0.5)
    >>> for step in range(4):  # fast to 4 and 2, back to 5; fast to 2.5 and 1.25, back to 3.125
    ...     optimizer.zero_grad()
    ...     (x * x).backward()
    ...     optimizer.step()
    ...     print(x.data)
    4.0
    5.0
    2.5
    3.125
    """

    own = {"k": COUNT, "alpha": "(0, 1]", "fast": WHOLE, "slow": Each(Each(NUMBER))}

    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer, k=k, alpha=alpha, fast=0, slow=[])

    def advance(self, closure):
        blocks = [block for block, _ in self.blocks_and_groups()]
        if self.fast == 0:
            self.slow = [block.read() for block in blocks]
        loss = self.optimizer.step(closure)
        self.fast += 1
        if self.fast >= self.k:
            back = 1.0 - self.alpha  # θ + (1 − α)(φ − θ) leaves what did not move, to the bit
            for block, phi in zip(blocks, self.slow, strict=True):
                theta = block.read()
                block.write([x + back * (s - x) for x, s in zip(theta, phi, strict=True)])
            self.fast, self.slow = 0, []
        return loss

    def add_param_group(self, group):
        super().add_param_group(group)
        if self.fast:
            self.slow = self.slow + [block.read() for block in self.blocks[-1]]

    def load_state_dict(self, state_dict):
        all_sizes = [block.size for block, _ in self.blocks_and_groups()]
        with all_or_nothing(self):
            super().load_state_dict(state_dict)
            if self.fast >= self.k:
                raise ValueError(
                    f"Lookahead, load_state_dict: fast must be below k = {self.k}, got {self.fast}"
                )
            sizes, slow = all_sizes if self.fast else [], list(map(len, self.slow))
            if slow != sizes:
                raise ValueError(
                    f"Lookahead, load_state_dict: slow must be lists of {sizes} numbers, got {slow}"
                )
