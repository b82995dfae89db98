"""functional: activations and losses, of Tensors, of Values and of lists of Values."""

import math
import random
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt import functional as F

ACTIVATIONS = {
    "relu": F.relu,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "gelu, tanh": lambda x: F.gelu(x, approximate="tanh"),
    "leaky_relu": F.leaky_relu,
    "leaky_relu, 0.3": lambda x: F.leaky_relu(x, 0.3),
}
LOSSES = {
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
    "huber_loss": F.huber_loss,
    "huber_loss, 0.3": lambda x, t, reduction="mean": F.huber_loss(x, t, reduction, delta=0.3),
    "hinge_loss": F.hinge_loss,
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
}
POINTS = [-3.0, -1.0, -0.2, 0.0, 0.1, 0.7, 2.5]
LABELS = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0]

each_activation = pytest.mark.parametrize("f", ACTIVATIONS.values(), ids=ACTIVATIONS)
each_loss = pytest.mark.parametrize("name", LOSSES)
each_reduction = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


def targets_for(name):
    """±1 for the hinge, 0 and 1 for probabilities, and both will do for the others."""
    return [max(t, 0.0) for t in LABELS] if name.startswith("binary") else LABELS


def values(numbers):
    return [values(x) if isinstance(x, list) else Value(x) for x in numbers]


def data(x):
    return [data(e) for e in x] if isinstance(x, list) else x.data


def grads(x):
    return [grads(e) for e in x] if isinstance(x, list) else x.grad


def close(found, expected, rel=1e-12, abs=1e-15):
    """Whether two nested lists agree, NaN with NaN."""
    if isinstance(found, list):
        pairs = zip(found, expected, strict=True)
        return all(close(a, b, rel, abs) for a, b in pairs)
    both_nan = math.isnan(found) and math.isnan(expected)
    return both_nan or math.isclose(found, expected, rel_tol=rel, abs_tol=abs)


def exact_cross_entropy(logits, label):
    """log Σ exp(zⱼ − z_label), with digits enough for 1 + 1e-323."""
    with localcontext() as context:
        context.prec = 350
        gaps = [Decimal(z) - Decimal(logits[label]) for z in logits]
        top = max(gaps)
        return float(sum((g - top).exp() for g in gaps).ln() + top)


# ---- activations


@pytest.mark.parametrize(
    ("name", "at_minus_1", "at_2"),
    [
        ("relu", 0.0, 2.0),
        ("sigmoid", 0.2689414213699951, 0.8807970779778824),
        ("tanh", -0.7615941559557649, 0.9640275800758169),
        ("softplus", 0.31326168751822286, 2.1269280110429727),
        ("gelu", -0.15865525393145707, 1.9544997361036416),
        ("gelu, tanh", -0.15880800939172324, 1.954597694087775),
        ("leaky_relu", -0.01, 2.0),
        ("leaky_relu, 0.3", -0.3, 2.0),
    ],
)
def test_activations_have_the_known_values(name, at_minus_1, at_2):
    found = ACTIVATIONS[name](Tensor([-1.0, 2.0])).tolist()
    assert close(found, [at_minus_1, at_2], rel=1e-15)


@each_activation
def test_an_activation_does_the_same_on_a_tensor_a_value_and_nested_lists(f):
    t = Tensor(POINTS, requires_grad=True)
    f(t).sum().backward()
    expected = f(t).tolist()
    row = values(POINTS)
    out = f(row)
    assert data(out) == expected
    sum(out).backward()
    assert close(grads(row), t.grad.tolist(), rel=1e-15)
    assert f(Value(0.7)).data == expected[5]
    assert data(f([row, [0.5, *row[1:]]])) == [expected, [f(Tensor(0.5)).item(), *expected[1:]]]


@each_activation
def test_activations_pass_gradcheck_to_the_second_order(f):
    smooth = Tensor([x for x in POINTS if x != 0.0], requires_grad=True)
    assert mo.gradcheck(f, smooth, order=2)
    assert mo.gradcheck(lambda *row: f(list(row)), values([0.4, -1.3]), order=2)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    G = torch.nn.functional
    peer = {
        "gelu, tanh": lambda x: G.gelu(x, approximate="tanh"),
        "leaky_relu, 0.3": lambda x: G.leaky_relu(x, 0.3),
    }.get(name) or getattr(G, name)
    points = [*POINTS, -700.0, -30.0, 30.0, 700.0, math.nan]
    t = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    x = Tensor(points, requires_grad=True)
    peer(t).sum().backward()
    ACTIVATIONS[name](x).sum().backward()
    assert close(ACTIVATIONS[name](x).tolist(), peer(t).tolist())
    assert close(x.grad.tolist(), t.grad.tolist())


def test_the_kinks_have_pytorchs_subgradients():
    x = Tensor([0.0, 0.0], requires_grad=True)
    F.relu(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    leak = Value(0.0)
    F.leaky_relu(leak, 0.3).backward()
    assert leak.grad == 0.3
    error = Value(2.0)
    F.l1_loss(error, 2.0).backward()
    assert error.grad == 0.0
    kinks = Tensor([-1.5, 1.5, 0.0], requires_grad=True)
    F.huber_loss(kinks, [0.0, 0.0, 0.0], "sum", delta=1.5).backward()
    assert kinks.grad.tolist() == [-1.5, 1.5, 0.0]
    met = Value(-1.0)
    F.hinge_loss(met, -1.0).backward()
    assert met.grad == 0.0


def test_huber_has_the_curvature_of_a_parabola_where_the_error_is_zero():
    x = Value(2.0)
    slope = mo.grad(F.huber_loss(x, 2.0), x, create_graph=True)
    assert (slope.data, mo.grad(slope, x).data) == (0.0, 1.0)


def test_gelu_keeps_its_digits_far_below_zero():
    exact = -20.0 * 2.7536241186062337e-89  # x·Φ(x)
    assert math.isclose(F.gelu(Value(-20.0)).data, exact, rel_tol=1e-13)
    found = F.gelu(Value(-6.0), approximate="tanh").data  # 1 + tanh has but five digits here
    assert math.isclose(found, -8.439646700762297e-11, rel_tol=1e-14)


# ---- softmax


def test_softmax_of_values_is_that_of_a_tensor():
    numbers = [[0.5, -2.0, 3.0], [1000.0, 1000.0, -1000.0], [7.0, 7.0, 7.0]]
    t = Tensor(numbers)
    for f in (F.softmax, F.log_softmax):
        assert close(data(f(values(numbers))), f(t, dim=1).tolist(), rel=1e-15)
        assert close(data(f(values(numbers[0]), dim=0)), f(t[0], dim=0).tolist(), rel=1e-15)
    assert data(F.softmax([Value(3.0)])) == [1.0]
    assert data(F.log_softmax([Value(3.0)])) == [0.0]
    assert close(data(F.softmax([Value(1.0), 1.0])), [0.5, 0.5])


@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("numbers", [[0.5, -2.0, 3.0], [1.0, 1.0, 0.0], [2.0, 2.0], [4.0]])
def test_softmax_of_values_is_exact_to_the_second_order_also_at_ties(f, numbers):
    assert mo.gradcheck(lambda *row: f(list(row)), values(numbers), order=2)


def test_softmax_of_values_never_overflows():
    row = values([1e6, -1e6, 0.0])
    assert data(F.softmax(row)) == [1.0, 0.0, 0.0]
    assert data(F.log_softmax(row)) == [0.0, -2e6, -1e6]
    F.log_softmax(row)[1].backward()
    assert grads(row) == [-1.0, 1.0, 0.0]


def test_softmax_runs_along_any_dim_of_a_tensor():
    torch = pytest.importorskip("torch")
    rng = random.Random(1)
    numbers = [[[rng.gauss(0, 3) for _ in range(4)] for _ in range(3)] for _ in range(2)]
    weights = mo.randn(2, 3, 4, rng=rng)
    for dim in (0, 1, 2, -1):
        for name in ("softmax", "log_softmax"):
            x = Tensor(numbers, requires_grad=True)
            t = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
            out, peer = getattr(F, name)(x, dim), getattr(torch.nn.functional, name)(t, dim)
            (out * weights).sum().backward()
            (peer * torch.tensor(weights.tolist(), dtype=torch.float64)).sum().backward()
            assert close(out.tolist(), peer.tolist())
            assert close(x.grad.tolist(), t.grad.tolist(), abs=1e-14)


def test_softmax_refuses_what_it_cannot_do():
    with pytest.raises(IndexError, match="softmax: dim 2 out of range for 2 dims"):
        F.softmax(mo.zeros(2, 2), dim=2)
    with pytest.raises(IndexError, match="log_softmax: dim 2 out of range for 2 dims"):
        F.log_softmax([[Value(1.0), 2.0], [3.0, 4.0]], dim=2)
    with pytest.raises(ValueError, match="ragged lists"):
        F.softmax([[Value(1.0), 2.0], [3.0]])


# ---- elementwise losses


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse_loss", [16.0, 0.0, 1.44, 1.0, 0.81, 2.89, 2.25]),
        ("l1_loss", [4.0, 0.0, 1.2, 1.0, 0.9, 1.7, 1.5]),
        ("huber_loss", [3.5, 0.0, 0.7, 0.5, 0.405, 1.2, 1.0]),
        ("huber_loss, 0.3", [1.155, 0.0, 0.315, 0.255, 0.225, 0.465, 0.405]),
        ("hinge_loss", [4.0, 0.0, 1.2, 1.0, 0.9, 1.7, 0.0]),
        (
            "binary_cross_entropy_with_logits",
            [math.log1p(math.exp(-x * t)) for x, t in zip(POINTS, LABELS, strict=True)],
        ),
    ],
)
def test_losses_have_the_known_values(name, expected):
    f, t = LOSSES[name], targets_for(name)
    assert close(f(Tensor(POINTS), t, reduction="none").tolist(), expected, abs=1e-14)
    assert close(f(Tensor(POINTS), t, reduction="sum").item(), sum(expected))
    assert close(f(Tensor(POINTS), t).item(), sum(expected) / 7)


@each_reduction
@each_loss
def test_a_loss_of_values_is_that_of_a_tensor(name, reduction):
    f, t = LOSSES[name], targets_for(name)
    x, row = Tensor(POINTS, requires_grad=True), values(POINTS)
    of_tensor, of_values = f(x, t, reduction=reduction), f(row, t, reduction=reduction)
    assert close(data(of_values), of_tensor.tolist(), rel=1e-15)
    of_tensor.sum().backward()
    (sum(of_values) if reduction == "none" else of_values).backward()
    assert close(grads(row), x.grad.tolist(), rel=1e-15)
    assert f(row[0], t[0], reduction=reduction).data == f(Tensor(POINTS[0]), t[0]).item()


@each_loss
def test_targets_may_be_tensors_values_or_numbers_and_rows_of_values_keep_their_form(name):
    f, t = LOSSES[name], targets_for(name)
    expected = f(Tensor(POINTS), t).item()
    for target in (Tensor(t), values(t), tuple(int(e) for e in t)):
        assert close(f(values(POINTS), target).data, expected)
    rows, row_targets = [POINTS[:2], POINTS[2:4]], [t[:2], t[2:4]]
    nested = f(values(rows), row_targets, reduction="none")
    assert close(data(nested), f(Tensor(rows), row_targets, reduction="none").tolist())


@each_reduction
@each_loss
def test_losses_agree_with_pytorch(name, reduction):
    torch = pytest.importorskip("torch")
    G = torch.nn.functional

    def hinge_loss(s, t, reduction):  # PyTorch has none for two classes
        losses = torch.relu(1 - t * s)
        return losses if reduction == "none" else getattr(losses, reduction)()

    peers = {
        "hinge_loss": hinge_loss,
        "huber_loss, 0.3": lambda x, t, reduction: G.huber_loss(x, t, reduction, delta=0.3),
    }
    peer_loss = peers.get(name) or getattr(G, name)
    x = Tensor(POINTS, requires_grad=True)
    t = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    target = torch.tensor(targets_for(name), dtype=torch.float64)
    found = LOSSES[name](x, targets_for(name), reduction=reduction)
    peer = peer_loss(t, target, reduction=reduction)
    found.sum().backward()
    peer.sum().backward()
    assert close(found.tolist(), peer.tolist())
    assert close(x.grad.tolist(), t.grad.tolist())


@each_loss
def test_losses_pass_gradcheck_to_the_second_order(name):
    f, t = LOSSES[name], targets_for(name)
    away_from_kinks = [x + 0.03 for x in POINTS]
    assert mo.gradcheck(lambda x: f(x, t), Tensor(away_from_kinks, requires_grad=True), order=2)


def test_the_gradient_reaches_the_target_too():
    x, t = Value(3.0), Value(1.0)
    F.mse_loss(x, t).backward()
    assert (x.grad, t.grad) == (4.0, -4.0)


@pytest.mark.parametrize("x", [-1e6, -700.0, -40.0, -1.0, 0.0, 1e-9, 2.0, 40.0, 700.0, 1e6])
def test_binary_cross_entropy_is_exact_where_the_usual_form_cancels(x):
    for target, logits in (0.0, [0.0, x]), (1.0, [0.0, -x]):
        exact = exact_cross_entropy(logits, 0)  # log(1 + exp(±x))
        found = F.binary_cross_entropy_with_logits(Value(x), target).data
        assert math.isclose(found, exact, rel_tol=1e-14)


# ---- cross-entropy


def test_cross_entropy_by_hand():
    z = [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    rows = [math.log(1 + math.exp(-1) + math.exp(-2)), math.log(3.0)]
    assert close(F.cross_entropy(Tensor(z), [1, 2], reduction="none").tolist(), rows)
    assert close(F.cross_entropy(Tensor(z), Tensor([1.0, 2.0])).item(), sum(rows) / 2)
    assert close(F.cross_entropy(values(z), [1, 2], reduction="sum").data, sum(rows))
    assert close(F.cross_entropy(values(z[0]), 1).data, rows[0])
    assert close(F.cross_entropy(Tensor(z[0]), 1).item(), rows[0])
    smoothed = 0.7 * rows[0] + 0.1 * (3 * rows[0] + 3.0)  # −log p = loss, loss + 1, loss + 2
    assert close(F.cross_entropy(Tensor(z[0]), 1, label_smoothing=0.3).item(), smoothed)
    assert close(F.cross_entropy(values(z[0]), 1, label_smoothing=0.3).data, smoothed)


@pytest.mark.parametrize(
    "logits",
    [
        [1e6, -1e6, 0.0],
        [1e6, 1e6, 1e6],
        [-1e6, -1e6 + 1e-3, -1e6 - 40.0],
        [40.0, 0.0, 1.0],
        [1000.0, 965.0, 0.5],
        [1e-8, 0.0, -1e-8],
    ],
)
def test_cross_entropy_is_exact_at_any_logits_and_any_confidence(logits):
    for label in range(3):
        exact = exact_cross_entropy(logits, label)
        of_tensor = F.cross_entropy(Tensor([logits]), [label]).item()
        of_values = F.cross_entropy(values(logits), label).data
        assert math.isclose(of_tensor, exact, rel_tol=1e-14)
        assert math.isclose(of_values, exact, rel_tol=1e-14)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.data())
def test_cross_entropy_is_exact_everywhere(logits, draw):
    label = draw.draw(st.integers(0, len(logits) - 1))
    exact = exact_cross_entropy(logits, label)
    assert math.isclose(F.cross_entropy(Tensor(logits), label).item(), exact, rel_tol=1e-14)
    assert math.isclose(F.cross_entropy(values(logits), label).data, exact, rel_tol=1e-14)


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    logits = [[0.3, -1.2, 2.0, 0.3], [5.0, 5.0, -5.0, 0.0]]
    x, rows = Tensor(logits, requires_grad=True), values(logits)
    F.cross_entropy(x, [2, 0], reduction="sum").backward()
    F.cross_entropy(rows, [2, 0], reduction="sum").backward()
    expected = (F.softmax(Tensor(logits), 1) - mo.one_hot([2, 0], 4)).tolist()
    assert close(x.grad.tolist(), expected)
    assert close(grads(rows), expected)


def test_cross_entropy_passes_gradcheck_to_the_second_order():
    x = Tensor([[0.3, -1.2, 2.0], [1.0, 1.0, 0.5]], requires_grad=True)
    assert mo.gradcheck(lambda x: F.cross_entropy(x, [0, 1], label_smoothing=0.2), x, order=2)
    row = values([1.0, 1.0, 0.5])
    assert mo.gradcheck(lambda *row: F.cross_entropy(list(row), 1), row, order=2)


@each_reduction
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_agrees_with_pytorch(reduction, smoothing):
    torch = pytest.importorskip("torch")
    rng = random.Random(2)
    logits = [[rng.gauss(0, 4) for _ in range(5)] for _ in range(4)]
    labels = [3, 0, 4, 4]
    x, rows = Tensor(logits, requires_grad=True), values(logits)
    t = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    peer = torch.nn.functional.cross_entropy(
        t, torch.tensor(labels), reduction=reduction, label_smoothing=smoothing
    )
    of_tensor = F.cross_entropy(x, labels, reduction, smoothing)
    of_values = F.cross_entropy(rows, labels, reduction, smoothing)
    assert close(of_tensor.tolist(), peer.tolist(), rel=1e-12)
    assert close(data(of_values), peer.tolist(), rel=1e-12)
    peer.sum().backward()
    of_tensor.sum().backward()
    (sum(of_values) if reduction == "none" else of_values).backward()
    assert close(x.grad.tolist(), t.grad.tolist(), abs=1e-14)
    assert close(grads(rows), t.grad.tolist(), abs=1e-14)


def test_nll_loss_takes_log_probabilities():
    logits = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]
    expected = F.cross_entropy(Tensor(logits), [0, 2]).item()
    assert close(F.nll_loss(F.log_softmax(Tensor(logits)), [0, 2]).item(), expected)
    assert close(F.nll_loss(F.log_softmax(values(logits)), [0, 2]).data, expected)
    assert F.nll_loss([[-0.5, -1.0]], [1]).item() == 1.0


# ---- linear, dropout, one_hot


def test_linear_of_tensors_and_of_values():
    x, w, b = [[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]], [[1.0, 0.0, -1.0], [2.0, 2.0, 2.0]], [10.0, 0.5]
    with_bias, without = [[8.0, 12.5], [9.5, -0.5]], [[-2.0, 12.0], [-0.5, -1.0]]
    assert F.linear(Tensor(x), Tensor(w), Tensor(b)).tolist() == with_bias
    assert F.linear(x, w).tolist() == without
    assert F.linear(Tensor(x[0]), w, b).tolist() == with_bias[0]
    assert data(F.linear(values(x), w, b)) == with_bias
    assert data(F.linear(x[0], values(w), values(b))) == with_bias[0]
    assert data(F.linear(values(x), Tensor(w))) == without


def test_dropout_zeroes_a_share_p_and_keeps_the_mean():
    dropped = F.dropout(mo.ones(20000), p=0.25, rng=random.Random(3)).tolist()
    assert set(dropped) == {0.0, 1.0 / 0.75}
    assert abs(dropped.count(0.0) / 20000 - 0.25) < 0.01
    assert abs(sum(dropped) / 20000 - 1.0) < 0.02


def test_dropout_of_values_draws_the_same_mask_as_of_a_tensor():
    x, row = Tensor([1.0] * 9, requires_grad=True), values([1.0] * 9)
    out = F.dropout(x, 0.5, rng=random.Random(4))
    of_values = F.dropout(row, 0.5, rng=random.Random(4))
    assert data(of_values) == out.tolist() and {0.0, 2.0} == set(out.tolist())
    out.sum().backward()
    assert x.grad.tolist() == out.tolist()  # what is dropped gets no gradient


def test_dropout_is_the_identity_outside_training():
    x = Tensor([1.0, 2.0])
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0).tolist() == [1.0, 2.0]
    assert F.dropout(x, 1.0).tolist() == [0.0, 0.0]


def test_one_hot_is_the_top_level_one():
    assert F.one_hot is mo.one_hot


# ---- errors: fact, values, remedy

V = Value(1.0)
PAIR = Tensor([[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.mse_loss(mo.zeros(3, 1), mo.zeros(3)), ValueError, r"\(3, 1\) and target \(3,"),
        (lambda: F.mse_loss(mo.zeros(3), 0.0), ValueError, r"\(3,\) and target \(\) differ"),
        (lambda: F.l1_loss([V, V], [1, 2, 3]), ValueError, r"\(2,\) and target \(3,\)"),
        (lambda: F.l1_loss([[V], [V]], [1, 2]), ValueError, r"\(2, 1\) and target \(2,\)"),
        (lambda: F.mse_loss([V, [V]], [1, 2]), ValueError, "ragged lists"),
        (lambda: F.mse_loss([V], ["1"]), TypeError, "expected a real number, got str"),
        (lambda: F.mse_loss([V], Tensor([1.0], requires_grad=True)), TypeError, "do not mix"),
        (lambda: F.mse_loss([V], [Tensor(1.0)]), TypeError, "got Tensor"),
        (lambda: F.mse_loss([], []), ValueError, r"the batch is empty: input \(0,\)"),
        (lambda: F.huber_loss(mo.zeros(0, 2), mo.zeros(0, 2), "none"), ValueError, "is empty"),
        (lambda: F.cross_entropy(mo.zeros(0, 3), []), ValueError, "cross_entropy.*is empty"),
        (lambda: F.mse_loss(V, 1.0, "avg"), ValueError, "one of 'mean', 'sum', 'none', got 'avg'"),
        (lambda: F.nll_loss([V], 0, "max"), ValueError, "nll_loss: reduction must .* got 'max'"),
        (
            lambda: F.huber_loss(V, 1.0, delta=0.0),
            ValueError,
            r"delta must be in \(0, inf\], got 0.0",
        ),
        (
            lambda: F.huber_loss(V, 1.0, delta=math.nan),
            ValueError,
            "huber_loss: delta must .* got nan",
        ),
        (lambda: F.hinge_loss([V, V], [1, 0]), ValueError, "target 0 at place 1 is not -1 or 1"),
        (lambda: F.hinge_loss(PAIR, PAIR), ValueError, "target 0 at place 0"),
        (
            lambda: F.binary_cross_entropy_with_logits([V, V], [1, -1]),
            ValueError,
            "target -1 at place 1 is not between 0 and 1",
        ),
        (lambda: F.binary_cross_entropy_with_logits(V, math.nan), ValueError, "target nan"),
        (lambda: F.cross_entropy(PAIR, [0, 2]), ValueError, "2 at place 1 is not one of 0 … 1"),
        (lambda: F.cross_entropy(PAIR, [-1, 0]), ValueError, "label -1 at place 0"),
        (lambda: F.cross_entropy(PAIR, [0, 0.5]), ValueError, "label 0.5 at place 1"),
        (lambda: F.cross_entropy(PAIR, [0, math.nan]), ValueError, "label nan at place 1"),
        (lambda: F.cross_entropy([[V, V], [V, 1]], [1, 2]), ValueError, "label 2 at place 1"),
        (lambda: F.cross_entropy([V, V], 3), ValueError, "label 3 at place 0"),
        (lambda: F.nll_loss(PAIR, [0, 7]), ValueError, "nll_loss: label 7 at place 1"),
        (lambda: F.cross_entropy(PAIR, [0]), ValueError, r"input \(2, 2\) and target \(1,\)"),
        (lambda: F.cross_entropy(PAIR, PAIR), ValueError, "needs .N, classes. and N labels"),
        (lambda: F.cross_entropy(mo.zeros(2, 2, 2), [0, 1]), ValueError, r"\(2, 2, 2\)"),
        (lambda: F.cross_entropy([[V, V], [V]], [0, 0]), ValueError, "ragged lists"),
        (
            lambda: F.cross_entropy(PAIR, [0, 1], label_smoothing=1.5),
            ValueError,
            "smoothing must .* 1.5",
        ),
        (
            lambda: F.gelu(V, "fast"),
            ValueError,
            "approximate must be one of 'none', 'tanh', got 'fast'",
        ),
        (lambda: F.dropout(V, 1.5), ValueError, r"p must be in \[0, 1\], got 1.5"),
        (lambda: F.dropout(PAIR, math.nan), ValueError, "dropout: p .* got nan"),
        (lambda: F.dropout(PAIR, -0.1, training=False), ValueError, "p must .* got -0.1"),
        (lambda: F.linear(PAIR, mo.zeros(3, 5)), ValueError, r"\(2, 2\) and \(3, 5\) do not fit"),
        (lambda: F.linear(PAIR, PAIR, mo.zeros(3)), ValueError, r"and \(3,\) do not fit"),
        (lambda: F.linear([V], [[1.0, 2.0]]), ValueError, r"\(1,\) and \(1, 2\) do not fit"),
        (lambda: F.relu("x"), TypeError, "expected a real number, got str"),
        (lambda: F.relu([V, None]), TypeError, "expected a real number, got NoneType"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("row", [[math.inf, 1.0], [-math.inf, 1.0], [-math.inf, -math.inf],
                                 [math.nan, 1.0], [1.0, math.nan], [1e308, -1e308]])  # fmt: skip
@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_values_and_tensors_agree_at_infinity_and_nan(function, row):
    of_values = [v.data for v in function([Value(x) for x in row])]
    assert of_values == pytest.approx(function(Tensor(row)).tolist(), nan_ok=True)


def test_log_softmax_adds_many_small_terms_without_loss():
    """A thousand e⁻³⁵ beside a 1: summed naively in this order some of their digits would go."""
    row = [0.0] + [-35.0 - 0.01 * i for i in range(1000)]
    exact = -math.log1p(math.fsum(math.exp(x) for x in row[1:]))
    assert F.log_softmax(Tensor(row)).tolist()[0] == exact
