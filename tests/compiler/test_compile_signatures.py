"""One program for each signature, kept and bounded: shapes, structure, bools and strings."""

import gc
import itertools
import random
from functools import partial
from typing import NamedTuple

import pytest
from compiling import KINDS, assert_same, weights

import micrograd_opt as mo
from interrupts import interrupted
from micrograd_opt import Tensor, Value
from micrograd_opt.compiler import Compiled, compile
from micrograd_opt.compiler.compiled import MOST_PROGRAMS
from micrograd_opt.compiler.scalars import Scalar
from micrograd_opt.compiler.trace import trace
from micrograd_opt.engine.state import DEFAULT, enter, recorder


def test_the_program_that_is_dropped_is_the_one_longest_unused():
    traced = []

    def loss(x):
        traced.append(x.shape)
        return (x * x).sum()

    compiled = compile(loss)
    for n in (*range(MOST_PROGRAMS), 0, MOST_PROGRAMS, 0):
        compiled(mo.zeros(n + 1))
    assert compiled.programs == MOST_PROGRAMS and traced.count((1,)) == traced.count((2,))
    compiled(mo.zeros(2))
    assert traced.count((2,)) == 2 * traced.count((1,))


def test_forty_shapes_in_a_thousand_calls_keep_the_cache_bounded():
    w = weights(2)

    def loss(x):
        return (x * w).sum() / x.shape[0]

    compiled = compile(loss)
    rng = random.Random(0)
    for _ in range(1000):
        n = rng.randint(1, 40)
        x = Tensor([[float(i), 2.0] for i in range(n)])
        found = compiled(x).item()
        assert found == pytest.approx(loss(x).item(), rel=1e-12)
    assert 1 < compiled.programs <= 32


def test_a_signature_is_shapes_structure_bools_and_strings():
    w = weights(2)
    traced = []

    def loss(x, mode, scale):
        traced.append(mode)
        y = w * x * scale
        return (y if mode == "plain" else y.relu()).sum() if isinstance(x, Tensor) else w.sum()

    compiled = compile(loss)
    for args in [
        (Tensor([1.0, -2.0]), "plain", 1.0), (Tensor([3.0, -4.0]), "plain", 2.0),
        (Tensor([1.0, -2.0]), "relu", 1.0), (Tensor([[1.0, -2.0]]), "plain", 1.0),
        (Tensor([1.0, -2.0]), "plain", True),
    ]:  # fmt: skip
        assert_same(compiled, loss, args, [w])
    assert compiled.programs == 4


def test_a_number_and_a_string_are_two_signatures():
    w = Value(2.0)

    def loss(x):
        return w * 3.0 if isinstance(x, str) else w * x

    compiled = compile(loss)
    for x in (2.0, "number", "float", 4.0):
        assert_same(compiled, loss, (x,), [w])


class Pair(NamedTuple):
    first: object
    second: object


def test_named_tuples_are_arguments_and_results():
    w = Value(2.0)

    def loss(pair):
        return Pair(w * pair.first + pair.second, w + 1.0)

    result = compile(loss)(Pair(3.0, 4.0))
    assert type(result) is Pair and [x.data for x in result] == [10.0, 3.0]


def test_a_prepared_program_runs_at_the_first_call():
    w = Value(2.0)
    compiled = compile(lambda x: w * x)
    compiled.prepare(1.0)
    source = compiled.source
    assert compiled.programs == 1 and w.grad == 0.0
    with pytest.raises(RuntimeError, match="call it once first"):
        compiled.save("step.py")
    assert compiled(3.0).data == 6.0 and compiled.programs == 1 and compiled.source is not None
    assert compiled.source == source
    with pytest.raises(TypeError, match="reads the number"):
        compile(lambda x: w if x > 0 else x).prepare(1.0)


def test_an_interrupt_while_a_function_is_traced_leaves_no_trace_behind():
    w, x = Value(2.0), Value(3.0)
    for place in itertools.count(1):
        came = interrupted(partial(trace, lambda x: w * x * w, [x], [x]), place, "call")
        left = recorder()
        enter(DEFAULT)
        assert left is None, f"left behind at call {place}"
        if not came:
            break
    assert place > 30


@KINDS
def test_a_program_keeps_nothing_of_the_graphs_that_it_was_made_of(off):
    w = weights(3, 4)

    def loss(x):
        z = (x @ w).tanh()
        return Pair((z * z).mean(), {"outputs": [z, x]})

    compiled, x = Compiled(loss, off=off), mo.rand(2, 3)
    before = graphs()
    compiled(x)
    assert graphs() == before
    assert compiled(x).second["outputs"][0].shape == (2, 4)


def graphs():
    """How many computed nodes there are, and steps of programs."""
    gc.collect()
    found = gc.get_objects()
    nodes = [x for x in found if isinstance(x, (Value, Tensor)) and x.op]
    return len(nodes), sum(isinstance(x, Scalar) and x.op != "leaf" for x in found)


def test_lists_and_dicts_of_nodes_and_numbers_are_arguments():
    w = Value(2.0)

    def loss(pair, options):
        return (pair[0] * w + pair[1]) * options["scale"] + options["rest"][0]

    compiled = compile(loss)
    for k in (1.0, 3.0):
        args = ([Value(k), 2.0 * k], {"scale": k, "rest": (Value(k), None)})
        assert_same(compiled, loss, args, [w])
    assert compiled.programs == 1


def test_the_keys_of_a_dict_are_part_of_the_signature():
    w = Value(2.0)

    def loss(options):
        return w * options.get("weight", 1.0) + options.get("bias", 0.0)

    compiled = compile(loss)
    for options in ({"weight": 3.0}, {"bias": 3.0}, {"weight": 4.0}):
        assert_same(compiled, loss, (options,), [w])
    assert compiled.programs == 2


@KINDS
def test_whether_an_argument_wants_a_gradient_is_part_of_the_signature(off):
    w = weights(2, 3)

    def loss(x):
        return (x @ w).sum()

    compiled = Compiled(loss, off=off)
    for requires_grad in (False, True, False, True):
        x = Tensor([[1.0, 2.0]], requires_grad=requires_grad)
        assert_same(compiled, loss, (x,), [w])
        w.grad = None
        compiled(x).backward()
        assert (x.grad is not None) == requires_grad
    assert compiled.programs == 2
