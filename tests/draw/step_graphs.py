"""Graphs that the tests of the step page share, and what a box of the page shows of a number."""

import json
import re

import pytest

from micrograd_opt import Tensor, Value, functional
from micrograd_opt.draw.picture.boxes import number


def neuron():
    """tanh(w1·x1 + w2·x2 + b), labelled; the gradients are ½, 0, −1.5, 1."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    out = (w1 * x1 + w2 * x2 + b).tanh()
    out.label = "out"
    return out


def cube():
    """a·a + a·a·a, in which a gets its gradient in five parts; a constant, too."""
    a = Value(-2.0, label="a")
    square = a * a
    return square + square * a * 0.5


def cross_entropy():
    """Of two samples and two classes: a matmul, a bias that is stretched, a softmax."""
    x = Tensor([[1.0, 2.0, -1.0], [0.5, -0.3, 0.8]], label="x")
    w = Tensor([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], requires_grad=True, label="w")
    b = Tensor([0.1, -0.1], requires_grad=True, label="b")
    loss = functional.cross_entropy(x @ w + b, [0, 1])
    loss.label = "loss"
    return loss


def large():
    """A Tensor of 40 elements: too many for a box, and too wide for a card."""
    w = Tensor([[0.1 * i + j for i in range(10)] for j in range(4)], requires_grad=True, label="w")
    return (w @ Tensor([[0.2]] * 10)).tanh().mean()


GRAPHS = {"neuron": neuron, "cube": cube, "cross-entropy": cross_entropy, "large": large}
each_graph = pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)


def cells(x):
    """What a box shows of data or a gradient: rows of numbers, or the norm of many."""
    shape = getattr(x, "shape", ())
    if not shape:
        return [[number(float(x))]]
    rows = [x.tolist()] if len(shape) == 1 else x.tolist()
    if len(rows) > 3 or len(rows[0]) > 3:
        return [[number(sum(v * v for row in rows for v in row) ** 0.5)]]
    return [list(map(number, row)) for row in rows]


def data_of(html):
    """What a page's script reads."""
    return json.loads(re.search(r'id="data">(.*?)</script>', html).group(1))
