"""The command line, `micrograd-opt` or `python -m micrograd_opt`.

Read next: `cli/task.py`.
"""

import argparse
import difflib
import os
import sys

from .. import __version__
from . import compare, doctor, graph, landscape, race, schedules, train

COMMANDS = {
    module.__name__.rpartition(".")[2]: module
    for module in (train, compare, landscape, graph, race, schedules, doctor)
}


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line, no usage above it."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")

    def _check_value(self, action, value):
        """As argparse, but with the nearest of the choices."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += _nearest(str(value), action.choices)
            raise

    def parse_known_args(self, args=None, namespace=None):
        """As argparse, but what a command does not know, that command refuses, not the program."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            hint = _nearest(unknown[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return known, unknown


def _nearest(word, words):
    near = difflib.get_close_matches(word, words, 1)
    return f"; did you mean {near[0]}?" if near else ""


def main(argv=None):
    """Run a command; returns the exit status. An expected error is one line on standard error."""
    _prepare_output()
    what = "micrograd-opt"
    try:
        try:
            args = _parser(what).parse_args(argv)
            what += f" {args.command}"
            return COMMANDS[args.command].run(args)
        finally:
            _flush(sys.stdout)
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        return 1
    except KeyboardInterrupt:
        print(f"{what}: interrupted", file=sys.stderr)
        return 130
    except (
        ValueError, TypeError, IndexError, OSError, RuntimeError, OverflowError, MemoryError,
        ImportError,
    ) as error:  # fmt: skip
        print(f"{what}: error: {_in_one_line(error)}", file=sys.stderr)
        return 1


def _parser(name):
    parser = _Parser(prog=name, description="Backprop and optimization in plain Python.")
    parser.add_argument("--version", action="version", version=f"{name} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, module in COMMANDS.items():
        module.add_arguments(
            commands.add_parser(command, help=module.HELP, description=module.HELP)
        )
    return parser


def _prepare_output():
    """Somewhere to write where the caller closed it, and no error for an arrow in an old code."""
    for name in ("stdout", "stderr"):
        setattr(sys, name, getattr(sys, name) or open(os.devnull, "w"))  # noqa: SIM115
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def _flush(stream):
    """Write out what is pending. Where that fails it would fail again at exit, so drop it."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def _in_one_line(error):
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or "not enough memory"  # a MemoryError says nothing
