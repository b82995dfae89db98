"""Compiled functions that `test_export.py` saves, and the means to run what was saved.

Apart from that file so that other Pythons, which have no pytest, can import them too.
"""

import json
import random
import subprocess

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, functional, nn
from micrograd_opt.compiler import Compiled, compile

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


def alone(python, *arguments, given=""):
    """What a Python without any package prints."""
    command = [python, "-I", "-S", *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def results(python, path, numbers):
    """What the saved program answers, as `hexed` writes it."""
    return json.loads(alone(python, "-c", RUN, path, given=json.dumps(numbers)))


def hexed(x):
    """Floats as text that shows every bit; lists, and None, as they are."""
    if x is None or isinstance(x, (list, tuple)):
        return x and [*map(hexed, x)]
    return float(x).hex()


def called(compiled, *args):
    """(the numbers that the program was given, what it answered) of a call."""
    entry, given, n = compiled._entry(args)
    answer = entry.run(given, n)
    return numbers(entry), hexed([*answer])


def numbers(entry):
    names = ["n"] * entry.batched + [made.name for made in entry.program.inputs]
    return dict(zip(names, entry.lists, strict=True))


def expression():
    """micrograd's example, and functions besides."""
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")

    def f():
        c = a + b
        d = a * b + b**3
        c = c + c + 1 + (-a)
        d = d + d * 2 + (b + a).relu()
        e = c - d
        return e**2 / 2.0 + 10.0 / e.exp() + a.tanh() * b.sigmoid() * e.softplus()

    return compile(f)


def net(rows=6, off=()):
    """A classifier 3 → 4 → 3, and a batch for it."""
    random.seed(1)
    model = nn.MLP(3, [4, 3], activation="tanh")
    x, y = mo.rand(rows, 3), Tensor([float(i % 3) for i in range(rows)])
    return Compiled(lambda x, y: functional.cross_entropy(model(x), y), off=off), x, y


def neurons(samples=5, optimizer=None):
    """A net of Values with hinge loss and weight decay, and its samples."""
    random.seed(2)
    model = nn.scalar.MLP(2, [4, 1])

    def hinge(x, y):
        return (1.0 - y * model(x)).relu() + 1e-4 * sum(p * p for p in model.parameters())

    x = [[random.gauss(0.0, 1.0), random.gauss(0.0, 1.0)] for _ in range(samples)]
    optimizer = optimizer and optimizer(model.parameters(), lr=0.05)
    compiled = compile(hinge, batched=True, optimizer=optimizer)
    return compiled, x, [1.0 if a * b > 0.0 else -1.0 for a, b in x]


def line(optimizer):
    """A linear model with an optimizer, and a batch for it."""
    random.seed(3)
    model = nn.Linear(3, 1)
    compiled = compile(
        lambda x, y: ((model(x) - y) ** 2).mean(), optimizer=optimizer(model.parameters(), lr=0.05)
    )
    return compiled, mo.rand(4, 3), mo.rand(4, 1)
