"""Minibatches: a shuffle against independent draws, and what the size of a batch buys.

SLIDE     Stochastic optimization
WHAT      The gradient of all N examples is dear, that of B of them is cheap and right on average. A
          batch can be drawn independently each time, or the examples can be shuffled and taken B at
          a time: an epoch is over when each was there once, then they are shuffled again.
FORMULA   g_B = 1/B Σ ∇ℓ(xᵢ),   E g_B = ∇ℓ,   its standard deviation: σ/√B drawn independently;
          σ/√B · √((N − B)/(N − 1)) out of a shuffle. Independently, an example is not drawn in an
          epoch with probability (1 − 1/N)ᴺ, near 1/e = 0.368.
PREDICT   Of 240 digits, how many does an epoch of 240 independent draws never see? And what is left
          if the gradients of a shuffled epoch's batches, all at one θ, are averaged and the full
          gradient is subtracted?
NOTICE    An epoch of independent draws misses 92 of the 240; a shuffle misses none, and its batches
          average to the full gradient up to rounding, 8 · 10⁻¹⁷. Their weights are their sizes: the
          last batch is short. The noise falls with √B: four times the work for half of it.
EXERCISE  exercises/minibatches.py: the mean loss of an epoch whose last batch is short.

    python examples/05_minibatches.py [FOLDER]    draws minibatches.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from page import save

N, B = 240, 50
digits = mo.data.TensorDataset(*mo.data.load_digits()[:N])
model = mo.nn.MLP(64, [8, 10], rng=random.Random(0))
loss_fn = mo.functional.cross_entropy


def gradient(rows):
    """The gradient of the mean loss over these rows of the data, as one flat list."""
    x, y = digits[list(rows)]
    return [g for part in mo.grad(loss_fn(model(x), y), model.parameters()) for g in part.data.flat]


def averaged(batches):
    """The batches' gradients, weighted by their sizes."""
    total = [0.0] * sum(p.size for p in model.parameters())
    for rows in batches:
        total = [t + len(rows) / N * g for t, g in zip(total, gradient(rows), strict=True)]
    return total


rng = random.Random(1)
order = rng.sample(range(N), N)  # a shuffle: every row once
shuffled = [order[i : i + B] for i in range(0, N, B)]
independent = [rng.choices(range(N), k=len(rows)) for rows in shuffled]

full = gradient(range(N))
print(f"{'an epoch of batches':22} {'unseen':>6} {'from their mean to the full gradient':>37}")
for name, batches in (("shuffled", shuffled), ("drawn independently", independent)):
    unseen = N - len({row for rows in batches for row in rows})
    print(f"{name:22} {unseen:6} {math.dist(averaged(batches), full):37.1e}")
print(f"expected of independent draws: {N * (1 - 1 / N) ** N:.1f} unseen\n")

figure = mo.plot.gradient_noise(model, loss_fn, digits, draws=60, rng=random.Random(2))
print(figure.data.summary())
save(figure, "minibatches.png")
