"""An optimizer's formula for one element, with its numbers put in.

No formula is written a second time: the optimizer's own `update` is run on Values that are called
as it calls its numbers, and the graph that they leave is printed.

Read next: `draw/tape/explain.py`, which shows it.
"""

import math
import sys

from ...engine.graph import Node, topological_order
from ...engine.state import enable_grad
from ...engine.value import Value
from .formula import formula, number
from .lines import equation, flow


class Symbol(Value):
    """A Value with a name in the formula. An update that asks for its bare number is refused."""

    __slots__ = ()

    def __float__(self):
        raise TypeError("explain: this update looks at a bare number")


class Update:
    """An update of one element, run on Symbols: its new value and new state as nodes."""

    def __init__(self, optimizer, name, theta, g, i, state, group):
        reserved = {*state, *group, "g"}
        self.name = "theta" if name in reserved else name
        self.gradient = Symbol(g, "grad" if "g" in state else "g")
        self.group = {key: _symbol(key, x) for key, x in group.items()}
        own = {key: [x[i]] if type(x) is list else x for key, x in state.items()}
        self.state = {key: _symbol(key, x) for key, x in own.items()}
        g = -self.gradient if group.get("maximize") else self.gradient
        names = _Locals(type(optimizer).update.__code__)
        with enable_grad(), names:
            (self.theta,) = optimizer.update_with(_sqrt)(
                [Symbol(theta, self.name)], [g], self.state, self.group
            )
        self.hats = optimizer.hats(self.state, self.group)
        self.names = {}
        for name, x in (*self.state.items(), *names.found.items()):
            x = x[0] if type(x) is list and x else x
            if isinstance(x, Node) and x is not self.theta and (name in self.state or _long(x)):
                self.names.setdefault(x, name)

    def agrees_with(self, new):
        """Whether it comes to what the step wrote: else the other elements had a say."""
        return isinstance(self.theta, Node) and math.isclose(self.theta.data, new, rel_tol=1e-9)

    def lines(self):
        yield f"  {self.gradient.label} = {number(self.gradient.data)}"
        for x in topological_order(self.theta, *reversed(self.names)):
            if x.op and x in self.names:
                yield from self._equation(self.names[x], x)
        for name, (x,) in self.hats.items():
            yield from self._equation(name, x)
        yield from self._equation(self.name, self.theta)

    def _equation(self, name, node):
        """name = formula = formula with its numbers = number."""

        def named(x):
            known = None if x is node else self.names.get(x)
            return known or (None if x.op else x.label or number(x.data))

        def numbered(x):
            return number(x.data) if not x.op or (x is not node and x in self.names) else None

        texts = [formula(node, named), formula(node, numbered)]
        yield from flow(f"  {name} = ", equation(*texts, data=node.data))


class _Locals:
    """Within it: the variables of a function with this code, as they are when it returns.

    They are the names that the source gives to its numbers, alpha_t and delta, say.
    """

    def __init__(self, code):
        self.code, self.found = code, {}

    def __enter__(self):
        self.before = sys.getprofile()
        sys.setprofile(self._note)

    def __exit__(self, *exception):
        sys.setprofile(self.before)

    def _note(self, frame, event, arg):
        if event == "return" and frame.f_code is self.code:
            self.found = dict(frame.f_locals)


def _long(x):
    """Whether a formula is worth a line of its own: more than one op."""
    return any(parent.op for parent in x._prev)


def _symbol(name, x):
    """Symbols for the floats in x; a 0 stays, so that `if momentum:` is answered as it was."""
    if isinstance(x, list):
        return [Symbol(y, name) for y in x]
    if isinstance(x, tuple):  # betas are beta1 and beta2
        return tuple([_symbol(f"{name.removesuffix('s')}{j}", y) for j, y in enumerate(x, 1)])
    return Symbol(x, name) if isinstance(x, float) and x else x


def _sqrt(x):
    return x.sqrt() if isinstance(x, Node) else math.sqrt(x)
