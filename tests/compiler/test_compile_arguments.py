"""Labels, indices, numbers and random draws are new at each call: none of them is frozen."""

import random

import pytest
from compiling import KINDS, assert_same, weights

import micrograd_opt as mo
from agreement import Outcome, agree
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F
from micrograd_opt.compiler import Compiled, compile
from micrograd_opt.engine import ops

# ---- labels and indices


@KINDS
@pytest.mark.parametrize(
    "shape, labels",
    [
        ((5, 4), [Tensor([0, 1, 2, 1, 0]), Tensor([2, 2, 2, 2, 2])]),
        ((2, 4), [[0, 1], [2, 1]]),
        ((4,), [0, 2]),
    ],
    ids=["a Tensor", "a list of ints", "an int"],
)
def test_labels_are_read_at_each_call(shape, labels, off):
    w, x = weights(3, 4), weights(*shape)

    def loss(x, y):
        return F.cross_entropy(x @ w.T, y)

    compiled = Compiled(loss, off=off)
    for y in labels:
        assert_same(compiled, loss, (x, y), [w])
    assert compiled.programs == 1


@KINDS
def test_labels_out_of_range_are_refused_at_every_call(off):
    compiled = Compiled(lambda x, y: F.cross_entropy(x, y), off=off)
    x = weights(2, 3)
    compiled(x, Tensor([0, 2]))
    for wrong in ([0, 3], [-1, 0], [0.5, 1.0], [float("nan"), 0.0]):
        for function in (compiled, Compiled(F.cross_entropy, off=off)):  # later, and at first
            with pytest.raises(ValueError, match="cross_entropy: .* is not one of 0 … 2"):
                function(x, Tensor(wrong))


@KINDS
def test_row_indices_are_read_at_each_call(off):
    table = weights(5, 2)

    def loss(rows):
        return (ops.index_select(table, rows) ** 2).sum()

    compiled = Compiled(loss, off=off)
    for rows in ([0, 3, 3], [1, 4, 2]):
        assert_same(compiled, loss, (Tensor(rows),), [table])
    with pytest.raises((ValueError, IndexError)):
        compiled(Tensor([0, 5, 1]))


def test_a_label_of_values_is_read_at_each_call():
    w = [Value(0.5), Value(-1.0), Value(2.0)]

    def loss(x, y):
        return F.cross_entropy([x * v for v in w], y)

    for compiled in (compile(loss), Compiled(loss, off=("rows",))):
        for y in (0, 2, 1):
            assert_same(compiled, loss, (1.5, y), w)
        for wrong in (3, -1, 0.5):
            with pytest.raises(ValueError):
                loss(Value(1.5), wrong)
            with pytest.raises(ValueError):
                compiled(1.5, wrong)


# ---- numbers


@KINDS
def test_a_number_as_an_argument_is_read_at_each_call(off):
    w, v = weights(3), Value(2.0)

    def tensors(x, decay):
        return (w * x).sum() + decay * (w * w).sum()

    def values(x, decay):
        return v * x + decay * v * v

    for function, x, leaf in ((tensors, weights(3), w), (values, Value(1.0), v)):
        compiled = Compiled(function, off=off)
        for decay in (0.1, 2, 0.0):
            assert_same(compiled, function, (x, decay), [leaf])
        assert compiled.programs == 1


def test_a_number_beside_parameters_alone_is_read_at_each_call():
    w = weights(3)

    def loss(decay):
        return decay * (w * w).sum()

    compiled = compile(loss)
    for decay in (0.1, 2, 0.0):
        assert_same(compiled, loss, (decay,), [w])


# ---- random draws


def dropped(rng):
    return lambda x: (F.dropout(x * x, 0.5, rng=rng) + mo.rand(4, 3, rng=rng) * x).sum()


@KINDS
def test_dropout_and_rand_draw_anew_and_the_numbers_that_the_plain_function_draws(off):
    x = weights(4, 3)
    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = Compiled(dropped(ours), off=off), dropped(theirs)
    losses = set()
    for _ in range(4):
        leaves = [x]
        found, expected = Outcome(compiled, (x,), leaves), Outcome(plain, (x,), leaves)
        assert agree(found, expected, leaves) is None
        losses.add(found.outputs[0][0])
    assert len(losses) == 4
    assert ours.getstate() == theirs.getstate()


def test_what_is_drawn_and_not_used_is_drawn_all_the_same():
    def loss_with(rng):
        def loss(x):
            mo.rand(2, rng=rng)
            return (x * mo.randn(3, rng=rng)).sum()

        return loss

    x = weights(3)
    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = compile(loss_with(ours)), loss_with(theirs)
    for _ in range(3):
        assert compiled(x).item() == pytest.approx(plain(x).item(), rel=1e-12)


def test_dropout_of_values_draws_anew():
    w = [Value(1.0), Value(2.0)]

    def loss_with(rng):
        return lambda x: sum(F.dropout([v * x for v in w], 0.5, rng=rng))

    ours, theirs = random.Random(5), random.Random(5)
    compiled, plain = compile(loss_with(ours)), loss_with(theirs)
    found = [compiled(1.5).data for _ in range(8)]
    assert found == [plain(Value(1.5)).data for _ in range(8)]
    assert len(set(found)) > 2


def test_the_numbers_of_the_library_drawn_by_the_random_module_are_drawn_anew():
    compiled = compile(lambda x: (x * mo.rand(3)).sum())
    x = weights(3)
    assert len({compiled(x).item() for _ in range(5)}) == 5
