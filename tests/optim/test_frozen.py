"""Parameters with requires_grad False are taken and skipped, as fine-tuning wants it."""

import inspect
import random

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, optim
from micrograd_opt.optim import Optimizer


def optimizers():
    for name in optim.__all__:
        cls = getattr(optim, name)
        if inspect.isclass(cls) and issubclass(cls, Optimizer) and cls is not Optimizer:
            wraps = "optimizer" in inspect.signature(cls).parameters
            yield pytest.param(
                (lambda params, cls=cls: cls(optim.SGD(params, lr=0.1))) if wraps else cls, id=name
            )


each_optimizer = pytest.mark.parametrize("make", list(optimizers()))


def tensors():
    w = Tensor([[1.0, -2.0], [3.0, 0.5]], requires_grad=True, label="w")
    f = Tensor([[4.0, 5.0], [6.0, 7.0]], label="f")
    return w, f


def steps(optimizer, loss_of, n=2):
    def closure():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    for _ in range(n):
        optimizer.step(closure)


@each_optimizer
def test_a_frozen_tensor_stays_and_the_others_move_as_without_it(make):
    alone, _ = tensors()
    w, f = tensors()
    steps(make([alone]), lambda: (alone * alone).sum())
    optimizer = make([w, f])
    steps(optimizer, lambda: (w * w).sum())
    assert f.data.tolist() == [[4.0, 5.0], [6.0, 7.0]] and f.grad is None
    assert w.data.tolist() == alone.data.tolist() != [[1.0, -2.0], [3.0, 0.5]]


@each_optimizer
def test_frozen_later_it_stays_where_it_is_and_let_go_it_moves(make):
    w, f = tensors()
    f.requires_grad = True
    optimizer = make([w, f])

    def loss():
        return (w * w).sum() + (f * f).sum()

    steps(optimizer, loss)
    f.requires_grad = False
    before, moving = f.data.tolist(), w.data.tolist()
    steps(optimizer, loss)
    assert f.data.tolist() == before
    f.requires_grad = True
    steps(optimizer, loss)
    if make is not optim.LBFGS and make is not optim.Newton:  # these have arrived
        assert f.data.tolist() != before and w.data.tolist() != moving


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"])
def test_unfreezing_is_pytorchs(name):
    """Three steps frozen, three free: weight decay leaves it alone, and its memory begins then."""
    torch = pytest.importorskip("torch")
    settings = {"lr": 0.1, "weight_decay": 0.01} | ({"momentum": 0.9} if name == "SGD" else {})
    paths = []
    for module, tensor in ((optim, Tensor), (torch.optim, torch.tensor)):
        more = {} if module is optim else {"dtype": torch.float64}
        w = tensor([1.0, -2.0], requires_grad=True, **more)
        f = tensor([3.0, 4.0], requires_grad=False, **more)
        optimizer, path = getattr(module, name)([w, f], **settings), []
        for step in range(6):
            f.requires_grad = step >= 3
            optimizer.zero_grad()
            ((w * w).sum() + (f * f * f).sum()).backward()
            optimizer.step()
            path.append([*w.tolist(), *f.tolist()])
        paths.append(path)
    for mine, theirs in zip(*paths, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-8)  # NAdam keeps a float32 there


def test_frozen_values_are_skipped_and_their_memory_begins_when_they_are_let_go():
    x, y = Value(1.0), Value(2.0)
    y.requires_grad = False
    optimizer = optim.Adam([x, y], lr=0.1, weight_decay=0.5)
    steps(optimizer, lambda: x * x + y * y)
    assert y.data == 2.0 and x.data < 1.0
    y.requires_grad = True
    steps(optimizer, lambda: x * x + y * y, n=1)
    assert y.data == pytest.approx(1.9)  # Adam's first step is lr
    x.requires_grad = False  # one that had a memory stays at once
    before = x.data
    steps(optimizer, lambda: x * x + y * y)
    assert x.data == before


def test_if_all_are_frozen_the_step_says_that_there_is_nothing_to_do():
    w, f = tensors()
    optimizer = optim.SGD([f], lr=0.1)
    (w * w * f).sum().backward()
    with pytest.raises(RuntimeError, match="no parameter has a gradient"):
        optimizer.step()


def fine_tuned(compiled):
    """All parameters of a net after three phases: the first layer frozen, none, the last one."""
    model = mo.nn.MLP(2, [3, 1], rng=random.Random(0))
    first, last = model.layers[0], model.layers[-1]
    optimizer = optim.Adam(model.parameters(), lr=0.1, weight_decay=0.1)
    x, y = Tensor([[1.0, 2.0], [0.5, -1.0]]), Tensor([[1.0], [0.0]])

    def loss_of(x, y):
        return mo.functional.mse_loss(model(x), y)

    def plain(x, y):
        optimizer.zero_grad()
        loss_of(x, y).backward()
        optimizer.step()

    step = mo.compile(loss_of, optimizer=optimizer) if compiled else plain
    for frozen in (first, None, last):
        before = [p.tolist() for p in model.parameters()]
        for p in model.parameters():
            p.requires_grad = frozen is None or all(p is not q for q in frozen.parameters())
        for _ in range(5):
            step(x, y)
        for p, old in zip(model.parameters(), before, strict=True):
            assert (p.tolist() == old) is not p.requires_grad
    return [x for p in model.parameters() for x in p.data.flat]


def test_a_compiled_step_does_not_move_what_is_frozen_and_sees_it_let_go():
    assert fine_tuned(True) == pytest.approx(fine_tuned(False), rel=1e-12)


@each_optimizer
def test_a_state_dict_with_a_frozen_parameter_comes_back(make):
    w, f = tensors()
    optimizer = make([w, f])
    steps(optimizer, lambda: (w * w).sum())
    again = make([w, f])
    again.load_state_dict(optimizer.state_dict())
    assert again.state_dict() == optimizer.state_dict()
