"""The second lowering of `compile`: whole lists. Each op of the table, each pass, readable text."""

import math
import random

import pytest
from op_samples import SAMPLES

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, nn, ops
from micrograd_opt import functional as F
from micrograd_opt.array import Array
from micrograd_opt.compiler.compiled import Compiled
from micrograd_opt.graph import Op

OPS = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}


def kernels(function, *off):
    """`function` compiled to whole lists."""
    return Compiled(function, off=("rows", *off))


def outcome(function, args, leaves):
    """The numbers of a loss and of the gradients of leaves."""
    for leaf in leaves:
        leaf.grad = None
    loss = function(*args)
    if not loss.requires_grad:
        return [loss.data.flat]
    loss.backward()
    return [loss.data.flat, *[leaf.grad.flat if leaf.grad is not None else [] for leaf in leaves]]


def assert_agree(function, args, leaves, *off):
    """Compiled and plain give the same numbers; the compiled function."""
    compiled = kernels(function, *off)
    found, expected = outcome(compiled, args, leaves), outcome(function, args, leaves)
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-12, nan_ok=True)
    return compiled


def sampled(name, seed):
    """Tensors for an op, and those among them that take gradients."""
    op, sample, rng = OPS[name], SAMPLES[name], random.Random(seed)
    if op.elementwise:
        rows = [sample.draw(rng) for _ in range(6)]
        args = [list(column) for column in zip(*rows, strict=True)]
        args = [[column[:3], column[3:]] for column in args]
    else:
        args = sample.draw(rng)
    free = [i for i in range(len(args)) if i not in sample.fixed]
    return [Tensor(a, requires_grad=i in free) for i, a in enumerate(args)]


@pytest.mark.parametrize("off", [(), ("fuse", "inline"), ("fold", "algebra", "common")], ids=str)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_op_of_the_table_agrees_with_eager(name, off):
    op, params = OPS[name], SAMPLES[name].params
    for seed in range(3):
        args = sampled(name, seed)
        weight = mo.randn(*op(*args, **params).shape, rng=random.Random(seed))

        def function(*args):
            return (op(*args, **params) * weight + 1.0).sum()  # noqa: B023

        assert_agree(function, args, args, *off)
