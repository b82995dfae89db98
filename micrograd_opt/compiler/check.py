"""Whether a program still gives what its function gives: both run on the same arguments.

That is done at a program's calls 1, 2, 4, 8, …: counted, never by a clock, so that two runs are
checked at the same calls. What no path leads to (`paths.py`) shows here.
Read next: `compiled.py`.
"""

import math

from ..array.array import Array
from ..engine.backward import backward_pass
from ..engine.graph import next_version, state
from .errors import CompilerError, StaleProgramError
from .put_back import put_back
from .trace import flatten

TOLERANCE = 1e-6  # of the larger number
FORGET = "pass what changes as an argument, or use the plain function (compile=False)"


def check(compiled, entry, args, given, n):
    """Raise StaleProgramError where the program and the function it stands for disagree.

    Whatever the plain function draws or sets is put back; what it prints is printed.
    """
    paths, modules = compiled._paths, [module for module, _, _ in entry.traced.modules]
    with put_back(paths, modules) as next_numbers:
        found = compiled._results(entry, args, given, n)  # first: it knows what to say of a label
        after_program = next_numbers()
    with put_back(paths, modules) as next_numbers:
        expected, others = _plain(compiled, entry, args, n)
        after_function = next_numbers()
    if after_function != after_program:
        raise StaleProgramError(
            "compile: the function draws random numbers that its program does not: draw them with "
            f"rand, randn or dropout, or {FORGET}"
        )
    if others:
        raise StaleProgramError(
            f"compile: the function now depends on {others[0]!r:.60}, which its program does not "
            f"know; {FORGET}"
        )
    wrong = _first_difference(expected, found)
    if wrong is not None:
        _explain(compiled, entry, args, given, n, expected, found, wrong)


def _plain(compiled, entry, args, n):
    """([numbers of each output and of each gradient of the first], the leaves with a gradient that
    the program has none for) of the plain function. None for the gradient of a leaf that the
    function makes itself, since each call has another."""
    arguments, leaves, _ = compiled._stand_ins(args, n)
    nodes, version = [], next_version()
    flatten(compiled.loss_fn(*arguments), nodes)
    results = [flat(node._data) for node in nodes]
    traced = entry.traced
    if not traced.wanted or not state.recording:
        return results, ()
    wanted = [leaves[entry.places[x]] if x in entry.places else x for x in traced.wanted]
    order, grads = backward_pass(nodes[0]) if nodes[0].requires_grad else ((), {})
    known = {*wanted, *leaves}
    lasting = {x for x in order if x.op is None and x in grads and x.version < version}
    of_its_own = set(wanted) - known.intersection(leaves) - set(traced.captured)
    for x in wanted:
        zeros = x._zeros()._data if grads.get(x) is None else grads[x]
        results.append(None if x in of_its_own else flat(zeros))
    return results, list(lasting - known)


def flat(data):
    return data.flat if isinstance(data, Array) else data if isinstance(data, list) else [data]


def _first_difference(expected, found):
    """(place among the results, place in it) of the first numbers that differ; None if none do."""
    if len(expected) != len(found):
        return 0, 0
    for i, (xs, ys) in enumerate(zip(expected, found, strict=True)):
        if xs is not None and len(xs) != len(ys):
            return i, 0
        if xs is not None and xs != ys:
            for j, (x, y) in enumerate(zip(xs, ys, strict=True)):
                if not math.isclose(x, y, rel_tol=TOLERANCE) and (x == x or y == y):
                    return i, j
    return None


def _explain(compiled, entry, args, given, n, expected, found, wrong):
    """Trace the function anew: only if that gives another program is the old one stale, and then
    the first line in which they differ says what has changed. Else it is rounding, of numbers that
    nearly cancel, or, in a program's first call, a fault."""
    paths, modules = compiled._paths, [module for module, _, _ in entry.traced.modules]
    with put_back(paths, modules):
        fresh = compiled._make(args, n)
    with put_back(paths, modules):
        now = compiled._results(fresh, args, given, n)
    i, j = wrong
    x, y = (numbers[i][j] if j < len(numbers[i]) else math.nan for numbers in (expected, found))
    what = f"output {i}" if i < len(entry.traced.outputs) else "a gradient"
    if repr(now) == repr(found):
        size = max([1.0, *[abs(z) for zs in expected for z in zs or () if math.isfinite(z)]])
        if entry.calls == 1 and x == x and not abs(x - y) <= TOLERANCE * size:
            raise CompilerError(f"{what} is {y!r} in the program and {x!r} in the function")
        return
    lines = zip(entry.program.source.split("\n"), fresh.program.source.split("\n"), strict=False)
    old, new = next(((a.strip(), b.strip()) for a, b in lines if a != b), ("", ""))
    changed = f", which says {old!r:.60} where it would now be {new!r:.60}" if old != new else ""
    raise StaleProgramError(
        f"compile: {what} is {x!r} by the function and {y!r} by its program{changed}: the function "
        f"reads something that has changed and that no path in its code leads to; {FORGET}"
    )
