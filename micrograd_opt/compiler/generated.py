"""Generated text as functions. Read next: `entry.py`, which calls them."""

import math
from dataclasses import dataclass

from ..array import ieee


@dataclass
class Program:
    """What was generated."""

    source: str
    inputs: list
    checks: list  # (input, slice of it, *what kernels.check_index takes)
    fast: object  # the function, of the inputs' lists: (outputs, gradients)
    careful: object  # the same, with the answers of IEEE where `fast` raises
    functions: set  # the names of the functions it calls


def defined(source, names, own):
    """The function of the source twice: with C functions that may raise, and with IEEE's answers.

    names   the functions that it calls; own: those of them that are no module's, {name: function}
    """
    careful = {"inf": math.inf, "nan": math.nan, "fsum": math.fsum}
    for module in (math, ieee):  # of both the answer that never raises, tanh of math, exp of ieee
        careful |= {name: getattr(module, name) for name in names if hasattr(module, name)}
    careful |= own
    fast = {name: getattr(f, "fast", f) for name, f in careful.items()}
    code = compile(source, "<compiled>", "exec")
    for namespace in (fast, careful):
        exec(code, namespace)
    return fast["step"], careful["step"]
