"""What a loss reads beside its arguments and parameters, and how it may change: the table's rows.

A row is a function that makes a Case. Each says what `compile` does about it:

    RIGHT     the next call computes with the new value
    ERROR     a call soon after raises StaleProgramError
    REFUSED   the function is not compiled at all

Read next: `verdicts.py`, which runs them.
"""

import array
import functools
import itertools
import os
import random
import types
from collections import deque
from dataclasses import dataclass

from micrograd_opt import Tensor, nn, where
from micrograd_opt import functional as F
from micrograd_opt.nn import Parameter

RIGHT, ERROR, REFUSED = "right at the next call", "an error within 16 calls", "refused"
ROWS = {}  # {name: (expected, function that makes the case)}


@dataclass
class Case:
    """function: of a Tensor (3, 2), a scalar. change: makes another function of it.
    model: what trains, if that is not the row's own `w`."""

    function: object
    change: object
    model: nn.Module = None


def row(name, expected=RIGHT):
    def noted(make):
        ROWS[name] = expected, make
        return make

    return noted


W = Parameter([0.3, -0.7])


def loss(x, weight=1.0):
    """What most rows compute: an error with a weight penalty."""
    return ((x * W - 0.5) ** 2).mean() + (W * W).sum() * weight


def setting(owner, name, x):
    """A change that sets an attribute."""
    return lambda: setattr(owner, name, x)


# ---- settings: a class, a module, an object, a dict


@row("an attribute of a class")
def _():
    class Config:
        l2 = 0.01

    return Case(lambda x: loss(x, Config.l2), setting(Config, "l2", 1.0))


@row("an attribute of a class above")
def _():
    class Base:
        l2 = 0.01

    class Config(Base):
        pass

    return Case(lambda x: loss(x, Config.l2), setting(Base, "l2", 1.0))


@row("an attribute of a class, shadowed by the object")
def _():
    class Config:
        l2 = 0.01

    config = Config()
    return Case(lambda x: loss(x, config.l2), setting(config, "l2", 1.0))


settings = types.ModuleType("settings")


@row("a number in an imported module")
def _():
    settings.L2 = 0.01
    return Case(lambda x: loss(x, settings.L2), setting(settings, "L2", 1.0))


@row("an attribute of an attribute")
def _():
    obj = types.SimpleNamespace(cfg=types.SimpleNamespace(l2=0.01))
    return Case(lambda x: loss(x, obj.cfg.l2), setting(obj.cfg, "l2", 1.0))


@row("an entry of a dict in a dict")
def _():
    cfg = {"loss": {"l2": 0.01}}
    return Case(lambda x: loss(x, cfg["loss"]["l2"]), lambda: cfg["loss"].update(l2=1.0))


@row("an entry that is got with a default")
def _():
    cfg = {}
    return Case(lambda x: loss(x, cfg.get("l2", 0.01)), lambda: cfg.update(l2=1.0))


@row("an entry of a list in a dict")
def _():
    cfg = {"weights": [0.01, 0.5]}
    return Case(lambda x: loss(x, cfg["weights"][0]), lambda: cfg["weights"].insert(0, 1.0))


@row("an attribute by a local alias")
def _():
    obj = types.SimpleNamespace(cfg=types.SimpleNamespace(l2=0.01))

    def function(x):
        c = obj.cfg
        return loss(x, c.l2)

    return Case(function, setting(obj.cfg, "l2", 1.0))


@row("an attribute of one of two objects")
def _():
    a, b = types.SimpleNamespace(l2=0.01), types.SimpleNamespace(l2=0.02)
    first = True
    return Case(lambda x: loss(x, (a if first else b).l2), setting(a, "l2", 1.0))


@row("an attribute of an object handed to a helper")
def _():
    cfg = types.SimpleNamespace(l2=0.01)

    def penalty(config):
        return (W * W).sum() * config.l2

    return Case(lambda x: loss(x, 0.0) + penalty(config=cfg), setting(cfg, "l2", 1.0))


@row("an attribute by getattr")
def _():
    cfg = types.SimpleNamespace(l2=0.01)
    return Case(lambda x: loss(x, getattr(cfg, "l2", 0.0)), setting(cfg, "l2", 1.0))


@row("an attribute by a name that is computed")
def _():
    cfg = types.SimpleNamespace(l1=0.01, l2=0.01)
    return Case(lambda x: loss(x, getattr(cfg, f"l{x.ndim}")), setting(cfg, "l2", 1.0))


@row("a property")
def _():
    class Config:
        start = 0.01

        @property
        def l2(self):
            return self.start * 2.0

    config = Config()
    return Case(lambda x: loss(x, config.l2), setting(config, "start", 1.0))


@row("an entry of __slots__")
def _():
    class Config:
        __slots__ = ("l2",)

    config = Config()
    config.l2 = 0.01
    return Case(lambda x: loss(x, config.l2), setting(config, "l2", 1.0))


@row("a function's attribute")
def _():
    def function(x):
        return loss(x, function.l2)

    function.l2 = 0.01
    return Case(function, setting(function, "l2", 1.0))


@row("a dataclass replaced by another")
def _():
    @dataclass(frozen=True)
    class Config:
        l2: float

    held = types.SimpleNamespace(config=Config(0.01))
    return Case(lambda x: loss(x, held.config.l2), setting(held, "config", Config(1.0)))


# ---- lengths and containers


@row("the length of a list")
def _():
    history = [1.0]
    return Case(lambda x: loss(x, 0.01 * len(history)), lambda: history.append(2.0))


@row("the numbers in a list")
def _():
    weights = [0.01, 0.02]
    return Case(lambda x: loss(x, sum(weights)), lambda: weights.__setitem__(1, 1.0))


@row("the numbers in a nested list")
def _():
    table = {"a": [[0.01], [0.02]]}

    def function(x):
        return loss(x, sum(sum(part) for part in table["a"]))

    return Case(function, lambda: table["a"][1].append(1.0))


@row("whether a name is in a set")
def _():
    names = {"plain"}
    return Case(lambda x: loss(x, float("l2" in names)), lambda: names.add("l2"))


@row("the last entry of a deque")
def _():
    last = deque([0.01], maxlen=1)
    return Case(lambda x: loss(x, last[0]), lambda: last.append(1.0))


@row("an array changed in place")
def _():
    weights = array.array("d", [0.01, 0.02])
    return Case(lambda x: loss(x, sum(weights)), lambda: weights.__setitem__(0, 1.0))


@row("a NumPy array changed in place")
def _():
    import numpy

    weights = numpy.array([0.01, 0.02])
    return Case(lambda x: loss(x, weights.sum()), lambda: weights.__setitem__(0, 1.0))


@row("a NumPy array beside a Tensor")
def _():
    import numpy

    weights = numpy.array([0.01, 0.02])
    return Case(lambda x: loss(x) + (x * Tensor(weights)).sum(), lambda: weights.fill(1.0))


@row("a lambda in a list")
def _():
    scale = 0.01
    terms = [lambda w: (w * w).sum() * scale]

    def function(x):
        return loss(x, 0.0) + sum(term(W) for term in terms)

    def change():
        nonlocal scale
        scale = 1.0

    return Case(function, change)


# ---- names


LATE = 0.01


@row("a global")
def _():
    globals()["LATE"] = 0.01
    return Case(lambda x: loss(x, LATE), lambda: globals().update(LATE=1.0))


@row("a global that is defined later")
def _():
    globals().pop("STILL_TO_COME", None)

    def function(x):
        try:
            return loss(x, STILL_TO_COME)  # noqa: F821
        except NameError:
            return loss(x, 0.01)

    return Case(function, lambda: globals().update(STILL_TO_COME=1.0))


@row("a name of a star import")
def _():
    source = types.ModuleType("source")
    source.STARRED = 0.01
    target = {"loss": loss, "__name__": "user", **vars(source)}
    exec("def function(x):\n    return loss(x, STARRED)", target)
    return Case(target["function"], lambda: target.update(STARRED=1.0))


@row("a variable of the function around")
def _():
    l2 = 0.01

    def change():
        nonlocal l2
        l2 = 1.0

    return Case(lambda x: loss(x, l2), change)


@row("a variable of the function around that")
def _():
    l2 = 0.01

    def outer(x):
        def inner():
            return loss(x, l2)

        return inner()

    def change():
        nonlocal l2
        l2 = 1.0

    return Case(outer, change)


@row("a global in a comprehension")
def _():
    globals()["LATE"] = 0.01
    return Case(
        lambda x: sum([loss(x, LATE * k) for k in range(2)]), lambda: globals().update(LATE=1.0)
    )


# ---- flags and signs


@row("0.0 to −0.0")
def _():
    cfg = types.SimpleNamespace(zero=0.0)

    def function(x):
        return loss(x, 0.01 if str(cfg.zero) == "0.0" else 1.0)

    return Case(function, setting(cfg, "zero", -0.0))


@row("1 to True")
def _():
    cfg = types.SimpleNamespace(flag=1)
    return Case(lambda x: loss(x, 1.0 if cfg.flag is True else 0.01), setting(cfg, "flag", True))


@row("a string")
def _():
    cfg = types.SimpleNamespace(kind="relu")
    return Case(lambda x: loss(getattr(x, cfg.kind)()), setting(cfg, "kind", "tanh"))


@row("None to a number")
def _():
    cfg = types.SimpleNamespace(l2=None)
    return Case(lambda x: loss(x, 0.01 if cfg.l2 is None else cfg.l2), setting(cfg, "l2", 1.0))


# ---- functions


def scaled(factor):
    return lambda w: (w * w).sum() * factor


@row("a helper whose own variables differ")
def _():
    helper = scaled(0.01)

    def change():
        nonlocal helper
        helper = scaled(1.0)

    return Case(lambda x: loss(x, 0.0) + helper(W), change)


@row("a helper's variable")
def _():
    factor = 0.01

    def helper(w):
        return (w * w).sum() * factor

    def change():
        nonlocal factor
        factor = 1.0

    return Case(lambda x: loss(x, 0.0) + helper(W), change)


@row("__defaults__")
def _():
    def function(x, l2=0.01):
        return loss(x, l2)

    return Case(function, setting(function, "__defaults__", (1.0,)))


@row("__kwdefaults__")
def _():
    def function(x, *, l2=0.01):
        return loss(x, l2)

    return Case(function, lambda: function.__kwdefaults__.update(l2=1.0))


@row("a default that is a list")
def _():
    def function(x, weights=[0.01]):  # noqa: B006
        return loss(x, weights[0])

    return Case(function, lambda: function.__defaults__[0].__setitem__(0, 1.0))


@row("__code__")
def _():
    def helper(w):
        return (w * w).sum() * 0.01

    def other(w):
        return (w * w).sum()

    return Case(lambda x: loss(x, 0.0) + helper(W), setting(helper, "__code__", other.__code__))


@row("a partial's keyword")
def _():
    function = functools.partial(loss, weight=0.01)
    return Case(function, lambda: function.keywords.update(weight=1.0))


@row("a cached function's variable")
def _():
    factor = 0.01

    @functools.lru_cache
    def weight():
        return factor

    def change():
        nonlocal factor
        factor = 1.0
        weight.cache_clear()

    return Case(lambda x: loss(x, weight()), change)


@row("an attribute of an object that is called")
def _():
    class Loss:
        def __init__(self):
            self.l2 = 0.01

        def __call__(self, x):
            return loss(x, self.l2)

    function = Loss()
    return Case(function, setting(function, "l2", 1.0))


@row("a function set on an object")
def _():
    class Loss:
        def weight(self):
            return 0.01

        def __call__(self, x):
            return loss(x, self.weight())

    function = Loss()
    return Case(function, setting(function, "weight", lambda: 1.0))


@row("a method set on a class")
def _():
    class Loss:
        def weight(self):
            return 0.01

    made = Loss()
    return Case(lambda x: loss(x, made.weight()), setting(Loss, "weight", lambda self: 1.0))


# ---- modules


class Net(nn.Module):
    """Two layers, a weight of its own, and what the rows change."""

    def __init__(self, **attributes):
        rng = random.Random(0)
        self.layers = [nn.Linear(2, 2, rng=rng), nn.Linear(2, 2, rng=rng)]
        self.drop, self.kl, self.training_scale = nn.Dropout(0.5), 0.01, 0.5
        self.nets = {"a": nn.Linear(2, 2, rng=rng)}
        for name, x in attributes.items():
            setattr(self, name, x)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        x = self.nets["a"](x) * self.kl
        return x * self.training_scale if self.training else x

    def loss(self, x):
        return (self(x) ** 2).mean() + self.kl


def of_model(model, change):
    return Case(lambda x: (model(x) ** 2).mean(), change, model)


@row("a number of the model")
def _():
    model = Net()
    return of_model(model, setting(model, "kl", 1.0))


@row("eval()")
def _():
    model = Net()
    return of_model(model, model.eval)


@row("a method, and eval()")
def _():
    model = Net()
    return Case(model.loss, model.eval, model)


@row("model.forward, and eval()")
def _():
    model = Net()
    return Case(lambda x: (model.forward(x) ** 2).mean(), model.eval, model)


@row("the forward of a library's model, and a layer replaced")
def _():
    model = nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), nn.Tanh())

    def change():
        setattr(model, "0", nn.Linear(2, 2, rng=random.Random(1)))

    return Case(lambda x: (model.forward(x) ** 2).mean(), change, model)


@row("a method, and parameters replaced")
def _():
    model = Net()

    def change():
        model.layers[1].weight = Parameter([[1.0, 2.0], [3.0, 4.0]])

    return Case(model.loss, change, model)


@row("layers.pop()")
def _():
    model = Net()
    return of_model(model, model.layers.pop)


@row("layers.pop() of the library's MLP")
def _():
    model = nn.MLP(2, [2, 2, 2], rng=random.Random(0))
    return of_model(model, model.layers.pop)


@row("a net replaced in a dict")
def _():
    model = Net()
    return of_model(model, lambda: model.nets.update(a=nn.Linear(2, 2, rng=random.Random(9))))


@row("an attribute replaced by an object with a reused id")
def _():
    class Scaled(Net):
        def forward(self, x):
            return super().forward(x) * self.scale

    model = Scaled(scale=Tensor([0.01]))

    def change():
        before = id(model.scale)
        model.scale = None
        kept = []
        for _ in range(1000):
            made = Tensor([5.0])
            if id(made) == before:
                break
            kept.append(made)
        model.scale = made

    return of_model(model, change)


class Inner(nn.Module):
    def __init__(self):
        self.weight = Parameter([0.5, 2.0])

    def forward(self, x):
        return x * self.weight * LATE


@row("a global in the forward of a submodule")
def _():
    globals()["LATE"] = 0.01
    model = nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), Inner())
    return of_model(model, lambda: globals().update(LATE=1.0))


@row("an attribute of a submodule's class")
def _():
    class Scaled(Inner):
        factor = 0.01

        def forward(self, x):
            return super().forward(x) * self.factor

    model = nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), Scaled())
    return of_model(model, setting(Scaled, "factor", 1.0))


@row("a weight penalty raised by a callback")
def _():
    model, state = nn.Linear(2, 1, rng=random.Random(0)), {"l2": 0.01}

    def function(x):
        penalty = sum((p * p).sum() for p in model.parameters())
        return (model(x) ** 2).mean() + state["l2"] * penalty

    return Case(function, lambda: state.update(l2=1.0), model)


@row("a parameter that no longer wants a gradient")
def _():
    model = Net()
    return of_model(model, setting(model.layers[0].weight, "requires_grad", False))


# ---- what has a state of its own


@row("a counter in forward that it looks at", REFUSED)
def _():
    class Counting(Inner):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return super().forward(x) if self.calls < 1000 else x * self.weight

    model = Counting()
    return of_model(model, lambda: None)


@row("a counter of its own that it only counts")
def _():
    class Counting(Inner):
        calls, scale = 0, 0.5

        def forward(self, x):
            self.calls += 1
            return x * self.weight * self.scale

    model = Counting()
    return of_model(model, setting(model, "scale", 1.0))


@row("an iterator", REFUSED)
def _():
    numbers = iter([0.01] * 40 + [1.0] * 1000)
    return Case(lambda x: loss(x, next(numbers)), lambda: None)


@row("a generator of one's own", REFUSED)
def _():
    numbers = (0.01 if k < 40 else 1.0 for k in itertools.count())
    return Case(lambda x: loss(x, next(numbers)), lambda: None)


@row("a coin flip in forward", REFUSED)
def _():
    class Depth(Inner):
        def forward(self, x):
            return x * self.weight if random.random() < 0.01 else x * self.weight * 2.0

    model = Depth()
    return of_model(model, lambda: None)


@row("a coin flip by a generator of its own", REFUSED)
def _():
    rng = random.Random(0)
    return Case(lambda x: loss(x, 0.01 if rng.random() < 0.999 else 1.0), lambda: None)


@row("a coin flip by the system's generator", REFUSED)
def _():
    rng = random.SystemRandom()
    return Case(lambda x: loss(x, 0.01 if rng.random() < 0.999 else 1.0), lambda: None)


@row("a coin flip by NumPy's generator", REFUSED)
def _():
    import numpy

    rng = numpy.random.default_rng(0)
    return Case(lambda x: loss(x, 0.01 if rng.random() < 0.999 else 1.0), lambda: None)


@row("a queue", REFUSED)
def _():
    import queue

    numbers = queue.SimpleQueue()
    for k in range(1000):
        numbers.put(0.01 if k < 40 else 1.0)
    return Case(lambda x: loss(x, numbers.get()), lambda: None)


# ---- what no path in the code leads to


@row("a file that is read", ERROR)
def _(folder=None):
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"l2_{os.getpid()}.txt")

    def write(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def function(x):
        with open(path, encoding="utf-8") as file:
            return loss(x, float(file.read()))

    write("0.01")
    return Case(function, lambda: write("1.0"))


@row("an environment variable", ERROR)
def _():
    os.environ["L2"] = "0.01"
    return Case(lambda x: loss(x, float(os.environ["L2"])), lambda: os.environ.update(L2="1.0"))


@row("a global by globals()", ERROR)
def _():
    globals()["LATE"] = 0.01
    return Case(lambda x: loss(x, globals()["LA" + "TE"]), lambda: globals().update(LATE=1.0))


@row("an entry of a long list", ERROR)
def _():
    weights = [0.01] * 1000
    return Case(lambda x: loss(x, sum(weights)), lambda: weights.__setitem__(999, 5.0))


@row("only the gradient of what a file says", ERROR)
def _():
    os.environ["CUT"] = ""

    def function(x):
        w = W.detach() if os.environ["CUT"] else W
        return ((x * w) ** 2).mean() + (W * 0.0).sum()

    return Case(function, lambda: os.environ.update(CUT="yes"))


@row("a draw of its own that comes later", ERROR)
def _():
    os.environ["NOISE"] = ""

    def function(x):
        if os.environ["NOISE"]:
            random.random()
        return loss(x)

    return Case(function, lambda: os.environ.update(NOISE="yes"))


# ---- what must go on as before


@row("dropout, and eval()")
def _():
    model = nn.Sequential(nn.Linear(2, 2, rng=random.Random(0)), nn.Dropout(0.5))
    return of_model(model, model.eval)


@row("a choice by where, and its bound")
def _():
    cfg = types.SimpleNamespace(bound=0.0)
    return Case(lambda x: loss(where(x > cfg.bound, x, -x)), setting(cfg, "bound", 0.5))


@row("a constant Tensor changed in place")
def _():
    scale = Tensor([1.0, 2.0])
    return Case(lambda x: loss(x * scale), setting(scale, "data", [5.0, 6.0]))


@row("a loss of the library with a keyword")
def _():
    function = functools.partial(F.mse_loss, reduction="sum")
    target = Tensor([[1.0, 2.0]] * 3)
    return Case(lambda x: function(x * W, target), lambda: function.keywords.clear())
