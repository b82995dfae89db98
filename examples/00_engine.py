"""The whole idea on one screen: nodes, a table of rules, a walk back, gradient descent.

WHAT      A computation leaves a graph behind: each node knows its op and its parents. Walking back
          from the loss, every node hands each parent its own gradient times a local derivative.
FORMULA   ∂L/∂x = Σ over the nodes z made of x:  ∂L/∂z · ∂z/∂x;  then θ ← θ − α · ∂L/∂θ
PREDICT   The net has three neurons for the four lines of XOR. Four of its 13 parameters will never
          move: which, and why? (Look for a neuron that no line makes positive.)
NOTICE    A rule knows nothing of graphs, the walk nothing of derivatives, the descent of neither.
          Nothing is imported: micrograd_opt does the same, to the bit, with more rules and arrays.
EXERCISE  Add a row "cube" and a method that uses it, then compare ∂(x³)/∂x at 2 with 12.

    python examples/00_engine.py
"""


class Node:
    """A number that remembers where it came from; a leaf has no parents."""

    def __init__(self, data, op="", *parents):
        self.data, self.op, self.parents, self.grad = data, op, parents, 0.0

    def __add__(self, other):
        return node_of("add", self, other)

    def __sub__(self, other):
        return node_of("sub", self, other)

    def __mul__(self, other):
        return node_of("mul", self, other)

    def relu(self):
        return node_of("relu", self)


# g is ∂L/∂z, the gradient of the output; a rule turns it into that of one input.
RULES = {
    #       forward                          for x                      for y
    "add": (lambda x, y: x + y,              lambda g, x, y: g,         lambda g, x, y: g),
    "sub": (lambda x, y: x - y,              lambda g, x, y: g,         lambda g, x, y: -g),
    "mul": (lambda x, y: x * y,              lambda g, x, y: g * y,     lambda g, x, y: g * x),
    "relu": (lambda x: x if x > 0 else 0.0,  lambda g, x: g if x > 0 else 0.0),
}  # fmt: skip


def node_of(op, *parents):
    forward, *_ = RULES[op]
    return Node(forward(*[p.data for p in parents]), op, *parents)


def order_of(node, order):
    """All that the node depends on, each once and after its own parents; the node is the last."""
    if node not in order:
        for parent in reversed(node.parents):
            order_of(parent, order)
        order[node] = True
    return order


def backward(root):
    """A node passes on its gradient when it is whole: when all that was made of it has passed."""
    root.grad = 1.0
    for z in reversed(order_of(root, {})):
        inputs = [p.data for p in z.parents]
        for parent, rule in zip(z.parents, RULES[z.op][1:] if z.op else (), strict=True):
            parent.grad += rule(z.grad, *inputs)


def network(theta, a, b):
    """Three neurons relu(a·w + b·v + c), and their weighted sum with a bias of its own."""
    out = theta[12]
    for w, v, c, u in zip(theta[:3], theta[3:6], theta[6:9], theta[9:12], strict=True):
        out = out + u * (w * a + v * b + c).relu()
    return out


XOR = [(0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)]  # a, b, target
START = [0.7, -0.6, -0.4, 0.5, -0.5, -0.8, -0.1, 0.9, -0.2, 0.6, -0.7, 0.3, 0.2]
ALPHA, STEPS = 0.1, 300


def loss_of(theta, leaf):
    total = leaf(0.0)
    for a, b, target in XOR:
        error = network(theta, leaf(a), leaf(b)) - leaf(target)
        total = total + error * error
    return total * leaf(0.25)


theta = [Node(number) for number in START]
print("step      loss")
for step in range(STEPS + 1):
    loss = loss_of(theta, Node)
    if step % 50 == 0:
        print(f"{step:4}  {loss.data:8.6f}")
    backward(loss)
    theta = [Node(p.data - ALPHA * p.grad) for p in theta]
still = [i for i, (number, p) in enumerate(zip(START, theta, strict=True)) if p.data == number]
print(f"never moved: {still}")
