"""Everything that is measured of a case."""

from dataclasses import dataclass

from . import costs
from .contenders import TORCH, built
from .harness import agree, measure, set_aside


@dataclass(frozen=True)
class Cost:
    """Seconds and bytes of a contender; None where they say nothing."""

    resident: tuple | None  # of a process before and after its first steps
    peak: int | None = None  # of a step
    first: list | None = None  # seconds of its first steps
    lines: int | None = None  # of generated Python


@dataclass(frozen=True)
class Result:
    apart: float  # how far apart the contenders' weights were
    times: dict  # {contender: seconds a step, in each round}
    costs: dict  # {contender: Cost}


def of(name, case, effort):
    """The Result of a case."""
    contenders = built(case.makers)
    with set_aside():
        apart, _ = agree(contenders)
        times = measure(contenders, effort)
        memory = costs.resident(name, contenders)
        found = {
            who: _cost(case.makers[who], contender, who, memory[who], effort)
            for who, contender in contenders.items()
        }
    return Result(apart, times, found)


def _cost(make, contender, who, resident, effort):
    if who == TORCH:  # its memory is not Python's
        return Cost(resident)
    peak, function = costs.peak(contender), contender.compiled
    if function is None:
        return Cost(resident, peak)
    first = costs.first_steps(make, effort.repeats)
    return Cost(resident, peak, first, function.source.count("\n"))
