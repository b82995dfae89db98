"""An MLP of Tensors and how it is trained, said once and built here and in PyTorch.

Losses and optimizers have the same names in both, so a net is a row of data.
"""

import random
from dataclasses import dataclass, field

import micrograd_opt as mo

from .contenders import COMPILED, EAGER, TORCH, WHOLE, torch_mlp, trained
from .contenders import compiled as compiled_contender


def digits(n):
    """The first n digits, and on from the first again when they run out."""
    data = mo.data.load_digits()
    return data[[i % len(data) for i in range(n)]]


def xor():
    x, y = mo.data.make_xor().tensors
    return x, y.unsqueeze(1)


@dataclass(frozen=True)
class Net:
    """sizes of the layers, inputs first; batch: a function that gives the Tensors x and y."""

    sizes: tuple
    batch: object = field(default=lambda: digits(32))
    activation: str = "relu"
    loss: str = "cross_entropy"
    optimizer: str = "Adam"
    settings: dict = field(default_factory=lambda: {"lr": 1e-3})

    def makers(self):
        """{name: function that makes the contender}; all start from the same weights."""
        return {
            EAGER: self._eager,
            COMPILED: lambda: self._compiled(whole=False),
            WHOLE: lambda: self._compiled(whole=True),
            TORCH: self._torch,
        }

    def _model(self):
        nin, *nouts = self.sizes
        return mo.nn.MLP(nin, nouts, activation=self.activation, rng=random.Random(0))

    def _ours(self):
        """loss_fn, optimizer, parameters, batch."""
        model, loss = self._model(), getattr(mo.functional, self.loss)
        parameters = model.parameters()
        optimizer = getattr(mo.optim, self.optimizer)(parameters, **self.settings)
        return lambda x, y: loss(model(x), y), optimizer, parameters, self.batch()

    def _eager(self):
        return trained(*self._ours())

    def _compiled(self, whole):
        return compiled_contender(*self._ours(), whole)

    def _torch(self):
        flat = [p.tolist() for p in self._model().parameters()]
        activation = {"relu": "ReLU", "tanh": "Tanh"}[self.activation]
        model = torch_mlp(zip(flat[::2], flat[1::2], strict=True), activation)
        import torch

        parameters = list(model.parameters())
        optimizer = getattr(torch.optim, self.optimizer)(parameters, **self.settings)
        loss = getattr(torch.nn.functional, self.loss)
        x, y = [torch.tensor(part.tolist(), dtype=torch.float64) for part in self.batch()]
        if self.loss == "cross_entropy":
            y = y.long()
        return trained(lambda x, y: loss(model(x), y), optimizer, parameters, (x, y))
