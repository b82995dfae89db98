"""Layers of Tensors: Linear, MLP, Sequential, the activations, Dropout.

With the same sizes their `state_dict` has the names and shapes of PyTorch's, so weights carry over
both ways.
Read next: `nn/norm.py`.
"""

import math
from itertools import pairwise

from .. import functional
from ..engine.arguments import COUNT, checked, generator
from ..engine.creation import zeros
from ..engine.tensor import as_tensor
from . import init
from .module import Module, Parameter

__all__ = [
    "Dropout", "GELU", "Linear", "MLP", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh",
]  # fmt: skip


class Linear(Module):
    """y = x Wᵀ + b, with x: (…, in_features), weight: (out, in), bias: (out,).

    Weight and bias start uniform within ±1/√in_features, PyTorch's default; rng is a
    `random.Random`. Raises ValueError where the last dim of x is not in_features.
    """

    def __init__(self, in_features, out_features, bias=True, rng=None):
        n = checked(in_features, COUNT, "Linear: in_features")
        m = checked(out_features, COUNT, "Linear: out_features")
        self.in_features, self.out_features = n, m
        bound = 1.0 / math.sqrt(n)
        self.weight = init.uniform_(Parameter(zeros(m, n)), -bound, bound, rng)
        bias = checked(bias, bool, "Linear: bias")
        self.bias = init.uniform_(Parameter(zeros(m)), -bound, bound, rng) if bias else None

    def forward(self, x):
        x = as_tensor(x)
        if x.shape[-1:] != (self.in_features,):
            features = f"{x.shape[-1]} features" if x.shape else "no features"
            raise ValueError(
                f"Linear: input {x.shape} has {features}, the layer takes {self.in_features}"
            )
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self):
        return f"{self.in_features} → {self.out_features}" + ", bias=False" * (self.bias is None)


ACTIVATIONS = {name: getattr(functional, name) for name in functional.activations.ELEMENTWISE}
ACTIVATIONS["identity"] = lambda x: x


class MLP(Module):
    """Linear layers with an activation between them, and none after the last.

    nin: the number of inputs; nouts: the width of each layer, the outputs last; activation: the
    name of one in functional, as 'relu', or 'identity'. x: (…, nin) → (…, nouts[-1]).

    >>> MLP(2, [16, 3])
    MLP(2 → 16 → 3)
    """

    def __init__(self, nin, nouts, activation="relu", rng=None):
        self.activation = checked(activation, list(ACTIVATIONS), "MLP: activation")
        self.sizes = layer_sizes(nin, nouts, "MLP")
        self.layers = [Linear(n, m, rng=rng) for n, m in pairwise(self.sizes)]

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = ACTIVATIONS[self.activation](layer(x))
        return last(x)

    def extra_repr(self):
        return " → ".join(map(str, self.sizes))


class Sequential(Module):
    """Modules one after the other: Sequential(f, g)(x) = g(f(x)). Their names are '0', '1', …"""

    def __init__(self, *modules):
        for i, module in enumerate(modules):
            setattr(self, str(i), checked(module, Module, f"Sequential: argument {i}"))

    def __iter__(self):
        return (x for x in vars(self).values() if isinstance(x, Module))

    def __len__(self):
        return sum(1 for _ in self)

    def __getitem__(self, i):
        return list(self)[i]

    def forward(self, x):
        for module in self:
            x = module(x)
        return x


class ReLU(Module):
    """functional.relu as a layer."""

    def forward(self, x):
        return functional.relu(x)


class Tanh(Module):
    """functional.tanh as a layer."""

    def forward(self, x):
        return functional.tanh(x)


class Sigmoid(Module):
    """functional.sigmoid as a layer."""

    def forward(self, x):
        return functional.sigmoid(x)


class GELU(Module):
    """functional.gelu as a layer; approximate is 'none' or 'tanh'."""

    def __init__(self, approximate="none"):
        self.approximate = approximate

    def forward(self, x):
        return functional.gelu(x, self.approximate)


class Softmax(Module):
    """functional.softmax along `dim` as a layer."""

    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, x):
        return functional.softmax(x, self.dim)


class Dropout(Module):
    """functional.dropout while training, nothing after `eval()`. rng is a `random.Random`.

    ValueError for p outside [0, 1], here already.
    """

    def __init__(self, p=0.5, rng=None):
        generator(rng)  # kept as None, since the random module cannot be copied or pickled
        self.p, self.rng = checked(p, "[0, 1]", "Dropout: p"), rng

    def forward(self, x):
        return functional.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self):
        return f"p={self.p}"


def layer_sizes(nin, nouts, what):
    """(nin, *nouts), checked."""
    if not isinstance(nouts, (list, tuple)) or not nouts:
        raise TypeError(f"{what}: nouts must be a list of widths, as in [16, 1]; got {nouts!r:.40}")
    widths = [checked(n, COUNT, f"{what}: nouts[{i}]") for i, n in enumerate(nouts)]
    return checked(nin, COUNT, f"{what}: nin"), *widths
