"""Compiling: the forward passes of a run as generated Python, where that is safe and once it pays.

By itself `fit` compiles a closed world alone, a model and a loss that are this library's own (see
`closed.py`): nothing in them can change unseen. Whatever is yours runs as it is written, unless you
say compile=True. Then a program is compared with the function at calls 1, 2, 4, 8, …, at the first
batch after an epoch's callbacks, and once at the end; a difference is a StaleProgramError.

To make a program takes as long as many steps: 0.15 s for the digits net, whose step it shortens
by 3 ms, so 50 steps pay for it. The plain function therefore runs first, and a program takes over
after so many batches of a size. Neither a clock nor the length of the run is asked: a run that was
stopped and resumed takes over at the same step as one that was not, and so has the same bits.
Read next: `training/closed.py`.
"""

import time
from functools import partial

from ..compiler import CompilerError, compile
from ..engine.arguments import COUNT, WHOLE, Each, checked
from ..engine.state import no_grad
from ..nn.mode import in_mode
from .callbacks import Callback
from .closed import is_closed
from .evaluate import BATCH_SIZE, output_and_loss

# After so many batches of a size compiling would have paid for itself, as measured on small nets:
# after 30 to 300 in training, 6 to 30 in validation, which has larger batches and no backward pass.
TRAINING, VALIDATION = 100, 30
CHECK_EARNED = 100  # calls: a program saves about half of each, and a check costs about one

COUNTS = Each((COUNT, WHOLE))  # of each batch size, how many batches there were
PLAIN = "not compiled: model or loss is your own; compile=True compiles and checks it"


class Compiling(Callback):
    """Puts programs in the place of the run's two forward functions.

    at_once   True: from the first batch on, and whatever is compiled is checked; with an error
              where that cannot be. False: a closed world, once it pays
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
            if not is_closed(*parts) and PLAIN not in run.history.compiled:
                note(PLAIN)
            return
        n = min(run.loader.batch_size, len(run.loader.sampler))  # a whole batch
        with in_mode(run.model, training=True):
            self.training.prepare(*run.loader.dataset[:n])
        if run.val is not None:
            with in_mode(run.model, training=False), no_grad():
                self.validation.prepare(*run.val[:BATCH_SIZE])

    def on_epoch(self, run):
        """The callbacks that come now may change what the function reads."""
        self.training.check_if_earned()

    def on_end(self, run):
        if run.stopped not in (None, "diverged"):  # None: an error is on its way
            self.training.check_last()

    def state_dict(self):
        forwards = {"training": self.training, "validation": self.validation}
        return {name: [list(n) for n in f.counts.items()] for name, f in forwards.items()}

    def load_state_dict(self, state):
        state = checked(state, {"training": COUNTS, "validation": COUNTS}, "compiling")
        self.training.counts = dict(state["training"])
        self.validation.counts = dict(state["validation"])


class CompiledForward:
    """(model(x), loss_fn(model(x), y)) of the batches of a run, as one function.

    break_even  after so many batches of a size compiling has paid for itself, and begins
    at_once     compile the first one already, and raise the error where that cannot be
    note        called with a line of words on each program that was made, or could not be
    what        the batches' name in it
    """

    def __init__(self, model, loss_fn, break_even, at_once, note, what):
        self.model, self.loss_fn, self.note, self.what = model, loss_fn, note, what
        self.break_even, self.at_once = break_even, at_once
        self.counts = {}  # {batch size: batches}
        self._compiled = compile(partial(_loss_and_output, model, loss_fn))
        self._ready = {}  # {batch size: whether it could be compiled}
        self._since_check, self._check_next, self._last = 0, False, None

    def __call__(self, x, y):
        size = len(y)
        count = self.counts.get(size, 0)
        self.counts[size] = count + 1
        self._last = None  # the batch that a program ran
        wanted = self.at_once or (count >= self.break_even and is_closed(self.model, self.loss_fn))
        if wanted and self.prepare(x, y):
            try:
                return self._by_program(x, y)
            except CompilerError as error:
                self._refuse(size, error)
        return output_and_loss(self.model, self.loss_fn, x, y)

    def _by_program(self, x, y):
        if self._check_next:
            self._compiled.check(x, y)
            self._since_check, self._check_next = 0, False
        self._since_check += 1
        self._last = x, y
        loss, output = self._compiled(x, y)
        return output, loss

    def check_if_earned(self):
        """Compare program and function at the next batch, if enough calls have paid for that."""
        self._check_next = self._since_check >= CHECK_EARNED

    def check_last(self):
        """Compare program and function at the last batch once more, if that ran by a program."""
        if self._last is not None:
            with in_mode(self.model, training=True):
                self._compiled.check(*self._last)

    def prepare(self, x, y):
        """Make the program for batches of this size, if there is none; whether it can be had."""
        size = len(y)
        if size not in self._ready:
            started = time.perf_counter()
            try:
                self._compiled.prepare(x, y)
            except Exception as error:
                if self.at_once and not isinstance(error, CompilerError):
                    raise
                self._refuse(size, error)
            else:
                self._ready[size] = True
                seconds = time.perf_counter() - started
                self.note(f"compiled for {self.what} of {size}, in {seconds:.2f} s")
        return self._ready[size]

    def _refuse(self, size, error):
        """From now on the plain function runs for batches of this size."""
        self._ready[size] = False
        why = " ".join(str(error).split()).removeprefix("compile: ")
        self.note(f"not compiled for {self.what} of {size}: {why.partition(': ')[0]}")


def _loss_and_output(model, loss_fn, x, y):
    """The loss first: a compiled function differentiates the first of its results."""
    return output_and_loss(model, loss_fn, x, y)[::-1]
