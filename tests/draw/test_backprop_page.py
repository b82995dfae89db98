"""draw.backprop: what the step page says, and the page as text; then test_backprop_browser.py."""

import re
import shutil
import sysconfig
from html.parser import HTMLParser

import pytest
from step_graphs import cells, cube, data_of, each_graph, neuron

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.draw.dot import render
from micrograd_opt.draw.pages.backprop import backprop
from micrograd_opt.draw.pages.page import Page, page
from micrograd_opt.draw.pages.steps import Steps
from micrograd_opt.draw.tape.tape import tape
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import topological_order

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` is installed")
PURE = shutil.which("graphviz-pure") or shutil.which(
    "graphviz-pure", path=sysconfig.get_path("scripts")
)


# ---- the call


def test_its_repr_is_short():
    assert repr(backprop(neuron())) == "Backprop(10 nodes, 10 steps)"
    assert repr(backprop(Value(2.0) * 3.0)) == "Backprop(3 nodes, 2 steps)"
    assert mo.draw.backprop is backprop


def test_no_gradient_is_read_or_written():
    out = neuron()
    before = Steps(tape(out)).backward
    backprop(out)
    assert all(node.grad == 0.0 for node in topological_order(out))
    for node in topological_order(out):
        node.grad = 99.0
    assert Steps(tape(out)).backward == before


@pytest.mark.parametrize("root", [None, 2.0, "x", [Value(1.0)]])
def test_only_a_node_has_a_backward_pass(root):
    with pytest.raises(TypeError, match=f"Value or a Tensor, got {type(root).__name__}"):
        backprop(root)


def test_what_backward_refuses_is_refused():
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        backprop(Tensor([1.0]).sum())
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="gradient"):
        backprop(x * 2.0)
    assert repr(backprop(x * 2.0, gradient=[1.0, 0.0])) == "Backprop(3 nodes, 2 steps)"


def test_a_graph_too_long_to_follow_is_refused_with_the_remedy():
    x = Value(1.0)
    for _ in range(100):
        x = x + 1.0
    with pytest.raises(ValueError, match=r"201 nodes.*200.*max_nodes \(None"):
        backprop(x)
    assert repr(backprop(x, max_nodes=None)) == "Backprop(201 nodes, 101 steps)"


@pytest.mark.parametrize("direction", ["lr", "LR]; n9 [", None])
def test_a_wrong_direction_is_refused(direction):
    with pytest.raises(ValueError, match="direction must be one of 'LR', 'RL', 'TB', 'BT', got"):
        backprop(neuron(), direction=direction)


# ---- what it says


def test_a_step_has_the_chain_rule_with_its_numbers():
    (out, *_, b) = Steps(tape(neuron())).backward
    assert out["sentence"] == "Backward begins at out. It sends to + #2."
    assert (out["gradient"], out["arrived"]) == ("1", [])
    assert out["made"] == {"rule": ["tanh(x) = tanh(0.8814)"], "data": "0.7071"}
    (sent,) = out["sent"]
    assert (sent["local"], sent["part"], sent["total"]) == ("0.5", "0.5", "0.5")
    assert sent["rule"][0].startswith("g × ") and " = 1 × " in sent["rule"][0]
    assert sent["sum"] == "the first to arrive"
    assert b["sentence"] == "The gradient of b is complete. b is a leaf and sends nothing on."


def test_where_paths_meet_the_parts_add_up():
    x = Value(3.0, label="x")
    y = x * x + x
    top, square, last = Steps(tape(y)).backward
    (first,) = [sent for sent in top["sent"] if sent["to"] == 0]
    assert (first["part"], first["total"], first["more"]) == ("1", "1", True)
    sums = [(sent["sum"], sent["total"], sent["more"]) for sent in square["sent"]]
    assert sums == [("1 + 3", "4", True), ("4 + 3", "7", False)]
    assert [part["part"] for part in last["arrived"]] == ["1", "3", "3"]
    assert last["sentence"].startswith("All 3 parts of the gradient of x are here; it is their")
    assert last["cell"] == [["7"]]


def test_the_forward_pass_is_told_too():
    told = {step["sentence"]: step["rule"] for step in Steps(tape(neuron())).forward}
    assert told["out is computed from + #2."] == ["tanh(x) = tanh(0.8814)"]
    assert told["× #4 is computed from w1 and x1."] == ["x × y = −3 × 2"]


def test_nodes_that_share_a_label_are_told_apart():
    a, b = Value(1.0, label="w"), Value(2.0, label="w")
    names = [node["name"] for node in Steps(tape(a * b * 5.0)).nodes]
    assert sorted(names) == ["constant 5", "w #3", "w #4", "× #1", "× #2"]


def test_no_gradient_is_none_of_a_tensor_and_0_of_a_value():
    v = Value(2.0, label="v")
    t = Tensor([2.0], requires_grad=True, label="t")
    for node, shown in ((v, [["0"]]), (t, [["none"]])):
        other = Value(1.0) if node is v else Tensor([1.0], requires_grad=True)
        root = ops.where(node, other, 1.0)
        steps = Steps(tape(root, None if node is v else [1.0])).backward
        (step,) = [s for s in steps if s["sentence"].startswith("No gradient arrives at")]
        assert step["cell"] == shown
        root.backward() if node is v else root.backward([1.0])
        assert node.grad == (0.0 if node is v else None)


@each_graph
def test_each_box_has_room_for_all_that_it_will_hold(make):
    steps = Steps(tape(make()))
    for i, lines in enumerate(steps.lines):
        for row in ("data", "grad"):
            room = [len(text) for name, _, text in lines if name == row]
            shown = [steps.nodes[i]["data"]] if row == "data" else []
            if row == "grad":
                shown += [visit["cell"] for visit in steps.backward if visit["node"] == i]
                sent = [sent for visit in steps.backward for sent in visit["sent"]]
                shown += [s["cell"] for s in sent if s["to"] == i]
            for cell in shown:
                assert len(cell) <= len(room)
                for line, space in zip(cell, room, strict=False):
                    assert len(" ".join(line)) <= space


# ---- the page as text


class Reader(HTMLParser):
    """The tags of a page, and how many scripts they hold."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    @property
    def scripts(self):
        return [attributes for tag, attributes in self.tags if tag == "script"]


@needs_dot
@each_graph
def test_the_page_is_one_document_that_names_nothing_outside_it(make):
    html = backprop(make(), title="</title><script>alert(1)</script>").html()
    reader = Reader(html)
    tags = [tag for tag, _ in reader.tags]
    assert html.startswith("<!doctype html>") and '<meta charset="utf-8">' in html
    assert 'name="viewport" content="width=device-width' in html
    assert "default-src 'none'" in html and "script-src 'sha256-" in html
    assert reader.scripts == [{"type": "application/json", "id": "data"}, {}]
    assert not {"a", "img", "iframe", "form"} & set(tags)
    addresses = [a[name] for _, a in reader.tags for name in ("src", "href") if name in a]
    assert addresses == ["data:,"]  # the icon, so that no browser asks for one
    assert [url for url in re.findall(r"https?://[^\"'<> ]*", html) if "w3.org" not in url] == []
    assert not any(name.startswith("on") for _, a in reader.tags for name in a)


@needs_dot
def test_boxes_and_key_have_the_colours_of_the_gradients():
    html = backprop(neuron()).html()
    heat = data_of(html)["heat"]
    found = {node["name"]: name for node, name in zip(data_of(html)["nodes"], heat, strict=True)}
    labelled = {name: found[name] for name in ("out", "b", "x1", "w1", "w2")}
    assert labelled == {"out": "3", "b": "0", "x1": "4", "w1": "3", "w2": "zero"}  # 1 ½ −1.5 1 0
    swatches = re.findall(r'class="swatch" data-heat="(\w+)">(.*?)<', html)
    assert [name for name, _ in swatches] == ["zero", "0", "1", "2", "3", "4"]
    assert swatches[0][1] == "0" and swatches[-1][1] == "1.2 – 1.5"


def test_what_a_page_carries_cannot_end_its_script():
    hostile = ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "]]>", "&lt;"]
    html = page("t", "<p>body</p>", hostile)
    assert data_of(html) == hostile
    assert len(Reader(html).scripts) == 2 and "\u2028" not in html


@needs_dot
@each_graph
def test_each_arrow_and_box_that_a_step_names_is_in_the_graph(make):
    html = backprop(make()).html()
    ids = {a["id"] for tag, a in Reader(html).tags if tag == "g" and "id" in a}
    data = data_of(html)
    assert {f"n{i}" for i in range(len(data["nodes"]))} <= ids
    steps = data["backward"] + data["forward"]
    assert all(sent["arrow"] in ids for step in steps for sent in step["sent"])
    assert all(
        sent["arrow"].startswith(f"n{sent['to']}-n{step['node']}-")
        for step in data["backward"]
        for sent in step["sent"]
    )
    used = [sent["arrow"] for step in data["forward"] for sent in step["sent"]]
    assert len(set(used)) == len(used) == sum("-" in i for i in ids)


@needs_dot
@each_graph
def test_each_number_of_the_graph_has_a_place_that_the_script_finds(make):
    root = make()
    html = backprop(root).html()
    for i, node in enumerate(topological_order(root)):
        group = re.search(rf'<g [^>]*id="n{i}".*?</g>', html).group()
        rows = re.findall(r'data-row="(\w+)"', group)
        assert rows.count("data") == len(cells(node.data))
        assert rows.count("grad") == node.requires_grad * len(cells(node.data))


@pytest.mark.skipif(PURE is None, reason="graphviz-pure is not installed")
def test_graphviz_pure_lays_out_the_same_page(monkeypatch):
    script = backprop(neuron())
    monkeypatch.setenv("MICROGRAD_OPT_DOT", PURE)
    html = script.html()
    assert len(re.findall(r'<g [^>]*id="n\d+"', html)) == 10
    assert len(re.findall(r'data-row="grad"', html)) == 10


def test_without_a_program_for_layout_there_is_the_one_error(monkeypatch, tmp_path):
    monkeypatch.delenv("MICROGRAD_OPT_DOT", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    script = backprop(neuron())
    with pytest.raises(RuntimeError) as error:
        script.save(tmp_path / "steps.html")
    assert str(error.value) == render.NO_DOT and not list(tmp_path.iterdir())
    shown = script._repr_mimebundle_()
    assert list(shown) == ["text/plain"] and shown["text/plain"].startswith(f"{script!r}: no Graph")


@needs_dot
def test_saving_writes_the_page_and_returns_the_path(tmp_path):
    script = backprop(cube())
    path = script.save(tmp_path / "steps.html")
    assert path.read_text(encoding="utf-8") == script.html()
    assert [file.name for file in tmp_path.iterdir()] == ["steps.html"]
    with pytest.raises(ValueError, match=r"'steps.svg' must end in .html"):
        script.save(tmp_path / "steps.svg")


@needs_dot
def test_a_notebook_shows_the_page_in_a_frame():
    script = backprop(cube())
    shown = script._repr_mimebundle_()
    ((tag, attributes),) = Reader(shown["text/html"]).tags
    assert tag == "iframe" and attributes["srcdoc"] == script.html()
    assert attributes["sandbox"] == "allow-scripts" and shown["text/plain"] == repr(script)


def test_the_summary_of_a_page_is_escaped_in_the_title_of_its_frame():
    summary = "Zoom('a \"quoted\" <label> & more')"
    page = Page(summary, lambda time_limit: "<p>&amp;</p>")
    ((tag, attributes),) = Reader(page._repr_mimebundle_()["text/html"]).tags
    assert (tag, attributes["title"], attributes["srcdoc"]) == ("iframe", summary, "<p>&amp;</p>")
