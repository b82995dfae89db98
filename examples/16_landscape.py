"""The landscape of a loss: of a shallow net, of a deep one, and of a deep one with skips.

SLIDE     Visualizing losses and optimization; What makes neural network training possible?
WHAT      Two random directions d₁, d₂ through the weights θ of a trained net span a plane, on which
          the loss can be drawn (Li et al. 2018). A direction is scaled filter by filter to the
          length of the weights there, so that pictures of different nets can be compared.
FORMULA   ℓ(θ + a d₁ + b d₂);  a skip: h ← h + tanh(W h + b) in place of h ← tanh(W h + b)
PREDICT   All three learn the same two moons. Which net trains to the lowest loss, and whose
          landscape is a bowl?
NOTICE    After 120 steps the shallow net is at 0.279, in a bowl: an easy landscape, and a slow way
          down. Twelve layers end higher, at 0.410, on a plain where 68 of the 289 points drawn, all
          in random directions, are lower than where training stopped. With skips the same twelve
          layers, no weight more, reach 0.009 at the bottom of a valley: no point drawn is lower.
          An architecture is chosen for what it lets gradient descent do.
EXERCISE  exercises/landscape.py: filter normalisation.

    python examples/16_landscape.py [FOLDER]    draws landscape.png (into runs/ else)
"""

import random

import micrograd_opt as mo
from micrograd_opt.plot.figure import new_axes
from page import save

moons = mo.data.make_moons(60, noise=0.1, rng=random.Random(0))


class Deep(mo.nn.Module):
    """2 → 8 → … → 8 → 1, with tanh between; with skip=True each inner layer adds to what it got."""

    def __init__(self, depth, skip):
        rng = random.Random(1)
        self.first = mo.nn.Linear(2, 8, rng=rng)
        self.inner = [mo.nn.Linear(8, 8, rng=rng) for _ in range(depth)]
        self.last, self.skip = mo.nn.Linear(8, 1, rng=rng), skip

    def forward(self, x):
        h = self.first(x).tanh()
        for layer in self.inner:
            h = h + layer(h).tanh() if self.skip else layer(h).tanh()
        return self.last(h)


def loss_fn(scores, labels):
    return mo.functional.binary_cross_entropy_with_logits(scores.flatten(), labels)


NETS = {"2 layers": (0, False), "12 layers": (10, False), "12 layers, skips": (10, True)}
axes = new_axes(None, panels=3, size=(13.0, 4.2))
print(f"{'net':18} {'at the start':>12} {'trained':>8} {'at the edge':>12} {'lower points':>13}")
for ax, (name, (depth, skip)) in zip(axes, NETS.items(), strict=True):
    net = Deep(depth, skip)
    before = loss_fn(net(moons.tensors[0]), moons.tensors[1]).item()
    optimizer = mo.optim.Adam(net.parameters(), lr=0.01)
    mo.fit(net, loss_fn, optimizer, moons, epochs=40, batch_size=20, compile=True, progress=False)
    figure = mo.plot.landscape(net, loss_fn, moons, size=17, rng=random.Random(2), ax=ax)
    ax.set(title=name)
    values = figure.data.values
    middle = values[8][8]  # the net itself: a = b = 0
    edge = [*values[0], *values[-1], *[row[0] for row in values], *[row[-1] for row in values]]
    lower = sum(loss < middle for row in values for loss in row)
    print(f"{name:18} {before:12.3f} {middle:8.4f} {sum(edge) / len(edge):12.3f} {lower:13}")
    if ax is not axes[-1]:
        ax.get_legend().remove()
save(figure, "landscape.png")
