"""compiled.save: the file runs without the library and answers as the compiled call, bit by bit.

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
from saved_programs import alone, called, expression, hexed, line, net, neurons, numbers, results

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, functional, optim
from micrograd_opt.array import ieee, kernels
from micrograd_opt.array.array import elementwise
from micrograd_opt.compiler import Compiled, compile, runtime
from micrograd_opt.compiler.layout import folded
from micrograd_opt.compiler.linker import Linker, global_names
from micrograd_opt.engine.graph import Op

TESTS = Path(__file__).parent


@pytest.fixture
def check(tmp_path):
    """A function (compiled, *args) that calls, saves and runs the program; it returns the text."""

    def check(compiled, *args):
        given, answer = called(compiled, *args)
        path = compiled.save(tmp_path / "program.py")
        assert results(sys.executable, path, given) == answer
        return checked_text(path)

    return check


def checked_text(path):
    """The text: Python, narrow, of the standard library alone, and every name in it is known."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    assert max(map(len, lines)) <= 100 and lines == [line.rstrip() for line in lines]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"math", "operator", "time"}
        elif isinstance(node, ast.ImportFrom):
            assert node.module in {"functools", "math", "operator", "itertools"}
    assert global_names(text) <= known_to(text)
    return text


def known_to(text):
    """The builtins, what a text defines, and what its comprehensions bind: from 3.12 on those count
    as names of what is around."""
    found = [n.target for n in ast.walk(ast.parse(text)) if isinstance(n, ast.comprehension)]
    bound = {n.id for target in found for n in ast.walk(target) if isinstance(n, ast.Name)}
    return {*namespace_of(text), *bound, *dir(builtins)}


def namespace_of(text):
    namespace = {"__name__": "not main"}
    exec(text, namespace)
    return namespace


# ---- the same numbers


def test_values_give_the_same_bits(check):
    check(expression())


def test_the_bits_are_those_that_the_call_returns_and_backward_hands_out(tmp_path):
    compiled = expression()
    loss = compiled()
    loss.backward()
    path = compiled.save(tmp_path / "program.py")
    (out,), gradients = results(sys.executable, path, numbers(compiled._last))
    assert out == loss.data.hex()
    assert gradients == [leaf.grad.hex() for leaf in compiled._last.traced.wanted]


def test_tensors_give_the_same_bits(check):
    assert "check_index(y, 3" in check(*net())


def test_wide_rows_give_the_same_bits_in_narrow_lines(check):
    rng = random.Random(8)
    w = mo.randn(2, 64, rng=rng, requires_grad=True)
    check(compile(lambda x, y: functional.cross_entropy(x @ w.T, y)), mo.rand(3, 64), [0, 1, 1])


def test_a_batch_of_samples_gives_the_same_bits(check):
    text = check(*neurons())
    assert "def step(n, x, y, values):" in text
    assert '*[("values", [i]) for i in range(0, 17)]' in text


def test_several_outputs_give_the_same_bits(check):
    w = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, label="w")

    def f(x):
        z = x @ w
        return (z * z).mean(), {"z": z, "row": z[0].sum()}

    text = check(compile(f), mo.rand(3, 2, rng=random.Random(3)))
    assert "outputs[1]      (3, 2)" in text


def test_a_forward_alone_gives_the_same_bits_and_does_not_train(check, tmp_path):
    with mo.no_grad():
        text = check(*net())
    assert "GRADIENT_OF" not in text and "def descend" not in text
    assert alone(sys.executable, tmp_path / "program.py").startswith("outputs: ")


def test_a_gradient_of_zero_is_none(check):
    w, flag = Value(2.0, label="w"), Value(3.0, label="flag")
    text = check(compile(lambda x: w * x + (flag > 0.0)), 1.5)
    assert "gradients = [None, x_i]" in text or "gradients = [x_i, None]" in text


@pytest.mark.parametrize("off", [(), ("rows",)])
def test_where_c_functions_raise_the_bits_are_the_same(check, off):
    p = Tensor([1000.0, 0.0, -1.0, -0.0, math.inf, math.nan], requires_grad=True, label="p")

    def f(x):
        z = (p * x).exp() + p.log() + 1.0 / p + p.sqrt() + p**x + (p * -5.0).sigmoid()
        return z.sum(), z + p.softplus() + (p * 1e9).sin() + p.abs().tanh()

    text = check(Compiled(f, off=off), 2.5)
    assert '"p": [1000.0, 0.0, -1.0, -0.0, inf, nan],' in text


def test_infinite_numbers_can_be_read_again(check):
    w = Value(2.0, label="w")
    text = check(compile(lambda x: w * x), -math.inf)
    assert "from math import inf\n" in text and "[-inf]" in text
    assert "from math import nan\n" in check(compile(lambda x: w * x), math.nan)


def test_the_careful_reading_is_the_fast_one_where_nothing_raises():
    for compiled, *args in ([expression()], net(), net(off=("rows",)), neurons()):
        called(compiled, *args)
        entry = compiled._last
        fast, careful = entry.program.fast(*entry.lists), entry.program.careful(*entry.lists)
        assert hexed([*fast]) == hexed([*careful])


def test_whole_lists_give_the_same_bits(check):
    check(*net(off=("rows",)))


def test_attention_gives_the_same_bits(check):
    rng = random.Random(4)
    w = [mo.randn(4, 4, requires_grad=True, rng=rng) for _ in range(3)]

    def attention(x):
        q, k, v = (x @ p for p in w)
        return ((functional.softmax(q @ k.T * 0.5, 1) @ v) ** 2).mean()

    check(compile(attention), mo.randn(5, 4, rng=rng))


def test_random_numbers_are_arguments(check):
    rng = random.Random(5)
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True, label="w")
    text = check(compile(lambda x: ((w * x + mo.rand(3, rng=rng)) ** 2).sum()), 2.0)
    assert "drawn           (3,), random: to be drawn anew for each call" in text


def test_saving_draws_no_random_numbers(tmp_path):
    rng = random.Random(6)
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    compiled = compile(lambda: (w * mo.rand(3, rng=rng)).sum())
    compiled()
    before = rng.getstate()
    compiled.save(tmp_path / "program.py")
    assert rng.getstate() == before


@pytest.mark.parametrize("model", [line, partial(neurons, 5)], ids=["tensors", "values"])
@pytest.mark.parametrize(
    "optimizer",
    [
        optim.SGD,
        partial(optim.SGD, momentum=0.9),
        partial(optim.SGD, momentum=lambda i: 0.5 + 0.01 * i),
        optim.AdamW,
        partial(optim.Adam, betas=(0.9, lambda i: 0.9 + 0.01 * i)),
        lambda p, lr: optim.SGD([{"params": [x], "momentum": 0.5} for x in p], lr),
    ],
    ids=["plain", "momentum", "its schedule", "AdamW", "beta's schedule", "many groups"],
)
def test_a_step_with_its_optimizer_is_saved_whole(model, optimizer, tmp_path):
    compiled, *args = model(optimizer)
    for _ in range(3):
        compiled(*args)
    path, entry = compiled.save(tmp_path / "program.py"), compiled._last
    module = namespace_of(checked_text(path))
    _, updates = module["step"](**numbers(entry))
    new = module["changed"](numbers(entry), module["UPDATE_OF"], updates)
    moved = [made for made in entry.program.inputs if any(x.requires_grad for x in made.leaves)]
    assert moved
    for made in moved:  # the call itself has moved the leaves already
        first = made.leaves[0].data
        after = first.flat if hasattr(first, "flat") else [leaf.data for leaf in made.leaves]
        assert hexed(new[made.name]) == hexed(after)
    states = [made for made in entry.program.inputs if made.take and made.renewed]
    for made in states:  # the optimizer's: it has taken over the new state too
        assert new[made.name] == made.take()
    assert {made.name for made in moved + states} == {name for name, _ in module["UPDATE_OF"]}
    first, last = losses(alone(sys.executable, path))
    assert last < first


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_pythons_give_the_same_bits(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} found on this machine")
    program = (
        "import json, sys; sys.path[:0] = sys.argv[1:3]\n"
        "from saved_programs import *\n"
        "models = [expression()], net(), net(off=('rows',)), neurons()\n"
        "for i, (compiled, *args) in enumerate(models):\n"
        "    print(json.dumps(called(compiled, *args)))\n"
        "    compiled.save(f'{sys.argv[3]}/program{i}.py')\n"
    )
    lines = alone(python, "-c", program, TESTS, TESTS.parents[1], tmp_path).splitlines()
    assert len(lines) == 4
    for i, (given, answer) in enumerate(map(json.loads, lines)):
        assert results(python, tmp_path / f"program{i}.py", given) == answer


def interpreter(version):
    """The path of a Python of this version, on the PATH or of pyenv; None without one."""
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))
    for path in [shutil.which(f"python{version}"), *installed]:
        if path and not subprocess.run([path, "-c", ""], capture_output=True).returncode:
            return str(path)
    return None


# ---- the file


def test_run_alone_it_shows_the_last_call_and_trains(tmp_path):
    compiled, *args = net()
    loss = compiled(*args)
    outputs, speed, largest, training = alone(
        sys.executable, compiled.save(tmp_path / "program.py")
    ).splitlines()
    assert outputs == f"outputs: {loss.item()!r}"
    assert speed.startswith("a step takes ") and speed.endswith(" microseconds")
    assert largest.startswith("largest gradient: 0.")
    assert training.startswith("100 steps of gradient descent: loss ")
    first, last = losses(training)
    assert first == pytest.approx(loss.item(), rel=1e-5) and last < first / 2.0


def losses(printed):
    """The first and the last loss that a demo printed."""
    return map(float, printed.rpartition("loss ")[2].split("->"))


def test_descent_takes_smaller_steps_where_the_loss_would_grow(tmp_path):
    w = Value(3.0, label="w")
    compiled = compile(lambda: (w * 40.0) ** 2)
    compiled()
    first, last = losses(alone(sys.executable, compiled.save(tmp_path / "program.py")))
    assert first == 14400.0 and last < 1e-3


def test_many_numbers_are_left_out_and_that_is_said(tmp_path):
    compiled, *args = net(rows=600)
    compiled(*args)
    path = compiled.save(tmp_path / "program.py")
    assert "NUMBERS" not in checked_text(path)
    assert "The 2431 numbers of the last call are not in this file." in alone(sys.executable, path)


def test_it_says_what_goes_in_and_comes_out(check):
    text = check(*net())
    assert text.startswith('"""A function and its gradients.\n')
    assert f"Written by micrograd_opt {mo.__version__}." in text
    assert "`python program.py`" in text
    assert "\n    x               (6, 3)\n    y               (6,)\n" in text
    assert "    gradients       of outputs[0], in the order of GRADIENT_OF; None for zero" in text
    assert check(*neurons()).startswith('"""hinge and its gradients.\n')


def test_functions_are_copied_plainly_and_only_those_that_are_called(check):
    w = Value(2.0, label="w")
    text = check(compile(lambda: (w * 3.0).exp()))
    assert "    try:\n        return math.exp(x)\n    except (ArithmeticError, ValueError):" in text
    assert "ieee" not in text and "def log" not in text and "def rows" not in text


def test_a_wrong_count_or_index_is_named(tmp_path):
    compiled, *args = net()
    given, _ = called(compiled, *args)
    step = namespace_of(compiled.save(tmp_path / "program.py").read_text())["step"]
    with pytest.raises(ValueError, match="x: expected 18 numbers, got 17"):
        step(**given | {"x": given["x"][1:]})
    with pytest.raises(ValueError, match="y: 3 at place 1 is not one of 0 … 2"):
        step(**given | {"y": [0.0, 3.0, 0.0, 0.0, 0.0, 0.0]})
    compiled, *args = neurons()
    given, _ = called(compiled, *args)
    step = namespace_of(compiled.save(tmp_path / "program.py").read_text())["step"]
    with pytest.raises(ValueError, match="x: expected 12 numbers, got 10"):
        step(**given | {"n": 6.0})


HOSTILE = [
    '"""', "\\", "a\nimport os", "{x}", "\ud800", "class", "len", "check_index", "exp", "step",
    "math", "NUMBERS", "x" * 2000, "é", "", "1",
]  # fmt: skip


@pytest.mark.parametrize("label", HOSTILE, ids=ascii)
def test_hostile_labels_do_no_harm(check, label):
    w = Tensor([0.5, -1.5, 2.0], requires_grad=True, label=label)
    v = Value(0.5, label=label)

    def loss(x, y):
        return functional.cross_entropy(x * w.exp(), y)

    loss.__name__ = label
    if len(label) < 90:
        check(compile(loss), Tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]), Tensor([1.0, 2.0]))
        check(compile(lambda x: (v * x).exp()), 3.0)


@pytest.mark.parametrize("name", ["time", "math", "operator"])
def test_a_label_may_be_the_name_of_a_module_that_the_file_imports(check, name, tmp_path):
    w = Value(2.0, label=name)
    check(compile(lambda x: (w * x).exp()), 1.5)
    assert "outputs: " in alone(sys.executable, tmp_path / "program.py")


def test_a_hostile_file_name_does_no_harm(tmp_path):
    compiled = expression()
    compiled()
    checked_text(compiled.save(tmp_path / 'a"""; import os; """.py'))


# ---- what goes wrong


@pytest.mark.parametrize("name", ["step", "step.txt", "step.py.bak", ""])
def test_another_suffix_is_refused(name, tmp_path):
    compiled = expression()
    compiled()
    with pytest.raises(ValueError, match=r"must end in \.py"):
        compiled.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_name_of_pythons_own_is_refused(tmp_path):
    compiled = expression()
    compiled()
    with pytest.raises(ValueError, match="'operator.py' would hide Python's own operator"):
        compiled.save(tmp_path / "operator.py")


def test_a_missing_folder_is_named(tmp_path):
    compiled = expression()
    compiled()
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere.*make it first"):
        compiled.save(tmp_path / "nowhere" / "program.py")


def test_before_a_call_there_is_nothing_to_save(tmp_path):
    with pytest.raises(RuntimeError, match="call it once first"):
        expression().save(tmp_path / "program.py")


def cube(x):
    return x * x * x


@pytest.mark.parametrize("name", ["cube", "as_float", "erfc", "hash"])
def test_a_function_of_the_users_is_refused_and_an_older_file_stays(name, tmp_path):
    arrays = partial(elementwise, cube)
    op = Op(name, lambda g, z, x: g, on_floats=cube, on_arrays=arrays, elementwise=True)
    w = Value(2.0, label="w")
    compiled = compile(lambda x: op(w * x) * 2.0 + 1.0)
    compiled(1.5)
    path = tmp_path / "program.py"
    path.write_text("old")
    name = "own_erfc" if name == "erfc" else name  # which is not the table's
    with pytest.raises(RuntimeError, match=f"'{name}' calls a function of yours.*define {name} "):
        compiled.save(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_failure_while_writing_leaves_the_older_file(tmp_path, monkeypatch):
    compiled = expression()
    compiled()
    path = tmp_path / "program.py"
    path.write_text("old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        compiled.save(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


# ---- the linker


@pytest.mark.parametrize("module", [ieee, kernels, runtime], ids=lambda m: m.__name__)
def test_every_function_can_be_copied_with_what_it_needs(module):
    for name, found in vars(module).items():
        if callable(found) and not name.startswith("_"):
            linker = Linker()
            linker.include(module.__name__, name)
            text = "\n".join([*linker.imports, *linker.texts])
            assert global_names(text) <= known_to(text)


def test_a_name_that_is_taken_becomes_another():
    linker = Linker({"softmax", "exp", "first_max"})
    assert linker.include("micrograd_opt.array.kernels", "softmax") == "kernels_softmax"
    assert linker.include("micrograd_opt.array.ieee", "exp") == "ieee_exp"
    assert linker.include("micrograd_opt.compiler.runtime", "place_of_max") == "place_of_max"
    copied = namespace_of("\n".join([*linker.imports, *linker.texts]))
    lane = [1.0, 3.0, 2.0]
    assert copied["kernels_softmax"](lane) == kernels.softmax(lane)
    assert copied["ieee_exp"](1000.0) == math.inf
    assert copied["place_of_max"](lane) == 1.0 and "first_max" not in copied


@pytest.mark.parametrize("name", [n for n, f in vars(ieee).items() if hasattr(f, "fast")])
def test_a_careful_function_written_out_answers_the_same(name):
    linker = Linker()
    linker.include("micrograd_opt.array.ieee", name)
    copied = namespace_of("\n".join([*linker.imports, *linker.texts]))[name]
    edges = [0.0, 1.0, 0.5, 3.0, 2.5, 1e308, 1000.0, math.inf, math.nan]
    edges += [-x for x in edges]
    two = name in ("div", "power")
    for x in edges:
        for args in [(x, y) for y in edges] if two else [(x,)]:
            assert copied(*args).hex() == getattr(ieee, name)(*args).hex()


# ---- the layout


def test_long_lines_are_broken_and_mean_the_same():
    terms = " + ".join(f"weight_{i} * (x_{i} - {i}.5)" for i in range(60))
    source = "\n".join([
        "def step(x):", f"    total = {terms}", f"    total += exp({terms}) * n",
        f"    many = [{terms}, 1.0]", f"    if {terms.replace('+', 'or')}:", "        y = 1.0",
        f"    both = [{terms}] + [{terms}]",
        f"    z = -a if {terms} > 0.0 else [i for i in ({terms}) if i]", "    return total",
    ])  # fmt: skip
    narrow = folded(source)
    assert max(map(len, narrow.split("\n"))) <= 100
    assert ast.dump(ast.parse(narrow)) == ast.dump(ast.parse(source))


def test_a_sum_is_broken_between_its_terms():
    line = "    score_of_a_net = bias + " + " + ".join(f"weight_{i} * input_{i}" for i in range(5))
    assert folded(line) == (
        "    score_of_a_net = (\n"
        "        bias + weight_0 * input_0 + weight_1 * input_1 + weight_2 * input_2"
        " + weight_3 * input_3\n"
        "        + weight_4 * input_4\n"
        "    )"
    )


def test_a_line_ends_where_nesting_is_least_and_not_before_a_factor():
    a, b, c, d = (f"a_name_of_middling_length_{i}" for i in range(4))
    assert folded(f"    result = exp({a} + {b}) + {c} * ({d} + 1.0)") == (
        "    result = (\n"
        f"        exp({a} + {b})\n"
        f"        + {c} * ({d} + 1.0)\n"
        "    )"
    )
    assert folded(f"    result = x + y + z + exp({a}{b}) + {c} + {d}").split("\n")[1:3] == [
        f"        x + y + z + exp({a}{b})",
        f"        + {c} + {d}",
    ]
    assert folded(f"    result = {a} + {b} + {c} * {d}") == (
        f"    result = (\n        {a} + {b}\n        + {c} * {d}\n    )"
    )


def test_zeros_in_a_row_are_one_statement_and_those_of_another_block_are_not():
    rest = "    if a:\n        d = 0.0\n    e = 0.0\n    f = 0.0 + e\n"
    assert folded("    a = b = 0.0\n    c = 0.0\n" + rest) == "    a = b = c = 0.0\n" + rest


def test_long_comments_are_broken():
    assert folded("    # " + "gradient of it " * 12).count("\n    # gradient") >= 1
