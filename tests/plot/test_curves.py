"""plot.curves: what it draws of one run and of several, what it leaves out, what it reads."""

import math

import pytest
from pictures import faults, legend_of, lines

from histories import history
from micrograd_opt import fit, functional, nn, optim, plot
from micrograd_opt.files.checkpoint import save_checkpoint
from micrograd_opt.training.history import History

pytest.importorskip("matplotlib")


def test_training_lies_beside_validation():
    figure = plot.curves(history(2.0, 1.0, 0.5, val=(2.5, 1.25, 1.5)), guessing=math.log(10))
    loss, accuracy = figure.axes
    assert lines(loss)["training"] == ([1, 2, 3], [2.0, 1.0, 0.5])
    assert lines(loss)["validation"] == ([1, 2, 3], [2.5, 1.25, 1.5])
    assert lines(loss)["lowest validation loss: epoch 2"] == ([2], [1.25])
    assert lines(loss)["guessing: 2.3"][1] == [math.log(10)] * 2
    assert lines(accuracy)["training"] == ([1, 2, 3], [0.5, 0.6, 0.7])
    assert (loss.get_title(), accuracy.get_title()) == ("Loss", "Accuracy")
    assert (loss.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy")
    assert loss.get_yscale() == "log" and accuracy.get_yscale() == "linear"
    assert legend_of(figure) == [
        "training", "validation", "lowest validation loss: epoch 2", "guessing: 2.3"
    ]  # fmt: skip
    assert list(faults(figure)) == []
    assert figure.data.notes == ["run 1: lowest validation loss 1.25, epoch 2 of 3"]


def test_what_was_not_measured_is_not_drawn():
    figure = plot.curves(history(2.0, 1.0, 0.5, val=(2.5, 1.5)))
    assert lines(figure.axes[0])["validation"] == ([1, 2], [2.5, 1.5])
    regression = history(2.0, 1.0)
    for row in regression.rows:
        row["accuracy"] = None
    (loss,) = plot.curves(regression).axes  # no panel of accuracies
    assert list(lines(loss)) == ["training"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("losses", "val", "scale"),
    [
        ((1.0, 0.5), (), "log"),
        ((1.0, 0.0), (), "linear"),
        ((1.0, 0.5), (1.0, 0.0), "linear"),
        ((1.0, -1.0), (), "linear"),
        ((1.0, math.nan), (math.inf, 1.0), "log"),
        ((math.nan,), (), "linear"),
        ((), (), "linear"),
    ],
)
def test_the_loss_is_on_a_log_scale_if_it_can_be(losses, val, scale, tmp_path):
    figure = plot.curves(history(*losses, val=val) if losses else History())
    assert figure.axes[0].get_yscale() == scale
    figure.save(tmp_path / "curves.png")


def test_eight_runs_are_told_apart_without_colour():
    runs = [history(2.0, 1.0 + i / 10, val=(2.1, 1.1 + i / 10)) for i in range(8)]
    names = [f"lr {i}" for i in range(8)]
    figure = plot.curves(*runs, labels=names, guessing=2.3)
    assert legend_of(figure)[:8] == names
    assert legend_of(figure)[8:] == [
        "lowest validation loss", "guessing: 2.3", "training", "validation"
    ]  # fmt: skip
    assert list(faults(figure)) == []
    filled = [line.get_markerfacecolor() == "white" for line in figure.axes[0].lines[:16]]
    assert filled == [False, True] * 8  # training, validation
    assert figure.data["run"] == [name for name in names for _ in range(2)]


def test_a_single_run_may_have_a_name():
    figure = plot.curves(history(2.0, 1.0, val=(2.5, 1.5)), labels=["Adam"])
    assert legend_of(figure) == [
        "Adam", "lowest validation loss: epoch 2", "training", "validation"
    ]  # fmt: skip


def test_each_step_with_the_means_of_the_epochs_over_it():
    run = history(2.0, 1.0)  # three steps an epoch
    run.step_losses.append(0.75)  # the first of an epoch that was cut short
    figure = plot.curves(run, per_step=True)
    loss, accuracy = figure.axes
    assert lines(loss)["each step"][0] == [1, 2, 3, 4, 5, 6, 7]
    xs, ys = lines(loss)["training"]
    bars = [(x, y) for x, y in zip(xs, ys, strict=True) if not math.isnan(x)]
    assert bars == [(0.5, 2.0), (2.0, 2.0), (3.5, 2.0), (3.5, 1.0), (5.0, 1.0), (6.5, 1.0)]
    assert lines(accuracy)["training"][0] == [3, 6] and loss.get_xlabel() == "step"
    assert figure.data["epoch"] == [1, 1, 1, 2, 2, 2, None]
    assert figure.data["epoch_loss"] == [2.0, 2.0, 2.0, 1.0, 1.0, 1.0, None]
    assert figure.data["loss"] == run.step_losses
    assert list(faults(figure)) == []


def test_the_files_of_a_run_give_the_same_picture(tmp_path):
    model, data = nn.Linear(1, 2), ([[0.0], [1.0]], [0, 1])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    run = fit(model, functional.cross_entropy, optimizer, data, val=data, epochs=2, progress=False,
              checkpoint=tmp_path / "run.json")  # fmt: skip
    run.to_csv(tmp_path / "history.csv")
    columns = plot.curves(run).data.columns
    for name in ("run.json", "history.csv"):
        assert plot.curves(tmp_path / name).data.columns == columns
    steps = plot.curves(str(tmp_path / "run.json"), per_step=True)
    assert steps.data["loss"] == run.step_losses
    with pytest.raises(ValueError, match="which a CSV file has not"):
        plot.curves(tmp_path / "history.csv", per_step=True)


def test_it_draws_on_two_axes_of_ones_own_or_the_loss_on_one():
    from matplotlib.figure import Figure

    pair = Figure().subplots(2, 1)
    assert plot.curves(history(1.0), ax=pair) is pair[0].figure
    assert [len(ax.lines) for ax in pair] == [1, 1]
    single = Figure().subplots()
    assert plot.curves(history(1.0), ax=single) is single.figure
    assert single.get_ylabel() == "loss"


def test_what_cannot_be_drawn_is_one_clear_error(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    history(1.0).to_csv(tmp_path / "bad.csv")
    text = (tmp_path / "bad.csv").read_text(encoding="utf-8").replace("1.0", "one", 1)
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    save_checkpoint(tmp_path / "other.json", {"model": {}})
    for call, error, message in [
        (lambda: plot.curves(), ValueError, "no history to draw"),
        (lambda: plot.curves([1.0, 2.0]), TypeError, "expected a History or a file"),
        (lambda: plot.curves(tmp_path / "table.csv"), ValueError, "needs the columns epoch, step"),
        (lambda: plot.curves(tmp_path / "bad.csv"), ValueError, "row 1: .*'one'"),
        (lambda: plot.curves(tmp_path / "other.json"), ValueError, "without a history"),
        (lambda: plot.curves(tmp_path / "none.csv"), FileNotFoundError, "none.csv"),
        (lambda: plot.curves(history(1.0), labels=["a", "b"]), ValueError, "list of 1, got 2"),
        (lambda: plot.curves(history(1.0), history(1.0), labels=["a", "a"]), ValueError, "differ"),
        (lambda: plot.curves(history(1.0), guessing=math.inf), ValueError, "guessing"),
    ]:
        with pytest.raises(error, match=message):
            call()
