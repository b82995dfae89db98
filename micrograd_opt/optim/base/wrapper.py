"""Wrappers: optimizers around another one, with the same surface, and still all or nothing.

Read next: `optim/lookahead.py`.
"""

from ...engine.arguments import checked
from .optimizer import Optimizer
from .rollback import all_or_nothing
from .state_dicts import plain


class Wrapper(Optimizer):
    """The base class of an optimizer that steps by another: a subclass defines `advance`.

    Groups, hyperparameters and the count of steps are those of `optimizer`, which may be a wrapper
    itself. Once wrapped it is not to be stepped alone. Raises TypeError if it is no optimizer.
    """

    own = {}  # {attribute of the wrapper, saved with it: its range}

    def __init__(self, optimizer, **own):
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{name}: expected an optimizer, got {optimizer!r:.40}; "
                f"construct one first, as in {name}(SGD(parameters, lr=0.1))"
            )
        self.optimizer = optimizer
        vars(self).update(checked(own, self.own, name))

    def __repr__(self):
        return f"{type(self).__name__}({self.optimizer})"

    # ---- the same surface

    @property
    def param_groups(self):
        """The groups of the wrapped optimizer."""
        return self.optimizer.param_groups

    @property
    def blocks(self):
        """The blocks of the wrapped optimizer, a list for each group."""
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

    def hyperparameters(self, k):
        return self.optimizer.hyperparameters(k)

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

    def snapshot(self):
        attributes, put_back_wrapped = dict(vars(self)), self.optimizer.snapshot()

        def put_back():
            vars(self).update(attributes)
            put_back_wrapped()

        return put_back

    # ---- saving

    def state_dict(self):
        """The wrapper's own numbers by name, and as 'optimizer' the state of the wrapped one."""
        own = {name: plain(getattr(self, name)) for name in self.own}
        return {**own, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state_dict):
        what = f"{type(self).__name__}, load_state_dict"
        own = checked(state_dict, self.own | {"optimizer": object}, what)
        with all_or_nothing(self):
            self.optimizer.load_state_dict(own.pop("optimizer"))
            vars(self).update(own)


def innermost(optimizer):
    """The optimizer itself, or the one inside its wrappers, whose groups they share."""
    while isinstance(getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = optimizer.optimizer
    return optimizer
