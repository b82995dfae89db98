"""Compiled and plain agree on random programs: 250 of Values, 250 of Tensors, 60 batched.

Each program is called twice, the second time with other arguments and changed parameters, so that
a number that was frozen shows; forced into kernels; and with passes switched off, one by one: which
ones is drawn, so that each pass is off in some hundred programs.
"""

import random

import pytest
from compiling import KINDS, assert_same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_opt as mo
from agreement import batch_mean, check
from elementwise_steps import ELEMENTWISE, OPS
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F
from micrograd_opt.array.array import Array
from micrograd_opt.compiler import Compiled, passes, simplify
from micrograd_opt.compiler.recorder import Recorder
from micrograd_opt.compiler.trace import flatten
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import topological_order
from micrograd_opt.engine.state import enter, state
from programs import FLAVOURS, batches
from tensor_steps import MAKERS

PASSES = (*simplify.RULES, "common", "guards", "sums", "inline", "in_place")
OF_LISTS = (*simplify.RULES, *passes.RULES, *passes.ELEMENTWISE, "common", "turned", "unroll",
            "fuse", "inline")  # fmt: skip


def programs(examples, *flavours):
    """A test of that many random programs: its random choices are hypothesis's, so it shrinks."""

    def decorated(test):
        slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
        test = given(st.sampled_from(flavours), st.randoms(use_true_random=True))(test)
        return settings(max_examples=examples, suppress_health_check=slow)(test)

    return decorated


def check_all(program, rng):
    """The program as it is, in kernels, and each way without some of the passes, one by one."""
    ways = [(), ("rows",)]
    ways += [(name,) for name in rng.sample(PASSES, 2)]
    ways += [("rows", name) for name in rng.sample(OF_LISTS, 2)]
    for off in ways:
        check(program, Compiled(program.function, off=off), random.Random(0))


class Everything(Recorder):
    """Records all, comparisons too, and refuses nothing."""

    def varies(self, node):
        return True

    def reads(self, node):
        pass


def test_every_op_of_the_table_is_in_the_programs():
    """A new elementwise op is there by itself; another needs a maker in tensor_steps.py."""
    assert MAKERS.keys() == OPS.keys() - ELEMENTWISE.keys()
    for flavours, expected in ((("plain", "batch"), OPS), (("values",), ELEMENTWISE)):
        found = set()
        for i in range(400):
            rng = random.Random(i)
            program = FLAVOURS[flavours[i % len(flavours)]](rng)
            arguments, nodes, before = program.arguments(rng), [], state()
            enter((True, None, Everything(), None))
            try:
                flatten(program.function(*arguments), nodes)
            finally:
                enter(before)
            found |= {node.op.name for node in topological_order(*nodes) if node.op}
        assert expected.keys() <= found


def test_the_programs_are_written_in_both_ways():
    """Most of a batch as one loop over its rows, the others in kernels."""
    loops = 0
    for i in range(100):
        rng = random.Random(i)
        program = FLAVOURS["net"](rng)
        compiled = Compiled(program.function)
        compiled(*program.arguments(rng))
        loops += "    for " in compiled.source
    assert 50 < loops < 100


@programs(250, "values")
def test_a_random_program_of_values_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng), rng)


@programs(100, "plain")
def test_a_random_program_of_tensors_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng), rng)


@programs(100, "batch")
def test_a_random_program_of_a_batch_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng), rng)


@programs(50, "net")
def test_a_random_net_with_a_loss_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng), rng)


@programs(60, "sample")
def test_a_random_program_of_a_sample_agrees_with_the_mean_over_a_batch(flavour, rng):
    program = FLAVOURS[flavour](rng)
    plain, draw = batch_mean(program.function), batches(program)
    for off in [(), *[(name,) for name in rng.sample(PASSES, 4)]]:
        compiled = Compiled(program.function, batched=True, off=off)
        check(program, compiled, random.Random(0), plain, draw)


# ---- programs that random ones rarely are


def numbers(*shape):
    return mo.randn(*shape, rng=random.Random(sum(shape)), requires_grad=True)


def empty(*shape):
    return Tensor(Array([], shape), requires_grad=True)


def rolled(values, step):
    z = values[0]
    for v in values[1:]:
        z = step(z, v)
    return z


def with_itself(z):
    return (z * z).sum(), z


p, table, one = numbers(2, 3), numbers(3, 3), numbers(1, 2)
many = [Value(((i * 37) % 101 - 50) / 60.0) for i in range(3000)]
TENSORS = {
    "a relu that only a sum needs": (lambda x: (x * x).relu().mean(), numbers(6, 1)),
    "a relu of an argument": (lambda x: x.relu().sum() * 0.5, numbers(5, 2)),
    "rows of one number": (lambda x: (x * x * x).sum(), numbers(4)),
    "rows of no number beside others": (
        lambda x, y: x.sum() + (y * y).sum(), empty(3, 0), numbers(3, 1)),
    "one row, from a slice of two": (
        lambda x, i: (ops.scatter_add(p[::2], i, dim=1, size=2) * x).sum(),
        numbers(1, 2), Tensor([[0.0, 1.0, 1.0]])),
    "one row beside a parameter of one row": (
        lambda x: (mo.cat([x, one, x], 1) ** 2 + 0.3).mean(), numbers(1, 3)),
    "a gather of no lanes": (
        lambda x, i: ((x.gather(0, i) @ empty(0, 3)) * 1.0).sum(), empty(2, 0), empty(3, 0)),
    "a product over nothing": (lambda x: (x.mT @ x).sum() + (x @ x.mT).sum(), empty(3, 0)),
    "a softmax of one": (lambda x: (F.softmax(x, 1) + F.log_softmax(x, 1)).sum(), numbers(3, 1)),
    "a softmax of none": (lambda x: F.log_softmax(x, 1).sum(), empty(3, 0)),
    "a gradient that is also a term": (lambda x: ((p + x) * (p + x)).sum(), numbers()),
    "a column that is the same in all rows of a result": (
        lambda x: with_itself(ops.pad(x, ranges=(range(3), range(1, 2)), shape=(3, 2)) + one * one),
        numbers(3, 1)),
    "a relu of a relu": (lambda x: ((x @ table).relu().relu() @ table).sum(), numbers(2, 3)),
    "a relu of a relu of a relu": (lambda x: (x * x * x).relu().relu().relu().sum(), numbers(5)),
    "equal constants in a product": (lambda x: (x @ table).mean(), numbers(3, 3)),
    "as many rows as columns": (lambda x: (x @ table @ x.T).sum() + x.T.sum(0).max(),
                                numbers(3, 3)),
    "a row that wanders": (lambda x: (x.T.reshape(2, 3, 1) * 2.0).sum(0).mean(), numbers(3, 2)),
    "attention": (lambda x: (F.softmax(x @ x.mT, -1) @ x).sum(), numbers(2, 5, 4)),
    "wide rows": (lambda x: F.cross_entropy(F.linear(x, x), Tensor([0, 5, 19] * 7)[:20]),
                  numbers(20, 100)),
    "a long softmax": (lambda x: (F.softmax(x, 1) ** 2).sum(), numbers(2, 300)),
    "a long row": (lambda x: (x * x).mean(), numbers(1, 3000)),
    "a long batch": (lambda x: (x * x).relu().mean(), numbers(3000, 1)),
}  # fmt: skip
VALUES = {
    "a flag used twice": lambda: many[0] * ops.eq(many[1], many[2]) + ops.eq(many[1], many[2]),
    "a sum of 3,000": lambda: sum(many),
    "a sum of 3,000 squares": lambda: sum(v * v for v in many) + sum(many) ** 2,
    "a product of 600": lambda: rolled(many[:600], lambda z, v: z * (v + 1.0)),
    "differences nested 1,000 deep": lambda: rolled(many[:1000], lambda z, v: v - z),
    "choices nested 500 deep": lambda: rolled(many[:500], lambda z, v: ops.where(v, z, v)),
    "a maximum of 300": lambda: rolled(many[:300], ops.maximum),
    "300 relus": lambda: rolled(many[:300], lambda z, v: (z + v + 0.3).relu()),
    "1,000 steps of a net": lambda: rolled(many[:1000], lambda z, v: (z * 0.9 - v).tanh()),
}


@KINDS
@pytest.mark.parametrize("function, args", [(f, a) for f, *a in TENSORS.values()], ids=TENSORS)
def test_a_program_of_tensors_at_the_edge_agrees_with_itself_compiled(function, args, off):
    assert_same(Compiled(function, off=off), function, args, [p, table, one])


@KINDS
@pytest.mark.parametrize("function", VALUES.values(), ids=VALUES)
def test_a_long_program_of_values_agrees_with_itself_compiled(function, off):
    assert_same(Compiled(function, off=off), function, (), many)
