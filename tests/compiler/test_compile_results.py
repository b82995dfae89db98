"""What a compiled call returns: nodes like the function's, and the gradients that they hand on."""

import pytest
from compiling import KINDS, assert_same, weights

import micrograd_opt as mo
from agreement import Outcome, agree
from micrograd_opt import Tensor, Value, no_grad
from micrograd_opt.array.array import Array
from micrograd_opt.compiler import Compiled, compile

# ---- outputs


def test_under_no_grad_the_call_computes_the_loss_alone():
    w, x = weights(3), weights(3, seed=2)
    compiled = compile(lambda x: (w * x).relu().sum())
    with no_grad():
        loss = compiled(x)
    assert not loss.requires_grad and loss._prev == ()
    assert "gradient of" not in compiled.source
    assert loss.item() == compiled(x).item()
    assert "gradient of" in compiled.source or "d_p" in compiled.source
    with pytest.raises(RuntimeError, match="nothing to differentiate"):
        loss.backward()


def test_several_outputs_come_back_as_the_function_gave_them():
    w = weights(3)

    def tuple_of(x):
        return (w * x).sum(), w * x, 3.0

    def list_of(x):
        return [(w * x).sum(), [w * x]]

    def dict_of(x):
        return {"loss": (w * x).sum(), "scores": w * x, "name": "mine"}

    for function in (tuple_of, list_of, dict_of):
        x = weights(3, seed=2)
        assert_same(compile(function), function, (x,), [w])
        found = compile(function)(x)
        assert type(found) is type(function(x))
    assert compile(tuple_of)(x)[2] == 3.0
    found = compile(dict_of)(x)
    assert found["name"] == "mine" and not found["scores"].requires_grad


@KINDS
def test_an_output_that_is_not_scalar_is_computed_forward_only(off):
    w = weights(3)
    compiled = Compiled(lambda x: w * x, off=off)
    for x in (2.0, weights(4, 3)):
        found, expected = compiled(x), w * x
        assert found.tolist() == expected.tolist() and not found.requires_grad
        with pytest.raises(RuntimeError, match="only the first output has a gradient"):
            found.sum().backward()


@KINDS
def test_an_output_that_is_an_argument_or_a_parameter_is_its_value(off):
    w = weights(3)
    compiled = Compiled(lambda x: ((w * x).sum(), x, w), off=off)
    x = weights(3, seed=3)
    _, first, second = compiled(x)
    assert first.tolist() == x.tolist() and second.tolist() == w.tolist()
    loss = Compiled(lambda x: x, off=off)(Tensor(3.0, requires_grad=True))
    assert loss.item() == 3.0


# ---- gradients


@KINDS
def test_a_gradient_flows_to_an_argument_that_wants_one(off):
    w = weights(2)

    def loss(x):
        return ((w * x) ** 2).sum()

    compiled = Compiled(loss, off=off)
    for wants in (True, False, True):
        x = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=wants)
        assert_same(compiled, loss, (x,), [w])
        assert (x.grad is not None) is wants


@KINDS
def test_one_node_given_twice_and_found_outside_sums_its_gradients(off):
    w = weights(3)

    def loss(x, y):
        return (w * x * y).sum() + (x - 2.0 * y).sum()

    assert_same(Compiled(loss, off=off), loss, (w, w), [w])
    v = Value(3.0)

    def scalar(x, y):
        return v * x * y + x - 2.0 * y

    assert_same(Compiled(scalar, off=off), scalar, (v, v), [v])


def test_the_gradient_that_arrives_scales_what_is_handed_on():
    w = weights(2)
    loss = compile(lambda x: (w * x).sum())(Tensor([1.0, 2.0]))
    loss.backward(3.0)
    assert w.grad == Array([3.0, 6.0], (2,))


def test_a_node_that_the_function_does_not_use_gets_no_gradient():
    w, x, unused = weights(2), weights(2, seed=2), weights(2, seed=3)
    compile(lambda x, y: (w * x).sum())(x, unused).backward()
    assert unused.grad is None and w.grad is not None


# ---- parts without gradient, and gradients differentiated again


@KINDS
def test_detached_and_ungraded_parts_give_no_gradient_and_are_not_frozen(off):
    w, v = weights(3), Value(2.0)

    def graded(w, x):
        with no_grad():
            scale = (w * x).exp()
        return w * x.detach() * scale + x.detach() * 3.0 + (w * 2.0).detach() * x

    def tensors(x):
        return graded(w, x).sum()

    def values(x):
        return graded(v, x)

    for function, leaf, args in (
        (tensors, w, [weights(3, seed=s) for s in (2, 3)]),
        (values, v, [Value(0.5), Value(-0.25)]),
    ):
        compiled = Compiled(function, off=off)
        for x in args:
            assert_same(compiled, function, (x,), [leaf])
            leaf.data = leaf.data * 0.5
        assert compiled.programs == 1


@KINDS
def test_a_gradient_penalty_is_differentiated_again(off):
    w, v = weights(3, 2), Value(0.7)

    def tensors(x):
        z = (x @ w).tanh().sum()
        slope = mo.grad(z, x, create_graph=True)
        return z + (slope * slope).sum()

    def values(x):
        z = (x * v).tanh()
        slope = mo.grad(z, x, create_graph=True)
        return z + slope * slope

    for function, leaf, args in (
        (tensors, w, [weights(4, 3, seed=s) for s in (2, 3)]),
        (values, v, [Value(0.5), Value(-0.25)]),
    ):
        compiled = Compiled(function, off=off)
        for x in args:
            assert_same(compiled, function, (x,), [leaf])


def test_a_gradient_without_a_graph_is_a_constant_that_is_computed_anew():
    v = Value(0.7)

    def loss(x):
        z = (x * v).tanh()
        return z * mo.grad(z, x)

    compiled = compile(loss)
    for number in (0.5, -0.25):
        assert_same(compiled, loss, (Value(number),), [v])


# ---- backward of what was returned


def test_a_second_backward_adds_the_same_again():
    w, v = weights(3), Value(2.0)
    for loss, leaf in (
        (compile(lambda x: (w * w * x).sum())(1.5), w),
        (compile(lambda x: v * v * x)(1.5), v),
    ):
        loss.backward()
        once = leaf.grad
        loss.backward()
        assert leaf.grad == once + once


def test_gradients_accumulate_over_calls():
    w = Value(2.0)
    compiled = compile(lambda x: w * x)
    for x in (1.0, 10.0, 100.0):
        compiled(x).backward()
    assert w.grad == 111.0


@pytest.mark.parametrize("leaf", [Value(2.0), Tensor([1.0, 2.0], requires_grad=True)], ids=repr)
def test_a_parameter_changed_before_backward_is_an_error_and_writes_nothing(leaf):
    other = Value(1.0) if isinstance(leaf, Value) else Tensor(1.0, requires_grad=True)

    def square(x):
        z = leaf * leaf * x * other
        return z if isinstance(z, Value) else z.sum()

    loss = compile(square)(3.0)
    before = leaf.grad
    leaf.data = leaf.data * 2.0
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()
    assert leaf.grad == before and other.grad == other._empty_grad
    with pytest.raises(RuntimeError, match="was changed after"):
        (loss * 2.0).backward()


def test_a_changed_argument_is_stale_as_well():
    w, x = Value(2.0), Value(3.0)
    loss = compile(lambda x: w * x)(x)
    x.data = 4.0
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


@KINDS
def test_the_result_composes_with_plain_nodes(off):
    w, v = weights(3), Value(2.0)

    def tensors(x):
        return (w * x).tanh().sum()

    def values(x):
        return (v * x).tanh()

    for function, leaf, x in ((tensors, w, weights(3, seed=2)), (values, v, Value(0.5))):
        compiled = Compiled(function, off=off)

        def whole(x, inner, leaf=leaf):
            penalty = leaf * leaf
            penalty = penalty if isinstance(penalty, Value) else penalty.sum()
            return inner(x) * inner(x) * 3.0 + 0.01 * penalty

        leaves = [leaf, x]
        expected = Outcome(lambda x, f=function, w=whole: w(x, f), (x,), leaves)
        found = Outcome(lambda x, f=compiled, w=whole: w(x, f), (x,), leaves)
        assert agree(found, expected, leaves) is None


def test_grad_of_the_result_is_the_gradient_and_has_no_second():
    w, x = weights(3), weights(3, seed=2)
    compiled = compile(lambda x: (w * x).tanh().sum())
    expected = mo.grad((w * x).tanh().sum(), w)
    assert mo.grad(compiled(x), w).tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert w.grad is None
    with pytest.raises(RuntimeError, match="no second derivative; call the plain function"):
        mo.grad(compiled(x), w, create_graph=True)
    v = Value(2.0)
    loss = compile(lambda x: v * v * x)(3.0)
    assert mo.grad(loss, v).data == 12.0
    assert mo.grad(loss * 2.0, (v,))[0].data == 24.0
