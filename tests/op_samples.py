"""One row an operation: a value worked out by hand, where it is smooth, and its parameters.

`test_ops.py` finds the operations by introspection and looks each up here by name, so a new one
without a row turns red.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """known: (arguments, result) pairs. draw: rng -> arguments at which the op is smooth.

    Arguments are floats for an elementwise op and nested lists for the others; `fixed` are the
    places of those that take no gradient.
    """

    known: tuple
    draw: object
    params: dict = field(default_factory=dict)
    fixed: tuple = ()


def anywhere(rng):
    return rng.uniform(-2.0, 2.0)


def positive(rng):
    return rng.uniform(0.3, 3.0)


def off_zero(rng):
    return rng.choice((-1.0, 1.0)) * rng.uniform(0.1, 2.0)


def each(*domains):
    """One number from each domain."""
    return lambda rng: [domain(rng) for domain in domains]


def apart(rng):
    """Two numbers, no tie within reach of a finite difference."""
    x = anywhere(rng)
    return [x, x + off_zero(rng)]


def chosen(rng):
    return [float(rng.random() < 0.5), anywhere(rng), anywhere(rng)]


def arrays(*shapes):
    """Nested lists of different numbers; a list among the shapes stands for itself."""
    return lambda rng: [s if isinstance(s, list) else _nested(rng, s) for s in shapes]


def _nested(rng, shape):
    if not shape:
        return anywhere(rng)
    return [_nested(rng, shape[1:]) for _ in range(shape[0])]


def _distinct(rng):
    """A 3 × 4 array whose maxima have a clear lead."""
    numbers = [i / 4.0 + rng.uniform(0.0, 0.1) for i in range(12)]
    rng.shuffle(numbers)
    return [[numbers[i : i + 4] for i in (0, 4, 8)]]


TWO_ROWS = [[1.0, 2.0], [3.0, 4.0]]
THREE = [[1.0], [2.0], [3.0]]

SAMPLES = {
    # arithmetic
    "add": Sample((((2.0, 3.0), 5.0),), each(anywhere, anywhere)),
    "sub": Sample((((2.0, 3.0), -1.0),), each(anywhere, anywhere)),
    "mul": Sample((((2.0, 3.0), 6.0),), each(anywhere, anywhere)),
    "div": Sample((((3.0, 2.0), 1.5), ((-1.0, 4.0), -0.25)), each(anywhere, off_zero)),
    "pow": Sample((((2.0, 10.0), 1024.0), ((4.0, -0.5), 0.5)), each(positive, anywhere)),
    "neg": Sample((((2.0,), -2.0),), each(anywhere)),
    # functions of one argument
    "exp": Sample((((0.0,), 1.0), ((1.0,), 2.718281828459045)), each(anywhere)),
    "log": Sample((((1.0,), 0.0), ((10.0,), 2.302585092994046)), each(positive)),
    "log1p": Sample((((0.0,), 0.0), ((1e-20,), 1e-20)), each(positive)),
    "sqrt": Sample((((9.0,), 3.0), ((2.0,), 1.4142135623730951)), each(positive)),
    "sin": Sample((((0.0,), 0.0), ((1.0,), 0.8414709848078965)), each(anywhere)),
    "cos": Sample((((0.0,), 1.0), ((1.0,), 0.5403023058681398)), each(anywhere)),
    "tanh": Sample((((0.0,), 0.0), ((1.0,), 0.7615941559557649)), each(anywhere)),
    "sigmoid": Sample((((0.0,), 0.5), ((1.0,), 0.7310585786300049)), each(anywhere)),
    "softplus": Sample((((0.0,), 0.6931471805599453), ((-50.0,), 1.9287498479639178e-22)),
                       each(anywhere)),
    "erfc": Sample((((0.0,), 1.0), ((1.0,), 0.15729920705028513)), each(anywhere)),
    "relu": Sample((((2.0,), 2.0), ((-2.0,), 0.0)), each(off_zero)),
    "abs": Sample((((2.0,), 2.0), ((-2.0,), 2.0)), each(off_zero)),
    "step": Sample((((2.0,), 1.0), ((-2.0,), 0.0), ((0.0,), 0.0)), each(off_zero)),
    "detach": Sample((((2.0,), 2.0), ((-2.0,), -2.0)), each(anywhere)),
    "sign": Sample((((2.0,), 1.0), ((-2.0,), -1.0), ((0.0,), 0.0)), each(off_zero)),
    # comparisons and choices
    "gt": Sample((((2.0, 1.0), 1.0), ((1.0, 2.0), 0.0), ((1.0, 1.0), 0.0)), apart),
    "ge": Sample((((2.0, 1.0), 1.0), ((1.0, 2.0), 0.0), ((1.0, 1.0), 1.0)), apart),
    "lt": Sample((((2.0, 1.0), 0.0), ((1.0, 2.0), 1.0), ((1.0, 1.0), 0.0)), apart),
    "le": Sample((((2.0, 1.0), 0.0), ((1.0, 2.0), 1.0), ((1.0, 1.0), 1.0)), apart),
    "eq": Sample((((2.0, 1.0), 0.0), ((1.0, 1.0), 1.0)), apart),
    "ne": Sample((((2.0, 1.0), 1.0), ((1.0, 1.0), 0.0)), apart),
    "maximum": Sample((((2.0, 1.0), 2.0), ((1.0, 2.0), 2.0)), apart),
    "minimum": Sample((((2.0, 1.0), 1.0), ((1.0, 2.0), 1.0)), apart),
    "where": Sample((((1.0, 5.0, 7.0), 5.0), ((0.0, 5.0, 7.0), 7.0)), chosen, fixed=(0,)),
    # shapes
    "expand": Sample(
        ((([[1.0], [2.0]],), [[[1.0] * 3, [2.0] * 3]] * 2),),
        arrays((2, 1)), {"shape": (2, 2, 3)},
    ),
    "sum_to": Sample(
        ((([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],), [[14.0], [22.0]]),),
        arrays((2, 2, 2)), {"shape": (2, 1)},
    ),
    "slice": Sample(
        ((([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],), [[6.0, 4.0]]),),
        arrays((2, 3)), {"ranges": (range(1, 2), range(2, -1, -2))},
    ),
    "pad": Sample(
        ((([[6.0, 4.0]],), [[0.0, 0.0, 0.0], [4.0, 0.0, 6.0]]),),
        arrays((1, 2)), {"ranges": (range(1, 2), range(2, -1, -2)), "shape": (2, 3)},
    ),
    "reshape": Sample(
        ((([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),),
        arrays((2, 3)), {"shape": (3, 2)},
    ),
    "permute": Sample(
        ((([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]],), [[[1.0, 3.0, 5.0]], [[2.0, 4.0, 6.0]]]),),
        arrays((2, 3, 4)), {"dims": (2, 0, 1)},
    ),
    "cat": Sample(
        ((([[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]), [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]),),
        arrays((2, 2), (2, 1), (2, 3)), {"dim": 1},
    ),
    # picking
    "index_select": Sample(
        (((THREE, [2.0, 0.0, 2.0]), [[3.0], [1.0], [3.0]]),),
        arrays((3, 2), [2.0, 0.0, 2.0]), fixed=(1,),
    ),
    "index_add": Sample(
        (((THREE, [2.0, 0.0, 2.0]), [[2.0], [0.0], [4.0], [0.0]]),),
        arrays((3, 2), [2.0, 0.0, 2.0]), {"rows": 4}, fixed=(1,),
    ),
    "gather": Sample(
        (((TWO_ROWS, [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), [[2.0, 2.0, 1.0], [3.0, 4.0, 4.0]]),),
        arrays((2, 2), [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), {"dim": 1}, fixed=(1,),
    ),
    "scatter_add": Sample(
        (((TWO_ROWS, [[1.0, 1.0], [0.0, 2.0]]), [[0.0, 3.0, 0.0], [3.0, 0.0, 4.0]]),),
        arrays((2, 2), [[1.0, 1.0], [0.0, 2.0]]), {"dim": 1, "size": 3}, fixed=(1,),
    ),
    "argmax": Sample(
        ((([[1.0, 3.0, 3.0], [7.0, 5.0, 6.0]],), [[1.0], [0.0]]),),
        _distinct, {"dim": 1, "keepdim": True},
    ),
    # products and reductions
    "mm": Sample(
        (((TWO_ROWS, [[5.0, 6.0], [7.0, 8.0]]), [[19.0, 22.0], [43.0, 50.0]]),),
        arrays((2, 3, 2), (2, 2, 4)),
    ),
    "sum": Sample(
        ((([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],), [14.0, 22.0]),),
        arrays((2, 3, 2)), {"dims": (0, 2), "keepdim": False},
    ),
    "max": Sample(((([[1.0, 3.0], [7.0, 5.0]],), 7.0),), _distinct),
    "softmax": Sample(
        ((([[0.0, 0.0], [1000.0, 0.0]],), [[0.5, 0.5], [1.0, 0.0]]),),
        arrays((3, 4)), {"dim": 1},
    ),
    "log_softmax": Sample(
        ((([[0.0, 0.0], [1000.0, 0.0]],), [[-0.6931471805599453] * 2, [0.0, -1000.0]]),),
        arrays((3, 4)), {"dim": 1},
    ),
}  # fmt: skip
