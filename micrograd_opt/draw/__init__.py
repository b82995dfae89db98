"""Pictures of graphs: `draw(node)` for anything from `a * b + c` to the loss of a net.

In goes a Value or a Tensor, the root of a graph; out comes a picture of all that it was computed
from, or the same in words, as a page to step through, or number by number.

    >>> import micrograd_opt as mo
    >>> a, b = mo.Value(2.0, label="a"), mo.Value(-3.0, label="b")
    >>> loss = (a * b + 1).tanh()
    >>> loss.backward()
    >>> mo.draw(loss)
    Drawing(6 nodes, 5 edges)
    >>> mo.draw.backprop(loss)
    Backprop(6 nodes, 5 steps)

Nodes become boxes (`picture/`), boxes the text of Graphviz and that an image (`dot/`). A backward
pass becomes a list of steps (`tape/`), and that words, or a page (`pages/`). `zoom/` opens an op of
Tensors. `mo.draw` is both this package and a function: the package is given a class of modules that
has a `__call__`.
Read next: `draw/tape/`.
"""

import sys
from types import ModuleType

from .dot.drawing import draw
from .dot.render import Drawing, find_dot
from .pages.backprop import backprop
from .pages.frames import frames
from .pages.racing import race
from .tape.explain import explain
from .zoom.zoom import zoom

__all__ = ["Drawing", "backprop", "draw", "explain", "find_dot", "frames", "race", "zoom"]


class _CallableModule(ModuleType):
    """`mo.draw(loss)` is `mo.draw.draw(loss)`."""

    __call__ = staticmethod(draw)


sys.modules[__name__].__class__ = _CallableModule
