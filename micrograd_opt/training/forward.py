"""The forward pass of a run, which is compiled once that pays.

To make a program takes as long as many steps: 0.15 s for the digits net, whose step it shortens
by 3 ms. So the plain function runs first, and a program takes over after so many batches of a size
as would have paid for it. That counts batches, and looks neither at a clock nor at how long the run
is to be: a run that was stopped and resumed takes over at the same step as one that was not, and
so has the same bits. Read next: `run.py`.
"""

import time

from ..compiler import compile
from .evaluate import forward
from .frozen import Frozen

# After so many batches of a size compiling would have paid for itself, as measured on small nets:
# after 30 to 300 in training, 6 to 30 in validation, which has larger batches and no backward pass.
TRAINING, VALIDATION = 100, 30


class Forward:
    """(model(x), loss_fn(model(x), y)) of the batches of a run, as one function.

    patience    after so many batches of a size they are compiled; None: never
    at_once     compile the first one already, and raise the error where that cannot be
    note        called with a line of words on each program that was made, or could not be
    what        the batches' name in it

    Where something has changed that a program may have frozen (see `frozen.py`), all programs are
    left and the count begins again.
    """

    def __init__(self, model, loss_fn, patience, at_once, note, what="batches"):
        self.model, self.loss_fn, self.note, self.what = model, loss_fn, note, what
        self.patience, self.at_once = patience, at_once
        self.counts, self.changes = {}, 0  # {batch size, a string: batches}, both since the start
        self._frozen = Frozen(model, loss_fn)
        self._forget()

    def _forget(self):
        self._compiled = compile(self._loss_first)
        self._ready = {}  # {batch size: whether it could be compiled}

    def _loss_first(self, x, y):
        return forward(self.model, self.loss_fn, x, y)[::-1]

    def __call__(self, x, y):
        if self.patience is None:
            return forward(self.model, self.loss_fn, x, y)
        self.look()
        size = str(len(y))
        count = self.counts.get(size, 0)
        self.counts[size] = count + 1
        waits = count < self.patience and (self.changes or not self.at_once)
        if waits or not self.prepare(x, y):
            return forward(self.model, self.loss_fn, x, y)
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

    def look(self):
        """Begin anew if something around the function has changed."""
        if self.patience is not None and self._frozen.changed():
            if self._ready:
                self.note(f"no longer compiled for {self.what}: model or loss has changed")
            self.counts, self.changes = {}, self.changes + 1
            self._forget()

    # ---- for a checkpoint

    def state_dict(self):
        """How far the count is, plain JSON types."""
        self.look()
        return {"counts": dict(self.counts), "changes": self.changes}

    def load_state_dict(self, state):
        """ValueError, with nothing changed, for a state that is none."""
        if not isinstance(state, dict) or state.keys() != {"counts", "changes"}:
            raise ValueError(f"compiling: expected counts and changes, got {state!r:.40}")
        counts, changes = state["counts"], state["changes"]
        numbers = counts.values() if isinstance(counts, dict) else [None]
        if not all(type(n) is int and n >= 0 for n in (*numbers, changes)):
            raise ValueError(f"compiling: expected whole numbers from 0, got {state!r:.60}")
        self.look()
        self.counts, self.changes = dict(counts), changes
