"""The last step of an optimizer in words: worked texts, and every optimizer's own formula."""

import math
import re

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, optim
from micrograd_opt.draw.tape.step import Element
from micrograd_opt.optim.base.wrapper import innermost


def two_values():
    return [Value(3.0, label="x"), Value(-1.0, label="y")]


def stepped(optimizer, params, steps=2):
    """The optimizer after steps on x² + y⁴."""
    x, y = params

    def closure():
        optimizer.zero_grad()
        loss = x * x + y * y * y * y
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return optimizer


def text_of(optimizer, **options):
    return repr(mo.explain(optimizer, **options))


def test_a_step_of_sgd_with_momentum_and_weight_decay_by_hand():
    params = two_values()
    optimizer = optim.SGD(params, lr=0.1, momentum=0.5, weight_decay=0.2)
    assert text_of(stepped(optimizer, params), only="x") == (
        "Step 2 of SGD(lr=0.1, 2 parameters)\n"
        "\n"
        "x = 2.34 becomes 1.495\n"
        "  g = 4.68\n"
        "  b = momentum * b + 1 * (g + weight_decay * x)"
        " = 0.5 * 6.6 + 1 * (4.68 + 0.2 * 2.34) = 8.448\n"
        "  x = x - lr * b = 2.34 - 0.1 * 8.448 = 1.495\n"
        "  moved by -0.8448: an effective rate of 0.1805"
    )


def test_adams_hats_are_those_of_the_paper():
    params = two_values()
    optimizer = stepped(optim.Adam(params, lr=0.1), params)
    (block,) = optimizer.blocks[0]
    hats = optimizer.hats(block.state, optimizer.param_groups[0])
    (_, theta, _), g = optimizer.last_step.before[0], optimizer.last_step.gradients[0]
    for i, (m_hat, v_hat) in enumerate(zip(hats["m_hat"], hats["v_hat"], strict=True)):
        move = 0.1 * m_hat / (math.sqrt(v_hat) + 1e-8)
        assert block.read()[i] == pytest.approx(theta[i] - move, rel=1e-12)
    text = text_of(optimizer, only="x")
    assert f"m_hat = m / (1 - beta1 ** 2) = 1.12 / (1 - 0.9 ** 2) = {hats['m_hat'][0]:.4g}" in text
    assert f"g = {g[0]:.4g}\n" in text


ELEMENTWISE = {
    "SGD": {"momentum": 0.9, "nesterov": True}, "Adagrad": {}, "RMSprop": {"centered": True},
    "Adadelta": {}, "Adam": {"amsgrad": True, "maximize": True, "weight_decay": 0.1}, "AdamW": {},
    "Adamax": {}, "NAdam": {}, "RAdam": {}, "Rprop": {}, "ASGD": {}, "Lion": {}, "SignSGD": {},
    "LectureNesterov": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_elementwise_update_is_explained_by_its_own_formula(name):
    params = two_values()
    optimizer = stepped(getattr(optim, name)(params, lr=0.01, **ELEMENTWISE[name]), params, 7)
    text = text_of(optimizer)
    assert "->" not in text  # no memory before and after: the formula itself
    assert max(map(len, text.splitlines())) <= 100 and "…" not in text
    block = optimizer.last_step.moves[0][0]
    last = re.findall(r" = (\S+)\n  moved by", text)
    assert [float(x) for x in last] == pytest.approx(block.read(), rel=1e-3)


@pytest.mark.parametrize("make", [optim.LAMB, optim.LARS, optim.LBFGS, optim.Newton])
def test_others_show_their_memory_before_and_after(make):
    params = two_values()
    optimizer = stepped(make(params), params)
    text = text_of(optimizer)
    kept = optimizer.last_step.gradients is not None
    assert ("kept no gradients" in text) is not kept
    assert ("  g = " in text) is kept
    for key in optimizer.last_step.moves[0][2]:
        assert f"\n  {key}: " in text


def test_muon_and_adafactor_work_on_whole_matrices():
    for make in (optim.Muon, optim.Adafactor):
        w = Tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True, label="w")
        optimizer = make([w])
        (w * w).sum().backward()
        optimizer.step()
        assert "w[1, 0] = 3 becomes" in text_of(optimizer, only="w[1, 0]")


def test_a_wrapper_says_what_it_did_after_the_step():
    params = two_values()
    optimizer = stepped(optim.Lookahead(optim.SGD(params, lr=0.1), k=2), params)
    assert "= 1.92\n  moved by -0.48" in text_of(optimizer, only="x")
    assert text_of(optimizer, only="x").endswith("then Lookahead put it at 2.46")
    assert innermost(optimizer).last_step.before[0][1][0] == pytest.approx(2.4)


def test_the_formula_is_left_out_where_another_element_has_a_say():
    w = Tensor([3.0, 4.0], requires_grad=True, label="w")
    optimizer = optim.LAMB([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    element = Element(optimizer, optimizer.last_step, 0, 1)
    assert element._update("w[1]") is None


def test_a_compiled_step_says_what_is_missing():
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    step = mo.compile(lambda x: (x @ w).mean(), batched=False, optimizer=optimizer)
    for _ in range(3):
        step(Tensor([[1.0, 1.0]]))
    text = text_of(optimizer)
    assert "kept no gradients" in text and "  b: 1.9, norm of all 2.687 -> 2.71" in text


def test_what_is_asked_for_is_named_or_pointed_at():
    w = Tensor([[1.0] * 4] * 4, requires_grad=True, label="w")
    b = Value(1.0, label="b")
    optimizer = optim.SGD([w, b], lr=0.5)
    (w * w).sum().backward()
    optimizer.step()
    with pytest.raises(ValueError, match=r"moved 17 parameters; .* only=\['w\[0, 0\]'\]\)"):
        mo.explain(optimizer)
    one = text_of(optimizer, only=["w[3, 2]"])
    assert one.count("becomes") == 1 and "w[3, 2] = 1 becomes 0" in one
    assert text_of(optimizer, only=b).count("becomes") == 1
    for whole in (w, "w"):
        assert text_of(optimizer, only=whole).count("becomes") == 16
    with pytest.raises(ValueError, match=r"moved no 'v'; it moved w\[0, 0\]"):
        mo.explain(optimizer, only="v")


def test_before_the_first_step_there_is_nothing_to_explain():
    with pytest.raises(ValueError, match="no step yet"):
        mo.explain(optim.SGD(two_values(), lr=0.1))


def test_a_failed_step_leaves_the_last_one_to_be_explained():
    params = two_values()
    optimizer = stepped(optim.SGD(params, lr=0.1), params)
    before = text_of(optimizer)
    params[0].grad = math.inf
    with pytest.raises(ValueError, match="gradient of x"):
        optimizer.step()
    assert text_of(optimizer) == before


def test_two_parameters_of_one_label_are_both_explained():
    params = [Value(3.0, label="x"), Value(-1.0, label="x")]
    optimizer = stepped(optim.SGD(params, lr=0.1), params, 1)
    assert text_of(optimizer).count("x = ") == text_of(optimizer, only="x").count("x = ") == 4
    assert text_of(optimizer, only=params[1]).count("becomes") == 1
