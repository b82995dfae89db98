"""compile(loss, batched=True): a function of one sample, the mean over a list of them."""

import random

import pytest

from agreement import Outcome, agree
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F
from micrograd_opt.array.array import Array
from micrograd_opt.compiler import Compiled, compile
from micrograd_opt.engine.state import recorder


def neuron(w, b):
    return lambda x, y: (1.0 - y * (w[0] * x[0] + w[1] * x[1] + b).tanh()).relu()


def test_a_batched_function_is_the_mean_over_samples_given_in_any_form():
    w, b = [Value(0.5), Value(-1.5)], Value(0.25)
    loss = neuron(w, b)
    compiled = compile(loss, batched=True)
    xs, ys = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], [1.0, -1.0, 1.0]

    def mean(xs, ys):
        return sum(map(loss, xs, ys)) / len(xs)

    leaves = [*w, b]
    expected = Outcome(lambda: mean(xs, ys), (), leaves)
    for given in (
        (xs, ys), (Tensor(xs), Tensor(ys)), (list(map(tuple, xs)), ys), (Array.of(xs), tuple(ys)),
        (xs, [1, -1, 1]), (xs, [Value(y) for y in ys]), ([list(map(Value, x)) for x in xs], ys),
    ):  # fmt: skip
        assert agree(Outcome(compiled, given, leaves), expected, leaves) is None
    assert compiled.programs == 1


def test_batches_of_another_size_run_the_same_program():
    w = Value(2.0)
    compiled = compile(lambda x: w * x * x, batched=True)
    for n in (1, 2, 7):
        xs = [float(i) for i in range(n)]
        w.grad = 0.0
        loss = compiled(xs)
        loss.backward()
        mean = sum(x * x for x in xs) / n
        assert (loss.data, w.grad) == pytest.approx((2.0 * mean, mean), rel=1e-12)
    assert compiled.programs == 1


def test_samples_of_another_form_are_another_program():
    w = Value(2.0)
    compiled = compile(lambda x: w * sum(map(sum, x)) if isinstance(x[0], list) else w * x[0],
                       batched=True)  # fmt: skip
    assert compiled([[1.0, 2.0, 3.0, 4.0]]).data == 2.0
    assert compiled(Tensor([[[1.0, 2.0], [3.0, 4.0]]])).data == 20.0
    number = compile(lambda x: w * (x[0] if isinstance(x, list) else x * 3.0), batched=True)
    assert number([[1.0], [3.0]]).data == 4.0
    assert number([1.0, 3.0]).data == 12.0


def test_a_batched_call_names_what_does_not_fit():
    compiled = compile(lambda x, y: x[0] * y, batched=True)
    with pytest.raises(ValueError, match="empty"):
        compiled([], [])
    with pytest.raises(ValueError, match="y has 1 samples, the first argument has 2"):
        compiled([[1.0], [2.0]], [1.0])
    with pytest.raises(ValueError, match="rows of x differ in length"):
        compiled([[1.0], [2.0, 3.0]], [1.0, 2.0])
    with pytest.raises(TypeError, match="list of samples"):
        compiled(3.0, [1.0])
    with pytest.raises(TypeError, match="samples"):
        compiled()
    with pytest.raises(TypeError):
        compiled([["a"], ["b"]], [1.0, 2.0])
    assert recorder() is None


def test_a_batched_function_that_mixes_what_one_loop_cannot_says_so_or_works():
    w = Value(2.0)
    compiled = Compiled(lambda x: w * x, batched=True, off=("rows",))
    try:
        assert compiled([1.0, 3.0]).data == 4.0
    except (TypeError, RuntimeError) as error:
        assert "batched" in str(error)


@pytest.mark.parametrize("n", [1, 4])
def test_each_sample_of_a_batch_draws_its_own_numbers(n):
    """As many, in the same order, as the function when it is called for one after another."""
    w, rng = Value(1.0), random.Random(3)

    def loss(x):
        return F.dropout(w * x, 0.5, True, rng) * 2.0 + F.dropout(w + x, 0.25, True, rng)

    compiled, xs = compile(loss, batched=True), [float(10**i) for i in range(n)]
    compiled.prepare(xs)
    for _ in range(5):
        before = rng.getstate()
        found, after = compiled(xs).data, rng.getstate()
        rng.setstate(before)
        assert found == pytest.approx(sum(loss(x).data for x in xs) / n, rel=1e-12)
        assert rng.getstate() == after
