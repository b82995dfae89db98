"""Copying functions out of the library's source, with all that they refer to, as a linker does.

A definition is a statement at the top of a module that binds a name. Following the global names of
its text from definition to definition gives everything it needs, in an order in which each stands
below what it uses. Read next: `export.py`, the file that is made of them.
"""

import ast
import builtins
import inspect
import math
import re
import symtable
import sys
from functools import cache
from importlib import import_module

from ..array import ieee, kernels
from . import runtime

LIBRARY = (ieee, kernels, runtime)  # where the functions come from that a program calls

PLAIN = '''\
def {name}({args}):
    """{fast}; where that raises, the answer of IEEE 754."""
    try:
        return {fast}({names})
    except (ArithmeticError, ValueError):
        return {otherwise}'''


class Linker:
    """Collects definitions and imports.

    texts   the definitions, in the order to write them
    taken   names that the file uses for something else
    """

    def __init__(self, taken=()):
        self.texts = []
        self._imports = {}  # {module: {what it imports: the name here}}, {None: …} the whole
        self._names = {}  # {(module, name): its name in the file}
        self.taken = set(taken)

    @property
    def imports(self):
        """The import statements, sorted."""
        whole, some = [], []
        for module, parts in sorted(self._imports.items()):
            names = sorted((part, here) for part, here in parts.items() if part is not None)
            if None in parts:
                whole.append(f"import {_as(module, parts[None])}")
            if names:
                some.append(f"from {module} import {', '.join(_as(*both) for both in names)}")
        return whole + some

    def link(self, name, found):
        """Include what a program means by a global name: `found`, or the builtin if it is None."""
        for module in LIBRARY:
            if found is not None and vars(module).get(name) is found:
                self.include(module.__name__, name)
                return
        if found is None or getattr(builtins, name, None) is found:
            return
        if getattr(math, name, None) is not found:
            raise RuntimeError(
                f"save: the op {name!r} calls a function of yours, {found!r:.60}, which the file "
                "cannot hold; write the op with those of the library, or save compiled.source as "
                f"text and define {name} above it"
            )
        self.standard("math", name)

    def standard(self, module, part=None):
        """Import a module of the standard library, or one name from it; the name it gets."""
        parts = self._imports.setdefault(module, {})
        if part not in parts:
            parts[part] = self._free(part or module, module)
        return parts[part]

    def include(self, module, name):
        """Include a definition of the library and what it refers to; the name it gets."""
        statement = _definitions(module)[name]
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self._imported(module, statement, name)
        key = module, name
        if key not in self._names:
            for bound in dict.fromkeys(_bound(statement)):
                self._names[module, bound] = self._free(bound, module)
            self.texts.append(self._text(module, statement))
        return self._names[key]

    def _free(self, name, module):
        """The name, or where another has it, one with the module's before it."""
        while name in self.taken:
            name = f"{module.rpartition('.')[2]}_{name}"
        self.taken.add(name)
        return name

    def _imported(self, module, statement, name):
        (alias,) = [a for a in statement.names if name in (a.asname, a.name)]
        if isinstance(statement, ast.Import):
            return self.standard(alias.name)
        if not statement.level:
            return self.standard(statement.module, alias.name)
        return self.include(_absolute(module, statement), alias.name)

    def _text(self, module, statement):
        """A definition's text, with the names that things have in the file."""
        text = _plain(module, statement) or ast.get_source_segment(_source(module), statement)
        renamed = {bound: self._names[module, bound] for bound in _bound(statement)}
        for name in sorted(global_names(text)):
            if name in renamed or name not in _definitions(module):
                continue  # a builtin
            origin = _definitions(module)[name]
            if isinstance(origin, ast.ImportFrom) and origin.level and origin.module is None:
                other = f"{_absolute(module, origin)}.{name}"  # `ieee`, of which it uses ieee.exp
                for part in sorted(set(re.findall(rf"\b{name}\.(\w+)", text))):
                    renamed[f"{name}.{part}"] = self.include(other, part)
            else:
                renamed[name] = self.include(module, name)
        for name, here in renamed.items():
            if name != here:
                text = re.sub(rf"(?<![\w.]){re.escape(name)}\b", here, text)
        return text


def _as(name, here):
    """What an import statement says of a name."""
    return name if name == here else f"{name} as {here}"


def _plain(module, statement):
    """`exp = ieee(math.exp, lambda x: inf)` as the function that it makes; else None.

    Half as long to call, and no other form of it is needed.
    """
    made = getattr(statement, "value", None)
    if not (isinstance(made, ast.Call) and getattr(made.func, "id", None) == "ieee"):
        return None
    fast, otherwise = made.args
    if isinstance(otherwise, ast.Name):
        args = _definitions(module)[otherwise.id].args
        answer = f"{otherwise.id}({ast.unparse(args)})"
    else:
        args, answer = otherwise.args, ast.unparse(otherwise.body)
    names = ast.unparse(args)
    return PLAIN.format(
        name=statement.targets[0].id, args=names, names=names, fast=ast.unparse(fast),
        otherwise=answer,
    )  # fmt: skip


@cache
def _source(module):
    return inspect.getsource(sys.modules.get(module) or import_module(module))


@cache
def _definitions(module):
    """{name: the statement at the top of the module that binds it}."""
    return {name: s for s in ast.parse(_source(module)).body for name in _bound(s)}


def _bound(statement):
    """The names that a statement at the top of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.Try):
        parts = [statement.body, *[h.body for h in statement.handlers], statement.orelse]
        return [name for part in parts for inner in part for name in _bound(inner)]
    return []


def _absolute(module, statement):
    """The dotted name of the module that a relative import names."""
    package = module.split(".")[: -statement.level]
    return ".".join(package + ([statement.module] if statement.module else []))


def defined_names(text):
    """The names that a text defines at its top."""
    return {name for statement in ast.parse(text).body for name in _bound(statement)}


def global_names(text):
    """The names that a text takes from around it: its own, other definitions, builtins."""
    tables, names = [symtable.symtable(text, "<text>", "exec")], set()
    for table in tables:
        tables += table.get_children()
        for symbol in table.get_symbols():
            outside = symbol.is_global() and not symbol.is_local()
            if outside or table.get_type() == "module":
                names.add(symbol.get_name())
    return names
