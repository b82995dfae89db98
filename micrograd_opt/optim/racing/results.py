"""What a race came to: who came how far, how soon, from how many starts, and at which rate.

A loss stands for several starts by its median, beside the quartiles: of the losses in order, the
ones at a quarter, half and three quarters of the way, so each is a loss that was measured. A run
that diverged comes after all others.
Read next: `optim/racing/table.py`.
"""

import math
from collections import Counter

from ...engine.arguments import checked
from ...files.atomic_write import write_whole
from . import table
from .run import batches_of, run

__all__ = ["Race"]

TUNES = ("each", "same", "defaults")


class Race:
    """All runs of a race, and what is read off them. Made by `optim.race`.

    f           the function; name and formula, if it has any, else its __name__
    names       of its arguments
    starts      the points from which everyone starts
    budget      gradient evaluations of a run
    rates       the grid; empty for tune="defaults"
    target      the loss to be reached
    tune        how a rate is chosen where a method below is not told
    seed        of the starts and the batches
    contenders  {name: Contender}
    runs        {name: {rate: [a Run from each start]}}; the rate None is one that is fixed. A
                default that is not in the grid is there as well, and is not tuned with
    """

    def __init__(self, f, names, starts, contenders, budget, rates, target, tune, seed, runs):
        self.f, self.names, self.starts, self.contenders = f, names, starts, contenders
        self.budget, self.tune, self.seed, self.runs = budget, tune, seed, runs
        self.rates = () if tune == "defaults" else rates
        self.name = getattr(f, "name", None) or getattr(f, "__name__", type(f).__name__)
        self.target = self._target() if target is None else target

    def __repr__(self):
        who, n = ", ".join(self.runs), len(self.starts)
        return (
            f"Race({self.name}: {who}; {self.budget} evaluations, {n} start{'s' * (n != 1)}, "
            f"tune={self.tune!r})"
        )

    @property
    def title(self):
        """The name of the function, and its formula if it has one."""
        formula = getattr(self.f, "formula", self.name)
        return self.name if formula == self.name else f"{self.name}: {formula}"

    def every(self):
        """All the runs, in one list."""
        return [run for by_rate in self.runs.values() for runs in by_rate.values() for run in runs]

    @property
    def has_paths(self):
        """Whether the runs keep their paths: for points of up to 3 numbers."""
        return self.every()[0].path is not None

    def _target(self):
        """The loss when a thousandth of the way down from `start` is left."""
        runs, low = self.every(), getattr(self.f, "lowest", None)
        if low is None:
            low = min(min(run.losses) for run in runs)
        return low + (runs[0].losses[0] - low) / 1000

    # ---- rates

    def rate(self, name, tune=None):
        """The rate of a contender, as `tune` chooses it; None if its function has one of its own.

        Of equal losses the one wins that is at the target first, then the smaller rate. ValueError
        where that was not raced: the grid of tune="defaults", or a default that there is not.
        """
        tune = checked(self.tune if tune is None else tune, list(TUNES), "Race: tune")
        contender = self.contenders[name]
        if not contender.tuned:
            return None
        if tune == "defaults":
            if contender.default is None:
                raise ValueError(f"Race: {name} has no default rate")
            return contender.default
        if not self.rates:
            raise ValueError("Race: of tune='defaults' no other rate was tried; race with 'each'")
        if tune == "each":
            return min(self.rates, key=lambda rate: (*self._merit(name, rate), rate))
        tuned = [other for other, contender in self.contenders.items() if contender.tuned]
        merits = {rate: [self._merit(other, rate) for other in tuned] for rate in self.rates}
        return min(self.rates, key=lambda rate: (middle(merits[rate]), rate))

    def _merit(self, name, rate):
        """(median loss, median evaluations to the target): the smaller, the better."""
        runs = self.runs[name][rate]
        return (
            middle([run.loss for run in runs]),
            middle([run.reaches(self.target)[0] for run in runs]),
        )

    def sensitivity(self, name):
        """[(rate, median loss at the end)] over the grid; the loss is inf where it diverged."""
        if not self.contenders[name].tuned:
            return []
        return [(rate, self._merit(name, rate)[0]) for rate in self.rates]

    def chosen(self, name, tune=None):
        """The Runs of a contender, one from each start, at the rate that `tune` chooses."""
        return self.runs[name][self.rate(name, tune)]

    def replay(self, name, rate, watch, start=0):
        """A run of the race once more, the same to the bit, from start number `start`; after each
        of its steps `watch(optimizer)` is called. Returns the Run."""
        make, rng = self.contenders[name].at(rate), batches_of(self.seed, start)
        return run(self.f, self.names, self.starts[start], make, self.budget, rng, watch)

    def limits(self, paths):
        """((from, to) for each number of a point) that a picture of these paths shows: those of
        the function, if it has any; else all points, the start and the origin, and some room."""
        own = getattr(self.f, "limits", None)
        if own:
            return own
        points = [(0.0,) * len(self.names), self.starts[0]]
        points += [point for path in paths for point in path]
        ends = [(min(column), max(column)) for column in zip(*points, strict=True)]
        room = [0.15 * (high - low) or 1.0 for low, high in ends]
        return tuple([(a - r, b + r) for (a, b), r in zip(ends, room, strict=True)])

    # ---- the table

    def rows(self, tune=None):
        """A dict for each contender, the lowest median loss first.

            name, rate                  rate is None where the function has its own
            at_edge                     whether no larger, or no smaller, rate was tried
            loss, lower, upper          median and quartiles at the end; None: diverged
            evaluations, steps          medians, to the target; None: never
            wins                        from how many starts none was at the target before it, or,
                                        where nobody came there, none ended lower
            ended                       {why runs ended before their budget: how many}

        A contender without a default rate is not in the table of "defaults".
        """
        tune = self.tune if tune is None else tune
        names = [
            name for name, contender in self.contenders.items()
            if tune != "defaults" or contender.default is not None or not contender.tuned
        ]  # fmt: skip
        orders = [[self._order(run) for run in self.chosen(name, tune)] for name in names]
        first = list(map(min, zip(*orders, strict=True)))
        rows = [self._row(name, tune, first) for name in names]
        return sorted(rows, key=lambda row: math.inf if row["loss"] is None else row["loss"])

    def _order(self, run):
        """What makes a run win: the smaller comes first. What reached the target is level after."""
        evaluations, _ = run.reaches(self.target)
        return evaluations, run.loss if evaluations == math.inf else 0.0

    def _row(self, name, tune, first):
        rate, runs = self.rate(name, tune), self.chosen(name, tune)
        losses = [run.loss for run in runs]
        lower, loss, upper = [table.finite(quantile(losses, q)) for q in (0.25, 0.5, 0.75)]
        evaluations, steps = zip(*[run.reaches(self.target) for run in runs], strict=True)
        return {
            "name": name,
            "rate": rate,
            "at_edge": tune == "each" and len(self.rates) > 1
                       and rate in (self.rates[0], self.rates[-1]),
            "loss": loss, "lower": lower, "upper": upper,
            "evaluations": table.finite(middle(evaluations)), "steps": table.finite(middle(steps)),
            "wins": sum(self._order(run) == best and not run.diverged
                        for run, best in zip(runs, first, strict=True)),
            "ended": dict(Counter(run.ended for run in runs if run.ended)),
        }  # fmt: skip

    def summary(self, tune=None):
        """The race as a text: what all had in common, a line for each contender, and notes."""
        return table.text(self, self.tune if tune is None else tune)

    def to_csv(self, path):
        """Write a line for each run of the race, all rates and starts, as a CSV file. OSError where
        that cannot be; an older file is then as it was."""
        write_whole(path, table.csv_of(self).encode())


def quantile(values, q):
    """The value at the share q of the way through them, in order; the higher where it is between.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5), quantile([2.0, math.inf, 1.0], 0.75)
    (3.0, inf)
    """
    return sorted(values)[math.ceil(q * (len(values) - 1))]


def middle(values):
    """Their median; of an even number of values the higher of the two in the middle."""
    return quantile(values, 0.5)
