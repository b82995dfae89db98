"""`micrograd-opt compare` and `landscape`: runs that `train --out` left."""

import json
import re

import pytest
from commands import refused, run

from micrograd_opt import load_checkpoint


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folders of runs on iris: two that are alike, one with another seed, one that went on."""
    from micrograd_opt.cli.main import main

    folder = tmp_path_factory.mktemp("runs")
    for name, options in {
        "a": [], "twin": [], "other": ["--seed", "1", "--lr", "0.05"], "longer": ["--epochs", "4",
        "--schedule", "constant"], "shorter": ["--schedule", "constant"],
    }.items():  # fmt: skip
        epochs = [] if "--epochs" in options else ["--epochs", "3"]
        assert main(["train", "iris", *epochs, *options, "--out", str(folder / name)]) == 0
    return folder


def compared(capsys, a, b):
    status, out, err = run(capsys, "compare", a, b, "--json")
    assert status == 0, err
    return json.loads(out)


def test_twins_are_the_same_to_the_bit(capsys, runs):
    result = compared(capsys, runs / "a", runs / "twin")
    assert result["settings"] == {} and result["first_difference"] is None
    assert result["same_weights"] is True
    _, out, _ = run(capsys, "compare", runs / "a", runs / "twin")
    assert "all settings are alike" in out
    by_file = [runs / name / "checkpoint.json" for name in ("a", "twin")]
    assert compared(capsys, *by_file)["same_weights"] is True
    assert out.endswith("the losses of all steps are the same to the bit, and the weights\n")


def test_what_differs_is_told_from_the_settings_to_the_first_step(capsys, runs):
    result = compared(capsys, runs / "a", runs / "other")
    assert result["settings"] == {"lr": [0.01, 0.05], "seed": [0, 1]}
    losses = [load_checkpoint(runs / name / "checkpoint.json")["history"]["step_losses"]
              for name in ("a", "other")]  # fmt: skip
    assert result["first_difference"] == {"step": 1, "losses": [losses[0][0], losses[1][0]]}
    _, out, _ = run(capsys, "compare", runs / "a", runs / "other")
    assert f"first difference: step 1, losses {losses[0][0]!r} and {losses[1][0]!r}" in out


def test_a_run_that_goes_on_is_the_same_until_there(capsys, runs):
    _, out, _ = run(capsys, "compare", runs / "shorter", runs / "longer")
    assert out.endswith("the same to the bit until B goes on with step 13\n")  # 4 steps an epoch
    assert "epochs" in out


def test_the_last_rows_are_the_histories(capsys, runs):
    rows = load_checkpoint(runs / "a" / "checkpoint.json")["history"]["rows"]
    last = compared(capsys, runs / "a", runs / "other")["last"][0]
    assert last["loss"] == rows[-1]["loss"] and last["val_accuracy"] == rows[-1]["val_accuracy"]
    assert last["best_val_loss"] == min(row["val_loss"] for row in rows)


def test_both_are_drawn(capsys, runs, tmp_path):
    pytest.importorskip("matplotlib")
    for other in ("other", "a"):
        path = tmp_path / f"{other}.svg"
        status, _, err = run(capsys, "compare", runs / "a", runs / other, "--out", path)
        assert (status, err) == (0, f"written: {path}\n") and path.exists()


def test_what_is_no_run_is_one_line(capsys, runs, tmp_path):
    assert "no checkpoint there" in refused(capsys, "compare", runs / "a", tmp_path)
    (tmp_path / "checkpoint.json").write_bytes((runs / "a" / "checkpoint.json").read_bytes())
    said = refused(capsys, "compare", runs / "a", tmp_path)
    assert "no settings there; `train --out` writes them" in said
    (tmp_path / "settings.json").write_text("[1", encoding="utf-8")
    assert "not the settings of a run" in refused(capsys, "compare", tmp_path, runs / "a")
    (tmp_path / "settings.json").write_text("[1]", encoding="utf-8")
    assert "no data set is named" in refused(capsys, "landscape", tmp_path)


# ---- landscape


def test_the_middle_of_the_landscape_is_the_loss_of_the_saved_weights(capsys, runs):
    pytest.importorskip("matplotlib")
    status, out, err = run(capsys, "landscape", runs / "a", "--size", 3, "--json")
    assert status == 0, err
    middle = json.loads(out)["losses"][1][1]
    _, out, _ = run(capsys, "train", "iris", "--epochs", 3, "--json")
    assert middle == pytest.approx(json.loads(out)["train_loss"], rel=1e-12)


def test_a_checkpoint_may_be_named_and_the_picture_is_written(capsys, runs, tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "l.png"
    status, out, err = run(capsys, "landscape", runs / "a" / "checkpoint.json", "--size", 3,
                           "--samples", 20, "--out", path)  # fmt: skip
    assert status == 0 and err == f"written: {path}\n" and path.exists()
    assert out.startswith("Standardised(MLP(4 → 32 → 3)) after 3 epochs\n3 × 3 points: loss from")


def test_data_that_have_changed_since_are_refused(capsys, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{i},{'yes' if i % 3 else 'no'}" for i in range(30)]
    table.write_text("\n".join(rows))
    assert run(capsys, "train", table, "--epochs", 1, "--out", tmp_path / "run")[0] == 0
    table.write_text("\n".join([*rows[:-1], "29,yes" if rows[-1] == "29,no" else "29,no"]))
    said = refused(capsys, "landscape", tmp_path / "run", "--size", 3)
    assert f"{tmp_path / 'run'}: was trained on other data than {table} holds now" in said


def test_a_loss_that_is_not_finite_is_null_in_json(capsys, runs):
    pytest.importorskip("matplotlib")
    far = ("--size", 3, "--span", "1e300", "--samples", 20, "--json")
    status, out, err = run(capsys, "landscape", runs / "a", *far)
    losses = json.loads(out, parse_constant=pytest.fail)["losses"]  # no NaN, which JSON has not
    assert status == 0 and losses[0] == [None] * 3 and losses[1][1] > 0


def test_mistakes_are_one_line(capsys, runs, tmp_path):
    assert "no checkpoint there" in refused(capsys, "landscape", tmp_path / "none")
    pytest.importorskip("matplotlib")
    assert "size must be" in refused(capsys, "landscape", runs / "a", "--size", 1)
    assert "span must be" in refused(capsys, "landscape", runs / "a", "--span", 0)


def test_another_net_than_the_checkpoints_is_refused(capsys, runs, tmp_path):
    for name in ("checkpoint.json", "settings.json"):
        (tmp_path / name).write_bytes((runs / "a" / name).read_bytes())
    text = (tmp_path / "settings.json").read_text(encoding="utf-8")
    changed = re.sub(r'"hidden": \[\s*32\s*\]', '"hidden": [5]', text)
    (tmp_path / "settings.json").write_text(changed, encoding="utf-8")
    assert "(32, 4)" in refused(capsys, "landscape", tmp_path)
