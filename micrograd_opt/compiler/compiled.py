"""compile: a function that computes a loss, run as generated Python.

Read next: `trace.py`, how the graph is found; `program.py`, how it becomes a function.
"""

from .. import kernels
from ..array import Array
from ..graph import state
from ..tensor import Tensor
from ..value import Value
from .fused import NotFusible, hyperparameters, moves
from .program import scalar_program
from .result import with_gradients
from .scalars import MixesRows
from .signature import (
    Surroundings,
    flat_rows,
    kind,
    number_leaf,
    number_tensor,
    parameter_names,
    sample_of,
    stand_in,
)
from .trace import check_repeats, trace

MOST_PROGRAMS = 32  # of one function; the one longest unused is dropped


def compile(loss_fn, batched=False, optimizer=None):
    """`loss_fn` as generated Python: traced once for each signature, then run many times faster.

    loss_fn     a function of Tensors, Values and lists of them, and numbers, that returns the loss;
                or a tuple, list or dict that begins with it, the others then without gradients
    batched     loss_fn is of one sample, in Values and numbers; the compiled function takes a list
                or a Tensor of samples for each argument, and returns the mean

    The training loop stays as it is: `loss = compiled(x, y); loss.backward(); optimizer.step()`.
    The gradients are computed in the call, and backward() hands them to the leaves; under no_grad
    the call computes the loss alone. What is not scalar, or depends on no parameter, is computed
    forward only. Parameters, buffers and all arguments are read at each call, random numbers of
    rand, randn and dropout drawn anew. A program is made for each signature: shapes, structure,
    bools and strings, numbers in loss_fn's closure, and each module's train() or eval().

    Raises TypeError where loss_fn reads a traced number: `if x > 0`, float(x), x.data, list[x]
    would be frozen into the program. Frozen are: attributes of modules that are plain numbers, and
    what loss_fn computes without nodes.

    >>> from micrograd_opt import Value
    >>> w = Value(3.0, label="w")
    >>> compiled = compile(lambda x: (w * x - 1.0) ** 2)
    >>> loss = compiled(2.0)
    >>> loss.backward()
    >>> loss, w.grad
    (Value(25.0, grad=1.0), 20.0)
    >>> print(compiled.source)  # doctest: +ELLIPSIS
    def step(x, values):
    ...
    """
    if not callable(loss_fn):
        raise TypeError(f"compile: expected a function, got {loss_fn!r:.60}")
    if optimizer is not None:
        return TrainStep(loss_fn, batched, optimizer)
    return Compiled(loss_fn, batched)


class Compiled:
    """What `compile` returns: called as the function it was given.

    source      the Python text of the program that the last call ran
    programs    how many there are, one for each signature
    """

    def __init__(self, loss_fn, batched=False, off=()):
        self.loss_fn = loss_fn
        self.batched = batched
        self._off = frozenset(off)
        self._surroundings = Surroundings(loss_fn)
        self._entries = {}
        self._last = None

    def __repr__(self):
        name = getattr(self.loss_fn, "__name__", type(self.loss_fn).__name__)
        return f"Compiled({name}, {len(self._entries)} programs)"

    @property
    def programs(self):
        return len(self._entries)

    @property
    def source(self):
        return self._current().program.source

    def save(self, path):
        """Write the program of the last call to `path`, a .py file that runs without the library.

        It computes the same numbers, to the bit; its first lines say how to call it, and run alone
        it trains on the numbers of the last call. Raises as `export.save` says.
        """
        from .export import save

        return save(path, self, self._current())

    def _current(self):
        if self._last is None:
            raise RuntimeError("compile: call it once first; the arguments decide the program")
        return self._last

    def __call__(self, *args):
        entry, given, n = self._entry(args)
        outputs, gradients = entry.run(given, n)
        return entry.returned(outputs, given, gradients)

    def _entry(self, args, more=None):
        """The program for these arguments, their numbers, and the number of samples."""
        if self.batched:
            given, n = self._samples(args)
            signature = tuple([size for _, size in given])
        else:
            given, n = [], None
            signature = tuple([kind(arg, given) for arg in args])
        key = (signature, state.recording, self._surroundings.read(), more)
        entry = self._entries.get(key)
        if entry is None or not entry.fits():
            entry = self._make(args, n)
            self._entries[key] = entry
            if len(self._entries) > MOST_PROGRAMS:
                del self._entries[next(iter(self._entries))]
        elif entry is not self._last:
            self._entries[key] = self._entries.pop(key)  # the most recently used is the last
        self._last = entry
        return entry, given, n

    def _samples(self, args):
        if not args:
            raise TypeError("compile: a batched function needs its samples as an argument")
        try:
            n = len(args[0])
        except TypeError:
            raise TypeError(f"compile: expected a list of samples, got {args[0]!r:.60}") from None
        if not n:
            raise ValueError("compile: the batch is empty; skip it instead")
        names = parameter_names(self.loss_fn, args)
        return [flat_rows(arg, n, name) for name, arg in zip(names, args, strict=True)], n

    def _make(self, args, n):
        """The program for a call like this one."""
        if self.batched or not any(type(arg) in (int, float) for arg in args):
            return self._entry_for(args, n, Value._leaf if self.batched else number_leaf(args))
        try:
            return self._entry_for(args, n, number_leaf(args))
        except TypeError:  # a number beside Tensors that the function found elsewhere?
            return self._entry_for(args, n, number_tensor)

    def _entry_for(self, args, n, leaf):
        """A new Entry; the function is traced twice, to see that it repeats itself."""
        traced, leaves, groups = self._traced(args, n, leaf)
        check_repeats(traced, self._traced(args, n, leaf)[0])
        forward_only = not state.recording
        try:
            program = self._program(traced, groups, forward_only)
        except MixesRows:
            from .listing import kernel_program

            program = kernel_program(traced, groups, forward_only, self._off)
        return Entry(program, traced, leaves, groups, self.batched)

    def _traced(self, args, n, leaf):
        """(Traced, the leaves for what `kind` gives, (name, leaves) of each argument)."""
        leaves, groups, arguments = [], [], []
        for name, arg in zip(parameter_names(self.loss_fn, args), args, strict=True):
            mine = []
            sample = sample_of(arg, n, name)[0] if self.batched else arg
            arguments.append(stand_in(sample, mine, leaf))
            leaves += mine
            groups.append((name, mine))
        return trace(self.loss_fn, arguments, leaves), leaves, groups

    def _program(self, traced, groups, forward_only):
        return scalar_program(traced, groups, forward_only, self.batched, self._off)


class TrainStep(Compiled):
    """A compiled function that also takes the optimizer's step."""

    def __init__(self, loss_fn, batched, optimizer, off=()):
        super().__init__(loss_fn, batched, off)
        self.optimizer = optimizer
        self._loss = Compiled(loss_fn, batched, off)
        self._fusible = not callable(getattr(type(optimizer), "train", None))

    def __call__(self, *args):
        fixed = hyperparameters(self.optimizer) if self._fusible else None
        if fixed is None:
            return self._in_parts(args)
        try:
            entry, given, n = self._entry(args, fixed)
        except NotFusible:
            self._fusible = False
            return self._in_parts(args)
        outputs, updates = entry.run(given, n)
        found = moves(self.optimizer, updates)
        if found is None:
            return self._in_parts(args)
        self.optimizer.commit(found)
        return entry.returned(outputs, given)

    def _in_parts(self, args):
        loss = self._loss(*args)
        self._last = self._loss._last
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def _program(self, traced, groups, forward_only):
        if forward_only:
            raise NotFusible("no_grad")
        try:
            return scalar_program(
                traced, groups, False, self.batched, self._off, optimizer=self.optimizer
            )
        except MixesRows as error:  # list kernels give gradients, not updates
            raise NotFusible(str(error)) from None


class Entry:
    """A program, and where its numbers come from."""

    def __init__(self, program, traced, leaves, groups, batched):
        self.program, self.traced, self.batched = program, traced, batched
        self.places = {leaf: i for i, leaf in enumerate(leaves)}
        self.groups = {leaf: i for i, (_, mine) in enumerate(groups) for leaf in mine}
        self.draw = dict(traced.drawn)
        self.edits, self.lists = state.edits, None
        all_captured = self.places.keys().isdisjoint(traced.wanted)
        self.wanted = tuple(traced.wanted) if all_captured else None
        self.takes = [self._take(made) for made in program.inputs]
        places = {id(made): i for i, made in enumerate(program.inputs)}
        self.checks = [(places[id(made)] + batched, size) for made, size in program.checks]

    def fits(self):
        """Whether the modules are as they were when they were traced."""
        if self.edits != state.edits:
            return False
        for module, training in self.traced.modules:
            if module.training is not training:
                return False
        return True

    def _take(self, made):
        """A function (given, n) → the flat list for an input of the program."""
        if made.take is not None:
            return made.take
        first = made.leaves[0]
        if first in self.draw:
            draw, size = self.draw[first], getattr(first, "size", 1)
            return lambda given, n: [draw() for _ in range(size * (n or 1))]
        if first in self.groups and self.batched:
            place = self.groups[first]
            return lambda given, n: given[place][0]
        if first in self.places:
            return self._take_argument(made.leaves)
        if isinstance(first, Tensor):
            return lambda given, n: first._data.flat
        return lambda given, n: [leaf._data for leaf in made.leaves]

    def _take_argument(self, leaves):
        places = [self.places[leaf] for leaf in leaves]
        if isinstance(leaves[0], Tensor):
            (place,) = places
            return lambda given, n: _flat(given[place])
        return lambda given, n: [_flat(given[place])[0] for place in places]

    def run(self, given, n):
        """(outputs, gradients) as the program computes them."""
        lists = [take(given, n) for take in self.takes]
        if n is not None:
            lists.insert(0, float(n))
        for place, size in self.checks:
            kernels.check_index(lists[place], size, "compiled function: index")
        self.lists = lists  # for `save`
        try:
            return self.program.fast(*lists)
        except (ArithmeticError, ValueError):
            return self.program.careful(*lists)

    def returned(self, outputs, given, gradients=()):
        """What the function returns, as nodes."""
        traced, nodes = self.traced, []
        for node, flat in zip(traced.outputs, outputs, strict=True):
            data = Array(flat, node.shape) if isinstance(node, Tensor) else flat
            if gradients and not nodes:
                leaves = self.wanted or tuple([self._actual(leaf, given) for leaf in traced.wanted])
                nodes.append(with_gradients(data, leaves, gradients))
            else:
                nodes.append(node._constant(data))
        return traced.rebuild(nodes)

    def _actual(self, leaf, given):
        """The caller's node for a leaf of the trace."""
        return given[self.places[leaf]] if leaf in self.places else leaf


def _flat(x):
    """The numbers of a Tensor, a Value or a float as a list."""
    if type(x) is float:
        return [x]
    data = x._data
    return data.flat if isinstance(data, Array) else [data]
