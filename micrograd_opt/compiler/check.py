"""Whether a program still gives what its function gives: both run on the same arguments.

That is done at a program's calls 1, 2, 4, 8, …: counted, never by a clock, so that two runs are
checked at the same calls. At every fourth check, calls 1, 16, 256, …, the gradients are compared
too, which takes as long again. What no path leads to (`paths.py`) shows here: a file that is read,
an entry of a long list. Two numbers agree if they are within 1e-6 of the larger one.
Read next: `put_back.py`, why nothing else shows of it.
"""

import math

from ..array.array import Array
from ..engine.arguments import drawing
from ..engine.backward import backward_pass
from ..engine.state import is_grad_enabled, next_version
from .errors import CompilerError, StaleProgramError
from .put_back import PutBack
from .refusals import ANOTHER_THREAD
from .trace import flatten

TOLERANCE = 1e-6
REMEDY = "pass what changes as an argument, or use the plain function (compile=False)"


def check(compiled, entry, args, given, n):
    """Raise StaleProgramError where the program and the function it stands for disagree.

    Whatever the plain function draws or sets is put back; what it prints is printed.
    """
    gradients = entry.calls.bit_length() % 4 == 1 and is_grad_enabled()
    with drawing, PutBack(compiled._paths, entry.traced) as before:
        # the program comes first: it knows what to say of a wrong label
        found = compiled._results(entry, args, given, n, gradients)
        after_program = before.next_numbers()
        before.restore()
        expected, unknown = _plain(compiled, entry, args, n, gradients)
        after_function = before.next_numbers()
        if after_function != after_program:
            raise StaleProgramError(
                "compile: the function draws random numbers that its program does not: draw them "
                f"with rand, randn or dropout, or {REMEDY}; {ANOTHER_THREAD}"
            )
        if unknown:
            raise StaleProgramError(
                f"compile: the function now depends on {unknown[0]!r:.60}, which its program does "
                f"not know: {REMEDY}"
            )
        different = _first_difference(expected, found)
        if different is not None:
            before.restore()
            now, source = compiled._anew(entry, args, gradients)
            _explain(entry, expected, found, now, source, *different)


def _plain(compiled, entry, args, n, gradients):
    """([numbers of each output and of each gradient of the first], the leaves with a gradient that
    the program has none for) of the plain function. None for the gradient of a leaf that the
    function makes itself, since each call has another."""
    arguments, leaves, _ = compiled._stand_ins(args, n)
    nodes, version = [], next_version()
    flatten(compiled.loss_fn(*arguments), nodes)
    results, traced = [flat(node._data) for node in nodes], entry.traced
    if not traced.wanted or not gradients:
        return results, ()
    order, grads = backward_pass(nodes[0]) if nodes[0].requires_grad else ((), {})
    lasting, known = {*leaves, *traced.captured}, set()
    for x in traced.wanted:
        x = leaves[entry.places[x]] if x in entry.places else x
        known.add(x)
        g = x._zeros()._data if grads.get(x) is None else grads[x]
        results.append(flat(g) if x in lasting else None)
    older = [x for x in order if x.op is None and x in grads and x.version < version]
    return results, [x for x in older if x not in known and x not in leaves]


def flat(data):
    """Numbers as a flat list."""
    return (
        list(data.flat) if isinstance(data, Array) else data if isinstance(data, list) else [data]
    )


def _first_difference(expected, found):
    """(number of the result, x, y) of the first numbers that differ; None if none do."""
    if len(expected) != len(found):
        return 0, math.nan, math.nan
    for i, (xs, ys) in enumerate(zip(expected, found, strict=True)):
        if xs is None or xs == ys:
            continue
        if len(xs) != len(ys):
            return i, math.nan, math.nan
        for x, y in zip(xs, ys, strict=True):
            if not math.isclose(x, y, rel_tol=TOLERANCE) and (x == x or y == y):
                return i, x, y
    return None


def _explain(entry, expected, found, now, source, i, x, y):
    """Raise what the difference of x, by the function, and y, by the program, means.

    now, source: of a program that was made anew. Only if that gives other numbers is the old one
    stale, and the first line in which they differ says what has changed. Else it is rounding, of
    terms that cancel; or, if it is large in a program's very first call, a fault of the compiler.
    """
    what = f"output {i}" if i < len(entry.traced.outputs) else "a gradient"
    if repr(now) == repr(found):
        size = max([1.0, *[abs(z) for zs in expected for z in zs or () if math.isfinite(z)]])
        if entry.calls == 1 and x == x and not abs(x - y) <= TOLERANCE * size:
            raise CompilerError(f"{what} is {y!r} in the program and {x!r} in the function")
        return
    lines = zip(entry.program.source.split("\n"), source.split("\n"), strict=False)
    pairs = [(old.strip(), new.strip()) for old, new in lines if old != new]
    changed = f", which has {pairs[0][0]!r:.70} where {pairs[0][1]!r:.70} is right" if pairs else ""
    raise StaleProgramError(
        f"compile: {what} is {x!r} by the function and {y!r} by its program{changed}: the function "
        f"reads something that has changed and that no path in its code leads to; {REMEDY}"
    )
