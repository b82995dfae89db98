"""draw.zoom: an op of Tensors opened into Values, with the gradients that the op itself sends."""

import math
import random
import re

import pytest

from micrograd_opt import Tensor, Value, cat, functional, grad, nn, no_grad, tril
from micrograd_opt.array.array import Array
from micrograd_opt.draw import Drawing, backprop, explain
from micrograd_opt.draw.zoom.zoom import zoom
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op, topological_order
from op_samples import SAMPLES

OPS = [op for op in vars(ops).values() if isinstance(op, Op)]
OPENABLE = [op for op in OPS if any(op.vjps)]


def tensor(rng, *shape, label=None):
    flat = [rng.uniform(-2.0, 2.0) for _ in range(math.prod(shape))]
    return Tensor(Array(flat, shape), requires_grad=True, label=label)


def weighted(node, rng):
    """backward through Σ weights · node, so that every element of `node` has its own gradient."""
    weights = Array([rng.uniform(0.5, 1.5) for _ in range(node.size)], node.shape)
    (node * Tensor(weights)).sum().backward()


def flat(x):
    return [e for row in x for e in flat(row)] if isinstance(x, (list, tuple)) else [x]


def grads(values):
    return [v.grad for v in flat(values)]


def data(values):
    return [v.data for v in flat(values)]


def close(xs, ys):
    return len(xs) == len(ys) and all(
        x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=1e-15, abs_tol=1e-15)
        for x, y in zip(xs, ys, strict=True)
    )


def ops_of(root):
    return sorted(node.op.name for node in topological_order(root) if node.op)


# ---- every op of the table


def samples_of(op):
    """Arguments for an op as Arrays: the values worked out by hand, and some drawn."""
    sample, rng = SAMPLES[op.name], random.Random(1)
    for args, _ in sample.known:
        yield [Array.of(a) for a in args]
    if op.elementwise:  # six side by side, as (2, 3)
        columns = zip(*(sample.draw(rng) for _ in range(6)), strict=True)
        yield [Array(list(column), (2, 3)) for column in columns]
    else:
        yield [Array.of(a) for a in sample.draw(rng)]


def check_against_the_rule(op, arrays, params, fixed=()):
    """zoom's numbers and gradients are those of the op and of its vjps."""
    inputs = [Tensor(a, requires_grad=i not in fixed) for i, a in enumerate(arrays)]
    node = op(*inputs, **params)
    weighted(node, random.Random(2))
    opened = zoom(node)
    assert close(data(opened.output), node.data.flat)
    opened_inputs = iter(opened.inputs)
    for place, x in enumerate(inputs):
        if place in fixed and not op.elementwise:  # an index
            continue
        values = next(opened_inputs)
        assert data(values) == list(x.data.flat)
        if place not in fixed:
            sent = op.pull(place, node.grad, node.data, arrays, params)
            assert close(grads(values), [0.0] * x.size if sent is None else sent.flat)
    assert next(opened_inputs, None) is None


@pytest.mark.parametrize("op", OPENABLE, ids=lambda op: op.name)
def test_the_gradients_of_an_opened_op_are_those_of_its_rule(op):
    for arrays in samples_of(op):
        check_against_the_rule(op, arrays, SAMPLES[op.name].params, SAMPLES[op.name].fixed)


@pytest.mark.parametrize(
    "numbers", [[3.0, 1.0, 3.0, 3.0], [1.0, 2.0, 2.0, 0.0], [-1.0] * 3, [1.0, math.nan, 2.0]]
)
def test_equal_maxima_share_and_a_nan_takes_all_as_the_rule_says(numbers):
    check_against_the_rule(ops.max_, [Array.of(numbers)], {})


def test_at_the_kinks_the_rule_holds_too():
    kinks = Array.of([0.0, -0.0, 1.0, -1.0])
    for op in (ops.relu, ops.abs_, ops.sqrt):
        check_against_the_rule(op, [abs(kinks) if op is ops.sqrt else kinks], {})
    for op in (ops.maximum, ops.minimum):
        check_against_the_rule(op, [kinks, Array.of([0.0, 1.0, 1.0, -2.0])], {})


def test_an_op_without_a_gradient_is_refused():
    x = Tensor([[1.0, 3.0]], requires_grad=True)
    with pytest.raises(ValueError, match="zoom: argmax passes no gradient on"):
        zoom(x.argmax(1))


# ---- what is inside


def test_a_product_of_matrices_is_products_and_sums_and_nothing_else():
    x, w = Tensor([[1.0, 2.0, 3.0]], label="x"), Tensor([[4.0], [5.0], [6.0]], True, label="w")
    opened = zoom(x @ w)
    assert ops_of(opened.root) == ["add", "add", "mul", "mul", "mul"]
    ((z,),) = opened.output
    assert opened.root is z and z.label == "z[0][0]" and z.data == 32.0
    assert [v.label for v in flat(opened.inputs[1])] == ["w[0][0]", "w[1][0]", "w[2][0]"]
    assert grads(opened.inputs[1]) == [1.0, 2.0, 3.0]
    assert not any(v.requires_grad for v in flat(opened.inputs[0]))


def test_a_sum_does_not_begin_with_a_zero():
    x = tensor(random.Random(0), 2, 3)
    for node in (x.sum(), x.sum(0), functional.softmax(x), functional.log_softmax(x)):
        for v in topological_order(zoom(node).root):
            assert v.op or v.requires_grad  # no constant at all


def test_only_the_zero_that_a_sum_begins_with_is_left_out():
    x, zero = Tensor([1.0], requires_grad=True), Tensor([0.0])
    assert ops_of(zoom((2.0 + x).exp(), x).root) == ["add", "exp"]
    opened = zoom(zero + x)
    assert ops_of(opened.root) == ["add"] and flat(opened.inputs[0])[0].label == "x[0]"


def test_softmax_is_the_formula_of_the_lecture():
    opened = zoom(functional.softmax(Tensor([0.0, 1.0, 2.0], requires_grad=True)))
    names = ["add", "add"] + ["div"] * 3 + ["exp"] * 3 + ["sub"] * 3 + ["Σ g·z"]
    assert ops_of(opened.root) == sorted(names)


def test_names_come_from_labels_and_are_free_ones_without():
    a, b = Tensor([1.0], True, label="a"), Tensor([2.0], True)
    opened = zoom(a * b)
    assert [v.label for v in flat(opened.inputs)] == ["a[0]", "x[0]"]
    c = Tensor([3.0], True)
    labels = [v.label for v in flat(zoom(cat([a, b, c, b])).inputs)]
    assert labels == ["a[0]", "x[0]", "y[0]", "x[0]"]
    a.label = "x"
    labels = [v.label for v in flat(zoom(cat([b, a, c, Tensor([4.0], True)])).inputs)]
    assert labels == ["y[0]", "x[0]", "x2[0]", "x3[0]"]
    (scalar,) = zoom(Tensor(1.0, True).exp()).inputs
    assert (scalar.label, scalar.data) == ("x", 1.0)
    node = a + b
    node.label = "total"
    assert zoom(node).output[0].label == "total[0]"


def test_one_tensor_used_twice_is_one_set_of_values():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    z = x @ x
    weighted(z, random.Random(0))
    opened = zoom(z)
    assert flat(opened.inputs[0]) == flat(opened.inputs[1])
    assert close(grads(opened.inputs[0]), x.grad.flat)


# ---- the gradient that flows in


def test_before_a_backward_pass_the_gradient_that_arrives_is_one():
    x = Tensor([2.0, 3.0], requires_grad=True)
    assert grads(zoom(x * x).inputs[0]) == [4.0, 6.0]


def test_the_root_hands_each_output_the_gradient_that_arrived_there():
    x = Tensor([2.0, 3.0, 4.0], requires_grad=True)
    z = x * x
    (z * Tensor([1.0, 10.0, 100.0])).sum().backward()
    opened = zoom(z)
    assert opened.root.data == 4.0 + 90.0 + 1600.0
    assert grads(opened.output) == [1.0, 10.0, 100.0]
    assert grads(opened.inputs[0]) == [4.0, 60.0, 800.0]


def test_of_a_single_number_the_root_is_itself_where_its_gradient_is_one():
    x = Tensor([2.0, 3.0], requires_grad=True)
    total = x.sum()
    total.backward()
    assert zoom(total).root is zoom(total).output or zoom(total).root.op is ops.add
    total = x.sum()
    (total * 3.0).backward()
    opened = zoom(total)
    assert opened.root.op.name == "Σ g·z" and opened.output.grad == 3.0
    assert grads(opened.inputs[0]) == [3.0, 3.0]


def test_the_values_are_a_graph_to_differentiate_again():
    x = Tensor([0.5, 1.0, 2.0], requires_grad=True)
    z = x.tanh().sum()
    opened = zoom(z, x)
    assert grad(opened.root, opened.inputs[0][1]).data == opened.inputs[0][1].grad


def test_zooming_changes_nothing_and_works_under_no_grad():
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = x * x
    z.sum().backward()
    before = x.grad, z.grad
    with no_grad():
        opened = zoom(z)
    assert grads(opened.inputs[0]) == [2.0, 4.0] and (x.grad, z.grad) == before


# ---- several ops at once


def test_layouts_around_an_op_are_seen_through():
    rng = random.Random(3)
    x, b = tensor(rng, 2, 3, label="x"), tensor(rng, 3, label="b")
    (x + b).sum().backward()
    opened = zoom(x + b)  # b is expanded on the way
    assert [len(flat(v)) for v in opened.inputs] == [6, 3]
    assert grads(opened.inputs[1]) == list(b.grad.flat) == [2.0] * 3
    row, w = tensor(rng, 3), tensor(rng, 2, 3)
    opened = zoom(row @ w.T)  # two reshapes and a permute
    assert len(opened.inputs[0]) == 3 and [len(line) for line in opened.inputs[1]] == [3, 3]
    assert close(data(opened.output), (row @ w.T).data.flat)
    assert flat(opened.inputs[1])[1].label == "y[0][1]"


def test_a_layout_alone_is_opened_as_it_is():
    x = tensor(random.Random(3), 2, 3)
    opened = zoom(x.T.reshape(6))
    assert [v.label for v in opened.output] == [f"x[{i}][{j}]" for j in range(3) for i in range(2)]


def attention(q, k, v):
    return (functional.softmax(tril(q @ k.mT * 0.7), -1) @ v).sum()


def batch_norm(rng):
    layer, x = nn.BatchNorm1d(2), tensor(rng, 3, 2)
    return (layer(x) * x.detach()).sum(), (x, layer.weight, layer.bias)


def linear(rng):
    layer, x = nn.Linear(3, 2, rng=rng), tensor(rng, 2, 3)
    return (layer(x).tanh() ** 2).mean(), (x, layer.weight, layer.bias)


def of(loss, *shapes):
    def build(rng):
        inputs = tuple(tensor(rng, *shape) for shape in shapes)
        return loss(*inputs), inputs

    return build


COMPOSITIONS = {
    "cross_entropy": of(lambda x: functional.cross_entropy(x, [2, 0]), (2, 3)),
    "smoothed": of(lambda x: functional.cross_entropy(x, [2, 0], label_smoothing=0.1), (2, 3)),
    "mean": of(lambda x: x.mean(), (2, 3)),
    "std": of(lambda x: x.std(), (4,)),
    "max along a dim": of(lambda x: (x.max(1).values * 3.0).sum(), (2, 3)),
    "min": of(lambda x: x.min(), (2, 3)),
    "rows": of(lambda x, y: (x[[1, 1, 0]] * y[::2, None]).sum(), (2, 3), (5, 1)),
    "gelu": of(lambda x: (x.gelu() ** 3).mean(), (3,)),
    "bce": of(lambda x: functional.binary_cross_entropy_with_logits(x, [0.0, 1.0]), (2,)),
    "attention": of(attention, (2, 3, 2), (2, 3, 2), (2, 3, 2)),
    "batch norm": batch_norm,
    "linear": linear,
}


@pytest.mark.parametrize("build", COMPOSITIONS.values(), ids=COMPOSITIONS)
def test_a_composition_opened_back_to_its_inputs_has_their_gradients(build):
    loss, inputs = build(random.Random(4))
    loss.backward()
    opened = zoom(loss, *inputs, max_nodes=None)
    assert math.isclose(opened.root.data, loss.item(), rel_tol=1e-14)
    for x, values in zip(inputs, opened.inputs, strict=True):
        for v, g in zip(flat(values), x.grad.flat, strict=True):
            assert math.isclose(v.grad, g, rel_tol=1e-13, abs_tol=1e-15)


def test_inputs_say_where_to_stop():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    h = x.tanh()
    loss = h.mean()
    loss.backward()
    assert ops_of(zoom(loss).root) == ["div"]
    assert ops_of(zoom(loss, h).root) == ["add", "div"]
    assert ops_of(zoom(loss, x).root) == ["add", "div", "tanh", "tanh"]
    assert grads(zoom(loss, h).inputs[0]) == [0.5, 0.5]


def test_leaves_that_are_not_named_are_opened_with_their_labels():
    x, w = Tensor([1.0, 2.0], True), Tensor([3.0, 4.0], True, label="w")
    labels = {v.label for v in topological_order(zoom((x * w * 2.0).sum(), x).root)}
    assert {"x[0]", "x[1]", "w[0]", "w[1]", "z", None} == labels


# ---- what is refused


def test_wrong_arguments_are_refused_with_the_remedy():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="zoom: expected Tensors, got Value: .*scalar already"):
        zoom(Value(1.0) * 2.0)
    with pytest.raises(TypeError, match="zoom: expected Tensors, got float: 3.0"):
        zoom(x.sum(), 3.0)
    with pytest.raises(ValueError, match=r"zoom: Tensor\(shape=\(2,\)\) is a leaf"):
        zoom(x)
    with no_grad(), pytest.raises(ValueError, match="is a leaf"):
        zoom(x * x)
    for other in (Tensor([1.0, 2.0]), (x * x).sum()):
        with pytest.raises(ValueError, match=r"zoom: input 1, .*is not what Tensor\(3.0\) was"):
            zoom(x.sum(), x, other)
    total, index = x.sum(), Tensor([0.0])
    with pytest.raises(ValueError, match="zoom: input 0, .*is not what"):
        zoom(total, total)
    with pytest.raises(ValueError, match="zoom: input 1, .*is not what"):
        zoom(x.gather(0, index), x, index)  # which says where to look, not what to compute


def test_what_nobody_could_read_is_refused_before_it_is_built():
    x = Tensor(Array.full((300, 300), 1.0), requires_grad=True)
    with pytest.raises(ValueError, match=r"\(300, 300\)\) alone is 90000 .*max_nodes=None"):
        zoom(x @ x)
    y = Tensor(Array.full((8, 8), 1.0), requires_grad=True)
    with pytest.raises(ValueError, match="zoom: mm, opened, is 1025 scalars, max_nodes is 200"):
        zoom(y @ y)
    assert len(topological_order(zoom(y @ y, max_nodes=None).root)) == 64 + 512 + 448 + 1
    z = Tensor(Array.full((4, 25), 1.0), requires_grad=True)
    assert len(topological_order(zoom(z.sum(), max_nodes=199).root)) == 199
    with pytest.raises(ValueError, match="199 scalars, max_nodes is 198"):
        zoom(z.sum(), max_nodes=198)


def test_data_changed_since_are_refused_as_backward_refuses_them():
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = x * x
    x.data = [3.0, 4.0]
    with pytest.raises(RuntimeError, match=r"zoom: .* was changed after mul used it"):
        zoom(z)
    loss = z.sum()  # of which z is an input like any other
    assert grads(zoom(loss, z).inputs[0]) == [1.0, 1.0]


# ---- the picture


def test_the_picture_shows_the_scalars():
    x = Tensor([[1.0, 2.0]], requires_grad=True, label="x")
    opened = zoom(x.exp(), title="opened")
    assert isinstance(opened, Drawing)
    for text in ("x[0][0]", "x[0][1]", "z[0][0]", "z[0][1]", "Σ g·z", "opened"):
        assert text in opened.source
    assert len(re.findall(r"^  n\d+ \[", opened.source, re.M)) == 5


def test_the_title_says_what_was_opened():
    x, w = Tensor([[1.0, 2.0]], label="x"), Tensor([[3.0], [4.0]], requires_grad=True)
    loss = (x @ w).sum()
    loss.label = "loss"
    assert "z from x, y, number by number" in zoom(x @ w).source
    assert "loss from y, number by number" in zoom(loss, w).source
    assert "number by number" not in zoom(loss, title="all").source


def test_the_scalars_can_be_stepped_through_and_explained():
    x = Tensor([0.5, 1.0], requires_grad=True)
    p = functional.softmax(x)
    (p * Tensor([2.0, 3.0])).sum().backward()
    opened = zoom(p)
    assert repr(backprop(opened.root)) == "Backprop(10 nodes, 10 steps)"
    assert "Σ g·z" in str(explain(opened.root))


def test_a_zoom_of_many_elements_is_explained_too():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="x")
    y = x.exp()
    (y * Tensor([[2.0, 3.0], [4.0, 5.0]])).sum().backward()
    text = str(explain(zoom(y).root))
    names = ", ".join(f"z[{i}][{j}]" for i in (0, 1) for j in (0, 1))
    assert f"= Σ g·z({names})" in text
    for i, j, g in ((0, 0, 2), (0, 1, 3), (1, 0, 4), (1, 1, 5)):
        assert f"z[{i}][{j}] gets g * {g} = 1 * {g} = {g}" in text


def test_what_lies_behind_the_inputs_may_be_as_large_as_it_likes():
    large = Tensor([1.0] * 300, requires_grad=True)
    mean = large.mean()
    assert ops_of(zoom(mean.exp(), mean).root) == ["exp"]


def test_the_options_are_those_of_draw():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert "rankdir=TB" in zoom(x.exp(), direction="TB").source
    with pytest.raises(ValueError, match="direction"):
        zoom(x.exp(), direction="up")
