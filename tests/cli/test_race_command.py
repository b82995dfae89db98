"""`micrograd-opt race`: what it prints and writes, and mistakes as one line."""

import csv
import json
import math
import random
import re
import sys

import pytest

from micrograd_opt import Tensor, nn, optim
from micrograd_opt.cli import digits
from micrograd_opt.cli.main import main
from micrograd_opt.cli.race import SURFACES


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of `race` with these arguments."""
    try:
        status = main(["race", *map(str, arguments)])
    except SystemExit as stopped:  # argparse
        status = stopped.code
    return (status, *capsys.readouterr())


def results(capsys, *arguments):
    status, out, err = run(capsys, "--json", *arguments)
    assert status == 0, err
    (line,) = out.splitlines()
    return json.loads(line, parse_constant=pytest.fail)  # no NaN, which JSON does not have


QUICK = ("--steps", "20", "--starts", "2")


def test_the_table_is_the_races_own(capsys):
    surface = optim.surfaces.rosenbrock()
    result = optim.race(surface, surface.start, ["sgd", "momentum", "adam"], 20, starts=2)
    assert run(capsys, "rosenbrock", *QUICK) == (0, result.summary() + "\n", "")


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_is_raced_by_its_name(name, capsys):
    found = results(capsys, name, *QUICK, "--tune", "defaults")
    surface = SURFACES[name]()
    assert found["surface"] == name and found["formula"] == surface.formula
    assert tuple(found["start"].values()) == surface.start and found["rates"] == []
    assert f" {name}" in run(capsys, "--help")[1]


def test_an_expression_is_raced_from_ones_or_from_where_one_says(capsys):
    text = "x**2 + 10*y**2"
    first = results(capsys, text, *QUICK)
    assert first["start"] == {"x": 1.0, "y": 1.0} and first["surface"] == text
    found = results(capsys, text, *QUICK, "--start", "x=3", "--optimizers", "sam", "--seed", "7")
    assert found["start"] == {"x": 3.0, "y": 1.0} and found["seed"] == 7
    assert {row["name"] for row in found["optimizers"]} == {"sgd", "adam", "sam"}


def test_json_has_what_the_table_shows_and_null_for_what_diverged(capsys):
    found = results(capsys, "valley", *QUICK, "--condition", "10", "--target", "0.1")
    assert list(found) == [
        "surface", "formula", "start", "starts", "budget", "tune", "rates", "target", "seed",
        "optimizers",
    ]  # fmt: skip
    assert found["formula"] == "½(x² + 10y²)" and found["target"] == 0.1 and found["budget"] == 20
    (sgd,) = (row for row in found["optimizers"] if row["name"] == "sgd")
    curve = dict(sgd["sensitivity"])
    assert list(curve) == found["rates"] and sgd["loss"] == min(x for x in curve.values() if x)
    assert sgd["rate"] == 0.1 and curve[10.0] is None


def test_tune_says_which_rate_is_shown(capsys):
    for tune in ("each", "same", "defaults"):
        rows = results(capsys, "beale", *QUICK, "--tune", tune)["optimizers"]
        rates = {row["name"]: row["rate"] for row in rows}
        assert (len(set(rates.values())) == 1) == (tune != "each"), rates
    assert set(rates.values()) == {1e-3}


def test_out_gets_every_run_and_is_made(capsys, tmp_path):
    folder = tmp_path / "new" / "race"
    status, out, err = run(capsys, "beale", *QUICK, "--out", folder)
    assert status == 0 and "optimizer" in out and "results.csv" in err
    with open(folder / "results.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 3 * 16 * 2


def test_out_gets_the_page_and_the_figure_of_the_race(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    status, _, err = run(capsys, "beale", *QUICK, "--out", tmp_path, "--tune", "same")
    assert err == f"written to {tmp_path}: race.html, race.svg, results.csv\n"
    page = (tmp_path / "race.html").read_text(encoding="utf-8")
    assert '"tune":"same"' in page and '"defaults":[{"name"' in page
    assert "one rate for all" in (tmp_path / "race.svg").read_text(encoding="utf-8")


def test_without_matplotlib_the_page_is_written_and_one_line_says_what_is_missing(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, _, err = run(capsys, "beale", *QUICK, "--out", tmp_path)
    assert status == 0 and "no race.svg: plots need matplotlib: pip install matplotlib\n" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["race.html", "results.csv"]


def test_the_valleys_page_has_a_race_for_each_condition(capsys, tmp_path):
    def titles(*arguments):
        status, *_ = run(capsys, "valley", *arguments, "--steps", "3", "--starts", "1",
                         "--out", tmp_path)  # fmt: skip
        page = (tmp_path / "race.html").read_text(encoding="utf-8")
        return re.findall(r'"title":"valley: \\u00bd\(x\\u00b2 \+ (\d+)y', page)

    assert titles() == ["1", "10", "100", "1000"]
    assert titles("--condition", "7") == ["7"]



def test_the_digits_start_as_the_net_and_have_its_loss():
    surface, net = digits.digits(5), nn.MLP(64, digits.WIDTHS, rng=random.Random(5))
    assert surface.names == tuple(name for name, _ in net.named_parameters())
    assert surface.start == tuple(p.tolist() for p in net.parameters())
    loss = surface(*[Tensor(x) for x in surface.start]).item()
    assert loss == pytest.approx(math.log(10), rel=0.2)
    batches = [surface.batch(random.Random(i)) for i in range(9)]
    assert len({batch(*map(Tensor, surface.start)).item() for batch in batches}) == 9


def test_the_digits_are_raced(capsys):
    found = results(capsys, "digits", *QUICK, "--tune", "defaults", "--optimizers", "rmsprop")
    assert found["start"] == {} and found["target"] == digits.TARGET and found["starts"] == 2
    assert found["optimizers"][0]["name"] == "rmsprop" and found["optimizers"][0]["loss"] < 2.3


MISTAKES = [
    (["rosenbrok"], "unknown surface 'rosenbrok'; did you mean rosenbrock? or write an expression"),
    (["w"], "unknown surface 'w'; there are "),
    (["3 + 4"], "no name in '3 + 4', so nothing to move"),
    (["x +"], "the expression: invalid syntax"),
    (["log(x)", "--start", "x=0"], "race: at the start the loss is -inf, at x = 0"),
    (["x**2", "--optimizers", "adm"], "race: unknown optimizer 'adm'; did you mean 'adam'?"),
    (["beale", "--optimizers", "sam,sam"], "race: two optimizers are called 'sam'"),
    (["beale", "--optimizers", "muon"], "race: muon at rate 0.0001: Muon: x, "),
    (["beale", "--steps", "0"], "argument --steps: must be a whole number from 1, got '0'"),
    (["beale", "--tune", "best"], "argument --tune: invalid choice: 'best'"),
    (["beale", "--start", "z=1"], "--start: z is no variable of beale; it has x, y"),
    (["beale", "--start", "1", "2"], "'1' gives no number to a name; write such as a=0.5"),
    (["beale", "--start", "x=1", "x=2"], "--start: x is set twice, to 1 and 2"),
    (["beale", "--start", "x=nan"], "race: start: x must be in"),
    (["beale", "--condition", "3"], "--condition: only the valley has one, not beale"),
    (["valley", "--condition", "-3"], "valley: condition must be in (0, inf), got -3.0"),
    (["digits", "--start", "x=1"], "--start: the net of the digits starts where --seed draws it"),
    (["beale", "--seed", "-1"], "race: seed must be in {0, 1, …}, got -1"),
]


@pytest.mark.parametrize("arguments, message", MISTAKES)
def test_a_mistake_is_one_line(arguments, message, capsys):
    status, out, err = run(capsys, *arguments)
    assert status in (1, 2) and out == "" and err.count("\n") == 1
    assert err.startswith(f"micrograd-opt race: error: {message}")


def test_a_file_for_a_folder_is_refused_before_the_race(capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    status, out, err = run(capsys, "beale", "--out", tmp_path / "file")
    assert (status, out) == (1, "") and "is a file; name a folder" in err
    assert (tmp_path / "file").read_text() == "mine"
