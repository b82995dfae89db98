"""Module: a function with parameters, found by looking at its attributes. No registration.

Parameters are the attributes that are a `Parameter` or a Value that takes gradients, and those in
lists, tuples and dicts of them; the same for the modules below. Their paths, `layers.0.weight`,
name them in `state_dict`, in pictures and in errors. Read next: `layers.py`.
"""

import reprlib
from collections.abc import Mapping

from ..array.array import Array
from ..array.ieee import as_float
from ..engine.graph import Node, state
from ..engine.tensor import Tensor
from ..engine.value import Value


class Parameter(Tensor):
    """A Tensor that a Module trains: requires_grad=True, and `parameters()` finds it.

    data: nested lists, an array, or a Tensor, whose numbers are taken.
    """

    __slots__ = ()

    def __init__(self, data, requires_grad=True, label=None):
        super().__init__(data.data if isinstance(data, Tensor) else data, requires_grad, label)


class PathLabel(str):
    """A label that naming set and may set anew; one that is a plain str is the user's."""

    __slots__ = ()


class Module:
    """The base of all layers and models. A subclass sets attributes and defines `forward`.

    Unlike in PyTorch no `super().__init__()` is needed.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0), line.state_dict()
    (Value(7.0, grad=0.0), {'slope': 2.0, 'offset': 1.0})
    """

    training = True  # what Dropout and BatchNorm1d ask; train() and eval() set it
    _path = None  # the module's place in the model, '' for the model itself; see _name_tree
    _named = None  # the count of edits at which it got that path
    _buffers = ()  # the names of the attributes that register_buffer added

    def forward(self, *args, **kwargs):
        """What the module computes. Call the module itself, which comes here."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define one")

    def __call__(self, *args, **kwargs):
        """forward(...); the nodes made meanwhile note this module's path.

        An outermost module first names all that is below it, if that is new or edited.
        """
        outer = state.module
        if outer is None and self._named != state.edits:
            self._name_tree()
        if state.trace is not None:
            state.trace.called(self)
        path = self._path
        if path is None:  # kept where the walk cannot find it
            path = _join(outer, type(self).__name__)
        state.module = path
        try:
            return self.forward(*args, **kwargs)
        finally:
            state.module = outer

    def _name_tree(self):
        """Paths for this module and all below it, and labels where the user set none."""
        found = self.named_modules()
        if any(m._named == state.edits and m._path != path for path, m in found):
            state.edits += 1  # a module named by another model, which has to look again
        for path, module in found:
            module._path, module._named = path, state.edits
        for path, p in self.named_parameters():
            if not p.label or isinstance(p.label, PathLabel):
                p.label = PathLabel(path)

    def __setattr__(self, name, x):
        """Set an attribute, and count it where names or a compiled program may depend on it.

        `training` is what a program asks for itself.
        """
        if name not in ("training", "_path", "_named") and _counts(vars(self).get(name), x):
            state.edits += 1
        super().__setattr__(name, x)

    def __getstate__(self):
        """What a copy or a pickle takes along: all but the names, which it gets anew."""
        return {k: x for k, x in vars(self).items() if k not in ("_path", "_named")}

    # ---- what is inside

    def named_modules(self):
        """(path, module) pairs: this one, whose path is '', then all below, each once."""
        found = {}
        for path, module in _walk(self, "", ()):
            found.setdefault(module, path)
        return [(path, module) for module, path in found.items()]

    def named_parameters(self):
        """(path, parameter) pairs in the order of definition; a shared one once."""
        found = {}
        for path, p in self._state(buffers=False):
            found.setdefault(p, path)
        return [(path, p) for p, path in found.items()]

    def parameters(self):
        """A list of the parameters, Tensors and Values, each once."""
        return [p for _, p in self.named_parameters()]

    def register_buffer(self, name, tensor):
        """Set an attribute that `state_dict` saves but no optimizer trains."""
        if not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name} is {type(tensor).__name__}, not a Tensor")
        setattr(self, name, tensor)
        self._buffers = (*self._buffers, name)

    def _state(self, buffers=True):
        """(path, Tensor or Value) pairs of parameters and buffers; a shared one at each place."""
        for path, module in _walk(self, "", ()):
            for name, p in _members(module, _is_parameter):
                yield _join(path, name), p
            for name in module._buffers if buffers else ():
                yield _join(path, name), getattr(module, name)

    # ---- state

    def train(self, mode=True):
        """Set `training` here and in all modules below; returns self."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self):
        """train(False): dropout off, batch normalisation by its running statistics."""
        return self.train(False)

    def zero_grad(self):
        """Every gradient back to its start: None for a Tensor, 0.0 for a Value."""
        for p in self.parameters():
            p.grad = 0.0 if isinstance(p, Value) else None

    def state_dict(self):
        """{path: nested lists of floats}, a float for a Value: plain JSON, PyTorch's names."""
        return {path: p.data if isinstance(p, Value) else p.tolist() for path, p in self._state()}

    def load_state_dict(self, state_dict, strict=True):
        """Take over all numbers of a state_dict: nested lists, or anything with tolist().

        So one of PyTorch's does too. Returns the lists of missing and unexpected names, which are
        allowed with strict=False only. Raises ValueError with everything that does not fit, names
        and shapes, and then changes nothing.
        """
        if not isinstance(state_dict, Mapping):
            found = type(state_dict).__name__
            raise TypeError(f"load_state_dict: expected a dict of names, got {found}")
        own = dict(self._state())
        missing = [path for path in own if path not in state_dict]
        unexpected = [path for path in state_dict if path not in own]
        problems = []
        if strict:
            problems += [f"missing: {path}" for path in missing]
            problems += [f"unexpected: {path}" for path in unexpected]
        new = {}
        for path, p in own.items():
            if path in missing:
                continue
            try:
                new[path] = _fitting(p, state_dict[path])
            except (TypeError, ValueError) as error:
                problems.append(f"{path}: {error}")
        if problems:
            raise ValueError(f"{type(self).__name__}, load_state_dict: {'; '.join(problems)}")
        for path, data in new.items():
            own[path].data = data
        return missing, unexpected

    @reprlib.recursive_repr()
    def __repr__(self):
        return f"{type(self).__name__}({self.extra_repr()})"

    def extra_repr(self):
        """What stands between the brackets of the repr: the modules inside."""
        return ", ".join(repr(module) for _, module in _members(self, _is_module))


def _join(path, name):
    return f"{path}.{name}" if path else name


def _counts(before, x):
    """Whether to set an attribute to x is an edit: not to a number it has, nor to an output."""
    if isinstance(x, (int, float, str)):
        return type(x) is not type(before) or x != before
    return not isinstance(x, Node) or x.op is None


def _is_module(x):
    return isinstance(x, Module)


def _is_parameter(x):
    return isinstance(x, Parameter) or isinstance(x, Value) and x.requires_grad and not x._prev


def _members(module, wanted):
    """(name, x) pairs of the wanted attributes, and of those in containers: `layers.0`."""
    for name, x in vars(module).items():
        yield from _elements(name, x, wanted)


def _elements(name, x, wanted):
    if isinstance(x, (list, tuple)):
        x = dict(enumerate(x))
    if isinstance(x, dict):
        for key, element in x.items():
            yield from _elements(f"{name}.{key}", element, wanted)
    elif wanted(x):
        yield name, x


def _walk(module, path, above):
    """(path, module) pairs from `module` down; a module held by one below itself ends the walk."""
    if module in above:
        return
    yield path, module
    for name, child in _members(module, _is_module):
        yield from _walk(child, _join(path, name), (*above, module))


def _fitting(p, data):
    """`data` as what p.data can be set to; TypeError or ValueError where it cannot."""
    data = data.tolist() if hasattr(data, "tolist") else data
    if isinstance(p, Value):
        return as_float(data)
    array = Array.of(data)
    if array.shape != p.shape:
        raise ValueError(f"shape {array.shape} does not fit {p.shape}")
    return array
