"""The run as Markdown: every number in it is measured, every sentence of it is here."""

import textwrap
from statistics import median

from .contenders import COMPILED, EAGER, TORCH, TORCH_DECAY, WHOLE
from .costs import FIRST
from .growth import AXES
from .harness import AGREE, MOST_STEPS, middle_half, ratio
from .machine import facts
from .targets import COMPILE_CASE, COMPILE_SECONDS, TARGETS

METHOD = f"""
All contenders take the same training steps, forward, backward and update, in float64 on one thread.
They start from the same weights, and after their first three steps all weights agree to {AGREE:g},
or the run stops. They are timed in turn, in rounds of up to {MOST_STEPS} steps from the start;
shown are the median over the rounds, their middle half, and ratios as medians of the ratios within
a round. *{EAGER}* and *{COMPILED}* run the same loop, around `loss_fn` and `compile(loss_fn)`;
*{WHOLE}* is `compile(loss_fn, optimizer=optimizer)`. The L2 of moons is part of the loss;
*{TORCH_DECAY}* leaves it to the optimizer, which is cheaper, and returns a loss without it.
"""
WHY_SLOWER = """
PyTorch multiplies matrices in vectorised C, Python one pair of numbers at a time. What PyTorch pays
instead is some microseconds an operation, however small. So it loses on the smallest nets and wins
by more the wider the net and the larger the batch. With float32, more threads or a GPU it would win
by more still.
"""
FIRST_STEPS = f"""
The first step traces and compiles. *{WHOLE}* runs in parts then, since the optimizer has no state
yet, and the second compiles it, unless there are too many parameters to gain by it: then it stays
in parts.
"""
MEMORY = f"""
The peak is the most that Python's allocator held during a step, above what it held before; PyTorch
keeps its numbers elsewhere. Resident is a process of its own with all that it has loaded, after
{FIRST} steps; *steps added* is by how much they made it grow: graphs or programs, what tracing and
compiling left behind, gradients, the optimizer's state.
"""
GROWTH = """
The net of the digits and its Adam, grown one way at a time. Where the lines of Python fall to a
hundred or two, a row of the batch is too long to be written number by number, and the program is in
whole lists; where they fall before that, the update has become too long and is the optimizer's own.
"""


def prose(text):
    return textwrap.fill(" ".join(text.split()), 100)


def number(x):
    """Three digits, and no exponent above."""
    return f"{x:,.0f}" if x >= 100.0 else f"{x:.3g}"


def milliseconds(seconds):
    return number(1e3 * seconds)


def size(count):
    """Bytes for a reader."""
    return f"{number(count / 1e6)} MB" if count >= 1e6 else f"{number(count / 1e3)} kB"


def comparison(times):
    """How a ratio of times reads."""
    if 0.995 < times < 1.005:
        return "as fast"
    return f"{number(times)} × slower" if times >= 1.0 else f"{number(1.0 / times)} × faster"


def table(header, rows):
    """A Markdown table whose columns are also straight as plain text; the first is words."""
    rows = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return f"| {' | '.join(cells)} |"

    rule = "|".join(["-" * (widths[0] + 2), *["-" * (width + 1) + ":" for width in widths[1:]]])
    return "\n".join([line(rows[0]), f"|{rule}|", *map(line, rows[1:])])


def header(command, effort):
    """Where and when, with what."""
    rows = [("command", f"`{command}`"), ("rounds", effort.rounds), *facts()]
    return f"# Benchmarks\n\n{prose(METHOD)}\n\n{table(('', ''), rows)}"


def steps(name, title, result):
    """A case: time a step of each contender."""
    rows = []
    for who, seconds in result.times.items():
        low, high = map(milliseconds, middle_half(seconds))
        against = "" if who == WHOLE else comparison(ratio(result.times, who, WHOLE))
        rows.append((who, milliseconds(median(seconds)), f"{low} to {high}", against))
    apart = f"Weights after three steps differ by at most {result.apart:.1g}."
    head = ("", "ms a step", "middle half", f"than {WHOLE}")
    return f"## {name}: {title}\n\n{table(head, rows)}\n\n{apart}"


def slower(results):
    """A sentence a case on where we stand against PyTorch."""
    lines = []
    for name, result in results.items():
        if TORCH in result.times:
            whole, eager = (comparison(ratio(result.times, who, TORCH)) for who in (WHOLE, EAGER))
            lines.append(f"- {name}: {WHOLE} {whole}, {EAGER} {eager}")
    if not lines:
        return "## Against PyTorch\n\nPyTorch is not installed."
    return f"## Against PyTorch\n\n{prose(WHY_SLOWER)}\n\n" + "\n".join(lines)


def first_steps(results):
    rows = [
        (f"{name}, {who}", *map(milliseconds, cost.first), cost.lines)
        for name, result in results.items()
        for who, cost in result.costs.items()
        if cost.first is not None
    ]
    head = ("", "1st step, ms", "2nd", "3rd", "lines of Python")
    return f"## Compile time\n\n{prose(FIRST_STEPS)}\n\n{table(head, rows)}"


def memory(results):
    rows = []
    for name, result in results.items():
        for who, cost in result.costs.items():
            before, after = cost.resident or (None, None)
            known = (size(after), size(max(after - before, 0))) if after else ("–", "–")
            peak = "–" if cost.peak is None else size(cost.peak)
            rows.append((f"{name}, {who}", peak, *known))
    head = ("", "peak of a step", "resident", "steps added")
    return f"## Memory\n\n{prose(MEMORY)}\n\n{table(head, rows)}"


def growing():
    return f"## As nets grow\n\n{prose(GROWTH)}"


def growth(axis, points):
    rows = []
    for point in points:
        medians = [milliseconds(median(seconds)) for seconds in point.times.values()]
        torch = comparison(ratio(point.times, WHOLE, TORCH)) if TORCH in point.times else "–"
        first = milliseconds(point.first)
        rows.append((point.size, f"{point.parameters:,}", *medians, torch, first, point.lines))
    names = [f"{name}, ms" for name in points[0].times]
    head = (axis, "parameters", *names, "than PyTorch", "1st step, ms", "lines of Python")
    return f"### {axis}: {AXES[axis]}\n\n{table(head, rows)}"


def targets(results):
    rows = []
    for target in TARGETS:
        found = target.measured(results)
        if found is None:
            rows.append((target, "–", "not measured"))
        else:
            rows.append((target, number(found[0]), "yes" if found[1] else "no"))
    if COMPILE_CASE in results:
        first = max(results[COMPILE_CASE].costs[WHOLE].first)
        met = "yes" if first < COMPILE_SECONDS else "no"
        text = f"{COMPILE_CASE}, {WHOLE}: no step with its compilation over {COMPILE_SECONDS:g} s"
        rows.append((text, f"{first:.3g} s", met))
    return f"## Targets\n\n{table(('', 'measured', 'met'), rows)}"
