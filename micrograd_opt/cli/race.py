"""`micrograd-opt race`: optimizers on one surface, with the same rates, starts and gradients.

Read next: `cli/schedules.py`.
"""

import difflib
import inspect
import os
import sys
from pathlib import Path

from .. import draw, plot
from ..optim import surfaces
from ..optim.racing.contenders import library
from ..optim.racing.race import race
from ..optim.racing.results import TUNES
from ..optim.racing.table import finite
from . import digits
from .expression import Expression, assignments
from .task import as_json, count

HELP = "race optimizers down a surface, each with the same budget"

SURFACES = {
    name: getattr(surfaces, name)
    for name in surfaces.__all__
    if inspect.isfunction(getattr(surfaces, name))
}
NAMES = ", ".join([*SURFACES, "digits"])
CONDITIONS = (1.0, 10.0, 100.0, 1000.0)  # of the valley, on the slider of its page


def add_arguments(parser):
    add = parser.add_argument
    add("surface", help=f"{NAMES} (half a minute), or an expression such as "
        "'x**2 + 10*y**2'")
    add("--optimizers", default="sgd,momentum,adam", metavar="NAME[,NAME…]",
        help=f"sgd and adam always run; of {', '.join(library())} (sgd,momentum,adam)")  # fmt: skip
    add("--steps", type=count, default=200, metavar="N",
        help="gradient evaluations of a run, which most take one a step (200)")  # fmt: skip
    add("--tune", choices=TUNES, default="each", help="each with its best rate, the same rate for "
        "all, or the defaults (each)")  # fmt: skip
    add("--start", nargs="+", default=[], metavar="NAME=NUMBER",
        help="where to begin (that of the surface; 1 in an expression)")  # fmt: skip
    add("--starts", type=count, metavar="N", help="of how many (5; for the digits 3)")
    add("--condition", type=float, help="of the valley: steepness across over along (100; its page "
        "has a slider for it)")  # fmt: skip
    add("--target", type=float, help="a loss to be reached (a thousandth of the way down is left; "
        f"for the digits {digits.TARGET:g})")  # fmt: skip
    add("--seed", type=int, default=0, help="repeats a race to the bit (0)")
    add("--out", metavar="DIR", help="write race.html, the race step by step, race.svg, the same "
        "as a figure, and results.csv, a line for each run, here")  # fmt: skip
    add("--json", action="store_true", help="print one line of JSON instead of the table")


def run(args):
    if args.out is not None and os.path.isfile(args.out):
        raise FileExistsError(f"--out: {args.out} is a file; name a folder for what is written")
    result = _race(args)
    print(_as_json(result) if args.json else result.summary())
    if args.out is not None:
        os.makedirs(args.out, exist_ok=True)
        written = ", ".join(_write(args, result))
        print(f"written to {args.out}: {written}", file=sys.stderr)
    return 0


def _write(args, result):
    """The files of a race; returns their names."""
    folder = Path(args.out)
    result.to_csv(folder / "results.csv")
    draw.race(_scenes(args, result)).save(folder / "race.html")
    try:
        plot.race(result).save(folder / "race.svg")
    except ImportError as error:
        print(f"no race.svg: {error}", file=sys.stderr)
        return ["race.html", "results.csv"]
    return ["race.html", "race.svg", "results.csv"]


def _scenes(args, result):
    """What the page shows: the race, or of the valley one for each of its conditions."""
    if args.surface != "valley" or args.condition is not None:
        return result
    races = {}
    for kappa in CONDITIONS:
        args.condition = kappa
        races[f"κ = {kappa:g}"] = _race(args)
    return races


def _race(args):
    optimizers = args.optimizers.split(",")
    settings = {"tune": args.tune, "target": args.target, "seed": args.seed}
    if args.condition is not None and args.surface != "valley":
        raise ValueError(f"--condition: only the valley has one, not {args.surface}")
    if args.surface == "digits":
        if args.start:
            raise ValueError("--start: the net of the digits starts where --seed draws it")
        surface = digits.digits(args.seed)
        settings["starts"] = [digits.weights(args.seed + k) for k in range(1, args.starts or 3)]
        settings["rates"] = digits.RATES
        settings["target"] = digits.TARGET if args.target is None else args.target
    else:
        surface = _surface(args)
        settings["starts"] = args.starts or 5
    start = _start(args.start, surface)
    return race(surface, start, optimizers, args.steps, **settings)


def _surface(args):
    """The surface that has this name, or that the expression describes."""
    name = args.surface
    if name in SURFACES:
        return SURFACES[name](*[] if args.condition is None else [args.condition])
    expression = Expression(name)
    names = tuple(expression.names)
    if names == (expression.text,):
        near = difflib.get_close_matches(name, [*SURFACES, "digits"], 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {NAMES};"
        raise ValueError(f"unknown surface {name!r}; {hint} or write an expression in names")
    if not names:
        raise ValueError(f"no name in {name!r}, so nothing to move; write such as 'x**2 + 10*y**2'")
    return surfaces.Surface(
        expression.text, expression.text,
        lambda *values: expression.evaluate(dict(zip(names, values, strict=True))),
        start=(1.0,) * len(names), names=names,
    )  # fmt: skip


def _start(texts, surface):
    """The surface's start, with what --start says of it instead."""
    start = dict(zip(surface.names, surface.start, strict=True))
    numbers = assignments(texts, "--start")
    unknown = ", ".join(name for name in numbers if name not in start)
    if unknown:
        raise ValueError(
            f"--start: {unknown} is no variable of {surface.name}; it has {', '.join(start)}"
        )
    return list((start | numbers).values())


def _as_json(result):
    """What the table shows, and the loss at each rate; null for what diverged or never came."""
    rows = [
        {
            **row,
            "sensitivity": [[rate, finite(loss)] for rate, loss in result.sensitivity(row["name"])],
        }
        for row in result.rows()
    ]
    numbers = zip(result.names, result.starts[0], strict=True)
    return as_json({
        "surface": result.name,
        "formula": result.f.formula,
        "start": {name: x for name, x in numbers if isinstance(x, float)},
        "starts": len(result.starts),
        "budget": result.budget,
        "tune": result.tune,
        "rates": result.rates,
        "target": result.target,
        "seed": result.seed,
        "optimizers": rows,
    })  # fmt: skip
