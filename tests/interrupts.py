"""An interrupt at any moment: before the n-th line of the library's own Python that a call runs, or
at its n-th call of one of the library's functions, which is where Python itself looks for one."""

import itertools
import linecache
import sys
from pathlib import Path

import micrograd_opt

LIBRARY = str(Path(micrograd_opt.__file__).parent)
# Between a lock's `with` and its release Python looks for no interrupt; a tracer could put one
# there, and the lock would never be free again for another thread.
LOCKS = ("with _counting", "with drawing", "with self._calling")


def interrupted(function, place, kind="line"):
    """Call it, with an interrupt at this line, or "call", of the library; whether it came."""
    places = itertools.count(1)

    def trace(frame, event, arg):
        ours = frame.f_code.co_filename.startswith(LIBRARY)
        if event == kind and ours and not takes_or_frees_a_lock(frame) and next(places) == place:
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


def takes_or_frees_a_lock(frame):
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().startswith(LOCKS)
