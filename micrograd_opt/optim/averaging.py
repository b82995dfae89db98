"""Averages of a model's parameters along the path: often better than the path's last point.

A model is anything with `parameters()`, `named_parameters()`, `state_dict()`, `load_state_dict()`,
such as an nn.Module.
Read next: `optim/surfaces.py`.
"""

from copy import deepcopy
from functools import partial

from ..array.array import Array
from ..engine.arguments import checked
from ..engine.state import no_grad
from ..engine.tensor import Tensor
from .base.rollback import all_or_nothing

__all__ = ["AveragedModel", "get_ema_avg_fn", "get_swa_avg_fn", "update_bn"]


def get_ema_avg_fn(decay=0.999):
    """The rule of the exponential moving average: θ̄ ← decay θ̄ + (1 − decay) θ

    The last 1 / (1 − decay) updates count, roughly. Raises ValueError unless decay is in [0, 1].
    """
    decay = checked(decay, "[0, 1]", "get_ema_avg_fn: decay")

    def ema(averaged, current, n_averaged):
        return decay * averaged + (1.0 - decay) * current

    return ema


def get_swa_avg_fn():
    """The rule of the running mean, n updates so far: θ̄ ← θ̄ + (θ − θ̄) / (n + 1)"""

    def swa(averaged, current, n_averaged):
        return averaged + (current - averaged) / (n_averaged + 1)

    return swa


class AveragedModel:
    """A copy of a model that holds an average of the model's parameters.

        for x, y in batches:
            …; optimizer.step()
            averaged.update_parameters(model)
        evaluate(averaged.module, loss_fn, val)

    model   what to follow; it is copied, not changed
    avg_fn  the rule: `get_ema_avg_fn(decay)`, an average that forgets; None, or `get_swa_avg_fn()`,
            the mean of all updates (stochastic weight averaging, Izmailov et al. 2018, Algorithm
            1); or a function like those: averaged and current are floats for a Value and Arrays
            for a Tensor

    `module` is the copy, a model like any other; calling the average calls it. The first update
    takes the parameters as they are, so the average owes nothing to the start. Buffers, such as
    BatchNorm1d's running statistics, are copied, not averaged: see `update_bn`.

    As torch.optim.swa_utils.AveragedModel, but for use_buffers. State: `n_averaged`, and the copy's
    as `module.…`, PyTorch's names.

    Raises TypeError if the model has no parameters() or avg_fn is no function.

    >>> from micrograd_opt import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     model.weight.data = [[weight]]
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.tolist()
    [[3.0]]
    """

    def __init__(self, model, avg_fn=None):
        if not all(hasattr(model, name) for name in ("named_parameters", "load_state_dict")):
            raise TypeError(f"AveragedModel: expected a model with parameters, got {model!r:.60}")
        if avg_fn is not None and not callable(avg_fn):
            raise TypeError(f"AveragedModel: avg_fn must be a function, got {avg_fn!r:.40}")
        self.avg_fn = avg_fn or get_swa_avg_fn()
        self.module = deepcopy(model)
        self.n_averaged = 0
        for p in self.module.parameters():
            p.grad = None if isinstance(p, Tensor) else 0.0
        names = dict(self.module.named_parameters()).keys()
        self._more = self.module.state_dict().keys() != names  # buffers, or a second name

    def __call__(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def __repr__(self):
        return f"AveragedModel({self.module!r}, n_averaged={self.n_averaged})"

    def parameters(self):
        """The averaged parameters, as a list."""
        return self.module.parameters()

    def update_parameters(self, model):
        """One more point of the path: all of it is taken into the average, or nothing.

        Raises ValueError if the model is not of the same make, naming what differs.
        """
        current, averaged = dict(model.named_parameters()), dict(self.module.named_parameters())
        shapes = [{name: _shape(p) for name, p in of.items()} for of in (averaged, current)]
        if shapes[0] != shapes[1]:
            differ = sorted({name for name, _ in shapes[0].items() ^ shapes[1].items()})
            raise ValueError(f"update_parameters: another model: {', '.join(differ)} differ")
        n = self.n_averaged
        new = {
            name: self.avg_fn(p.data, current[name].data, n) if n else current[name].data
            for name, p in averaged.items()
        }
        with all_or_nothing(self):
            if self._more:
                self.module.load_state_dict(model.state_dict())
            for name, p in averaged.items():
                p.data = new[name]
            self.n_averaged = n + 1

    def snapshot(self):
        """A function that puts the average back as it is now."""
        return partial(self.load_state_dict, self.state_dict())

    def state_dict(self):
        """{'n_averaged': …, 'module.…': each entry of the copy}, in plain JSON types."""
        own = {f"module.{name}": data for name, data in self.module.state_dict().items()}
        return {"n_averaged": self.n_averaged, **own}

    def load_state_dict(self, state_dict):
        """Take over a state_dict; one of PyTorch's does too. Raises before anything changes."""
        state = dict(state_dict)
        n = state.pop("n_averaged", None)
        n = n.tolist() if hasattr(n, "tolist") else n
        n = checked(n, "{0, 1, …}", "AveragedModel, load_state_dict: n_averaged")
        self.module.load_state_dict({name.removeprefix("module."): x for name, x in state.items()})
        self.n_averaged = n


def update_bn(loader, model):
    """The running statistics of all BatchNorm layers computed anew, by one pass over the loader.

    Averaged parameters make activations that no running statistics were taken of; Izmailov et al.
    2018, section 3.2. loader: batches, or tuples whose first element is the batch; model: a Module
    or an AveragedModel. The statistics are the mean over the batches, as with momentum=None. A
    model without such layers is left alone. Raises ValueError if there is no batch; then, and
    after any other error, all is as it was. As torch.optim.swa_utils.update_bn.
    """
    model = model.module if isinstance(model, AveragedModel) else model
    modules = [module for _, module in model.named_modules()]
    norms = [module for module in modules if hasattr(module, "running_mean")]
    if not norms:
        return
    before = model.state_dict()
    modes = [module.training for module in modules]
    momenta = [norm.momentum for norm in norms]
    try:
        for norm in norms:
            norm.momentum = None
            norm.running_mean.data = Array.full(norm.running_mean.shape, 0.0)
            norm.running_var.data = Array.full(norm.running_var.shape, 1.0)
            norm.num_batches_tracked.data = 0.0
        model.train()
        _call_with_each(loader, model)
    except BaseException:
        model.load_state_dict(before)
        raise
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


@no_grad()
def _call_with_each(loader, model):
    empty = True
    for batch in loader:
        model(batch[0] if isinstance(batch, (list, tuple)) else batch)
        empty = False
    if empty:
        raise ValueError("update_bn: the loader has no batch to take statistics of")


def _shape(p):
    """The shape of a Tensor; a word for a Value, which has none."""
    return p.shape if isinstance(p, Tensor) else "a Value"
