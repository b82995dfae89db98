"""The race itself: every contender from every start at every rate, with the same budget.

Read next: `optim/racing/contenders.py`.
"""

import inspect
import random

from ...engine.arguments import COUNT, NUMBER, POSITIVE, WHOLE, Each, Optional, checked
from ...engine.graph import Node
from ...engine.tensor import Tensor
from .contenders import contenders
from .results import TUNES, Race
from .run import FunctionError, batches_of, run

__all__ = ["race"]

RATES = tuple([float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)] + [10.0])


def race(f, start, optimizers, budget, tune="each", starts=5, rates=RATES, target=None, seed=0):
    """A race in which all have the same: the starts, the rates to choose from, the gradients.

    f           a function to be minimized, of Values or Tensors, or a Surface of `optim.surfaces`
    start       a number for each argument of f; a list of numbers where it takes a Tensor
    optimizers  names, such as "adam" (of a library class, in small letters), "momentum", "nesterov"
                (SGD with 0.9); functions of (params) or (params, lr) that return an optimizer; or
                a dict {name: either}. "sgd" and "adam" run in every race
    budget      gradient evaluations of a run; for SAM 2 a step, for L-BFGS many, for Newton 1 + n
    tune        which of its rates a contender is shown with
                "each"      its best: of the lowest median loss, at the end, over all starts
                "same"      one for all: where the median of the contenders' losses is lowest
                "defaults"  that of its class; only then no other is tried
    starts      how many: `start`, and others around it, each number of which is moved by up to half
                of its size (a 0 by up to 0.5); or a list of those to run beside `start`
    rates       the grid, 0.0001, 0.0002, 0.0005, … 10
    target      a loss, to see who is there first; None: a thousandth of the way down is left, from
                `start` to f.lowest, or to the lowest loss of this race where that is unknown
    seed        draws the starts and the batches; each contender sees the same. The same seed gives
                the same numbers

    A function of (params) has its rate already, and is not tuned. A run that diverges, or whose
    optimizer raises ValueError, is told in words; an error of f, and any other, is raised. Returns
    a Race.

    >>> from micrograd_opt.optim import race, surfaces
    >>> valley = surfaces.valley(condition=10)
    >>> result = race(valley, valley.start, ["momentum"], budget=50, starts=1)
    >>> result
    Race(valley: sgd, adam, momentum; 50 evaluations, 1 start, tune='each')
    >>> result.rate("sgd"), result.rate("sgd", "defaults")
    (0.1, 0.001)
    """
    tune = checked(tune, list(TUNES), "race: tune")
    budget, seed = checked(budget, COUNT, "race: budget"), checked(seed, WHOLE, "race: seed")
    rates = tuple(sorted(set(checked(rates, Each(POSITIVE), "race: rates"))))
    target = checked(target, Optional(NUMBER), "race: target")
    if not callable(f):
        raise TypeError(f"race: f must be a function, got {f!r:.60}")
    if tune != "defaults" and not rates:
        raise ValueError("race: rates is empty; give some, or tune='defaults'")
    entrants = contenders(optimizers)
    names = argument_names(f, start)
    all_starts = _starts(start, starts, names, random.Random(seed))
    runs = {
        name: {
            rate: [
                _run(f, names, at, contender, rate, budget, batches_of(seed, k))
                for k, at in enumerate(all_starts)
            ]
            for rate in _rates(contender, tune, rates)
        }
        for name, contender in entrants.items()
    }
    return Race(f, names, all_starts, entrants, budget, rates, target, tune, seed, runs)


def _rates(contender, tune, rates):
    """What a contender is run with: the grid and its default; None stands for a rate of its own."""
    if not contender.tuned:
        return [None]
    default = [] if contender.default is None else [contender.default]
    if tune != "defaults":
        return sorted({*rates, *default})
    if not default:
        raise ValueError(
            f"race: {contender.name} has no default rate; write one, as in (params, lr=0.1)"
        )
    return default


def _run(f, names, start, contender, rate, budget, rng):
    """One run, and whose error it was, where there is one."""
    try:
        return run(f, names, start, contender.at(rate), budget, rng)
    except FunctionError:
        raise
    except Exception as error:
        at = "" if rate is None else f" at rate {rate:g}"
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise RuntimeError(f"race: {contender.name}{at}: {kind}{error}") from error


# ---- where they start


def argument_names(f, start):
    """What f calls its arguments; ValueError if `start` has not one entry for each."""
    if not isinstance(start, (list, tuple)) or not start:
        raise TypeError(f"race: start must be a list of numbers, got {start!r:.60}")
    names = list(getattr(f, "names", ()))
    least = len(names)
    if not names:
        takes = inspect.signature(f).parameters.values()
        if any(p.kind is p.VAR_POSITIONAL for p in takes):
            return [f"x{i}" for i in range(len(start))]
        takes = [p for p in takes if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        names, least = [p.name for p in takes], sum(p.default is p.empty for p in takes)
    if not least <= len(start) <= len(names):
        raise ValueError(
            f"race: start has {len(start)} number{'s' * (len(start) != 1)}, but the function takes "
            f"{least}: {', '.join(names[:least])}"
        )
    return names[: len(start)]


def _starts(start, starts, names, rng):
    """All of them as lists of floats, or of nested lists for a Tensor; `start` is the first."""
    first = _numbers(start, names, "race: start")
    if isinstance(starts, (list, tuple)):
        more = [_numbers(x, names, f"race: starts[{i}]") for i, x in enumerate(starts)]
    else:
        count = checked(starts, COUNT, "race: starts")
        more = [_around(first, rng) for _ in range(count - 1)]
    return [first, *more]


def _numbers(start, names, what):
    """The entries of a start: a float, or for a Tensor its nested lists."""
    start = checked(start, Each(object, len(names)), what)
    return [
        Tensor(x).tolist() if isinstance(x, (list, tuple)) or hasattr(x, "shape")
        else checked(x.item() if isinstance(x, Node) else x, NUMBER, f"{what}: {name}")
        for x, name in zip(start, names, strict=True)
    ]  # fmt: skip


def _around(x, rng):
    if isinstance(x, list):
        return [_around(part, rng) for part in x]
    return x + 0.5 * (abs(x) or 1.0) * rng.uniform(-1.0, 1.0)
