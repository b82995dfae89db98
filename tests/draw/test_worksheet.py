"""A sheet to fill in: empty boxes on one page, the answers at the same places on the other."""

import re
import shutil
import xml.etree.ElementTree as ET

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.cli.main import main
from micrograd_opt.draw.dot.worksheet import BLANK, MOST, Worksheet

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")


def neuron():
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.5, label="b")
    return (w * x + b).tanh()


def grads(source):
    """The texts in the gradient boxes of a DOT text; '' for an empty one."""
    return re.findall(r"FIXEDSIZE=\"TRUE\" WIDTH=\"\d+\" HEIGHT=\"\d+\">([^<]*)</TD>", source)


def test_every_gradient_is_a_blank_and_its_answer_is_backwards():
    root = neuron()
    sheet = mo.draw(root, blanks=True)
    questions, answers = map(grads, sheet.sources)
    assert questions == [""] * 6 and repr(sheet) == "Worksheet(6 gradients to fill in)"
    root.backward()
    leaves = [leaf.grad for leaf in (root._prev[0]._prev[0]._prev)]
    for g in (1.0, *leaves):
        assert f"{g:.4g}".replace("-", "−") in answers


def test_no_gradient_is_written_and_none_that_was_there_is_shown():
    root = neuron()
    leaf = root._prev[0]._prev[1]
    leaf.grad = 7.25
    sheet = mo.draw(root, blanks=True)
    assert leaf.grad == 7.25 and root.grad == 0.0
    assert not any("7.25" in source for source in sheet.sources)


def test_the_two_pages_differ_in_words_alone_so_the_boxes_stand_alike():
    questions, answers = mo.draw(neuron(), blanks=True, title="N").sources
    bare = [
        re.sub(r"(HEIGHT=\"\d+\">)[^<]*", r"\1", source.partition("node [")[2])
        for source in (questions, answers)
    ]
    assert bare[0] == bare[1] and f'HEIGHT="{BLANK[1]}"' in bare[0]


def test_it_is_grey_safe():
    for source in mo.draw(neuron(), blanks=True).sources:
        assert set(re.findall(r'fillcolor="([^"]*)"', source)) == {"#ffffff"}
        assert "size of the gradient" not in source and "call backward" not in source


def test_a_tensors_gradient_is_numbers_if_they_are_few_and_else_a_norm():
    for n, name in ((2, "grad"), (9, "‖grad‖")):
        w = Tensor([1.0] * n, requires_grad=True)
        assert f">{name}<" in mo.draw((w * w).sum(), blanks=True).sources[1]


def test_what_no_page_holds_and_what_no_sheet_is_are_errors(tmp_path):
    x = Value(1.0)
    for _ in range(MOST):
        x = x * x
    with pytest.raises(ValueError, match=f"61 nodes, and a sheet of A4 has room for {MOST}"):
        mo.draw(x, blanks=True)
    with pytest.raises(ValueError, match="level, with blanks"):
        mo.draw(neuron(), blanks=True, level="layer")
    with pytest.raises((TypeError, ValueError), match="blanks"):
        mo.draw(neuron(), blanks="yes")
    with pytest.raises(ValueError, match=r"'sheet.pdf' must end in .svg or .html; for a PDF print"):
        mo.draw(neuron(), blanks=True).save(tmp_path / "sheet.pdf")
    assert not list(tmp_path.iterdir())


@needs_dot
def test_the_svg_is_two_pages_of_a4_one_above_the_other(tmp_path):
    path = mo.draw(neuron(), blanks=True, title="A <neuron>").save(tmp_path / "sheet.svg")
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    assert (root.get("width"), root.get("height")) == ("297mm", "420mm")
    pages = root.findall("{http://www.w3.org/2000/svg}svg")
    assert [float(page.get("y")) for page in pages] == [10.0, 220.0]
    texts = ["".join(page.itertext()) for page in pages]
    assert "A <neuron>" in texts[0] and "Answers" in texts[1]
    assert not [x for x in root.iter() if x.get("id")]  # the pages share a document


@needs_dot
def test_a_tall_graph_gets_standing_paper():
    page = mo.draw(neuron().exp().sin().exp(), blanks=True, direction="TB").html()
    assert "size: 210mm 297mm" in page and page.count("<section>") == 2


@needs_dot
def test_the_command_line_writes_a_sheet(tmp_path, capsys):
    file = tmp_path / "sheet.html"
    assert (
        main(["graph", "a*b", "--set", "a=1", "--set", "b=2", "--blanks", "--out", str(file)]) == 0
    )
    assert file.read_text(encoding="utf-8").count("<section>") == 2
    capsys.readouterr()
    main(["graph", "a*b", "--set", "a=1", "--set", "b=2", "--blanks"])
    assert "--blanks has no effect without --out" in capsys.readouterr().err


def test_a_notebook_shows_it_or_says_why():
    shown = mo.draw(neuron(), blanks=True)._repr_mimebundle_()
    assert isinstance(mo.draw(neuron(), blanks=True), Worksheet)
    assert shown["text/plain"].startswith("Worksheet(6 gradients")
