"""`micrograd-opt schedules`: the rates that schedules give, as a table and a plot.

Read next: `cli/doctor.py`.
"""

import difflib
import inspect
import sys

from .. import plot
from ..engine.arguments import NUMBER, RATE, WHOLE, checked
from ..optim import schedules
from .expression import assignments
from .task import as_json, count, picture, required
from .train import SCHEDULES

HELP = "show the rates that schedules give, step by step"
LECTURE = ("linear_decay", "cosine_annealing", "linear_warmup")
ROWS = 11  # of the table

# What can be said by numbers: all but join, which takes schedules.
NAMES = [
    name for name in schedules.__all__ if "schedules" not in required(getattr(schedules, name))
]


def add_arguments(parser):
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME",
        help=f"of {', '.join(NAMES)}, or as `train` calls them (the lecture's three: "
        f"{', '.join(LECTURE)})")  # fmt: skip
    add("--lr", type=float, default=0.1, help="the highest rate (0.1)")
    add("--steps", type=count, default=100, metavar="N", help="of the run (100)")
    add("--set", nargs="+", default=[], metavar="PARAMETER=NUMBER",
        help="any other parameter, as every=30; without it a tenth or a quarter of the steps, and "
        "what the schedule has as its default")  # fmt: skip
    add("--out", type=picture, metavar="FILE", help="draw them: .svg, .png or .pdf")
    add("--json", action="store_true", help="print one line of JSON, with all steps, instead")


def run(args):
    names = [SCHEDULES[name].__name__ if name in SCHEDULES else name
             for name in args.names or LECTURE]  # fmt: skip
    names = list(dict.fromkeys(names))
    checked(args.lr, RATE, "--lr:")
    chosen = [_schedule(name, args, _numbers(args, names)) for name in names]
    rates = [
        [checked(schedule(i), NUMBER, f"{name} at step {i}:") for i in range(args.steps)]
        for name, schedule in zip(names, chosen, strict=True)
    ]
    if args.out is not None:
        written = plot.schedules(*chosen, max_steps=args.steps).save(args.out)
    if args.json:
        by_schedule = dict(zip(map(repr, chosen), rates, strict=True))
        print(as_json({"steps": args.steps, "rates": by_schedule}))
    else:
        print(_table(names, chosen, rates, args.steps))
    if args.out is not None:
        print(f"written: {written}", file=sys.stderr)
    return 0


def _numbers(args, names):
    """What --set says; ValueError for a parameter that none of these schedules has."""
    numbers = assignments(args.set, "--set")
    known = {p for name in names for p in _parameters(name)} - {"lr", "max_steps", "then"}
    for name in numbers:
        if name not in known:
            others = f"they have {', '.join(sorted(known))}" if known else "they have none"
            raise ValueError(f"--set: {name} is no parameter of {', '.join(names)}; {others}")
    return {name: int(x) if x.is_integer() else x for name, x in numbers.items()}


def _parameters(name):
    if name not in NAMES:
        if name in schedules.__all__:
            raise ValueError(f"{name} takes schedules, not numbers; see plot.schedules in Python")
        near = difflib.get_close_matches(name, [*NAMES, *SCHEDULES], 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}"
        raise ValueError(f"unknown schedule {name!r}; {hint}")
    return inspect.signature(getattr(schedules, name)).parameters


def _schedule(name, args, numbers):
    """The schedule with what --set says, and for all else a share of the steps."""
    n = args.steps
    tenth, quarter = max(1, n // 10), max(1, n // 4)
    usual = {
        "lr": args.lr, "max_steps": n, "gamma": 0.5, "every": quarter, "period": quarter,
        "warmup": tenth, "steps": tenth, "decay": quarter,
    }  # fmt: skip
    if name == "exponential":
        usual["gamma"] = 0.01 ** (1 / n)  # a hundredth is left at the end
    values = usual | numbers
    rest = max(1, n - checked(values["steps"], WHOLE, "--set: steps"))
    values["then"] = schedules.cosine_annealing(args.lr, rest)
    needed = required(getattr(schedules, name)) | numbers.keys()
    return getattr(schedules, name)(**{p: values[p] for p in _parameters(name) if p in needed})


def _table(names, chosen, rates, steps):
    """The rates at some of the steps, the first and the last among them."""
    shown = sorted({round(k * (steps - 1) / (ROWS - 1)) for k in range(ROWS)})
    lines = [f"{name}: {schedule!r}" for name, schedule in zip(names, chosen, strict=True)]
    width = [max(12, len(name)) for name in names]
    lines += ["", "step  " + "  ".join(map(str.rjust, names, width))]
    for i in shown:
        row = [f"{column[i]:.6g}".rjust(w) for column, w in zip(rates, width, strict=True)]
        lines.append(f"{i:4}  " + "  ".join(row))
    return "\n".join(lines)
