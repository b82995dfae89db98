"""Batches: what an epoch of them adds up to, and how the rate follows their size."""

import math
import random

import pytest

from micrograd_opt import Tensor, Value
from micrograd_opt.data import DataLoader, RandomSampler, TensorDataset
from micrograd_opt.optim import SGD
from micrograd_opt.optim.linear_scaling import linear_scaling

# ---- batches: shuffled and consecutive, or independent


def batches(loader):
    """The gradient at w of the mean loss over each batch, and how many samples it has."""
    w = Tensor([0.3, -0.7], requires_grad=True)
    for x, y in loader:
        w.grad = None
        error = x @ w - y
        (error * error).mean().backward()
        yield w.grad.tolist(), len(x.tolist())


def samples(n=103):
    rng = random.Random(8)
    x = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)]
    return TensorDataset(x, [rng.gauss(0, 1) for _ in range(n)])


def mean(pairs):
    """The mean of vectors, each with its weight."""
    whole = sum(weight for _, weight in pairs)
    return [math.fsum(g[k] * weight for g, weight in pairs) / whole for k in range(2)]


def test_an_epochs_batches_name_each_sample_once_and_average_to_the_full_gradient():
    dataset = samples()
    ((full, _),) = batches(DataLoader(dataset, batch_size=103))
    loader = DataLoader(dataset, batch_size=8, shuffle=True, rng=random.Random(3))
    places = DataLoader(TensorDataset(list(range(103))), 8, shuffle=True, rng=random.Random(3))
    for _ in range(3):
        pairs = list(batches(loader))
        assert [n for _, n in pairs] == [8] * 12 + [7]
        assert mean(pairs) == pytest.approx(full, abs=1e-12)
        assert mean([(g, 1) for g, _ in pairs]) != pytest.approx(full, abs=1e-6)  # the short one
        seen = [place for (batch,) in places for place in batch.tolist()]
        assert sorted(seen) == list(range(103)) != seen


def test_independent_sampling_does_neither():
    dataset, indices = samples(), TensorDataset(list(range(103)))
    ((full, _),) = batches(DataLoader(dataset, batch_size=103))
    loader = DataLoader(dataset, 8, sampler=RandomSampler(dataset, rng=random.Random(3)))
    assert mean(list(batches(loader))) != pytest.approx(full, abs=1e-3)
    places = DataLoader(indices, 8, sampler=RandomSampler(indices, rng=random.Random(3)))
    seen = [place for (batch,) in places for place in batch.tolist()]
    assert len(seen) == 103 and 0.5 < len(set(seen)) / 103 < 0.75  # 1 − 1/e in the mean


# ---- kα for kB

SAMPLES = [0.7, -1.2, 2.5, 0.4, -0.3, 1.9, 0.1, -0.8]


def epoch(loss, alpha, size):
    """θ after one epoch of consecutive batches of this size."""
    x = Value(1.0)
    optimizer = SGD([x], lr=alpha)
    for start in range(0, len(SAMPLES), size):
        optimizer.zero_grad()
        (sum(loss(x, s) for s in SAMPLES[start : start + size]) / size).backward()
        optimizer.step()
    return x.data


def off(loss, alpha):
    """What one step with 8 samples at 4α misses of four with 2 at α."""
    large = epoch(loss, linear_scaling(alpha, batch_size=2, new_batch_size=8), 8)
    return large - epoch(loss, alpha, 2)


def test_linear_scaling_is_exact_for_a_linear_loss():
    assert off(lambda x, s: x * s, 0.1) == pytest.approx(0.0, abs=1e-15)


def test_linear_scaling_is_off_by_the_square_of_the_rate_for_others():
    for loss in (lambda x, s: (x - s) ** 2, lambda x, s: (x * s).exp()):
        first, second, third = (abs(off(loss, alpha)) for alpha in (2e-3, 1e-3, 5e-4))
        assert first > 1e-6
        assert [first / second, second / third] == pytest.approx([4.0, 4.0], rel=0.1)


def test_linear_scaling_goes_down_too():
    assert linear_scaling(0.1, 256, 64) == 0.025


BAD_SCALINGS = [
    ((-0.1, 1, 2), ValueError, r"linear_scaling: lr must be in \[0, inf\), got -0.1"),
    ((math.nan, 1, 2), ValueError, "lr must be in"),
    ((0.1, 0, 2), ValueError, "linear_scaling: batch_size must be in {1, 2, …}, got 0"),
    ((0.1, 2, 2.5), ValueError, "linear_scaling: new_batch_size must be in {1, 2, …}, got 2.5"),
    (("0.1", 1, 2), TypeError, "lr must be a number"),
]


@pytest.mark.parametrize("arguments, error, message", BAD_SCALINGS)
def test_bad_sizes_are_an_error_with_the_range(arguments, error, message):
    with pytest.raises(error, match=message):
        linear_scaling(*arguments)
