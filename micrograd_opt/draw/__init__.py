"""Pictures of graphs: `draw(node)` for anything from `a * b + c` to the loss of a net.

The module itself can be called: `mo.draw(loss)` is `mo.draw.draw(loss)`.
Read next: `dot/drawing.py`.
"""

import sys
from types import ModuleType

from .dot.render import Drawing, find_dot
from .dot.drawing import draw
from .pages.backprop import backprop
from .pages.frames import frames
from .tape.explain import explain
from .zoom.zoom import zoom

__all__ = ["Drawing", "backprop", "draw", "explain", "find_dot", "frames", "zoom"]


class _CallableModule(ModuleType):
    """Lets `mo.draw` be a function to call and a package that holds its kin, without two names."""

    __call__ = staticmethod(draw)


sys.modules[__name__].__class__ = _CallableModule
