"""Underfitting, overfitting, and when to stop: three nets on the digits.

SLIDE     For practical neural network training, we: … How do we pick all of these things?
WHAT      The training loss says how well the net does on what it has seen: where it stays high, the
          net underfits. The validation loss says how well it does on what it has not: where that is
          much higher, the net overfits. Early stopping keeps the weights of the best epoch.
FORMULA   training loss: the empirical risk 1/N Σ ℓ(xᵢ, yᵢ);  validation loss: an estimate of the
          true risk E ℓ(x, y), from examples that no step has used
PREDICT   Nets with 2, 16 and 32 hidden units; the first two learn from 500 digits, the last from
          30. Which underfits, which overfits? Of which is the last epoch far from the best?
NOTICE    2 units underfit: training 1.48, and validation hardly more. 16 units are fine. 32 units
          learn the 30 digits by heart: training 0.001, while validation fell to 0.71 in epoch 9 and
          rose to 0.94 since. Early stopping ends that run after epoch 14 and puts the weights of
          epoch 9 back. That cures the rise, not the lack of data: 0.71 is still four times the 0.18
          of the second net.
EXERCISE  exercises/overfitting.py: early stopping, by hand.

    python examples/13_overfitting.py [FOLDER]    draws overfitting.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from micrograd_opt.training.diagnose import diagnose
from page import save

digits = mo.data.load_digits()
val = mo.data.TensorDataset(*digits[1000:1300])
loss_fn = mo.functional.cross_entropy
RUNS = {  # hidden units, images, rate, epochs without a better one after which it stops
    "2 units, 500 digits": (2, 500, 0.02, None),
    "16 units, 500 digits": (16, 500, 0.02, None),
    "32 units, 30 digits": (32, 30, 0.05, None),
    "the same, stopped early": (32, 30, 0.05, 5),
}


def run(hidden, images, rate, patience):
    """(History, the validation loss of the weights that are left at the end)."""
    train = mo.data.TensorDataset(*digits[:images])
    model = mo.nn.MLP(64, [hidden, 10], rng=random.Random(0))
    history = mo.fit(model, loss_fn, mo.optim.Adam(model.parameters(), rate), train, val=val,
                     epochs=25, batch_size=20, early_stopping=patience, progress=False)  # fmt: skip
    return history, mo.evaluate(model, loss_fn, val)[0]


runs = {name: run(*settings) for name, settings in RUNS.items()}
print(f"{'net':24} {'epochs':>6} {'training':>9} {'validation':>11} {'weights left':>13}")
for name, (history, left) in runs.items():
    last = history.rows[-1]
    print(f"{name:24} {last['epoch']:6} {last['loss']:9.3f} {last['val_loss']:11.3f} {left:13.3f}")
    print(f"    {diagnose(last['loss'], left, 10)}")

histories = [history for history, _ in runs.values()]
figure = mo.plot.curves(*histories[:3], labels=list(runs)[:3], guessing=math.log(10))
print(*figure.data.notes, sep="\n")
save(figure, "overfitting.png")
