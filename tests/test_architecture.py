"""The house: few rooms on few floors, imports go downwards, nowhere in a circle, and need nothing.

All but the last part reads the source with `ast`, so a file breaks a rule before anything runs it.
"""

import ast
import os
import subprocess
import sys
import textwrap
from graphlib import CycleError, TopologicalSorter

import pytest

from sources import MODULES, PACKAGE, ROOT, each, imports, named, own_imports, parsed, unit

# A module imports from the floors below its own, never from above. Modules of one floor may share;
# a package (a folder) has its floor to itself: nn, optim and data do not know of each other.
FLOORS = (
    "array files",
    "engine",
    "functional optim compiler",
    "nn data",
    "plot draw",
    "training check",
    "__init__",
    "cli",
    "__main__",
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()}

# Third-party modules, each imported only inside the function that uses it.
HELPERS = {"graphviz", "tqdm", "matplotlib"}


# ---- floors


def test_the_top_shows_at_most_fourteen_rooms_on_nine_floors_and_nothing_else():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    shown = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
    assert shown == rooms | {"__init__.py", "__main__.py", "py.typed"}
    assert rooms == FLOOR.keys() - {"__init__", "__main__"}
    assert len(rooms) <= 14 and len(FLOORS) <= 9


def may_import(importer, imported):
    """Whether one unit may import another."""
    if importer == imported or FLOOR[imported] < FLOOR[importer]:
        return True
    folders = any((PACKAGE / name).is_dir() for name in (importer, imported))
    return FLOOR[imported] == FLOOR[importer] and not folders


@each(MODULES)
def test_imports_go_only_downwards(path):
    for file, line in own_imports(path, parsed(path)):
        importer, imported = unit(path), unit(file)
        assert may_import(importer, imported), (
            f"{named(path)}:{line}: {importer} (floor {FLOOR[importer]}) must not import "
            f"{imported} (floor {FLOOR[imported]})"
        )


def test_the_rule_of_the_floors_refuses_what_it_should():
    assert may_import("engine", "array") and may_import("functional", "engine")
    assert may_import("nn", "nn") and not may_import("array", "engine")
    assert not may_import("array", "files") and not may_import("optim", "training")
    assert not may_import("nn", "data") and not may_import("functional", "optim")
    tree = ast.parse(
        "def f():\n    from ..optim.sgd import SGD\n    from .. import cli, engine, fit\n"
    )
    found = [unit(file) for file, _ in own_imports(PACKAGE / "nn" / "x.py", tree)]
    assert found == ["optim", "cli", "engine", "__init__"]


# ---- circles


def circle(graph):
    """A circle of {name: the names that it imports}, its first name again at the end; or []."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def import_graph(parts):
    """Which part imports which others: a part is what `parts` makes of a file, at any depth."""
    graph = {}
    for path in MODULES:
        reached = {parts(file) for file, _ in own_imports(path, parsed(path))}
        graph.setdefault(parts(path), set()).update(reached - {parts(path)})
    return graph


def folder(depth):
    """What says in which folder a file lies, down to a depth; a file at the top is its own."""

    def parts(path):
        inside = path.relative_to(PACKAGE).parts
        return "/".join(inside[:-1][:depth]) or inside[0]

    return parts


@pytest.mark.parametrize("parts", [named, folder(1), folder(2)], ids=["file", "room", "folder"])
def test_no_imports_go_round_in_a_circle(parts):
    assert circle(import_graph(parts)) == []


def test_the_graphs_of_imports_show_what_the_files_say():
    files, rooms, folders = (import_graph(parts) for parts in (named, folder(1), folder(2)))
    assert "micrograd_opt/array/array.py" in files["micrograd_opt/engine/tensor.py"]
    assert files.keys() == set(map(named, MODULES))
    assert "array" in rooms["engine"] and "engine" in rooms["optim"] and rooms["array"] == set()
    assert "optim/base" in folders["optim"] and "optim" not in folders["optim/base"]
    assert "training" not in rooms["__init__.py"] and "__init__.py" in rooms["cli"]


def test_a_circle_is_named():
    found = circle({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()})
    assert len(found) == 4 and found[0] == found[-1] and set(found) == {"a", "b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


# ---- the standard library only


@each(MODULES)
def test_third_party_modules_are_imported_only_inside_functions(path):
    tree = parsed(path)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    for module, line in imports(path, tree):
        top = module.split(".")[0]
        if top != "micrograd_opt" and top not in sys.stdlib_module_names:
            assert top in HELPERS, f"{named(path)}:{line} imports {top}"
            inside = any(f.lineno < line <= f.end_lineno for f in functions)
            assert inside, f"{named(path)}:{line} imports {top} at the top of the file"


def run_python(code):
    """What `code` prints in a fresh Python that finds this checkout."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_library_loads_the_standard_library_alone():
    loaded = run_python("""
        import sys
        before = set(sys.modules)
        import micrograd_opt
        print(*{name.split(".")[0] for name in set(sys.modules) - before})
    """).split()
    assert set(loaded) - set(sys.stdlib_module_names) == {"micrograd_opt"}


@pytest.mark.parametrize("name", ["check", "data", "draw", "plot"])
def test_a_module_that_the_import_leaves_out_is_loaded_at_its_first_use(name):
    printed = run_python(f"""
        import sys
        import micrograd_opt
        print("micrograd_opt.{name}" in sys.modules, micrograd_opt.{name}.__name__)
    """)
    assert printed == f"False micrograd_opt.{name}\n"


def test_a_net_trains_where_nothing_but_the_standard_library_can_be_imported():
    printed = run_python("""
        import random, sys

        class StandardLibraryOnly:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] not in {*sys.stdlib_module_names, "micrograd_opt"}:
                    raise ModuleNotFoundError(f"{name} is not in the standard library", name=name)

        sys.meta_path.insert(0, StandardLibraryOnly())
        import micrograd_opt as mo
        from micrograd_opt import data, functional, nn, optim

        random.seed(0)
        model = nn.MLP(2, [8, 2])
        optimizer = optim.Adam(model.parameters(), lr=0.05)
        losses = []
        for _ in range(3):
            for x, y in data.DataLoader(data.make_moons(40), batch_size=20, shuffle=True):
                loss = functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        v = mo.Value(2.0)
        (v * v).backward()
        scalar = nn.scalar.MLP(2, [2, 1])
        scalar([1.0, v]).backward()
        mo.gradcheck(lambda a: (a * a).sum(), mo.Tensor([1.0, 2.0], requires_grad=True))
        print(losses[-1] < losses[0])
    """)
    assert printed == "True\n"
