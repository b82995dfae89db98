"""nn.scalar: micrograd's nets, weight for weight and loss for loss."""

import contextlib
import gc
import json
import math
import random

import pytest

import micrograd_opt as mo
from micrograd_opt import Value, functional, nn
from micrograd_opt.nn import scalar

# What micrograd 0.1.0 computes in the demo below, and its first and last parameters at the end.
MOONS_LOSSES = [
    1.196449291308339, 1.4204880865224292, 0.6644893324314318,
    0.9406722732202499, 0.38479247440007125,
]  # fmt: skip
MOONS_PARAMETERS = [
    0.3508347461469428, -0.19789427625138906, 0.1768506394897579,
    -0.3229888877484378, -0.056153143993176564, 0.02988863040226749,
]  # fmt: skip


def moons(n=100):
    """n points of two half circles that reach into each other, labelled 1 and -1."""
    rng, points = random.Random(0), []
    for i in range(n):
        angle, upper = rng.uniform(0.0, math.pi), i % 2 == 0
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if upper else (1.0 - x, 0.5 - y)
        points.append(([x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)], 1 if upper else -1))
    return points


def demo(value, mlp, steps):
    """micrograd's demo: full batch, hinge loss + L2, falling lr. The losses, and the parameters."""
    random.seed(1337)
    model, points, losses = mlp(2, [16, 16, 1]), moons(), []
    for k in range(steps):
        scores = [model(list(map(value, x))) for x, _ in points]
        hinge = [(1 + -y * s).relu() for (_, y), s in zip(points, scores, strict=True)]
        loss = sum(hinge) * (1.0 / len(hinge)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data = p.data - (1.0 - 0.9 * k / 100) * p.grad
        losses.append(loss.data)
    return losses, [p.data for p in model.parameters()]


@contextlib.contextmanager
def no_collector():
    """micrograd's closures keep the garbage collector busy for most of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_the_moons_demo_gives_the_recorded_losses_and_weights():
    losses, parameters = demo(Value, scalar.MLP, len(MOONS_LOSSES))
    assert losses == pytest.approx(MOONS_LOSSES, rel=1e-9)
    assert [*parameters[:3], *parameters[-3:]] == pytest.approx(MOONS_PARAMETERS, rel=1e-9)


def test_the_moons_demo_is_micrograds():
    engine = pytest.importorskip("micrograd.engine")
    peer = pytest.importorskip("micrograd.nn")
    losses, parameters = demo(Value, scalar.MLP, 3)
    with no_collector():
        peer_losses, peer_parameters = demo(engine.Value, peer.MLP, 3)
    assert losses == pytest.approx(peer_losses, rel=1e-9)
    assert parameters == pytest.approx(peer_parameters, rel=1e-9)


def test_weights_are_drawn_neuron_by_neuron_and_biases_are_not():
    random.seed(3)
    layer = scalar.Layer(2, 2)
    random.seed(3)
    draws = [random.uniform(-1, 1) for _ in range(4)]
    assert [p.data for p in layer.parameters()] == [*draws[:2], 0.0, *draws[2:], 0.0]
    with_rng = scalar.Layer(2, 2, rng=random.Random(3))
    assert with_rng.state_dict() == layer.state_dict()


def test_a_neuron_is_relu_of_the_weighted_sum():
    neuron = scalar.Neuron(2)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 2.0, -1.0, 0.5
    assert neuron([1.0, 2.0]).data == 0.5 and neuron([Value(0.0), 2]).data == 0.0
    linear = scalar.Neuron(2, nonlin=False)
    linear.load_state_dict(neuron.state_dict())
    assert linear([0, 2]).data == -1.5


def test_only_the_last_layer_is_linear_and_a_single_output_is_unwrapped():
    net = scalar.MLP(3, [4, 2])
    assert [[n.nonlin for n in layer.neurons] for layer in net.layers] == [[True] * 4, [False] * 2]
    assert len(net([1, 2, 3])) == 2
    assert isinstance(scalar.MLP(3, (4, 1))([1, 2, 3]), Value)


def test_a_layer_of_width_1_in_the_middle_works():
    net = scalar.MLP(2, [1, 1, 2], rng=random.Random(1))
    out = net([3.0, 4.0])
    assert len(out) == 2
    sum(out).backward()
    narrow = net.layers[0]([3.0, 4.0])
    assert [v.data for v in net.layers[2]([net.layers[1]([narrow])])] == [v.data for v in out]


def test_the_neurons_of_a_layer_share_the_node_of_a_number():
    first, second = scalar.Layer(1, 2)([0.5])
    inputs = [relu._prev[0]._prev[1]._prev[1] for relu in (first, second)]  # relu(b + w * x)
    assert inputs[0] is inputs[1] and inputs[0].data == 0.5


def test_gradients_are_those_of_the_same_net_of_tensors():
    net = scalar.MLP(2, [5, 3], rng=random.Random(2))
    twin = nn.MLP(2, [5, 3])
    for layer, linear in zip(net.layers, twin.layers, strict=True):
        linear.weight.data = [[w.data for w in neuron.w] for neuron in layer.neurons]
        linear.bias.data = [neuron.b.data for neuron in layer.neurons]
    rows, labels = [[0.3, -1.0], [2.0, 0.5]], [2, 0]
    loss = functional.cross_entropy([net(row) for row in rows], labels)
    twin_loss = functional.cross_entropy(twin(mo.Tensor(rows)), labels)
    loss.backward()
    twin_loss.backward()
    assert loss.data == pytest.approx(twin_loss.item(), rel=1e-14)
    for layer, linear in zip(net.layers, twin.layers, strict=True):
        for neuron, row, b in zip(
            layer.neurons, linear.weight.grad.tolist(), linear.bias.grad.tolist(), strict=True
        ):
            assert [w.grad for w in neuron.w] == pytest.approx(row, rel=1e-12)
            assert neuron.b.grad == pytest.approx(b, rel=1e-12)


class Row:
    """What another library's array looks like from here."""

    def tolist(self):
        return [0.3, -1.0]


@pytest.mark.parametrize("x", [mo.Tensor([0.3, -1.0]), mo.Tensor([0.3, -1.0]).data, Row()])
def test_a_row_of_an_array_is_taken_as_constants(x):
    for net in (scalar.MLP(2, [3, 2]), scalar.Layer(2, 1), scalar.Neuron(2)):
        found, expected = net(x), net([0.3, -1.0])
        if isinstance(found, Value):
            found, expected = [found], [expected]
        assert [v.data for v in found] == [v.data for v in expected]
        sum(found).backward()


def test_a_net_is_mapped_over_the_rows_of_a_tensor():
    net, rows = scalar.MLP(2, [3, 1]), [[0.3, -1.0], [2.0, 0.5]]
    assert [net(row).data for row in mo.Tensor(rows)] == [net(row).data for row in rows]


def test_names_labels_and_state():
    net = scalar.MLP(1, [2, 1])
    assert list(net.state_dict()) == [
        "layers.0.neurons.0.w.0", "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0", "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0", "layers.1.neurons.0.w.1", "layers.1.neurons.0.b",
    ]  # fmt: skip
    assert net([1.0]).module == "layers.1.neurons.0"
    assert [p.label for p in net.parameters()] == list(net.state_dict())
    other = scalar.MLP(1, [2, 1])
    other.load_state_dict(json.loads(json.dumps(net.state_dict())))
    assert other([0.7]).data == net([0.7]).data
    net([1.0]).backward()
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [0.0] * 7


def test_reprs():
    assert repr(scalar.MLP(2, [16, 1])) == "MLP(2 → 16 → 1)"
    assert repr(scalar.Layer(2, 16)) == "Layer(2 → 16)"
    assert repr([scalar.Neuron(2), scalar.Neuron(3, nonlin=False)]) == (
        "[ReLUNeuron(2), LinearNeuron(3)]"
    )


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0], []])
def test_an_input_of_the_wrong_length_is_an_error(x):
    found = f"ReLUNeuron.2.: got {len(x)} inputs, the neuron takes 2"
    with pytest.raises(ValueError, match=found):
        scalar.MLP(2, [3, 1])(x)
    with pytest.raises(ValueError, match=found):
        scalar.Neuron(2)(x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: scalar.MLP(2, 1), TypeError, r"scalar.MLP: nouts .* as in \[16, 1\]; got 1"),
        (lambda: scalar.MLP(2, []), TypeError, r"got \[\]"),
        (lambda: scalar.MLP(0, [1]), ValueError, "MLP: nin must be in .1, 2, …., got 0"),
        (lambda: scalar.Neuron(-1), ValueError, "Neuron: nin must be in .1, 2, …., got -1"),
        (lambda: scalar.Neuron(2.5), ValueError, "Neuron: nin must be in .1, 2, …., got 2.5"),
        (lambda: scalar.Layer(2, 0), ValueError, "Layer: nout must be in .1, 2, …., got 0"),
        (lambda: scalar.MLP(2, [1])(["a", 1.0]), TypeError, "expected a real number, got str"),
        (lambda: scalar.MLP(2, [1])(mo.ones(5, 2)), ValueError, r"\[net\(row\) for row in x\]"),
        (lambda: scalar.Neuron(2)(mo.ones(5, 2)), ValueError, r"\(5, 2\)\) is not one row"),
        (lambda: scalar.Neuron(1)(mo.ones()), ValueError, "is not one row"),
        (
            lambda: scalar.Neuron(2)(mo.ones(2, requires_grad=True)),
            TypeError,
            "no gradient flows into a Tensor from a scalar net; pass its .data, or Values",
        ),
    ],
)
def test_a_wrong_call_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()
