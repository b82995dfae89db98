"""Learning rates and learning curves: 300 handwritten digits, a net 64 → 16 → 10, five rates.

SLIDE     Learning rates and learning curves
WHAT      A learning curve plots the loss over the epochs. Each run starts from the same weights and
          sees the same batches of 20; only α differs. Who knows nothing gives each of the ten
          digits the probability 1/10: the loss of guessing is log 10 = 2.30.
FORMULA   θ ← θ − α ∇ℓ(batch),   ℓ = −log p(right digit), the mean over the batch
PREDICT   α = 0.003, 0.03, 0.3, 3 and 30. Which run has the lowest loss after 15 epochs? Which still
          guesses? Which is worse than guessing?
NOTICE    0.3 is right: 0.084. 0.003 is too low: 2.299, it has barely left guessing. With 0.03 the
          loss is 1.9 and still falls: more epochs would help. 3 is too high, and stays above
          guessing (2.37): one that has seen nothing would do better. 30 is far worse (10.4). What
          "too low" and "too high" have in common is a level curve; they differ in where it lies.
EXERCISE  exercises/learning_rates.py: four curves without their rates: which is which?

    python examples/06_learning_rates.py [FOLDER]    draws learning_rates.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from page import save

RATES = (0.003, 0.03, 0.3, 3.0, 30.0)
train = mo.data.TensorDataset(*mo.data.load_digits()[:300])
loss_fn = mo.functional.cross_entropy


def history_of(alpha):
    """A run with this rate; the seed is the same for all."""
    model = mo.nn.MLP(64, [16, 10], rng=random.Random(0))
    optimizer = mo.optim.SGD(model.parameters(), lr=alpha)
    return mo.fit(model, loss_fn, optimizer, train, epochs=15, batch_size=20, progress=False)


histories = {f"α = {alpha:g}": history_of(alpha) for alpha in RATES}
print(f"{'rate':12} {'epoch 1':>8} {'epoch 5':>8} {'epoch 15':>8}")
for name, history in histories.items():
    losses = history["loss"]
    print(f"{name:12} {losses[0]:8.3f} {losses[4]:8.3f} {losses[14]:8.3f}")

figure = mo.plot.curves(*histories.values(), labels=list(histories), guessing=math.log(10))
save(figure, "learning_rates.png")
