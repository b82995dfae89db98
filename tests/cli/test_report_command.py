"""`train --report`: one page with everything on it, that needs nothing else."""

import base64
import re
import sys

import pytest
from commands import refused, run

from browser import chromium

pytest.importorskip("matplotlib")

SECTIONS = ["Learning curves", "Learning rate", "Gradient flow", "Confusion matrix"]


def report(capsys, tmp_path, *arguments):
    path = tmp_path / "run.html"
    status, out, err = run(capsys, "train", *arguments, "--report", path)
    assert status == 0 and f"written: {path}\n" in err
    return path.read_text(encoding="utf-8"), out


def pictures(page):
    """{title: SVG} of the pictures on it."""
    found = re.findall(r'alt="([^:]*): [^"]*" src="data:image/svg\+xml;base64,([^"]*)"', page)
    return {title: base64.b64decode(data).decode() for title, data in found}


def test_the_page_of_the_digits_has_the_misread_ones(capsys, tmp_path):
    page, out = report(capsys, tmp_path, "digits", "--epochs", 1, "--hidden", "4", "--seed", 3)
    assert re.findall("<h2>(.*?)</h2>", page) == [*SECTIONS, "Misread", "Graph", "Settings"]
    assert "misread" in page and "<td>seed</td><td>3</td>" in page and out.splitlines()[1] in page
    assert "<svg" in pictures(page)["Misread"]
    assert "<td>lr</td><td>0.01</td>" in page and "<td>hidden</td><td>[4]</td>" in page


def test_the_page_of_other_data_has_none(capsys, tmp_path):
    page, _ = report(capsys, tmp_path, "iris", "--epochs", 2)
    assert re.findall("<h2>(.*?)</h2>", page) == [*SECTIONS, "Graph", "Settings"]
    assert re.search(r"\d+ of 30 right", page)


def test_the_names_of_a_file_do_not_break_out(capsys, tmp_path):
    rows = [f"{i % 7},{i % 3},{'<script>alert(1)</script>' if i % 2 else 'b&b'}" for i in range(40)]
    (tmp_path / "<b>.csv").write_text("\n".join(rows), encoding="utf-8")
    page, _ = report(capsys, tmp_path, tmp_path / "<b>.csv", "--epochs", 1)
    assert "<script" not in page and "<b>" not in page


def test_a_mistake_is_told_before_the_run(capsys, tmp_path, monkeypatch):
    said = refused(capsys, "train", "iris", "--report", tmp_path / "run.pdf")
    assert "argument --report: must end in .html or .htm, got" in said
    said = refused(capsys, "train", "iris", "--report", tmp_path / "none" / "run.html")
    assert f"argument --report: there is no folder {tmp_path / 'none'}" in said
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said = refused(capsys, "train", "iris", "--report", tmp_path / "run.html")
    assert "plots need matplotlib: pip install matplotlib" in said
    assert not (tmp_path / "run.html").exists()


def test_a_run_goes_on_with_a_report_only_if_it_was_begun_with_one(capsys, tmp_path):
    page, plain, reported = tmp_path / "run.html", tmp_path / "plain", tmp_path / "reported"
    arguments = ("train", "moons", "--epochs", 1, "--out")
    assert run(capsys, *arguments, plain)[0] == 0
    said = refused(capsys, *arguments, plain, "--resume", "--report", page)
    assert f"--report: the run in {plain} was begun without it" in said and not page.exists()
    assert run(capsys, *arguments, reported, "--report", page)[0] == 0
    first = page.read_bytes()
    for again in ([], ["--report", page]):
        status, _, err = run(capsys, *arguments, reported, "--resume", *again)
        assert status == 0, err
    assert len(page.read_bytes()) == pytest.approx(len(first), rel=0.01)


def test_a_report_asks_nothing_of_the_network_and_fits_a_phone(capsys, tmp_path):
    page, _ = report(capsys, tmp_path, "iris", "--epochs", 2)
    with chromium(tmp_path) as window:
        for width in (360, 1280):
            window.resize(width, 800)
            window.show(page)
            assert window.ask("document.documentElement.scrollWidth") <= width
            loaded = "[...document.images].every(image => image.complete && image.naturalWidth)"
            window.wait(loaded)
            plots = "[...document.querySelectorAll('.plot')]"
            fits = "image => image.clientWidth <= image.parentElement.clientWidth"
            assert window.ask(f"{plots}.length") == 2 and window.ask(f"{plots}.every({fits})")
        assert window.complaints() == []
