"""The tape against backward, bit by bit: on random graphs, on shared nodes, at the edges."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.draw.tape.tape import argument_names, symbolic, tape
from micrograd_opt.engine import ops
from micrograd_opt.engine.backward import backward
from micrograd_opt.engine.graph import topological_order
from test_random_graphs import tensors_graph, values_graph


def bits(x):
    """The shape and bytes of a float or an Array: equal only if every bit is, of a NaN too."""
    flat = getattr(x, "flat", [x])
    return getattr(x, "shape", ()), struct.pack(f"{len(flat)}d", *flat)


def grad_after(node, gradient):
    """A fresh node's `.grad` once `gradient` has arrived: a leaf Value adds it to 0.0."""
    return 0.0 + gradient if isinstance(node, Value) and node.op is None else gradient


def assert_is_the_tape_of_backward(root, gradient=None):
    """`root` is fresh: no node of it has a gradient yet."""
    found = tape(root, gradient)
    order = topological_order(root)
    assert list(map(id, found.order)) == list(map(id, order))
    assert all(node.grad == node._empty_grad for node in order)
    backward(root, gradient)

    backward_order = [i for i in reversed(range(len(order))) if order[i].requires_grad]
    assert [visit.index for visit in found.visits] == backward_order
    assert [visit.turn for visit in found.visits] == list(range(1, len(backward_order) + 1))
    sums = {}
    for visit in found.visits:
        node = order[visit.index]
        if visit.gradient is None:
            assert node.grad == node._empty_grad and visit.sent == () and visit.index not in sums
            continue
        assert bits(grad_after(node, visit.gradient)) == bits(node.grad)
        assert node is root or bits(sums[visit.index]) == bits(visit.gradient)
        for sent in visit.sent:
            i, part = sent.parent, sent.contribution
            assert order[i] is node._prev[sent.place]
            assert (sent.before is None) == (i not in sums)
            assert sent.before is None or bits(sent.before) == bits(sums[i])
            sums[i] = part if i not in sums else sums[i] + part
            assert bits(sent.total) == bits(sums[i])


@pytest.mark.parametrize("graph", [values_graph, tensors_graph])
def test_on_random_graphs_the_running_sums_end_at_backwards_gradients_to_the_bit(graph):
    for seed in range(100):
        leaves, function = graph(seed)
        if isinstance(leaves[0], float):
            nodes = [Value(x) for x in leaves]
        else:
            nodes = [Tensor(x, requires_grad=True) for x in leaves]
        assert_is_the_tape_of_backward(function(*nodes))


@given(st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0), st.integers(0)), max_size=12))
def test_shared_nodes_sum_as_in_backward(steps):
    pool = [Value(1.1), Value(-0.7), Value(3.0)]
    for symbol, i, j in steps:
        x, y = pool[i % len(pool)], pool[j % len(pool)]
        pool.append({"+": x + y, "-": x - y, "*": x * y}[symbol])
    assert_is_the_tape_of_backward(pool[-1] * pool[-1])


def test_what_is_sent_in_the_chain_rule_of_one_product():
    x, y = Value(2.0), Value(-3.0)
    (first, *leaves) = tape(x * y).visits
    assert (first.index, first.turn, first.gradient) == (2, 1, 1.0)
    assert [(s.parent, s.place, s.formula, s.numbers) for s in first.sent] == [
        (1, 0, "g * y", "1 * -3"),
        (0, 1, "g * x", "1 * 2"),
    ]
    assert [(s.local, s.contribution, s.total, s.before) for s in first.sent] == [
        (-3.0, -3.0, -3.0, None),
        (2.0, 2.0, 2.0, None),
    ]
    assert [(leaf.gradient, leaf.sent) for leaf in leaves] == [(-3.0, ()), (2.0, ())]


def test_where_paths_meet_the_total_grows():
    a = Value(1.0)
    b = a + a
    arrivals = [sent for visit in tape(b + b).visits for sent in visit.sent]
    assert [(s.contribution, s.total, s.before) for s in arrivals] == [
        (1.0, 1.0, None), (1.0, 2.0, 1.0), (2.0, 2.0, None), (2.0, 4.0, 2.0),
    ]  # fmt: skip


def test_the_local_derivative_does_not_depend_on_what_arrives():
    x = Value(0.5)
    z = x.tanh()
    sent = tape(z * 100.0).visits[1].sent[0]
    assert sent.local == pytest.approx(1.0 - z.data**2, rel=1e-14)
    assert sent.contribution == pytest.approx(100.0 * sent.local, rel=1e-14)


def test_the_gradient_that_arrives_can_be_given():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert_is_the_tape_of_backward(x * x, gradient=[10.0, -1.0])


def test_a_choice_sends_nothing_to_what_it_chooses_by():
    x, y = Value(2.0).exp(), Value(5.0)
    at_where, at_x, _, at_y = tape(ops.where(x, y, 0.0)).visits
    assert [sent.place for sent in at_where.sent] == [1] and at_y.gradient == 1.0
    assert at_x.gradient is None and at_x.sent == ()
    assert_is_the_tape_of_backward(ops.where(Value(2.0).exp(), Value(5.0), 0.0))


def test_a_step_is_a_constant_of_the_tape():
    found = tape(Value(5.0) * ops.step(Value(2.0).exp()))
    assert len(found.order) == 3 and len(found.visits) == 2
    assert [sent.contribution for sent in found.visits[0].sent] == [1.0]


def test_constants_are_neither_visited_nor_sent_anything():
    found = tape(Value(3.0) * 2.0)
    assert len(found.order) == 3 and len(found.visits) == 2
    assert [sent.place for sent in found.visits[0].sent] == [0]


def test_a_leaf_alone_has_a_tape_of_one_visit():
    found = tape(Value(3.0))
    assert [(v.index, v.turn, v.gradient, v.sent) for v in found.visits] == [(0, 1, 1.0, ())]
    assert found.forward == []


def test_the_tape_refuses_what_backward_refuses():
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        tape(Tensor([1.0]).sum())
    with pytest.raises(ValueError, match="needs a scalar"):
        tape(Tensor([1.0, 2.0], requires_grad=True))
    x = Value(3.0)
    z = x * x
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after mul used it"):
        tape(z)


def test_the_tape_is_the_same_inside_no_grad():
    x = Value(3.0)
    z = (x * x).tanh()
    outside = tape(z)
    with no_grad():
        inside = tape(z)
        assert [step.formula for step in inside.forward] == ["x * y", "tanh(x)"]
    for one, other in zip(outside.visits, inside.visits, strict=True):
        assert [s.formula for s in one.sent] == [s.formula for s in other.sent]
        assert [s.total for s in one.sent] == [s.total for s in other.sent]


def test_the_forward_pass_is_every_op_with_its_numbers():
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    found = tape((product + 10.0).tanh())
    steps = found.forward
    assert [(s.formula, s.numbers) for s in steps] == [
        ("x * y", "2 * -3"), ("x + y", "-6 + 10"), ("tanh(x)", "tanh(4)"),
    ]  # fmt: skip
    assert [s.data for s in steps[:2]] == [-6.0, 4.0]
    index, formula, numbers, data = steps[0]
    assert found.order[index] is product
    assert (formula, numbers, data) == ("x * y", "2 * -3", -6.0)


def test_the_arguments_are_called_what_their_rule_calls_them():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with symbolic():
        named = {
            ops.where(x, x, x): ["c", "x", "y"],
            ops.cat(x, x, x, dim=0): ["x1", "x2", "x3"],
            x[[1, 0]]: ["x", "index"],
            ops.gt(x, x): ["x", "y"],
            x @ x: ["x", "y"],
            ops.step(x): ["x"],
        }
    for node, names in named.items():
        assert argument_names(node) == names


def test_a_tape_of_many_nodes_needs_no_recursion():
    x = z = Value(1.0)
    for _ in range(5000):
        z = z * 1.0
    assert tape(z).visits[-1].gradient == 1.0 and x.grad == 0.0
