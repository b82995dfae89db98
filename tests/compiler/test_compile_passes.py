"""A wrong pass is caught: a bug planted in each turns the random programs red.

A bug replaces a piece of a function's source, while one test runs. What then runs is the check of
`test_compile_random.py`, on the same programs for all bugs, until one of them disagrees.
"""

import inspect
import random
import sys
import textwrap
from typing import NamedTuple

import pytest
from agreement import batch_mean, check
from compiling import KINDS
from programs import FLAVOURS, batches

from micrograd_opt.compiler import (
    Compiled,
    axis,
    guards,
    lanes,
    lower,
    passes,
    plan,
    scalars,
    simplify,
    slopes,
    text,
)

COMPILER = Compiled.__module__.rpartition(".")[0]
MOST = 120  # programs of each flavour: enough for all the bugs


class Bug(NamedTuple):
    function: str
    old: str
    new: str


ROWS = {  # {module: bugs}, of the program in single numbers
    simplify: [
        Bug("fold", "sum(numbers)", "numbers[0]"),
        Bug("fold", "function(*numbers)", "function(*reversed(numbers))"),
        Bug("_add", "        return y\n    if is_number", "        return x\n    if is_number"),
        Bug("_add", '"sub", x, y.args[0]', '"add", x, y.args[0]'),
        Bug("_add", '"sub", y, x.args[0]', '"sub", x.args[0], y'),
        Bug("_sub", 'graph.op("neg", y)', "y"),
        Bug("_sub", '"add", x, y.args[0]', '"sub", x, y.args[0]'),
        Bug("_mul", "is_number(a, 1.0)", "is_number(a, 2.0)"),
        Bug("_mul", 'graph.op("neg", b)', "b"),
        Bug("_mul", "is_number(a, 0.0) and _is_flag(b)", "is_number(a, 0.0) or _is_flag(b)"),
        Bug("_neg", '"sub", x.args[1], x.args[0]', '"sub", *x.args'),
        Bug("_neg", "return x.args[0]", "return x"),
        Bug("_div", '"quotient", x, y', '"quotient", y, x'),
        Bug("_div", "y.data == 1.0", "y.data == 2.0"),
        Bug("_pow", '"mul", x, x', '"mul", x, 2.0'),
        Bug("_pow", "graph.const(1.0)", "graph.const(0.0)"),
        Bug("_where", "x if condition.data else y", "y if condition.data else x"),
        Bug("_where", "if x is y", "if x is not y"),
        Bug("masks", '("relu", *args)', '("neg", *args)'),
        Bug("_sum", "not is_number(x, 0.0)", "not is_number(x, 1.0)"),
        Bug("_sum", "len(terms) <= 2", "len(terms) <= 3"),
    ],
    slopes: [
        Bug("logistic", '"ge", x, 0.0), 1.0, e', '"ge", x, 0.0), e, 1.0'),
        Bug("logistic", 'graph.op("relu", x)', "x"),
        Bug("slope", '"mul", one, one', '"mul", one, e'),
        Bug("_fourth", "x.data / 4.0", "x.data"),
        Bug("slope", '"sub", 1.0, square', '"sub", 1.0, z'),
        Bug("_opposite", "a.data == -b.data", "True"),
        Bug("_opposite", "v.args[0] is u)", "True)"),
    ],
    scalars: [
        Bug("Scalars.op", "if op in COMMUTATIVE", "if True"),
        Bug("Scalars.op", "else (op, *args)", "else (op, *args[:1])"),
        Bug("Scalars.const", "repr(x)", "int(x)"),
        Bug("Scalars.total", 'self.op("mul", x, self.rows)', "x"),
        Bug("Scalars.total", '"mul", x.args[0], self.total(x.args[1])', '"total", x.args[1]'),
        Bug("Scalars.total", "for y in x.args])", "for y in x.args[:1]])"),
    ],
    guards: [
        Bug("_path", "return shared(", "return joined(*"),
        Bug("_path_of_choice", '("unless", condition)', '("if", condition)'),
        Bug("_path_of_choice", "y.data == 0.0", "True"),
        Bug("_path_of_choice", "return shared(", "return joined(*"),
        Bug("shared", "first = tuple([c for c, _ in", "tuple([c for c, _ in"),
        Bug("Blocks.__init__", "_known(x, ", "(lambda x, block: block)(x, "),
        Bug("Blocks.__init__", "self._use(y, block[:place])", "pass"),
        Bug("Blocks.site", "if c[1] is not x", "if True"),
        Bug("Blocks.site", "block = self.of[user]", "block = self.paths.get(user, ())"),
        Bug("Blocks.site", "path[: len(block)] == block", "True"),
    ],
    plan: [
        Bug("Plan.__init__", "self.uses.update(roots)", "pass"),
        Bug("Plan._flat_sums", "self.uses[y] == 1", "True"),
        Bug("Plan._flat_sums", "flat += terms.pop(y)", "flat += terms.pop(y)[:1]"),
        Bug("Plan._in_place", "self.uses[y] == 1", "True"),
        Bug("Plan.first", "if y not in apart", "if y not in apart[1:]"),
        Bug("Plan._making", "self.apart.get(x, ())", "self.apart.get(x, ())[1:]"),
        Bug("Plan._statements", "before.add(makers[s.target][0])", "pass"),
        Bug("_put_off", "early.update(x.args)", "pass"),
        Bug("_scheduled", "later.waits -= 1", "later.waits -= 2"),
    ],
    axis: [
        Bug("as_rows", "a is not b", "False"),
    ],
    lower: [
        Bug("_sums", '"sum", *lane', '"sum", *lane[:2]'),
        Bug("_over", "if x.axis in dims else sums", "if False else sums"),
        Bug("_permute", "dims.index(x.axis)", "x.axis"),
        Bug("_pad", "inner.flat", "inner.flat[::-1]"),
        Bug("_inner_ranges", "return without(ranges, axis)", "return ranges[len(ranges) > 1 :]"),
        Bug("_cat", "dim - 1", "dim"),
        Bug("_mm", "scalars.total(s)", "s"),
        Bug("_product", "right[j::m]", "right[j::k]"),
    ],
    lanes: [
        Bug("_pick", "lane[int(place.data)]", "lane[-1 - int(place.data)]"),
        Bug("scatter_add", "float(k)", "float(k + 1)"),
        Bug("_first_max", '"sub", 1.0, op("le", x, top)', '"sub", 1.0, op("ge", x, top)'),
        Bug("max_", '"maximum"', '"minimum"'),
        Bug("softmax", "fsum", "max"),
        Bug("log_softmax", "-1.0", "0.0"),
        Bug("_by_lane", "axis == dim", "False"),
        Bug("_from_lanes", "k % inner", "0"),
    ],
    text: [
        Bug("Writer.spelled", "held + (i > 0)", "held"),
        Bug("Writer._sum", '" - "', '" + "'),
        Bug("Writer._choice", 'second if kind == "unless"', 'first if kind == "unless"'),
        Bug("Writer.statement", " -= ", " += "),
    ],
}
KERNELS = {  # the same, of the program in lists
    passes: [
        Bug("takes", "inner[i] for i in places", "i for i in places"),
        Bug("takes", "places == tuple(range(x.size))", "len(places) == x.size"),
        Bug("transposes", '"columns"', '"rows"'),
        Bug("turned", "(right, left)", "(left, right)"),
        Bug("_take_of_part", "start += part.size", "pass"),
        Bug("pads", "j + n if", "j if"),
    ],
}


def planted(monkeypatch, module, bug):
    """Put the function with the bug in its module or class, and wherever else it is held."""
    home, name = module, bug.function
    if "." in name:
        owner, name = name.split(".")
        home = getattr(module, owner)
    function = getattr(home, name)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(bug.old) == 1, f"{bug.old!r} is no longer once in {bug.function}"
    found = {}
    exec(compile(source.replace(bug.old, bug.new), "<planted>", "exec"), vars(module), found)
    monkeypatch.setattr(home, name, found[name])
    for other in [m for path, m in sys.modules.items() if path.startswith(COMPILER)]:
        held = vars(other)
        for table in [held, *[x for x in held.values() if type(x) is dict]]:
            for key in [key for key, x in table.items() if x is function]:
                monkeypatch.setitem(table, key, found[name])


def disagreement(off=()):
    """What is found wrong first, of random programs of all flavours; None if they all agree."""
    for i in range(MOST):
        for flavour in ("net", "batch", "plain", "values", "sample"):
            made = FLAVOURS[flavour](random.Random(f"{flavour} {i}"))
            try:
                if flavour != "sample":
                    check(made, Compiled(made.function, off=off), random.Random(i), calls=1)
                elif not off:
                    mean, draw = batch_mean(made.function), batches(made)
                    compiled = Compiled(made.function, batched=True)
                    check(made, compiled, random.Random(i), mean, draw, calls=1)
            except Exception as error:
                return f"{type(error).__name__}: {error}"
    return None


@pytest.fixture(autouse=True)
def conditions_with_little_to_skip_count(monkeypatch):
    monkeypatch.setattr(guards, "WORTH", 1)  # since random programs are small
    monkeypatch.setattr(guards, "MANY", 1)


@KINDS
def test_without_a_bug_all_programs_agree(off):
    assert disagreement(off) is None


@pytest.mark.parametrize(
    "module, bug", [(module, bug) for module, bugs in ROWS.items() for bug in bugs],
    ids=lambda x: f"{x.function}: {x.new}" if isinstance(x, Bug) else x.__name__.split(".")[-1],
)  # fmt: skip
def test_a_bug_in_a_pass_of_single_numbers_is_caught(monkeypatch, module, bug):
    planted(monkeypatch, module, bug)
    assert disagreement()


@pytest.mark.parametrize(
    "module, bug", [(module, bug) for module, bugs in KERNELS.items() for bug in bugs],
    ids=lambda x: f"{x.function}: {x.new}" if isinstance(x, Bug) else x.__name__.split(".")[-1],
)  # fmt: skip
def test_a_bug_in_a_pass_of_lists_is_caught(monkeypatch, module, bug):
    planted(monkeypatch, module, bug)
    assert disagreement(("rows",))
