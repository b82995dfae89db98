"""Frozen: it notices every change that a program would not."""

from functools import partial
from types import SimpleNamespace

import pytest

from micrograd_opt import Tensor, functional, nn
from micrograd_opt.training.frozen import MOST, Frozen

RATE = 1.0


def helper(x):
    return x * RATE


def reads_a_helper(output, y):
    return helper(output)


class Net(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(2, 2)
        self.scale, self.act, self.cache = 1.0, nn.Tanh(), None
        self.steps, self.log, self.options = [1.0, 2.0], [], {"slope": 0.1}
        self.history = [0] * 2 * MOST

    def forward(self, x):
        return self.inner(x) * RATE


class Loss:
    """A loss with settings, which is called."""

    def __init__(self):
        self.weight = 1.0

    def __call__(self, output, y):
        return output * self.weight


def counting():
    """A loss that counts its calls, by a number and in a list."""
    calls, log = 0, []

    def loss(output, y):
        nonlocal calls
        calls += 1
        log.append(calls)
        return output

    return loss


CHANGES = {
    "a number": lambda net: setattr(net, "scale", 2.0),
    "a number of a layer": lambda net: setattr(net.inner, "in_features", 3),
    "an activation": lambda net: setattr(net, "act", nn.ReLU()),
    "what was computed": lambda net: setattr(net, "cache", Tensor([1.0]) * 2.0),
    "an entry of a list": lambda net: net.steps.__setitem__(1, 3.0),
    "the length of a list": lambda net: net.log.append(3),
    "the length of a long list": lambda net: net.history.append(0),
    "a layer in a list that is not looked into": lambda net: setattr(nn.Module(), "x", [net]),
    "an entry of a dict": lambda net: net.options.update(slope=0.2),
    "a frozen parameter": lambda net: setattr(net.inner.weight, "requires_grad", False),
    "a new attribute": lambda net: setattr(net, "new", None),
    "an attribute less": lambda net: delattr(net, "cache"),
    "a parameter": lambda net: setattr(net.inner, "bias", nn.Parameter([0.0, 0.0])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_changes_in_a_module_is_noticed_once(change):
    net = Net()
    frozen = Frozen(net, functional.cross_entropy)
    assert not frozen.changed()
    change(net)
    assert frozen.changed()
    assert not frozen.changed()


@pytest.mark.parametrize("root", [helper, reads_a_helper, Net(), partial(helper)])
def test_a_global_that_a_function_or_its_helper_reads(root, monkeypatch):
    frozen = Frozen(root)
    monkeypatch.setitem(globals(), "RATE", 3.0)
    assert frozen.changed() and not frozen.changed()


def test_what_a_closure_holds():
    loss = counting()
    frozen = Frozen(loss)
    loss(1.0, 2.0)
    assert frozen.changed()


def test_settings_that_a_function_finds():
    settings = SimpleNamespace(beta=1.0)
    frozen = Frozen(lambda output, y: output * settings.beta)
    settings.beta = 0.5
    assert frozen.changed()


def test_settings_of_a_loss_that_is_an_object():
    for root in (loss := Loss(), loss.__call__):
        frozen = Frozen(root)
        loss.weight += 1.0
        assert frozen.changed()


def test_arguments_of_a_partial():
    loss = partial(functional.cross_entropy, label_smoothing=0.1)
    frozen = Frozen(loss)
    loss.keywords["label_smoothing"] = 0.2
    assert frozen.changed()


def test_a_model_that_is_a_function_of_modules():
    net = Net()
    frozen = Frozen(lambda x: net(x))
    net.scale = 2.0
    assert frozen.changed()


def test_what_a_program_reads_anew_is_no_change():
    net = Net()
    frozen = Frozen(net, functional.cross_entropy)
    net(Tensor([[1.0, 2.0]]))
    net.eval()
    net.inner.weight.data = net.inner.weight.data * 2.0
    net.scale = 1.0 + 0.0 * net.steps[0]  # another float of the same size
    assert not frozen.changed()
