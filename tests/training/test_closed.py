"""is_closed: whether a model and a loss are the library's own, all of them."""

import random
from functools import partial

import pytest

from micrograd_opt import Tensor, nn
from micrograd_opt import functional as F
from micrograd_opt.nn import layers, scalar
from micrograd_opt.training.closed import is_closed


class Own(nn.Module):
    def forward(self, x):
        return x


class OwnLinear(nn.Linear):
    pass


class OwnRandom(random.Random):
    pass


def mlp(**attributes):
    model = nn.MLP(2, [3, 2], rng=random.Random(0))
    for name, x in attributes.items():
        setattr(model.layers[0], name, x)
    return model


CLOSED = {
    "an MLP": (mlp(), F.cross_entropy),
    "a Sequential": (
        nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5), nn.ReLU(), nn.GELU()),
        F.mse_loss,
    ),
    "a scalar net": (scalar.MLP(2, [3, 1]), F.hinge_loss),
    "a partial with a number": (mlp(), partial(F.cross_entropy, label_smoothing=0.1)),
    "dropout with its own generator": (nn.Dropout(0.5, random.Random(0)), F.mse_loss),
    "a number set on a layer": (mlp(note=3.0), F.mse_loss),
}
OPEN = {
    "a module of one's own": (Own(), F.mse_loss),
    "one deep inside": (nn.Sequential(nn.Linear(2, 2), nn.Sequential(Own())), F.mse_loss),
    "a subclass that changes nothing": (nn.Sequential(OwnLinear(2, 2)), F.mse_loss),
    "a forward set on a layer": (mlp(forward=lambda x: x), F.mse_loss),
    "a module set as forward": (mlp(forward=nn.ReLU()), F.mse_loss),
    "a function set on a layer": (mlp(hook=print), F.mse_loss),
    "a generator of another class": (nn.Dropout(0.5, OwnRandom(0)), F.mse_loss),
    "a plain function as the model": (lambda x: x, F.mse_loss),
    "a loss of one's own": (mlp(), lambda z, y: F.mse_loss(z, y)),
    "a partial of a loss of one's own": (mlp(), partial(lambda z, y: z, y=1.0)),
    "a partial with a list": (mlp(), partial(F.mse_loss, target=[1.0])),
    "a partial with a Tensor": (mlp(), partial(F.mse_loss, target=Tensor([1.0]))),
    "an object that is called": (mlp(), Own()),
}


@pytest.mark.parametrize("model, loss_fn", CLOSED.values(), ids=CLOSED)
def test_what_is_the_librarys_own_is_closed(model, loss_fn):
    assert is_closed(model, loss_fn)


@pytest.mark.parametrize("model, loss_fn", OPEN.values(), ids=OPEN)
def test_what_has_code_of_the_users_is_not(model, loss_fn):
    assert not is_closed(model, loss_fn)


def test_a_library_that_was_changed_is_not_closed(monkeypatch):
    model = mlp()
    monkeypatch.setattr(nn.Linear, "forward", lambda self, x: x)
    assert not is_closed(model, F.mse_loss)
    monkeypatch.undo()
    assert is_closed(model, F.mse_loss)
    monkeypatch.setitem(layers.ACTIVATIONS, "mine", lambda x: x)
    assert not is_closed(model, F.mse_loss)
    monkeypatch.undo()
    monkeypatch.setattr(F, "relu", lambda x: x)
    assert not is_closed(model, F.mse_loss)
