"""What a contender costs beside time a step: its first steps, where compiling happens, and memory.

`python -m benchmarks.costs CASE CONTENDER` prints the resident bytes of a process before and
after its first steps.
"""

import gc
import subprocess
import sys
import tracemalloc
from pathlib import Path
from statistics import median

from .harness import timed

FIRST = 3  # steps: a whole step compiles its parts in the first and itself in the second


def first_steps(make, repeats):
    """The median seconds of each of the first steps of a contender that is made anew each time."""
    runs = []
    for _ in range(repeats):
        step = make().step
        runs.append([timed(step) for _ in range(FIRST)])
    return [median(times) for times in zip(*runs, strict=True)]


def peak(contender):
    """The most bytes that Python held at once during a step, above those before it."""
    if contender.compiled is not None:
        contender.step()  # a net made since its last step lets it compile anew
        _forget_lines(contender.compiled)
    gc.collect()
    tracemalloc.start()
    contender.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def _forget_lines(compiled):
    """Take the generated function's line table away: 100 times faster to trace, and the same sum.

    For each allocation tracemalloc looks up the line, reading the table from its beginning.
    """
    function = compiled._current().program.fast
    function.__code__ = function.__code__.replace(co_linetable=b"")


def resident(case, names):
    """{contender: bytes of a process of its own before and after its first steps}.

    The processes run side by side: this is not about time. None where the system does not say.
    """
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.costs", case, name],
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    }
    printed = {name: process.communicate()[0].split() for name, process in processes.items()}
    for name, process in processes.items():
        if process.returncode:
            raise RuntimeError(f"{case}, {name}: its process ended with {process.returncode}")
    sizes = {name: tuple(map(int, words)) for name, words in printed.items()}
    return {name: pair if all(pair) else None for name, pair in sizes.items()}


def _resident():
    """Of this process, in bytes; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return 1024 * int(kilobytes)


def main(case, name):
    from .cases import CASES

    contender = CASES[case].makers[name]()
    before = _resident()
    for _ in range(FIRST):
        contender.step()
    print(before, _resident())


if __name__ == "__main__":
    main(*sys.argv[1:])
