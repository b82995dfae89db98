"""Graphs one can read: levels of a picture, backprop step by step, and an op opened up.

A graph of single numbers is exact and soon unreadable: the loss of a small net on three points has
two thousand nodes. But most of them repeat. A sum of products is one Σ (level "chain"), one call of
a neuron is one box ("neuron"), a layer of them another ("layer"), and what is done alike to each
example of the batch is drawn once, as "×3". `level="auto"` takes the first that fits. The colour of
a box is the size of its gradient, so that a glance shows where learning happens.

    python examples/21_graphs.py [FOLDER]      draws into it (runs/ without one), given a `dot`
"""

import random
import sys
from pathlib import Path

import micrograd_opt as mo
from micrograd_opt.draw import find_dot

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
folder.mkdir(parents=True, exist_ok=True)


def save(drawing, name):
    """Write a picture, if there is something to draw with."""
    if find_dot():
        print(f"drawn: {drawing.save(folder / name)}")
    else:
        print(f"no {name}: `micrograd-opt doctor` says how to get a dot")


def loss_of(net, points, labels):
    """The hinge loss of a net of Values after backward."""
    scores = [net(point) for point in points.tolist()]
    loss = mo.functional.hinge_loss(scores, [2 * label - 1 for label in labels.tolist()])
    loss.label = "loss"
    loss.backward()
    return loss


# micrograd's net on three points of two moons: every number a node. What is left at each level?
rng = random.Random(1)
points = mo.data.make_moons(3, rng=rng).tensors
loss = loss_of(mo.nn.scalar.MLP(2, [16, 16, 1], rng=rng), *points)
for level in ("op", "chain", "neuron", "layer"):
    for roll in (True, False):
        drawing = mo.draw(loss, level=level, roll=roll, max_nodes=None)
        print(f"{level:8}{'rolled' if roll else '':8}{drawing.caption}")
save(mo.draw(loss, title="micrograd's net on three points"), "micrograd.svg")

# A narrower one for the README. Neurons whose gradient for their parameters is 0 are dead: they
# gave 0 for all three points.
loss = loss_of(mo.nn.scalar.MLP(2, [4, 4, 1], rng=rng), *points)
title = "the hinge loss of a net 2 → 4 → 4 → 1 on three points"
save(mo.draw(loss, level="neuron", direction="TB", title=title), "neurons.svg")

# The same with Tensors: a node is a whole matrix, and the loss of 32 digits fits as it is.
model = mo.nn.MLP(64, [32, 10], rng=rng)
x, y = mo.data.load_digits()[:32]
x.label = "x"
loss = mo.functional.cross_entropy(model(x), y)
loss.label = "loss"
loss.backward()
save(mo.draw(loss, direction="TB", title="the loss of 32 digits"), "digits.svg")

# One op of Tensors opened, number by number: a cross-entropy, with the same gradients.
scores = mo.Tensor([1.0, 2.0, 4.0], requires_grad=True, label="scores")
loss = mo.functional.cross_entropy(scores, 2)
loss.label = "loss"
loss.backward()
save(mo.draw.zoom(loss, scores, title="cross_entropy([1, 2, 4], 2), opened"), "zoom.svg")

# Backprop in words: who sends what to whom, by which rule.
a, b, c = mo.Value(2.0, label="a"), mo.Value(-3.0, label="b"), mo.Value(10.0, label="c")
out = a * b + a * c
print(f"\n{mo.explain(out)}\n")
save(mo.draw.backprop(out, title="a·b + a·c"), "steps.html")


def training(net, points, labels, steps=101, lr=0.1):
    """Gradient descent on squared errors that hands out each step's loss before it moves on."""
    for _ in range(steps):
        loss = mo.functional.mse_loss([net(point) for point in points.tolist()], labels)
        loss.label = "loss"
        net.zero_grad()
        loss.backward()
        yield loss
        for p in net.parameters():
            p.data -= lr * p.grad


# The same graph while the net learns: on one scale of colours the gradients fade with the loss.
losses = training(mo.nn.scalar.MLP(2, [4, 1], rng=random.Random(2)), *points)
save(mo.draw.frames(losses, at=(0, 5, 20, 60, 100), level="neuron"), "frames.html")

# Exercise: train on the hinge loss instead, for 200 steps with lr=0.2. Its gradients do not fade as
# the loss falls, then all are 0 at once. Which boxes of neurons.svg say why?
