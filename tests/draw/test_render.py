"""Drawing with `dot`: which program is found, what it makes, and what happens where it cannot."""

import os
import re
import shutil
import subprocess
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import micrograd_opt as mo
from micrograd_opt import Value
from micrograd_opt.draw import Drawing, find_dot
from micrograd_opt.draw.dot import render

DOT = shutil.which("dot")
PURE = shutil.which("graphviz-pure") or shutil.which(
    "graphviz-pure", path=sysconfig.get_path("scripts")
)
needs_dot = pytest.mark.skipif(DOT is None, reason="no `dot` is installed")
needs_pure = pytest.mark.skipif(PURE is None, reason="graphviz-pure is not installed")
needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")

MAGIC = {"png": b"\x89PNG\r\n", "pdf": b"%PDF-", "svg": b"<?xml", "gv": b"digraph {"}


def square():
    x = Value(3.0, label="x·y")
    y = x * x
    y.backward()
    return mo.draw(y, title="a square")


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any program to draw with."""
    monkeypatch.delenv("MICROGRAD_OPT_DOT", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "scripts"))


def program(path, script="cat"):
    """A stand-in for `dot`, and its path as a string."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    path.chmod(0o755)
    return str(path)


# ---- finding it


def test_without_any_program_nothing_is_found(bare):
    assert find_dot() is None


@needs_scripts
def test_the_order_is_variable_then_dot_then_graphviz_pure_on_the_path_then_in_scripts(
    bare, monkeypatch, tmp_path
):
    in_scripts = program(tmp_path / "scripts" / "graphviz-pure")
    assert find_dot() == (in_scripts, "graphviz-pure")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    on_path = program(tmp_path / "bin" / "graphviz-pure")
    assert find_dot() == (on_path, "graphviz-pure")
    dot = program(tmp_path / "bin" / "dot")
    assert find_dot() == (dot, "dot")
    mine = program(tmp_path / "mine" / "my-dot")
    monkeypatch.setenv("MICROGRAD_OPT_DOT", mine)
    assert find_dot() == (mine, "dot")
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "graphviz-pure")
    assert find_dot() == (on_path, "graphviz-pure")
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "")
    assert find_dot() == (dot, "dot")


def test_a_variable_that_names_no_program_is_an_error_that_says_so(monkeypatch):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "/no/such/dot")
    with pytest.raises(RuntimeError, match="MICROGRAD_OPT_DOT='/no/such/dot' is no program"):
        find_dot()


# ---- drawing with the real ones


@needs_dot
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_dot_makes_svg_png_and_pdf(format, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", DOT)
    path = square().save(tmp_path / f"g.{format}")
    assert path == tmp_path / f"g.{format}" and path.read_bytes().startswith(MAGIC[format])
    assert os.listdir(tmp_path) == [f"g.{format}"]


@needs_pure
@pytest.mark.parametrize("format", ["svg", "png"])
def test_graphviz_pure_makes_svg_and_png_where_there_is_no_dot(format, bare, monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: os.path.dirname(PURE))
    assert find_dot() == (PURE, "graphviz-pure")
    content = square().save(tmp_path / f"g.{format}").read_bytes()
    assert content.startswith(MAGIC[format])
    if format == "svg":
        tree = ET.fromstring(content)
        nodes = [e for e in tree.iter() if e.get("class") == "node"]
        texts = ["".join(e.itertext()) for e in tree.iter("{http://www.w3.org/2000/svg}text")]
        assert len(nodes) == 2 and {"x·y", "a square", "×", "#1", "9"} <= set(texts)


@needs_pure
def test_graphviz_pure_makes_no_pdf_and_the_error_says_what_does(monkeypatch, tmp_path):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", PURE)
    with pytest.raises(RuntimeError, match="svg and png, not pdf; install.*graphviz"):
        square().save(tmp_path / "g.pdf")
    assert os.listdir(tmp_path) == []


@needs_dot
def test_a_png_has_the_pixels_of_a_sharp_screen(monkeypatch):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", DOT)
    width = int.from_bytes(render.render(square().source, "png")[16:20], "big")
    svg = ET.fromstring(square().svg().encode())
    points = float(svg.get("width").removesuffix("pt"))
    assert width == pytest.approx(points * 2, abs=4)


def test_the_graph_is_one_of_the_graphviz_package():
    graphviz = pytest.importorskip("graphviz")
    graph = square().graph
    assert isinstance(graph, graphviz.Source) and graph.source == square().source
    if DOT:
        assert "<svg" in graph.pipe(encoding="utf-8")


# ---- one page of HTML


@needs_dot
def test_html_is_one_page_without_scripts_that_loads_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", DOT)
    x = Value(3.0, label="<script>alert(1)</script>")
    drawing = mo.draw(x * x, title="</title><script>alert(1)</script>")
    page = drawing.save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert page == drawing.html() and page.startswith("<!doctype html>")
    assert "default-src 'none'" in page and "script-src 'none'" in page
    assert "img-src data:" in page and "prefers-color-scheme: dark" in page
    assert "<script" not in page and page.count("<svg") == 1 and "<?xml" not in page
    assert "<title>&lt;/title&gt;&lt;script&gt;" in page
    links = re.findall(r"""(?:href|src)=["']?([^"'\s>]+)|url\(([^)]*)""", page)
    assert links == [("data:,", "")]
    assert "<title>1 op</title>" in mo.draw(x * x).html()


# ---- saving


def test_gv_needs_no_program_and_is_the_source(bare, tmp_path):
    path = square().save(str(tmp_path / "g.gv"))
    assert isinstance(path, Path) and path.read_text(encoding="utf-8") == square().source
    assert square().save(tmp_path / "G.GV").exists()


@pytest.mark.parametrize("name", ["g", "g.jpg", "g.svg.zip", ".svg", "svg", "g."])
def test_an_unknown_suffix_is_refused_and_the_known_ones_listed(name, tmp_path):
    with pytest.raises(ValueError, match=r"must end in one of \.gv, \.svg, \.png, \.pdf, \.html"):
        square().save(tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "html"])
def test_without_a_program_there_is_one_error_that_names_both_installs(format, bare, tmp_path):
    with pytest.raises(RuntimeError) as caught:
        square().save(tmp_path / f"g.{format}")
    for part in ("apt install graphviz", "pip install graphviz-pure", "saved as .gv needs neither"):
        assert part in str(caught.value)
    assert os.listdir(tmp_path) == []


@needs_scripts
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo half; echo 'no such format' >&2; exit 3", "status 3: no such format"),
        ("cat > /dev/null", "status 0: it said nothing"),
        ("kill -9 $$", "status -9"),
    ],
)
def test_a_program_that_fails_leaves_the_older_file_alone(script, message, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", program(tmp_path / "bin" / "dot", script))
    (tmp_path / "g.svg").write_text("older")
    with pytest.raises(RuntimeError, match=message):
        square().save(tmp_path / "g.svg")
    assert (tmp_path / "g.svg").read_text() == "older"
    assert sorted(os.listdir(tmp_path)) == ["bin", "g.svg"]


@needs_scripts
def test_what_is_not_a_program_is_a_clear_error(monkeypatch, tmp_path):
    path = tmp_path / "dot"
    path.write_bytes(b"\0\1\2 no program at all")
    path.chmod(0o755)
    monkeypatch.setenv("MICROGRAD_OPT_DOT", str(path))
    with pytest.raises(RuntimeError, match="cannot be run.*graphviz-pure"):
        square().svg()


@needs_scripts
def test_a_program_that_does_not_finish_is_stopped(monkeypatch, tmp_path):
    path = program(tmp_path / "dot", "exec sleep 60")
    monkeypatch.setenv("MICROGRAD_OPT_DOT", path)
    with pytest.raises(RuntimeError, match=r"not finished in 0\.2 s.*\.gv"):
        render.render("digraph {}", "svg", time_limit=0.2)


def test_the_limit_is_thirty_seconds(bare, monkeypatch):
    limits = []

    def run(*args, timeout, **kwargs):
        limits.append(timeout)
        raise subprocess.TimeoutExpired(args, timeout)

    monkeypatch.setattr(render, "find_dot", lambda: ("dot", "dot"))
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RuntimeError):
        square().svg()
    square()._repr_mimebundle_()
    assert limits == [30.0, 5.0]


@pytest.mark.parametrize("moment", ["write", "replace"])
def test_an_interrupt_while_writing_leaves_the_older_file_and_no_other(
    moment, monkeypatch, tmp_path
):
    def interrupted(*args):
        raise KeyboardInterrupt

    path = tmp_path / "g.gv"
    path.write_text("older")
    if moment == "write":
        monkeypatch.setattr(os, "fsync", interrupted)
    else:
        monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        square().save(path)
    assert path.read_text() == "older" and os.listdir(tmp_path) == ["g.gv"]


# ---- notebooks


@needs_dot
def test_a_notebook_shows_the_picture(monkeypatch):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", DOT)
    bundle = square()._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == square().svg() and "<svg" in bundle["image/svg+xml"]
    assert bundle["text/plain"] == "Drawing(2 nodes, 2 edges)"


def test_a_notebook_without_a_program_shows_a_line_that_says_why(bare):
    bundle = square()._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].startswith("Drawing(2 nodes, 2 edges): no Graphviz found")


@needs_scripts
@pytest.mark.parametrize("script", ["exit 1", r"printf '\377\376'"])
def test_a_notebook_never_sees_an_error(script, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROGRAD_OPT_DOT", program(tmp_path / "dot", script))
    assert list(square()._repr_mimebundle_()) == ["text/plain"]
    monkeypatch.setenv("MICROGRAD_OPT_DOT", "/no/such/dot")
    assert "is no program" in square()._repr_mimebundle_()["text/plain"]


def test_a_notebook_does_not_lay_out_a_large_graph(monkeypatch):
    def render_anyway(*args):
        raise AssertionError("rendered")

    monkeypatch.setattr(render, "render", render_anyway)
    shown = Drawing("digraph {}", 201, 300)._repr_mimebundle_()
    assert shown["text/plain"].startswith("Drawing(201 nodes, 300 edges): too large")
    assert "rendered" in Drawing("digraph {}", 200, 300)._repr_mimebundle_()["text/plain"]
