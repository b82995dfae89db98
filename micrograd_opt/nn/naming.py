"""Names: every node notes the module that made it, every parameter its path in the model.

    net = nn.MLP(2, [3, 1])
    net(x).module              'layers.1', for boxes in pictures and places in errors
    net.layers[1].bias.label   'layers.1.bias'

The outermost module names all modules below it at its first call, and again only after some
module's attributes were changed: every such change raises one global count, `module_edits`.
Programs of `compile` ask for the same count. Nothing here changes what a module computes.
Read next: `nn/mode.py`.
"""

from ..engine.graph import Node
from ..engine.state import counts, enter, next_module_edit, state


class PathLabel(str):
    """A label that naming set and may set anew; one that is a plain str is the user's."""

    __slots__ = ()


class Named:
    """The base of Module that calls `forward` under the module's name, and counts edits."""

    _path = None  # 'layers.1', or '' for the model itself; None as long as no call has named it
    _named = None  # the count of edits at which it got that path

    def __call__(self, *args, **kwargs):
        """forward(...); the nodes made meanwhile note this module's path."""
        before = recording, outer, trace, _ = state()
        if outer is None and self._named != counts.module_edits:
            self._name_tree()
        if trace is not None:
            trace.called(self)
        path = self._path
        if path is None:  # forward made the module itself, or keeps it in no attribute
            path = join(outer, type(self).__name__)
        enter((recording, path, trace, before))
        try:
            return self.forward(*args, **kwargs)
        finally:
            enter(before)

    def _name_tree(self):
        """Paths for this module and all below it, and labels where the user set none."""
        edits = counts.module_edits  # before it looks: an edit meanwhile asks for names again
        modules = self.named_modules()
        if any(m._named == edits and m._path != path for path, m in modules):
            edits = next_module_edit()  # a module named by another model, which has to look again
        for path, module in modules:
            module._path, module._named = path, edits
        for path, p in self.named_parameters():
            if not p.label or isinstance(p.label, PathLabel):
                p.label = PathLabel(path)

    def __setattr__(self, name, x):
        """Set an attribute, then count it where names or a compiled program may depend on it.

        `training` is what a program asks for itself.
        """
        before = vars(self).get(name)
        super().__setattr__(name, x)
        if name not in ("training", "_path", "_named") and _is_edit(before, x):
            next_module_edit()

    def __delattr__(self, name):
        """Delete an attribute, which may be a module or a parameter."""
        super().__delattr__(name)
        next_module_edit()

    def __getstate__(self):
        """What a copy or a pickle takes along: all but the names, which it gets anew."""
        return {k: x for k, x in vars(self).items() if k not in ("_path", "_named")}


def join(path, name):
    """'layers.1' and 'bias' as 'layers.1.bias'; the path of the model itself is ''."""
    return f"{path}.{name}" if path else f"{name}"


def _is_edit(before, x):
    """Whether it matters that an attribute becomes x: not if x is the same number, or an output."""
    if isinstance(x, (int, float, str)):
        return type(x) is not type(before) or x != before
    return not isinstance(x, Node) or x.op is None
