"""The style: what a figure can do, axes of one's own, colours and dashes; and the tables behind."""

import csv
import math
import sys

import pytest
from pictures import faults, lines

from micrograd_opt import plot
from micrograd_opt.optim.schedules import constant, linear_decay
from micrograd_opt.plot.figure import COLOURS, line_style, log_scale
from micrograd_opt.plot.table import Grid, Table


@pytest.fixture
def figure():
    pytest.importorskip("matplotlib")
    return plot.schedules(linear_decay(0.1, 4))


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    for module in [m for m in sys.modules if m.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="plots need matplotlib: pip install matplotlib"):
        plot.schedules(linear_decay(0.1, 4))


def test_a_figure_shows_itself_in_a_notebook_and_pyplot_is_never_loaded(figure):
    assert "<svg" in figure._repr_svg_()
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("kind, start", [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_same_picture_saves_the_same_bytes(tmp_path, kind, start):
    pytest.importorskip("matplotlib")
    first, second = (
        plot.schedules(linear_decay(0.1, 4)).save(tmp_path / f"{name}.{kind}") for name in "ab"
    )
    assert first.read_bytes().startswith(start)
    assert first.read_bytes() == second.read_bytes()


def test_an_ending_that_is_no_picture_is_refused(figure, tmp_path):
    with pytest.raises(ValueError, match=r"must be one of '.svg', '.png', '.pdf', got '.doc'"):
        figure.save(tmp_path / "a.doc")
    assert list(tmp_path.iterdir()) == []


def test_on_axes_of_ones_own_it_is_their_figure_with_the_latest_data_and_nothing_is_cut_off():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    mine = Figure(figsize=(10, 4))
    left, right = mine.subplots(1, 2)
    assert plot.schedules(linear_decay(0.1, 4), ax=left) is mine
    first = mine.data
    assert plot.schedules(constant(0.1), max_steps=3, ax=right) is mine
    assert (len(first), len(mine.data)) == (4, 3)
    assert list(lines(left)) == ["linear_decay"] and list(lines(right)) == ["constant"]
    assert "cut off" not in " ".join(faults(mine))


def test_what_is_no_axes_is_refused(figure):
    with pytest.raises(ValueError, match="ax: expected one of matplotlib's axes, got 3"):
        plot.schedules(linear_decay(0.1, 4), ax=3)
    with pytest.raises(ValueError, match="ax: expected one of matplotlib's axes"):
        plot.schedules(linear_decay(0.1, 4), ax=figure.axes * 2)


def test_sixty_four_lines_differ_in_dashes_or_marker_and_eight_in_both():
    styles = [line_style(i) for i in range(64)]
    assert len({(str(style["linestyle"]), style["marker"]) for style in styles}) == 64
    assert len({str(style["linestyle"]) for style in styles[:8]}) == 8
    assert len({style["marker"] for style in styles[:8]}) == 8


def lightness(colour):
    """L* of CIE Lab: 0 is black, 100 white."""
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116.0 * y ** (1 / 3) - 16.0


def test_every_colour_can_be_seen_on_white():
    assert math.isclose(lightness("#FFFFFF"), 100.0)
    assert all(lightness(colour) < 75.0 for colour in COLOURS)


@pytest.mark.parametrize("values", [(0.2, 0.9), (0.45, 0.47), (1e-8, 1e3), (1.0, 3.0), (5.0, 5.0)])
def test_a_log_scale_has_two_ticks_or_more_however_short_or_long_it_is(values):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    ax.plot(values, values)
    log_scale(ax, "y")
    low, high = ax.get_ylim()
    assert sum(low <= tick <= high for tick in ax.get_yticks()) >= 2


def test_a_log_scale_of_nothing_is_empty():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    log_scale(ax, "y")
    assert ax.get_yscale() == "log"


# ---- tables


def test_a_table_is_written_as_csv_and_read_again(tmp_path):
    table = Table({"step": [0, 1], "rate": [0.1, None]}, notes=["not in the file"])
    table.to_csv(tmp_path / "t.csv")
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["step", "rate"], ["0", "0.1"], ["1", ""]]


def test_a_long_table_shows_its_ends():
    text = Table({"i": range(100)}).summary(most=4)
    assert [line.strip() for line in text.splitlines()] == ["i", "0", "1", "…", "98", "99"]
    assert "…" not in Table({"i": range(4)}).summary(most=4)


def test_a_table_refuses_what_is_none():
    with pytest.raises(ValueError, match=r"different lengths, \[1, 2\]"):
        Table({"a": [1], "b": [1, 2]})
    with pytest.raises(KeyError, match="'c' is not one of a, b"):
        Table({"a": [], "b": []})["c"]


def test_the_lowest_of_a_grid_is_finite_or_an_error():
    grid = Grid([0.0, 1.0, 2.0], [5.0], [[math.nan, 3.0, -math.inf]], ("x", "y", "loss"))
    assert grid.lowest() == grid.highest() == (1.0, 5.0, 3.0)
    with pytest.raises(ValueError, match="loss is finite at none of the 1 points"):
        Grid([0.0], [0.0], [[math.nan]], ("x", "y", "loss")).lowest()
