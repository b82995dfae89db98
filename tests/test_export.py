"""compiled.save: the file runs without the library and gives the compiled call's numbers, bit by bit.

Each file is run by a Python that sees neither the library nor any other package (-I -S).
"""

import ast
import builtins
import json
import math
import random
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, functional, ieee, kernels, nn, ops, optim
from micrograd_opt.array import elementwise
from micrograd_opt.compiler import Compiled, compile
from micrograd_opt.compiler import runtime
from micrograd_opt.compiler.layout import folded
from micrograd_opt.compiler.linker import Linker, global_names
from micrograd_opt.graph import Op

ROOT = Path(__file__).parent.parent

RUN = """
import json, runpy, sys
try:
    import micrograd_opt
except ImportError:
    pass
else:
    sys.exit("the library can be imported here")

def hexed(x):
    return x and [*map(hexed, x)] if isinstance(x, (list, tuple, type(None))) else float(x).hex()

step = runpy.run_path(sys.argv[1])["step"]
print(json.dumps(hexed(step(**json.load(sys.stdin)))))
"""


def hexed(x):
    """Floats as text that shows every bit, signs of zero too; Arrays flat."""
    if x is None or isinstance(x, (list, tuple)):
        return x and [*map(hexed, x)]
    return [*map(hexed, x.flat)] if hasattr(x, "flat") else float(x).hex()


def alone(*arguments, given="", folder=None):
    """What a Python without any package prints."""
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def check(tmp_path):
    """A function (compiled, *args) that calls, saves and runs the file; it returns the text."""

    def check(compiled, *args):
        entry, given, n = compiled._entry(args)
        expected = [*entry.run(given, n)]
        text = compiled.save(tmp_path / "program.py").read_text(encoding="utf-8")
        found = json.loads(
            alone("-c", RUN, tmp_path / "program.py", given=json.dumps(numbers(entry)))
        )
        assert found == hexed(expected)
        check_text(text)
        return text

    return check


def numbers(entry):
    names = ["n"] * entry.batched + [made.name for made in entry.program.inputs]
    return dict(zip(names, entry.lists, strict=True))


def check_text(text):
    """It is Python, no line is too long, it imports nothing strange and all names are known."""
    tree = ast.parse(text)
    assert max(map(len, text.split("\n"))) <= 100
    assert not [line for line in text.split("\n") if line != line.rstrip()]
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert set(names) <= {"math", "operator", "itertools", "time"}
    namespace = {"__name__": "not main"}
    exec(builtins.compile(text, "<saved>", "exec"), namespace)
    unknown = global_names(text) - namespace.keys() - set(dir(builtins))
    assert unknown <= {"micrograd_opt"} and "micrograd_opt" not in global_names(text)


def cube(x):
    return x * x * x


CUBE = Op(
    "cube", lambda g, z, x: g * x * x * 3.0, on_floats=cube, on_arrays=partial(elementwise, cube),
    elementwise=True,
)  # fmt: skip


def expression():
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")

    def f():
        c = a + b
        d = a * b + b**3
        c = c + c + 1 + (-a)
        d = d + d * 2 + (b + a).relu()
        e = c - d
        return e**2 / 2.0 + 10.0 / e.exp() + a.tanh() * b.sigmoid() * e.softplus()

    return compile(f)


def net(nouts=(4, 3), rows=6, off=()):
    random.seed(1)
    model = nn.MLP(3, list(nouts), activation="tanh")
    x, y = mo.rand(rows, 3), Tensor([float(i % nouts[-1]) for i in range(rows)])
    return Compiled(lambda x, y: functional.cross_entropy(model(x), y), off=off), x, y


def neurons(samples=5):
    random.seed(2)
    model = nn.scalar.MLP(2, [4, 1])

    def hinge(x, y):
        return (1.0 - y * model(x)).relu() + 1e-4 * sum(p * p for p in model.parameters())

    x = [[random.gauss(0.0, 1.0), random.gauss(0.0, 1.0)] for _ in range(samples)]
    return compile(hinge, batched=True), x, [1.0 if a * b > 0.0 else -1.0 for a, b in x], model


# ---- the same numbers


def test_values_give_the_same_bits(check):
    text = check(expression())
    assert "def sigmoid(x):" in text or "exp(" in text


def test_the_numbers_are_those_that_the_call_returned_and_backward_handed_out(tmp_path):
    compiled = expression()
    loss = compiled()
    loss.backward()
    path = compiled.save(tmp_path / "program.py")
    (out,), gradients = json.loads(alone("-c", RUN, path, given=json.dumps(numbers(compiled._last))))
    assert out == loss.data.hex()
    assert gradients == [leaf.grad.hex() for leaf in compiled._last.traced.wanted]


def test_tensors_give_the_same_bits(check):
    text = check(*net())
    assert "check_index(y, 3" in text


def test_a_batch_of_samples_gives_the_same_bits(check):
    compiled, x, y, _ = neurons()
    text = check(compiled, x, y)
    assert "def step(n, x, y, values):" in text
    assert 'GRADIENT_OF = [*[("values", [i]) for i in range(0, 17)]]' in text


def test_several_outputs_give_the_same_bits(check):
    w = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, label="w")

    def f(x):
        z = x @ w
        return (z * z).mean(), {"z": z, "row": z[0].sum()}

    text = check(compile(f), mo.rand(3, 2, rng=random.Random(3)))
    assert "outputs[1]      (3, 2)" in text


def test_a_forward_alone_gives_the_same_bits_and_does_not_train(check, tmp_path):
    compiled, x, y = net()
    with mo.no_grad():
        text = check(compiled, x, y)
    assert "GRADIENT_OF" not in text and "def descend" not in text
    assert alone(tmp_path / "program.py").startswith("outputs: ")


def test_a_gradient_of_zero_is_none(check):
    w, unused = Value(2.0, label="w"), Value(3.0, label="unused")
    text = check(compile(lambda x: w * x + (unused > 0.0)), 1.5)
    assert "None" in text


@pytest.mark.parametrize("off", [(), ("rows",)])
def test_ieee_edges_give_the_same_bits(check, off):
    p = Tensor([1000.0, 0.0, -1.0, -0.0, math.inf, math.nan], requires_grad=True, label="p")

    def f(x):
        z = (p * x).exp() + p.log() + 1.0 / p + p.sqrt() + p**x + (p * -5.0).sigmoid()
        return (z + p.softplus() + (p * 1e9).sin() + p.abs().tanh()).sum()

    text = check(Compiled(f, off=off), 2.5)
    assert "import math\n" in text and "inf" in text


def test_whole_lists_give_the_same_bits(check):
    compiled, x, y = net(off=("rows",))
    check(compiled, x, y)


def test_attention_gives_the_same_bits(check):
    random.seed(4)
    w = [mo.randn(4, 4, requires_grad=True) for _ in range(3)]

    def attention(x):
        q, k, v = (x @ p for p in w)
        return ((functional.softmax(q @ k.T * 0.5, 1) @ v) ** 2).mean()

    check(compile(attention), mo.randn(5, 4))


def test_random_numbers_are_arguments(check):
    rng = random.Random(5)
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True, label="w")
    text = check(compile(lambda x: (functional.dropout(w * x, 0.5, rng=rng) ** 2).sum()), 2.0)
    assert "drawn           (3,), random: to be drawn anew for each call" in text


def test_saving_draws_no_random_numbers(tmp_path):
    rng = random.Random(6)
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    compiled = compile(lambda: (w * mo.rand(3, rng=rng)).sum())
    compiled()
    before = rng.getstate()
    compiled.save(tmp_path / "program.py")
    assert rng.getstate() == before


@pytest.mark.parametrize("make", [optim.SGD, partial(optim.SGD, momentum=0.9), optim.AdamW])
@pytest.mark.parametrize("values", [False, True])
def test_a_step_with_its_optimizer_is_saved_whole(make, values, tmp_path):
    if values:
        _, x, y, model = neurons()
        optimizer = make(model.parameters(), lr=0.05)
        compiled = compile(
            lambda x, y: (1.0 - y * model(x)).relu(), batched=True, optimizer=optimizer
        )
    else:
        random.seed(7)
        model = nn.Linear(3, 1)
        x, y = mo.rand(4, 3), mo.rand(4, 1)
        optimizer = make(model.parameters(), lr=0.05)
        compiled = compile(lambda x, y: ((model(x) - y) ** 2).mean(), optimizer=optimizer)
    for _ in range(3):
        compiled(x, y)
    path = compiled.save(tmp_path / "program.py")
    check_text(path.read_text(encoding="utf-8"))
    given = numbers(compiled._last)
    (_, updates) = json.loads(alone("-c", RUN, path, given=json.dumps(given)))
    module = {"__name__": "not main"}
    exec(path.read_text(encoding="utf-8"), module)
    moved = [[float.fromhex(h) for h in u] if isinstance(u, list) else float.fromhex(u) for u in updates]
    new = module["changed"](given, module["UPDATE_OF"], moved)
    for made in compiled._last.program.inputs:
        for leaf, place in zip(made.leaves, range(len(made.leaves)), strict=True):
            if leaf.requires_grad:
                after = leaf.data.flat if isinstance(leaf, Tensor) else leaf.data
                assert hexed(after) == hexed(new[made.name] if isinstance(leaf, Tensor) else new[made.name][place])
    assert "100 steps: loss " in alone(path)


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_pythons_give_the_same_bits(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} found on this machine")
    build = (
        "import json, sys; sys.path[:0] = sys.argv[1:3]\n"
        "import test_export as t\n"
        "for i, (c, *args) in enumerate([(t.expression(),), t.net(), t.net(off=('rows',))]):\n"
        "    entry, given, n = c._entry(args)\n"
        "    results = t.hexed([*entry.run(given, n)])\n"
        "    c.save(f'{sys.argv[3]}/program{i}.py')\n"
        "    print(json.dumps([t.numbers(entry), results]))\n"
    )
    fake = tmp_path / "fake"  # a pytest that does nothing: test_export is imported for its models
    fake.mkdir()
    (fake / "pytest.py").write_text(
        "from unittest.mock import MagicMock as M\nfixture = lambda f: f\nmark = M()\n"
    )
    command = [python, "-I", "-c", f"import sys; sys.path[:0] = [{str(fake)!r}]\n{build}"]
    done = subprocess.run(
        [*command, str(ROOT), str(ROOT / "tests"), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for i, line in enumerate(done.stdout.splitlines()):
        given, expected = json.loads(line)
        found = subprocess.run(
            [python, "-I", "-S", "-c", RUN, str(tmp_path / f"program{i}.py")],
            input=json.dumps(given), capture_output=True, text=True,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout) == expected
    assert i == 2


def interpreter(version):
    """The path of a Python of this version, on the PATH or of pyenv; None without one."""
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))
    for path in [shutil.which(f"python{version}"), *installed]:
        if path and not subprocess.run([path, "-c", ""], capture_output=True).returncode:
            return str(path)
    return None
