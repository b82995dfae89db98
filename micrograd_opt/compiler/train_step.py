"""A whole training step as one function: loss, gradients and the optimizer's update.

Read next: `optimizers.py`, when it is one; `fused.py`, how the update gets into the program.
"""

from ..engine.arguments import drawing
from ..engine.state import is_grad_enabled
from .check import flat
from .compiled import MOST_PROGRAMS, Compiled
from .fused import NotFusible, NotNow
from .optimizers import decisive, fusible, moves
from .program import scalar_program
from .put_back import PutBack
from .scalars import MixesRows
from .trace import flatten


class TrainStep(Compiled):
    """What `compile` returns with an optimizer: a call is a step, and returns the loss before it.

    It leaves no gradients. The first step, and every step where the update does not fit into a
    program (see `optimizers.py`), is a compiled loss, backward() and optimizer.step(), to the same
    bits.
    """

    def __init__(self, loss_fn, batched, optimizer, off=()):
        super().__init__(loss_fn, batched, off)
        self.optimizer = optimizer
        self._loss = Compiled(loss_fn, batched, off)
        if not hasattr(optimizer, "blocks"):
            kind = type(optimizer).__name__
            raise TypeError(f"compile: expected an optimizer of this library, got {kind}")
        self._fusible = fusible(optimizer)
        self._refused = set()  # keys of calls that no program with an update is for
        self._groups = self._fixed = self._moves_of = None
        self._moves = None  # the last step's, or as if it had left all as it is

    @property
    def programs(self):
        """How many there are: those of whole steps and those of the loss alone."""
        return len(self._entries) + self._loss.programs

    def __call__(self, *args):
        with self._calling:
            return self._step(args)

    def _step(self, args):
        if not is_grad_enabled():
            raise RuntimeError("compile: a training step cannot be taken under no_grad")
        fixed = self._decides() if self._fusible else None
        if fixed is None:
            return self._in_parts(args)
        try:
            entry, given, n = self._entry(args, fixed)
        except NotFusible as reason:
            self._fusible = isinstance(reason, NotNow)
            return self._in_parts(args)
        entry.calls += 1
        if entry.calls == entry.check_at:
            self._check(entry, args, given, n)
        outputs, updates = entry.run(given, n)
        found = self._moves_of(updates)
        if found is None:
            return self._in_parts(args)  # where the optimizer says what is not finite
        self.optimizer.commit(found)
        self._moves = found
        if any(self.optimizer._schedules):
            for k, group in enumerate(self.optimizer.param_groups):
                self._groups[k]["lr"] = group["lr"]  # the optimizer has checked it
        return entry.returned(outputs, given)

    def _results(self, entry, args, given, n, gradients):
        """The outputs of a whole step, and the gradients by the loss's own program: the step's
        updates are what the optimizer makes of them."""
        found = []
        if gradients:
            with drawing, PutBack(self._paths, entry.traced):
                own, numbers, _ = self._loss._entry(args)
                found = self._loss._results(own, args, numbers, n, True)[
                    len(entry.traced.outputs) :
                ]
        outputs, _ = entry.run(given, n)
        return [*map(flat, outputs), *found]

    def _forget(self):
        super()._forget()
        self._loss._forget()

    def prepare(self, *args):
        """Make the program that the first step takes: the loss and its gradients."""
        with self._calling:
            self._loss.prepare(*args)
            self._last = self._loss._last

    def _decides(self):
        """What of the optimizer decides the program: hyperparameters but those it reads at each
        step, and names and kinds of what is in its states. None before its first step."""
        optimizer = self.optimizer
        if optimizer.param_groups == self._groups and self._states_are_ours():
            return self._fixed  # nobody wrote anything since
        groups = [optimizer.hyperparameters(k) for k in range(len(optimizer.blocks))]
        blocks = [block for blocks in optimizer.blocks for block in blocks]
        states = [block.state for block in blocks]
        if not all(states):
            return None
        values = [decisive(group) for group in groups]
        kinds = [tuple([(name, type(x)) for name, x in state.items()]) for state in states]
        fixed = (*values, *kinds)
        if fixed != self._fixed:
            self._moves_of = moves(optimizer)
            self._fixed = fixed
        self._moves = [(block, None, state) for block, state in zip(blocks, states, strict=True)]
        both = zip(optimizer.param_groups, groups, strict=True)
        self._groups = [{**group, **good} for group, good in both]  # last: it vouches for the rest
        return self._fixed

    def _states_are_ours(self):
        """Whether the states are still those that the last step wrote: each step's are new."""
        for block, _, written in self._moves:
            if block.state is not written:
                return False
        return True

    def _in_parts(self, args):
        nodes = []
        rebuild = flatten(self._loss(*args), nodes)
        self._last = self._loss._last
        updated = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        if updated.isdisjoint(map(id, self._last.traced.wanted)):
            raise ValueError(f"compile: the loss depends on none of {self.optimizer}'s parameters")
        self.optimizer.zero_grad()
        nodes[0].backward()
        self.optimizer.step()
        return rebuild([node._constant(node._data) for node in nodes])

    def _found(self, key, args, n):
        if key in self._refused:
            raise NotNow("as before")
        try:
            return super()._found(key, args, n)
        except NotNow:
            if len(self._refused) == MOST_PROGRAMS:
                self._refused.clear()
            self._refused.add(key)
            raise

    def _program(self, traced, groups, forward_only):
        try:
            return scalar_program(
                traced, groups, False, self.batched, self._off, optimizer=self.optimizer
            )
        except MixesRows as error:  # list kernels give gradients, not updates
            raise NotNow(str(error)) from None
