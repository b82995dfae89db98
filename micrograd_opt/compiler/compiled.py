"""Compiled: a function with the programs made of it, one for each signature of its arguments.

Read next: `trace.py`, how the graph is found; `program.py`, how it becomes a function.
"""

import threading
import warnings

from ..engine.arguments import drawing
from ..engine.state import is_grad_enabled, state
from .check import check, flat
from .entry import Entry
from .errors import StaleProgramError, faults
from .fused import NotFusible
from .layout import folded
from .listing import kernel_program
from .paths import Paths, difference
from .program import scalar_program
from .refusals import generators_of, refuse_drawing, refuse_state
from .scalars import MixesRows
from .signature import among_tensors, flat_rows, kind, parameter_names, sample, stand_in
from .trace import NESTED, check_repeats, trace

MANY = 16  # programs for the same arguments, at which it warns
MOST_PROGRAMS = 32  # of one function; the one longest unused is dropped
FOR_TENSORS = "compile: numbers and lists of them stand for Values; pass Tensors"
FOR_BATCHES = (
    "compile: batched functions are of Values and numbers, one sample; one that needs Tensors "
    "takes the whole batch: compile it with batched=False"
)
GIVEN = ("loss_fn", "batched", "optimizer", "_off")  # what compile was told


class Compiled:
    """What `compile` returns: called as the function it was given.

    source      the Python text of the program that the last call ran
    programs    how many there are, one for each signature

    A deep copy is of a deep copy of the function: of a model or its method it is the new model's,
    while a plain function is its own copy in Python, and computes with the parameters it did.
    """

    def __init__(self, loss_fn, batched=False, off=()):
        self.loss_fn = loss_fn
        self.batched = batched
        self._off = frozenset(off)
        self._names = parameter_names(loss_fn)
        self._paths = Paths(loss_fn)
        self._entries = []  # the most recently used is the last
        self._last = None
        self._calling = threading.RLock()  # threads that share it take turns

    def __getstate__(self):
        """What a copy or a pickle takes along; it makes its programs anew."""
        return {name: x for name, x in vars(self).items() if name in GIVEN}

    def __setstate__(self, given):
        self.__init__(off=given.pop("_off"), **given)

    def __repr__(self):
        name = getattr(self.loss_fn, "__name__", type(self.loss_fn).__name__)
        n = self.programs
        return f"{type(self).__name__}({name}, {n} program{'s' * (n != 1)})"

    @property
    def programs(self):
        return len(self._entries)

    @property
    def source(self):
        return folded(self._current().program.source)

    def save(self, path):
        """Write the program of the last call to `path`, a .py file that runs without the library.

        It computes the same numbers, to the bit; its first lines say how to call it, and run alone
        it trains on the numbers of the last call. Raises as `export.save` says.
        """
        from .export import save

        if self._current().lists is None:
            raise RuntimeError("save: call it once first; the file holds the numbers of a call")
        return save(path, self, self._last)

    def prepare(self, *args):
        """Make the program for a call with these arguments, if there is none, without running it.

        Raises what the call would for a function that cannot be compiled.
        """
        with self._calling:
            self._entry(args)

    def _current(self):
        if self._last is None:
            raise RuntimeError("compile: call it once first; the arguments decide the program")
        return self._last

    def __call__(self, *args):
        with self._calling:
            entry, given, n = self._entry(args)
            entry.calls += 1
            if entry.calls == entry.check_at:
                self._check(entry, args, given, n)
            outputs, gradients = entry.run(given, n)
            return entry.returned(outputs, given, gradients)

    def check(self, *args):
        """Compare the program for these arguments with the function, now; StaleProgramError where
        they disagree. It uses up no random numbers, and moves no buffer."""
        with self._calling:
            entry, given, n = self._entry(args)
            self._check(entry, args, given, n)

    def _check(self, entry, args, given, n):
        """Hold the program against the function, a batched one on one of the samples: in calls 1,
        2, 4, 8, …, and when it is asked for."""
        entry.check_at = max(1, 2 * entry.calls)
        if self.batched:
            place = (entry.calls - 1) % n
            args = [[sample(arg, place)] for arg in args]
            given, n = self._samples(args)
        try:
            check(self, entry, args, given, n)
        except StaleProgramError:
            self._forget()
            raise

    def _forget(self):
        """Leave all programs: the next call makes a new one."""
        self._entries, self._last = [], None

    def _anew(self, entry, args, gradients):
        """(results, source) of a program like that of an entry but made now."""
        other = object.__new__(type(self))
        other.__setstate__(self.__getstate__())
        fresh, given, n = other._entry(args, entry.key[-1])
        return other._results(fresh, args, given, n, gradients), fresh.program.source

    def _results(self, entry, args, given, n, gradients):
        """All outputs, and gradients, of a program, each as a flat list of numbers."""
        outputs, found = entry.run(given, n)
        pairs = zip(entry.traced.wanted, found, strict=True) if gradients else ()
        zeros = [flat(leaf._zeros()._data if g is None else g) for leaf, g in pairs]
        return [*map(flat, outputs), *zeros]

    def _entry(self, args, more=None):
        """The program for these arguments, their numbers, and the number of samples."""
        recording, _, trace, _ = state()
        if trace is not None:
            raise RuntimeError(NESTED)
        if self.batched:
            given, n = self._samples(args)
            signature = tuple([shape for _, shape in given])
        else:
            given, n, tensors = [], None, among_tensors(args)
            signature = tuple([kind(arg, given, tensors) for arg in args])
        key = (signature, recording, self._paths.read(), more)
        entry = self._last  # nearly always the one: to compare keys costs less than to hash one
        if entry is None or entry.key != key or not entry.fits():
            entry = self._last = self._found(key, args, n)
        return entry, given, n

    def _found(self, key, args, n):
        """The program for this key that fits the modules as they are; it becomes the last."""
        alike = [entry for entry in self._entries if entry.key == key]
        found = next((entry for entry in alike if entry.fits()), None)
        if found is None:
            self._warn_of_many(key)
            found = self._make(args, n)
        found.key = key
        gone = {found, *[entry for entry in alike if entry.edited()]}
        kept = [entry for entry in self._entries if entry not in gone]
        self._entries = [*kept, found][-MOST_PROGRAMS:]
        return found

    def _warn_of_many(self, key):
        """Say so where what the function reads is another in one call after the other."""
        before = [entry.key[2] for entry in self._entries if entry.key[0] == key[0]]
        if len(set(before)) == MANY:
            path, old, new = difference(before[-1], key[2])
            warnings.warn(
                f"compile: {MANY} programs were made, since {path}, which the function reads, "
                f"changes (here from {old} to {new}): pass it as an argument",
                stacklevel=5,
            )

    def _samples(self, args):
        if not args:
            raise TypeError("compile: a batched function needs its samples as an argument")
        try:
            n = len(args[0])
        except TypeError:
            raise TypeError(f"compile: expected a list of samples, got {args[0]!r:.60}") from None
        if not n:
            raise ValueError("compile: the batch is empty; skip it instead")
        return [flat_rows(arg, n, self._name(i)) for i, arg in enumerate(args)], n

    def _name(self, place):
        """What to call an argument."""
        return self._names[place] if place < len(self._names) else f"arg{place}"

    def _make(self, args, n):
        """The program for a call like this one."""
        tensors = not self.batched and among_tensors(args)
        try:
            return self._entry_for(args, n, tensors)
        except TypeError as error:
            if "got Value" in str(error):
                error.add_note(FOR_BATCHES if self.batched else FOR_TENSORS)
            if tensors or self.batched or "do not mix" not in str(error):
                raise
            return self._entry_for(args, n, True)  # numbers beside Tensors that it found elsewhere

    def _entry_for(self, args, n, tensors):
        """A new Entry; the function is traced twice, to see that it repeats itself."""
        with drawing:
            generators = generators_of(self._paths)
            states = [rng.getstate() for rng in generators]
            first = self._traced(args, n, tensors)[0]
            once = self._paths.read()
            traced, leaves, groups = self._traced(args, n, tensors)
            if once != self._paths.read():
                refuse_state(*difference(once, self._paths.read()))
            refuse_drawing(generators, states)
        check_repeats(first, traced)
        with faults(MixesRows, NotFusible):
            program = self._written(traced, groups, not is_grad_enabled())
            return Entry(program, traced, leaves, groups, self.batched, tensors)

    def _written(self, traced, groups, forward_only):
        try:
            return self._program(traced, groups, forward_only)
        except MixesRows as error:
            if self.batched:
                raise TypeError(f"{FOR_BATCHES} ({error})") from None
            return kernel_program(traced, groups, forward_only, self._off)

    def _traced(self, args, n, tensors):
        """(Traced, the leaves for what `kind` gives, (name, leaves) of each argument)."""
        arguments, leaves, groups = self._stand_ins(args, n, tensors)
        return trace(self.loss_fn, arguments, leaves, self._paths.modules), leaves, groups

    def _stand_ins(self, args, n, tensors=None):
        """(the arguments with nodes in place of numbers, those nodes, (name, nodes) of each)."""
        leaves, groups, arguments = [], [], []
        if tensors is None:
            tensors = self._last.tensors
        lists = not self.batched and among_tensors(args)
        for i, arg in enumerate(args):
            mine, name = [], self._name(i)
            one = sample(arg, 0) if self.batched else arg
            arguments.append(stand_in(one, mine, tensors, lists))
            leaves += mine
            groups.append((name, mine))
        return arguments, leaves, groups

    def _program(self, traced, groups, forward_only):
        return scalar_program(traced, groups, forward_only, self.batched, self._off)
