"""Two moons, a number at a time: micrograd's demo, every weight a Value.

The net is 2 → 16 → 16 → 1 with ReLU; the loss is the hinge max(0, 1 − y·score), which asks for the
right side by a margin, plus an L2 term α‖θ‖² that keeps the weights small. Each step takes the
full batch: forward, backward, and Lecture 6's first update θ ← θ − α∇, with a rate that decays
linearly. All 337 parameters and 66,000 nodes a step are plain Python objects.

    python examples/22_moons.py
"""

import random
import time

import micrograd_opt as mo

STEPS = 40
random.seed(1337)
model = mo.nn.scalar.MLP(2, [16, 16, 1])
points, labels = mo.data.make_moons(100, noise=0.1, rng=random).tensors
points, labels = points.tolist(), [2 * label - 1 for label in labels.tolist()]  # −1 and 1


def total_loss():
    """Hinge loss and L2 term as one Value, and the accuracy."""
    scores = [model(point) for point in points]
    data_loss = mo.functional.hinge_loss(scores, labels)
    l2 = 1e-4 * sum(p * p for p in model.parameters())
    right = [s.data * label > 0 for s, label in zip(scores, labels, strict=True)]
    return data_loss + l2, sum(right) / len(labels)


rate = mo.optim.schedules.linear_decay(1.0, STEPS)
optimizer = mo.optim.SGD(model.parameters(), lr=rate)
print(f"{model}: {len(model.parameters())} parameters\n\nstep    loss  accuracy   rate")
started = time.perf_counter()
for step in range(STEPS):
    loss, accuracy = total_loss()
    optimizer.zero_grad()
    loss.backward()
    if step % 5 == 0 or step == STEPS - 1:
        print(f"{step:4} {loss.data:7.4f} {accuracy:9.2f} {optimizer.param_groups[0]['lr']:6.3f}")
    optimizer.step()
print(f"\n{STEPS} steps in {time.perf_counter() - started:.1f} s\n")

# Where the net says yes, in characters: the boundary between the moons.
for y in [1.4 - 0.2 * row for row in range(12)]:
    with mo.no_grad():
        row = ["#" if model([-1.5 + 0.1 * column, y]).data > 0 else "." for column in range(41)]
    print("".join(row))

# Exercise: set the rate to a constant 1.0 and watch the loss of the last steps. Then 3.0. Which
# of the two sentences of Lecture 6 on learning rates do you see?
