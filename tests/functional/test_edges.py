"""Losses and softmax where a mistake would be silent: infinite logits, targets with gradients,
smoothing; figures by hand, and PyTorch's where it is installed."""

import math
from math import inf, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F

ROWS = [
    [inf, 0.0], [0.0, inf, 1.0], [inf, inf], [-inf, -inf], [inf, -inf], [nan, 1.0], [1.0, nan],
    [nan, inf], [-inf, 0.0], [-inf, 2.0, 2.0], [-inf],
]  # fmt: skip


def values(row):
    return [Value(x) for x in row]


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_softmax_and_log_softmax_are_nan_together(row):
    """An infinite maximum has no softmax: ∞ − ∞. Below a finite one, −∞ is a probability of 0."""
    hopeless = any(x != x for x in row) or math.isinf(max(row))
    compiled = mo.compile(lambda x: F.log_softmax(x, 0))
    p, log_p = F.softmax(Tensor(row), 0).tolist(), F.log_softmax(Tensor(row), 0).tolist()
    if hopeless:
        assert all(map(math.isnan, p + log_p))
    else:
        assert [math.log(x) if x else -inf for x in p] == pytest.approx(log_p, abs=1e-15)
    for other in (
        [x.data for x in F.log_softmax(values(row), 0)], compiled(Tensor(row)).tolist(),
    ):  # fmt: skip
        assert other == pytest.approx(log_p, nan_ok=True)
    for target in range(len(row)):
        loss = F.cross_entropy(Tensor(row), target).item()
        assert loss == pytest.approx(-log_p[target], nan_ok=True)
        assert F.cross_entropy(values(row), target).data == pytest.approx(loss, nan_ok=True)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_at_the_edges_they_are_pytorchs(row):
    torch = pytest.importorskip("torch")
    theirs = torch.tensor(row, dtype=torch.float64)
    for name in ("softmax", "log_softmax"):
        mine = getattr(F, name)(Tensor(row), 0).tolist()
        assert mine == pytest.approx(getattr(torch, name)(theirs, 0).tolist(), nan_ok=True)


LOSSES = {
    "mse_loss": ([0.5, -2.0], [1.0, 3.0], [0.5, 5.0]),  # (t − x), times 2 / 2
    "l1_loss": ([0.5, -2.0], [1.0, 3.0], [0.5, 0.5]),
    "huber_loss": ([0.5, -2.0], [1.0, 3.0], [0.25, 0.5]),
    "hinge_loss": ([0.5, -2.0], [1.0, -1.0], [-0.25, 0.0]),  # −s, where the margin is not reached
    "binary_cross_entropy_with_logits": ([0.5, -2.0], [1.0, 0.25], [-0.25, 1.0]),  # −x / 2
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_target_that_requires_grad_gets_its_gradient(name):
    x, t, expected = LOSSES[name]
    loss = getattr(F, name)
    target = Tensor(t, requires_grad=True)
    loss(Tensor(x, requires_grad=True), target).backward()
    assert target.grad.tolist() == pytest.approx(expected)
    scalars = values(t)
    loss(values(x), scalars).backward()
    assert [v.grad for v in scalars] == pytest.approx(expected)
    again = Tensor(t, requires_grad=True)
    mo.compile(lambda x, t: loss(x, t))(Tensor(x), again).backward()
    assert again.grad.tolist() == pytest.approx(expected)
    inner = Tensor(t, requires_grad=True)
    loss(Tensor(x), inner * 1.0).backward()  # a target that was computed
    assert inner.grad.tolist() == pytest.approx(expected)


def test_label_smoothing_spreads_over_the_classes_not_the_rows():
    """ε/C on each class: with p = (½, ¼, ¼), label 0 and ε = 0.3 the weights are 0.8, 0.1, 0.1."""
    row = [log(0.5), log(0.25), log(0.25)]
    expected = 0.8 * log(2) + 0.2 * log(4)
    for n in (1, 2, 5):  # rows, of three classes each
        loss = F.cross_entropy(Tensor([row] * n), [0] * n, label_smoothing=0.3)
        assert loss.item() == pytest.approx(expected, rel=1e-12)
        loss = F.cross_entropy([values(row) for _ in range(n)], [0] * n, label_smoothing=0.3)
        assert loss.data == pytest.approx(expected, rel=1e-12)
    alone = F.cross_entropy(Tensor(row), 0, label_smoothing=0.3)
    assert alone.item() == pytest.approx(expected, rel=1e-12)


NUMBERS = st.sampled_from([-2.0, 0.0, 1.0, 3.0, inf, -inf, nan])


@given(st.integers(1, 3), st.integers(1, 4), st.data())
def test_max_and_min_along_a_dim_are_values_and_indices(rows, columns, data):
    table = [[data.draw(NUMBERS) for _ in range(columns)] for _ in range(rows)]
    for dim in (0, 1, -1, -2):
        lanes = table if dim in (1, -1) else [list(lane) for lane in zip(*table, strict=True)]
        for method, best in ((Tensor.max, max), (Tensor.min, min)):
            values, indices = method(Tensor(table), dim)
            for lane, value, index in zip(lanes, values.tolist(), indices.tolist(), strict=True):
                is_nan = [x != x for x in lane]
                first = is_nan.index(True) if any(is_nan) else lane.index(best(lane))
                assert index == first
                assert value == pytest.approx(lane[first], nan_ok=True)
            kept = method(Tensor(table), dim, keepdim=True)
            assert kept.values.shape == kept.indices.shape
            assert kept.values.squeeze(dim).shape == values.shape
            assert kept._fields == ("values", "indices")


def test_the_first_of_equals_is_pytorchs_index_too():
    torch = pytest.importorskip("torch")
    table = [[3.0, 1.0, 3.0], [2.0, 2.0, 0.0]]
    for name in ("max", "min"):
        for dim in (0, 1):
            mine = getattr(Tensor(table), name)(dim)
            theirs = getattr(torch.tensor(table), name)(dim)
            assert [x.tolist() for x in mine] == [x.tolist() for x in theirs]


def test_indices_take_no_gradient_and_values_do():
    x = Tensor([[1.0, 4.0], [3.0, 2.0]], requires_grad=True)
    values, indices = x.max(1)
    values.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]] and indices.tolist() == [1.0, 0.0]


def test_a_program_of_one_logit_is_as_plain():
    for name in ("softmax", "log_softmax"):
        compiled = mo.compile(lambda x, name=name: getattr(F, name)([x], 0)[0])
        for number in (3.0, -2.0):
            assert compiled(Value(number)).data == getattr(F, name)([Value(number)], 0)[0].data
