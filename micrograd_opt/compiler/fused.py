"""The optimizer's update as part of the program: forward, backward and step in one function.

The formula is the optimizer's own: its `update` is called once with lists of Scalars for the
parameters, gradients and state, and what it computes becomes statements. So the numbers are those
of `optimizer.step()`, to the bit. An update that looks at numbers (Rprop's signs, AMSGrad's
maximum) cannot be written that way: NotFusible. lr and what schedules set are read at each step.
Read next: `compiled.py`.
"""

from functools import partial
from math import isfinite
from types import FunctionType

from .scalars import Scalar

MOST_PARAMETERS = 1000  # above, the optimizer's own lists are as fast, and no source grows


class NotFusible(Exception):
    """This optimizer's update cannot be part of a program."""


class Begins(NotFusible):
    """Not in this step, in which a part of the state begins: momentum that was 0 before, say."""


def fusible(optimizer):
    """Whether a step of this optimizer is its `update` alone, of few enough parameters to pay.

    A class that overrides another part of the step (LBFGS, a wrapper, one with modes) is none.
    """
    kind = type(optimizer)
    base = _defines(kind, "in_force")
    whole = all(_defines(kind, name) is base for name in ("step", "update_block", "commit"))
    size = sum(block.size for blocks in optimizer.blocks for block in blocks)
    own = _defines(kind, "update") is not base
    return whole and own and not hasattr(kind, "train") and size <= MOST_PARAMETERS


def _defines(kind, name):
    """The class from which `kind` has an attribute."""
    return next(c for c in kind.__mro__ if name in vars(c))


class Hyperparameter(Scalar):
    """One that a schedule sets, and not to 0: an update may ask that, as SGD does of momentum."""

    __slots__ = ()

    def __bool__(self):
        return True


def decisive(optimizer, k, group):
    """What of a group's hyperparameters decides the program: of those that the program reads at
    each step, only whether they are 0, lr not even that."""
    scheduled = optimizer.scheduled(k)
    values = [(name, value, name in scheduled) for name, value in group.items() if name != "lr"]
    return tuple([_not_zero(value) if read else value for name, value, read in values])


def _not_zero(value):
    if isinstance(value, tuple):
        return tuple(map(_not_zero, value))
    return value != 0.0 if isinstance(value, float) else value


def moves(optimizer):
    """A function of the updates that a program returns → (block, new parameters, new state) of all
    blocks, as `commit` takes them; None where a number is not finite.

    It is generated as well: written out, a step's dicts cost a third of what a loop takes.
    """
    blocks = [block for blocks in optimizer.blocks for block in blocks]
    lists, found, place = [], [], 0
    for i, block in enumerate(blocks):
        theta, entries, place = f"new[{place}]", [], place + 1
        lists.append(theta)
        for name, old in block.state.items():
            if old is None:
                entries.append(f"{name!r}: None")
            elif type(old) is list:
                lists.append(f"new[{place}]")
                entries.append(f"{name!r}: new[{place}]")
            else:
                entries.append(f"{name!r}: {type(old).__name__}(new[{place}])")
            place += old is not None
        found.append(f"(blocks[{i}], {theta}, {{{', '.join(entries)}}})")
    total = f"sum([{', '.join([f'sum({x})' for x in lists])}])"
    text = f"lambda new: [{', '.join(found)}] if isfinite({total}) else None"
    return eval(text, {"blocks": blocks, "isfinite": isfinite})


class Update:
    """Calls an optimizer's update with Scalars.

    builder     the program's, which makes inputs; gradients: {leaf: Scalars}, those known
    """

    def __init__(self, optimizer, builder, gradients):
        self.optimizer, self.builder, self.gradients = optimizer, builder, gradients
        self.op = builder.scalars.op

    def results(self):
        """(name, Scalars, whether a single number) of each new parameter list and state entry."""
        found = []
        for k, blocks in enumerate(self.optimizer.blocks):
            group, ending = dict(self.optimizer.in_force(k)), f"_{k}" if k else ""
            for name in self.optimizer.scheduled(k):
                take = partial(self._now, k, name)
                group[name] = self._hyperparameter(f"{name}{ending}", group[name], take)
            group["lr"] = self._number(f"lr{ending}", lambda k=k: [self._now(k, "lr")])
            for block in blocks:
                found += self._block(block, group)
        return found

    def _now(self, k, name):
        return self.optimizer.param_groups[k][name]

    def _hyperparameter(self, label, value, take):
        """What a schedule sets, for the update: a float other than 0 is what `take` gives later."""
        if isinstance(value, tuple):
            parts = enumerate(value)
            one = self._hyperparameter
            return tuple([one(f"{label}_{i}", x, lambda i=i: take()[i]) for i, x in parts])
        if not isinstance(value, float) or not value:
            return value
        return self.builder.extra(label, 1, lambda: [take()], Hyperparameter)[0]

    def _number(self, name, take):
        return self.builder.extra(name, 1, take)[0]

    def _block(self, block, group):
        theta, g = self._parameters(block)
        if group.get("maximize"):
            g = [self.op("neg", d) for d in g]
        name = self.builder.names.new(f"new_{self.builder.base[self._leaves(block)[0]]}")
        state = {key: self._state(block, key, x) for key, x in block.state.items()}
        before = dict(state)
        update = _traced(type(self.optimizer).update, self.op)
        try:
            new = update(self.optimizer, theta, g, state, group)
        except (TypeError, AttributeError) as error:
            raise NotFusible(str(error)) from error
        if state.keys() != before.keys():
            raise NotFusible("state")
        if any(old is None and state[key] is not None for key, old in before.items()):
            raise Begins("state")
        found = [(name, self._scalars(new), False)]
        for key, old in block.state.items():
            if old is not None:
                single = type(old) is not list
                flat = [state[key]] if single else state[key]
                found.append((f"{name}_{key}", self._scalars(flat), single))
        return found

    def _leaves(self, block):
        return block.values if hasattr(block, "values") else [block.tensor]

    def _parameters(self, block):
        leaves = self._leaves(block)
        if any(leaf not in self.gradients for leaf in leaves):
            raise NotFusible("a parameter without a gradient")
        values = self.builder.values
        theta = [x for leaf in leaves for x in values[leaf].flat]
        return theta, [x for leaf in leaves for x in self.gradients[leaf]]

    def _state(self, block, key, x):
        if x is None:
            return None
        label = f"{key}_{self.builder.base[self._leaves(block)[0]]}"
        if type(x) is list:
            return self.builder.extra(label, len(x), lambda: block.state[key])
        if type(x) in (int, float):
            return self._number(label, lambda: [block.state[key]])
        raise NotFusible(key)

    def _scalars(self, flat):
        if not isinstance(flat, list):
            raise NotFusible("update")
        return [x if isinstance(x, Scalar) else self.builder.scalars.const(x) for x in flat]


def _traced(update, op):
    """The function `update` with a square root that takes Scalars too."""
    names = dict(update.__globals__)
    plain = names.get("sqrt")

    def sqrt(x):
        return op("sqrt", x) if isinstance(x, Scalar) else plain(x)

    names["sqrt"] = sqrt
    return FunctionType(update.__code__, names, closure=update.__closure__)
