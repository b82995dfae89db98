"""What all optimizers share: groups of parameters, and a step that happens whole or not at all.

An optimizer proper is one formula, its `update`. What `step` does around it, for θ = (1, 2) with
the gradient (10, −10) and θ ← θ − 0.1 g:

    g = block.gradient()                     [10.0, -10.0]; no gradient, no move
    theta = update(theta, g, state, group)   [0.0, 3.0], and in `state` what is remembered
    each number finite?                      or an error, and nothing has changed
    block.write(theta)                       once every block has come so far

Read next: `optim/base/blocks.py`.
"""

from functools import partial
from math import isfinite
from types import FunctionType
from typing import NamedTuple

from ...engine.arguments import NUMBER, RATE, checked
from ...engine.state import enable_grad, next_version
from ...engine.tensor import Tensor
from . import state_dicts
from .blocks import Groups, blocks_of, listed, named, put_back, require_finite
from .hyperparameters import asked, constructor_arguments, scheduled

__all__ = ["Optimizer"]


class LastStep(NamedTuple):
    """What a step did, and what it replaced. Lists are replaced, never changed, so none is copied.

    moves       (block, new values, new state) of each block that moved
    before      (block, values, state) of these blocks before
    gradients   theirs, as flat lists; None where the step kept none, as a compiled one
    groups      for each group the hyperparameters that the step used
    """

    moves: list
    before: list
    gradients: list | None
    groups: list


class Optimizer:
    """The base class: a subclass adds its hyperparameters, with their ranges, and `update`.

    params      Tensors and Values, mixed if need be; or (name, parameter) pairs; or groups,
                {'params': those, and each hyperparameter that differs}. Frozen ones, with
                requires_grad False, are skipped by every step, until they are let go
    defaults    {hyperparameter: its value, or a schedule: a function of the step i = 0, 1, …};
                or the locals() of the subclass's constructor, of which its own parameters are
                hyperparameters and no other variable

    `param_groups[k]['lr']` is always the plain number that the next step will use. It may be
    written. Where a schedule sets it, what is written holds for one step: at the end of step i
    the schedule is asked for step i + 1. `steps` counts the steps done, so the next is step number
    `steps`.

    Raises TypeError or ValueError for parameters that are missing, there twice or no leaves, and
    for hyperparameters that are unknown or out of range.

    >>> from micrograd_opt import Value
    >>> class SignDescent(Optimizer):
    ...     def __init__(self, params, lr=0.5):
    ...         super().__init__(params, locals())
    ...
    ...     def update(self, theta, g, state, group):
    ...         return [x - group["lr"] * ((d > 0) - (d < 0)) for x, d in zip(theta, g)]
    >>> x = Value(3.0)
    >>> optimizer = SignDescent([x])
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> optimizer, x
    (SignDescent(lr=0.5, 1 parameter), Value(2.5, grad=6.0))
    """

    ranges = {"lr": RATE, "weight_decay": RATE, "eps": RATE, "maximize": bool}
    state_ranges = {}  # {an entry of `start`: what its numbers must be}, where not any finite one

    def __init__(self, params, defaults):
        self.defaults = constructor_arguments(defaults)
        self.param_groups = []
        self.blocks = Groups()  # a list for each group
        self.steps = 0
        self.last_step = None  # what the last step replaced, for `explain`
        self._schedules = []  # for each group {hyperparameter: its schedule}
        self._accepted = []  # for each group the hyperparameters that were checked last
        items = listed(params, type(self).__name__)
        groups = [item for item in items if isinstance(item, dict)]
        if groups and len(groups) < len(items):
            raise TypeError(f"{type(self).__name__}: expected parameters or groups, not a mixture")
        for group in groups or [{"params": items}]:
            self.add_param_group(group)

    def __repr__(self):
        rates = ", ".join(f"{group['lr']:g}" for group in self.param_groups)
        n = sum(block.size for blocks in self.blocks for block in blocks)
        lr = f"[{rates}]" if len(self.blocks) > 1 else rates
        return f"{type(self).__name__}(lr={lr}, {n} parameter{'s' * (n != 1)})"

    # ---- what a subclass writes

    def update(self, theta, g, state, group):
        """The formula: a block's new values from its values and gradient, flat lists of floats.

        state   the block's memory, as `start` made it. Put new lists into it, never change one in
                place: it is kept only if the whole step succeeds
        group   this step's hyperparameters, by name

        `compile` runs an update once with symbols in place of the numbers, to make it a part of its
        program. Two conditions, else the steps are taken here, at their usual speed: a square root
        is called by the name `sqrt` (`from math import sqrt`), so that `update_with` can put one
        that takes symbols in its place; and no number is looked at, as `max` and `d > 0` do.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update")

    def update_with(self, sqrt):
        """`update` with another square root, one that takes symbols too: for `compile`, which asks
        what the formula computes, and for `explain`."""
        update = type(self).update
        names = {**update.__globals__, "sqrt": sqrt}
        return partial(FunctionType(update.__code__, names, closure=update.__closure__), self)

    def start(self, block, group):
        """A block's state before its first step, from which a saved one must not differ in kind.

            {"t": 0, "mu": 1.0, "m": [0.0] * block.size, "b": None, "s": ()}

        t a whole number, mu a float, m a list of this length, b one of block.size floats or None
        until it is needed, s a list of such lists, as many as come.
        """
        return {}

    def update_block(self, block, g, state, group):
        """`update` of a block. To be overridden instead where the formula needs `block.shape`."""
        return self.update(block.read(), g, state, group)

    def hats(self, state, group):
        """{name: list} of what a formula makes of its memory before it is used, as Adam's m̂."""
        return {}

    def check(self, group, what):
        """Raise ValueError, beginning with `what`, where hyperparameters do not go together."""

    # ---- the step

    def step(self, closure=None):
        """One step of every parameter that has a gradient. A Value always has: 0.0 if unused.

        closure     if given, it is called first, computes the gradients and returns the loss,
                    which is then returned from here
        Raises RuntimeError if no parameter has a gradient; ValueError if one is NaN, infinite or
        of the wrong shape, or if the result would be. After an error or an interrupt all is as
        it was: parameters, state, count.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moves, gradients = [], []
        for k, blocks in enumerate(self.blocks):
            group = self.hyperparameters(k)
            for block in blocks:
                g = block.gradient()
                if g is not None:
                    theta, state = self._updated(block, g, group)
                    moves.append((block, theta, state))
                    gradients.append(g)
        if not moves:
            raise RuntimeError("step: no parameter has a gradient; call loss.backward() before")
        self.commit(moves, gradients)
        return loss

    def commit(self, moves, gradients=None):
        """Write each (block, new values, new state), count the step, ask the schedules for the
        next one: all of it or nothing. The gradients, if they are known, are kept for `explain`."""
        before = [(block, block.held(), block.state) for block, _, _ in moves]
        last_step = LastStep(moves, before, gradients, list(self._accepted))
        next_groups = self._ask_schedules(self.steps + 1) if any(self._schedules) else ()
        # The count is last: nothing can fail after it. So without schedules only these blocks can
        # be left half changed, and a snapshot of them is enough.
        put_all_back = self.snapshot() if next_groups else None
        try:  # `all_or_nothing`, without an object of its own at every step
            version = next_version()
            for block, theta, state in moves:
                block.write(theta, version)
                block.state = state
            for k, values in next_groups:
                self.param_groups[k].update(values)
                self._accepted[k] = values
            self.last_step = last_step
            self.steps += 1
        except BaseException:
            if put_all_back is not None:
                put_all_back()
            else:
                put_back(before)
            raise

    def _updated(self, block, g, group):
        """A block's new values and new state, all finite."""
        state = dict(block.state) or self.start(block, group)
        if group.get("maximize"):
            g = [-d for d in g]
        try:
            theta = self.update_block(block, g, state, group)
        except ArithmeticError as error:
            raise ValueError(f"step: {block.name()}: {error}; if eps is 0, raise it") from error
        if not isinstance(theta, list) or len(theta) != len(g):
            gave = f"{len(theta)} values" if isinstance(theta, list) else f"{theta!r:.40}"
            raise ValueError(f"step: update must return a list of {len(g)} floats, gave {gave}")
        total = sum(theta)
        for memory in state.values():
            if type(memory) is list:
                total += sum(memory)
        if not isfinite(total):  # nearly always it is, and so are all terms
            self._require_finite(block, theta, state)
        return theta, state

    def _require_finite(self, block, theta, state):
        require_finite(theta, block, "{} would become {}; lower lr?")
        for name, new in state.items():
            if isinstance(new, list):
                require_finite(new, block, name + " of {} would become {}; scale the loss down?")

    def snapshot(self):
        """A function that puts parameters, states, groups and attributes back as they are now."""
        attributes, put_blocks_back = dict(vars(self)), self.blocks.snapshot()
        groups = [dict(group) for group in self.param_groups]

        def put_back():
            put_blocks_back()
            vars(self).update(attributes)
            for of_each_group in (self.param_groups, self.blocks, self._schedules, self._accepted):
                del of_each_group[len(groups) :]
            for group, values in zip(self.param_groups, groups, strict=True):
                group.clear()
                group.update(values)

        return put_back

    def zero_grad(self):
        """Forget the gradients: None for a Tensor, 0.0 for a Value."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if isinstance(p, Tensor) else 0.0

    # ---- groups and their hyperparameters

    def add_param_group(self, group):
        """One more group: {'params': …, and each hyperparameter that differs from the default}."""
        what = self._name(len(self.blocks))
        if not isinstance(group, dict):
            raise TypeError(f"{what}: expected a dict with 'params', got {type(group).__name__}")
        unknown = group.keys() - self.defaults.keys() - {"params", "initial_lr"}
        if unknown or "params" not in group:
            fact = f"unknown: {', '.join(sorted(map(str, unknown)))}" if unknown else "no params"
            raise ValueError(f"{what}: {fact}; a group has params, {', '.join(self.defaults)}")
        others = [p for other in self.param_groups for p in other["params"]]
        pairs = named(group["params"], others, f"group {len(self.blocks)}")
        values = {name: group.get(name, default) for name, default in self.defaults.items()}
        schedules = {name: value for name, value in values.items() if scheduled(value)}
        values |= asked(schedules, self.steps, self.ranges, what)
        values = self.accepted(values, what)
        if "initial_lr" in group:  # as a scheduler writes it, and a later one reads it
            values["initial_lr"] = checked(group["initial_lr"], RATE, f"{what}: initial_lr")
        self.param_groups.append({"params": [p for _, p in pairs], **values})
        self.blocks.append(blocks_of(pairs))
        self._schedules.append(schedules)
        self._accepted.append(values)

    def hyperparameters(self, k):
        """Those of group k's next step; checked anew where someone has written `param_groups[k]`"""
        group, values = self.param_groups[k], self._accepted[k]
        if not values.items() <= group.items():  # ⊆: each is in the group as it was checked
            values = {name: group[name] for name in self.defaults}
            values = self._accepted[k] = self.accepted(values, self._name(k))
        return values

    def blocks_and_groups(self):
        """(block, its group's hyperparameters) for every block, in a fixed order."""
        pairs = []
        for k, blocks in enumerate(self.blocks):
            group = self.hyperparameters(k)
            pairs += [(block, group) for block in blocks]
        return pairs

    def accepted(self, values, what):
        """A group's hyperparameters as plain numbers. Raises where one is out of range, or where
        they do not go together."""
        values = {
            name: checked(value, self.ranges.get(name, NUMBER), f"{what}: {name}")
            for name, value in values.items()
        }
        self.check(values, what)
        return values

    def _ask_schedules(self, i):
        """(k, group k's hyperparameters at step i) of the groups that have schedules."""
        groups = []
        for k, schedules in enumerate(self._schedules):
            if schedules:
                numbers = asked(schedules, i, self.ranges, self._name(k))
                values = self.hyperparameters(k) | numbers
                self.check(values, self._name(k))
                groups.append((k, values))
        return groups

    def _name(self, k):
        return f"{type(self).__name__}, group {k}"

    # ---- saving

    def state_dict(self):
        """All that a run needs to go on, in plain JSON types: no parameters, and no schedules.

        'state'         {number of the block, as a string: its state}
        'param_groups'  the hyperparameters in force, and the shape of each block as 'params'
        'steps'         how many were taken

        A Tensor is a block, and so are all Values of a group together.
        """
        return state_dicts.state_dict(self)

    def load_state_dict(self, state_dict):
        """Take over a state_dict. ValueError or TypeError, before anything changes, if it does not
        fit. Construct the optimizer with the same schedules: they are not saved."""
        state_dicts.load_state_dict(self, state_dict)
