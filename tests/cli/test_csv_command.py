"""train and graph on a file: its options, the remedies they name, and what becomes of a column."""

import json
import math
import random
from statistics import fmean, stdev

import pytest

import micrograd_opt as mo
from micrograd_opt.cli.main import main
from micrograd_opt.cli.task import Standardised, is_data
from micrograd_opt.files.checkpoint import load_checkpoint

WINE = "".join(f"{1 + i % 3},{(5, 9, 2)[i % 3]}.{i % 7},{1000 + 7 * i}\n" for i in range(60))
MIXED = "5.1,3.5,setosa\n" + "".join(f"{i}.5,{i % 7},{i % 2}\n" for i in range(20))
FEW = "".join(f"{i % 2},{i},{7 * i}\n" for i in range(9))
ODD = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(20)) + "1,2,3+\n"
COLUMNS = "".join(f"{2 * i},{i % 7},{i % 2}\n" for i in range(20))


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs a command on a file of some text; gives status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(command, text, *options, name="table.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return main([command, name, *options]), *capsys.readouterr()

    return run


def trained(run, text, *options, **kwargs):
    status, out, err = run("train", text, "--epochs", "1", "--json", *options, **kwargs)
    assert status == 0, err
    return json.loads(out)


@pytest.mark.parametrize(
    "name", ["wine.csv", "wine.data", "wine.txt", "wine.tsv", "wine.CSV", "wine", "wine.csv.gz"]
)
def test_a_text_file_is_read_whatever_its_name(name, run):
    assert trained(run, WINE, "--target", "0", name=name)["classes"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("none.data", True), ("none.txt.gz", True), ("iris", True), ("a/b", False), ("none", False)],
)
def test_a_data_set_is_told_from_an_expression(name, expected):
    assert is_data(name) is expected


@pytest.mark.parametrize("target", ["kind", "1", "-2"])
def test_the_target_is_named_or_counted(target, run):
    text = "x,kind,y\n" + "".join(f"{i},{'ab'[i % 2]},{i}.5\n" for i in range(10))
    assert trained(run, text, "--target", target)["classes"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "option", "model"),
    [
        ("0,1,2\n" + COLUMNS, ["--header"], "MLP(2 → 32 → 2)"),
        ("0,1,2\n" + COLUMNS, ["--no-header"], "MLP(2 → 32 → 3)"),
        (COLUMNS.replace(",", "|"), ["--delimiter", "|"], "MLP(2 → 32 → 2)"),
        (COLUMNS.replace(",", "\t"), ["--delimiter", r"\t"], "MLP(2 → 32 → 2)"),
        (COLUMNS.replace(",", ";"), [], "MLP(2 → 32 → 2)"),
    ],
)
def test_the_options_decide_what_the_file_leaves_open(text, option, model, run):
    assert trained(run, text, *option)["model"] == f"Standardised({model})"


DOUBTS = [
    (WINE, "1:1", "the last, column 3, does not; pass --target 0 if it is the target\n"),
    (FEW, "1:1", "pass --target 0 or --target -1 to say which is the target\n"),
    (ODD, "21:3", "make them all words or all numbers\n"),
    (MIXED, "1:3", "pass --header if it is a header, --no-header if it is a row"),
    ("0,1,2\n" + COLUMNS, "1:1", "pass --header if it is a header, --no-header if it is a row"),
    ("1,5;rose\n2,3;lily\n", "1:1", "pass --delimiter ',' or --delimiter ';'"),
    (COLUMNS.replace(",", "|"), "1:1", "is the delimiter ',' right?; pass --delimiter '|'"),
    ("a,1,2\nb,3,4\na,5,6\n", "1:1", "pass --target 0 if these are the labels"),
    ("1,nan\n" + COLUMNS.replace(",", ",1,"), "1:3", "2 fields"),
    ("nan,1,1\n" + COLUMNS, "1:1", "pass --header if line 1 is a header"),
    ("".join(f"{i},w{i}\n" for i in range(30)), "1:2", "pass --target N for another column\n"),
]


@pytest.mark.parametrize("command", ["train", "graph"])
@pytest.mark.parametrize(("text", "where", "remedy"), DOUBTS)
def test_a_doubt_names_the_option_that_settles_it(command, text, where, remedy, run):
    status, out, err = run(command, text)
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert f"table.csv:{where}: " in err and remedy in err
    assert "=True" not in err and "=False" not in err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--target", "0"], WINE),
        (["--no-header"], "0,1,2\n" + COLUMNS),
        (["--delimiter", "|"], COLUMNS.replace(",", "|")),
    ],
)
def test_the_remedies_work_for_both_commands(options, text, run):
    assert run("train", text, *options, "--epochs", "1")[0] == 0
    assert run("graph", text, *options, "--json")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "iris", "--target", "0"], "--target: iris is no file; leave it out"),
        (["train", "moons", "--no-header"], "--header: moons is no file; leave it out"),
        (["graph", "a*b", "--delimiter", ";"], "--delimiter: a*b is an expression; leave it out"),
        (["train", "none.data"], "none.data: No such file or directory; a relative path starts"),
        (["train", "none"], "unknown data set 'none'; choose "),
    ],
)
def test_an_option_without_a_file_or_a_file_that_is_not_there_is_an_error(
    arguments, message, capsys
):
    assert main(arguments) == 1
    assert message in capsys.readouterr().err


def test_a_wrong_delimiter_is_one_line(run):
    status, out, err = run("train", COLUMNS, "--delimiter", "ab")
    assert (status, out, err.count("\n")) == (1, "", 1) and "must be one character" in err


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.5 + i for i in range(30)], "data row 1 has the label 0.5; classes are whole numbers"),
        (list(range(100, 130)), "30 different labels in 30 rows are no classes; pass --target"),
    ],
)
def test_a_target_of_numbers_is_not_classified(labels, message, run):
    text = "".join(f"{i}.5,{label}\n" for i, label in enumerate(labels))
    status, out, err = run("train", text)
    assert (status, out) == (1, "") and message in err


@pytest.mark.parametrize(
    ("labels", "classes", "line"),
    [
        (["1", "2", "3"], ["1", "2", "3"], "classes: 0 1, 1 2, 2 3"),
        (["-1", "1"], ["-1", "1"], "classes: 0 -1, 1 1"),
        (["8", "3", "10"], ["3", "8", "10"], "classes: 0 3, 1 8, 2 10"),
        (["<=50K", ">50K"], ["<=50K", ">50K"], "classes: 0 <=50K, 1 >50K"),
        (["None", "1st"], ["1st", "None"], "classes: 0 1st, 1 None"),
    ],
)
def test_any_labels_are_numbered_in_order_printed_and_saved(labels, classes, line, run, tmp_path):
    text = "".join(f"{i},{i % 5},{labels[i % len(labels)]}\n" for i in range(30))
    status, out, err = run("train", text, "--epochs", "1", "--out", "run")
    assert status == 0 and line in out.splitlines()
    assert load_checkpoint(tmp_path / "run" / "checkpoint.json")["classes"] == classes


# ---- standardised


@pytest.mark.parametrize("offset", [0.0, 1.7e15, -1e15, 1e9])
@pytest.mark.parametrize("spread", [10.0, 1000.0])
def test_a_column_with_a_large_offset_is_standardised(offset, spread):
    rng = random.Random(0)
    column = [offset + round(rng.random() * spread, 1) for _ in range(50)]
    net = Standardised(lambda x: x, mo.Tensor([[x] for x in column]))
    scaled = [row[0] for row in net(mo.Tensor([[x] for x in column])).tolist()]
    # a mean near 1e15 is itself rounded to 1/8
    assert fmean(scaled) == pytest.approx(0.0, abs=0.1) and stdev(scaled) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e300])
def test_the_square_of_a_column_may_overflow_or_vanish(size):
    net = Standardised(lambda x: x, mo.Tensor([[size], [2 * size], [3 * size]]))
    low, high = net(mo.Tensor([[size], [3 * size]])).flatten().tolist()
    assert (low, high) == pytest.approx((-1.0, 1.0))


@pytest.mark.parametrize("constant", [0.1, 5.0, 1e15 + 0.3, -1e30])
def test_constant_is_what_has_one_value_and_its_scale_is_1(constant):
    net = Standardised(lambda x: x, mo.Tensor([[constant]] * 30))
    assert net.scale.tolist() == [1.0]
    near = math.nextafter(constant, math.inf)
    net = Standardised(lambda x: x, mo.Tensor([[constant]] * 29 + [[near]]))
    assert 0.0 < net.scale.item() != 1.0


def test_timestamps_train(run):
    """Two classes that lie an hour apart, in microseconds since 1970."""
    start = 1_700_000_000_000_000
    rows = [f"{start + 3_600_000_000 * (i % 2) + 1000 * i},{i % 2}" for i in range(60)]
    assert trained(run, "\n".join(rows), "--epochs", "30")["val_accuracy"] == 1.0
