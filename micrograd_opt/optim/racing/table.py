"""A race in print: the table with its heading and notes, and all runs as CSV.

What diverged, was never reached or is fixed is said in words.
Read next: `optim/schedules/`.
"""

import csv
import io
import math
import textwrap

WIDTH = 100
HEAD = ("optimizer", "rate", "loss", "quartiles", "evaluations", "steps", "wins")
COLUMNS = (
    "optimizer", "rate", "start", "loss", "evaluations", "steps", "evaluations_to_target",
    "steps_to_target", "ended",
)  # fmt: skip
RATES = {
    "each": "each with its best rate",
    "same": "one rate for all",
    "defaults": "each with its default rate",
}
CAUTION = (
    "A race over a few numbers shows how an optimizer moves; it is no way to choose one for a net."
)


def text(race, tune):
    """What `Race.summary` returns."""
    rows = race.rows(tune)
    table = [HEAD, *[_cells(row, len(race.starts)) for row in rows]]
    wide = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join([line[0].ljust(wide[0]), *map(str.rjust, line[1:], wide[1:])]) for line in table
    ]
    notes = [
        textwrap.fill(note, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        for note in _notes(race, rows)
    ]
    return "\n".join([*_heading(race, tune), "", *lines, "", *notes])


def _heading(race, tune):
    n = len(race.starts)
    yield race.title
    numbers = zip(race.names, race.starts[0], strict=True)
    at = ", ".join(f"{name} = {x:g}" for name, x in numbers if isinstance(x, float))
    at = at or f"{len(race.names)} tensor{'s' * (len(race.names) != 1)}"
    others = f", and {n - 1} more" if n > 1 else ""
    yield f"start: {at}{others}; seed {race.seed}"
    yield f"budget: {race.budget:,} gradient evaluations a run; {RATES[tune]}"
    if race.rates:
        least, most, k = race.rates[0], race.rates[-1], len(race.rates)
        all_runs = race.budget * k * n
        yield f"tuning: {k} rates, {least:g} … {most:g}: {all_runs:,} evaluations for each of them"
    yield f"target: a loss of {race.target:.3g}; evaluations and steps are those until then"


def _notes(race, rows):
    edge = [row["name"] for row in rows if row["at_edge"]]
    if edge:
        yield f"{', '.join(edge)}: the best rate is the last of the grid; there may be a better one"
    for row in rows:
        for reason, count in row["ended"].items():
            yield f"{row['name']}, from {count} of {len(race.starts)} starts: {reason}"
    if race.has_paths:
        yield CAUTION


def _cells(row, starts):
    rate = "its own" if row["rate"] is None else f"{row['rate']:g}"
    lower, loss, upper = [
        "diverged" if row[x] is None else f"{row[x]:.3g}" for x in ("lower", "loss", "upper")
    ]
    reached = ["never" if row[x] is None else str(row[x]) for x in ("evaluations", "steps")]
    quartiles = lower if lower == upper else f"{lower} … {upper}"
    return row["name"], rate, loss, quartiles, *reached, f"{row['wins']} of {starts}"


def csv_of(race):
    """A line for each run: all contenders, rates and starts. What is not finite is left empty."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, by_rate in race.runs.items():
        for rate, runs in by_rate.items():
            for start, run in enumerate(runs):
                reached = map(finite, run.reaches(race.target))
                used = (run.evaluations[-1], len(run.losses) - 1)
                writer.writerow([name, rate, start, finite(run.loss), *used, *reached, run.ended])
    return lines.getvalue()


def finite(x):
    """The number, or None for one that is NaN or infinite."""
    return x if math.isfinite(x) else None
