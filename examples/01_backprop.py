"""Backprop on one neuron: the chain rule, step by step, and its picture.

A neuron computes tanh(w1·x1 + w2·x2 + b). Going forward, each operation makes a node that knows
its value and its parents. Going back from the output, where the gradient is 1, each node hands to
every parent its own gradient times the local derivative. A node passes on only when all its own
gradient has come in: that is what the topological order is for.

    python examples/01_backprop.py [FOLDER]     draws neuron.gv into it (runs/ without one), and
                                                neuron.svg where a `dot` is found
"""

import sys
from pathlib import Path

import micrograd_opt as mo
from micrograd_opt.draw import find_dot
from micrograd_opt.engine.graph import topological_order

x1, x2 = mo.Value(2.0, label="x1"), mo.Value(0.0, label="x2")
w1, w2 = mo.Value(-3.0, label="w1"), mo.Value(1.0, label="w2")
b = mo.Value(6.8813735870195432, label="b")

# Forward. Every intermediate result is a node too; a label is only for the picture.
total = w1 * x1 + w2 * x2 + b
total.label = "total"
out = total.tanh()
out.label = "out"

# Backward: from the output to the leaves, each node once, after all that use it.
out.backward()

print("backward order      value    gradient")
for node in reversed(topological_order(out)):
    print(f"{node.label or node._op:12} {node.data:12.4f} {node.grad:11.4f}")

# The gradient of a weight is what small changes of it do to the output.
h = 1e-6
moved = ((w1.data + h) * x1.data + w2.data * x2.data + b.data, total.data)
slope = (mo.Value(moved[0]).tanh().data - mo.Value(moved[1]).tanh().data) / h
print(f"\nd out / d w1: backprop {w1.grad:.6f}, finite difference {slope:.6f}")

# The most asked question of all: why an order? Of p, let q = p + p and r = q + q: dr/dp is 4. Who
# sends on from q each time that something arrives there counts the first arrival twice: 6.
p = mo.Value(1.0)
q = p + p
r = q + q
r.backward()
print(f"dr/dp with q = p + p, r = q + q: {p.grad}")

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
folder.mkdir(exist_ok=True)
picture = mo.draw(out, title="tanh(w1·x1 + w2·x2 + b)")
print(f"\ndrawn: {picture.save(folder / 'neuron.gv')}")
if find_dot():
    print(f"drawn: {picture.save(folder / 'neuron.svg')}")
else:
    print("no neuron.svg: `micrograd-opt doctor` says how to get a dot")

# Exercise: x2 is 0, so w2 gets no gradient however wrong it is. Which single change of the inputs
# makes all five leaves learn? Check your answer with `out.backward()`, then with the picture.
