"""plot.landscape: the losses on the plane, its directions, and the model left as it was."""

import math
import random
import statistics

import pytest
from pictures import faults, legend_of, lines

from micrograd_opt import data, fit, functional, nn, optim, plot
from micrograd_opt.plot.directions import (
    as_theta,
    filter_normalised,
    numbers_of,
    principal_axes,
    put,
)  # fmt: skip

pytest.importorskip("matplotlib")

MOONS = data.make_moons(40, noise=0.1, rng=random.Random(0))


def net():
    return nn.MLP(2, [6, 2], rng=random.Random(1))


def landscape(model, **options):
    options = {"size": 5, "rng": random.Random(0)} | options
    return plot.landscape(model, functional.cross_entropy, MOONS, **options)


def test_each_number_is_the_loss_with_the_parameters_moved_there():
    model = net()
    d1, d2 = ([random.Random(s).gauss(0, 1) for _ in numbers_of(model)] for s in (1, 2))
    picture = landscape(model, directions=(d1, d2), span=0.5, size=3)
    x, y = MOONS.tensors
    for b, row in zip(picture.data.ys, picture.data.values, strict=True):
        for a, loss in zip(picture.data.xs, row, strict=True):
            moved = net()
            rows = zip(numbers_of(model), d1, d2, strict=True)
            put(moved, [t + a * u + b * v for t, u, v in rows])
            assert loss == functional.cross_entropy(moved(x), y).item()
    assert picture.data.xs == picture.data.ys == [-0.5, 0.0, 0.5]


def test_the_picture_has_its_labels_and_the_model_in_the_middle():
    figure = landscape(net())
    (ax,) = figure.axes
    assert list(faults(figure)) == [] and legend_of(figure) == ["the model"]
    assert lines(ax)["the model"] == ([0.0], [0.0])
    assert ax.get_title() == "Loss landscape, 40 samples"
    assert ax.get_xlabel() == "a: steps of direction 1"
    assert ax.get_ylabel() == "b: steps of direction 2"


def test_a_random_direction_is_as_long_as_the_weights_neuron_by_neuron_and_zero_for_biases():
    model = net()
    direction = filter_normalised(model, random.Random(0))
    start = 0
    for p in model.parameters():
        part, start = direction[start : start + p.size], start + p.size
        if p.ndim == 1:
            assert part == [0.0] * p.size
            continue
        width = p.shape[1]
        for i, weights in enumerate(p.tolist()):
            row = part[i * width : (i + 1) * width]
            assert math.hypot(*row) == pytest.approx(math.hypot(*weights), rel=1e-12)
    assert start == len(direction)


def test_scaling_two_layers_against_each_other_leaves_the_landscape_as_it_is():
    """The reason for the filters: such a net computes the same, so its picture must be the same."""
    model = net()
    scaled = net()
    for p, factor in zip(scaled.parameters(), (8.0, 8.0, 0.125, 1.0), strict=True):
        p.data = (p.detach() * factor).data
    before = landscape(model, rng=random.Random(3)).data.values
    after = landscape(scaled, rng=random.Random(3)).data.values
    for row, other in zip(before, after, strict=True):
        assert row == pytest.approx(other, rel=1e-9)


def test_a_scalar_neuron_is_a_filter_too():
    model = nn.scalar.MLP(3, [2, 1], rng=random.Random(0))
    direction = filter_normalised(model, random.Random(0))
    weights = numbers_of(model)
    for first in (0, 4):  # three weights and a bias for each of the first two neurons
        assert math.hypot(*direction[first : first + 3]) == pytest.approx(
            math.hypot(*weights[first : first + 3])
        )
        assert direction[first + 3] == 0.0


def test_a_net_of_values_has_a_landscape():
    model = nn.scalar.MLP(2, [2, 1], rng=random.Random(0))
    x, y = [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0]
    model_of_rows = Rows(model)
    before = model.state_dict()
    picture = plot.landscape(model_of_rows, functional.hinge_loss, (x, y), size=3)
    assert model.state_dict() == before
    middle = functional.hinge_loss([model(row) for row in x], y).data
    assert picture.data.values[1][1] == middle


class Rows(nn.Module):
    """A scalar net that takes a table."""

    def __init__(self, net):
        self.net = net

    def forward(self, x):
        return [self.net(row) for row in x.tolist()]


# ---- the path


def trained():
    """A model, and its state_dicts at the start and after each epoch of a run."""
    model = net()
    path = [model.state_dict()]
    fit(model, functional.cross_entropy, optim.Adam(model.parameters(), lr=0.02), MOONS, epochs=6,
        progress=False, callbacks=[lambda history: path.append(model.state_dict())],
        )  # fmt: skip
    return model, path


def test_the_axes_of_a_path_are_those_of_its_singular_value_decomposition():
    torch = pytest.importorskip("torch")
    rng = random.Random(0)
    points = [[rng.gauss(0, 1 + k % 3) for k in range(30)] for _ in range(9)]
    axes, shares = principal_axes(points)
    x = torch.tensor(points, dtype=torch.float64)
    _, s, v = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    assert shares == pytest.approx((s**2 / (s**2).sum())[:2].tolist(), rel=1e-9)
    for axis, row in zip(axes, v[:2], strict=True):
        assert abs(torch.tensor(axis, dtype=torch.float64) @ row) == pytest.approx(1.0, abs=1e-6)


def test_a_path_is_drawn_on_its_plane_with_what_the_plane_misses():
    model, path = trained()
    figure = landscape(model, path=path)
    grid = figure.data
    assert list(faults(figure)) == [] and legend_of(figure) == ["training", "start", "end"]
    assert (grid.path["a"][-1], grid.path["b"][-1]) == (0.0, 0.0)
    assert grid.path["distance"][-1] == 0.0
    x, y = MOONS.tensors
    for state, loss in zip(path, grid.path["loss"], strict=True):
        other = net()
        other.load_state_dict(state)
        assert loss == functional.cross_entropy(other(x), y).item()
    end = numbers_of(model)
    for state, row in zip(path, grid.path.rows(), strict=True):  # Pythagoras
        steps = [a - b for a, b in zip(as_theta(model, state, ""), end, strict=True)]
        sides = row["a"], row["b"], row["distance"]
        assert math.hypot(*steps) == pytest.approx(math.hypot(*sides), rel=1e-6)
    variances = [statistics.pvariance(grid.path[axis]) for axis in "ab"]
    label = figure.axes[0].get_xlabel()
    assert label.startswith("a: principal axis 1, ") and variances[0] > variances[1]
    share = float(label.split(", ")[1].split("%")[0])
    assert variances[0] / sum(variances) * 100 >= share - 0.1
    assert grid.xs[0] < min(grid.path["a"]) and grid.xs[-1] > max(grid.path["a"])
    explained, distance, loss = grid.notes
    assert explained.startswith("the two axes explain 9")
    assert distance.startswith(f"projection error: up to {max(grid.path['distance']):.3g} from")
    errors = [abs(r["loss"] - r["loss_drawn"]) for r in grid.path.rows()]
    assert loss.endswith(f"by up to {max(errors):.3g}")


def test_a_path_within_a_plane_is_drawn_without_an_error():
    model = nn.Linear(2, 1)
    points = [[0.0, 0.0, 1.0], [2.0, 0.0, 1.0], [2.0, 1.0, 1.0], [0.5, 0.5, 1.0]]
    grid = plot.landscape(model, functional.mse_loss, ([[1.0, 2.0]], [[1.0]]), path=points,
                          size=3).data  # fmt: skip
    assert max(grid.path["distance"]) < 1e-12
    assert grid.notes[0] == "the two axes explain 100.0% of the path's variance"
    assert grid.path["loss"] == pytest.approx(grid.path["loss_drawn"])


# ---- the model is left alone


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_the_parameters_are_put_back_exactly_whatever_happens(error):
    model = net().train()
    before = [(p, p.data, p.tolist()) for p in model.parameters()]
    calls = []

    def failing(output, y):
        calls.append(output)
        assert not model.training and not output.requires_grad
        if len(calls) == 4:
            raise error
        return functional.cross_entropy(output, y)

    with pytest.raises(error):
        plot.landscape(model, failing, MOONS, size=3)
    assert all(p.data is data and p.tolist() == numbers for p, data, numbers in before)
    assert model.training and all(p.grad is None for p in model.parameters())


def test_what_cannot_be_drawn_is_refused_before_anything_moves():
    model = net()
    size = len(numbers_of(model))
    state = model.state_dict()
    for options, error, message in [
        ({"directions": ([1.0], [1.0])}, ValueError, f"direction 1 must be a list of {size}"),
        ({"directions": ([0.0] * size, [1.0] * size)}, ValueError, "0 everywhere"),
        ({"directions": ([0.0] * size,)}, ValueError, "directions must be two"),
        ({"path": [state] * 2}, ValueError, "path has 2 points"),
        ({"path": [state] * 3}, ValueError, "lie on one line"),
        ({"path": [{}] * 3}, ValueError, r"path\[0\]: no layers.0.weight in it"),
        ({"path": [state], "directions": ([1.0], [1.0])}, ValueError, "axes of its own"),
        ({"size": 1}, ValueError, "size must be in"),
        ({"span": 0}, ValueError, "span must be in"),
        ({"rng": 0}, TypeError, r"pass rng=random.Random\(0\)"),
        ({"model": lambda x: x}, TypeError, "expected an nn.Module"),
        ({"data": [1, 2, 3]}, TypeError, "expected a TensorDataset or"),
        ({"levels": "cubic"}, ValueError, "levels must be one of"),
    ]:
        arguments = {"model": model, "loss_fn": None, "data": MOONS, "size": 2}  # never called
        with pytest.raises(error, match=message):
            plot.landscape(**arguments | options)
    assert model.state_dict() == state
