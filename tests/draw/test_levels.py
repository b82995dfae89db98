"""Levels, rolling and clusters: what shares a box, and that boxes never stand in a circle."""

import random
import re
from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, nn
from micrograd_opt.draw.picture import plan
from micrograd_opt.draw.picture.clusters import clusters
from micrograd_opt.draw.picture.levels import LEVELS, fold
from micrograd_opt.draw.picture.picture import picture
from micrograd_opt.engine.graph import topological_order
from micrograd_opt.engine.state import enter, state


def batch_loss(samples, rows=None, decay=0.0):
    """The hinge loss of an MLP 2-16-16-1 of Values: 641 ops a sample, and a few for the mean."""
    rng = random.Random(0)
    net = nn.scalar.MLP(2, [16, 16, 1], rng=rng)
    rows = rows or [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(samples)]
    losses = [(1.0 + net(row) * (-1.0) ** i).relu() for i, row in enumerate(rows)]
    loss = sum(losses) / len(losses)
    if decay:
        loss = loss + decay * sum(p * p for p in net.parameters())
    loss.backward()
    return loss


def box(shown, label):
    (found,) = [box for box in shown.boxes if box.label == label]
    return found


def symbols(shown):
    return sorted(box.symbol for box in shown.boxes if box.symbol)


class Line(nn.Module):
    def __init__(self):
        self.slope, self.offset = Value(2.0), Value(1.0)

    def forward(self, x):
        return self.slope * x + self.offset


# ---- the levels


def test_op_is_a_box_for_each_node_whatever_repeats():
    a = Value(1.0)
    shown = picture(a.relu() + a.relu(), level="op")
    assert len(shown.boxes) == 4 and shown.level == "op" and shown.caption == "3 ops"


def test_a_chain_of_products_and_sums_is_one_sigma():
    x, y, w, v, b = (Value(float(i), label=name) for i, name in enumerate("xywvb"))
    out = (w * x + v * y - b).tanh()
    out.backward()
    shown = picture(out, level="chain")
    sigma = shown.boxes[-2]
    assert (sigma.kind, sigma.symbol, len(sigma.nodes)) == ("fold", "Σ", 4)
    assert sigma.rows == (("data", "−1"), ("grad", "0.42"), ("4 ops", ""))
    assert sigma.gradient == out._prev[0].grad
    assert len(shown.boxes) == 7 and len(shown.edges) == 6
    assert shown.caption == "5 ops shown as 7 boxes by chain"


def test_a_chain_of_products_alone_is_a_pi():
    x = Value(2.0)
    assert picture(x * 2.0 * 3.0, level="chain").boxes[-1].symbol == "Π"
    assert picture(x * 2.0, level="chain").boxes[-1].symbol == "×"
    assert picture(x + 2.0 + 3.0, level="chain").boxes[-1].symbol == "Σ"


def test_a_term_with_a_label_or_a_second_use_ends_its_chain():
    x = Value(2.0, label="x")
    e = x * 3.0
    e.label = "e"
    assert len(picture(e + 1.0, level="chain").boxes) == 5
    twice = x * 3.0
    assert symbols(picture(twice * twice, level="chain")) == ["×", "×"]
    assert symbols(picture((x * 3.0).relu() + 1.0, level="chain")) == ["+", "relu", "×"]


def test_a_chain_ends_where_the_module_does():
    line = Line()
    assert symbols(picture(line(Value(1.0)) * 2.0 + 1.0, level="chain")) == ["Σ", "Σ"]


def test_a_neuron_is_one_box_with_its_parameters_inside():
    net = nn.scalar.MLP(2, [3, 1], rng=random.Random(0))
    out = net([Value(1.0, label="x0"), Value(-2.0, label="x1")])
    out.backward()
    shown = picture(out, level="neuron")
    neuron = box(shown, "neurons.1")
    own = net.layers[0].neurons[1]
    assert (neuron.kind, neuron.symbol) == ("fold", "Σ relu")
    assert {p for p in neuron.nodes if not p._prev} == {*own.w, own.b}
    assert [name for name, _ in neuron.rows] == ["data", "grad", "3 parameters", "5 ops"]
    norm = sum(p.grad**2 for p in own.parameters()) ** 0.5
    assert neuron.rows[2][1] == f"‖grad‖ {norm:.4g}"
    assert len(shown.boxes) == 2 + 3 + 1 and len(shown.edges) == 6 + 3
    assert shown.caption == "21 ops shown as 6 boxes by neuron; 13 parameters inside"


def test_a_layer_is_one_box_for_each_call():
    net = nn.scalar.MLP(2, [3, 1], rng=random.Random(0))
    shown = picture(net([1.0, 2.0]) + net([3.0, 4.0]), level="layer", roll=False)
    labels = [box.label for box in shown.boxes if box.kind == "fold"]
    assert sorted(labels) == ["layers.0", "layers.0", "layers.1", "layers.1"]
    (first, *_) = [box for box in shown.boxes if box.label == "layers.0"]
    assert len([node for node in first.nodes if node._prev]) == 15
    into = [edge for edge in shown.edges if shown.boxes[edge.head].label == "layers.1"]
    assert [edge.count for edge in into] == [3, 3]  # a value of each neuron


def test_a_linear_of_tensors_is_a_box_at_both_levels():
    net = nn.MLP(4, [3, 2], rng=random.Random(0))
    loss = net(Tensor([[1.0, 2.0, 3.0, 4.0]])).sum()
    loss.backward()
    for level in ("neuron", "layer"):
        shown = picture(loss, level=level)
        assert [box.symbol for box in shown.boxes] == ["", "@ +", "relu", "@ +", "Σ"]
        assert box(shown, "layers.0").rows[-2][0] == "15 parameters"


def test_layers_are_found_at_the_first_number_of_a_path():
    net = nn.Sequential(nn.scalar.MLP(1, [2, 1]), nn.scalar.MLP(1, [1]))
    shown = picture(net([1.0]), level="layer")
    assert [box.label for box in shown.boxes if box.kind == "fold"] == ["0", "1"]


def test_parameters_that_others_use_too_are_a_box_of_their_own_for_each_module():
    shown = picture(batch_loss(2, decay=0.1), level="layer")
    held = [box for box in shown.boxes if box.kind == "leaf"]
    assert sorted((box.label, box.rows[-1][0]) for box in held) == [
        ("layers.0", "48 parameters"), ("layers.1", "272 parameters"),
        ("layers.2", "17 parameters"),
    ]  # fmt: skip
    i = shown.boxes.index(box_of(shown, "layers.1", "leaf"))
    assert sorted(edge.count for edge in shown.edges if edge.tail == i) == [272, 272]


def box_of(shown, label, kind):
    (found,) = [box for box in shown.boxes if (box.label, box.kind) == (label, kind)]
    return found


def test_a_parameter_that_two_modules_share_is_inside_of_neither():
    class Tied(nn.Module):
        def __init__(self):
            self.first, self.second = Line(), Line()
            self.second.slope = self.first.slope

        def forward(self, x):
            return self.second(self.first(x))

    shown = picture(Tied()(Value(3.0, label="x")), level="neuron")
    assert sorted(box.label for box in shown.boxes) == ["first", "first.slope", "second", "x"]
    assert box(shown, "first.slope").kind == "leaf"


def test_a_parameter_that_the_user_named_stays_outside():
    line = Line()
    line.slope.label = "a"
    shown = picture(line(Value(3.0)), level="neuron")
    assert box(shown, "a").kind == "leaf" and shown.boxes[-1].rows[-2][0] == "1 parameter"


def test_numbers_of_a_modules_formula_are_inside_and_its_inputs_are_not():
    class Shifted(nn.Module):
        def forward(self, x):
            return (x * 2.0 + 1.0).relu()

    x = Value(3.0, label="x")
    assert [box.kind for box in picture(Shifted()(x), level="neuron").boxes] == ["leaf", "fold"]
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert [box.kind for box in picture(Shifted()(w), level="neuron").boxes] == ["leaf", "fold"]


def test_data_from_outside_is_no_number_of_a_formula_even_if_all_are_equal():
    line = nn.Linear(2, 1, rng=random.Random(0))
    shown = picture(line(Tensor([[1.0, 1.0]])), level="neuron")
    assert [box.kind for box in shown.boxes] == ["constant", "fold"]

    class Masked(nn.Module):
        def forward(self, x):
            return (x * Tensor([[1.0, 0.0]])).relu()  # a table, not a number

    shown = picture(Masked()(Tensor([[1.0, 1.0]], requires_grad=True)), level="neuron")
    assert sorted(box.kind for box in shown.boxes) == ["constant", "fold", "leaf"]


# ---- no circles


class Residual(nn.Module):
    """Hands its own x out to another module and takes the answer back."""

    def __init__(self):
        self.inner = Line()

    def forward(self, x):
        x = x.relu()
        return x + self.inner(x)


def test_a_module_around_another_is_cut_before_and_after_it():
    shown = picture(Residual()(Value(1.0)), level="neuron")
    assert [box.symbol for box in shown.boxes] == ["", "relu", "Σ", "+"]


def test_what_serves_one_result_is_not_cut():
    class Twice(nn.Module):
        def __init__(self):
            self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            x = x * 2.0
            x = x + self.first(x)
            return x + self.second(x)

    x = Tensor([[1.0, 2.0]], requires_grad=True)
    shown = picture(Twice()(x).sum(), level="neuron")
    assert [box.symbol for box in shown.boxes] == ["", "×", "@ +", "+", "@ +", "+", "Σ"]


def test_the_steps_of_a_recurrent_net_are_boxes_of_their_own():
    class Recurrent(nn.Module):
        def __init__(self):
            self.back, self.into = nn.Linear(2, 2), nn.Linear(1, 2)

        def forward(self, xs):
            h = mo.zeros(1, 2)
            for x in xs:
                h = (self.back(h) + self.into(x)).tanh()
            return h

    h = Recurrent()([Tensor([[1.0]]), Tensor([[2.0]]), Tensor([[3.0]])])
    shown = picture(h, level="neuron")
    labels = [(box.label, box.count) for box in shown.boxes if box.label]
    assert sorted(labels) == [("back", 1), ("back", 1), ("back", 1), ("into", 3)]


PATHS = [None, None, "", "a", "a.0", "a.1", "a.0.b", "a.0.b.2", "c"]


@st.composite
def graphs(draw):
    """The root of a random graph of Values, each made in a random module."""
    nodes = [Value(1.0) for _ in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(1, 14))):
        before = state()
        enter((True, draw(st.sampled_from(PATHS)), None, None))
        try:
            recent = st.integers(max(0, len(nodes) - 6), len(nodes) - 1)
            x, y = nodes[draw(recent)], nodes[draw(recent)]
            ops = [lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x.relu(),
                   lambda x, y: x * 2.0, lambda x, y: x.tanh()]  # fmt: skip
            nodes.append(draw(st.sampled_from(ops))(x, y))
        finally:
            enter(before)
    return nodes[-1]


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from(list(LEVELS)), st.booleans())
def test_boxes_of_any_graph_hold_each_node_once_and_form_no_cycle(root, level, roll):
    shown = picture(root, level=level, roll=roll)
    order = topological_order(root)
    number = {node: i for i, box in enumerate(shown.boxes) for node in box.nodes}
    assert sum(len(box.nodes) for box in shown.boxes) == len(number) == len(order)
    assert all(edge.tail < edge.head for edge in shown.edges)
    used = {(number[p], number[x]) for x in order for p in x._prev if number[p] != number[x]}
    assert {(edge.tail, edge.head) for edge in shown.edges} == used
    wanted = [i for i, box in enumerate(shown.boxes) if any(x.requires_grad for x in box.nodes)]
    turns = [box.turn for box in shown.boxes]
    assert [turns[i] for i in reversed(wanted)] == list(range(1, len(wanted) + 1))
    mo.draw(root, level=level, roll=roll)


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from(["chain", "neuron", "layer"]))
def test_a_box_never_mixes_modules_and_a_chain_has_one_result(root, level):
    order = topological_order(root)
    uses = {node: [user for user in order if node in user._prev] for node in order}
    box = fold(order, uses, level).box
    before = {box[node]: set() for node in order}
    for node in order:
        before[box[node]] |= {box[p] for p in node._prev} - {box[node]}
    list(TopologicalSorter(before).static_order())  # CycleError where there is one
    for name in before:
        ops = [node for node in order if box[node] is name and node._prev]
        homes = {node.module if level != "layer" else top(node.module) for node in ops}
        assert len(homes) <= 1
        outside = [node for node in ops if any(box[user] is not name for user in uses[node])]
        assert len(outside) <= 1 or level != "chain"


def top(path):
    """The layer of a path of PATHS."""
    return path[:3] if path and path[0] == "a" and len(path) > 1 else path


# ---- repeats


def test_a_batch_is_drawn_once():
    shown = picture(batch_loss(3))
    assert shown.level == "neuron" and len(shown.boxes) <= 200 and len(shown.edges) <= 600
    neurons = [box for box in shown.boxes if "neurons" in box.label]
    assert len(neurons) == 33 and {box.count for box in neurons} == {3}
    assert re.fullmatch(
        r"1,93\d ops shown as \d\d boxes by neuron; repeats drawn once, ×3; 337 parameters inside",
        shown.caption,
    )


def test_a_larger_batch_makes_no_larger_picture():
    sizes = {(len(p.boxes), len(p.edges)) for p in (picture(batch_loss(n)) for n in (3, 8))}
    assert len(sizes) == 1


def test_inputs_that_are_values_roll_too_as_micrograds_users_write_them():
    rows = [[Value(0.5), Value(-0.5)] for _ in range(3)]
    shown = picture(batch_loss(3, rows), level="neuron")
    assert [box.count for box in shown.boxes if box.kind == "leaf"] == [3, 3]


def test_a_rolled_box_shows_range_norm_and_count():
    line = Line()
    loss = sum((line(float(x)) - 1.0) ** 2.0 for x in (1, 2, 3))
    loss.backward()
    shown = picture(loss, level="neuron")
    (rolled,) = [box for box in shown.boxes if box.rows[-1][0] == "2 ops"]
    assert rolled.count == 3 and rolled.symbol == "Σ"
    gradients = [2 * (2 * x + 1 - 1) for x in (1, 2, 3)]
    norm = sum(g * g for g in gradients) ** 0.5
    assert rolled.gradient == pytest.approx(norm)
    assert rolled.rows[:2] == (("data", "3 … 7"), ("‖grad‖", f"{norm:.4g}"))
    (last,) = [edge for edge in shown.edges if edge.count > 1]
    assert last.count == 3 and shown.boxes[last.tail].symbol == "xʸ"  # three squares, one sum
    assert 'taillabel="×3"' in mo.draw(loss, level="neuron").source
    assert {box.count for box in picture(loss, level="neuron", roll=False).boxes} == {1}


def test_parameters_never_roll():
    x = Value(1.0, label="x")
    ws = [Value(2.0), Value(2.0)]
    shown = picture(sum((w * x).relu() for w in ws), level="chain")
    assert all(box.count == 1 for box in shown.boxes)
    two = nn.scalar.MLP(1, [2])
    assert all(box.count == 1 for box in picture(sum(two([x])), level="neuron").boxes)
    teacher, student = Line(), Line()  # the paths in both are the same
    both = teacher(1.0) - student(1.0)
    assert [box.count for box in picture(both, level="neuron").boxes] == [1, 1, 1]


def test_constants_roll_only_where_they_are_used_alike():
    line = Line()
    shown = picture(line(1.0) * 2.0 - line(1.0) * 3.0, level="chain")
    assert sorted(box.count for box in shown.boxes if box.kind == "constant") == [2, 2]
    shown = picture(line(1.0).relu() * 2.0 + 2.0 * line(1.0).relu(), level="chain")
    assert sorted(box.count for box in shown.boxes if box.kind == "constant") == [1, 1, 2]


def test_a_constant_and_a_leaf_do_not_roll():
    line = Line()
    shown = picture(line(Value(1.0).detach()) - line(Value(1.0)), level="chain")
    assert {box.count for box in shown.boxes} == {1}
    assert sorted(box.kind for box in shown.boxes if not box.symbol) == ["constant"] + ["leaf"] * 3


def test_repeats_gathered_by_one_op_are_one_arrow():
    line = nn.Linear(1, 1)
    rows = [line(Tensor([[x]])) for x in (1.0, 2.0, 3.0)]
    shown = picture(mo.cat(rows), level="neuron")
    assert [tuple(edge) for edge in shown.edges] == [(0, 1, None, 1), (1, 2, None, 3)]


def test_labels_and_ops_tell_repeats_apart():
    line = Line()
    a, b = line(1.0), line(2.0)
    a.label, b.label = "a", "b"
    assert {box.count for box in picture(a.relu() * b.relu(), level="neuron").boxes} == {1}
    c, d = line(1.0).relu(), line(2.0).tanh()
    shown = picture(c + d, level="neuron")
    assert sorted((box.symbol, box.count) for box in shown.boxes) == [
        ("+", 1), ("relu", 1), ("tanh", 1), ("Σ", 2),
    ]  # fmt: skip


def test_rows_of_one_tensor_roll_and_query_and_key_do_not():
    line = nn.Linear(2, 2, rng=random.Random(0))
    x = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True, label="x")
    rows = sum(line(x[i : i + 1]).relu().sum() for i in range(3))
    assert max(box.count for box in picture(rows, level="neuron").boxes) == 3
    y = Tensor([[1.0, 2.0]] * 3, requires_grad=True)
    parts = x[:1].relu() + y[:1].relu()  # of two tensors
    assert {box.count for box in picture(parts, level="neuron").boxes} == {1}
    both = x.reshape(2, 3)
    a, b = both[:1].reshape(1, 3), both[1:].reshape(1, 3)
    attention = (a @ b.T).sum()
    assert {box.count for box in picture(attention, level="neuron").boxes} == {1}


# ---- the table


def test_each_level_is_explained_where_a_user_looks_and_refused_names_are_answered_with_all():
    assert [name for name in LEVELS if f'"{name}": ' not in mo.draw.draw.__doc__] == []
    with pytest.raises(ValueError, match=", ".join(f"'{name}'" for name in ["auto", *LEVELS])):
        mo.draw(Value(1.0), level="atom")


def test_auto_goes_through_the_table_row_by_row(monkeypatch):
    tried = []
    monkeypatch.setattr(plan, "fold", lambda *args: tried.append(args[-1]) or fold(*args))
    with pytest.raises(ValueError, match=f"even by {[*LEVELS][-1]}, max_nodes is 5"):
        picture(batch_loss(1), max_nodes=5)
    assert tried == list(LEVELS)


# ---- auto, and what is too large


def test_auto_takes_the_first_level_that_is_small_enough():
    loss = batch_loss(2)
    levels = [picture(loss, max_nodes=n).level for n in (3000, 420, 200, 41, 13)]
    assert levels == ["op", "chain", "neuron", "layer", "layer"]
    with pytest.raises(ValueError, match=r"even by \w+, max_nodes is 5: .*max_nodes \(None"):
        picture(loss, max_nodes=5)
    with pytest.raises(ValueError, match=r"1,\d+ nodes are \d+ boxes and \d+ arrows"):
        picture(loss, max_nodes=5)


def test_auto_counts_arrows_too():
    net = nn.scalar.MLP(15, [15, 15, 1], rng=random.Random(0))
    loss = net([1.0] * 15)
    neuron = picture(loss, level="neuron")
    assert len(neuron.boxes) < 60 < len(neuron.edges) / 3
    assert picture(loss, max_nodes=60).level == "layer"


def test_a_level_asked_for_may_have_a_thousand_boxes():
    x = Value(1.0)
    for _ in range(999):
        x = x.relu()
    assert len(picture(x, level="op").boxes) == 1000
    with pytest.raises(ValueError, match=r"1,001 boxes at level 'op'.*1,000.*level auto .*None"):
        picture(x.relu(), level="op")
    assert len(picture(x.relu(), level="op", max_nodes=1001).boxes) == 1001
    assert len(picture(x.relu(), level="op", max_nodes=None).boxes) == 1001


@pytest.mark.parametrize("options", [{"level": "ops"}, {"level": None}, {"max_nodes": 0}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValueError, match="draw: (level must be one of 'auto'|max_nodes must)"):
        mo.draw(Value(1.0), **options)
    with pytest.raises(ValueError, match="draw: color must be one of 'grad', 'op', got 'red'"):
        mo.draw(Value(1.0), color="red")


# ---- what is hidden


def test_constants_and_leaves_are_hidden_on_request():
    x = Value(1.0, label="x")
    y = (x * 2.0 + 3.0).relu()
    shown = picture(y, constants=False)
    assert [box.kind for box in shown.boxes] == ["leaf", "op", "op", "op"]
    assert shown.caption == "3 ops; 2 leaves hidden"
    assert [box.kind for box in picture(y, leaves=False).boxes] == ["op", "op", "op"]
    assert [box.turn for box in picture(y, leaves=False).boxes] == [3, 2, 1]
    assert len(picture(x, leaves=False).boxes) == 1  # the root itself
    assert picture(batch_loss(2, decay=0.1), leaves=False).boxes[0].kind == "fold"


# ---- frames


def test_frames_stand_in_one_another_as_the_modules_do():
    found = clusters(["a.0.b.0", "a.0.b.0", "a.0.b.1", "a.0.b.1", "a.0", "c", "", None])
    assert [tuple(c) for c in found] == [
        ("a.0", (4,), None), ("a.0.b.0", (0, 1), 0), ("a.0.b.1", (2, 3), 0),
    ]  # fmt: skip
    assert [c.path for c in clusters(["a.0.b.0"] * 2)] == ["a.0.b.0"]  # no frame for a.0 alone


def test_frames_and_labels_say_each_name_once():
    net = nn.scalar.MLP(2, [2, 1], rng=random.Random(0))
    source = mo.draw(net([1.0, 2.0])).source
    for part in (">layers.0<", ">neurons.0<", ">w.0<", ">layers.1.neurons.0<"):
        assert part in source
    assert "layers.0.neurons" not in source
    assert source.count("subgraph cluster_") == 4
    for i in range(4):
        assert f'graph [id="c{i}"' in source


def test_a_modules_own_ops_stand_in_its_frame():
    shown = picture(nn.Sequential(Residual(), Residual())(Value(1.0)), level="neuron")
    by_path = {cluster.path: cluster.boxes for cluster in shown.clusters}
    assert sorted(by_path) == ["0", "1"] and all(len(boxes) == 3 for boxes in by_path.values())

    class Around(nn.Module):
        def __init__(self):
            self.first, self.second = Line(), Line()

        def forward(self, x):
            return (self.first(x) * self.second(x)).relu()

    shown = picture(nn.Sequential(Around())(Value(1.0)), level="neuron")
    assert [tuple(cluster) for cluster in shown.clusters] == [("0", (1, 2, 3), None)]
    assert [box.label for box in shown.boxes] == ["", "first", "second", ""]


def test_modules_with_hostile_names_stay_text():
    names = ['"];evil[', "<b>", "a\\", "x" * 300, "\0", "\ud800", "{|}", "javascript:alert(1)"]

    class Named(nn.Module):
        def __init__(self):
            self.parts = {name: nn.scalar.Layer(1, 2) for name in names}

        def forward(self, x):
            return [y for part in self.parts.values() for y in part([x])]

    out = sum(Named()(Value(1.0)))
    for level in LEVELS:
        drawing = mo.draw(out, level=level, title=names[0])
        drawing.source.encode()
        assert "<b>" not in drawing.source and '"];evil[' not in drawing.source
        if mo.draw.find_dot():
            svg = drawing.svg()
            assert svg.count('class="node"') == len(picture(out, level=level).boxes)
            assert "<a " not in svg and "<script" not in svg
