"""Fair timing of contenders that do the same work: in turn, in one run, medians and ratios.

Machines drift and share their cores, so a single absolute time says little. Here every round times
each contender once, one after the other; what is reported is the median over the rounds, and
a ratio is the median of the ratios within each round. A turn is several steps, since a step's
garbage is paid for by the steps after it, and starts from the same weights each time, since a net
that has learnt has less to do: branches of shut ReLUs and met hinges are skipped. Garbage of one
contender is collected, untimed, before the next one's turn; the collector itself stays on while a
contender runs, because its users pay for it too. What was loaded before, PyTorch above all, is kept
out of its sight: to look through that again and again would cost the scalar engines 20 to 40 %.
"""

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

AGREE = 1e-9  # how far apart two contenders' weights may be, absolute
MOST_STEPS = 100  # of a turn; micrograd's demo takes 100


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    turn: float  # seconds: as many steps as fit
    fewest: int  # but at least so many steps
    repeats: int  # of what happens once, such as compiling
    sizes: dict  # {axis: the sizes to grow to}


FULL = Effort(15, 0.2, 3, 5, {
    "width": (8, 16, 32, 64, 128, 256, 512),
    "depth": (1, 2, 3, 4, 6, 8),
    "batch": (1, 4, 16, 64, 256, 1024),
})  # fmt: skip
QUICK = Effort(3, 0.05, 1, 1, {"width": (8, 32, 128), "depth": (1, 2, 4), "batch": (1, 8, 64)})


@contextmanager
def set_aside():
    """Within it the collector looks only at objects made since."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def agree(contenders, steps=3):
    """Let each take its first steps: (how far apart their weights then are, first seconds).

    The latter is {name: seconds of its very first step}, in which it compiles if it does.

    Equal weights after some steps mean equal gradients and equal updates: the same work was done.
    (Losses would say less: they do not see the update, and one of them leaves L2 out.) Raises
    RuntimeError where a contender is further than AGREE from the first.
    """
    seconds = {}
    for name, contender in contenders.items():
        seconds[name] = timed(contender.step)
        for _ in range(steps - 1):
            contender.step()
    (first, reference), *others = contenders.items()
    expected, furthest = reference.weights(), 0.0
    for name, contender in others:
        found = contender.weights()
        if len(found) != len(expected):
            raise RuntimeError(f"{name} has {len(found)} weights, {first} has {len(expected)}")
        apart = max(abs(a - b) for a, b in zip(found, expected, strict=True))
        if not apart <= AGREE:
            raise RuntimeError(f"{name} and {first} differ by {apart:.2g} after {steps} steps")
        furthest = max(furthest, apart)
    return furthest, seconds


def measure(contenders, effort):
    """{name: seconds a step, in each round}. The contenders have warmed up: see `agree`."""
    steps = {name: _steps(contender, effort) for name, contender in contenders.items()}
    times = {name: [] for name in contenders}
    for _ in range(effort.rounds):
        for name, contender in contenders.items():
            times[name].append(_turn(contender, steps[name]) / steps[name])
    return times


def _steps(contender, effort):
    """How many steps make a turn."""
    fit = int(effort.turn / _turn(contender, 1))
    return max(effort.fewest, min(fit, MOST_STEPS))


def _turn(contender, steps):
    contender.restart()
    return timed(contender.step, steps)


def timed(step, times=1):
    """The seconds that it takes to call step so many times, garbage collected before."""
    gc.collect()
    started = time.perf_counter()
    for _ in range(times):
        step()
    return time.perf_counter() - started


def ratio(times, a, b):
    """How many times as long as b's a step of a takes."""
    return median(x / y for x, y in zip(times[a], times[b], strict=True))


def middle_half(seconds):
    """The first and third quartile."""
    if len(seconds) < 2:
        return seconds[0], seconds[0]
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    return low, high
