"""compiled.save: the program of the last call as a Python file that runs without the library.

The file holds the program, the functions that it calls, copied by `linker.py`, and those of
`demo.py`. Of a program's two readings (see `program.defined`) it takes the careful one alone: where
no C function raises both give the same bits. Its functions written out plainly, that costs a net's
step up to 4 percent, less than a compiled call spends around the program.
Read next: `linker.py`; `owners.py`, where the results belong.
"""

import re
import sys
import textwrap
from pathlib import Path

from ..engine.tensor import Tensor
from ..files.atomic_write import write_whole
from .layout import folded
from .linker import Linker, defined_names, global_names
from .owners import as_text, of_gradients, of_updates
from .text import WIDTH, wrapped

PACKAGE = __name__.partition(".")[0]
MOST_NUMBERS = 2000  # that are written into the file


def save(path, compiled, entry):
    """Write the program of an entry to `path`, whole or not at all; returns the path.

    ValueError where the name does not end in .py or is that of a module of Python's, OSError where
    the folder is missing or refuses, RuntimeError for an op with a function of the user's own.
    """
    path = Path(path)
    if path.suffix != ".py":
        raise ValueError(f"save: {path.name!r} must end in .py")
    if path.stem in sys.stdlib_module_names:
        raise ValueError(f"save: {path.name!r} would hide Python's own {path.stem}; rename it")
    return write_whole(path, _File(compiled, entry).text(path.name).encode())


class _File:
    """The file of an entry, part by part."""

    def __init__(self, compiled, entry):
        self.entry, self.program, self.inputs = entry, entry.program, entry.program.inputs
        self.numbers = dict(zip(
            ["n"] * entry.batched + [made.name for made in self.inputs], entry.lists, strict=True
        ))  # fmt: skip
        self.count = sum(len(x) for x in self.numbers.values() if isinstance(x, (list, tuple)))
        self.function = getattr(compiled.loss_fn, "__name__", "")
        self.fused = any(made.take for made in self.inputs)
        self.results, self.of = "gradients", []
        if self.fused:
            self.results, self.of = "updates", of_updates(self.inputs)
        elif self.program.careful(*entry.lists)[1]:
            self.of = of_gradients(self.inputs, entry.traced.wanted)
        self.title = f"{self.results.upper()[:-1]}_OF"
        self.linker = Linker({"NUMBERS", self.title})

    def text(self, file):
        """All of it."""
        step, small = self._step(), self.count <= MOST_NUMBERS
        called, parts, runs = list(self.linker.texts), [step], ["print(__doc__)"]
        if self.of:
            parts.append(as_text(self.of, self.results, self.title))
        if small:
            parts.append(self._numbers())
            runs = [f"{self._copied('demo')}(step, NUMBERS)"]
            if self.of:
                trains = self._copied("train" if self.fused else "descend")
                runs.append(f"{trains}(step, NUMBERS, {self.title})")
        main = "\n    ".join(['if __name__ == "__main__":', *runs])
        head = "\n".join([self._docstring(file, small), "", *self.linker.imports]).rstrip()
        more = self.linker.texts[len(called) :]
        return "\n\n\n".join([head, *called, *parts, *more, main]) + "\n"

    def _copied(self, name):
        return self.linker.include(f"{PACKAGE}.compiler.demo", name)

    # ---- code

    def _step(self):
        """The program, with a check of what it takes for granted."""
        source = folded(self.program.source).rstrip("\n")
        own = defined_names(source)
        self.linker.taken |= own
        for name in sorted(global_names(source) - own):
            self.linker.link(name, self.program.careful.__globals__.get(name))
        self.linker.taken |= set(re.findall(r"\w+", source))
        start = re.search(r"^def step\([^)]*\):\n", source, re.MULTILINE).end()
        return "\n".join([source[:start].rstrip(), *self._checks(), source[start:]])

    def _checks(self):
        """The program's docstring, and lines that count numbers and look at indices."""
        lines = [f'    """(outputs, {self.results}), as the top of this file says."""']
        for made in self.inputs:
            size = sum(getattr(leaf, "size", 1) for leaf in made.leaves)
            if made.rows or size and len(made.scalars) != size:  # all else is unpacked
                expected = f"{size} * n" if self.entry.batched else f"{size}"
                shown = f"{{{expected}:g}}" if self.entry.batched else expected
                lines += [
                    f"    if len({made.name}) != {expected}:",
                    f'        raise ValueError(f"{made.name}: expected {shown} numbers, '
                    f'got {{len({made.name})}}")',
                ]
        for made, part, size, _, first in self.program.checks:
            check = self.linker.include(f"{PACKAGE}.array.kernels", "check_index")
            some = "" if part.step == 1 else f"[{part.start}::{part.step}]"
            lines.append(f'    {check}({made.name}{some}, {size}, "{made.name}:", {first})')
        return lines

    def _numbers(self):
        """The lists of the last call."""
        lines = ["# the numbers of the last call", "NUMBERS = {"]
        for name, flat in self.numbers.items():
            if isinstance(flat, (list, tuple)):
                shown = [repr(x) for x in flat]
                lines += wrapped(shown, "    ", f'"{name}": [', "],")
                for x in {"inf", "-inf", "nan"}.intersection(shown):
                    self.linker.standard("math", x.lstrip("-"))
            else:
                lines.append(f'    "{name}": {flat!r},')
        return "\n".join([*lines, "}"])

    # ---- words

    def _docstring(self, file, small):
        does = "runs it on the numbers of the last call" if small else "prints this text"
        version = sys.modules[PACKAGE].__version__
        lines = [
            f'"""{self._title()}.', "",
            f"Written by {PACKAGE} {version}. It needs nothing but Python:",
            f"`python {_safe(file)}` {does}. To call it:", "",
            *wrapped(list(self.numbers), "    ", f"outputs, {self.results} = step(", ")"), "",
            "A shape stands for a flat list of floats, row-major: of (4, 2) the number at row i,",
            "column j is element 2 * i + j; of () it is the only one.", "", "Arguments",
        ]  # fmt: skip
        if self.entry.batched:
            lines += _line("n", "the number of samples, a float")
        for made in self.inputs:
            lines += _line(made.name, self._meaning(made))
        lines += ["", "Results"]
        for i, node in enumerate(self.entry.traced.outputs):
            lines += _line(f"outputs[{i}]", str(getattr(node, "shape", "a number")))
        if self.of:
            lines += _line(self.results, self._meaning_of_results())
        if not small:
            lines += ["", f"The {self.count} numbers of the last call are not in this file."]
        return "\n".join([*lines, '"""'])

    def _title(self):
        name = self.function if self.function.isidentifier() else "A function"
        if self.fused:
            return f"{name}, its gradients, and the optimizer's step"
        return f"{name} and its gradients" if self.of else name

    def _meaning_of_results(self):
        if self.fused:
            return f"new numbers for what {self.title} names: give them to the next call"
        return f"of outputs[0], in the order of {self.title}; None for zero"

    def _meaning(self, made):
        """What an argument is."""
        if made.take:
            names = "" if made.renewed else f": {', '.join(x.name for x in made.scalars)}"
            return f"({len(made.scalars)},), of the optimizer{names}"
        leaf, count = made.leaves[0], len(made.leaves)
        shape = leaf.shape if isinstance(leaf, Tensor) else (count,)
        if self.entry.batched and made.rows:
            shape = "(n,)" if count == 1 else f"(n, {count})"
        if leaf in dict(self.entry.traced.drawn):
            return f"{shape}, random: to be drawn anew for each call"
        if isinstance(leaf, Tensor) or made.rows or not made.scalars:
            return f"{shape}"
        return f"{shape}: {', '.join(x.name for x in made.scalars)}"


def _line(name, text):
    """A line of the docstring's tables, or more where it is long."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"    {name:<15} ", subsequent_indent=" " * 20,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _safe(text):
    """The text without what would end a docstring, or is no text at all."""
    return re.sub(r"[^\w. +-]", "?", text)
