"""One program for each signature, kept and bounded: shapes, structure, bools and strings."""

import random
from typing import NamedTuple

import pytest
from compiling import assert_same, weights

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.compiler import compile
from micrograd_opt.compiler.compiled import MOST_PROGRAMS


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


def test_lists_and_dicts_of_nodes_and_numbers_are_arguments():
    w = Value(2.0)

    def loss(pair, options):
        return (pair[0] * w + pair[1]) * options["scale"] + options["rest"][0]

    compiled = compile(loss)
    for k in (1.0, 3.0):
        args = ([Value(k), 2.0 * k], {"scale": k, "rest": (Value(k), None)})
        assert_same(compiled, loss, args, [w])
    assert compiled.programs == 1
