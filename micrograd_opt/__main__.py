"""`python -m micrograd_opt` and `micrograd-opt`, which Ctrl-C ends with one line at any time.

While modules are loaded, and once a command is done, the handler of the package's `__init__.py`
answers it; in between a command stops in its own way.
"""

import signal
import sys

from . import _interrupted


def run():
    """Run the command that `sys.argv` names, and exit with its status."""
    from .cli.main import main  # takes longest of all

    try:
        _replace(_interrupted, signal.default_int_handler)
        status = main()
    except KeyboardInterrupt:  # a second one, while the first was being reported
        status = 130
    finally:
        _replace(signal.default_int_handler, _interrupted)
    sys.exit(status)


def _replace(handler, other):
    """Let another handler answer Ctrl-C in the place of this one; not where it is ignored."""
    if signal.getsignal(signal.SIGINT) is handler:
        signal.signal(signal.SIGINT, other)


if __name__ == "__main__":
    run()
