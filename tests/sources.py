"""The files of the package, for tests that read them: parsed, and what each imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "micrograd_opt"
MODULES = sorted(PACKAGE.rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=named)


def unit(path):
    """The part of the package that a file belongs to: a module at the top, or a room."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path):
    """The name by which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {dotted(path): path for path in MODULES}


def imports(path, tree):
    """(dotted name, line) of whatever `path` imports anywhere: a module, or something in one."""
    here = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def own_imports(path, tree):
    """(file, line) of what `path` imports from the package; a name that is no module's is its
    package's own."""
    for name, line in imports(path, tree):
        if name.split(".")[0] == PACKAGE.name:
            while name not in FILES:
                name = name.rpartition(".")[0]
            yield FILES[name], line
