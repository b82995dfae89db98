"""Run: the training loop of Lecture 6.

    for each epoch
        for each batch of it
            forward, backward, clip, update        Run.step
            on_step of every callback
        validate, one more row of the history
        on_epoch of every callback

Read next: `training/callbacks.py`.
"""

import contextlib
import math
import time
from functools import partial

from ..nn.utils import clip_grad_norm_
from . import resume
from .evaluate import Means, mean_loss_and_accuracy, output_and_loss
from .history import History


class Run:
    """One run of `fit`, as its callbacks see it.

    model, loss_fn, optimizer, loader, val, clip_norm, compile   as `fit` was called
    history      the rows and the step losses so far
    stopped      why the run ends, once it is to end
    forward      the function that gives (output, loss) of a batch (x, y); val_forward the same in
                 validation. Compiling puts programs there
    epoch        what the steps of this epoch add up to
    """

    def __init__(self, model, loss_fn, optimizer, loader, val, clip_norm, compile, callbacks):
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer
        self.loader, self.val, self.clip_norm, self.compile = loader, val, clip_norm, compile
        self.callbacks = callbacks
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.forward = self.val_forward = partial(output_and_loss, model, loss_fn)
        self.history, self.epoch, self.stopped = History(), Epoch(), None
        self.started = time.perf_counter()

    def train(self):
        """Epochs of steps, until a callback or a loss that is not finite stops them."""
        with contextlib.ExitStack() as ends:
            for callback in self.callbacks:
                self.stop(callback.on_start(self))
                ends.callback(callback.on_end, self)
            self.set_mode(training=True)
            while self.stopped is None:
                for x, y in self.loader:
                    if not self.step(x, y):
                        self.stop("diverged")
                        break
                    for callback in self.callbacks:
                        self.stop(callback.on_step(self))
                    if self.stopped:
                        break
                else:
                    self.close_epoch()
                    for callback in self.callbacks:
                        self.stop(callback.on_epoch(self))
            if self.epoch.steps:  # it stopped in the middle of an epoch
                self.close_epoch()

    def step(self, x, y):
        """Forward, backward, clip, update. False, and nothing moved, if the loss is not finite.

        Most optimizers call the closure once. Some call it again at points of their own (SAM, a
        line search), and then only the first loss counts: that of the parameters as they were.
        """
        max_norm = math.inf if self.clip_norm is None else self.clip_norm
        evaluations = 0

        def closure():
            nonlocal evaluations
            evaluations += 1
            # gradients begin at zero, since backward adds to them
            self.optimizer.zero_grad()
            # forward: the model's output, and the loss between it and y
            output, loss = self.forward(x, y)
            if evaluations == 1:
                self.history.step_losses.append(loss.item())
                if not math.isfinite(loss.item()):
                    raise Diverged
            # backward: the gradient of the loss for every parameter
            loss.backward()
            # clip: scale the whole gradient down to max_norm if it is longer
            norm = clip_grad_norm_(self.parameters, max_norm)
            if evaluations == 1:
                self.epoch.add(output, loss.item(), y, norm)
            return loss

        self.epoch.lr = self.optimizer.param_groups[0]["lr"]
        try:
            # update: one step along the negative gradient, or what the optimizer makes of it
            self.optimizer.step(closure)
        except Diverged:
            return False
        return True

    def stop(self, reason):
        """End the run where there is a reason, a text or True; the first one counts."""
        if reason and self.stopped is None:
            self.stopped = reason if isinstance(reason, str) else "callback"

    def close_epoch(self):
        """Validate, and write the epoch's row."""
        val_loss = val_accuracy = None
        if self.val is not None:
            with self.evaluation_mode():
                means = mean_loss_and_accuracy(self.model, self.val_forward, self.val)
                val_loss, val_accuracy = means
        epoch, self.epoch = self.epoch, Epoch()
        self.history.rows.append({
            "epoch": len(self.history) + 1, "step": self.steps,
            "loss": epoch.loss, "accuracy": epoch.accuracy,
            "val_loss": val_loss, "val_accuracy": val_accuracy,
            "lr": epoch.lr, "grad_norm": epoch.norm_sum / epoch.steps,
            "seconds": round(self.seconds, 3),
        })  # fmt: skip

    @property
    def steps(self):
        return len(self.history.step_losses)

    @property
    def seconds(self):
        return time.perf_counter() - self.started

    def set_mode(self, training):
        """Switch an optimizer that has modes.

        ScheduleFreeSGD takes gradients at one point and is evaluated at another, the average.
        """
        switch = getattr(self.optimizer, "train" if training else "eval", None)
        if switch is not None:
            switch()

    @contextlib.contextmanager
    def evaluation_mode(self):
        """A stretch of training in which the parameters are those to evaluate."""
        self.set_mode(training=False)
        try:
            yield
        finally:
            self.set_mode(training=True)

    def snapshot(self):
        """A function that puts the whole run back as it is now, for `all_or_nothing`."""
        before = resume.state_dict(self)
        return lambda: resume.load_state_dict(self, before)


class Epoch(Means):
    """What the steps of an epoch add up to; `lr` is the rate of the latest."""

    def __init__(self):
        super().__init__()
        self.steps, self.norm_sum, self.lr = 0, 0.0, 0.0

    def add(self, output, loss, y, norm):
        super().add(output, loss, y)
        self.steps += 1
        self.norm_sum += norm


class Diverged(ArithmeticError):
    """The loss of a batch is NaN or infinite."""
