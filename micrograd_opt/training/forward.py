"""Compiling: the forward passes of a run as generated Python (a program), once that pays.

To make a program takes as long as many steps: 0.15 s for the digits net, whose step it shortens
by 3 ms, so 50 steps pay for it. The plain function therefore runs first, and a program takes over
after so many batches of a size. Neither a clock nor the length of the run is asked: a run that was
stopped and resumed takes over at the same step as one that was not, and so has the same bits.
Read next: `training/frozen.py`.
"""

import time

from ..compiler import compile
from ..engine.arguments import COUNT, WHOLE, Each, checked
from ..engine.graph import no_grad
from ..nn.mode import in_mode
from .callbacks import Callback
from .evaluate import BATCH_SIZE, output_and_loss
from .frozen import Frozen

# After so many batches of a size compiling would have paid for itself, as measured on small nets:
# after 30 to 300 in training, 6 to 30 in validation, which has larger batches and no backward pass.
TRAINING, VALIDATION = 100, 30

FORWARD = {"counts": Each((COUNT, WHOLE)), "changes": WHOLE}  # a CompiledForward's state


class Compiling(Callback):
    """Puts programs in the place of the run's two forward functions.

    at_once   True: from the first batch on, with an error where that cannot be
    """

    def __init__(self, at_once):
        self.at_once = at_once

    def on_start(self, run):
        note, parts = run.history.compiled.append, (run.model, run.loss_fn)
        self.training = CompiledForward(*parts, TRAINING, self.at_once, note, "batches")
        self.validation = CompiledForward(
            *parts, VALIDATION, self.at_once, note, "validation batches"
        )
        run.forward, run.val_forward = self.training, self.validation
        if not self.at_once:
            return
        n = min(run.loader.batch_size, len(run.loader.sampler))  # a whole batch
        with in_mode(run.model, training=True):
            self.training.prepare(*run.loader.dataset[:n])
        if run.val is not None:
            with in_mode(run.model, training=False), no_grad():
                self.validation.prepare(*run.val[:BATCH_SIZE])

    def state_dict(self):
        forwards = {"training": self.training, "validation": self.validation}
        return {name: forward.state_dict() for name, forward in forwards.items()}

    def load_state_dict(self, state):
        state = checked(state, {"training": FORWARD, "validation": FORWARD}, "compiling")
        self.training.load_state_dict(state["training"])
        self.validation.load_state_dict(state["validation"])


class CompiledForward:
    """(model(x), loss_fn(model(x), y)) of the batches of a run, as one function.

    break_even  after so many batches of a size compiling has paid for itself, and begins
    at_once     compile the first one already, and raise the error where that cannot be
    note        called with a line of words on each program that was made, or could not be
    what        the batches' name in it

    Where something has changed that is part of a program's text (see `frozen.py`), all programs
    are dropped and the count begins again.
    """

    def __init__(self, model, loss_fn, break_even, at_once, note, what):
        self.model, self.loss_fn, self.note, self.what = model, loss_fn, note, what
        self.break_even, self.at_once = break_even, at_once
        self.counts, self.changes = {}, 0  # {batch size: batches}; how often all was dropped
        self._frozen = Frozen(model, loss_fn)
        self._drop_programs()

    def _drop_programs(self):
        self._compiled = compile(self._loss_first)
        self._ready = {}  # {batch size: whether it could be compiled}

    def _loss_first(self, x, y):
        return output_and_loss(self.model, self.loss_fn, x, y)[::-1]

    def __call__(self, x, y):
        self.renew()
        size = len(y)
        count = self.counts.get(size, 0)
        self.counts[size] = count + 1
        waits = count < self.break_even and (self.changes or not self.at_once)
        if waits or not self.prepare(x, y):
            return output_and_loss(self.model, self.loss_fn, x, y)
        loss, output = self._compiled(x, y)
        return output, loss

    def prepare(self, x, y):
        """Make the program for batches of this size, if there is none; whether it can be had."""
        size = len(y)
        if size not in self._ready:
            started = time.perf_counter()
            try:
                self._compiled.prepare(x, y)
            except Exception as error:
                if self.at_once:
                    raise
                self._ready[size] = False
                why = " ".join(str(error).split()).removeprefix("compile: ")
                self.note(f"not compiled for {self.what} of {size}: {why.partition(': ')[0]}")
            else:
                self._ready[size] = True
                seconds = time.perf_counter() - started
                self.note(f"compiled for {self.what} of {size}, in {seconds:.2f} s")
        return self._ready[size]

    def renew(self):
        """Begin anew if something around the function has changed."""
        if self._frozen.changed():
            if self._ready:
                self.note(f"no longer compiled for {self.what}: model or loss has changed")
            self.counts, self.changes = {}, self.changes + 1
            self._drop_programs()

    def state_dict(self):
        """How far the count is."""
        self.renew()
        return {"counts": [list(pair) for pair in self.counts.items()], "changes": self.changes}

    def load_state_dict(self, state):
        self.renew()
        self.counts, self.changes = dict(state["counts"]), state["changes"]
