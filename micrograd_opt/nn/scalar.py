"""Neurons of Values, one node a multiplication, as micrograd has them. The net one can look into.

The same seed gives the same weights as in micrograd, and the same losses. Two mistakes that pass
there in silence are not taken: an input too short or too long, and a layer of width 1 that hands
the next one a bare number.
Read next: `optim/`.
"""

import operator
from functools import partial

from ..engine.arguments import COUNT, checked, draws, generator
from ..engine.value import Value
from ..functional.lists_of_values import as_value
from .layers import layer_sizes
from .module import Module

__all__ = ["Layer", "MLP", "Neuron"]


class Neuron(Module):
    """relu(b + Σ wᵢ·xᵢ), or without the relu if nonlin=False. x: nin Values or numbers.

    The weights are drawn by random.uniform(−1, 1), or rng's; b starts at 0. x may be a Tensor or an
    array too, whose numbers are constants; of a table call the net for each row. Raises ValueError
    for another number of inputs.
    """

    def __init__(self, nin, nonlin=True, rng=None):
        nin, draw = checked(nin, COUNT, "Neuron: nin"), generator(rng).uniform
        self.w = [Value(w) for w in draws(nin, partial(draw, -1.0, 1.0))]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def forward(self, x):
        x = x if type(x) is list else _row(x, self)
        if len(x) != len(self.w):
            raise ValueError(f"{self}: got {len(x)} inputs, the neuron takes {len(self.w)}")
        total = sum(map(operator.mul, self.w, x), self.b)
        return total.relu() if self.nonlin else total

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """nout Neurons that see the same inputs: a list of their outputs, or the only one itself."""

    def __init__(self, nin, nout, nonlin=True, rng=None):
        nout = checked(nout, COUNT, "Layer: nout")
        self.neurons = [Neuron(nin, nonlin, rng) for _ in range(nout)]

    def forward(self, x):
        x = [x] if isinstance(x, Value) else _row(x, self)  # a Value: from a layer of width 1
        x = [as_value(xi) for xi in x]  # so that all neurons share the node of a number
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def extra_repr(self):
        return f"{len(self.neurons[0].w)} → {len(self.neurons)}"


class MLP(Module):
    """Layers with a relu after each but the last. nin: inputs; nouts: the width of each layer.

    >>> net = MLP(2, [16, 16, 1])
    >>> net, len(net.parameters())
    (MLP(2 → 16 → 16 → 1), 337)
    """

    def __init__(self, nin, nouts, rng=None):
        self.sizes = layer_sizes(nin, nouts, "scalar.MLP")
        last = len(nouts) - 1
        self.layers = [
            Layer(self.sizes[i], nout, nonlin=i != last, rng=rng) for i, nout in enumerate(nouts)
        ]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def extra_repr(self):
        return " → ".join(map(str, self.sizes))


def _row(x, net):
    """The inputs as a list; of what has tolist(), a Tensor or an array, the numbers: constants."""
    if not hasattr(x, "tolist"):
        return x
    if getattr(x, "requires_grad", False):
        raise TypeError(
            f"{net}: no gradient flows into a Tensor from a scalar net; pass its .data, or Values"
        )
    row = x.tolist()
    if not isinstance(row, list) or any(isinstance(xi, list) for xi in row):
        raise ValueError(
            f"{net}: {x!r:.60} is not one row of numbers; call the net for each row: "
            "[net(row) for row in x]"
        )
    return row
