"""Handwritten digits with Tensors: mini-batches, Adam, a schedule, and a learning curve to read.

1,797 images of 8 × 8 pixels; the net 64 → 32 → 10 ends in a softmax, and the loss is the
cross-entropy −log p(right digit). Lecture 6's recipe: shuffle once an epoch and take consecutive
examples as a mini-batch; Adam with a cosine schedule; and judge by two losses, training for
underfitting and validation for overfitting.

    python examples/13_overfitting.py [FOLDER]       draws curves.png into it (runs/ without one),
                                                     where matplotlib is installed
"""

import math
import random
import sys
from pathlib import Path

import micrograd_opt as mo
from micrograd_opt.training.diagnose import diagnose

EPOCHS, BATCH = 12, 32
rng = random.Random(0)
train, val = mo.data.random_split(mo.data.load_digits(), [0.8, 0.2], rng=rng)

# What the net sees: one image, drawn by its brightness.
image, label = train[0]
for row in image.reshape(8, 8).tolist():
    print("".join(" .:*#"[int(4 * pixel)] * 2 for pixel in row))
print(f"label {int(label.item())}\n")

model = mo.nn.MLP(64, [32, 10], rng=rng)
steps = EPOCHS * -(-len(train) // BATCH)
optimizer = mo.optim.Adam(
    model.parameters(), lr=mo.optim.schedules.cosine_annealing(0.01, steps)
)
loss_fn = mo.functional.cross_entropy

# The loop that `fit` runs, once by hand: forward, backward, update.
x, y = train[:BATCH]
loss = loss_fn(model(x), y)
loss.backward()
print(f"{model}; the loss of guessing is log 10 = 2.303, before training it is {loss.item():.3f}\n")
optimizer.zero_grad()

history = mo.fit(model, loss_fn, optimizer, train, val=val, epochs=EPOCHS, batch_size=BATCH,
                 progress=False)  # fmt: skip
print("epoch  training loss  validation loss  accuracy")
for row in history.rows:
    bar = "#" * round(30 * row["val_loss"] / history["val_loss"][0])
    print(f"{row['epoch']:5} {row['loss']:14.4f} {row['val_loss']:16.4f} "
          f"{row['val_accuracy']:9.3f}  {bar}")  # fmt: skip
train_loss, _ = mo.evaluate(model, loss_fn, train)
val_loss, accuracy = mo.evaluate(model, loss_fn, val)
print(f"\n{diagnose(train_loss, val_loss, 10)}; accuracy {accuracy:.3f}")

try:
    figure = mo.plot.curves(history, guessing=math.log(10))
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "runs") / "curves.png"
    path.parent.mkdir(exist_ok=True)
    figure.save(path)
    print(f"drawn: {path}")
except ImportError as error:
    print(error)

# Exercise: give the net 2 hidden units, then 200, and read the two losses. Which run underfits,
# and does any overfit? Then repeat with 100 training images (`train[:100]`).
