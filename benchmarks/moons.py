"""micrograd's demo: 100 points, a scalar MLP 2-16-16-1, hinge + L2, full batch, SGD."""

import random

import micrograd_opt as mo

from .contenders import (
    COMPILED,
    EAGER,
    MICROGRAD,
    TORCH,
    TORCH_DECAY,
    WHOLE,
    Contender,
    torch_mlp,
    trained,
)
from .contenders import compiled as compiled_contender

RATE, L2 = 0.1, 1e-4


def makers():
    """{name: function that makes the contender}; all start from the same weights."""
    return {
        MICROGRAD: _micrograd,
        EAGER: _eager,
        COMPILED: lambda: _compiled(whole=False),
        WHOLE: lambda: _compiled(whole=True),
        TORCH: lambda: _torch(decay=False),
        TORCH_DECAY: lambda: _torch(decay=True),
    }


def _samples():
    """100 points as lists of two floats, and their labels, −1 or 1."""
    points, labels = mo.data.make_moons(100, noise=0.1, rng=random.Random(0)).tensors
    return points.tolist(), [2.0 * label - 1.0 for label in labels.tolist()]


def _net(mlp=mo.nn.scalar.MLP):
    random.seed(1337)  # the seed of the demo; the two engines draw the same weights from it
    return mlp(2, [16, 16, 1])


def _micrograd():
    from micrograd.engine import Value
    from micrograd.nn import MLP

    return _demo(Value, _net(MLP))


def _eager():
    return _demo(mo.Value, _net())


def _demo(value, model):
    """The loop of micrograd's demo notebook, word for word the same for both engines."""
    points, labels = _samples()

    def step():
        inputs = [list(map(value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + L2 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        return loss.data

    return Contender(step, model.parameters())


def _compiled(whole):
    """The loss of one sample as a user of compile writes it."""
    model = _net()
    parameters = model.parameters()

    def loss_fn(x, y):
        return (1 + -y * model(x)).relu() + L2 * sum(p * p for p in parameters)

    optimizer = mo.optim.SGD(parameters, lr=RATE)
    return compiled_contender(loss_fn, optimizer, parameters, _samples(), whole, batched=True)


def _torch(decay):
    """L2 in the loss as everywhere here; or, with `decay`, as PyTorch's weight_decay: the same
    steps, cheaper, but the loss it returns is without L2."""
    tables = [
        ([[w.data for w in n.w] for n in layer.neurons], [n.b.data for n in layer.neurons])
        for layer in _net().layers
    ]
    model = torch_mlp(tables, "ReLU")
    import torch

    parameters = list(model.parameters())

    def loss_fn(x, y):
        loss = (1.0 - y * model(x)[:, 0]).relu().mean()
        return loss if decay else loss + L2 * sum((p * p).sum() for p in parameters)

    points, labels = _samples()
    optimizer = torch.optim.SGD(parameters, lr=RATE, weight_decay=2.0 * L2 if decay else 0.0)
    batch = torch.tensor(points, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64)
    return trained(loss_fn, optimizer, parameters, batch)
