"""Who takes part: engines that take the same training steps from the same start.

A step is forward, backward and update, and ends with the loss as a float. Read next: `moons.py`,
`nets.py`, `cases.py`.
"""

import copy
import sys
from functools import cache

import micrograd_opt as mo

MICROGRAD = "micrograd"
EAGER = "eager"
COMPILED = "compiled"  # the usual loop: loss = compiled(x, y), loss.backward(), optimizer.step()
WHOLE = "compiled whole step"  # compile(…, optimizer=…): the update is part of the function
TORCH = "PyTorch eager"
TORCH_DECAY = "PyTorch, weight_decay"  # where there is L2: the optimizer adds it, not the loss


class Contender:
    """An engine with a net to train.

    step        a function that does one training step and returns the loss before it
    parameters  what it trains, in any engine: things with .data
    compiled    the compiled function in it, if there is one
    """

    def __init__(self, step, parameters, compiled=None):
        self.step, self.parameters, self.compiled = step, list(parameters), compiled
        self._start = [copy.deepcopy(p.data) for p in self.parameters]

    def restart(self):
        """Back to the weights of the start, so that every turn is the same piece of training."""
        for p, data in zip(self.parameters, self._start, strict=True):
            p.data = copy.deepcopy(data)

    def weights(self):
        """All numbers, sorted: engines agree on the numbers but not on their order."""
        return sorted(x for p in self.parameters for x in _numbers(p.data))


def _numbers(data):
    """The floats in a number, an Array, a torch tensor or a nested list."""
    if hasattr(data, "tolist"):
        data = data.tolist()
    if not isinstance(data, list):
        return [data]
    return [x for part in data for x in _numbers(part)]


def trained(loss_fn, optimizer, parameters, batch, compiled=None):
    """The loop that every user of PyTorch writes, for them and for us."""

    def step():
        loss = loss_fn(*batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return Contender(step, parameters, compiled)


def compiled(loss_fn, optimizer, parameters, batch, whole, batched=False):
    """The same loop with a compiled loss_fn, or its whole step as one compiled function."""
    if not whole:
        function = mo.compile(loss_fn, batched)
        return trained(function, optimizer, parameters, batch, function)
    function = mo.compile(loss_fn, batched, optimizer)
    return Contender(lambda: function(*batch).item(), parameters, function)


def torch_mlp(tables, activation):
    """A torch MLP in float64 on one thread, with the given (weight, bias) of each layer.

    Raises ImportError where PyTorch is not installed.
    """
    import torch

    torch.set_num_threads(1)
    layers = []
    for weight, bias in tables:
        linear = torch.nn.Linear(len(weight[0]), len(weight))
        linear.weight.data = torch.tensor(weight, dtype=torch.float64)
        linear.bias.data = torch.tensor(bias, dtype=torch.float64)
        layers += [linear, getattr(torch.nn, activation)()]
    return torch.nn.Sequential(*layers[:-1])


def built(makers):
    """{name: Contender} of those whose library is installed; the others are named on stderr."""
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError as error:
            _left_out(name, str(error))
    return found


@cache
def _left_out(name, reason):
    """Said once."""
    print(f"{name}: left out, {reason}", file=sys.stderr)
