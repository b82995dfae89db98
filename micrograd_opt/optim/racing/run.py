"""One run: an optimizer, a start and a rate, until its gradients are spent.

The budget counts gradients, not steps, for these are what costs time. One call of the closure is
one gradient evaluation: SAM's step takes 2, a step of L-BFGS up to 25. An optimizer whose step
takes gradients beside those says how many, in `evaluations_per_call`: Newton's 1 + n are the
gradient and the n rows of the Hessian.
Read next: `optim/racing/results.py`.
"""

import math
import random

from ...engine.graph import Node
from ...engine.state import no_grad
from ...engine.tensor import Tensor
from ...engine.value import Value
from ..base.optimizer import Optimizer
from ..base.wrapper import innermost

MOST_KEPT = 3  # numbers of a point, for a path to be kept: no picture shows more
TOO_HIGH = 1e6  # a loss of so many times the first, or of 1 if that is more, is divergence


class Run:
    """What one run came to.

    losses       the loss after each step, over all the data; losses[0] is at the start. Each is
                 finite: what diverged is not among them
    evaluations  the gradient evaluations that were spent until then
    path         the points, tuples of floats; None for points of more than 3 numbers
    diverged     whether it left for infinity: a loss was NaN, infinite, or a million times the
                 first (times 1, if the first is less)
    ended        why it ended, in step len(losses), before its budget: "diverged", or what the
                 optimizer's ValueError says; None where it did not
    """

    __slots__ = ("losses", "evaluations", "path", "diverged", "ended")

    def __init__(self):
        self.losses, self.evaluations, self.path = [], [], []
        self.diverged, self.ended = False, None

    def __repr__(self):
        end = f"{self.ended} in step {len(self.losses)}" if self.ended else "whole"
        return (
            f"Run({len(self.losses) - 1} steps, {self.evaluations[-1]} evaluations, "
            f"loss {self.losses[-1]:.3g}, {end})"
        )

    @property
    def loss(self):
        """The loss at the end; inf if the run diverged."""
        return math.inf if self.diverged else self.losses[-1]

    def reaches(self, target):
        """(evaluations, steps) until the loss was `target` or less; both inf for never, and for a
        run that diverged, though it may have passed there."""
        for step, loss in enumerate(self.losses):
            if loss <= target and not self.diverged:
                return self.evaluations[step], step
        return math.inf, math.inf


def batches_of(seed, start):
    """The generator of the batches of all runs from start number `start`."""
    return random.Random(f"{seed}, start {start}")


class FunctionError(RuntimeError):
    """An error of the function that is raced on, not of an optimizer."""


class Spent(Exception):
    """No gradient is left for the step that asked for one."""


class Diverged(Exception):
    """The loss is not finite, or too high."""


def run(f, names, start, make, budget, rng, watch=None):
    """The Run of the optimizer `make(params)` on f, from `start`, with `budget` evaluations.

    An optimizer's step happens whole or not at all: one that would need more gradients than are
    left is undone. `rng` draws the batches, if f has any: one for each step. `watch(optimizer)` is
    called after each step.
    """
    course = Course(f, names, start, make, budget)
    result = course.result
    try:
        course.look()
        while True:
            course.step(rng)
            course.look()
            if watch is not None:
                watch(course.optimizer)
    except Spent:
        pass
    except Diverged:
        result.diverged, result.ended = True, "diverged"
    except (ValueError, ArithmeticError) as error:
        result.ended = str(error)
    return result


class Course:
    """A run under way."""

    def __init__(self, f, names, start, make, budget):
        self.f, self.budget = f, budget
        self.params = parameters(names, start)
        self.optimizer = make(self.params)
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"no optimizer of (params), but {self.optimizer!r:.60}")
        n = sum(p.size if isinstance(p, Tensor) else 1 for p in self.params)
        self.price = getattr(innermost(self.optimizer), "evaluations_per_call", 1)
        self.spent = 0
        self.result = Run()
        if n > MOST_KEPT:
            self.result.path = None

    def step(self, rng):
        """One step of the optimizer, on one batch if f has batches."""
        batch = getattr(self.f, "batch", None)
        loss_fn, before = batch(rng) if batch else self.f, self.spent
        self.optimizer.step(lambda: self.gradient(loss_fn))
        if self.spent == before:
            raise RuntimeError("its step did not call the closure, so no gradient was computed")

    def gradient(self, loss_fn):
        """The closure: a loss with its gradients in the parameters, for the price of it."""
        if self.spent + self.price > self.budget:
            raise Spent
        self.spent += self.price
        self.optimizer.zero_grad()
        loss = evaluated(loss_fn, self.params)
        if not loss.requires_grad:
            raise FunctionError("race: the loss depends on no argument, so it has no gradient")
        if not math.isfinite(loss.item()):
            raise Diverged
        loss.backward()
        return loss

    def look(self):
        """Record where the optimizer stands and the loss there; that costs it no gradient.

        A schedule-free one stands at its average.
        """
        exchanging = innermost(self.optimizer)
        exchanges = hasattr(exchanging, "eval")
        if exchanges:
            exchanging.eval()
        result = self.result
        with no_grad():
            loss = evaluated(self.f, self.params).item()
        if not math.isfinite(loss) and not result.losses:
            raise FunctionError(f"race: at the start the loss is {loss}{place(self.params)}")
        if not -math.inf < loss <= TOO_HIGH * max(1.0, abs((result.losses or [loss])[0])):
            raise Diverged
        result.losses.append(loss)
        result.evaluations.append(self.spent)
        if result.path is not None:
            result.path.append(point(self.params))
        if exchanges:
            exchanging.train()


def parameters(names, start):
    """A Value for each number of `start`, a Tensor for each list of them."""
    return [
        Value(x, name) if isinstance(x, float) else Tensor(x, requires_grad=True, label=name)
        for x, name in zip(start, names, strict=True)
    ]


def point(params):
    """Where they are, as a flat tuple of floats."""
    return tuple([x for p in params for x in (p.data.flat if isinstance(p, Tensor) else [p.data])])


def place(params):
    """Where they are, in words: nothing of Tensors."""
    where = ", ".join(f"{p.label} = {p.data:g}" for p in params if isinstance(p, Value))
    return f", at {where}" if where else ""


def evaluated(f, params):
    """f of the parameters, a node of one number; FunctionError if it is anything else."""
    try:
        loss = f(*params)
    except Exception as error:
        what = f"race: the function raised {type(error).__name__}: {error}"
        raise FunctionError(f"{what}{place(params)}") from error
    if not isinstance(loss, Node) or getattr(loss, "size", 1) != 1:
        raise FunctionError(
            f"race: the function must return a Value, or a Tensor of one number, computed from its "
            f"arguments; got {loss!r:.60}"
        )
    return loss
