"""`micrograd-opt graph`: what it prints and writes, and mistakes as one line that leave nothing."""

import json
import math
import os
import random
import re
import shlex
import shutil
from pathlib import Path

import pytest

import micrograd_opt as mo
from micrograd_opt.cli.main import main
from micrograd_opt.cli.task import model_for, split
from micrograd_opt.draw.picture.levels import LEVELS

NEURON = ["tanh(a*b + c)", "--set", "a=2", "--set", "b=-3", "--set", "c=6.5"]
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` is installed")


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of `graph` with these arguments."""
    try:
        status = main(["graph", *map(str, arguments)])
    except SystemExit as stopped:  # argparse
        status = stopped.code
    return (status, *capsys.readouterr())


def results(capsys, *arguments):
    status, out, err = run(capsys, "--json", *arguments)
    assert status == 0, err
    (line,) = out.splitlines()
    return json.loads(line, parse_constant=pytest.fail)  # no NaN, which JSON does not have


# ---- expressions


def test_it_prints_the_value_and_each_gradient(capsys):
    assert run(capsys, *NEURON) == (
        0,
        "tanh(a*b + c) = 0.462117\n"
        "variable  value  gradient\n"
        "a             2  -2.35934\n"
        "b            -3    1.5729\n"
        "c           6.5  0.786448\n",
        "",
    )


def test_json_is_one_line_with_all_digits(capsys):
    found = results(capsys, *NEURON)
    slope = 1.0 - math.tanh(0.5) ** 2
    assert list(found) == ["expression", "value", "gradients"]
    assert found["expression"] == "tanh(a*b + c)" and found["value"] == math.tanh(0.5)
    assert found["gradients"] == pytest.approx({"a": -3 * slope, "b": 2 * slope, "c": slope})


def test_what_is_not_finite_is_null_in_json_and_printed_otherwise(capsys):
    found = results(capsys, "log(a)*b", "--set", "a=0", "--set", "b=0")
    assert found["value"] is None and found["gradients"] == {"a": None, "b": None}
    _, out, _ = run(capsys, "log(a)*b", "--set", "a=0", "--set", "b=0")
    assert out.splitlines()[0] == "log(a)*b = nan" and out.splitlines()[3].endswith("-inf")


def test_a_variable_alone_has_gradient_1(capsys):
    assert results(capsys, "a", "--set", "a=4") == {
        "expression": "a", "value": 4.0, "gradients": {"a": 1.0},
    }  # fmt: skip


def test_the_name_of_a_data_set_is_a_variable_only_where_it_is_set(capsys):
    found = results(capsys, "digits", "--set", "digits=3")
    assert found == {"expression": "digits", "value": 3.0, "gradients": {"digits": 1.0}}
    assert results(capsys, "digits * 2", "--set", "digits=3")["value"] == 6.0
    assert results(capsys, "digits")["data"] == "digits"


def test_an_expression_that_begins_with_a_minus_goes_after_two(capsys):
    assert results(capsys, "--set", "a=2", "--", "-a*a")["gradients"] == {"a": -4.0}
    status, out, err = run(capsys, "-a*a", "--set", "a=2")
    assert (status, out) == (2, "") and err.count("\n") == 1


def test_explain_is_printed_instead_of_the_table(capsys):
    status, out, err = run(capsys, *NEURON, "--explain")
    a, b, c = mo.Value(2.0, label="a"), mo.Value(-3.0, label="b"), mo.Value(6.5, label="c")
    assert (status, err) == (0, "") and out == f"{mo.explain((a * b + c).tanh())}\n"


# ---- the loss of a model


@pytest.mark.parametrize(
    ("name", "shape"), [("digits", (64, 10)), ("iris", (4, 3)), ("moons", (2, 2))]
)
def test_a_data_set_gives_the_loss_of_the_first_batch_that_train_would_see(name, shape, capsys):
    found = results(capsys, name, "--hidden", "5", "--batch-size", "8", "--seed", "3")
    rng = random.Random(3)
    train, _ = split(name, rng)
    model = model_for(name, train, [5], rng)
    x, y = next(iter(mo.data.DataLoader(train, 8, shuffle=True, rng=rng)))
    loss = mo.functional.cross_entropy(model(x), y)
    loss.backward()
    assert model.state_dict()[next(iter(found["gradients"]))] is not None
    assert found["data"] == name and f"MLP({shape[0]} → 5 → {shape[1]})" in found["model"]
    assert found["batch"] == 8 and found["value"] == loss.item()
    expected = {path: math.hypot(*p.grad.flat) for path, p in model.named_parameters()}
    assert found["gradients"] == expected and min(expected.values()) > 0.0


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_a_scalar_model_has_a_node_for_each_number(name, capsys):
    found = results(capsys, name, "--scalar", "--hidden", "4,3", "--seed", "1")
    rng = random.Random(1)
    train, _ = split(name, rng)
    nin, nout = train.tensors[0].shape[1], len(train.classes)
    net = mo.nn.scalar.MLP(nin, [4, 3, nout], rng=rng)
    x, y = next(iter(mo.data.DataLoader(train, 3, shuffle=True, rng=rng)))
    if name == "iris":
        mean, std = train.tensors[0].mean(0), train.tensors[0].std(0)
        x = (x - mean) / std
    loss = mo.functional.cross_entropy([net(row) for row in x.tolist()], y)
    loss.backward()
    assert found["batch"] == 3 and found["value"] == pytest.approx(loss.data, rel=1e-12)
    layers = [math.hypot(*[p.grad for p in layer.parameters()]) for layer in net.layers]
    assert list(found["gradients"].values()) == pytest.approx(layers)
    assert [path.removeprefix("net.") for path in found["gradients"]] == [
        "layers.0", "layers.1", "layers.2",
    ]  # fmt: skip


def test_a_csv_file_is_a_data_set_too(capsys, tmp_path):
    table = tmp_path / "points.csv"
    table.write_text("\n".join(f"{i * 1000},5,{int(i >= 30)}" for i in range(60)))
    found = results(capsys, table)
    assert found["data"] == str(table) and found["model"] == "Standardised(MLP(2 → 32 → 2))"


def test_the_report_of_a_loss_names_the_parameters(capsys):
    status, out, err = run(capsys, "moons", "--hidden", "3")
    first, *rows = out.splitlines()
    assert (status, err) == (0, "")
    assert re.fullmatch(r"moons: the loss of MLP\(2 → 3 → 2\), batch of 32 = \d\.\d+", first)
    assert [row.split()[0] for row in rows] == [
        "parameters", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    ]  # fmt: skip
    assert rows[1].split()[1:3] == ["(3,", "2)"] and len({len(row) for row in rows}) == 1
    _, out, _ = run(capsys, "moons", "--hidden", "3", "--scalar")
    assert out.splitlines()[2].split()[:3] == ["layers.0", "9", "Values"]


# ---- files


def test_the_drawing_is_of_the_expression_with_its_names_and_gradients(capsys, tmp_path):
    status, out, err = run(capsys, *NEURON, "--out", tmp_path / "g.gv")
    assert (status, err) == (0, f"written: {tmp_path}/g.gv\n") and out == run(capsys, *NEURON)[1]
    source = (tmp_path / "g.gv").read_text(encoding="utf-8")
    for shown in ("<I>a</I>", "<I>b</I>", "<I>c</I>", "−2.359", "1.573", ">tanh(a*b + c)</B>"):
        assert shown in source, shown
    assert os.listdir(tmp_path) == ["g.gv"]


def test_each_option_of_the_drawing_reaches_it(capsys, tmp_path):
    def drawn(*options):
        status, _, err = run(capsys, *NEURON, *options, "--out", tmp_path / "g.gv")
        assert status == 0, err
        return (tmp_path / "g.gv").read_text(encoding="utf-8")

    plain = drawn()
    assert drawn("--level", "op", "--direction", "LR", "--color", "grad") == plain
    for option in (("--level", "chain"), ("--direction", "TB"), ("--color", "op")):
        assert drawn(*option) != plain, option


@pytest.mark.parametrize(
    ("option", "files"),
    [
        ("--level op", "--out"),
        ("--color op", "--out"),
        ("--direction TB", "--out or --html"),
        ("--max-nodes 1", "--out or --html or --explain"),
    ],
)
def test_an_option_without_effect_is_told(option, files, capsys):
    said = f"{option.split()[0]} has no effect without {files}\n"
    assert run(capsys, *NEURON, *option.split()) == (0, run(capsys, *NEURON)[1], said)


@pytest.mark.parametrize("level", ["auto", *LEVELS])
@pytest.mark.parametrize("options", ["digits", "moons --scalar --hidden 16,16"])
def test_the_loss_of_a_model_is_drawn_at_each_level(options, level, capsys, tmp_path):
    arguments = [*options.split(), "--level", level, "--out", tmp_path / "g.gv"]
    status, out, err = run(capsys, *arguments)
    if level == "op" and "--scalar" in options:  # some 2,000 boxes
        assert (status, out) == (1, "") and err.count("\n") == 1 and os.listdir(tmp_path) == []
    else:
        assert status == 0, err
        source = (tmp_path / "g.gv").read_text(encoding="utf-8")
        boxes = len(re.findall(r"^ +n\d+ \[", source, re.MULTILINE))
        assert 5 < boxes < (1000 if level == "chain" else 60)


@needs_dot
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "html"])
def test_the_suffix_says_the_format(suffix, capsys, tmp_path):
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!doctype html>"}
    assert run(capsys, *NEURON, "--out", tmp_path / f"g.{suffix}")[0] == 0
    content = (tmp_path / f"g.{suffix}").read_bytes()
    assert content[:20].lower().startswith(starts[suffix].lower())


@needs_dot
def test_the_limit_on_nodes_can_be_raised(capsys, tmp_path):
    path, long = tmp_path / "steps.html", ["+".join(["a"] * 150), "--set", "a=1"]
    for option in (["--html", path], ["--explain"]):
        status, out, err = run(capsys, *long, *option, "--max-nodes", "149")
        assert (status, out) == (1, "") and "150 nodes, --max-nodes is 149: " in err
        assert run(capsys, *long, *option, "--max-nodes", "150")[0] == 0
    moons = ["moons", "--scalar", "--hidden", "2", "--out", tmp_path / "g.gv", "--max-nodes"]
    assert "raise --max-nodes\n" in run(capsys, *moons, "3")[2]
    assert run(capsys, *moons, "30")[0] == 0


@needs_dot
def test_both_files_are_written_at_once(capsys, tmp_path):
    files = [tmp_path / "g.svg", tmp_path / "steps.html"]
    status, _, err = run(capsys, *NEURON, "--out", files[0], "--html", files[1])
    assert (status, err) == (0, f"written: {files[0]}, {files[1]}\n")
    page = files[1].read_text(encoding="utf-8")
    assert "tanh(a*b + c)" in page and "<script" in page


@needs_dot
def test_the_loss_of_a_model_has_a_step_page_too(capsys, tmp_path):
    def written(*options):
        status, _, err = run(capsys, "digits", *options, "--html", tmp_path / "steps.html")
        assert status == 0, err
        return (tmp_path / "steps.html").read_text(encoding="utf-8")

    plain = written()
    assert "layers.0.weight" in plain
    assert written("--direction", "LR") == plain != written("--direction", "TB")


def test_the_input_and_the_loss_of_a_model_have_labels(capsys, tmp_path):
    assert run(capsys, "digits", "--out", tmp_path / "g.gv")[0] == 0
    source = (tmp_path / "g.gv").read_text(encoding="utf-8")
    assert "<I>loss</I>" in source and "<I>x</I>" in source and "<I>weight</I>" in source


def test_the_same_seed_gives_the_same_bytes(capsys, tmp_path):
    def drawn(seed):
        run(capsys, "moons", "--seed", seed, "--out", tmp_path / "g.gv")
        return (tmp_path / "g.gv").read_bytes()

    assert drawn(1) == drawn(1) != drawn(2)


# ---- mistakes


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("", 2, "the following arguments are required: EXPRESSION"),
        ("a b", 2, "unrecognized arguments: b"),
        ("''", 1, "the expression is empty"),
        ("\"__import__('os')\" --out g.gv", 1, "'__import__' is no known function; there are abs"),
        ("a.b --set a=1 --out g.gv", 1, "column 1: 'a.b' is no arithmetic"),
        ("'a b' --out g.gv", 1, "column 3: invalid syntax"),
        (f"'{'(' * 100_000}'", 1, "the expression has 100000 characters, more than 1000"),
        ("a+b+c --set b=1", 1, "no value for a, c; add --set a=NUMBER --set c=NUMBER"),
        ("moon", 1, "no value for moon; add --set moon=NUMBER, or name a data set: digits, iris"),
        ("a --set a=1 --set b=2", 1, "--set: b is not in the expression; its names are a"),
        ("2 --set b=2", 1, "--set: b is not in the expression; it has no names"),
        ("2+3 --out g.gv", 1, "no name in the expression, so no gradient; write such as a*2"),
        ("a --set a=1 --set a=2", 1, "--set: a is set twice, to 1 and 2"),
        ("a --set a", 1, "a: '' is no number; write such as a=0.5"),
        ("a --set a=x", 1, "a: 'x' is no number"),
        ("a --set 2=x", 1, "'2=x' gives no number to a name"),
        ("a --set lambda=2", 1, "'lambda=2' gives no number to a name"),
        ("a --set", 2, "expected one argument"),
        ("digits --set a=2", 1, "--set: digits is a data set, without variables to set"),
        ("none.csv", 1, "none.csv: No such file or directory"),
        ("moons --hidden 0", 2, "--hidden: must be a whole number from 1, got '0'"),
        ("moons --batch-size 0", 2, "--batch-size: must be a whole number from 1, got '0'"),
        ("moons --seed x", 2, "invalid int value: 'x'"),
        ("a --set a=1 --out g.gif", 1, "'g.gif' must end in one of .gv, .svg"),
        ("a --set a=1 --out g", 1, "'g' must end in one of"),
        ("a --set a=1 --out folder/none/g.gv", 1, "there is no folder 'folder/none'"),
        ("a --set a=1 --html g.svg", 1, "--html: 'g.svg' must end in .html"),
        ("a --set a=1 --out g.gv --html g.svg", 1, "--html: 'g.svg' must end in .html"),
        ("a --set a=1 --out g.gv --direction up", 2, "--direction: invalid choice: 'up'"),
        ("a --set a=1 --level atom", 2, "--level: invalid choice: 'atom'"),
        ("a --set a=1 --color red", 2, "--color: invalid choice: 'red'"),
        ("moons --scalar --html g.html --out g.gv", 1, "raise --max-nodes\n"),
        ("moons --scalar --explain --out g.gv", 1, "raise --max-nodes\n"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    arguments, status, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    found, out, err = run(capsys, *shlex.split(arguments))
    assert (found, out) == (status, "")
    assert err.count("\n") == 1 and re.match("micrograd-opt( graph)?: error: ", err)
    assert message in err
    assert os.listdir() == ["folder"] and os.listdir("folder") == []


def test_without_a_dot_svg_is_one_error_and_gv_is_drawn(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("micrograd_opt.draw.dot.render.find_dot", lambda: None)
    status, out, err = run(capsys, *NEURON, "--out", tmp_path / "g.svg")
    assert status == 1 and err.count("\n") == 1
    assert "pip install graphviz-pure" in err and os.listdir(tmp_path) == []
    assert run(capsys, *NEURON, "--out", tmp_path / "g.gv")[0] == 0


@pytest.mark.parametrize("option", [[], ["--explain"], ["--json"]])
def test_without_a_dot_what_needs_none_is_printed(option, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("micrograd_opt.draw.dot.render.find_dot", lambda: None)
    status, out, _ = run(capsys, *NEURON, *option, "--out", tmp_path / "g.svg")
    assert (status, out) == (1, run(capsys, *NEURON, *option)[1])


def test_of_two_files_none_is_written_without_a_dot_for_the_second(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("micrograd_opt.draw.dot.render.find_dot", lambda: None)
    arguments = ["--out", tmp_path / "g.gv", "--html", tmp_path / "steps.html"]
    status, _, err = run(capsys, *NEURON, *arguments)
    assert status == 1 and err.count("\n") == 1 and os.listdir(tmp_path) == []


@needs_dot
def test_of_two_files_none_is_written_without_a_folder_for_the_second(capsys, tmp_path):
    arguments = ["--out", tmp_path / "g.gv", "--html", tmp_path / "none" / "steps.html"]
    status, out, err = run(capsys, *NEURON, *arguments)
    assert (status, out) == (1, "") and "there is no folder" in err and os.listdir(tmp_path) == []
