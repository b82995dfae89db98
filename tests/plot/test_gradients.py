"""plot.gradient_flow and plot.gradient_noise, and training.GradientFlow, which records."""

import math
import random
from itertools import combinations, product

import pytest
from pictures import faults, legend_of, lines

from micrograd_opt import data, fit, functional, nn, optim, plot
from micrograd_opt.plot.noise import noise, spread
from micrograd_opt.training import GradientFlow

MOONS = data.make_moons(24, noise=0.1, rng=random.Random(0))


def net():
    return nn.MLP(2, [4, 3, 2], rng=random.Random(1))


def run(flow_of, epochs=3, **options):
    model = net()
    flow = flow_of(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    fit(model, functional.cross_entropy, optimizer, MOONS, batch_size=12, epochs=epochs,
        progress=False, callbacks=[flow], **options)  # fmt: skip
    return model, flow


# ---- flow


def test_the_norms_are_those_of_each_layers_gradient_weights_and_update():
    model = net()
    optimizer, flow = optim.SGD(model.parameters(), lr=0.5), GradientFlow(model)
    before = [p.tolist() for p in model.layers[1].parameters()]
    x, y = MOONS.tensors
    functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    flow.record()
    row = flow.rows[1]
    weight, bias = model.layers[1].parameters()
    norm = math.hypot(*weight.grad.flat, *bias.grad.flat)
    assert (row["step"], row["layer"]) == (1, "layers.1")
    assert row["gradient"] == norm
    assert row["update"] == pytest.approx(0.5 * norm, rel=1e-12)  # θ − αg
    assert row["weight"] == math.hypot(*sum(before[0], []), *before[1])


def test_fit_records_a_row_for_each_layer_and_step():
    model, flow = run(GradientFlow)
    assert [(row["step"], row["layer"]) for row in flow.rows] == [
        (step, f"layers.{i}") for step in range(1, 7) for i in range(3)
    ]


def test_a_layer_without_gradient_has_none_and_a_scalar_layer_is_one():
    model = nn.scalar.MLP(2, [3, 1], rng=random.Random(0))
    flow = GradientFlow(model)
    assert {layer: len(ps) for layer, ps in flow.layers.items()} == {"layers.0": 9, "layers.1": 4}
    frozen = GradientFlow(net())
    frozen.record()
    assert [row["gradient"] for row in frozen.rows] == [None] * 3
    with pytest.raises(TypeError, match="expected a module with parameters"):
        GradientFlow(lambda x: x)


def test_a_resumed_run_goes_on_recording(tmp_path):
    path = tmp_path / "run.json"
    _, whole = run(GradientFlow, epochs=3)
    run(GradientFlow, epochs=2, checkpoint=path)
    _, resumed = run(GradientFlow, epochs=3, checkpoint=path, resume=True)
    assert resumed.rows == whole.rows


def test_the_picture_has_a_line_for_each_layer():
    pytest.importorskip("matplotlib")
    _, flow = run(GradientFlow)
    figure = plot.gradient_flow(flow)
    left, right = figure.axes
    steps, values = lines(left)["layers.1"]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert values == [row["gradient"] for row in flow.rows if row["layer"] == "layers.1"]
    ratio = flow.rows[0]["update"] / flow.rows[0]["weight"]
    assert figure.data["ratio"][0] == lines(right)["layers.0"][1][0] == ratio
    assert legend_of(figure) == ["layers.0", "layers.1", "layers.2", "1/1000"]
    assert (left.get_ylabel(), right.get_ylabel()) == ("‖gradient‖", "‖update‖ / ‖weights‖")
    assert list(faults(figure)) == []


def test_what_was_not_recorded_is_not_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    flow = GradientFlow(net())
    with pytest.raises(ValueError, match="nothing recorded"):
        plot.gradient_flow(flow)
    with pytest.raises(TypeError, match=r"expected a training.GradientFlow, got MLP"):
        plot.gradient_flow(net())
    flow.record()
    figure = plot.gradient_flow(flow)  # no gradient, no update
    assert lines(figure.axes[0])["layers.0"] == ([], [])
    figure.save(tmp_path / "empty.png")


# ---- noise


@pytest.mark.parametrize("b", [1, 2, 3, 5, 6])
def test_both_formulas_are_exact_over_all_batches_that_there_are(b):
    rng = random.Random(0)
    singles = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(6)]
    mean = [sum(column) / 6 for column in zip(*singles, strict=True)]
    sigma = spread(singles, mean)

    def over(batches):
        means = [[sum(c) / b for c in zip(*batch, strict=True)] for batch in batches]
        return spread(means, mean)

    shuffled = over(combinations(singles, b))
    assert shuffled == pytest.approx(noise(sigma, b, 6, shuffled=True), abs=1e-12)
    if b <= 3:
        independent = over(product(singles, repeat=b))
        assert independent == pytest.approx(noise(sigma, b, 6, shuffled=False), rel=1e-12)


def test_the_noise_is_that_of_the_models_own_gradients_and_no_gradient_is_touched():
    pytest.importorskip("matplotlib")
    model, (x, y) = net(), MOONS.tensors
    singles = []
    for i in range(len(x)):
        model.zero_grad()
        functional.cross_entropy(model(x[i : i + 1]), y[i : i + 1]).backward()
        singles.append([v for p in model.parameters() for v in p.grad.flat])
    model.zero_grad()
    mean = [sum(column) / len(x) for column in zip(*singles, strict=True)]
    figure = plot.gradient_noise(model, functional.cross_entropy, MOONS, draws=400,
                                 rng=random.Random(0))  # fmt: skip
    table = figure.data
    assert table["batch_size"] == [1, 2, 4, 8, 16, 24]
    assert table["independent"][0] == pytest.approx(spread(singles, mean), rel=1e-12)
    for way in ("independent", "shuffled"):
        for formula, measured in zip(table[way], table[f"{way}, drawn"], strict=True):
            assert measured == pytest.approx(formula, rel=0.1, abs=1e-12)
    assert all(p.grad is None for p in model.parameters())
    assert list(faults(figure)) == []
    assert lines(figure.axes[0])["shuffled: σ/√B · √((N−B)/(N−1))"][0] == [1, 2, 4, 8, 16]
    assert legend_of(figure)[1] == "independent: 400 batches drawn"


def test_dropout_adds_no_noise_of_its_own():
    pytest.importorskip("matplotlib")
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(1, 1, bias=False)).train()
    data = [[1.0]] * 4, [[0.0]] * 4  # four samples alike
    table = plot.gradient_noise(model, functional.mse_loss, data).data
    assert table["independent"] == [0.0, 0.0, 0.0] and model.training


def test_noise_that_cannot_be_measured_is_refused():
    pytest.importorskip("matplotlib")
    for options, error, message in [
        ({"batch_sizes": [25]}, ValueError, "must be 1 … 24"),
        ({"batch_sizes": []}, ValueError, "must be 1 … 24"),
        ({"batch_sizes": [0]}, ValueError, r"batch_sizes\[0\]"),
        ({"draws": 0}, ValueError, "draws"),
        ({"model": lambda x: x}, TypeError, "expected an nn.Module"),
    ]:
        arguments = {"model": net(), "loss_fn": functional.cross_entropy, "data": MOONS}
        with pytest.raises(error, match=message):
            plot.gradient_noise(**arguments | options)
