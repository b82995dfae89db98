"""plot.learning_curves: what it draws, what it leaves out, and what it says without matplotlib."""

import math
import sys

import pytest
from histories import history

from micrograd_opt import plot
from micrograd_opt.training.history import History


@pytest.fixture
def curves():
    pytest.importorskip("matplotlib")
    return plot.learning_curves


def drawn(ax):
    """Each line on an axis: {label: (x, y)}."""
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines}


def test_training_lies_beside_validation(curves, tmp_path):
    loss, accuracy = curves(history(2.0, 1.0, 0.5, val=(2.5, 1.5, 1.25)))
    assert drawn(loss) == {
        "training": ([1, 2, 3], [2.0, 1.0, 0.5]),
        "validation": ([1, 2, 3], [2.5, 1.5, 1.25]),
    }
    assert drawn(accuracy)["training"] == ([1, 2, 3], [0.5, 0.6, 0.7])
    assert (loss.get_title(), accuracy.get_title()) == ("Loss", "Accuracy")
    assert loss.get_yscale() == "log" and accuracy.get_yscale() == "linear"
    assert [text.get_text() for text in loss.get_legend().texts] == ["training", "validation"]
    loss.figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_what_was_not_measured_is_not_drawn(curves):
    loss, accuracy = curves(history(2.0, 1.0, 0.5, val=(2.5, 1.5)))
    assert drawn(loss)["validation"] == ([1, 2], [2.5, 1.5])
    regression = history(2.0, 1.0)
    for row in regression.rows:
        row["accuracy"] = None
    loss, accuracy = curves(regression)
    assert list(drawn(loss)) == ["training"] and drawn(accuracy) == {}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("losses", "val", "scale"),
    [
        ((1.0, 0.5), (), "log"),
        ((1.0, 0.0), (), "linear"),
        ((1.0, 0.5), (1.0, 0.0), "linear"),
        ((1.0, -1.0), (), "linear"),
        ((1.0, math.nan), (math.inf, 1.0), "log"),
        ((), (), "linear"),
    ],
)
def test_the_loss_is_on_a_log_scale_if_it_can_be(curves, losses, val, scale, tmp_path):
    axes = curves(history(*losses, val=val) if losses else History())
    assert axes[0].get_yscale() == scale
    axes[0].figure.savefig(tmp_path / "curves.png")


def test_it_draws_on_the_axes_it_is_given(curves):
    from matplotlib.figure import Figure

    axes = Figure().subplots(2, 1)
    assert curves(history(1.0), axes) is axes
    assert len(axes[0].lines) == 1


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    for module in [m for m in sys.modules if m.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="plots need matplotlib: pip install matplotlib"):
        plot.learning_curves(history(1.0))
