"""plot.decision_boundary, plot.confusion, plot.misread: what a classifier says and gets wrong."""

import math
import random

import pytest
from pictures import faults, legend_of, lines

from micrograd_opt import Tensor, data, nn, plot
from micrograd_opt.plot.predictions import probabilities

pytest.importorskip("matplotlib")


def thirds(x):
    """Three classes by x₁: left of 0, 0 to 1, right of 1."""
    first = x[:, 0]
    return Tensor([[-t, 0.25 - abs(t - 0.5), t - 1.0] for t in first.tolist()]) * 20.0


POINTS = [[-0.5, 0.0], [0.5, 1.0], [1.5, 0.0], [0.4, 0.0]]


# ---- probabilities


def test_scores_are_made_probabilities_whatever_their_form():
    x = [[0.0], [2.0]]
    expected = [[0.5, 0.5], [1 / (1 + math.exp(2)), 1 / (1 + math.exp(-2))]]
    net = nn.scalar.Neuron(1, nonlin=False)
    net.w[0].data = 1.0
    for model in (
        lambda x: x,  # (N, 1)
        lambda x: x.reshape(2),  # (N,)
        lambda x: Tensor([[0.0, a] for (a,) in x.tolist()]),  # (N, 2)
        lambda x: [net(row) for row in x.tolist()],  # Values
        lambda x: [[net(row) * 0.0, net(row)] for row in x.tolist()],
    ):
        for row, wanted in zip(probabilities(model, x, "test"), expected, strict=True):
            assert row == pytest.approx(wanted, rel=1e-12)
    with pytest.raises(ValueError, match=r"test: model\(x\) has shape \(1,\); needs \(2, class"):
        probabilities(lambda x: Tensor([1.0]), x, "test")


# ---- decision boundary


def test_the_plane_is_asked_at_each_point_and_the_samples_lie_over_it():
    figure = plot.decision_boundary(thirds, POINTS, [0, 1, 2, 0], classes=["a", "b", "c"], size=9)
    (ax,) = figure.axes
    table = figure.data
    assert len(table) == 81 and list(table.columns) == ["x₁", "x₂", "class", "probability"]
    assert table["x₁"][0] == pytest.approx(-0.7) and table["x₂"][-1] == pytest.approx(1.1)
    for row in table.rows():
        expected = "a" if row["x₁"] < -0.1 else "c" if row["x₁"] > 1.1 else None
        assert expected in (None, row["class"]) and 1 / 3 <= row["probability"] <= 1.0
    assert lines(ax)["a"] == ([-0.5, 0.4], [0.0, 0.0])
    assert lines(ax)["wrong side"] == ([0.4], [0.0])
    assert legend_of(figure) == ["a", "b", "c", "wrong side"]
    assert table.notes == ["3 of 4 samples on the right side"]
    assert list(faults(figure)) == []


def test_the_black_line_is_where_two_classes_are_equally_likely():
    figure = plot.decision_boundary(lambda x: x[:, 0] - 0.3, [[0.0, 0.0], [1.0, 1.0]], [-1, 1])
    (line,) = [c for c in figure.axes[0].collections if hasattr(c, "levels")]
    (path,) = line.get_paths()
    assert [x for x, _ in path.vertices] == pytest.approx([0.3] * len(path.vertices), abs=1e-3)
    assert figure.data.notes == ["2 of 2 samples on the right side"]


@pytest.mark.filterwarnings("error")
def test_ten_classes_and_a_single_one_that_wins_everywhere_can_be_drawn(tmp_path):
    rng = random.Random(0)
    x = [[rng.random(), rng.random()] for _ in range(20)]
    plot.decision_boundary(nn.MLP(2, [10]), x, [i % 10 for i in range(20)]).save(tmp_path / "a.png")
    figure = plot.decision_boundary(lambda x: Tensor([[0.0, 9.0]] * len(x)), x[:1], [0])
    figure.save(tmp_path / "b.png")


def test_a_boundary_that_cannot_be_drawn_is_refused():
    for x, y, options, message in [
        ([[1.0, 2.0, 3.0]], [0], {}, "needs two features"),
        (POINTS, [0, 1], {}, "x and y"),
        (POINTS, [0, 1, 3, 0], {}, "label 3 of sample 2 is not one of 0 … 2"),
        (POINTS, [0, 1, 0.5, 0], {}, "label 0.5 of sample 2"),
        (POINTS, [0, 1, 2, 0], {"classes": ["a"]}, "1 names for 3 classes"),
        (POINTS, [0, 1, 2, 0], {"size": 1}, "size must be in"),
    ]:
        with pytest.raises(ValueError, match=message):
            plot.decision_boundary(thirds, x, y, **options)


# ---- confusion


def test_rows_are_the_truth_and_columns_the_answers():
    figure = plot.confusion(thirds, POINTS, [0, 1, 2, 0])
    assert figure.data.rows() == [
        {"true": "0", "0": 1, "1": 1, "2": 0},
        {"true": "1", "0": 0, "1": 1, "2": 0},
        {"true": "2", "0": 0, "1": 0, "2": 1},
    ]
    assert figure.data.notes == ["3 of 4 right (75.0%)", "0 taken for 1: 1"]
    (ax,) = figure.axes
    assert {(*t.get_position(), t.get_text()) for t in ax.texts} == {
        (0, 0, "1"), (1, 0, "1"), (1, 1, "1"), (2, 2, "1")
    }  # fmt: skip
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert list(faults(figure)) == []


def test_labels_do_as_well_as_a_model():
    by_model = plot.confusion(thirds, POINTS, [0, 1, 2, 0])
    by_labels = plot.confusion([0, 1, 2, 1], None, [0, 1, 2, 0])
    assert by_model.data.rows() == by_labels.data.rows()
    for predictions, y, message in [
        ([0, 1], [0], "predictions and y"), ([0, 0.5], [0, 1], "label 0.5 of sample 1")
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            plot.confusion(predictions, None, y)


def test_numbers_are_legible_on_their_shade():
    figure = plot.confusion([0] * 9 + [1], None, [0] * 10)
    colours = {t.get_text(): t.get_color() for t in figure.axes[0].texts}
    assert colours == {"9": "white", "1": "black"}


# ---- misread


def test_the_surest_mistakes_come_first():
    def model(x):  # always 1, the surer the brighter the first pixel
        return Tensor([[0.0, a] for a, *_ in x.tolist()])

    images = [[1.0, 0, 0, 0], [3.0, 0, 0, 0], [2.0, 0, 0, 0], [0.5, 0, 0, 0]]
    figure = plot.misread(model, images, [0, 0, 1, 0], n=2)
    assert figure.data["image"] == [1, 0] and figure.data["true"] == ["0", "0"]
    assert figure.data["probability"][0] == pytest.approx(1 / (1 + math.exp(-3)))
    (ax,) = figure.axes
    assert [t.get_text() for t in ax.texts] == ["0 as 1, 95 %", "0 as 1, 73 %"]
    assert ax.get_title() == "3 of 4 misread, the 2 surest" and len(ax.images) == 2
    assert ax.images[0].get_array().tolist() == [[3.0, 0.0], [0.0, 0.0]]
    assert list(faults(figure)) == []


@pytest.mark.parametrize("n", [1, 3, 12, 13])
def test_no_text_is_cut_off_or_over_another_however_many_there_are(n):
    digits = data.load_digits()
    model = nn.MLP(64, [10], rng=random.Random(0))
    figure = plot.misread(model, *digits[:60], n=n)
    assert list(faults(figure)) == []
    from pictures import drawn

    renderer = drawn(figure)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert len(boxes) == n
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_nothing_misread_is_a_picture_that_says_so_and_a_wrong_shape_an_error(tmp_path):
    def right(x):
        return Tensor([[1.0, 0.0]] * len(x))

    figure = plot.misread(right, [[0.0] * 6], [0], shape=(2, 3))
    assert figure.axes[0].get_title() == "0 of 1 misread" and len(figure.data) == 0
    figure.save(tmp_path / "none.png")
    with pytest.raises(ValueError, match=r"6 pixels are no square; say shape="):
        plot.misread(right, [[0.0] * 6], [0])
    with pytest.raises(ValueError, match=r"shape \(2, 2\) does not hold 6 pixels"):
        plot.misread(right, [[0.0] * 6], [0], shape=(2, 2))
