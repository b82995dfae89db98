"""Module: a function with parameters, found by looking at its attributes. No registration.

Parameters are the attributes that are a `Parameter` or a Value that takes gradients, and those in
lists, tuples and dicts of them; the same for the modules below. Their paths, `layers.0.weight`,
name them in `state_dict`, in pictures and in errors.
Read next: `nn/naming.py`, what a call does besides computing.
"""

import reprlib
from collections.abc import Mapping

from ..array.array import Array
from ..array.ieee import as_float
from ..engine.arguments import checked
from ..engine.tensor import Tensor
from ..engine.value import Value
from .naming import Named, join

__all__ = ["Module", "Parameter"]


class Parameter(Tensor):
    """A Tensor that a Module trains: requires_grad=True, and `parameters()` finds it.

    data: nested lists, an array, or a Tensor, whose numbers are taken.
    """

    __slots__ = ()

    def __init__(self, data, requires_grad=True, label=None):
        super().__init__(data.data if isinstance(data, Tensor) else data, requires_grad, label)


class Module(Named):
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
    _buffers = ()  # the names of the attributes that register_buffer added

    def forward(self, *args, **kwargs):
        """What the module computes. Call the module itself, which comes here."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define one")

    # ---- what is inside

    def parameters(self):
        """A list of the parameters, Tensors and Values, each once."""
        return [p for _, p in self.named_parameters()]

    def named_parameters(self):
        """(path, parameter) pairs in the order of definition; a shared one once."""
        return _each_once(self._state(buffers=False))

    def named_modules(self):
        """(path, module) pairs: this one, whose path is '', then all below, each once."""
        return _each_once(_walk(self, "", ()))

    def register_buffer(self, name, tensor):
        """Set an attribute that `state_dict` saves but no optimizer trains."""
        setattr(self, name, checked(tensor, Tensor, f"register_buffer: {name}"))
        self._buffers = (*self._buffers, name)

    def _state(self, buffers=True):
        """(path, Tensor or Value) pairs of parameters and buffers; a shared one at each place."""
        for path, module in _walk(self, "", ()):
            for p_path, p in _leaves(vars(module), path):
                if _is_parameter(p):
                    yield p_path, p
            for name in module._buffers if buffers else ():
                yield join(path, name), getattr(module, name)

    # ---- state

    def train(self, mode=True):
        """Set `training` here and in all modules below; returns self."""
        mode = checked(mode, bool, f"{type(self).__name__}, train: mode")
        for _, module in self.named_modules():
            module.training = mode
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
        checked(state_dict, Mapping, "load_state_dict: state_dict")
        own = dict(self._state())
        missing = [path for path in own if path not in state_dict]
        unexpected = [path for path in state_dict if path not in own]
        problems, new = [], {}
        if checked(strict, bool, "load_state_dict: strict"):
            problems += [f"missing: {path}" for path in missing]
            problems += [f"unexpected: {path}" for path in unexpected]
        for path, p in own.items():
            try:
                if path in state_dict:
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
        return ", ".join(repr(x) for _, x in _leaves(vars(self), "") if isinstance(x, Module))


def _is_parameter(x):
    return isinstance(x, Parameter) or isinstance(x, Value) and x.requires_grad and not x._prev


def _leaves(x, path):
    """(path, leaf) pairs of nested dicts, lists and tuples.

    >>> list(_leaves({"w": 1.0, "layers": ["f", ("g", "h")]}, ""))
    [('w', 1.0), ('layers.0', 'f'), ('layers.1.0', 'g'), ('layers.1.1', 'h')]
    """
    if isinstance(x, (list, tuple)):
        x = dict(enumerate(x))
    if isinstance(x, dict):
        for key, element in x.items():
            yield from _leaves(element, join(path, key))
    else:
        yield path, x


def _walk(module, path, above):
    """(path, module) pairs from `module` down; a module held by one below itself ends the walk."""
    if module in above:
        return
    yield path, module
    for child_path, child in _leaves(vars(module), path):
        if isinstance(child, Module):
            yield from _walk(child, child_path, (*above, module))


def _each_once(pairs):
    """The (path, x) pairs, of each x the first."""
    first = {}
    for path, x in pairs:
        first.setdefault(x, path)
    return [(path, x) for x, path in first.items()]


def _fitting(p, data):
    """`data` as what p.data can be set to; TypeError or ValueError where it cannot."""
    data = data.tolist() if hasattr(data, "tolist") else data
    if isinstance(p, Value):
        return as_float(data)
    array = Array.of(data)
    if array.shape != p.shape:
        raise ValueError(f"shape {array.shape} does not fit {p.shape}")
    return array
