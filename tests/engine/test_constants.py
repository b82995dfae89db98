"""What requires no grad: comparisons, argmax and what follows; and how backward says so."""

import gc

import pytest

from micrograd_opt import Tensor, Value, compile, grad, hessian, no_grad, where
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Node
from micrograd_opt.functional import cross_entropy


def weights():
    return Tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)


def test_an_accuracy_is_no_loss_and_backward_says_why():
    w, y = weights(), Tensor([[1.0, 1.0], [0.0, 0.0]])
    accuracy = ((w > 0.0) == y).mean()
    assert accuracy.item() == 0.25 and not accuracy.requires_grad
    told = r"Tensor\(0.25\) is a constant. It comes by way of >, and > has no gradient"
    with pytest.raises(RuntimeError, match=told):
        accuracy.backward()
    with pytest.raises(RuntimeError, match="the output is a constant. It comes by way of >"):
        grad(accuracy, w)


REASONS = {
    "argmax": lambda w: (w.argmax(1) + 1.0).sum(),
    "detach": lambda w: (w.detach() * 2.0).sum(),
    "where": lambda w: where(w, 1.0, 2.0).sum(),
    "<=": lambda w: where(w <= 0.0, w.detach(), 2.0).max(),
}


@pytest.mark.parametrize("name", REASONS)
def test_the_op_is_named_that_lets_no_gradient_through(name):
    with pytest.raises(RuntimeError, match=f"by way of {name}, and {name} has no gradient"):
        REASONS[name](weights()).backward()


def test_of_a_value_too():
    with pytest.raises(RuntimeError, match="by way of step, and step has no gradient"):
        ops.step(Value(2.0)).relu().backward()


def test_where_there_is_no_such_op_the_other_reasons_are_told():
    w = weights()
    with no_grad():
        quiet = [w.sum(), (w > 0.0).sum()]
    for constant in (*quiet, Tensor([1.0, 2.0]).sum(), (Tensor([1.0]) > 0.0).sum()):
        assert constant.blocker is None
        with pytest.raises(RuntimeError, match="need requires_grad=True, and no_grad must be off"):
            constant.backward()


def test_a_comparison_within_a_loss_is_a_constant_of_it():
    w = weights()
    mask = w > 0.0
    loss = (mask * w).sum() + where(w < 0.0, w * 3.0, 0.0).sum()
    loss.backward()
    assert (mask.op, mask._prev, mask.requires_grad) == (None, (), False)
    assert w.grad.tolist() == [[1.0, 3.0], [1.0, 1.0]]


def test_a_second_derivative_through_a_kink_is_still_zero():
    x = Tensor([2.0, -3.0], requires_grad=True)
    for f in (lambda x: x.relu().sum(), lambda x: abs(x).sum(), lambda x: x.max()):
        assert hessian(f, x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
        first = grad(f(x), x, create_graph=True)
        assert grad(first.sum(), x).tolist() == [0.0, 0.0]


def nodes():
    gc.collect()
    return sum(issubclass(type(x), Node) for x in gc.get_objects())


def test_a_running_sum_of_correct_answers_keeps_no_graph():
    w, x, y = weights(), Tensor([[1.0, 2.0], [3.0, -1.0]]), Tensor([1.0, 0.0])
    correct, before = Tensor(0.0), nodes()
    for _ in range(30):
        logits = x @ w
        cross_entropy(logits, y).backward()
        correct = correct + (logits.argmax(1) == y).sum()
    del logits
    assert correct.item() == 30.0 and nodes() == before


def test_a_compiled_function_counts_correct_answers_anew_at_each_call():
    w = weights()

    def loss_and_correct(x, y):
        logits = x @ w
        return cross_entropy(logits, y), (logits.argmax(1) == y).sum()

    compiled, x = compile(loss_and_correct), Tensor([[1.0, 2.0], [3.0, -1.0]])
    only = compile(lambda x, y: ((x @ w).argmax(1) == y).sum())
    for labels in ([1.0, 0.0], [0.0, 0.0], [0.0, 1.0]):
        y = Tensor(labels)
        (loss, correct), (expected, count) = compiled(x, y), loss_and_correct(x, y)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
        assert correct.item() == count.item() == only(x, y).item()
        for constant in (correct, only(x, y)):
            with pytest.raises(RuntimeError, match="nothing to differentiate"):
                constant.backward()
        w.grad = None
        loss.backward()
        assert w.grad is not None
    w.data = -w.data
    assert compiled(x, y)[1].item() == loss_and_correct(x, y)[1].item() == only(x, y).item()
