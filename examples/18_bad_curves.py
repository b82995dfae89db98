"""Bad learning curves, and what to do: six of them, each beside the run that its remedy gives.

SLIDE     Learning rates and learning curves; Tuning the optimization
WHAT      A learning curve that does not fall has a reason that one can read off it. Each panel
          shows a bad run (solid) and the same with one thing changed (dashed).
FORMULA   the loss of guessing among ten classes is log 10 = 2.30; a curve is level there when the
          net knows nothing, and above it when it is confidently wrong
PREDICT   Sorted digits without a shuffle; weights that start at zero; a rate ten times too high;
          one a thousand times too low; inputs of 0 … 1600 in place of 0 … 1; labels of another
          image. Which of these curves end at 2.3, and which falls below it though something is
          wrong?
NOTICE    Four end at 2.3, for four reasons: zeros have no gradient to part on, a rate of 0.0003
          does not move, of 3 overshoots, and pixels of 1600 begin at 13,273 and shut all ReLUs. The
          curve alone does not tell them apart: its first value and the moves of the weights do.
          Sorted digits fall to 1.76: each batch teaches one digit and forgets the others. Labels of
          other images fall to 2.21: the net learns them by heart, and no validation loss would
          follow.
EXERCISE  exercises/bad_curves.py: name the cause of four curves.

    python examples/18_bad_curves.py [FOLDER]    draws bad_curves.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from micrograd_opt.plot.figure import COLOURS, DASHED, new_axes
from page import save

x, labels = mo.data.load_digits()[:200]
loss_fn = mo.functional.cross_entropy


def losses(lr=0.3, scale=1.0, shuffle=True, order=None, targets=labels, zero=False):
    """The mean loss of each epoch of a net 64 → 12 → 10 with one thing changed."""
    rows = list(range(200)) if order is None else order
    data = mo.data.TensorDataset(x[rows] * scale, targets[rows])
    model = mo.nn.MLP(64, [12, 10], rng=random.Random(0))
    if zero:
        for p in model.parameters():
            p.data = mo.zeros(*p.shape).data
    loader = mo.data.DataLoader(data, 10, shuffle, rng=random.Random(0) if shuffle else None)
    optimizer = mo.optim.SGD(model.parameters(), lr=lr)
    return mo.fit(model, loss_fn, optimizer, loader, epochs=12, progress=False)["loss"]


by_digit = sorted(range(200), key=labels.tolist().__getitem__)
elsewhere = labels[random.Random(3).sample(range(200), 200)]
good = losses()
CASES = {  # symptom: (the bad run, the cause, its remedy, the run that it gives)
    "sorted": (dict(shuffle=False, order=by_digit), "no shuffle", "shuffle each epoch",
               losses(order=by_digit)),
    "zeros": (dict(zero=True), "all weights start at 0", "random weights", good),
    "rate 3": (dict(lr=3.0), "rate too high", "a tenth of it", good),
    "rate 0.0003": (dict(lr=0.0003), "rate too low", "1,000 times it", good),
    "pixels × 100": (dict(scale=100.0), "inputs not scaled", "inputs from 0 to 1", good),
    "shuffled labels": (dict(targets=elsewhere), "labels of other images",
                        "shuffle both alike", good),
}  # fmt: skip
print(f"{'symptom':16} {'first':>8} {'last':>7} {'mended':>7}  {'cause':24} remedy")
axes = new_axes(None, panels=6, size=(13.0, 3.0))
for ax, (name, (bad, cause, remedy, mended)) in zip(axes, CASES.items(), strict=True):
    curve = losses(**bad)
    print(f"{name:16} {curve[0]:8.2f} {curve[-1]:7.3f} {mended[-1]:7.3f}  {cause:24} {remedy}")
    epochs = range(1, len(curve) + 1)
    ax.plot(epochs, curve, color=COLOURS[1], linewidth=2.0, label="bad")
    ax.plot(epochs, mended, color=COLOURS[0], linestyle=DASHED, linewidth=2.0, label="mended")
    ax.axhline(math.log(10), color="0.4", linestyle=":", label="guessing")
    ax.set(title=name, xlabel="epoch", yscale="log", ylim=(0.02, 200.0))
axes[0].set_ylabel("loss")
axes[-1].legend(fontsize="small")
save(axes[0].figure, "bad_curves.png")
