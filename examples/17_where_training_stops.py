"""Where training stops: not at a minimum, nor at any other critical point.

SLIDE     What makes neural network training possible?
WHAT      "Actually, we don't really care about reaching any optimum": a net of 33 parameters learns
          two moons by Adam in minibatches, and at the end we look at its gradient and its Hessian.
FORMULA   a minimum has ‖∇ℓ‖ = 0 and only eigenvalues λ > 0 of H = ∂²ℓ/∂θ²; an eigenvalue of 0 is a
          flat direction, a negative one leads further down
PREDICT   Every point is on the right side at the end. Is ‖∇ℓ‖ below 0.001? How many of the 33
          eigenvalues are within ±0.001, and are any negative?
NOTICE    ‖∇ℓ‖ is 0.004: small beside the 0.304 of the start, and no zero; the loss is 0.0068 and
          would fall further. 20 of the 33 eigenvalues are within ±0.001, 6 of them below zero: most
          directions are flat, and a few still lead down. No critical point was reached, and nobody
          missed one.
EXERCISE  exercises/where_training_stops.py: the largest eigenvalue without the matrix.

    python examples/17_where_training_stops.py [FOLDER]    draws where_training_stops.png
"""

import math
import random

import micrograd_opt as mo
from micrograd_opt.plot.figure import COLOURS, new_axes
from page import save

EPOCHS = 200
moons = mo.data.make_moons(60, noise=0.1, rng=random.Random(0))
x, y = moons.tensors
model = mo.nn.Sequential(mo.nn.Linear(2, 8, rng=random.Random(1)), mo.nn.Tanh(),
                         mo.nn.Linear(8, 1, rng=random.Random(2)))  # fmt: skip
parameters = model.parameters()


def loss_fn(scores, labels):
    return mo.functional.binary_cross_entropy_with_logits(scores.flatten(), labels)


def gradient_norm(*_):
    """Of the loss over all the points."""
    gradient = mo.grad(loss_fn(model(x), y), parameters)
    return math.hypot(*[g for part in gradient for g in part.data.flat])


def hessian():
    """H as nested lists, a row for each number: mo.hessian gives a block for each pair."""
    blocks = mo.hessian(loss_fn(model(x), y), parameters)
    rows = [mo.cat([block.reshape(p.size, -1) for block in row], 1)
            for p, row in zip(parameters, blocks, strict=True)]  # fmt: skip
    return mo.cat(rows).tolist()


def eigenvalues(matrix, sweeps=12):
    """Of a symmetric matrix, rising, by Jacobi's rotations: each makes one pair of entries 0."""
    a, n = [list(row) for row in matrix], len(matrix)
    for _ in range(sweeps):
        for p in range(n):
            for q in range(p + 1, n):
                if abs(a[p][q]) < 1e-15:
                    continue
                angle = 0.5 * math.atan2(2.0 * a[p][q], a[q][q] - a[p][p])
                c, s = math.cos(angle), math.sin(angle)
                for row in a:  # the columns p and q, then the rows
                    row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
                a[p], a[q] = ([c * u - s * v for u, v in zip(a[p], a[q], strict=True)],
                              [s * u + c * v for u, v in zip(a[p], a[q], strict=True)])  # fmt: skip
    return sorted(a[i][i] for i in range(n))


norms = [gradient_norm()]
optimizer = mo.optim.Adam(parameters, lr=0.05)
history = mo.fit(model, loss_fn, optimizer, moons, epochs=EPOCHS, batch_size=10, progress=False,
                 callbacks=[lambda history: norms.append(gradient_norm())])  # fmt: skip
scores = model(x).flatten().tolist()
hits = sum((s > 0) == (label > 0.5) for s, label in zip(scores, y.tolist(), strict=True))
spectrum = eigenvalues(hessian())
flat = sum(abs(value) < 1e-3 for value in spectrum)
print(f"{EPOCHS} epochs: loss {history['loss'][-1]:.4f}, {hits} of {len(y)} points right")
print(f"‖∇ℓ‖: {norms[0]:.3f} at the start, {norms[-1]:.3f} at the end")
print(f"{len(spectrum)} eigenvalues: {flat} within ±0.001, {sum(v < 0 for v in spectrum)} negative")
print("lowest  ", *[f"{value:8.4f}" for value in spectrum[:5]])
print("highest ", *[f"{value:8.4f}" for value in spectrum[-5:]])

left, right = new_axes(None, panels=2, size=(9.6, 3.8))
left.plot(norms, color=COLOURS[0])
left.set(title="The gradient over all points", xlabel="epoch", ylabel="‖∇ℓ‖", yscale="log")
right.stem(range(1, len(spectrum) + 1), spectrum, basefmt="k-")
right.set(title="The Hessian at the end", xlabel="number of the eigenvalue", ylabel="eigenvalue")
right.set_yscale("symlog", linthresh=0.001)
right.axhspan(-0.001, 0.001, color="0.85", label="within ±0.001")
right.legend(loc="upper left", frameon=False)
save(right.figure, "where_training_stops.png")
