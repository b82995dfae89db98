"""Run: one run of `fit`, the step of Lecture 6 at its heart.

`Run.step` is forward, backward, clip, update. Around it: the means over an epoch and the best
parameters so far. Read next: `train.py`, which says when to do what, then `run_state.py`, what a
checkpoint must hold for a resumed run to give the same bits, and `forward.py`, when it compiles.
"""

import contextlib
import math
import time

from ..engine.graph import no_grad
from ..nn.mode import in_mode
from ..nn.utils import clip_grad_norm_
from .evaluate import BATCH_SIZE, add, count_correct, means
from .forward import TRAINING, VALIDATION, Forward
from .history import History


class Diverged(ArithmeticError):
    """The loss of a batch is NaN or infinite."""


class Run:
    """The state of one fit."""

    def __init__(self, model, loss_fn, optimizer, loader, clip_norm, compile=None):
        self.model, self.optimizer = model, optimizer
        self.loader, self.clip_norm, self.compile = loader, clip_norm, compile
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.history = History()
        self.learn = self._forward(loss_fn, TRAINING, "batches")
        self.judge = self._forward(loss_fn, VALIDATION, "validation batches")
        self.say = lambda words: None
        self.seconds_before, self.started = 0.0, time.perf_counter()
        self.best_loss, self.best_parameters, self.bad_epochs = math.inf, None, 0
        self.lr = optimizer.param_groups[0]["lr"]
        self.open_epoch()

    def _forward(self, loss_fn, patience, what):
        patience = None if self.compile is False else patience
        return Forward(self.model, loss_fn, patience, self.compile is True, self._note, what)

    def listen(self, say):
        """From now on `say` is told of each program, and at once of those made before."""
        self.say = say
        for words in self.history.compiled:
            say(words)

    def _note(self, words):
        self.history.compiled.append(words)
        self.say(words)

    def prepare(self, val):
        """Compile for whole batches now, where that is asked for; TypeError if it cannot be."""
        n = min(self.loader.batch_size, len(self.loader.sampler))
        with in_mode(self.model, training=True):
            self.learn.prepare(*self.loader.dataset[:n])
        if val is not None:
            with in_mode(self.model, training=False), no_grad():
                self.judge.prepare(*val[:BATCH_SIZE])

    def open_epoch(self):
        """Start the means of an epoch anew."""
        self.epoch_steps, self.samples = 0, 0
        self.loss_sum, self.correct, self.norm_sum = 0.0, 0, 0.0

    @property
    def steps(self):
        return len(self.history.step_losses)

    def step(self, x, y):
        """One update; False, and none, if the loss is not finite.

        What the epoch's means count is the closure's first evaluation, at the parameters before
        the step. Most optimizers call it once; some (LBFGS, SAM) again at points of their own.
        """
        seen = []
        max_norm = math.inf if self.clip_norm is None else self.clip_norm

        def closure():
            self.optimizer.zero_grad()
            output, loss = self.learn(x, y)
            if not seen:
                self.history.step_losses.append(loss.item())
                if not math.isfinite(loss.item()):
                    raise Diverged
            loss.backward()
            norm = clip_grad_norm_(self.parameters, max_norm)
            seen.append((count_correct(output, y), norm))
            return loss

        self.lr = self.optimizer.param_groups[0]["lr"]
        try:
            self.optimizer.step(closure)
        except Diverged:
            return False
        correct, norm = seen[0]
        self.epoch_steps += 1
        self.samples += len(y)
        self.loss_sum += self.history.step_losses[-1] * len(y)
        self.norm_sum += norm
        self.correct = add(self.correct, correct)
        return True

    def epoch(self, max_steps, interrupt, show):
        """Steps to the end of the epoch, or to a reason to stop before it, which is returned."""
        for x, y in self.loader:
            if not self.step(x, y):
                return "diverged"
            show.step(self.history.step_losses[-1])
            if interrupt.is_set():
                return "interrupted"
            if self.steps == max_steps and self.epoch_steps < len(self.loader):
                return "max_steps"
        return None

    def limit(self, epochs, max_steps, early_stopping):
        """The limit that was reached, or None."""
        if early_stopping is not None and self.bad_epochs >= early_stopping:
            return "early stopping"
        if max_steps is not None and self.steps >= max_steps:
            return "max_steps"
        return "epochs" if epochs is not None and len(self.history) >= epochs else None

    def close_epoch(self, val):
        """The epoch's row in the history, with the losses on the validation data."""
        val_loss, val_accuracy, n = None, None, self.samples
        if val is not None:
            with self.judged():
                val_loss, val_accuracy = means(self.model, self.judge, val)
        row = {
            "epoch": len(self.history) + 1,
            "step": self.steps,
            "loss": self.loss_sum / n,
            "accuracy": None if self.correct is None else self.correct / n,
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
            "lr": self.lr,
            "grad_norm": self.norm_sum / self.epoch_steps,
            "seconds": round(self.seconds(), 3),
        }
        self.history.rows.append(row)
        self.open_epoch()
        return row

    def remember_best(self, patience):
        """Count the epochs without a lower validation loss; after `patience` put the best back."""
        loss = self.history.rows[-1]["val_loss"]
        if loss < self.best_loss:
            self.best_loss, self.bad_epochs = loss, 0
            with self.judged():
                self.best_parameters = self.model.state_dict()
        else:
            self.bad_epochs += 1
        if self.bad_epochs >= patience and self.best_parameters is not None:
            self.set_mode(training=False)
            self.model.load_state_dict(self.best_parameters)

    def set_mode(self, training):
        """Switch an optimizer that has modes: ScheduleFreeSGD learns at y and is judged at x."""
        switch = getattr(self.optimizer, "train" if training else "eval", None)
        if switch is not None:
            switch()

    @contextlib.contextmanager
    def judged(self):
        """Within it the parameters are those to judge, in the midst of training."""
        self.set_mode(training=False)
        try:
            yield
        finally:
            self.set_mode(training=True)

    def seconds(self):
        return self.seconds_before + time.perf_counter() - self.started
