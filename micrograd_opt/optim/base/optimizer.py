"""What all optimizers share: groups of parameters, and a step that happens whole or not at all.

An optimizer proper is one formula, its `update`. Read next: `sgd.py` and `adam.py`.
"""

from ...engine.arguments import RATE, checked
from ...engine.graph import enable_grad
from ...engine.tensor import Tensor
from . import state_dicts
from .blocks import blocks_of, check_finite, listed, named
from .hyperparameters import at, scheduled


class Optimizer:
    """The base class: a subclass adds its hyperparameters, with their ranges, and `update`.

    params      Tensors and Values that require grad, mixed if need be; or (name, parameter)
                pairs; or groups, {'params': those, and each hyperparameter that differs}
    defaults    {hyperparameter: its value, or a schedule: a function of the step i = 0, 1, …}

    `param_groups[k]['lr']` is always the plain number that the next step will use. It may be
    written; where a schedule sets it, that holds for one step. `steps` counts the steps done: the
    next one is number `steps` to a schedule, which is asked one step ahead.

    Raises TypeError or ValueError for parameters that are missing, there twice, no leaves or
    without requires_grad, and for hyperparameters that are unknown or out of range.

    >>> from micrograd_opt import Value
    >>> class SignDescent(Optimizer):
    ...     def update(self, theta, g, state, group):
    ...         return [x - group["lr"] * ((d > 0) - (d < 0)) for x, d in zip(theta, g)]
    >>> x = Value(3.0)
    >>> optimizer = SignDescent([x], {"lr": 0.5})
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> optimizer, x
    (SignDescent(lr=0.5, 1 parameter), Value(2.5, grad=6.0))
    """

    ranges = {"lr": RATE, "weight_decay": RATE, "eps": RATE, "maximize": bool}

    def __init__(self, params, defaults):
        self.defaults = defaults
        self.param_groups = []
        self.blocks = []  # of each group, a list
        self.steps = 0
        self._schedules = []  # of each group, {hyperparameter: its schedule}
        self._checked = []  # of each group, the hyperparameters last found good
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
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update")

    def start(self, block, group):
        """A block's state before its first step: whole numbers, floats, lists of floats, None for a
        list that comes later, and () for a list of such lists, as many as come. A checkpoint must
        have the same keys, kinds and lengths."""
        return {}

    def update_block(self, block, g, state, group):
        """`update` of a block. To be overridden instead where the formula needs `block.shape`."""
        return self.update(block.read(), g, state, group)

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
        moves = []
        for k, blocks in enumerate(self.blocks):
            group = self.in_force(k)
            for block in blocks:
                g = block.gradient()
                if g is not None:
                    moves.append((block, *self._move(block, g, group)))
        if not moves:
            raise RuntimeError("step: no parameter has a gradient; call loss.backward() before")
        self.commit(moves)
        return loss

    def _move(self, block, g, group):
        """A block's new values and new state."""
        state = dict(block.state) or self.start(block, group)
        if group.get("maximize"):
            g = [-d for d in g]
        try:
            theta = self.update_block(block, g, state, group)
        except ArithmeticError as error:
            raise ValueError(f"step: {block.name()}: {error}; if eps is 0, raise it") from error
        if not isinstance(theta, list) or len(theta) != block.size:
            gave = f"{len(theta)} values" if isinstance(theta, list) else f"{theta!r:.40}"
            raise ValueError(f"step: update must return a list of {block.size} floats, gave {gave}")
        check_finite(theta, block, "{} would become {}; lower lr?")
        for name, new in state.items():
            if isinstance(new, list):
                check_finite(new, block, f"{name} of {{}} would become {{}}; scale the loss down?")
        return theta, state

    def commit(self, moves):
        """Write (block, new values, new state) triples and count the step: all of it or nothing."""
        ahead = self._ahead() if any(self._schedules) else []
        before = [(block, block.read(), block.state) for block, _, _ in moves]
        groups, steps = [(k, dict(self.param_groups[k])) for k, _ in ahead], self.steps
        try:
            self._write(moves, ahead, steps + 1)
        except BaseException:  # an interrupt between two blocks, say
            self._write(before, groups, steps)
            raise
        for k, values in ahead:
            self._checked[k] = values  # so that the next step need not check them again

    def _write(self, moves, groups, steps):
        for block, theta, state in moves:
            block.write(theta)
            block.state = state
        for k, values in groups:
            self.param_groups[k].update(values)
        self.steps = steps

    def zero_grad(self):
        """Forget the gradients: None for a Tensor, 0.0 for a Value."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if isinstance(p, Tensor) else 0.0

    # ---- groups and their hyperparameters

    def add_param_group(self, group):
        """One more group: {'params': …, and each hyperparameter that differs from the default}."""
        what = f"{type(self).__name__}, group {len(self.blocks)}"
        if not isinstance(group, dict):
            raise TypeError(f"{what}: expected a dict with 'params', got {type(group).__name__}")
        unknown = group.keys() - self.defaults.keys() - {"params"}
        if unknown or "params" not in group:
            fact = f"unknown: {', '.join(sorted(map(str, unknown)))}" if unknown else "no params"
            raise ValueError(f"{what}: {fact}; a group has params, {', '.join(self.defaults)}")
        taken = {id(p) for other in self.param_groups for p in other["params"]}
        pairs = named(group["params"], taken, f"group {len(self.blocks)}")
        given = {name: group.get(name, default) for name, default in self.defaults.items()}
        schedules = {name: value for name, value in given.items() if scheduled(value)}
        values = {name: at(value, self.steps) for name, value in given.items()}
        values = self.check_all(values, what, {}, schedules, self.steps)
        self.param_groups.append({"params": [p for _, p in pairs], **values})
        self.blocks.append(blocks_of(pairs))
        self._schedules.append(schedules)
        self._checked.append(values)

    def in_force(self, k):
        """The hyperparameters of group k's next step; checked, since anyone may write them."""
        group, old = self.param_groups[k], self._checked[k]
        if not old.items() <= group.items():
            changed = {name: group[name] for name in self.defaults if group[name] != old[name]}
            self._checked[k] = self.check_all(changed, f"{type(self).__name__}, group {k}", old)
        return self._checked[k]

    def _ahead(self):
        """(k, group k's hyperparameters for the step after this one) where it has schedules."""
        found, i = [], self.steps + 1
        for k, schedules in enumerate(self._schedules):
            if schedules:
                values = {name: at(value, i) for name, value in schedules.items()}
                what = f"{type(self).__name__}, group {k}"
                found.append((k, self.check_all(values, what, self.in_force(k), schedules, i)))
        return found

    def check_all(self, values, what, others=None, schedules=(), i=None):
        """Hyperparameters as plain numbers, added to `others`, which are good already. Raises where
        one is out of range, naming the schedule that sets it for step i, or where they clash."""
        good = dict(others or {})
        for name, value in values.items():
            by = f", which {schedules[name]!r} sets for step {i}," if name in schedules else ""
            allowed = self.ranges.get(name, "(-inf, inf)")
            good[name] = checked(value, allowed, f"{what}: {name}{by}")
        self.check(good, what)
        return good

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
