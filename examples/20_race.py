"""All optimizers in one race: the same start and budget, and a rate from the same short grid.

Two courses. A valley ½ Σ λᵢ zᵢ² with λ = 1, 10, 100, lying askew: what suits its steep sides crawls
along its floor, and that is what momentum and adaptive rates are for. And a net on 50 digits, in
batches of 10. The budget counts gradients, not steps, so that SAM pays for its second point, L-BFGS
for its line search and Newton for its Hessian. Each rate of the grid is tried, and the one with the
lowest loss at the end is shown; all else is at its default. Wrappers go around SGD with momentum.

A race this short says who starts fast and is easy to tune, not who is best: a longer run, a
schedule or a finer grid changes the order.

    python examples/20_race.py
"""

import random

import micrograd_opt as mo
from micrograd_opt import optim
from micrograd_opt.optim.racing.contenders import library

FAIR = {"rates": (0.001, 0.01, 0.1, 1.0), "starts": 1}  # for every optimizer, on both courses

NAMES = list(library())
CURVATURE = mo.Tensor([1.0, 10.0, 100.0])
MIRROR = mo.Tensor([[1 / 3, -2 / 3, -2 / 3], [-2 / 3, 1 / 3, -2 / 3], [-2 / 3, -2 / 3, 1 / 3]])


def valley(x):
    z = x @ MIRROR
    return 0.5 * (CURVATURE * z * z).sum()


print(optim.race(valley, [[[0.4, -1.7, 1.1]]], NAMES, budget=120, target=1e-3, **FAIR).summary())

DIGITS = mo.data.TensorDataset(*mo.data.load_digits()[:50])


def digits(weight0, bias0, weight1, bias1, images=DIGITS):
    x, labels = images.tensors if images is DIGITS else images
    hidden = mo.functional.relu(mo.functional.linear(x, weight0, bias0))
    return mo.functional.cross_entropy(mo.functional.linear(hidden, weight1, bias1), labels)


def batch(rng):
    """What one step sees: 10 of the images."""
    images = DIGITS[rng.sample(range(len(DIGITS)), 10)]
    return lambda *weights: digits(*weights, images=images)


def muon(params, lr=1e-3):
    """For matrices: the biases stay as they are."""
    return optim.Muon([p for p in params if p.ndim == 2], lr=lr)


digits.batch = batch
net = mo.nn.MLP(64, [10, 10], rng=random.Random(0))
start = [p.tolist() for p in net.parameters()]
trainers = {name: name for name in NAMES if name not in ("muon", "newton")} | {"muon": muon}
print()
print(optim.race(digits, start, trainers, budget=24, target=1.0, **FAIR).summary())
print("Newton is not here: 760 parameters would take as many gradients a step.")

# Exercise: sort the optimizers by the rate they chose for the digits. Those that divide by the size
# of the gradient move by about lr, whatever the loss: which are they? Then give them a schedule, as
# {"mine": lambda params, lr: optim.Adam(params, optim.schedules.cosine_annealing(lr, 120))}, and
# see what becomes of their loss in the valley.
