"""The optimizer's update as part of the program: forward, backward and step in one function.

The formula is the optimizer's own: its `update` is called once with lists of Scalars for the
parameters, gradients, state and hyperparameters, and what it computes becomes statements. So the
numbers are those of `optimizer.step()`, to the bit. An update that looks at numbers (Rprop's signs,
AMSGrad's maximum) cannot be written that way: NotFusible. Read next: `compiled.py`.
"""

from math import sqrt

from .scalars import Scalar


class NotFusible(Exception):
    """This optimizer's update cannot be part of a program."""


class NotNow(NotFusible):
    """Not in a call like this: it mixes rows, or a gradient or a part of the state is missing."""


class Hyperparameter(Scalar):
    """A group's float that is not 0: an update may ask that, as SGD does of momentum. Of lr, which
    may be 0 in some steps, none asks it."""

    __slots__ = ()

    def __bool__(self):
        return True


class Update:
    """Calls an optimizer's update with Scalars.

    builder     the program's, which makes inputs; gradients: {leaf: Scalars}, those known
    """

    def __init__(self, optimizer, builder, gradients):
        self.optimizer, self.builder, self.gradients = optimizer, builder, gradients
        self.op = builder.scalars.op
        self.places = {x: (made, i) for made in builder.inputs for i, x in enumerate(made.leaves)}

    def results(self):
        """(name, Scalars, whether a single number) of each new parameter list and state entry.

        Its number among them is noted in the Input that it renews.
        """
        found = []
        for k, blocks in enumerate(self.optimizer.blocks):
            group = self._hyperparameters(k)
            for block in blocks:
                found += self._block(block, group, len(found))
        return found

    def _hyperparameters(self, k):
        """Group k's for the update: the numbers that are read at each step as Scalars of an Input.

        They are read as they are written, since TrainStep has had them checked in the same call.
        """
        group, ending = self.optimizer.hyperparameters(k), f"_{k}" if k else ""
        read = {}  # {name: the text that reads it}
        for name, x in group.items():
            read |= _read(name, x, f"optimizer.param_groups[{k}][{name!r}]")
        take = eval(f"lambda: [{', '.join(read.values())}]", {"optimizer": self.optimizer})
        names = [f"{name}{ending}" for name in read]
        made = self.builder.extra(f"hyperparameters{ending}", names, take, Hyperparameter)
        known = dict(zip(read, made.scalars, strict=True))
        return {name: _replaced(name, x, known) for name, x in group.items()}

    def _block(self, block, group, number):
        """The results of a block, the first of which is the update with this number."""
        theta, g = self._parameters(block, number)
        if group.get("maximize"):
            g = [self.op("neg", d) for d in g]
        base = self.builder.base[self._leaves(block)[0]]
        name = self.builder.names.new(f"new_{base}")
        old = {key: x for key, x in block.state.items() if x is not None}
        inputs = {key: self._state(block, key, f"{key}_{base}") for key in old}
        state = dict(block.state)
        for key, made in inputs.items():
            state[key] = made.scalars if type(old[key]) is list else made.scalars[0]
        update = self.optimizer.update_with(self._sqrt)
        try:
            new = update(theta, g, state, group)
        except (TypeError, AttributeError) as error:
            raise NotFusible(str(error)) from error
        if state.keys() != block.state.keys():
            raise NotFusible("state")
        if any(state[key] is not None for key in state.keys() - old.keys()):
            raise NotNow("a part of the state, as momentum that was 0 before, begins")
        found = [(name, self._scalars(new), False)]
        for key, made in inputs.items():
            made.renewed.append((number + len(found), None))
            single = type(old[key]) is not list
            flat = [state[key]] if single else state[key]
            found.append((f"{name}_{key}", self._scalars(flat), single))
        return found

    def _sqrt(self, x):
        return self.op("sqrt", x) if isinstance(x, Scalar) else sqrt(x)

    def _leaves(self, block):
        return block.values if hasattr(block, "values") else [block.tensor]

    def _parameters(self, block, number):
        """The Scalars of a block and those of its gradient; this update will renew them."""
        leaves = self._leaves(block)
        if any(leaf not in self.gradients for leaf in leaves):
            raise NotNow("a parameter without a gradient")
        made, _ = self.places[leaves[0]]
        several = hasattr(block, "values")
        made.renewed.append((number, [self.places[x][1] for x in leaves] if several else None))
        values = self.builder.values
        theta = [x for leaf in leaves for x in values[leaf].flat]
        return theta, [x for leaf in leaves for x in self.gradients[leaf]]

    def _state(self, block, key, label):
        """The Input of what a block's state has under a key."""
        x = block.state[key]
        if type(x) is list:
            names = [f"{label}_{i}" for i in range(len(x))]
            return self.builder.extra(label, names, lambda: block.state[key])
        if type(x) in (int, float):
            return self.builder.extra(label, [f"{label}_0"], lambda: [block.state[key]])
        raise NotFusible(key)

    def _scalars(self, flat):
        if not isinstance(flat, list):
            raise NotFusible("update")
        return [x if isinstance(x, Scalar) else self.builder.scalars.const(x) for x in flat]


def _read(name, value, text):
    """{name: text that reads it} of the numbers in a hyperparameter that are read at each step."""
    if isinstance(value, tuple):
        parts = [_read(f"{name}_{i}", x, f"{text}[{i}]") for i, x in enumerate(value)]
        return {key: read for part in parts for key, read in part.items()}
    return {name: f"float({text})"} if isinstance(value, float) and (value or name == "lr") else {}


def _replaced(name, value, known):
    """The hyperparameter with the Scalars that are known by the names of `_read`."""
    if isinstance(value, tuple):
        return tuple([_replaced(f"{name}_{i}", x, known) for i, x in enumerate(value)])
    return known.get(name, value)
