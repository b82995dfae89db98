"""A graph is a program: the two moons again, traced once and written as plain Python.

Example 02 builds 67,000 nodes a step, the same ones each time. `mo.compile` runs the loss of one
sample once, differentiates it by the rule table, and writes forward and backward as a function with
a loop over the batch. Everything that graph and nodes cost is gone; what is left is arithmetic.

    python examples/07_compile.py [FILE.py]      FILE.py: the program, to run without the library
"""

import random
import sys
import time

import micrograd_opt as mo

STEPS, EAGER_STEPS = 400, 3
random.seed(1337)
model = mo.nn.scalar.MLP(2, [16, 16, 1])
parameters = model.parameters()
points, labels = mo.data.make_moons(100, noise=0.1, rng=random).tensors
points, labels = points.tolist(), [2 * label - 1 for label in labels.tolist()]  # −1 and 1


def sample_loss(point, label):
    """The hinge loss of one point, and the L2 term."""
    return (1 - label * model(point)).relu() + 1e-4 * sum(p * p for p in parameters)


def mean_loss(points, labels):
    """What the compiled function computes, as a graph of all samples."""
    return sum(map(sample_loss, points, labels)) / len(points)


def train(loss_fn, steps):
    """Seconds a step, and the last loss."""
    optimizer = mo.optim.SGD(parameters, lr=0.5)
    started = time.perf_counter()
    for _ in range(steps):
        loss = loss_fn(points, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - started) / steps, loss.item()


start = model.state_dict()
compiled = mo.compile(sample_loss, batched=True)
model_loss = {"graph": mean_loss, "program": compiled}
for name, loss_fn in model_loss.items():
    model.load_state_dict(start)
    print(f"{name:8} {EAGER_STEPS} steps, loss {train(loss_fn, EAGER_STEPS)[1]:.12f}")

model.load_state_dict(start)
slow = train(mean_loss, EAGER_STEPS)[0]
fast, loss = train(compiled, STEPS)
print(f"\na step: {1e3 * slow:.1f} ms as a graph, {1e3 * fast:.2f} ms as a program, "
      f"{slow / fast:.0f} times faster; loss after {STEPS} more: {loss:.4f}\n")  # fmt: skip

lines = compiled.source.splitlines()
loop = next(i for i, line in enumerate(lines) if line.strip().startswith("for "))
print(f"{len(lines)} lines. The loop over the samples begins with one neuron,\n")
print("\n".join(lines[loop : loop + 9]))
guard = next(i for i, line in enumerate(lines) if "backward" in line)
print("\nand its backward half is skipped where the hinge is met and where a neuron is shut:\n")
print("\n".join(lines[guard - 1 : guard + 8]))

if len(sys.argv) > 1:
    print(f"\nwritten: {compiled.save(sys.argv[1])}, which runs alone")

# Exercise: replace relu by tanh in nn.scalar (Neuron.forward) and read the new program. Which lines
# can no longer be skipped? What did the derivative of tanh become?
