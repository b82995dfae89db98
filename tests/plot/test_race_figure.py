"""plot.race: the lines are the race's numbers, what diverged is at the edge, all is readable."""

import math

import pytest
from pictures import faults, legend_of, lines

from micrograd_opt import optim, plot
from micrograd_opt.optim import surfaces

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def result():
    beale = surfaces.beale()
    return optim.race(beale, beale.start, ["momentum", "sam"], 30, rates=(0.01, 0.1, 1.0), starts=2)


def test_the_lines_are_the_runs_at_the_rates_in_use(result):
    figure = plot.race(result)
    paths, losses, sensitivity = figure.axes
    for name in result.runs:
        run = result.chosen(name)[0]
        assert lines(losses)[name] == (run.evaluations, run.losses)
        assert list(zip(*lines(paths)[name], strict=True)) == run.path
        rates, heights = lines(sensitivity)[name]
        for (rate, loss), x, y in zip(result.sensitivity(name), rates, heights, strict=True):
            assert rate == x and (loss == y or math.isinf(loss))
    assert figure.data.rows() == result.rows()
    assert list(faults(figure)) == []


def test_what_diverged_stands_above_all_that_did_not(result):
    *_, sensitivity = plot.race(result).axes
    ends = [pair for name in result.runs for pair in result.sensitivity(name)]
    drawn = [y for name in result.runs for y in lines(sensitivity)[name][1]]
    assert any(math.isinf(loss) for _, loss in ends)
    highest = max(loss for _, loss in ends if math.isfinite(loss))
    for (_, loss), y in zip(ends, drawn, strict=True):
        assert (y > 5 * highest) == math.isinf(loss)
    assert "diverged" in [text.get_text() for text in sensitivity.texts]


def test_the_rate_in_use_has_a_ring(result):
    for tune in ("each", "same"):
        *_, sensitivity = plot.race(result, tune).axes
        rings = [line for line in sensitivity.lines if line.get_markersize() == 11]
        used = [result.rate(name, tune) for name in result.runs]
        assert [line.get_xdata()[0] for line in rings] == used


def test_negative_losses_are_shown_above_the_lowest_and_the_target_is_there():
    saddle = surfaces.saddle()
    result = optim.race(saddle, saddle.start, [], 30, starts=1, tune="defaults")
    figure = plot.race(result)
    _, losses = figure.axes  # without a grid of rates there is no third
    assert losses.get_ylabel() == "loss above -0.25"
    run = result.chosen("sgd")[0]
    assert lines(losses)["sgd"][1] == [loss + 0.25 for loss in run.losses]
    assert lines(losses)["target"][1][0] == pytest.approx(result.target + 0.25)
    assert list(faults(figure)) == []


def test_of_many_numbers_there_are_no_paths():
    def norm(w):
        return (w * w).sum()

    result = optim.race(norm, [[1.0] * 9], [], 5, rates=(0.1, 0.2), starts=1)
    figure = plot.race(result)
    assert [ax.get_title() for ax in figure.axes] == ["Loss", "Sensitivity to the rate"]
    assert legend_of(figure) == ["sgd", "adam", "target"]


def test_what_is_no_race_is_refused(result):
    with pytest.raises(TypeError, match="expected what optim.race returns, got 3"):
        plot.race(3)
    with pytest.raises(ValueError, match="tune must be one of"):
        plot.race(result, "best")
    with pytest.raises(ValueError, match="expected 3 of matplotlib's axes"):
        plot.race(result, ax=plot.race(result).axes[:2])
