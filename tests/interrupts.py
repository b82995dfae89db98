"""An interrupt at any moment: before the n-th line of the library's own Python that a call runs, or
at its n-th call of one of the library's functions, which is where Python itself looks for one."""

import itertools
import sys
from pathlib import Path

import micrograd_opt

LIBRARY = str(Path(micrograd_opt.__file__).parent)


def interrupted(function, place, kind="line"):
    """Call it, with an interrupt at this line, or "call", of the library; whether it came."""
    places = itertools.count(1)

    def trace(frame, event, arg):
        ours = frame.f_code.co_filename.startswith(LIBRARY)
        if event == kind and ours and next(places) == place:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
