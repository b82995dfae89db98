"""History: columns, the best row, a summary, a CSV file, a state that goes through JSON."""

import csv
import json
import math

import pytest

from histories import history
from micrograd_opt.training.history import COLUMNS, History

NAN, INF = math.nan, math.inf


def test_a_column_is_a_list_with_an_entry_an_epoch():
    curve = history(2.0, 1.0, val=(2.5, 1.5))
    assert curve["loss"] == [2.0, 1.0]
    assert curve["val_loss"] == [2.5, 1.5]
    for name in COLUMNS:
        assert curve[name] == [row[name] for row in curve.rows]
    assert len(curve) == 2
    assert repr(curve) == "History(2 epochs, 6 steps)"


def test_an_unknown_column_is_an_error_that_lists_the_known():
    with pytest.raises(KeyError, match="'val' is not one of epoch, step, loss, .*, seconds"):
        history(1.0)["val"]


@pytest.mark.parametrize(
    ("losses", "val", "best"),
    [
        ((3.0, 2.0, 1.0), (2.0, 1.0, 1.5), 2),  # the validation loss decides
        ((3.0, 1.0, 2.0), (), 2),  # the training loss where there is no other
        ((1.0, 1.0, 1.0), (), 1),  # the first of equals
        ((1.0, 1.0, 1.0), (NAN, 2.0, 1.0), 3),  # NaN never, wherever it stands
        ((1.0, 1.0, 1.0), (2.0, NAN, 1.0), 3),
        ((1.0, 1.0, 1.0), (1.0, 2.0, NAN), 1),
        ((1.0, 1.0), (INF, 5.0), 2),
    ],
)
def test_the_best_row_has_the_lowest_loss(losses, val, best):
    assert history(*losses, val=val).best()["epoch"] == best


def test_without_a_loss_that_is_a_number_there_is_no_best_row():
    assert History().best() is None
    assert history(1.0, val=(NAN,)).best() is None


def test_the_summary_says_what_a_reader_asks_first():
    assert history(2.0, 1.0, val=(1.25, 1.5)).summary().splitlines() == [
        "2 epochs, 6 steps in 0.5 s, stopped by: epochs",
        "training    loss 1.0000, accuracy 0.6000",
        "validation  loss 1.5000, accuracy 0.2500",
        "best epoch  1 (loss 1.2500)",
    ]
    assert "best" not in history(2.0, 1.0).summary()  # the last row is the best
    assert "best" not in history(2.0, val=(NAN,)).summary()


def test_the_summary_leaves_out_what_was_not_measured():
    curve = history(2.0)
    curve.rows[0]["accuracy"] = None
    assert curve.summary().splitlines()[1:] == ["training    loss 2.0000"]


def test_the_summary_of_nothing():
    nothing = History()
    nothing.stopped = "diverged"
    assert nothing.summary() == "no epoch finished (diverged)"


def test_a_csv_file_holds_every_bit_and_an_empty_field_for_none(tmp_path):
    curve, path = history(0.1 + 0.2, 1e-300, INF, val=(1 / 3,)), tmp_path / "history.csv"
    curve.to_csv(path)
    with open(path, newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert tuple(read[0]) == COLUMNS
    numbers = [{k: float(v) if v else None for k, v in row.items()} for row in read]
    assert numbers == curve.rows


def test_a_csv_file_of_nothing_has_a_header(tmp_path):
    History().to_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text().split() == [",".join(COLUMNS)]


def test_its_state_goes_through_json_and_back():
    curve, other = history(2.0, 1.0, val=(NAN,)), History()
    other.load_state_dict(json.loads(json.dumps(curve.state_dict())))
    assert repr(other.rows) == repr(curve.rows)  # where NaN equals NaN
    assert other.step_losses == curve.step_losses


def test_a_loaded_history_goes_its_own_way():
    curve, other = history(2.0, 1.0), History()
    other.load_state_dict(curve.state_dict())
    curve.rows[0]["loss"] = 9.0
    curve.step_losses.append(9.0)
    assert other["loss"] == [2.0, 1.0] and 9.0 not in other.step_losses


ROW = history(2.0).rows[0]


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (None, TypeError, "history must be a dict, got NoneType: None"),
        ({"rows": []}, ValueError, "history: missing step_losses; unexpected nothing"),
        ({"rows": None, "step_losses": []}, TypeError, "rows must be a list, got None"),
        ({"rows": [], "step_losses": "12"}, TypeError, "step_losses must be a list, got '12'"),
        ({"rows": [], "step_losses": [1.0, None]}, TypeError, r"step_losses\[1\] must be a number"),
        ({"rows": [ROW, 3], "step_losses": []}, TypeError, r"rows\[1\] must be a dict, got int: 3"),
        ({"rows": [{}], "step_losses": []}, ValueError, r"rows\[0\]: missing epoch, step, loss"),
        (
            {"rows": [ROW | {"more": 1}], "step_losses": []},
            ValueError,
            r"rows\[0\]: missing nothing; unexpected more",
        ),
        *[
            (
                {"rows": [ROW | {name: "x"}], "step_losses": []},
                TypeError,
                rf"rows\[0\]: {name} must",
            )
            for name in COLUMNS
        ],
        *[
            (
                {"rows": [ROW | {name: None}], "step_losses": []},
                TypeError,
                rf"rows\[0\]: {name} must",
            )
            for name in ("epoch", "step", "loss", "lr", "grad_norm", "seconds")
        ],
    ],
)
def test_a_state_that_is_no_history_is_refused_and_changes_nothing(state, error, message):
    curve = history(2.0, 1.0)
    before = json.dumps(curve.state_dict())
    with pytest.raises(error, match=message):
        curve.load_state_dict(state)
    assert json.dumps(curve.state_dict()) == before
