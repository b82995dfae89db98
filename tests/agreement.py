"""Whether a compiled function and the plain one give the same loss and the same gradients.

"The same" is 1e-12 relative to what was added up: where large terms cancel, what is left of them
has only the digits that the large ones had. So a gradient is compared with its mass, the sum of
|contribution| over all paths that lead to it, and the loss with Σ |z|·mass(z) over all nodes z of
its graph, which bounds what rounding does to it.
"""

import math

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.compiler.trace import flatten
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import topological_order

TIGHT = 1e-12


def flat(data):
    """The numbers of a gradient or of data; of None None."""
    return data.flat if isinstance(data, Array) else None if data is None else [data]


class Outcome:
    """What a call of a function gave: numbers of all outputs, gradients of all leaves."""

    def __init__(self, function, args, leaves):
        for leaf in leaves:
            leaf.grad = leaf._empty_grad
        nodes = []
        self.form = flatten(function(*args), nodes)
        self.loss = nodes[0]
        self.outputs = [flat(node.data) for node in nodes]
        self.shapes = [getattr(node, "shape", None) for node in nodes]
        self.differentiable = self.loss.requires_grad and len(self.outputs[0]) == 1
        if self.differentiable:
            self.loss.backward()
        self.gradients = [flat(leaf.grad) for leaf in leaves]
        self.numbers = [*self.outputs, *self.gradients]


def _absolute(x):
    return abs(x) if isinstance(x, float) else Array(list(map(abs, x.flat)), x.shape)


def masses(loss):
    """{node: Σ |contribution| to its gradient, over all paths}."""
    order = topological_order(loss)
    found = {loss: _absolute(loss._seed(None)._data)}
    for node in reversed(order):
        mass = found.get(node)
        if node.op is None or mass is None:
            continue
        inputs, params, z = [x._data for x in node._prev], node.params, node._data
        for place, x in enumerate(node._prev):
            if not x.requires_grad:
                continue
            name = node.op.name
            if name == "mm":
                sent = node.op.pull(place, mass, z, list(map(_absolute, inputs)), params)
            elif name in ("softmax", "log_softmax"):
                dim = params["dim"]
                p = z if name == "softmax" else ops.softmax(inputs[0], dim=dim)
                lanes = (mass * p if name == "softmax" else mass).sum(dim, keepdim=True)
                sent = mass * p + p * lanes if name == "softmax" else mass + p * lanes
            else:
                sent = node.op.pull(place, mass, z, inputs, params)
                sent = None if sent is None else _absolute(sent)
            if sent is not None:
                before = found.get(x)
                found[x] = sent if before is None else before + sent
    return found


def scales(outcome, leaves):
    """How large each number of an outcome is for the comparison: lists like its numbers."""
    found = masses(outcome.loss) if outcome.differentiable else {}
    bound = sum(abs(z) * m for node, mass in found.items()
                for z, m in zip(flat(node._data), flat(mass), strict=True))  # fmt: skip
    scales = [[abs(x) for x in numbers] for numbers in outcome.outputs]
    scales[0] = [bound] * len(scales[0])
    for leaf, gradient in zip(leaves, outcome.gradients, strict=True):
        zeros = [0.0] * len(gradient or ())
        scales.append(flat(found[leaf]) if leaf in found else zeros)
    return scales


def same(x, y, room):
    return x == y or (x != x and y != y) or abs(x - y) <= room


def agree(found, expected, leaves):
    """None, or the first difference between two outcomes as text."""
    if found.shapes != expected.shapes:
        return f"shapes {found.shapes}, expected {expected.shapes}"
    if [g and len(g) for g in found.gradients] != [g and len(g) for g in expected.gradients]:
        return f"gradients {found.gradients}, expected {expected.gradients}"
    if found.numbers == expected.numbers:
        return None
    sizes = scales(expected, leaves)
    for i, (xs, ys) in enumerate(zip(found.numbers, expected.numbers, strict=True)):
        for j, (x, y) in enumerate(zip(xs or (), ys or (), strict=True)):
            size = max(abs(y), sizes[i][j]) if math.isfinite(sizes[i][j]) else abs(y)
            if not same(x, y, TIGHT * size):
                n = len(found.outputs)
                what = f"output {i}" if i < n else f"gradient {i - n}"
                return f"{what}[{j}]: {x!r}, expected {y!r}, of size {size:.3g}"
    return None


def leaves_of(args):
    """The nodes among the arguments."""
    nodes = []
    flatten(list(args), nodes)
    return [x for x in nodes if isinstance(x, (Tensor, Value))]


def batch_mean(function):
    """What `compile(function, batched=True)` computes: the mean over the samples."""

    def mean(*batches):
        n = len(batches[0])
        rows = [function(*[batch[i] for batch in batches]) for i in range(n)]
        return sum(rows[1:], rows[0]) / n

    return mean


def check(program, compiled, rng, plain=None, draw=None, calls=2):
    """Raise AssertionError unless the compiled function agrees on several sets of numbers.

    The second set comes after a change of every parameter, with other arguments.
    """
    plain, draw = plain or program.function, draw or program.arguments
    for call in range(calls):
        if call:
            program.renew(rng)
        args = draw(rng)
        leaves = [*program.parameters, *leaves_of(args)]
        expected = Outcome(plain, args, leaves)
        found = Outcome(compiled, args, leaves)
        wrong = agree(found, expected, leaves)
        assert wrong is None, f"call {call}: {wrong}\n{program}"
