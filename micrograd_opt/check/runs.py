"""A run: an optimizer is walked through a problem, and all it does is written down.

Read next: `check/comparison.py`.
"""

import inspect
from typing import NamedTuple

from ..array.array import Array
from ..engine.tensor import Tensor
from ..engine.value import Value
from ..optim import Optimizer
from ..optim.base.blocks import TensorBlock, ValueBlock
from .problems import STEPS
from .report import agree

__all__ = []

MEMORY = ("m", "v", "u", "b", "g")  # what a state may hold of each number, by the docstrings' names


class Run(NamedTuple):
    """points[i], states[i]: after step i, a flat list for each parameter; a state by its entry.

    A run that an exception ended is as long as the steps before it.
    """

    points: list
    states: list
    error: Exception | None


def run(construct, problem, grouped=False, like=None):
    """The Run of an optimizer, `construct(parameters)`, through a problem.

    grouped     each parameter is a group of its own, so that Values are not moved as one block
    like        another Run: this one ends with the first step that is not the same
    """
    parameters, points, states = problem.parameters(), [], []
    try:
        optimizer = construct([{"params": [p]} for p in parameters] if grouped else parameters)
        for i in range(STEPS):
            if problem.changes_lr():
                set_rate(optimizer, problem.settings["lr"] * problem.rates[i])
            take_step(optimizer, problem, parameters, i)
            points.append([numbers(p) for p in parameters])
            states.append(memory(optimizer, parameters))
            if like is not None and (i >= len(like.points) or first_in(points[i], like.points[i])):
                break
    except Exception as error:
        return Run(points, states, error)
    return Run(points, states, None)


def take_step(optimizer, problem, parameters, i):
    """zero_grad, backward, step; in a closure if the step takes one."""

    def closure():
        optimizer.zero_grad()
        loss = problem.loss(parameters, i)
        loss.backward()
        if problem.missing and i in problem.steps_still:
            parameters[problem.still].grad = None  # also where zero_grad has left a 0
        return loss

    if "closure" in inspect.signature(optimizer.step).parameters:
        optimizer.step(closure)
    else:
        closure()
        optimizer.step()


class NoRate(Exception):
    """An optimizer keeps its lr where it cannot be changed."""


def set_rate(optimizer, lr):
    """An lr for the next step: where PyTorch's classes have it, or as a plain attribute."""
    if hasattr(optimizer, "param_groups"):
        for group in optimizer.param_groups:
            group["lr"] = lr
    elif hasattr(optimizer, "lr"):
        optimizer.lr = lr
    else:
        raise NoRate


def memory(optimizer, parameters):
    """{entry: a flat list for each parameter} of what the optimizer remembers by that name."""
    found = {name: [None] * len(parameters) for name in MEMORY}
    if isinstance(optimizer, Optimizer):
        of = {id(p): k for k, p in enumerate(parameters)}
        for blocks in optimizer.blocks:
            for block in blocks:
                for name in found.keys() & block.state.keys():
                    write_down(found[name], block, block.state[name], of)
    else:
        for name in MEMORY:
            kept = getattr(optimizer, name, None)
            for k, p in enumerate(parameters):
                found[name][k] = numbers(kept_for(kept, p, k, len(parameters)))
    return {name: lists for name, lists in found.items() if None not in lists}


def write_down(lists, block, entry, of):
    """An entry of a block's state, as a list for each of its parameters."""
    if not isinstance(entry, (list, tuple)) or len(entry) != block.size:
        return
    if isinstance(block, TensorBlock):
        lists[of[id(block.tensor)]] = list(entry)
    elif isinstance(block, ValueBlock):
        for value, x in zip(block.values, entry, strict=True):
            lists[of[id(value)]] = [x]


def kept_for(kept, p, k, n):
    """What a student's attribute keeps for parameter p, number k of n: in a list of n, or in a
    dict by parameter, by id or by number."""
    if isinstance(kept, dict):
        return next((kept[key] for key in (p, id(p), k) if key in kept), None)
    return kept[k] if isinstance(kept, (list, tuple)) and len(kept) == n else None


def numbers(x):
    """A parameter, a number, an Array or a list as a flat list of floats; None for anything else.

    >>> numbers(2.0), numbers(Tensor([[1.0, 2.0]])), numbers("m")
    ([2.0], [1.0, 2.0], None)
    """
    if isinstance(x, (Value, Tensor)):
        x = x.data
    try:
        return [float(x)] if isinstance(x, (int, float)) else list(Array.of(x).flat)
    except (TypeError, ValueError):
        return None


class Difference(NamedTuple):
    """Where two runs differ first: step i, parameter k, its element j, and the two numbers."""

    i: int
    k: int
    j: int
    entry: str | None  # of the memory; None: the parameter itself
    mine: float
    reference: float


def difference(mine, reference, wrong=None):
    """The first Difference of two runs; None as far as both go.

    wrong   the Run with a mistake that walks as yours does. What you remember under a name of the
            library's memory is compared if the two agree there: else it may mean something else
    """
    for i, (points, wanted) in enumerate(zip(mine.points, reference.points, strict=False)):
        for entry, lists in reference.states[i].items() if wrong and wrong.points[i:] else ():
            own, meant = mine.states[i].get(entry), wrong.states[i].get(entry)
            if own and meant and not first_in(own, meant) and (found := first_in(own, lists)):
                return Difference(i, *found[:2], entry, *found[2:])
        if found := first_in(points, wanted):
            return Difference(i, *found[:2], None, *found[2:])
    return None


def first_in(mine, reference):
    """(k, j, x, y): the first number in which two lists of lists differ; None if they agree."""
    for k, (xs, ys) in enumerate(zip(mine, reference, strict=True)):
        if len(xs) != len(ys):
            return k, 0, xs, ys
        for j, (x, y) in enumerate(zip(xs, ys, strict=True)):
            if not agree(x, y):
                return k, j, x, y
    return None


def same(mine, other):
    """Whether two runs take the same steps, and end with the same error or both with none."""
    if len(mine.points) != len(other.points) or ending(mine) != ending(other):
        return False
    return not any(map(first_in, mine.points, other.points))


def ending(run):
    """What ended a run: the kind of the error that came first, and of a ValueError its words."""
    error = run.error
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return type(error), str(error) if isinstance(error, ValueError) else ""
