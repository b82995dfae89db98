"""The walk back: shared nodes, sums, depth, memory, stale data, interrupts, no_grad, grad."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from micrograd_opt import Tensor, Value, compile, enable_grad, grad, no_grad, where
from micrograd_opt.engine import ops
from micrograd_opt.engine.backward import _walk_back, _walk_back_with_numbers
from micrograd_opt.engine.graph import Node, post_order, topological_order, varies
from micrograd_opt.engine.state import counts, enter, is_grad_enabled, next_version, tracing

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


def leaf(kind, number):
    """A leaf of either kind that takes a gradient."""
    node = kind(number)
    node.requires_grad = True
    return node


def number(gradient):
    """A gradient of either kind as a float; 0 where none arrived."""
    return 0.0 if gradient is None else float(gradient)


def run(code, **environment):
    """What a fresh interpreter prints for this code; it must exit with 0."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    result = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


# ---- the chain rule over shared nodes


@KINDS
def test_a_diamond_sums_the_gradients_of_both_ways(kind):
    a = leaf(kind, 3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (number(a.grad), number(b.grad), number(c.grad)) == (4.0, 2.0, 1.0)


@KINDS
def test_a_node_used_twice_by_one_op_sums_its_gradients(kind):
    x = leaf(kind, 3.0)
    (x * x).backward()
    assert number(x.grad) == 6.0


@KINDS
def test_a_node_used_early_and_late_waits_for_both_gradients(kind):
    x = leaf(kind, 2.0)
    y = x * 3.0
    z = y * (y.sin() * 0.0 + y) + y  # y² + y
    z.backward()
    assert number(y.grad) == 13.0
    assert number(x.grad) == 39.0


def test_a_variadic_op_counts_every_place_of_a_repeated_input():
    x = Tensor([1.0, 2.0], requires_grad=True)
    joined = ops.cat(x, x, x, dim=0)
    (joined * Tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])).sum().backward()
    assert x.grad.tolist() == [21.0, 42.0]


def test_the_example_of_micrograds_readme_has_its_numbers():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert [f"{x:.4f}" for x in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]


@KINDS
def test_a_chain_of_doublings_takes_a_walk_of_its_length_only(kind):
    y = x = leaf(kind, 1.0)
    for _ in range(1000):
        y = y + y
    assert len(topological_order(y)) == 1001
    y.backward()
    assert number(x.grad) == 2.0**1000


def test_the_order_has_each_node_once_and_parents_before_children():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a
    e = d * c
    order = topological_order(e)
    assert len(order) == len(set(order)) == 5
    assert order[-1] is e
    for place, node in enumerate(order):
        assert all(parent in order[:place] for parent in node._prev)


# ---- accumulation


def test_a_post_order_follows_any_arrows_and_never_recurses():
    arrows = {"loss": ("b", "a"), "b": ("a", "a"), "a": (), "apart": ()}
    assert post_order(["loss"], arrows.get) == ["a", "b", "loss"]
    assert post_order(["apart", "loss", "b"], arrows.get) == ["a", "b", "loss", "apart"]
    depth = 100_000
    assert post_order([0], lambda n: range(n + 1, min(n + 2, depth))) == [*range(depth)][::-1]


@KINDS
def test_the_fast_walk_of_numbers_is_the_general_walk_to_the_bit(kind):
    x, w, c = leaf(kind, 0.7), leaf(kind, -1.3), kind(2.0)
    c.requires_grad = False
    h = (x * w + x) / c - w**2.0
    root = (h.tanh() * h + ops.where(1.0, h, x)) * (x - x) + h * h + ops.gt(h, x) * w
    order = topological_order(root)
    fast, general = ({node: None for node in order if node.requires_grad} for _ in range(2))
    _walk_back_with_numbers(order, fast, root._seed(None).data)
    _walk_back(order, general, root._seed(None).data, lambda node: node.data)
    assert repr([*fast.values()]) == repr([*general.values()])
    assert sum(node.op is not None and len(node._prev) == 2 for node in order) > 10


@KINDS
def test_a_second_backward_adds_the_same_again_to_leaves_and_shows_it_in_inner_nodes(kind):
    x = leaf(kind, 3.0)
    y = x * x
    z = y * 2.0
    for times in (1, 2, 3):
        z.backward()
        assert number(x.grad) == 12.0 * times
        assert (number(y.grad), number(z.grad)) == (2.0, 1.0)


@KINDS
def test_two_losses_that_share_a_node_add_up_in_the_leaves(kind):
    x = leaf(kind, 3.0)
    shared = x * x
    (shared * 2.0).backward()
    (shared * 5.0).backward()
    assert number(x.grad) == 12.0 + 30.0
    assert number(shared.grad) == 5.0


@KINDS
def test_constants_take_no_gradient(kind):
    x, c = leaf(kind, 3.0), leaf(kind, 2.0).detach()
    (x * c).backward()
    assert number(x.grad) == 2.0
    assert number(c.grad) == 0.0
    assert not c.requires_grad


@KINDS
def test_backward_of_a_leaf_gives_it_one(kind):
    x = leaf(kind, 3.0)
    x.backward()
    x.backward()
    assert number(x.grad) == 2.0


def test_a_gradient_set_to_none_starts_anew():
    for kind in (Value, Tensor):
        x = leaf(kind, 3.0)
        x.grad = None
        (x * x).backward()
        assert number(x.grad) == 6.0


# ---- depth and memory

DEEP = """
from micrograd_opt import Value, Tensor, grad
y = x = {leaf}
for _ in range({depth}):
    y = y + x
y.backward()
print(float(x.grad), float(grad(y, x)), float(y.item()))
del y
"""


def test_a_graph_a_million_deep_is_built_differentiated_and_deleted():
    out = run(DEEP.format(leaf="Value(1.0)", depth=1_000_000))
    assert out == "1000001.0 1000001.0 1000001.0\n"


def test_a_deep_graph_of_tensors_is_built_differentiated_and_deleted():
    out = run(DEEP.format(leaf="Tensor(1.0, requires_grad=True)", depth=100_000))
    assert out == "100001.0 100001.0 100001.0\n"


def value_step(parameters):
    a, b = parameters
    loss = ((a * 2.0 + b).tanh() - 0.5) ** 2 + (a * b).relu() * 0.1
    loss.backward()
    return [(p, p.data - 0.1 * p.grad, 0.0) for p in parameters]


def tensor_step(parameters):
    w, b = parameters
    x = Tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    h = (x @ w + b).relu()
    loss = (ops.log_softmax(h, dim=1)[:, 0].mean() + h.max() * h.std(0).sum()) ** 2
    loss.backward()
    grad(loss, parameters, create_graph=True)
    return [(p, p.data - 0.01 * p.grad, None) for p in parameters]


@pytest.mark.parametrize("step, parameters", [
    (value_step, [Value(0.3), Value(-0.2)]),
    (tensor_step, [Tensor([[0.1, 0.2], [0.3, -0.4]], requires_grad=True),
                   Tensor([0.1, 0.2], requires_grad=True)]),
])  # fmt: skip
def test_training_steps_leave_nothing_for_the_garbage_collector(step, parameters):
    def train(steps):
        for _ in range(steps):
            for p, data, no_gradient in step(parameters):
                p.data = data
                p.grad = no_gradient

    gc.disable()
    tracemalloc.start()
    try:
        train(5)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        train(50)
        assert gc.collect() == 0  # it found no cycle, and emptied the interpreter's free lists
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 1024


SUMMARY = """
import random
from micrograd_opt import Value, Tensor, stack
from micrograd_opt.engine.graph import topological_order
random.seed(3)
leaves = [Value(random.gauss(0, 1), label=f"v{i}") for i in range(40)]
pool = list(leaves)
for _ in range(300):
    x, y = random.choice(pool), random.choice(pool)
    pool.append((x * y + x).tanh() + 0.1)
pool[-1].backward()
print([v.grad for v in leaves], [n.label for n in topological_order(pool[-1])])
t = Tensor([[random.gauss(0, 1) for _ in range(5)] for _ in range(4)], requires_grad=True)
((t @ t.T).exp().sum(0) * t.mean(1)).std().backward()
print(t.grad.tolist())
"""


def test_results_do_not_depend_on_the_hash_seed():
    outputs = {run(SUMMARY, PYTHONHASHSEED=seed) for seed in ("0", "1", "4242")}
    assert len(outputs) == 1


# ---- data edited after it was used


@KINDS
def test_backward_refuses_data_edited_since_the_forward(kind):
    x, w = leaf(kind, 3.0), leaf(kind, 2.0)
    y = (x * w).sin()
    w.data = 5.0
    with pytest.raises(RuntimeError, match="was changed after mul used it.*compute the loss again"):
        y.backward()
    assert (number(x.grad), number(w.grad)) == (0.0, 0.0)
    with pytest.raises(RuntimeError, match="was changed"):
        grad(y, x)


@KINDS
def test_an_edit_between_two_backwards_is_refused_too(kind):
    x = leaf(kind, 3.0)
    y = x * x
    y.backward()
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after mul"):
        y.backward()
    assert number(x.grad) == 6.0


@KINDS
def test_an_edited_constant_is_noticed(kind):
    x, c = leaf(kind, 3.0), kind(2.0)
    c.requires_grad = False
    y = x * c
    c.data = 7.0
    with pytest.raises(RuntimeError, match="was changed"):
        y.backward()


@KINDS
def test_an_edit_between_two_parts_of_a_graph_is_noticed(kind):
    x = leaf(kind, 3.0)
    y = x * x
    x.data = 4.0
    z = y + x
    with pytest.raises(RuntimeError, match="was changed after mul"):
        z.backward()


@KINDS
def test_an_edit_is_noticed_in_a_graph_of_gradients(kind):
    x = leaf(kind, 3.0)
    slope = grad(x**3.0, x, create_graph=True)
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed"):
        grad(slope, x)


@KINDS
def test_computing_again_after_an_edit_works(kind):
    x = leaf(kind, 3.0)
    for data in (1.0, 2.0, 5.0):
        x.data = data
        assert grad(x * x, x).item() == 2.0 * data


@KINDS
def test_editing_another_leaf_or_before_the_forward_is_fine(kind):
    x, other = leaf(kind, 3.0), leaf(kind, 1.0)
    x.data = 4.0
    y = x * x
    other.data = 2.0
    y.backward()
    assert number(x.grad) == 8.0


@KINDS
def test_the_data_of_an_inner_node_cannot_be_edited(kind):
    y = leaf(kind, 3.0) * 2.0
    with pytest.raises(AttributeError, match="computed by mul; change the leaves"):
        y.data = 1.0
    assert y.item() == 6.0


def test_data_of_another_kind_or_shape_is_refused_and_changes_nothing():
    x, t = Value(3.0), Tensor([1.0, 2.0], requires_grad=True)
    y, s = x * x, (t * t).sum()
    with pytest.raises(TypeError):
        x.data = "4"
    with pytest.raises(ValueError, match=r"shape \(3,\) cannot replace \(2,\)"):
        t.data = [1.0, 2.0, 3.0]
    y.backward()
    s.backward()
    assert (x.grad, t.grad.tolist()) == (6.0, [2.0, 4.0])


# ---- errors in the middle


@KINDS
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupted_backward_leaves_every_gradient_as_it_was(kind, error, monkeypatch):
    x, w = leaf(kind, 3.0), leaf(kind, 2.0)
    hidden = (x * w).sin()
    z = (hidden * w).exp() * w
    z.backward()
    before = [node.grad for node in topological_order(z)]

    def interrupted(g, z, x):
        raise error

    monkeypatch.setattr(ops.sin, "vjps", (interrupted,))
    with pytest.raises(error):
        z.backward()
    assert [node.grad for node in topological_order(z)] == before
    monkeypatch.undo()
    z.backward()
    assert number(w.grad) == pytest.approx(2 * number(before[topological_order(z).index(w)]))


def test_a_gradient_that_cannot_be_added_to_leaves_the_others_as_they_were():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    b.grad = "spoilt"
    y = a * b * c
    with pytest.raises(TypeError):
        y.backward()
    assert (a.grad, b.grad, c.grad, y.grad) == (0.0, "spoilt", 0.0, 0.0)


def test_backward_of_what_depends_on_no_parameter_is_refused():
    for node in (Tensor([1.0]).sum(), Value(1.0).detach() * 2.0):
        with pytest.raises(RuntimeError, match="nothing to differentiate"):
            node.backward()


def test_backward_of_more_than_one_element_asks_for_the_arriving_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    with pytest.raises(ValueError, match=r"needs a scalar, shape \(2,\) has 2 elements.*sum"):
        y.backward()
    with pytest.raises(ValueError, match=r"shape \(3,\) does not match \(2,\)"):
        y.backward([1.0, 1.0, 1.0])
    assert x.grad is None
    y.backward([1.0, 10.0])
    assert x.grad.tolist() == [2.0, 40.0]


def test_one_element_of_any_shape_is_a_scalar_for_backward():
    x = Tensor([[2.0]], requires_grad=True)
    (x * x).backward()
    assert x.grad.tolist() == [[4.0]]


# ---- no_grad


@KINDS
def test_within_no_grad_results_are_constants(kind):
    x = leaf(kind, 3.0)
    with no_grad():
        y = x * x
    assert (y._prev, y.requires_grad, y._op) == ((), False, "")
    assert (x * x).requires_grad


def test_no_grad_ends_with_its_block_whatever_happens():
    x = Value(3.0)
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * x).requires_grad


def test_no_grad_nests():
    x = Value(3.0)
    with no_grad():
        with no_grad():
            pass
        assert not (x * x).requires_grad
        with enable_grad():
            assert (x * x).requires_grad
            with no_grad():
                assert not (x * x).requires_grad
            assert (x * x).requires_grad
        assert not (x * x).requires_grad
    assert (x * x).requires_grad


def test_no_grad_decorates_even_a_recursive_function():
    x = Value(2.0)

    @no_grad()
    def power(n):
        """x to the n."""
        result = x * power(n - 1) if n else x * 0.0 + 1.0
        assert not result.requires_grad
        return result

    assert power(5).data == 32.0
    assert power.__doc__ == "x to the n."
    assert (x * x).requires_grad


def test_a_decorated_function_that_raises_turns_recording_on_again():
    @no_grad()
    def fails():
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert (Value(1.0) * 2.0).requires_grad


# ---- grad


@KINDS
def test_grad_answers_for_leaves_and_inner_nodes_and_touches_no_grad(kind):
    x, w = leaf(kind, 3.0), leaf(kind, 2.0)
    y = x * w
    z = y * y + w
    assert [g.item() for g in grad(z, (x, y, w, z))] == [24.0, 12.0, 37.0, 1.0]
    assert grad(z, y).item() == 12.0
    assert all(number(node.grad) == 0.0 for node in (x, w, y, z))


@KINDS
def test_grad_of_an_unused_input_is_zero(kind):
    x, unused = leaf(kind, 3.0), leaf(kind, 1.0)
    assert [g.item() for g in grad(x * x, [x, unused])] == [6.0, 0.0]
    later = x * x * 2.0
    assert grad(x * x, later).item() == 0.0


def test_grad_of_an_unused_tensor_has_its_shape():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert grad(Tensor(1.0, requires_grad=True) * 2.0, x).tolist() == [[0.0, 0.0]]


@KINDS
def test_grad_of_one_input_given_twice_answers_twice(kind):
    x = leaf(kind, 3.0)
    assert [g.item() for g in grad(x * x, [x, x])] == [6.0, 6.0]


@KINDS
def test_grad_goes_to_the_third_order(kind):
    x = leaf(kind, 2.0)
    first = grad(x**4.0, x, create_graph=True)
    second = grad(first, x, create_graph=True)
    third = grad(second, x, create_graph=True)
    fourth = grad(third, x)
    assert [g.item() for g in (first, second, third, fourth)] == [32.0, 48.0, 48.0, 24.0]
    assert fourth._prev == ()


@KINDS
def test_a_gradient_graph_can_be_part_of_a_loss(kind):
    x = leaf(kind, 3.0)
    loss = x * x + grad(x**3.0, x, create_graph=True) ** 2.0  # x² + 9x⁴
    loss.backward()
    assert number(x.grad) == 6.0 + 36.0 * 27.0


@KINDS
def test_create_graph_records_even_under_no_grad(kind):
    x = leaf(kind, 3.0)
    y = x**3.0
    with no_grad():
        first = grad(y, x, create_graph=True)
        assert not is_grad_enabled()
    assert grad(first, x).item() == 18.0


@KINDS
def test_without_create_graph_the_gradient_is_a_constant(kind):
    x = leaf(kind, 3.0)
    slope = grad(x * x, x)
    assert (slope._prev, slope.requires_grad) == ((), False)


@KINDS
def test_grad_of_a_linear_function_differentiates_again_to_zero(kind):
    x = leaf(kind, 3.0)
    assert grad(grad(x * 2.0, x, create_graph=True), x).item() == 0.0


@KINDS
def test_grad_takes_the_arriving_gradient(kind):
    x, v = leaf(kind, 3.0), leaf(kind, 5.0)
    assert grad(x * x, x, grad_output=2.0).item() == 12.0
    product = grad(x * x, x, create_graph=True, grad_output=v)
    assert product.item() == 30.0
    assert grad(product, v).item() == 6.0


@KINDS
def test_grad_refuses_what_takes_no_gradient(kind):
    x, c = leaf(kind, 3.0), leaf(kind, 1.0).detach()
    with pytest.raises(RuntimeError, match="input 1, .*requires_grad=False"):
        grad(x * c, [x, c])
    for output, inputs in ((x * c, [1.0]), (2.0, x), (x * c, [[x]])):
        with pytest.raises(TypeError, match="expected Values or Tensors, got"):
            grad(output, inputs)


def test_grad_of_more_than_one_element_asks_for_the_arriving_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="needs a scalar"):
        grad(x * x, x)
    assert grad(x * x, x, grad_output=[1.0, 10.0]).tolist() == [2.0, 40.0]


# ---- copies


@KINDS
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy,
                                    lambda node: pickle.loads(pickle.dumps(node))])  # fmt: skip
def test_a_leaf_can_be_copied_and_pickled(kind, copied):
    x = kind(3.0, label="x")
    x.requires_grad = True
    (x * x).backward()
    twin = copied(x)
    assert type(twin) is kind
    assert (twin.item(), number(twin.grad), twin.label) == (3.0, 6.0, "x")
    assert (twin.requires_grad, twin._prev, twin.op, twin.params) == (True, (), None, {})
    twin.data = 4.0
    (twin * x).backward()
    assert (x.item(), number(twin.grad), number(x.grad)) == (3.0, 9.0, 10.0)


@KINDS
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_inner_node_cannot_be_copied_or_pickled(kind, copied):
    y = leaf(kind, 3.0) * 2.0
    with pytest.raises(TypeError, match=r"computed by mul; detach\(\) it"):
        copied(y)
    copied(y.detach())


def test_a_copied_list_keeps_shared_leaves_shared():
    x = Value(3.0)
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first is not x


# ---- what a node notes


@KINDS
def test_a_node_knows_its_op_and_its_parents(kind):
    x, w = leaf(kind, 3.0), leaf(kind, 2.0)
    y = x * w
    assert isinstance(y, Node)
    assert (y._op, y.op, y._prev) == ("mul", ops.mul, (x, w))
    assert (x._op, x.op, x._prev) == ("", None, ())


@KINDS
def test_a_node_notes_the_module_at_work(kind):
    before = enter((True, "layers.0", None, None))
    x = leaf(kind, 3.0)
    assert (x.module, (x * x).module) == ("layers.0", "layers.0")
    before.var.reset(before)
    assert (x * x).module is None


@KINDS
def test_a_node_takes_no_attribute_it_does_not_know(kind):
    with pytest.raises(AttributeError):
        kind(1.0).gradient = 2.0


def test_an_inner_node_shows_no_gradient_of_an_earlier_pass():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    h = x * 2.0
    h.sum().backward()
    assert h.grad is not None
    where(h, y, 0.0).sum().backward()  # no gradient comes to h, which only chooses
    assert h.grad is None and x.grad.tolist() == [2.0, 2.0]
    v = Value(3.0)
    w = v * 2.0
    w.backward()
    where(w, v, 0.0).backward()
    assert w.grad == 0.0 and v.grad == 3.0


@pytest.mark.parametrize("x", [Value(2.0), Tensor(2.0, requires_grad=True)])
def test_grad_of_a_gradient_without_its_graph_is_an_error_not_zero(x):
    first = grad(x * x * x, x)
    with pytest.raises(RuntimeError, match="without create_graph=True"):
        grad(first, x)


# ---- how a Value holds its parents, and what a trace asks


@pytest.mark.parametrize("n", range(5))
def test_a_value_gives_back_the_parents_it_was_assigned(n):
    parents, node = tuple(Value(float(i)) for i in range(n)), Value(0.0)
    node._prev = parents
    assert node._prev == parents


def test_a_value_that_stands_twice_is_two_parents():
    x = Value(3.0)
    assert (x * x)._prev == (x, x)
    assert ops.where(1.0, x, x)._prev[1:] == (x, x)


@KINDS
def test_each_edit_of_data_has_a_version_and_a_new_node_takes_the_last(kind):
    x = leaf(kind, 3.0)
    y = x * x
    before = counts.data_edits
    x.data = 4.0
    assert (x.version, counts.data_edits) == (before + 1, before + 1)
    assert y.version < x.version == (x * x).version
    assert next_version() == counts.data_edits == before + 2


@KINDS
def test_what_varies_in_a_trace_is_what_follows_from_arguments_and_parameters(kind):
    x, seen = leaf(kind, 3.0), []
    assert not tracing() and not varies(x, x * 2.0)

    def traced(argument):
        constant = kind(2.0)
        seen.append((tracing(), varies(argument * constant), varies(x), varies(constant, 2.0)))
        return argument * constant + x

    compile(traced)(leaf(kind, 1.0))
    assert seen and set(seen) == {(True, True, True, False)}
    assert not tracing()
