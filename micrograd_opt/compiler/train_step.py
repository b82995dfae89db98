"""A whole training step as one function: loss, gradients and the optimizer's update.

Read next: `fused.py`, how the update gets into the program.
"""

from ..graph import state
from .compiled import Compiled
from .fused import NotFusible, Outcome, fusible
from .program import scalar_program
from .scalars import MixesRows


class TrainStep(Compiled):
    """What `compile` returns with an optimizer: a call is a step, and returns the loss before it.

    It leaves no gradients. The first step, and every step where the update does not fit into a
    program (see `fused.py`), is a compiled loss, backward() and optimizer.step(), to the same bits.
    """

    def __init__(self, loss_fn, batched, optimizer, off=()):
        super().__init__(loss_fn, batched, off)
        self.optimizer = optimizer
        self._loss = Compiled(loss_fn, batched, off)
        if not hasattr(optimizer, "blocks"):
            kind = type(optimizer).__name__
            raise TypeError(f"compile: expected an optimizer of this library, got {kind}")
        self._fusible = fusible(optimizer)
        self._groups = self._states = self._fixed = self._outcome = None

    def __call__(self, *args):
        if not state.recording:
            raise RuntimeError("compile: a training step cannot be taken under no_grad")
        fixed = self._decides() if self._fusible else None
        if fixed is None:
            return self._in_parts(args)
        try:
            entry, given, n = self._entry(args, fixed)
        except NotFusible:
            self._fusible = False
            return self._in_parts(args)
        outputs, updates = entry.run(given, n)
        moves = self._outcome.moves(updates)
        if moves is None:
            return self._in_parts(args)  # where the optimizer says what is not finite
        self.optimizer.commit(moves)
        self._states = [new for _, _, new in moves]
        return entry.returned(outputs, given)

    def prepare(self, *args):
        """Make the program that the first step takes: the loss and its gradients."""
        self._loss.prepare(*args)
        self._last = self._loss._last

    def _decides(self):
        """What of the optimizer decides the program: hyperparameters but lr, and the kind of each
        state. None before its first step."""
        optimizer = self.optimizer
        groups = [optimizer.in_force(k) for k in range(len(optimizer.blocks))]
        states = [block.state for blocks in optimizer.blocks for block in blocks]
        if states == self._states and groups == self._groups:
            return self._fixed
        if not all(states):
            return None
        self._groups, self._states = groups, states
        self._outcome = Outcome(optimizer)
        values = [tuple(value for name, value in g.items() if name != "lr") for g in groups]
        kinds = [tuple(map(type, state.values())) for state in states]
        self._fixed = (*values, *kinds)
        return self._fixed

    def _in_parts(self, args):
        loss = self._loss(*args)
        self._last = self._loss._last
        updated = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        if updated.isdisjoint(map(id, self._last.traced.wanted)):
            raise ValueError(f"compile: the loss depends on none of {self.optimizer}'s parameters")
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def _program(self, traced, groups, forward_only):
        try:
            return scalar_program(
                traced, groups, False, self.batched, self._off, optimizer=self.optimizer
            )
        except MixesRows as error:  # list kernels give gradients, not updates
            raise NotFusible(str(error)) from None
