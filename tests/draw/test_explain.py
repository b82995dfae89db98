"""The chain rule in words: whole texts worked out by hand, and what holds for any graph."""

import random
import re
from unicodedata import east_asian_width

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value
from micrograd_opt.draw.tape.words import NOTES
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op
from test_random_graphs import tensors_graph, values_graph

explain = mo.explain


def text_of(root, **options):
    return repr(explain(root, **options))


def after(heading, text):
    """The lines below a heading, up to the next empty one."""
    block = next(part for part in text.split("\n\n") if part.startswith(heading))
    return block.split("\n")[1:]


EXPRESSION = """\
Forward: each node is computed from those above it
  a  = 2
  c  = 10
  b  = -3
  e  = a * b = 2 * -3 = -6
  d  = e + c = -6 + 10 = 4
  v6 = d ** 2 = 4 ** 2 = 16
  L  = v6 + a = 16 + 2 = 18

Backward: when its gradient g is complete, a node sends each parent g * ∂node/∂parent
  #1 L = v6 + a    g = ∂L/∂L = 1
        ∂L/∂v6 = 1   v6 gets g = 1
        ∂L/∂a = 1    a gets g = 1   arrival 1 of 2
  #2 v6 = d ** 2   g = ∂L/∂v6 = 1
        ∂v6/∂d = 8   d gets g * 2 * d ** (2 - 1) = 1 * 2 * 4 ** (2 - 1) = 8
  #3 d = e + c     g = ∂L/∂d = 8
        ∂d/∂e = 1   e gets g = 8
        ∂d/∂c = 1   c gets g = 8
  #4 e = a * b     g = ∂L/∂e = 8
        ∂e/∂a = -3   a gets g * b = 8 * -3 = -24   arrival 2 of 2: 1 + (-24) = -23
        ∂e/∂b = 2    b gets g * a = 8 * 2 = 16
  #5 b             g = ∂L/∂b = 16
  #6 c             g = ∂L/∂c = 8
  #7 a             g = ∂L/∂a = -23

Gradients of the leaves, which backward() adds to their .grad
  ∂L/∂b = 16
  ∂L/∂c = 8
  ∂L/∂a = 1 + (-24) = -23"""


def test_the_text_of_a_small_expression():
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    loss = d**2 + a
    loss.label = "L"
    assert text_of(loss) == EXPRESSION


ROWS = """\
Forward: each node is computed from those above it
  b  = 0.5
  v1 = expand(b, (3,)) = expand(0.5, (3,)) = [0.5, 0.5, 0.5]
  w  = [2, -1]
  v3 = reshape(w, (2, 1)) = reshape([2, -1], (2, 1)) = [[2], [-1]]
  x  = [[1, 2], [0, -1], [3, 1]]   (constant)
  v5 = x @ v3 = [[1, 2], [0, -1], [3, 1]] @ [[2], [-1]] = [[0], [1], [5]]
  v6 = reshape(v5, (3,)) = reshape([[0], [1], [5]], (3,)) = [0, 1, 5]
  v7 = v6 + v1 = [0, 1, 5] + [0.5, 0.5, 0.5] = [0.5, 1.5, 5.5]
  v8 = relu(v7) = relu([0.5, 1.5, 5.5]) = [0.5, 1.5, 5.5]
  v9 = sum(v8) = sum([0.5, 1.5, 5.5]) = 7.5

Backward: when its gradient g is complete, a node sends each parent g * ∂node/∂parent
  #1 v9 = sum(v8)              g = ∂v9/∂v9 = 1
        v8 gets expand(g, (3,)) = expand(1, (3,)) = [1, 1, 1]
  #2 v8 = relu(v7)             g = ∂v9/∂v8 = [1, 1, 1]
        v7 gets where(step(v7), g, 0) = where(step([0.5, 1.5, 5.5]), [1, 1, 1], 0) = [1, 1, 1]
  #3 v7 = v6 + v1              g = ∂v9/∂v7 = [1, 1, 1]
        v6 gets g = [1, 1, 1]
        v1 gets g = [1, 1, 1]
  #4 v6 = reshape(v5, (3,))    g = ∂v9/∂v6 = [1, 1, 1]
        v5 gets reshape(g, (3, 1)) = reshape([1, 1, 1], (3, 1)) = [[1], [1], [1]]
  #5 v5 = x @ v3               g = ∂v9/∂v5 = [[1], [1], [1]]
        v3 gets x.T @ g = [[1, 2], [0, -1], [3, 1]].T @ [[1], [1], [1]] = [[4], [2]]
  #6 v3 = reshape(w, (2, 1))   g = ∂v9/∂v3 = [[4], [2]]
        w gets reshape(g, (2,)) = reshape([[4], [2]], (2,)) = [4, 2]
  #7 w                         g = ∂v9/∂w = [4, 2]
  #8 v1 = expand(b, (3,))      g = ∂v9/∂v1 = [1, 1, 1]
        b gets sum_to(g, ()) = sum_to([1, 1, 1], ()) = 3
  #9 b                         g = ∂v9/∂b = 3

Gradients of the leaves, which backward() adds to their .grad
  ∂v9/∂w = [4, 2]
  ∂v9/∂b = 3

sum_to(g, shape) adds up all that expand had copied from one element.
step(x) is 1 for x > 0, else 0; where(c, a, b) is a where c is not 0, else b.
expand(g, shape) copies g along the dims that were summed."""


def test_the_text_of_a_batch_of_rows_times_a_vector_of_weights():
    x = Tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]], label="x")
    w = Tensor([2.0, -1.0], requires_grad=True, label="w")
    b = Tensor(0.5, requires_grad=True, label="b")
    loss = ((x @ w + b).relu()).sum()
    assert text_of(loss) == ROWS


def test_a_large_tensor_is_its_shape_and_at_last_its_norm():
    w = Tensor([[1.0] * 30] * 2, requires_grad=True, label="w")
    text = text_of((w * w).sum())
    assert "w gets g * w = (2, 30) * (2, 30) = shape (2, 30)   arrival 1 of 2" in text
    assert "   arrival 2 of 2: so far shape (2, 30)" in text
    assert after("Gradients", text) == ["  ∂v2/∂w = shape (2, 30), norm 15.49, the sum of 2"]


def test_a_gradient_of_many_arrivals_is_not_written_out():
    a = Value(1.0, "a")
    few, many = a * 2.0 + a * 3.0, sum((a * 2.0 for _ in range(9)), a)
    assert after("Gradients", text_of(few)) == ["  ∂v5/∂a = 2 + 3 = 5"]
    assert after("Gradients", text_of(many))[0].endswith("∂a = 19, the sum of 10")


# ---- names


def test_nodes_without_a_label_are_numbered_in_topological_order():
    x = Value(2.0)
    z = (x * 3.0 + x).tanh()
    lines = after("Forward", text_of(z))
    assert [line.split()[0] for line in lines] == ["v0", "v2", "v3", "v4"]
    assert text_of(z) == text_of(z)


def test_labels_that_are_the_same_are_told_apart():
    first, second = Value(2.0, "w"), Value(3.0, "w")
    assert after("Forward", text_of(first * second)) == [
        "  w:v0 = 3",
        "  w:v1 = 2",
        "  v2   = w:v1 * w:v0 = 2 * 3 = 6",
    ]


def test_a_label_v2_does_not_pass_for_node_2():
    x = Value(2.0, "v2")
    names = [line.split()[0] for line in after("Forward", text_of(x * x * x))]
    assert names == ["v2:v0", "v1", "v2"]


def test_where_a_node_is_called_g_its_gradient_is_called_grad():
    g = Value(2.0, "g")
    text = text_of(g * 3.0)
    assert "when its gradient grad is complete, a node sends each parent grad * " in text
    assert "g gets grad * 3 = 1 * 3 = 3" in text
    both = Value(2.0, "g") * Value(5.0, "grad")
    assert "g gets grad * grad:v0 = 1 * 5 = 5" in text_of(both)


def test_a_label_of_several_words_stands_in_parentheses_only_inside_a_formula():
    product = Value(2.0, "w*x + v*u")
    lines = text_of((product * 2.0).tanh()).split("\n")
    assert "  w*x + v*u = 2" in lines
    assert any("= (w*x + v*u) * 2 =" in line for line in lines)
    assert any(line.startswith("  ∂v3/∂(w*x + v*u) = ") for line in lines)


def test_constants_of_a_formula_are_numbers_and_named_ones_are_listed():
    x = Tensor([[1.0, 2.0]], requires_grad=True, label="x")
    half, ones = Tensor([[0.5]], label="half"), Tensor([[1.0], [1.0]])
    lines = after("Forward", text_of((x * 2.0) @ ones * half))
    assert any("= x * 2 = [[1, 2]] * 2 = [[2, 4]]" in line for line in lines)
    assert any(re.search(r"v\d+ += \[\[1\], \[1\]\]   \(constant\)", line) for line in lines)
    assert any(line.split() == ["half", "=", "[[0.5]]", "(constant)"] for line in lines)


HOSTILE = [
    "a\nb", "a\r\n\tb", "\0", "\x1b[31mred\x1b[0m", "\ud800", "\u202eabc", "\u2028", "\x85", "\x7f",
    "x" * 20000, "漢字" * 9000, "🙂" * 50, "\u0301" * 20000, "a b" * 7000, "#1", "= 3", "   ", "",
    "∂L/∂a", "g", "grad", "v0", "-", "-1", "(3, 2)", "[1]", "**", "None", "{0}", "%s",
    "\\", "'", '"',
]  # fmt: skip


def width(line):
    return sum(2 if east_asian_width(c) in "FW" else 1 for c in line)


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_label_adds_no_line_no_control_and_no_width(label):
    def text(name):
        x, y = Value(2.0, name), Value(3.0, name)
        z = (x * y + y).relu()
        z.label = name
        return text_of(z + x)

    found, plain = text(label), text("w")
    assert all(width(line) <= 100 for line in found.split("\n"))
    assert all(line.isprintable() for line in found.split("\n"))
    assert found.count("\n\n") == plain.count("\n\n")
    assert len(re.findall(r"^  #\d ", found, re.M)) == len(re.findall(r"^  #\d ", plain, re.M)) == 6


def test_a_formula_of_long_labels_is_cut_and_what_follows_hangs_below():
    labels = ["x" * 24, "y" * 24, "z" * 24, "w" * 24]
    z = ops.where(*[Value(1.0, label) for label in labels[:3]])
    z.label = labels[3]
    head, below = after("Backward", text_of(z))[:2]
    assert head.startswith("  #1 wwww") and head.endswith("…") and width(head) == 100
    assert re.fullmatch(r" {40,}g = ∂w{24}/∂w{24}", below)


def test_a_label_need_not_be_a_string():
    assert "  7  = 2" in text_of(Value(2.0, 7) * 3.0).split("\n")


# ---- any graph


def labelled(make, leaves, rng):
    labels = [None, "w", "layers.0.attention.query.weight", "w*x + b", "損失" * 8, "m" * 50]
    return [make(x, rng.choice(labels)) for x in leaves]


@pytest.mark.parametrize("graph", [values_graph, tensors_graph])
def test_a_random_graph_is_told_in_100_columns_and_ends_at_backwards_gradients(graph):
    rng = random.Random(0)
    for seed in range(60):
        leaves, function = graph(seed)
        if isinstance(leaves[0], float):
            nodes = labelled(Value, leaves, rng)
        else:
            nodes = labelled(lambda x, label: Tensor(x, True, label), leaves, rng)
        root = function(*nodes)
        told = explain(root, max_nodes=None)
        lines = repr(told).split("\n")
        assert max(map(width, lines)) <= 100
        assert not any(line != line.rstrip() for line in lines)
        assert sum(line.startswith("  #") for line in lines) == len(told.tape.visits)
        root.backward()
        for visit in told.tape.visits:
            node = told.tape.order[visit.index]
            if node.op is None and visit.gradient is not None:
                assert repr(visit.gradient) == repr(node.grad) or visit.gradient == node.grad


def test_the_table_of_leaves_says_what_backward_adds():
    x = [Value(v, f"x{i}") for i, v in enumerate((0.3, -1.2, 2.0))]
    loss = (x[0] * x[1] + x[2].sigmoid() * x[0]) ** 2 / x[1]
    table = after("Gradients", text_of(loss))
    loss.backward()
    said = {line.split("/∂")[1].split()[0]: line.split(" = ")[-1] for line in table}
    assert said == {node.label: f"{node.grad:.4g}" for node in x}


def test_explaining_changes_no_gradient():
    x = Value(3.0)
    x.grad = 7.0
    z = x * x
    explain(z)
    assert (x.grad, z.grad) == (7.0, 0.0)


def test_the_text_stays_as_it_was_told():
    x = Value(3.0, "x")
    told = explain(x * x)
    before = repr(told)
    x.data = 4.0
    x.label = "y"
    assert repr(told) == str(told) == before


def test_where_no_gradient_arrives_it_says_so():
    x, y = Value(2.0, "x"), Value(5.0, "y")
    text = text_of(ops.where(x.exp(), y, 0.0))
    assert "gets nothing: where is flat in it" in text
    assert "  ∂v4/∂x   no gradient arrives" in after("Gradients", text)
    assert re.search(r"#\d v\d = exp\(x\) +no gradient arrives", text)


def test_the_gradient_that_arrives_can_be_given():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    text = text_of(x * 3.0, gradient=[1.0, 10.0])
    assert "x gets g * 3 = [1, 10] * 3 = [3, 30]" in text


@pytest.mark.parametrize("op", ["tanh", "sigmoid"])
def test_the_textbooks_rule_in_a_note_is_the_rule(op):
    rule = re.search(r"rule is (.*), in a form", NOTES[op])[1]
    x = Value(0.7)
    z = getattr(x, op)()
    z.backward()
    assert eval(rule, {"g": 1.0, "z": z.data}) == pytest.approx(x.grad, rel=1e-14)


def test_each_note_is_about_an_op_of_the_table():
    assert NOTES.keys() <= {op.name for op in vars(ops).values() if isinstance(op, Op)}


# ---- errors


def test_a_graph_too_long_to_read_is_refused_with_the_remedy():
    z = Value(1.0)
    for _ in range(199):
        z = z.tanh()
    assert text_of(z).count("  #") == 200
    z = z.tanh()
    with pytest.raises(ValueError, match=r"explain: 201 nodes.* is 200: .* max_nodes \(None"):
        explain(z)
    assert text_of(z, max_nodes=None).count("  #") == 201
    with pytest.raises(ValueError, match="explain: max_nodes must be in .1, 2, …., got 0"):
        explain(z, max_nodes=0)


def test_what_cannot_be_explained_is_an_error_at_once():
    with pytest.raises(TypeError, match="explain: expected a Value or a Tensor, got float"):
        explain(3.0)
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        explain(Tensor([1.0, 2.0]).sum())
    with pytest.raises(ValueError, match=r"shape \(2,\) has 2 elements"):
        explain(Tensor([1.0, 2.0], requires_grad=True))
    x = Value(3.0)
    z = x * x
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after mul used it"):
        explain(z)


def test_a_compiled_loss_has_no_graph_to_explain():
    w = Value(2.0, label="w")
    loss = mo.compile(lambda x: w * x + w)(3.0)
    with pytest.raises(ValueError, match="comes from a compiled function"):
        mo.explain(loss)
    with pytest.raises(ValueError, match="comes from a compiled function"):
        mo.draw.backprop(loss)
