"""The command line: results alone on standard output, one line for each mistake, and no traceback.

Most runs call `main` in this process; what needs a process of its own (signals, pipes, a terminal)
is below `# ---- processes`.
"""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from statistics import fmean, stdev

import pytest

import micrograd_opt as mo
from micrograd_opt.cli import doctor
from micrograd_opt.cli import folder as folder_of_a_run
from micrograd_opt.cli import train as train_command
from micrograd_opt.cli.main import COMMANDS, main
from micrograd_opt.cli.task import BUILT_IN, NAMES
from micrograd_opt.engine.graph import topological_order
from micrograd_opt.files.checkpoint import load_checkpoint, save_checkpoint
from micrograd_opt.files.lock import FileLock
from micrograd_opt.training.history import History

KEYS = [
    "data", "classes", "model", "parameters", "optimizer", "seed", "epochs", "steps", "stopped",
    "train_loss", "train_accuracy", "val_loss", "val_accuracy", "diagnosis", "weights_sha256",
]  # fmt: skip


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of a command."""
    try:
        status = main(list(arguments))
    except SystemExit as stopped:  # argparse
        status = stopped.code
    return (status, *capsys.readouterr())


def results(capsys, *arguments):
    status, out, err = run(capsys, "train", *arguments, "--json")
    assert status == 0, err
    (line,) = out.splitlines()
    return json.loads(line)


# ---- train


@pytest.mark.parametrize("name", ["iris", "moons"])
def test_json_is_one_line_and_the_same_bytes_again(name, capsys):
    arguments = ("train", name, "--json", "--epochs", "3", "--seed", "4")
    status, out, err = run(capsys, *arguments)
    assert status == 0 and out.endswith("}\n") and out.count("\n") == 1
    assert list(json.loads(out)) == KEYS
    assert [line.split("  ")[0] for line in err.splitlines()] == [f"epoch {i}/3" for i in (1, 2, 3)]
    assert run(capsys, *arguments)[1] == out
    assert run(capsys, *arguments[:-1], "5")[1] != out


def test_what_it_says_of_a_run(capsys):
    found = results(capsys, "iris", "--epochs", "60", "--hidden", "8,4", "--batch-size", "20")
    assert found["model"] == "Standardised(MLP(4 → 8 → 4 → 3))"
    assert found["parameters"] == 4 * 8 + 8 + 8 * 4 + 4 + 4 * 3 + 3
    assert (found["epochs"], found["steps"], found["stopped"]) == (60, 60 * 6, "epochs")
    assert found["val_accuracy"] >= 0.9
    assert found["diagnosis"].startswith("fine: ")
    assert re.fullmatch("[0-9a-f]{64}", found["weights_sha256"])


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("--optimizer", "sgd"), {"optimizer": "SGD"}),
        (("--optimizer", "momentum"), {"optimizer": "SGD"}),
        (("--optimizer", "nesterov"), {"optimizer": "SGD"}),
        (("--optimizer", "adamw"), {"optimizer": "AdamW"}),
        (("--model", "linear"), {"model": "MLP(2 → 2)", "parameters": 6}),
        (("--schedule", "linear", "--warmup", "5"), {"steps": 20}),
        (("--schedule", "constant", "--lr", "0.05"), {"steps": 20}),
        (("--seed", "1"), {"seed": 1}),
    ],
)
def test_every_option_changes_the_run(option, expected, capsys):
    plain = results(capsys, "moons", "--epochs", "2")
    found = results(capsys, "moons", "--epochs", "2", *option)
    assert {k: found[k] for k in expected} == expected
    assert found["weights_sha256"] != plain["weights_sha256"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_data_set_trains_by_its_name(name, capsys):
    found = results(capsys, name, "--epochs", "1", "--model", "linear")
    assert found["data"] == name and found["steps"] > 0
    assert name in run(capsys, "train", "--help")[1] and name in run(capsys, "graph", "--help")[1]


def test_the_data_sets_are_those_of_the_room_that_need_no_argument():
    assert {"digits", "iris", "moons", "xor"} <= set(BUILT_IN) and "csv" not in BUILT_IN
    assert set(BUILT_IN.values()) <= set(mo.data.__all__)


def class_of(make):
    """The class itself, or that of a partial."""
    return getattr(make, "func", make)


@pytest.mark.parametrize("name", train_command.OPTIMIZERS)
def test_every_optimizer_trains_by_its_name(name, capsys):
    found = results(capsys, "moons", "--epochs", "1", "--hidden", "4", "--optimizer", name)
    make = train_command.OPTIMIZERS[name]
    assert found["optimizer"] == class_of(make).__name__ and found["train_loss"] < 1.5
    assert f" {name}" in run(capsys, "train", "--help")[1]


def test_the_optimizers_are_all_that_train_a_net_alone():
    classes = {name for name in mo.optim.__all__ if name[0].isupper()}
    offered = {class_of(make).__name__ for make in train_command.OPTIMIZERS.values()}
    others = {"AveragedModel", "LBFGS", "Lookahead", "Optimizer", "Race", "SAM", "Muon", "Newton"}
    assert classes - offered == others


@pytest.mark.parametrize("name", train_command.SCHEDULES)
def test_every_schedule_trains_by_its_name(name, capsys):
    found = results(capsys, "moons", "--epochs", "1", "--schedule", name, "--warmup", "2")
    assert found["steps"] == 10 and found["stopped"] == "epochs"


def test_the_learning_rate_follows_the_schedule_over_the_run_it_was_given(capsys, tmp_path):
    run(capsys, "train", "moons", "--epochs", "2", "--warmup", "10", "--lr", "0.5", "--schedule",
        "linear", "--optimizer", "sgd", "--out", str(tmp_path))  # fmt: skip
    rows = read_history(tmp_path)  # 10 steps of warmup, then 10 of decay
    assert [float(row["lr"]) for row in rows] == pytest.approx([0.5, 0.05])


def test_digits_are_learnt_to_95_percent(capsys):  # the one slow test of this file
    found = results(capsys, "digits")
    assert found["parameters"] == 64 * 32 + 32 + 32 * 10 + 10
    assert found["val_accuracy"] >= 0.95


def test_without_json_it_prints_a_report(capsys):
    status, out, err = run(capsys, "train", "iris", "--epochs", "2")
    assert status == 0 and len(err.splitlines()) == 2
    first, training, validation, classes, compiled, diagnosis = out.splitlines()
    assert first.startswith("Standardised(MLP(4 → 32 → 3)) on iris: 259 parameters, 2 epochs, 8 ")
    assert training.startswith("training    loss 0.")
    assert validation.startswith("validation  loss 0.")
    assert classes == "classes: 0 setosa, 1 versicolor, 2 virginica"
    assert compiled == "not compiled: it pays after 100 steps"
    assert diagnosis.startswith("underfitting: ")


def test_it_compiles_at_once_or_never_as_told_and_the_results_are_the_same(capsys):
    arguments = ("train", "iris", "--epochs", "2")
    status, out, err = run(capsys, *arguments, "--compile")
    assert status == 0
    said = [line for line in err.splitlines() if line.startswith("compiled ")]
    assert out.splitlines()[4:-1] == said and len(said) == 3
    assert said[0].startswith("compiled for batches of 32, in ")
    assert "\nnot compiled: --no-compile\n" in run(capsys, *arguments, "--no-compile")[1]
    plain, compiled = [
        results(capsys, *arguments[1:], option) for option in ("--no-compile", "--compile")
    ]
    numbers = [k for k, x in plain.items() if isinstance(x, float)]
    assert [compiled[k] for k in numbers] == pytest.approx([plain[k] for k in numbers], rel=1e-9)


def test_a_csv_file_trains(capsys, tmp_path):
    table = tmp_path / "points.csv"
    rows = [f"{i * 1000},5,{int(i >= 30)}" for i in range(60)]  # far from mean 0; a constant
    table.write_text("\n".join(["size,unit,big", *rows]))
    found = results(capsys, str(table), "--epochs", "30")
    assert found["data"] == str(table) and found["val_accuracy"] >= 0.9


def test_a_csv_file_with_classes_in_words_trains_as_with_numbers(capsys, tmp_path):
    words, numbers = tmp_path / "words.csv", tmp_path / "numbers.csv"
    for table, names in ((words, ["rose", "lily"]), (numbers, [1, 0])):
        table.write_text("\n".join(f"{i % 7},{i},{names[i % 7 > 3]}" for i in range(60)))
    found, expected = results(capsys, str(words)), results(capsys, str(numbers))
    own = {"data": str(words), "classes": ["lily", "rose"]}
    assert found == expected | own and found["val_accuracy"] >= 0.9


def test_the_words_of_the_classes_are_printed_and_saved(capsys, tmp_path):
    table, folder = tmp_path / "words.csv", tmp_path / "run"
    table.write_text("\n".join(f"{i},{('rose', 'lily', 'fern')[i % 3]}" for i in range(30)))
    arguments = ["train", str(table), "--epochs", "1", "--out", str(folder)]
    assert "\nclasses: 0 fern, 1 lily, 2 rose\n" in run(capsys, *arguments)[1]
    assert load_checkpoint(folder / "checkpoint.json")["classes"] == ["fern", "lily", "rose"]
    assert "classes" not in run(capsys, "train", "moons", "--epochs", "1")[1]  # 0 is 0, 1 is 1


@pytest.fixture
def given(monkeypatch):
    """The training and validation features as the net sees them, by columns; nothing is fitted."""
    parts = []

    def fit(model, loss_fn, optimizer, loader, *, val, **options):
        net, model.net = model.net, lambda x: x
        parts.extend(model(part.tensors[0]).T.tolist() for part in (loader.dataset, val))
        model.net = net
        return History()

    monkeypatch.setattr("micrograd_opt.cli.train.fit", fit)
    return parts


def test_a_checkpoint_serves_raw_features(capsys, tmp_path):
    """The scaling is saved with the weights: (x − mean) / scale, then the net."""
    run(capsys, "train", "iris", "--out", str(tmp_path))
    saved = load_checkpoint(tmp_path / "checkpoint.json")["model"]
    net = mo.nn.MLP(4, [32, 3])
    weights = {k.removeprefix("net."): v for k, v in saved.items() if k.startswith("net.")}
    net.load_state_dict(weights)
    x, y = mo.data.load_iris().tensors
    scores = net((x - mo.Tensor(saved["mean"])) / mo.Tensor(saved["scale"]))
    assert (scores.argmax(1) == y).mean().item() > 0.9


def test_validation_is_scaled_as_training_is(given, capsys):
    assert run(capsys, "train", "iris")[0] == 0
    raw_columns = mo.data.load_iris().tensors[0].T.tolist()
    for train, val, raw in zip(*given, raw_columns, strict=True):
        assert fmean(train) == pytest.approx(0.0, abs=1e-12)
        assert stdev(train) == pytest.approx(1.0)
        raw, scaled = sorted(raw), sorted(train + val)
        slope = (scaled[-1] - scaled[0]) / (raw[-1] - raw[0])  # one line through all of them
        assert scaled == pytest.approx([scaled[0] + slope * (x - raw[0]) for x in raw])


@pytest.mark.parametrize("constant", ["0", "5", "0.1", "-1e30"])
def test_a_constant_column_does_not_blow_up(constant, given, capsys, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("\n".join(f"{constant},{i % 2}" for i in range(30)))
    assert run(capsys, "train", str(table))[0] == 0
    (train,), (val,) = given
    assert max(map(abs, train + val)) <= 1e-9 * max(1.0, abs(float(constant)))


# ---- what it writes


def read_history(folder):
    with open(folder / "history.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_its_files(capsys, tmp_path):
    folder = tmp_path / "new" / "run"
    status, out, err = run(capsys, "train", "moons", "--epochs", "3", "--out", str(folder))
    assert status == 0
    rows = read_history(folder)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    state = load_checkpoint(folder / "checkpoint.json")
    assert [float(row["val_loss"]) for row in rows] == [
        row["val_loss"] for row in state["history"]["rows"]
    ]
    assert list(state["model"]) == [f"layers.{i}.{p}" for i in (0, 1) for p in ("weight", "bias")]
    written = err.splitlines()[-1].removeprefix(f"written to {folder}: ").split(", ")
    assert written[:3] == ["checkpoint.json", "settings.json", "history.csv"]
    assert sorted(written) == sorted(os.listdir(folder))
    graph = (folder / written[-1]).read_text(encoding="utf-8")
    assert "the loss of one example" in graph and ">layers.0<" in graph and ">weight<" in graph


def test_curves_png_is_drawn_where_matplotlib_is(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    arguments = ("train", "moons", "--epochs", "1", "--out", str(tmp_path))
    assert "curves.png" in run(capsys, *arguments)[2]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_and_dot_it_says_so_and_writes_the_rest(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "no-such-program")
    status, out, err = run(capsys, "train", "moons", "--epochs", "1", "--out", str(tmp_path))
    assert status == 0
    assert "no curves.png: plots need matplotlib" in err and "no graph.svg: " in err
    assert sorted(os.listdir(tmp_path)) == [
        "checkpoint.json", "graph.gv", "history.csv", "settings.json",
    ]  # fmt: skip
    assert (tmp_path / "graph.gv").read_text(encoding="utf-8").startswith("digraph")


def test_a_deep_net_is_drawn_too(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "no-such-program")  # slow at this size
    hidden = ",".join(["2"] * 40)
    status, _, err = run(
        capsys, "train", "moons", "--epochs", "1", "--hidden", hidden, "--out", str(tmp_path)
    )
    assert status == 0, err


def test_a_run_that_diverges_fails_and_its_json_can_be_read(capsys, tmp_path):
    status, out, err = run(
        capsys, "train", "iris", "--optimizer", "sgd", "--lr", "1e200", "--schedule", "constant",
        "--out", str(tmp_path), "--json",
    )  # fmt: skip
    found = json.loads(out, parse_constant=pytest.fail)  # no NaN, which JSON does not have
    assert status == 1
    assert found["stopped"] == "diverged" and found["val_loss"] is None
    assert found["diagnosis"].startswith("diverged: ")
    assert "checkpoint.json" not in err and "checkpoint.json" not in os.listdir(tmp_path)


def test_a_run_whose_loss_has_grown_beyond_use_fails_as_one_of_nan(capsys):
    status, out, err = run(capsys, "train", "iris", "--lr", "1e9", "--json")
    found = json.loads(out)
    assert (status, found["stopped"]) == (1, "diverged")
    assert found["diagnosis"].startswith("diverged: ") and found["train_loss"] > 1e9


# ---- a folder that holds a run


@pytest.mark.parametrize("left", ["checkpoint.json", "history.csv", "curves.png", "graph.svg"])
def test_a_folder_that_holds_a_run_is_left_as_it_is(left, capsys, tmp_path):
    (tmp_path / left).write_text("mine")
    status, out, err = run(capsys, "train", "moons", "--epochs", "1", "--out", str(tmp_path))
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert f"{tmp_path} holds a run already ({left}): " in err
    assert err.endswith("--resume goes on with it, --overwrite starts anew\n")
    assert os.listdir(tmp_path) == [left] and (tmp_path / left).read_text() == "mine"


def test_overwrite_starts_anew_and_leaves_nothing_of_the_run_before(capsys, tmp_path):
    arguments = ("train", "moons", "--out", str(tmp_path), "--optimizer", "sgd")
    assert run(capsys, *arguments, "--epochs", "2")[0] == 0
    (tmp_path / "notes.txt").write_text("mine")
    assert run(capsys, *arguments, "--epochs", "1", "--overwrite")[0] == 0
    assert len(load_checkpoint(tmp_path / "checkpoint.json")["history"]["rows"]) == 1
    diverging = ("--lr", "1e200", "--schedule", "constant", "--overwrite")
    status, _, err = run(capsys, *arguments, *diverging)
    assert status == 1 and "checkpoint.json" not in err.splitlines()[-1]
    assert not (tmp_path / "checkpoint.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_overwrite_refuses_a_folder_in_which_a_run_is_going_on(capsys, tmp_path):
    arguments = ("train", "moons", "--epochs", "1", "--out", str(tmp_path))
    assert run(capsys, *arguments)[0] == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with FileLock(tmp_path / "checkpoint.json"):
        status, out, err = run(capsys, *arguments, "--overwrite")
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert f"process {os.getpid()} on " in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


# ---- resume


def stop_after(monkeypatch, epochs):
    """Make `fit` stop there, as Ctrl-C would, but at an exact place."""
    fit = mo.fit
    stop = {"callbacks": [lambda history: len(history) == epochs]}
    monkeypatch.setattr("micrograd_opt.cli.train.fit", lambda *a, **k: fit(*a, **(k | stop)))


def test_a_run_that_was_stopped_is_resumed_to_the_same_result(capsys, tmp_path, monkeypatch):
    arguments = ("iris", "--epochs", "5", "--warmup", "3", "--optimizer", "adamw")
    whole = results(capsys, *arguments, "--out", str(tmp_path / "whole"))
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        stopped = results(capsys, *arguments, "--out", str(tmp_path / "run"))
    assert (stopped["stopped"], stopped["epochs"]) == ("callback", 2)
    assert results(capsys, *arguments, "--out", str(tmp_path / "run"), "--resume") == whole
    columns = [c for c in read_history(tmp_path / "run")[0] if c != "seconds"]
    for a, b in zip(read_history(tmp_path / "run"), read_history(tmp_path / "whole"), strict=True):
        assert [a[c] for c in columns] == [b[c] for c in columns]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (("--seed", "1"), "it was trained on other data; is it the same file, split and seed?"),
        (("--hidden", "7"), "layers.0.weight: shape"),
        (("--optimizer", "sgd"), "optimizer was Adam, is SGD"),
    ],
)
def test_another_run_does_not_resume_it(other, message, capsys, tmp_path):
    arguments = ("train", "moons", "--epochs", "1", "--out", str(tmp_path))
    assert run(capsys, *arguments)[0] == 0
    before = (tmp_path / "checkpoint.json").read_bytes()
    status, out, err = run(capsys, *arguments, *other, "--resume")
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert f"{tmp_path}/checkpoint.json: does not fit this run: " in err and message in err
    assert (tmp_path / "checkpoint.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no checkpoint there"),
        ("", "not a checkpoint"),
        ('{"format": "micrograd_opt checkpoint", "version": 1, "state": 3}', "corrupted"),
        ("foreign", "does not fit this run: state: missing data, settings, classes, model"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(content, message, capsys, tmp_path):
    path = tmp_path / "checkpoint.json"
    if content == "foreign":
        save_checkpoint(path, {"weights": [1.0]})
    elif content is not None:
        path.write_text(content)
    status, out, err = run(capsys, "train", "moons", "--out", str(tmp_path), "--resume")
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert f"micrograd-opt train: error: {path}: " in err and message in err


# ---- mistakes

IN_ORDER = "\n".join(f"{i},{i % 2}" for i in range(20))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1:1: the file is empty"),
        ("a,b,label", "only a header"),
        ("1,2,0\n3,4,1\n5,6,0\n7,8,1", "takes 5 rows or more, not 4"),
        (IN_ORDER + "\n3,word", ":21:2: 'word' is a word, but not every label is; make them all"),
        (IN_ORDER + "\n,1", ":21:1: '' is an empty field"),
        (IN_ORDER + "\n1,2,0", ":21:3: 3 fields"),
        (IN_ORDER + "\n1,nan", ":21:2: 'nan'"),
        (IN_ORDER + "\n1,0.5", "data row 21 has the label 0.5; classes are"),
        ("\n".join(["1,2,3"] * 9), "all rows have the label 3; needs two classes"),
        ("\n".join(["1,2,rose"] * 9), "all rows have the label rose; needs two classes"),
        ("\n".join(["1"] * 9), "one column"),
        (b"\xff\xfe1\x002\x00", "UTF-16"),
        (b"\x1f\x8b broken", "gzip"),
    ],
)
def test_a_bad_table_is_one_line_that_names_the_place(content, message, capsys, tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    status, out, err = run(capsys, "train", str(table))
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert err.startswith(f"micrograd-opt train: error: {table}") and message in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("", 2, "the following arguments are required: COMMAND"),
        ("fly", 2, "invalid choice: 'fly'"),
        ("trian iris", 2, "; did you mean train? (see micrograd-opt --help)"),
        ("train iris --optimizer rmspop", 2, "; did you mean rmsprop? (see"),
        ("train iris --schedule cosin", 2, "; did you mean cosine? (see"),
        ("train", 2, "required: data"),
        ("train nothing", 1, f"unknown data set 'nothing'; choose {NAMES} or a"),
        ("train none.csv", 1, "none.csv: No such file or directory"),
        ("train folder.csv", 1, "folder.csv: Is a directory"),
        ("train iris --optimizer newton", 2, "invalid choice: 'newton'"),
        ("train iris --model cnn", 2, "invalid choice: 'cnn'"),
        ("train iris --schedule up", 2, "invalid choice: 'up'"),
        ("train iris --what", 2, "unrecognized arguments: --what"),
        ("train iris --optimiser adam", 2, "--optimiser adam; did you mean --optimizer? (see"),
        ("train iris --lr nan", 1, "--lr: must be in [0, inf), got nan"),
        ("train iris --lr -1", 1, "--lr: must be in [0, inf), got -1.0"),
        ("train iris --lr inf", 1, "--lr: must be in [0, inf), got inf"),
        ("train iris --lr -1 --schedule constant --warmup 2", 1, "--lr: must be in [0, inf)"),
        ("train iris --lr big", 2, "invalid float value: 'big'"),
        ("train iris --epochs 0", 2, "--epochs: must be a whole number from 1, got '0'"),
        ("train iris --epochs x", 2, "--epochs: must be a whole number from 1, got 'x'"),
        ("train iris --epochs 1.5", 2, "--epochs: must be a whole number from 1, got '1.5'"),
        ("train iris --epochs -1", 2, "--epochs: must be a whole number from 1, got '-1'"),
        ("train iris --batch-size 0", 2, "--batch-size: must be a whole number from 1, got '0'"),
        ("train iris --hidden 0", 2, "--hidden: must be a whole number from 1, got '0'"),
        ("train iris --hidden=", 2, "--hidden: must be a whole number from 1, got ''"),
        ("train iris --hidden 8,,8", 2, "--hidden: must be a whole number from 1, got ''"),
        ("train iris --hidden 9999999999999", 1, "not enough memory"),
        ("train iris --hidden 99999999999999999999", 1, "cannot fit"),
        ("train iris --warmup -1", 1, "--warmup: must lie in 0 … 79"),
        ("train iris --warmup 80", 1, "--warmup: must lie in 0 … 79"),
        ("train iris --seed x", 2, "invalid int value: 'x'"),
        ("train iris --resume", 1, "--resume: needs --out"),
        ("train iris --overwrite", 1, "--overwrite: needs --out"),
        ("train iris --resume --overwrite", 2, "--overwrite: not allowed with argument --resume"),
        ("train iris --out file.txt", 1, "--out: file.txt is a file; name a folder for"),
        ("train iris --out file.txt --resume", 1, "file.txt/checkpoint.json: no checkpoint there"),
        ("train iris --out file.txt/sub", 1, "file.txt/sub: Not a directory"),
        ("train iris --out none --resume", 1, "none/checkpoint.json: no checkpoint there; start"),
        ("train iris --model linear --hidden 5", 1, "--hidden: a linear model has no hidden"),
        ("doctor --what", 2, "unrecognized arguments: --what"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    arguments, status, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    Path("file.txt").write_text("mine")
    found, out, err = run(capsys, *arguments.split())
    assert (found, out) == (status, "")
    assert err.count("\n") == 1 and err.startswith("micrograd-opt") and ": error: " in err
    assert message in err
    assert sorted(os.listdir()) == ["file.txt", "folder.csv"]


def test_ctrl_c_before_the_training_is_one_line(capsys, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(mo.data, "load_iris", interrupted)
    assert run(capsys, "train", "iris") == (130, "", "micrograd-opt train: interrupted\n")


# ---- doctor, --help, --version


def test_the_doctor_finds_everything(capsys, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda package: "9.9")
    monkeypatch.setattr(doctor, "find_dot", lambda: ("/bin/dot", "dot"))
    monkeypatch.setattr("shutil.which", "/bin/{}".format)
    status, out, err = run(capsys, "doctor")
    assert (status, err) == (0, "") and "missing" not in out
    assert len(out.splitlines()) == 3 + len(doctor.PACKAGES)
    assert "/bin/dot (dot)" in out and "/bin/chromium" in out
    assert f"micrograd_opt {mo.__version__} on Python 3." in out
    status, out, err = run(capsys, "doctor", "--json")
    found = json.loads(out)
    assert list(found) == ["micrograd_opt", "python", "packages", "dot", "browser"]
    assert set(found["packages"].values()) == {"9.9"}
    assert (found["dot"], found["browser"]) == ("/bin/dot", "/bin/chromium")


def test_the_doctor_says_how_to_get_what_is_missing(capsys, monkeypatch):
    def missing(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(doctor, "find_dot", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    status, out, err = run(capsys, "doctor")
    assert (status, err) == (0, "")
    assert all("missing" in line and "to get it: " in line for line in out.splitlines()[1:])
    found = json.loads(run(capsys, "doctor", "--json")[1])
    assert set(found["packages"].values()) == {None}
    assert found["dot"] is found["browser"] is None


def test_the_doctor_reports_a_wrong_setting(capsys, monkeypatch):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "no-such-program")
    status, out, err = run(capsys, "doctor")
    assert (status, err) == (0, "")
    assert "MICROGRAD_OPT_DOT='no-such-program' is no program" in out.splitlines()[-2]


def test_the_doctor_looks_for_what_the_package_asks_for():
    config = (Path(__file__).parents[2] / "setup.cfg").read_text(encoding="utf-8")
    wanted = config.split("install_requires =")[1].split("[options.packages")[0].split()
    extras = config.split("[options.extras_require]")[1].split("[")[0]
    wanted += [line.split()[0] for line in extras.splitlines() if line.startswith("    ")]
    assert sorted(wanted) == sorted(name for name, _, _ in doctor.PACKAGES)


def test_version_and_help(capsys):
    assert run(capsys, "--version") == (0, f"micrograd-opt {mo.__version__}\n", "")
    status, out, err = run(capsys, "--help")
    assert (status, err) == (0, "")
    assert all(name in out and module.HELP in out for name, module in COMMANDS.items())
    for name in COMMANDS:
        status, out, err = run(capsys, name, "--help")
        assert (status, err) == (0, "") and "--json" in out


# ---- processes

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
    "PYTHONPATH": str(Path(__file__).parents[2]),
}
COMMAND = [sys.executable, "-m", "micrograd_opt"]
MOONS = ["train", "moons", "--json", "--epochs", "60", "--hidden", "4", "--batch-size", "100"]


def test_it_runs_as_a_module():
    arguments = ["train", "moons", "--json", "--epochs", "1"]
    done = subprocess.run([*COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0
    assert json.loads(done.stdout)["epochs"] == 1 and done.stderr.startswith("epoch 1/1  ")
    done = subprocess.run([*COMMAND, "fly"], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1


def test_ctrl_c_stops_it_and_resume_goes_on_to_the_same_bytes(tmp_path):
    whole = subprocess.run([*COMMAND, *MOONS], env=ENVIRONMENT, capture_output=True).stdout
    arguments = [*COMMAND, *MOONS, "--out", str(tmp_path)]
    with subprocess.Popen(  # the small pipe holds it back while nobody reads
        arguments, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        pipesize=4096,
    ) as process:  # fmt: skip
        for _ in range(3):
            process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130, err
    stopped = json.loads(out)
    assert stopped["stopped"] == "interrupted" and 3 <= stopped["epochs"] < 60
    assert b"Traceback" not in err
    done = subprocess.run([*arguments, "--resume"], env=ENVIRONMENT, capture_output=True)
    assert done.returncode == 0 and done.stdout == whole
    assert [row["epoch"] for row in read_history(tmp_path)] == [str(i) for i in range(1, 61)]


# Runs a program with one Ctrl-C at the moment a module is looked for, as the last argument but one
# names it: "import" of a module, "exit" of the interpreter.
INTERRUPTED = """
import atexit, os, runpy, signal, sys
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            interrupt()
moment, how, sys.argv = sys.argv[1], sys.argv[2], sys.argv[2:]
sys.orig_argv = [sys.executable, "-m", "micrograd_opt", *sys.argv[1:]]
sys.meta_path.insert(0, Finder())
if moment == "exit":
    atexit.register(interrupt)
if how == "-m":
    runpy.run_module("micrograd_opt", run_name="__main__")
else:
    from micrograd_opt.__main__ import run
    run()
"""


@pytest.mark.parametrize("how", ["-m", "/usr/bin/micrograd-opt"])
@pytest.mark.parametrize(
    "moment",
    ["micrograd_opt.functional", "micrograd_opt.engine.value", "micrograd_opt.cli.train", "exit"],
)
def test_ctrl_c_while_it_loads_or_exits_is_one_line(moment, how):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, moment, how, "--version"],
        env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "micrograd-opt: interrupted\n")
    assert done.stdout == ("" if moment != "exit" else f"micrograd-opt {mo.__version__}\n")


@pytest.mark.parametrize("argv", ["", "my.py", "/home/micrograd-opt/my.py", "-c"])
def test_a_program_that_imports_the_library_is_interrupted_as_any_other(argv):
    code = f"import signal, sys; sys.argv[:] = [{argv!r}]; import micrograd_opt\n"
    code += "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True)
    assert done.stdout.split() == [b"True"]


def test_where_ctrl_c_is_ignored_it_stays_ignored():
    code = (
        "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "sys.argv[:] = ['micrograd-opt', '--version']\n"
        "try:\n    runpy.run_module('micrograd_opt', run_name='__main__')\n"
        "finally:\n    print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True)
    assert done.stdout.split()[-1:] == [b"True"]


@pytest.mark.parametrize("arguments", ["doctor", "train iris --epochs 1", "--help"])
def test_a_reader_that_has_had_enough_is_no_traceback(arguments):
    with subprocess.Popen(
        [*COMMAND, *arguments.split()], env=ENVIRONMENT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert all(line.startswith("epoch ") for line in err.splitlines())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "doctor"], env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "micrograd-opt doctor: error: [Errno 28] No space left on device"
    ]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_do_not_stop_it(closed):
    command = f"{' '.join(COMMAND)} train iris --epochs 1 --json {closed}"
    done = subprocess.run(command, shell=True, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == (closed == "2>&-")
    assert len(done.stderr.splitlines()) == (closed == ">&-")


def test_an_old_encoding_gets_the_report_too():
    done = subprocess.run(
        [*COMMAND, "train", "iris", "--epochs", "1"], capture_output=True,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith(b"Standardised(MLP(4 ? 32 ? 3)) on iris")


def test_on_a_terminal_it_draws_a_bar():
    pytest.importorskip("tqdm")
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    done = subprocess.run(
        [*COMMAND, "train", "iris", "--epochs", "2", "--json"], env=ENVIRONMENT, stderr=end,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(end)
    drawn = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    assert "\r" in drawn and "0/8" in drawn and "epoch 2/2" in drawn


def test_the_picture_of_a_run_shows_one_examples_gradients_alone(tmp_path, capsys, monkeypatch):
    drawn, draw = [], folder_of_a_run.draw

    def remembering(loss, **options):
        drawn.append(loss)
        return draw(loss, **options)

    monkeypatch.setattr(folder_of_a_run, "draw", remembering)
    run(capsys, "train", "iris", "--epochs", "1", "--out", str(tmp_path / "run"))
    (loss,) = drawn
    leaves = [node for node in topological_order(loss) if node.requires_grad and node.op is None]
    assert leaves and [leaf.grad for leaf in leaves] == [g.data for g in mo.grad(loss, leaves)]
