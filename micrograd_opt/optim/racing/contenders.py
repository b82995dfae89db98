"""Who may race: every optimizer of the library by its name, or a function that makes one.

Read next: `optim/racing/run.py`.
"""

import difflib
import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ..base.optimizer import Optimizer

ALWAYS = ("sgd", "adam")  # what all others are held against
PACKAGE = __name__.partition(".")[0]


class Contender(NamedTuple):
    """What takes part.

    make      a function of (params, lr=…), or of (params) where it is not `tuned`
    default   the rate that it has where none is asked for; None without one
    tuned     whether it takes a rate
    """

    name: str
    make: Callable
    default: float | None
    tuned: bool

    def at(self, rate):
        """A function of (params) that makes the optimizer with this rate; None: with its own."""
        return self.make if rate is None else partial(self.make, lr=rate)


def library():
    """{name: function of (params, lr)}: every optimizer that `optim` offers, by its name in small
    letters; SGD with momentum 0.9 as "momentum", and with Nesterov's as "nesterov".

    All but the rate stays at its default. A wrapper (SAM, Lookahead) goes around "momentum".

    >>> [name for name in library() if name.startswith("ada")]
    ['adadelta', 'adafactor', 'adagrad', 'adam', 'adamax', 'adamw']
    """
    classes = {cls.__name__.lower(): cls for cls in _public(Optimizer)}
    momentum = partial(classes["sgd"], momentum=0.9)
    rate = inspect.signature(momentum).parameters["lr"].default
    makers = {"momentum": momentum, "nesterov": partial(momentum, nesterov=True)}
    for name, cls in classes.items():
        wraps = "optimizer" in inspect.signature(cls).parameters
        makers[name] = partial(_around, cls, momentum, lr=rate) if wraps else cls
    return dict(sorted(makers.items()))


def _around(wrapper, make, params, lr):
    return wrapper(make(params, lr=lr))


def _public(cls):
    """The subclasses of `cls` that a file of this library names in its `__all__`."""
    for sub in cls.__subclasses__():
        ours = sub.__module__.startswith(f"{PACKAGE}.")
        if ours and sub.__name__ in getattr(sys.modules[sub.__module__], "__all__", ()):
            yield sub
        yield from _public(sub)


def contenders(optimizers):
    """{name: Contender} of a list of names and functions, or a dict {name: either}, and ALWAYS.

    Raises ValueError for an unknown name or one that comes twice, TypeError for what is neither.
    """
    if isinstance(optimizers, (str, bytes)) or not hasattr(optimizers, "__iter__"):
        raise TypeError(f"race: optimizers must be a list or a dict, got {optimizers!r:.60}")
    if isinstance(optimizers, dict):
        pairs = list(optimizers.items())
    else:
        pairs = [(_name(item), item) for item in optimizers]
    known, found = library(), {}
    for name, item in pairs:
        if name in found:
            raise ValueError(f"race: two optimizers are called {name!r}; give them as a dict")
        found[name] = _contender(name, _function(item, known))
    return {name: _contender(name, known[name]) for name in ALWAYS if name not in found} | found


def _name(item):
    return item if isinstance(item, str) else getattr(item, "__name__", type(item).__name__)


def _function(item, known):
    if isinstance(item, str):
        if item not in known:
            near = difflib.get_close_matches(item, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise ValueError(f"race: unknown optimizer {item!r}; {hint}")
        return known[item]
    if not callable(item):
        raise TypeError(
            f"race: an optimizer is a name or a function of (params) or (params, lr), "
            f"got {item!r:.60}"
        )
    return item


def _contender(name, make):
    parameters = inspect.signature(make).parameters
    lr = parameters.get("lr")
    default = None if lr is None or lr.default is lr.empty else lr.default
    return Contender(name, make, default, tuned=lr is not None)
