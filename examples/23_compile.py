"""A graph is a program: the two moons again, traced once and written as plain Python.

Example 22 builds 66,000 nodes a step, the same ones each time. `mo.compile` runs the loss of one
sample once, differentiates it by the rule table, and writes forward and backward as a function with
a loop over the batch. Everything that graph and nodes cost is gone; what is left is arithmetic.

    python examples/23_compile.py [FILE.py]      FILE.py: the program, to run without the library
"""

import random
import sys
import time

import micrograd_opt as mo

STEPS, MORE_STEPS = 10, 400
random.seed(1337)
model = mo.nn.scalar.MLP(2, [16, 16, 1])
parameters = model.parameters()
points, labels = mo.data.make_moons(100, noise=0.1, rng=random).tensors
points, labels = points.tolist(), [2 * label - 1 for label in labels.tolist()]  # −1 and 1


def hinge(point, label):
    """The loss of one point: 0 where it is on the right side by a margin."""
    return (1 - label * model(point)).relu()


def l2():
    """The term that keeps the weights small."""
    return 1e-4 * sum(p * p for p in parameters)


def sample_loss(point, label):
    """What is compiled. The L2 term is the same for all points: the program computes it once."""
    return hinge(point, label) + l2()


def mean_loss(points, labels):
    """What the compiled function computes, as a graph of all points."""
    return sum(map(hinge, points, labels)) / len(points) + l2()


def train(loss_fn, steps):
    """Seconds a step, and the last loss, of gradient descent from the same start each time."""
    model.load_state_dict(start)
    optimizer = mo.optim.SGD(parameters, lr=0.5)
    started = time.perf_counter()
    for _ in range(steps):
        loss = loss_fn(points, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - started) / steps, loss.item()


start = model.state_dict()
slow, slow_loss = train(mean_loss, STEPS)
compiled = mo.compile(sample_loss, batched=True)
compiled(points, labels)  # the first call traces the function and writes the program
fast, fast_loss = train(compiled, STEPS)
print(f"graph    {STEPS} steps, loss {slow_loss:.12f}")
print(f"program  {STEPS} steps, loss {fast_loss:.12f}\n")
print(f"a step: {1e3 * slow:.1f} ms as a graph, {1e3 * fast:.2f} ms as a program, "
      f"{slow / fast:.0f} times faster")  # fmt: skip
print(f"the program after {MORE_STEPS} steps: loss {train(compiled, MORE_STEPS)[1]:.4f}\n")

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
