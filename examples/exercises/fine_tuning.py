"""Freeze one layer, slow down another.

Write a function of a model with three layers (model.layers) that returns an optimizer: SGD that
leaves the first layer as it is, moves the second at the rate 0.001 and the third at 0.1.

    cd examples && python -m exercises.fine_tuning
"""

import random

import micrograd_opt as mo


def answer(model):  # YOURS
    return mo.optim.SGD(model.parameters(), lr=0.1)


def check(function):
    """Take one step, and compare how far each layer moved with its gradient."""
    if not callable(function):
        return "not yet: write a function of (model)"
    model = mo.nn.MLP(3, [4, 4, 2], activation="tanh", rng=random.Random(0))
    x = mo.Tensor([[0.5, -1.0, 2.0], [1.0, 0.3, -0.4]])
    before = [p.data.flat for p in model.parameters()]
    slopes = [g.data.flat for g in mo.grad((model(x) ** 2).sum(), model.parameters())]
    optimizer = function(model)
    if not isinstance(optimizer, mo.optim.Optimizer):
        return f"not yet: expected an optimizer, got {optimizer!r:.40}"
    (model(x) ** 2).sum().backward()
    optimizer.step()
    for i, p in enumerate(model.parameters()):
        layer, wanted = i // 2, (0.0, 0.001, 0.1)[i // 2]
        moves = zip(before[i], p.data.flat, slopes[i], strict=True)
        rates = [(old - now) / slope for old, now, slope in moves]
        if max(abs(rate - wanted) for rate in rates) > 1e-9:
            return f"not yet: layer {layer + 1} moves at the rate {rates[0]:.4g}, not {wanted:g}"
    return "right: each layer moves at its rate"


if __name__ == "__main__":
    print(check(answer))
