"""Wrappers: optimizers around another one, with the same surface, and still all or nothing.

Read next: `lookahead.py` and `sam.py`, the two wrappers.
"""

from contextlib import contextmanager

from ...engine.arguments import checked
from .optimizer import Optimizer


class Wrapper(Optimizer):
    """The base class of an optimizer that steps by another: a subclass defines `advance`.

    Groups, hyperparameters and the count of steps are those of `optimizer`, which may be a wrapper
    itself. Once wrapped it is not to be stepped alone. Raises TypeError if it is no optimizer.
    """

    own = {}  # {attribute that state_dict saves: its range}

    def __init__(self, optimizer, **own):
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{name}: expected an optimizer, got {optimizer!r:.40}; "
                f"construct one first, as in {name}(SGD(parameters, lr=0.1))"
            )
        self.optimizer = optimizer
        vars(self).update(self.accepted(own, name))

    def accepted(self, values, what):
        """Those of `values` that are the wrapper's own, checked."""
        return {name: checked(values[name], self.own[name], f"{what}: {name}") for name in self.own}

    def __repr__(self):
        return f"{type(self).__name__}({self.optimizer})"

    # ---- the same surface

    @property
    def param_groups(self):
        """The groups of the wrapped optimizer."""
        return self.optimizer.param_groups

    @property
    def blocks(self):
        """The blocks of the wrapped optimizer, of each group a list."""
        return self.optimizer.blocks

    @property
    def defaults(self):
        """The defaults of the wrapped optimizer."""
        return self.optimizer.defaults

    @property
    def steps(self):
        """How many steps the wrapped optimizer has done."""
        return self.optimizer.steps

    def add_param_group(self, group):
        self.optimizer.add_param_group(group)

    def in_force(self, k):
        return self.optimizer.in_force(k)

    # ---- the step

    def advance(self, closure):
        """One step of the wrapped optimizer and what belongs to it; returns the closure's loss.

        Whatever it does to the parameters, to the wrapped optimizer and to attributes (set, not
        changed in place) is undone if it raises.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no advance")

    def step(self, closure=None):
        with all_or_nothing(self):
            return self.advance(closure)

    # ---- saving

    def state_dict(self):
        """The wrapper's own numbers by name, and as 'optimizer' the state of the wrapped one."""
        own = {name: getattr(self, name) for name in self.own}
        return {**own, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state_dict):
        what, expected = f"{type(self).__name__}, load_state_dict", sorted(self.state_dict())
        if not isinstance(state_dict, dict) or sorted(map(str, state_dict)) != expected:
            found = ", ".join(map(str, state_dict)) if isinstance(state_dict, dict) else state_dict
            raise ValueError(f"{what}: expected {', '.join(expected)}; got {found!r:.80}")
        own = self.accepted(state_dict, what)
        self.optimizer.load_state_dict(state_dict["optimizer"])
        vars(self).update(own)


@contextmanager
def all_or_nothing(optimizer):
    """Within it an error or an interrupt puts back what an optimizer remembers and moves.

    That is: the parameters and their states, the groups, and the attributes of the optimizer and
    of all that it wraps.
    """
    chain = [optimizer]
    while isinstance(chain[-1], Wrapper):
        chain.append(chain[-1].optimizer)
    attributes = [dict(vars(one)) for one in chain]
    groups = [dict(group) for group in optimizer.param_groups]
    blocks = [block for blocks in optimizer.blocks for block in blocks]
    before = [(block, block.read(), block.state) for block in blocks]
    try:
        yield
    except BaseException:
        for one, values in zip(chain, attributes, strict=True):
            vars(one).update(values)
        for group, values in zip(optimizer.param_groups, groups, strict=True):
            group.update(values)
        for block, theta, state in before:
            block.write(theta)
            block.state = state
        raise


def innermost(optimizer):
    """The optimizer itself, or the one inside its wrappers, whose groups they share."""
    while isinstance(getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = optimizer.optimizer
    return optimizer
