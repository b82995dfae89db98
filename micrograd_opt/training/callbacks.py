"""Callback: what hangs on the training loop, the library's own features and a user's alike.

`fit` turns its arguments into callbacks, here in the order in which they are called:

    compile          Compiling       in `forward.py`
    resume           Resume          in `resume.py`
    (always)         Interrupt       Ctrl-C lets the step finish
    progress         Progress        in `progress.py`
    callbacks        the user's own
    early_stopping   EarlyStopping
    epochs, max_steps  Limits
    (always)         RunOut          in `schedulers.py`; the rates are 0, and why
    checkpoint       Checkpoint      in `resume.py`; the last, so that it saves what the others did

Read next: `training/evaluate.py`.
"""

import math
import signal
import threading

from ..engine.arguments import NUMBER, WHOLE, Each, Optional, checked
from ..engine.value import Value
from .diagnose import has_diverged


class Callback:
    """The base class. Define what you need of its hooks; each is called with the run.

    `run.model`, `run.optimizer`, `run.loader` and `run.history` are there to look at, `run.steps`
    counts the steps. A true answer of on_start, on_step or on_epoch stops the run, after all
    callbacks have been called: a text is then the reason in `history.stopped`, else "callback".

    This one steps a learning-rate scheduler once an epoch. A checkpoint saves each scheduler that
    a callback holds or names, so a resumed run has the same rates, to the bit. What else a Callback
    remembers is saved by its state_dict.

    >>> class Scheduled(Callback):
    ...     def __init__(self, scheduler):
    ...         self.scheduler = scheduler
    ...     def on_epoch(self, run):
    ...         self.scheduler.step()

    >>> from micrograd_opt import Value, fit, functional, optim
    >>> w = Value(0.0)
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> halving = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> history = fit(lambda x: [w * row for row in x.tolist()], functional.mse_loss, optimizer,
    ...               ([1.0, 2.0], [3.0, 6.0]), epochs=3, progress=False,
    ...               callbacks=[Scheduled(halving)])
    >>> history["lr"]
    [0.1, 0.05, 0.025]
    """

    def __init_subclass__(cls, **options):
        """TypeError for a hook that does not exist, such as on_batch: it would never be called."""
        super().__init_subclass__(**options)
        unknown = [n for n in vars(cls) if n.startswith("on_") and not hasattr(Callback, n)]
        if unknown:
            hooks = ", ".join(name for name in vars(Callback) if name.startswith("on_"))
            raise TypeError(f"{cls.__name__}: {unknown[0]} is none of the hooks {hooks}")

    def on_start(self, run):
        """Before the first step, or the first after a resume."""

    def on_step(self, run):
        """After each step; its loss is `run.history.step_losses[-1]`."""

    def on_epoch(self, run):
        """After each epoch, and its validation; its row is `run.history.rows[-1]`."""

    def on_end(self, run):
        """After the last step, in the reverse order; also after an error, like a `finally`."""

    def state_dict(self):
        """A dict of what a checkpoint is to keep of this callback, in plain JSON types."""
        return {}

    def load_state_dict(self, state):
        """Take over what state_dict gave.

        A resumed run calls this in Resume's on_start: before the on_start of your own callbacks.
        """


class EpochFunction(Callback):
    """A plain function of the History, called after each epoch; a true answer stops the run."""

    def __init__(self, function):
        self.function = function

    def on_epoch(self, run):
        return bool(self.function(run.history))


class EarlyStopping(Callback):
    """Stop after `patience` epochs in a row that did not lower the validation loss.

    The parameters of the epoch with the lowest are then put back. With patience None it only keeps
    the best parameters that a checkpoint holds.
    """

    def __init__(self, model, patience):
        self.model, self.patience = model, patience
        self.best_loss, self.best_parameters, self.bad_epochs = math.inf, None, 0

    def on_start(self, run):
        """A resumed run may have stopped for this before."""
        if self.patience is not None and self.bad_epochs >= self.patience:
            return "early stopping"

    def on_epoch(self, run):
        if self.patience is None:
            return None
        loss = run.history.rows[-1]["val_loss"]
        if loss < self.best_loss:
            self.best_loss, self.bad_epochs = loss, 0
            with run.evaluation_mode():
                self.best_parameters = self.model.state_dict()
        else:
            self.bad_epochs += 1
        if self.bad_epochs < self.patience:
            return None
        if self.best_parameters is not None:  # None: every loss was NaN or infinite
            run.set_mode(training=False)
            self.model.load_state_dict(self.best_parameters)
        return "early stopping"

    def state_dict(self):
        names = ("best_loss", "best_parameters", "bad_epochs")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state):
        allowed = {
            "best_loss": "[-inf, inf]", "best_parameters": Optional(dict), "bad_epochs": WHOLE
        }  # fmt: skip
        state = checked(state, allowed, "EarlyStopping")
        if state["best_parameters"] is not None:  # they must fit; the run's own are loaded later
            self.model.load_state_dict(state["best_parameters"])
            require_finite_parameters(self.model)
        vars(self).update(state)


def require_finite_parameters(model):
    """ValueError where a number that learns is not finite: no step makes such a one.

    Buffers may hold any, as a mask of −inf does.
    """
    for name, p in model.named_parameters():
        if p.requires_grad:
            flat = [p.data] if isinstance(p, Value) else p.data.flat
            checked(flat, Each(NUMBER), f"{type(model).__name__}, load_state_dict: {name}")


class Limits(Callback):
    """Stop after so many epochs or steps, counted from the start of the run; None: no limit.

    A run that comes so far with a loss beyond any use has diverged, though every loss is finite.
    """

    def __init__(self, epochs, max_steps):
        self.epochs, self.max_steps = epochs, max_steps

    def on_epoch(self, run):
        if self.max_steps is not None and run.steps >= self.max_steps:
            return self._reached("max_steps", run)
        if self.epochs is not None and len(run.history) >= self.epochs:
            return self._reached("epochs", run)

    on_start = on_epoch  # a resumed run may be there already

    def on_step(self, run):
        """The last step of an epoch is left to on_epoch, so that the epoch is a whole one."""
        if run.steps == self.max_steps and run.epoch.steps < len(run.loader):
            return self._reached("max_steps", run)

    def _reached(self, limit, run):
        losses = run.history.step_losses
        return "diverged" if has_diverged(losses, len(run.loader)) else limit


class Interrupt(Callback):
    """A first Ctrl-C lets the step finish, then stops the run; a second interrupts at once."""

    def __init__(self):
        self.reason = None

    def on_start(self, run):
        self.before = None
        if threading.current_thread() is threading.main_thread():  # no other may set handlers
            self.before = signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number, frame):
        self.reason = "interrupted"
        signal.signal(signal.SIGINT, self.before)

    def on_step(self, run):
        return self.reason

    def on_end(self, run):
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
