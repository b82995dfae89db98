"""Pictures of graphs: what each node shows, the colours, the DOT text, and labels by anyone."""

import math
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import step_graphs

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.draw import Drawing, draw
from micrograd_opt.draw.dot import colours, dot
from micrograd_opt.draw.picture.boxes import SYMBOLS, Box
from micrograd_opt.draw.picture.picture import COMMUTE, picture
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op, topological_order

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` is installed")


def neuron():
    """The one of the step page, after backward."""
    out = step_graphs.neuron()
    out.backward()
    return out


def boxes(root, **options):
    return picture(root, **options).boxes


def box(root, label=""):
    (found,) = [box for box in boxes(root) if box.label == label]
    return found


def arrows(source):
    return re.findall(r"(n\d+ -> n\d+)", source)


# ---- the call


def test_the_module_is_a_package_and_a_function():
    x = Value(3.0)
    assert mo.draw(x * x).source == mo.draw.draw(x * x).source == draw(x * x).source
    assert isinstance(mo.draw(x), mo.draw.Drawing) and Drawing is mo.draw.Drawing
    assert all(hasattr(mo.draw, name) for name in mo.draw.__all__)


def test_a_compiled_loss_has_no_graph_to_draw():
    w = Value(2.0, label="w")
    loss = mo.compile(lambda x: w * x + w)(3.0)
    for root in (loss, loss * 2.0):
        with pytest.raises(ValueError, match="draw: this comes from a compiled function, whose gr"):
            mo.draw(root)


def test_importing_does_not_import_graphviz():
    code = "import sys, micrograd_opt.draw; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("root", [None, 3.0, [Value(1.0)], "x", Value])
def test_only_a_node_can_be_drawn(root):
    with pytest.raises(TypeError, match=rf"draw: .*Value or a Tensor, got {type(root).__name__}"):
        mo.draw(root)


def test_too_many_nodes_are_refused_with_the_number_and_the_remedy():
    x = Value(1.0)
    for _ in range(201):
        x = x.relu()
    with pytest.raises(ValueError, match=r"202 nodes are 202 boxes.*200.*max_nodes \(None"):
        mo.draw(x)
    assert repr(mo.draw(x, max_nodes=202)) == "Drawing(202 nodes, 201 edges)"
    assert repr(mo.draw(x, max_nodes=None)) == "Drawing(202 nodes, 201 edges)"


def test_a_deep_graph_is_written_without_recursion():
    x = Value(1.0)
    for _ in range(20_000):
        x = x.relu()
    assert len(arrows(mo.draw(x, max_nodes=None).source)) == 20_000


@pytest.mark.parametrize("direction", ["lr", "", None, "LR]; n9 ["])
def test_a_wrong_direction_is_refused(direction):
    with pytest.raises(ValueError, match="direction must be one of 'LR', 'RL', 'TB', 'BT', got"):
        mo.draw(Value(1.0), direction=direction)


def test_the_direction_is_graphvizs_rankdir():
    assert "rankdir=LR" in mo.draw(Value(1.0)).source
    assert "rankdir=TB" in mo.draw(Value(1.0), direction="TB").source


# ---- what a box shows


def test_a_box_shows_symbol_label_data_gradient_and_turn():
    out = neuron()
    assert box(out, "out") == Box(
        (out,), "op", "tanh", "out", (("data", "0.7071"), ("grad", "1")), 1.0, 1
    )
    w1 = box(neuron(), "w1")
    assert (w1.kind, w1.symbol) == ("leaf", "")
    assert w1.rows == (("data", "−3"), ("grad", "1"))
    assert box(neuron(), "x1").rows == (("data", "2"), ("grad", "−1.5"))
    assert box(neuron(), "x1").gradient == pytest.approx(1.5)


def test_the_turns_are_the_order_in_which_backward_meets_the_nodes():
    a = Value(2.0, label="a")
    b = a * 3.0
    b.label = "b"
    c = b + a
    c.label = "c"
    shown = {box.label: box.turn for box in boxes(c)}
    assert shown == {"c": 1, "b": 2, "a": 3, "": None}  # the constant 3 has no turn


def test_a_constant_is_a_bare_number_and_takes_no_gradient():
    x = Value(2.0)
    y = x * 3.0
    y.backward()
    (constant,) = [box for box in boxes(y) if box.kind == "constant"]
    three = constant.nodes
    assert constant == Box(three, "constant", "", "", (("data", "3"),), None, None)
    assert "<TD>3</TD>" in mo.draw(y).source
    assert ">shape</FONT>" in mo.draw(Tensor([1.0] * 5)).source


def test_leaves_constants_and_ops_differ_in_their_borders():
    x = Value(2.0, label="x")
    borders = set()
    for line in mo.draw((x * 3.0).relu()).source.splitlines():
        if re.match(r"  n\d+ \[", line):
            borders.add(line[line.index("style=") : line.index(", fillcolor")])
    assert len(borders) == 3


def test_every_op_of_the_table_has_a_symbol_or_its_name():
    names = [op.name for op in vars(ops).values() if isinstance(op, Op)]
    assert set(SYMBOLS) <= set(names) and set(names) >= COMMUTE
    assert SYMBOLS["mul"] == "×" and "tanh" not in SYMBOLS
    x = Value(2.0)
    shown = [boxes(y)[-1].symbol for y in (x + 1, x - 1, x * 2, x / 2, x**2, x.sqrt(), -x)]
    assert shown == ["+", "−", "×", "÷", "xʸ", "√", "neg"]


def test_moving_data_about_has_its_name_where_it_stands_alone_and_none_in_a_summary():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert [box.symbol for box in boxes(x.T.reshape(2))] == ["", "permute", "reshape"]
    linear = mo.nn.Linear(2, 2)
    assert boxes(linear(x).sum(), level="neuron")[1].symbol == "@ +"


def test_without_values_there_are_no_numbers():
    plain = boxes(neuron(), values=False)
    assert all(box.rows == () for box in plain)
    assert [box.turn for box in plain] == [box.turn for box in boxes(neuron())]
    source = mo.draw(neuron(), values=False).source
    assert "data" not in source and "0.7071" not in source and "tanh" in source
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert boxes(x, values=False)[0].rows == (("shape", "(1, 2)"),)


def test_a_small_tensor_shows_its_numbers_a_large_one_the_norm_of_its_gradient():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="w")
    x = Tensor([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]], label="x")
    h = w @ x
    h.label = "h"
    loss = h.sum()
    loss.label = "loss"
    loss.backward()
    assert box(loss, "w").rows == (
        ("shape", "(2, 2)"), ("data", "[[1, 2], [3, 4]]"), ("grad", "[[2, 2], [2, 2]]"),
    )  # fmt: skip
    assert box(loss, "w").gradient == 4.0
    assert box(loss, "h").rows == (("shape", "(2, 3)"), ("‖grad‖", "2.449"))
    assert box(loss, "h").symbol == "@"
    assert box(loss, "x").rows == (("shape", "(2, 3)"),)
    assert box(loss, "loss").rows == (("data", "20"), ("grad", "1"))


def test_a_tensor_before_backward_has_no_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    before = box(x.sum(), "x")
    assert before.gradient is None and before.rows[-1] == ("grad", "none")
    assert "no gradient yet: call backward()" in mo.draw(x.sum()).source
    assert "no gradient yet" not in mo.draw(neuron()).source
    assert "no gradient yet" not in mo.draw(Tensor([1.0])).source  # it never takes one


def test_empty_tensors_can_be_drawn():
    x = Tensor([], requires_grad=True, label="x")
    loss = x.sum()
    loss.backward()
    assert box(loss, "x").rows == (("shape", "(0,)"), ("data", "[]"), ("grad", "[]"))
    assert "x" in mo.draw(loss).source


@pytest.mark.parametrize(
    ("x", "shown"),
    [(-0.0, "0"), (0.1 + 0.2, "0.3"), (-1e-12, "−1e−12"), (123456.0, "1.235e+05"),
     (math.inf, "inf"), (-math.inf, "−inf"), (math.nan, "nan")],
)  # fmt: skip
def test_numbers_have_four_digits_and_a_true_minus(x, shown):
    assert boxes(Value(x))[0].rows[0] == ("data", shown)


# ---- edges


def test_a_value_used_twice_has_two_arrows():
    x = Value(3.0)
    assert arrows(mo.draw(x * x).source) == ["n0 -> n1", "n0 -> n1"]


def test_arrows_are_numbered_only_where_the_order_of_the_arguments_matters():
    x, y = Value(3.0), Value(2.0)
    places = {
        op: sorted((place for _, _, place, _ in picture(z).edges), key=str)
        for op, z in {"+": x + y, "×": x * y, "−": x - y, "÷": x / x, "relu": x.relu()}.items()
    }
    assert places == {"+": [None] * 2, "×": [None] * 2, "−": [1, 2], "÷": [1, 2], "relu": [None]}
    shown = picture(x - y)
    i, j, place, _ = shown.edges[1]
    assert (shown.boxes[i].nodes, shown.boxes[j].symbol, place) == ((y,), "−", 2)
    assert ", headlabel=2]" in mo.draw(x - y).source


def test_the_nodes_are_numbered_in_topological_order():
    a, b = Value(1.0), Value(2.0)
    source = mo.draw((a + b) * (a + b).relu()).source
    declared = re.findall(r"^  (n\d+) \[", source, re.MULTILINE)
    assert sorted(declared) == [f"n{i}" for i in range(6)]
    for arrow in arrows(source):
        start, end = re.findall(r"\d+", arrow)
        assert int(start) < int(end)


@pytest.mark.parametrize("level", ["op", "chain"])
def test_arguments_are_declared_from_the_first_to_the_last(level):
    """For dot puts what it reads first on top, or on the left."""
    w, x, b = (Value(2.0, label=label) for label in "wxb")
    source = mo.draw((w * x).tanh() + b, level=level).source
    assert [label for label in re.findall(r"<I>(\w)</I>", source) if label != "b"] == ["w", "x"]


def test_the_same_graph_gives_the_same_bytes_in_every_process():
    code = (
        "import random, micrograd_opt as mo\n"
        "from micrograd_opt.draw.picture.levels import LEVELS\n"
        "net = mo.nn.scalar.MLP(2, [4, 4, 1], rng=random.Random(0))\n"
        "y = sum(net([x, 1.0]) for x in (1.0, 2.0)); y.backward()\n"
        "for level in LEVELS:\n"
        "    print(ascii(mo.draw(y, level=level, title='t').source))"
    )
    sources = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(sources) == 1


# ---- colours


def fills(source):
    found = re.findall(r'^  n(\d+) .*fillcolor="(#\w+)"', source, re.MULTILINE)
    return [colour for _, colour in sorted(found, key=lambda node: int(node[0]))]


def test_the_scale_is_five_equal_steps_of_log10():
    assert colours.scale([1e-5, 1.0, 1e-2]) == pytest.approx([-5, -4, -3, -2, -1, 0])
    assert colours.scale([0.0, math.inf, math.nan, 1.0, 10.0]) == pytest.approx(
        [0, 0.2, 0.4, 0.6, 0.8, 1]
    )
    assert len(colours.scale([1.0, 2.0])) == 6
    assert colours.scale([2.0, 2.1]) == pytest.approx([math.log10(2.0), math.log10(2.1)])
    assert colours.scale([]) == colours.scale([0.0, math.nan]) == []


def test_each_box_has_the_colour_of_its_gradient():
    x = Value(1.0)
    y = x
    for _ in range(5):
        y = y * 10.0
    y.backward()  # gradients 1, 10 … 100,000
    found = [c for c in fills(mo.draw(y).source) if c != colours.ZERO]  # constants are white
    steps = [*colours.STEPS, colours.STEPS[-1]]
    assert sorted(found, key=colours.STEPS.index) == steps
    assert fills(mo.draw(x).source) == [colours.STEPS[2]]  # a single size


def test_zero_and_what_is_not_finite_have_colours_of_their_own_in_the_key():
    zero, y = Value(0.0), Value(1.0)
    root = zero * y + zero.log() * zero  # y gets 0, log(0) 0, and 0 gets NaN
    root.backward()
    source = mo.draw(root).source
    assert math.isnan(zero.grad) and y.grad == 0.0
    assert set(fills(source)) == {colours.ZERO, colours.NOT_FINITE, colours.STEPS[2]}
    assert "inf or nan" in source and f'BGCOLOR="{colours.ZERO}">0</TD>' in source
    source = mo.draw(neuron()._prev[0]._prev[1]).source  # b alone, with a plain gradient
    assert "inf or nan" not in source and f'BGCOLOR="{colours.ZERO}"' not in source


@pytest.mark.parametrize("size", [5e-324, 1e-300, sys.float_info.max])
def test_extreme_gradients_have_a_colour_and_a_key(size):
    x = Value(1.0)
    y = x * size
    y.backward()
    source = mo.draw(y).source
    assert colours.STEPS[0] in fills(source) and colours.STEPS[-1] in fills(source)


def test_dark_text_reads_on_every_colour():
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light = [luminance(c) for c in (colours.ZERO, *colours.STEPS)]
    assert light == sorted(light, reverse=True)  # the steps differ in grey too
    kinds = [colour for colour, _ in colours.KINDS.values()]
    for fill in (colours.ZERO, colours.NOT_FINITE, *colours.STEPS, *kinds):
        for text in (colours.INK, colours.GREY):
            contrast = (luminance(fill) + 0.05) / (luminance(text) + 0.05)
            assert contrast >= 4.5, (fill, text)  # WCAG 2.1, level AA


def test_the_colour_can_be_that_of_the_kind_of_op():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    loss = ((w @ w).tanh() * 2.0).sum()
    source = mo.draw(loss, color="op").source
    shown = [colours.by_kind(box) for box in boxes(loss)]
    assert fills(source) == shown
    assert [kind for _, kind in colours.kind_key(boxes(loss))] == [
        "arithmetic", "matrix product", "sums and softmax", "function", "leaf", "constant",
    ]  # fmt: skip
    for part in (">matrix product</TD>", ">leaf</TD>"):
        assert part in source
    assert "choice" not in source and "size of the gradient" not in source
    assert "several ops" in mo.draw(neuron(), level="chain", color="op").source


def test_every_op_has_a_kind_and_no_kind_names_what_is_no_op():
    names = {op.name for op in vars(ops).values() if isinstance(op, Op)}
    listed = [name for _, ops_ in colours.KINDS.values() for name in ops_.split()]
    assert set(listed) <= names and len(set(listed)) == len(listed)
    assert {"tanh", "relu", "exp"} <= names - set(listed)  # what is left is a function


def test_a_common_scale_can_be_forced():
    x = Value(1.0)
    y = x * 10.0
    y.backward()
    wide = colours.scale([1e-4, 1e4])
    assert fills(dot.source(picture(y))) != fills(dot.source(picture(y), ends=wide))
    assert (
        fills(dot.source(picture(y), ends=colours.scale([100.0, 1000.0])))[-1] == colours.STEPS[0]
    )


# ---- an op and its result apart


def test_an_op_and_its_result_can_be_two_nodes_as_in_micrograd():
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    source = mo.draw(y, two_nodes=True).source
    assert re.findall(r"^  (\w+ -> \w+)", source, re.MULTILINE) == ["o1 -> n1"] + ["n0 -> o1"] * 2
    assert re.findall(r"n0 -> o1 \[id=\"(.*?)\"", source) == ["n0-n1-1", "n0-n1-2"]
    op, result = (
        next(line for line in source.splitlines() if line.startswith(f"  {name} ["))
        for name in ("o1", "n1")
    )
    assert "<B>×</B>" in op and "×" not in result and "<I>y</I>" in result
    assert mo.draw(x, two_nodes=True).source == mo.draw(x).source


# ---- labels by anyone

HOSTILE = {
    "quote": '"', "quotes": '"];evil[label="', "apostrophe": "it's", "newline": "two\nlines",
    "crlf": "two\r\nlines", "trailing backslash": "a\\", "backslashes": "\\\\\\", "escape N": r"\N",
    "escapes": r"\G \E \L \l \n", "bold": "<b>bold</b>", "html label": "<<TABLE></TABLE>>",
    "record": "{a|b|{c|<p> d}}", "javascript": "javascript:alert(1)",
    "link": '<a href="javascript:alert(1)">x</a>', "entity": "&lt;b&gt; &amp; &#65; &nosuch;",
    "ampersand": "a & b", "script": "<script>alert(1)</script>", "comment": "--> <!-- // /* #",
    "cdata": "]]> <![CDATA[", "nul": "a\0b", "controls": "".join(map(chr, range(1, 32))) + "x",
    "c1": "a\x7f\x80\x9fb", "surrogate": "a\ud800b", "two surrogates": "\udc00\udfff",
    "not a character": "a\ufffe\uffffb", "long": "x" * 20_000, "long quotes": '"' * 20_000,
    "emoji": "loss 🙂", "right to left": "אבג \u202e abc", "combining": "e\u0301" * 10,
    "empty": "", "blank": " \t ", "percent": "%s %n {} $x", "port": "n0:p -> n1; }",
    "html escapes": "&#x3c;b&#x3e;", "separator": "a\u2028b", "a number": 7,
}  # fmt: skip


def shown(label):
    """What a reader should see of a label."""
    text = " ".join(str(label).split())
    text = text if len(text) <= 40 else text[:39] + "…"
    return re.sub("[\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_label_stays_inside_its_quotes(label):
    source = mo.draw(Value(1.5, label=label), title=str(label)).source
    source.encode()
    body = [line for line in source.splitlines() if re.match(r"  n0 \[", line)]
    assert len(body) == 1 and source.count("\n  n") == 2  # n0, and the defaults for `node`
    inside = body[0][body[0].index("label=<") + 7 : -2]
    assert ET.fromstring(inside).tag == "TABLE"  # what is between < and > is well-formed
    assert "href" not in source.lower().replace("&lt;a href=&quot;", "")


@needs_dot
@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_dot_draws_a_hostile_label_as_one_node_that_shows_it(label):
    svg = mo.draw(Value(1.5, label=label), title=str(label)).svg()
    tree = ET.fromstring(svg.encode())
    space = "{http://www.w3.org/2000/svg}"
    (node,) = [g for g in tree.iter(f"{space}g") if g.get("class") == "node"]
    texts = ["".join(t.itertext()).replace("\xa0", " ") for t in node.iter(f"{space}text")]
    assert texts == [*filter(None, [shown(label)]), "#1", "data", "1.5", "grad", "0"]
    tags = {element.tag.removeprefix(space) for element in tree.iter()}
    assert tags <= {"svg", "g", "title", "polygon", "path", "polyline", "text"}  # no a, no script


@needs_dot
def test_dot_draws_every_kind_of_graph():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="w")
    loss = ((w @ w).softplus() / w).max()
    loss.backward()
    nan = Value(0.0) / Value(0.0)
    nan.backward()
    bare = Value(1.0) + 2.0
    for root in (neuron(), loss, nan, bare, Tensor([1.0] * 5), Tensor([]), Value(1.0), w.sum()):
        for options in ({}, {"direction": "TB"}, {"values": False}, {"color": "op"}):
            svg = mo.draw(root, **options).svg()
            assert svg.count('class="node"') == len(topological_order(root))
            assert svg.count('class="edge"') == len(picture(root).edges)
        for options in ({"level": "chain"}, {"two_nodes": True}, {"leaves": False}):
            ET.fromstring(mo.draw(root, **options).svg().encode())


@needs_dot
def test_scripts_find_boxes_edges_and_frames_by_their_ids():
    net = mo.nn.scalar.MLP(2, [2, 1], rng=random.Random(0))
    y = net([1.0, 2.0])
    shown = picture(y)
    for options in ({}, {"two_nodes": True}):
        tree = ET.fromstring(mo.draw(y, **options).svg().encode())
        groups = {g.get("id"): g for g in tree.iter("{http://www.w3.org/2000/svg}g")}
        for i, box in enumerate(shown.boxes):
            texts = [t.text for t in groups[f"n{i}"].iter("{http://www.w3.org/2000/svg}text")]
            assert box.rows[0][1] in texts
            assert (f"o{i}" in groups) == (bool(options) and box.kind == "op")
        assert {f"n{e.tail}-n{e.head}-1" for e in shown.edges} <= set(groups)
        assert all(groups[f"c{i}"].get("class") == "cluster" for i in range(len(shown.clusters)))
