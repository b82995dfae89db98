"""The last step of an optimizer in words and numbers: its memory, its formula, each move.

Read next: `draw/tape/update.py`, the formula.
"""

import math

from ...engine.graph import Node
from ...optim.base.optimizer import Optimizer
from ...optim.base.wrapper import innermost
from .formula import number
from .update import Update

MOST = 8  # parameters that are explained without being asked for


def step_lines(optimizer, only=None):
    """The lines of `explain(optimizer, only=…)`."""
    inner = innermost(optimizer)
    last = inner.last_step
    if last is None:
        raise ValueError("explain: the optimizer has taken no step yet; call step() before")
    elements = _elements(last, only)
    yield f"Step {inner.steps} of {optimizer!r}"
    if last.gradients is None:
        yield "It kept no gradients: what it remembers stands here before and after the step."
    for number_of_block, i in elements:
        yield ""
        yield from Element(inner, last, number_of_block, i).lines(optimizer)


def _elements(last, only):
    """(number of the block, number in it) of each parameter that is to be explained."""
    places = [(k, i) for k, (block, *_) in enumerate(last.moves) for i in range(block.size)]
    names = [last.moves[k][0].name(i) for k, i in places]  # two parameters may have one label
    first = names[0]
    if only is None:
        if len(places) > MOST:
            raise ValueError(
                f"explain: the step moved {len(places):,} parameters; name those to explain, as in "
                f"explain(optimizer, only=[{first!r}])"
            )
        return places
    elements = []
    for asked in [only] if isinstance(only, (str, Node)) else only:
        inside = [
            (k, i)
            for name, (k, i) in zip(names, places, strict=True)
            if _is(asked, name, last.moves[k][0], i)
        ]
        if not inside:
            raise ValueError(f"explain: the step moved no {asked!r:.60}; it moved {first}, …")
        elements += inside
    return elements


def _is(asked, name, block, i):
    """Whether an element was asked for: by its name, by its Tensor's name, or as a node."""
    if isinstance(asked, str):
        return asked in (name, name.partition("[")[0])
    return asked is (block.values[i] if hasattr(block, "values") else getattr(block, "tensor", 0))


class Element:
    """One parameter in one step: element i of a block, and what the step did to it."""

    def __init__(self, optimizer, last, k, i):
        self.optimizer, self.i = optimizer, i
        self.block, self.new, self.state_after = last.moves[k]
        _, self.old, self.state_before = last.before[k]
        self.g = None if last.gradients is None else last.gradients[k][i]
        groups = [k for k, blocks in enumerate(optimizer.blocks) if self.block in blocks]
        self.group = last.groups[groups[0] if groups else 0]  # a block of all has the only group

    def lines(self, outermost):
        i, name = self.i, self.block.name(self.i)
        old, new = self.old[i], self.new[i]
        digits = ".4g" if f"{old:.4g}" != f"{new:.4g}" else ".10g"
        yield f"{name} = {old:{digits}} becomes {new:{digits}}"
        update = None if self.g is None else self._update(name)
        if update:
            yield from update.lines()
        else:
            yield from [f"  g = {number(self.g)}"] if self.g is not None else []
            yield from self._memory()
        rate = f": an effective rate of {number((old - new) / self.g)}" if self.g else ""
        yield f"  moved by {number(new - old)}{rate}"
        now = self.block.read()[i]
        if outermost is not self.optimizer and now != new:
            yield f"  then {type(outermost).__name__} put it at {number(now)}"

    def _memory(self):
        """Each entry of the state, before and after."""
        for key, after in self.state_after.items():
            before = self.state_before.get(key)
            yield f"  {key}: {self._entry(before)} -> {self._entry(after)}"

    def _entry(self, x):
        if not isinstance(x, (list, tuple)):
            return "none" if x is None else number(x)
        if len(x) == self.block.size and all(isinstance(y, float) for y in x):
            return f"{number(x[self.i])}, norm of all {number(math.hypot(*x))}"
        return f"{len(x)} lists" if x and isinstance(x[0], list) else f"{len(x)} numbers"

    def _update(self, name):
        """The update of this element alone, as nodes; None where it depends on the others too."""
        if type(self.optimizer).update_block is not Optimizer.update_block:
            return None
        state = self.state_before or self.optimizer.start(self.block, self.group)
        if any(isinstance(x, list) and len(x) != self.block.size for x in state.values()):
            return None
        try:
            update = Update(
                self.optimizer, name, self.old[self.i], self.g, self.i, state, self.group
            )
        except (TypeError, ValueError, ArithmeticError):  # it looks at numbers, at their norm, say
            return None
        return update if update.agrees_with(self.new[self.i]) else None
