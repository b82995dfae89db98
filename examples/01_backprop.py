"""Backprop on one neuron: the chain rule, node by node.

SLIDE     Today's lecture (computing gradients: backprop and autodiff)
WHAT      A neuron computes tanh(w1·x1 + w2·x2 + b). Forward, each operation makes a node that knows
          its value and its parents. Backward, each node hands every parent its own gradient times
          the local derivative, once all of its own gradient has come in.
FORMULA   ∂out/∂out = 1;  ∂out/∂p = Σ over the nodes z made of p:  ∂out/∂z · ∂z/∂p;
          tanh′ = 1 − tanh²,  (u·v)′ by u = v,  (u + v)′ = 1
PREDICT   x1 = 2, x2 = 0, w1 = −3, w2 = 1. Which of the five leaves gets no gradient at all? And of
          p with q = p + p and r = q + q: is ∂r/∂p 4 or 6?
NOTICE    w2 gets none: its x2 is 0. The gradient of w1 is what a small change of it does to the
          output: 1.000000 by backprop, 0.999999 by a difference. ∂r/∂p is 4; who passes on from q
          at each arrival counts the first one twice and answers 6. That is what the order is for.
EXERCISE  exercises/backprop.py: mend a backward pass.

    python examples/01_backprop.py [FOLDER]    draws backprop.svg (into runs/ else), given a `dot`
"""

import micrograd_opt as mo
from micrograd_opt.engine.graph import topological_order
from page import save

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
moved = mo.Value((w1.data + h) * x1.data + w2.data * x2.data + b.data).tanh()
slope = (moved.data - out.data) / h
print(f"\n∂out/∂w1: backprop {w1.grad:.6f}, finite difference {slope:.6f}")

p = mo.Value(1.0)
q = p + p
r = q + q
r.backward()
print(f"∂r/∂p with q = p + p, r = q + q: {p.grad}")

save(mo.draw(out, title="tanh(w1·x1 + w2·x2 + b)"), "backprop.svg")
