"""`python -m benchmarks [--quick] [--out FILE] [NAME …]`: all cases, or those named, as Markdown.

Read in this order: `contenders.py`, `moons.py`, `nets.py`, `harness.py`, `costs.py`, `growth.py`.
"""

import argparse
import sys
from pathlib import Path

from . import growth, report, results
from .cases import CASES
from .harness import FULL, QUICK

GROWTH = "growth"


def main(argv=None, effort=None):
    """Run the command; effort: how long to measure, instead of what --quick says."""
    argv = sys.argv[1:] if argv is None else argv
    args = _parsed(argv)
    effort = effort or (QUICK if args.quick else FULL)
    names = args.names or [*CASES, GROWTH]
    written = []

    def show(section):
        written.append(section)
        print(section + "\n", flush=True)

    show(report.header(" ".join(["python -m benchmarks", *argv]), effort))
    found = {}
    for name in [name for name in CASES if name in names]:
        found[name] = results.of(name, CASES[name], effort)
        show(report.steps(name, CASES[name].title, found[name]))
    if found:
        show(report.slower(found))
        show(report.first_steps(found))
        show(report.memory(found))
    if GROWTH in names:
        _grow(effort, show, args.out)
    if found:
        show(report.targets(found))
    if args.out:
        args.out.write_text("\n\n".join(written) + "\n", encoding="utf-8")


def _parsed(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    choices = [*CASES, GROWTH]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(choices)}")
    parser.add_argument("--quick", action="store_true", help="under a minute, and less exact")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the results there too")
    args = parser.parse_args(argv)
    for name in args.names:
        if name not in choices:
            parser.error(f"unknown case {name!r}; choose from {', '.join(choices)}")
    if args.out and not args.out.parent.is_dir():
        parser.error(f"--out {args.out}: there is no folder {args.out.parent}")
    return args


def _grow(effort, show, out):
    """The tables of growth, and their plot beside the results."""
    show(report.growing())
    found = {}
    for axis in effort.sizes:
        found[axis] = growth.points(axis, effort)
        show(report.growth(axis, found[axis]))
    if out:
        picture = Path("figures", "growth.svg")
        try:
            growth.plot(found, out.parent / picture)
        except ImportError as error:
            print(f"no plot: {error}", file=sys.stderr)
        else:
            show(f"![ms a step over width, depth and batch, on log scales]({picture.as_posix()})")


if __name__ == "__main__":
    main()
