"""`micrograd-opt schedules`: the rates of the schedules, mistakes as one line."""

import json

import pytest
from commands import refused, run

from micrograd_opt.cli.schedules import LECTURE, NAMES
from micrograd_opt.optim import schedules


def rates(capsys, *arguments):
    status, out, err = run(capsys, "schedules", *arguments, "--json")
    assert status == 0, err
    return json.loads(out)["rates"]


def test_without_a_name_they_are_the_lectures_three(capsys):
    shown = rates(capsys, "--lr", 1, "--steps", 40)
    wanted = [
        schedules.linear_decay(1.0, 40), schedules.cosine_annealing(1.0, 40),
        schedules.linear_warmup(4, schedules.cosine_annealing(1.0, 36)),
    ]  # fmt: skip
    assert shown == {repr(s): [s(i) for i in range(40)] for s in wanted}


@pytest.mark.parametrize("name", NAMES)
def test_every_schedule_is_shown_by_its_name_alone(name, capsys):
    ((shown, column),) = rates(capsys, name, "--lr", "0.2").items()
    assert shown.startswith(f"{name}(") and len(column) == 100 and max(column) <= 0.2
    assert max(column) == pytest.approx(0.2)


def test_only_join_is_left_out():
    assert set(schedules.__all__) - set(NAMES) == {"join"} and set(LECTURE) <= set(NAMES)


def test_set_gives_a_parameter(capsys):
    (shown,) = rates(capsys, "step_decay", "--set", "every=30", "gamma=0.3")
    assert shown == "step_decay(lr=0.1, every=30, gamma=0.3)"
    (shown,) = rates(capsys, "cosine_annealing", "--set", "lr_min=0.01")
    assert shown == "cosine_annealing(lr=0.1, max_steps=100, lr_min=0.01)"


def test_the_table_begins_and_ends_with_the_runs_steps(capsys):
    _, out, _ = run(capsys, "schedules", "linear_decay", "--steps", 11, "--lr", 1.1)
    lines = [line.split() for line in out.splitlines()[3:]]
    assert [float(rate) for _, rate in lines] == pytest.approx([1.1 - 0.1 * i for i in range(11)])
    assert [int(step) for step, _ in lines] == list(range(11))


def test_out_draws_them(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    status, _, err = run(capsys, "schedules", "wsd", "--out", tmp_path / "wsd.svg")
    assert status == 0 and err == f"written: {tmp_path / 'wsd.svg'}\n"
    assert "wsd" in (tmp_path / "wsd.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["stepdecay"], "unknown schedule 'stepdecay'; did you mean step_decay?"),
        (["nothing"], "unknown schedule 'nothing'; there are"),
        (["join"], "join takes schedules, not numbers; see plot.schedules in Python"),
        (["consine"], "unknown schedule 'consine'; did you mean cosine?"),
        (["linear_warmup", "--set", "steps=10.5"], "--set: steps must be in {0, 1, …}, got 10.5"),
        (["exponential", "--set", "gamma=100", "--steps", "400"], "exponential at step 155: must "
         "be in (-inf, inf), got inf"),
        (["step_decay", "--set", "ever=3"], "--set: ever is no parameter of step_decay; they have "
         "every, gamma"),
        (["constant", "--set", "every=3"], "they have none"),
        (["step_decay", "--set", "every=1.5"], "every must be"),
        (["--lr", "-1"], "--lr: must be in [0, inf)"),
        (["--steps", "0"], "must be a whole number from 1"),
        (["--out", "a.gif"], "argument --out: must end in .svg or .png or .pdf, got 'a.gif'"),
        (["--out", "none/a.svg"], "argument --out: there is no folder none"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(capsys, arguments, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, "schedules", *arguments)


def test_the_names_of_train_are_taken_too(capsys):
    assert rates(capsys, "cosine", "linear") == rates(capsys, "cosine_annealing", "linear_decay")
    _, out, _ = run(capsys, "schedules", "cosine", "cosine_annealing")  # one, shown once
    assert out.splitlines()[2].split() == ["step", "cosine_annealing"]
