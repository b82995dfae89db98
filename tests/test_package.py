"""The frame: imports go downwards, everything public is listed and documented, the files are tidy.

Most of it reads the source with `ast`, so a file breaks a rule here before anything runs it.
"""

import ast
import configparser
import importlib
import inspect
import os
import random
import re
import subprocess
import sys
import textwrap
from fnmatch import fnmatch
from pathlib import Path

import pytest

import micrograd_opt as mo

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "micrograd_opt"

# A module imports from the floors below its own, never from above. Modules of one floor may share;
# a package (a folder) has its floor to itself: nn, optim and data do not know of each other.
FLOORS = (
    "array files",
    "engine",
    "functional optim compiler",
    "nn data",
    "plot draw",
    "training",
    "__init__",
    "cli",
    "__main__",
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()}

# Third-party modules, each imported only inside the function that uses it.
HELPERS = {"graphviz", "tqdm", "matplotlib"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=named)


# ---- floors


def unit(path):
    """The part of the package that a file belongs to: a module at the top, or a folder."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path, tree):
    """The dotted name of every module that `path` imports anywhere, each with its line."""
    here = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            if module == "micrograd_opt":  # `from . import ops` names a module, or something else
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield module, node.lineno


def imported_unit(module):
    """The unit of a dotted name in the package; a name that is no module is __init__'s own."""
    _, *rest = module.split(".")
    found = rest and ((PACKAGE / rest[0]).is_dir() or (PACKAGE / f"{rest[0]}.py").exists())
    return rest[0] if found else "__init__"


def may_import(importer, imported):
    """Whether one unit may import another."""
    if importer == imported or FLOOR[imported] < FLOOR[importer]:
        return True
    folders = any((PACKAGE / name).is_dir() for name in (importer, imported))
    return FLOOR[imported] == FLOOR[importer] and not folders


@each(MODULES)
def test_imports_go_only_downwards(path):
    assert unit(path) in FLOOR, f"{named(path)} has no floor: give it one in FLOORS"
    for module, line in imports(path, parsed(path)):
        if module.split(".")[0] == "micrograd_opt":
            imported = imported_unit(module)
            assert imported in FLOOR, f"{named(path)}:{line} imports {imported}, not in FLOORS"
            assert may_import(unit(path), imported), (
                f"{named(path)}:{line}: {unit(path)} (floor {FLOOR[unit(path)]}) must not import "
                f"{imported} (floor {FLOOR[imported]})"
            )


def test_the_rule_of_the_floors_refuses_what_it_should():
    assert may_import("engine", "array") and may_import("functional", "engine")
    assert may_import("nn", "nn") and not may_import("array", "engine")
    assert not may_import("array", "files") and not may_import("optim", "training")
    assert not may_import("nn", "data") and not may_import("functional", "optim")
    tree = ast.parse("def f():\n    from ..optim.clip import g\n    from .. import cli, engine\n")
    found = [imported_unit(module) for module, _ in imports(PACKAGE / "nn" / "x.py", tree)]
    assert found == ["optim", "cli", "engine"]


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


@pytest.mark.parametrize("name", ["data", "draw", "plot"])
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


# ---- public names


def public_modules():
    """The library and every module that an `__all__` of it offers."""
    found, waiting = [], [mo]
    while waiting:
        module = waiting.pop()
        found.append(module)
        names = getattr(module, "__all__", ())
        offered = [getattr(module, name, None) for name in names]
        waiting += [m for m in offered if inspect.ismodule(m) and m not in found]
    return found


PUBLIC = public_modules()
each_public = pytest.mark.parametrize("module", PUBLIC, ids=lambda m: m.__name__)


def test_the_top_level_offers_what_the_design_promises():
    promised = "Value Tensor grad no_grad gradcheck draw fit nn optim data functional"
    assert set(promised.split()) <= set(mo.__all__)


def test_the_top_level_shows_its_public_names_and_its_rooms_and_nothing_else():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    shown = {name for name in dir(mo) if not name.startswith("__")}
    assert shown == {*mo.__all__, *rooms}
    assert all(hasattr(mo, name) for name in shown)


@pytest.mark.parametrize("name", ["train", "checkpoint", "value", "backward"])
def test_no_module_hides_behind_a_name_of_the_top_level(name):
    with pytest.raises(AttributeError, match=name):
        getattr(mo, name)


@each_public
def test_every_name_in_all_exists_once(module):
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@each_public
def test_all_leaves_nothing_public_out(module):
    """What a module defines, or a package imports from its own files."""
    missing = [
        name
        for name, x in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(x) or inspect.isfunction(x))
        and f"{x.__module__}.".startswith(f"{module.__name__}.")
        and name not in module.__all__
    ]
    assert missing == []


def undocumented(module):
    """The public functions, classes and methods of a module that have no docstring."""
    if not inspect.getdoc(module):
        yield module.__name__
    for name in module.__all__:
        x = getattr(module, name)
        if (inspect.isclass(x) or inspect.isfunction(x)) and not inspect.getdoc(x):
            yield name
        if inspect.isclass(x):
            for method, member in inspect.getmembers(x):
                is_code = isinstance(member, property) or inspect.isroutine(member)
                if is_code and not method.startswith("_") and not inspect.getdoc(member):
                    yield f"{name}.{method}"


@each_public
def test_everything_public_is_documented(module):
    assert list(undocumented(module)) == []


@each(MODULES)
def test_every_module_can_be_imported(path):
    if path.stem != "__main__":  # importing that runs the command line
        parts = path.relative_to(ROOT).with_suffix("").parts
        importlib.import_module(".".join(parts).removesuffix(".__init__"))


# An argument for each required parameter of whatever has an rng, by the parameter's name.
SAMPLES = {
    "x": mo.ones(2), "tensor": mo.ones(2, 2), "dataset": mo.data.make_xor(), "lengths": [2, 2],
    "nin": 2, "nout": 1, "nouts": [1], "in_features": 2, "out_features": 1,
}  # fmt: skip


def public_functions_of_chance():
    """(module, name) of each public function and class with a parameter rng."""
    for module in PUBLIC:
        for name in module.__all__:
            x = getattr(module, name)
            if callable(x) and "rng" in inspect.signature(x).parameters:
                yield module, name


@pytest.mark.parametrize(
    ("module", "name"), list(public_functions_of_chance()), ids=lambda x: getattr(x, "__name__", x)
)
def test_whatever_takes_an_rng_refuses_a_bare_seed(module, name):
    f = getattr(module, name)
    required = [
        p.name
        for p in inspect.signature(f).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    f(*[SAMPLES[p] for p in required], rng=random.Random(0))
    for seed in (0, 42):
        with pytest.raises(TypeError, match=rf"pass rng=random.Random\({seed}\)"):
            f(*[SAMPLES[p] for p in required], rng=seed)


# ---- tidy files


def repository():
    """Every file of the project: not what .gitignore names, hidden folders or environments."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()

    def is_ours(folder, name):
        return (
            (name[0] != "." or name == ".ci")
            and not any(fnmatch(name, pattern.removesuffix("/")) for pattern in ignored)
            and not Path(folder, name, "pyvenv.cfg").exists()
        )

    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if is_ours(folder, name)]
        yield from (Path(folder, name) for name in files)


FILES = sorted(repository())
SOURCES = [f for f in FILES if f.suffix == ".py" and f.relative_to(ROOT).parts[0] != "tests"]

# Split, so that this file does not hold them itself.
FORBIDDEN = re.compile("|".join(("/wo" "rk/", "/ro" "ot/", "pypi" r"\.org", "python" "hosted")))
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def lines_with(pattern, paths):
    for path in paths:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield f"{named(path)}:{number}: {line.strip()[:80]}"


def test_no_file_names_a_path_of_a_machine_or_a_package_host():
    assert list(lines_with(FORBIDDEN, FILES)) == []


def test_nothing_is_left_undone_in_the_code():
    assert list(lines_with(UNDONE, [f for f in FILES if f.suffix == ".py"])) == []


@each(SOURCES)
def test_every_source_file_starts_with_a_docstring(path):
    assert ast.get_docstring(parsed(path)), f"{named(path)}: say what it teaches"


@each(MODULES)
def test_the_library_prints_only_its_progress_and_its_command_line(path):
    if path.name == "demo.py":
        return  # which `export` copies into files that are run
    if unit(path) not in ("cli", "__main__") and path.name != "progress.py":
        calls = [n for n in ast.walk(parsed(path)) if isinstance(n, ast.Call)]
        printing = [c.lineno for c in calls if getattr(c.func, "id", None) == "print"]
        assert printing == [], f"{named(path)} prints in lines {printing}"


def test_the_version_is_the_same_everywhere():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert config["metadata"]["version"] == "attr: micrograd_opt.__version__"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {mo.__version__}\n" in citation
    assert mo.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
