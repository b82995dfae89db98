"""A student's backward pass: a right one is right, however it is written; mistakes are named."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_opt import Tensor, Value, check
from micrograd_opt.check.gradient import KEEPS, OVERWRITES, same
from micrograd_opt.check.rules import RULES
from micrograd_opt.check.walks import WALKS
from micrograd_opt.draw.tape.names import names
from micrograd_opt.draw.tape.tape import tape
from micrograd_opt.engine.backward import backward_pass
from micrograd_opt.engine.graph import topological_order

RIGHT = {  # the derivatives, as a student writes them: (z, inputs) -> a factor for each input
    "add": lambda z, x, y: (1, 1),
    "sub": lambda z, x, y: (1, -1),
    "mul": lambda z, x, y: (y, x),
    "div": lambda z, x, y: (1 / y, -x / y**2),
    "pow": lambda z, x, y: (y * x ** (y - 1), 0.0),
    "neg": lambda z, x: (-1,),
    "exp": lambda z, x: (z,),
    "log": lambda z, x: (1 / x,),
    "tanh": lambda z, x: (1 - z * z,),
    "sigmoid": lambda z, x: (z * (1 - z),),
    "relu": lambda z, x: (float(x > 0),),
    "sqrt": lambda z, x: (0.5 / z,),
}


def student(factors=RIGHT, **changed):
    """micrograd's backward: recursive order, then += from the root on."""
    factors = factors | changed

    def my_backward(root):
        order, seen = [], set()

        def build(node):
            if node not in seen:
                seen.add(node)
                for parent in node._prev:
                    build(parent)
                order.append(node)

        build(root)
        root.grad = 1.0
        for node in reversed(order):
            if node._prev:
                inputs = [parent.data for parent in node._prev]
                derivatives = factors[node._op](node.data, *inputs)
                for parent, d in zip(node._prev, derivatives, strict=True):
                    parent.grad += node.grad * d

    return my_backward


def nodes_of(root):
    """Those that take a gradient, in backward order, as `explain` numbers them."""
    recorded = tape(root)
    return [recorded.order[visit.index] for visit in recorded.visits]


def handed_on(node):
    """(parent, the derivative by it) for each parent."""
    inputs = [x.data for x in node._prev]
    return zip(node._prev, RIGHT[node._op](node.data, *inputs) if inputs else (), strict=True)


def neuron():
    a, b, c = Value(0.5, "a"), Value(-0.7, "b"), Value(2.0, "c")
    h = (a * b + c - a / c).tanh()
    h.label = "h"
    return (h * h + (b * b).exp() - c.log() + h.sigmoid() + (-a) ** 2 + (b + a).relu()) * 0.5


def test_micrograds_backward_is_right_and_its_second_pass_is_remarked_on():
    report = check.gradient(student(), neuron())
    assert report and report.ok and report.step is None
    assert report.mistake == KEEPS and KEEPS in str(report)


def test_a_dict_of_gradients_is_right_without_a_remark():
    def my_backward(root):
        found = {root: 1.0}
        todo = [root]
        student()(root)
        while todo:
            node = todo.pop()
            found[node] = node.grad
            todo += node._prev
        return found

    report = check.gradient(my_backward, neuron())
    assert report and report.mistake is None


def test_the_librarys_own_pass_is_right_twice():
    for root in (neuron(), (Tensor([[1.0, 2.0]], True) * Tensor([3.0], True)).sum()):
        report = check.gradient(lambda root: root.backward(), root)
        assert report and report.mistake is None


def test_the_gradients_are_afterwards_as_they_were():
    root = neuron()
    root.backward()
    before = [x.grad for x in root._prev]
    check.gradient(student(), root)
    check.gradient(student(mul=lambda z, x, y: (1, 1)), root)
    assert [x.grad for x in root._prev] == before and root.grad == 1.0


# fmt: off
WRONG = [  # the op, its factors, the node that shows it first, and the mistake
    ("sub", lambda z, x, y: (1, 1), "the sign of a difference"),
    ("mul", lambda z, x, y: (1, 1), "the factor of a product forgotten"),
    ("mul", lambda z, x, y: (x, y), "the factors of a product swapped"),
    ("div", lambda z, x, y: (1 / y, x / y**2), "the sign of a quotient"),
    ("div", lambda z, x, y: (1 / y, -x / y), "the denominator not squared"),
    ("pow", lambda z, x, y: (x ** (y - 1), 0.0), "the factor y of a power forgotten"),
    ("neg", lambda z, x: (1,), "the sign of −x"),
    ("exp", lambda z, x: (x,), "the input of exp where its output belongs"),
    ("log", lambda z, x: (1 / z,), "the output of log"),
    ("tanh", lambda z, x: (1 - x * x,), "tanh from its input"),
    ("sigmoid", lambda z, x: (x * (1 - x),), "the sigmoid from its input"),
    ("relu", lambda z, x: (1.0,), "relu lets everything pass"),
]
# fmt: on


@pytest.mark.parametrize("op, factors, mistake", WRONG)
def test_a_wrong_rule_is_named_at_the_first_node_that_it_reaches(op, factors, mistake):
    root = neuron()
    report = check.gradient(student(**{op: factors}), root)
    assert not report.ok and mistake in report.mistake, report.text
    assert "gives all your numbers" in str(report)
    node = nodes_of(root)[report.step - 1]
    assert node in {x for made in nodes_of(root) if made._op == op for x in made._prev}
    assert report.name == names(topological_order(root))[node]


def overwriting(root):
    root.grad = 1.0
    for node in nodes_of(root):
        for x, d in handed_on(node):
            x.grad = node.grad * d


def recursive(node, g=1.0):
    """Without an order: a node hands on all that it has, each time that something arrives."""
    node.grad += g
    for x, d in handed_on(node):
        recursive(x, node.grad * d)


def unseeded(root):
    for node in nodes_of(root):
        for x, d in handed_on(node):
            x.grad += node.grad * d


def without_chain(root):
    root.grad = 1.0
    for node in nodes_of(root):
        for x, d in handed_on(node):
            x.grad += d


def level_by_level(root):
    root.grad, queue, seen = 1.0, [root], {root}
    while queue:
        node = queue.pop(0)
        for x, d in handed_on(node):
            x.grad += node.grad * d
            if x not in seen:
                seen.add(x)
                queue.append(x)


def test_the_diamond_shows_every_mistake_of_the_walk():
    for my_backward, mistake in [
        (overwriting, "= in place of +="),
        (unseeded, "the seed forgotten"),
        (recursive, "no topological order: nodes are visited twice"),
        (without_chain, "the chain rule without g"),
        (level_by_level, "no topological order: nodes level by level"),
    ]:
        a = Value(3.0, "a")
        b = a * a
        c = b.tanh() * 0.01
        root = (c + b * c) * a + c
        report = check.gradient(my_backward, root)
        assert not report and mistake in report.mistake, report.text


def test_a_broadcast_gradient_that_is_not_summed():
    w, b = Tensor([[1.0, 2.0], [3.0, 4.0]], True, "w"), Tensor([1.0, 2.0], True, "b")
    root = ((w + b) * w).sum()
    wrong = {w: (w.data * 2.0 + b.data), b: w.data}
    report = check.gradient(lambda root: wrong, root)
    assert report.name == "b" and report.mistake == "broadcasting not summed"
    assert report.mine == [[1.0, 2.0], [3.0, 4.0]] and report.reference == [4.0, 6.0]


def test_a_leaf_that_was_forgotten_is_missing():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    report = check.gradient(lambda root: {a: 3.0}, a * b)
    assert report.name == "b" and report.mine is None
    assert "is missing, and should be 2.0" in str(report)


def test_a_pass_that_sets_the_leaves_is_right_with_a_remark():
    def my_backward(root):
        for node in nodes_of(root):
            node.grad = 0.0
        student()(root)

    assert check.gradient(my_backward, neuron()).mistake == OVERWRITES


def test_an_exception_is_a_finding_with_its_line():
    def my_backward(root):
        return {}[root]

    report = check.gradient(my_backward, neuron())
    assert not report and isinstance(report.mine, KeyError)
    assert "my_backward stopped: KeyError" in str(report) and "`return {}[root]`" in str(report)


def test_a_mistake_is_not_named_where_an_earlier_node_speaks_against_it():
    a = Value(2.0, "a")

    def my_backward(root):
        root.grad, a.grad = 1.0, 0.0  # as without a seed, but there is one

    report = check.gradient(my_backward, a * a)
    assert (report.step, report.name, report.mistake) == (2, "a", None)


def test_a_mistake_of_ones_own_is_shown_without_a_reason():
    report = check.gradient(student(tanh=lambda z, x: (math.pi,)), neuron())
    assert not report and report.mistake is None and "Why" not in str(report)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: check.gradient(student(), 3.0), TypeError, "expected a Value or a Tensor"),
        (lambda: check.gradient(None, Value(1.0) * 2.0), TypeError, "expected a function"),
        (lambda: check.gradient(student(), Value(1.0).detach()), RuntimeError, "constant"),
        (lambda: check.gradient(student(), Tensor([1.0, 2.0], True)), ValueError, "scalar"),
    ],
)
def test_a_wrong_call_is_an_error(call, error, message):
    with pytest.raises(error, match=message):
        call()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_on_random_graphs_a_right_pass_is_right(seed):
    draw = random.Random(seed)
    nodes = [Value(draw.uniform(0.5, 1.5)) for _ in range(3)]
    for _ in range(12):
        x, y = draw.choice(nodes), draw.choice(nodes)
        nodes.append(draw.choice([x + y, x * y, x - y, x.tanh(), x.sigmoid(), (x * 0.1).exp()]))
    root = nodes[-1] * nodes[0]
    assert check.gradient(student(), root).ok


@pytest.mark.parametrize("row", [*RULES, *WALKS], ids=lambda row: row.what)
def test_every_row_differs_from_the_right_pass_somewhere(row):
    x, w = Tensor([[0.5, 2.0], [-1.0, 0.3]], True), Tensor([[1.5, 0.2], [0.7, -0.4]], True)
    b = Tensor([0.1, 0.2], True)
    h = x @ w + b
    tensors = ((h * h).sin() + h.cos() + h.relu() * -1.0 + (h * h + 1.0).sqrt()).sum()
    differing = 0
    for root in (neuron(), tensors):
        right, wrong = backward_pass(root)[1], row.gradients(root)
        differing += any(not same(wrong[x], right[x]) for x in wrong)
    assert differing
