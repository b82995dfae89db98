"""The frame: everything public is listed, documented and can be imported; the files are tidy."""

import ast
import configparser
import importlib
import inspect
import os
import random
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

import micrograd_opt as mo
from sources import MODULES, PACKAGE, ROOT, each, named, parsed, unit

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


# What the design promises, by the path from micrograd_opt on; more may be offered.
PROMISED = {
    "": "Value Tensor grad no_grad enable_grad gradcheck hessian hvp jacobian compile draw explain "
    "fit evaluate load_checkpoint save_checkpoint nn optim data plot functional tensor zeros ones "
    "full eye arange linspace randn rand cat stack where maximum minimum tril triu one_hot",
    "nn": "Module Parameter Linear MLP Sequential ReLU Tanh Sigmoid GELU Softmax Dropout "
    "BatchNorm1d init utils scalar",
    "nn.scalar": "Neuron Layer MLP",
    "nn.utils": "clip_grad_norm_ clip_grad_value_",
    "functional": "relu sigmoid tanh softplus gelu leaky_relu softmax log_softmax nll_loss "
    "cross_entropy binary_cross_entropy_with_logits mse_loss l1_loss huber_loss hinge_loss linear "
    "dropout one_hot",
    "optim": "Optimizer SGD Adagrad RMSprop Adadelta Adam AdamW Adamax NAdam RAdam Rprop ASGD "
    "Adafactor LBFGS Muon LectureSGD LectureNesterov LectureAdam SignSGD NormalizedSGD Newton Lion "
    "LARS LAMB SAM Lookahead ScheduleFreeSGD AveragedModel race surfaces schedules lr_scheduler",
    "optim.surfaces": "Surface valley saddle plateau rosenbrock beale minibatch",
    "optim.schedules": "constant linear_decay cosine_annealing linear_warmup step_decay "
    "exponential polynomial inverse_sqrt one_cycle warm_restarts wsd join",
    "optim.lr_scheduler": "ConstantLR LinearLR StepLR MultiStepLR ExponentialLR PolynomialLR "
    "LambdaLR MultiplicativeLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR OneCycleLR "
    "ReduceLROnPlateau ChainedScheduler SequentialLR LRScheduler",
    "data": "TensorDataset DataLoader random_split load_digits load_iris load_csv make_moons "
    "make_xor",
    "draw": "draw backprop explain zoom frames Drawing",
    "plot": "curves schedules contour landscape rates decision_boundary gradient_flow "
    "gradient_noise confusion misread",
    "check": "optimizer gradient Report",
}


@pytest.mark.parametrize("path", PROMISED)
def test_every_promised_name_is_offered_and_imports_under_its_path(path):
    module = f"micrograd_opt.{path}".removesuffix(".")
    promised = PROMISED[path].split()
    assert set(promised) <= set(importlib.import_module(module).__all__)
    for name in promised:
        exec(f"from {module} import {name}")


def test_more_than_a_hundred_names_are_promised_under_every_documented_path():
    assert {module.__name__.partition(".")[2] for module in PUBLIC} >= PROMISED.keys()
    assert PROMISED.keys() >= {"functional", "nn", "optim", "data", "draw", "plot"}
    assert sum(len(names.split()) for names in PROMISED.values()) > 100


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
    "model": mo.nn.Linear(2, 1), "loss_fn": lambda output, y: output.mean(),
    "data": mo.data.make_xor(),
}  # fmt: skip


def public_functions_of_chance():
    """(module, name) of each public function and class with a parameter rng."""
    for module in PUBLIC:
        for name in module.__all__:
            x = getattr(module, name)
            if x is mo.LostGradientWarning:
                continue  # Python knows no signature of exceptions
            if callable(x) and "rng" in inspect.signature(x).parameters:
                yield module, name


@pytest.mark.parametrize(
    ("module", "name"), list(public_functions_of_chance()), ids=lambda x: getattr(x, "__name__", x)
)
def test_whatever_takes_an_rng_refuses_a_bare_seed(module, name):
    if module is mo.plot:
        pytest.importorskip("matplotlib")
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
FORBIDDEN = re.compile(
    "|".join(["/wo" + "rk/", "/ro" + "ot/", "pypi" + r"\.org", "python" + "hosted"])
)
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
