"""The benchmarks run, compare equal work, and report what was measured. No time is asserted."""

import copy
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from benchmarks import __main__ as command
from benchmarks import costs, harness, report, targets
from benchmarks.cases import CASES, grown
from benchmarks.contenders import EAGER, MICROGRAD, TORCH, WHOLE, Contender, built

ROOT = Path(__file__).parent.parent
TINY = harness.Effort(1, 0.0, 1, 1, {"width": (2, 3)})


def alone(makers, *names):
    return built({name: make for name, make in makers.items() if name in names})


@pytest.mark.parametrize("name", [name for name in CASES if name != "moons"])
def test_all_contenders_of_a_case_have_equal_weights_after_their_steps(name):
    contenders = built(CASES[name].makers)
    apart, first = harness.agree(contenders, steps=2)
    assert apart <= harness.AGREE
    assert first.keys() == contenders.keys() and min(first.values()) > 0.0


def test_the_moons_are_the_same_work_for_all_but_slow_micrograd():
    makers = {name: make for name, make in CASES["moons"].makers.items() if name != MICROGRAD}
    assert harness.agree(built(makers), steps=2)[0] <= harness.AGREE


def test_micrograd_takes_the_same_step_on_the_moons():
    pytest.importorskip("micrograd")
    assert harness.agree(alone(CASES["moons"].makers, MICROGRAD, WHOLE), steps=1)[0] <= 1e-15


def test_a_step_returns_the_loss_before_it():
    contenders = built(CASES["xor"].makers)
    losses = [[contender.step() for _ in range(4)] for contender in contenders.values()]
    assert all(loss == pytest.approx(losses[0], rel=1e-12) for loss in losses)
    assert losses[0][3] < losses[0][0]


def test_a_contender_that_does_other_work_stops_the_run():
    contenders = alone(CASES["xor"].makers, EAGER, WHOLE)
    for p in contenders[WHOLE].parameters[:1]:
        p.data = p.data * 1.0001 if isinstance(p.data, float) else (p.detach() * 1.0001).data
    with pytest.raises(RuntimeError, match="compiled whole step and eager differ by .* after 3"):
        harness.agree(contenders)


def test_a_contender_with_another_net_stops_the_run():
    contenders = {
        "small": grown("width", 2).makers()[EAGER](), "large": grown("width", 3).makers()[EAGER]()
    }  # fmt: skip
    with pytest.raises(RuntimeError, match="large has 235 weights, small has 160"):
        harness.agree(contenders, steps=1)


@pytest.mark.parametrize("who", [EAGER, WHOLE, TORCH])
def test_every_turn_starts_from_the_same_weights(who):
    if who == TORCH:
        pytest.importorskip("torch")
    contender = CASES["digits"].makers[who]()
    start = copy.copy(contender.weights())
    contender.step()
    assert contender.weights() != start
    contender.restart()
    assert contender.weights() == start


def test_a_contender_whose_library_is_missing_is_named_and_left_out(capsys):
    def make():
        raise ImportError("No module named 'torch'")

    assert built({"PyTorch": make, "ours": lambda: 1}) == {"ours": 1}
    assert capsys.readouterr().err == "PyTorch: left out, No module named 'torch'\n"


def test_a_turn_has_as_many_steps_as_fit():
    log = []
    contender = Contender(lambda: log.append(1), [])
    harness.measure({"x": contender}, harness.Effort(2, 3600.0, 1, 1, {}))
    assert len(log) == 1 + 2 * harness.MOST_STEPS  # one to see how many fit
    log.clear()
    harness.measure({"x": contender}, harness.Effort(3, 0.0, 4, 1, {}))
    assert len(log) == 1 + 3 * 4


def test_a_ratio_is_the_median_of_the_ratios_within_each_round():
    times = {"a": [4.0, 10.0, 12.0], "b": [1.0, 10.0, 2.0]}
    assert harness.ratio(times, "a", "b") == 4.0
    assert harness.middle_half([4.0, 1.0, 2.0, 3.0, 5.0]) == (2.0, 4.0)
    assert harness.middle_half([7.0]) == (7.0, 7.0)


@pytest.mark.parametrize(
    ("ours", "how", "times", "expected"),
    [
        (1.0, "faster", 5, (6.0, True)),
        (2.0, "faster", 5, (3.0, False)),
        (12.0, "slower", 2.5, (2.0, True)),
        (18.0, "slower", 2.5, (3.0, False)),
    ],
)
def test_a_target_is_met_or_not_by_what_was_measured(ours, how, times, expected):
    target = targets.Target("xor", WHOLE, times, how, TORCH)
    results = {"xor": SimpleNamespace(times={WHOLE: [ours], TORCH: [6.0]})}
    assert target.measured(results) == expected
    assert target.measured({}) is None
    assert target.measured({"xor": SimpleNamespace(times={WHOLE: [ours]})}) is None


def test_numbers_read_well():
    assert [report.number(x) for x in (1290.4, 99.96, 0.02512)] == ["1,290", "100", "0.0251"]
    assert [report.size(x) for x in (1_234_000, 5_000)] == ["1.23 MB", "5 kB"]
    read = [report.comparison(x) for x in (4.0, 0.25, 1.001)]
    assert read == ["4 × slower", "4 × faster", "as fast"]
    assert report.table(("", "ms"), [("eager", 12), ("x", "3.5")]) == (
        "|       |  ms |\n|-------|----:|\n| eager |  12 |\n| x     | 3.5 |"
    )


def test_the_peak_of_a_step_counts_what_the_step_makes():
    contender = Contender(lambda: [0.5] * 1_000_000, [])
    assert 8e6 <= costs.peak(contender) < 8.1e6


def test_memory_of_a_process_is_more_after_its_steps():
    found = costs.resident("xor", [EAGER, WHOLE])
    assert list(found) == [EAGER, WHOLE]
    assert found[WHOLE] is None or 1e6 < found[WHOLE][0] < found[WHOLE][1] < 1e9


def test_a_process_that_fails_stops_the_run(capfd):
    with pytest.raises(RuntimeError, match="xor, sine: its process ended with 1"):
        costs.resident("xor", ["sine"])
    assert "KeyError: 'sine'" in capfd.readouterr().err


def test_a_net_grows_along_each_axis():
    sizes = [(8, 10), (2, 4), (1, 2)]
    for axis, (small, large) in zip(("width", "depth", "batch"), sizes, strict=True):
        nets = grown(axis, small), grown(axis, large)
        assert len(nets[0].sizes) - len(nets[1].sizes) == (-2 if axis == "depth" else 0)
        x, y = nets[1].batch()
        assert x.shape == (large if axis == "batch" else 32, 64) and y.shape == x.shape[:1]
    x, _ = grown("batch", 1800).batch()  # more than there are: from the first again
    assert (x[1797] == x[0]).min().item() == 1.0


def test_the_command_writes_what_it_shows(tmp_path, capsys, monkeypatch):
    sizes = (20_000_000, 25_000_000)
    monkeypatch.setattr(costs, "resident", lambda case, names: dict.fromkeys(names, sizes))
    out = tmp_path / "RESULTS.md"
    command.main(["xor", "growth", "--out", str(out)], TINY)
    written = out.read_text(encoding="utf-8")
    assert written.strip() == capsys.readouterr().out.strip()
    titles = re.findall(r"^#+ (.*?)(?::|$)", written, re.MULTILINE)
    assert titles == [
        "Benchmarks", "xor", "Against PyTorch", "Compile time", "Memory", "As nets grow", "width",
        "Targets",
    ]  # fmt: skip
    assert f"`python -m benchmarks xor growth --out {out}`" in written
    for line in written.splitlines():
        assert not re.search(r"\b(nan|inf|None)\b", line), line
    picture = tmp_path / "figures" / "growth.svg"
    assert picture.exists() == ("figures/growth.svg" in written)
    if picture.exists():
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_the_command_runs_as_its_users_type_it():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "sine"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "unknown case 'sine'; choose from moons, xor, digits, wide, growth" in done.stderr


def test_a_folder_that_is_missing_is_said_before_anything_is_measured(tmp_path, capsys):
    with pytest.raises(SystemExit):
        command.main(["xor", "--out", str(tmp_path / "none" / "RESULTS.md")])
    said = capsys.readouterr()
    assert "there is no folder" in said.err and not said.out
