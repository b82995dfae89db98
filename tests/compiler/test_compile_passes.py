"""A wrong pass is caught: a bug planted in each turns the random programs red.

A bug rewrites a piece of a function, while one test runs; `planting.py` says how to read a row.
What then runs is the check of `test_compile_random.py`, on the same programs for all bugs, until
one of them disagrees.
"""

import ast
import inspect
import random
import sys

import pytest
from compiling import KINDS

from agreement import batch_mean, check
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
from planting import Bug, planted
from programs import FLAVOURS, batches

COMPILER = Compiled.__module__.rpartition(".")[0]
MOST = 250  # programs of each flavour: enough for all the bugs


# fmt: off
ROWS = {  # {module: bugs}, of the program in single numbers
    simplify: [
        Bug("a folded sum is its first term", "fold", "sum(N)", "N[0]"),
        Bug("the arguments of a folded op swapped", "fold", "F(*N)", "F(*reversed(N))"),
        Bug("0 + y is 0", "_add", "if is_number(X, 0.0): return Y",
            "if is_number(X, 0.0): return X", nth=1),
        Bug("x + −y is x + y", "_add", "G.op('sub', X, Y.args[0])", "G.op('add', X, Y.args[0])",
            nth=1),
        Bug("−x + y is x − y", "_add", "G.op('sub', Y, X.args[0])", "G.op('sub', X.args[0], Y)",
            nth=2),
        Bug("0 − y is y", "_sub", "G.op('neg', Y)", "Y"),
        Bug("x − −y is x − y", "_sub", "G.op('add', X, Y)", "G.op('sub', X, Y)"),
        Bug("2·x is x", "_mul", "is_number(A, 1.0)", "is_number(A, 2.0)"),
        Bug("−1·x is x", "_mul", "G.op('neg', B)", "B"),
        Bug("0·x is 0 for all x", "_mul", "is_number(A, 0.0) and F", "is_number(A, 0.0) or F"),
        Bug("−(x − y) is x − y", "_neg", "G.op('sub', X.args[1], X.args[0])",
            "G.op('sub', *X.args)"),
        Bug("−−x is −x", "_neg", "return X.args[0]", "return X"),
        Bug("x / c is c / x", "_div", "G.op('quotient', X, Y)", "G.op('quotient', Y, X)"),
        Bug("x / 2 is x", "_div", "Y.data == 1.0", "Y.data == 2.0"),
        Bug("x² is 2x", "_pow", "G.op('mul', X, X)", "G.op('mul', X, 2.0)"),
        Bug("x⁰ is 0", "_pow", "G.const(1.0)", "G.const(0.0)"),
        Bug("a known condition chooses the other", "_where",
            "X if C.data else Y", "Y if C.data else X"),
        Bug("a choice between two is the first", "_where", "X is Y", "X is not Y"),
        Bug("a mask asks another op's output", "masks", "('relu', *A)", "('neg', *A)"),
        Bug("ones left out of a sum", "_sum", "is_number(X, 0.0)", "is_number(X, 1.0)"),
        Bug("three terms are an addition", "_sum", "len(T) <= 2", "len(T) <= 3"),
    ],
    slopes: [
        Bug("σ(x) for σ(−x)", "logistic", "G.op('where', C, 1.0, E)", "G.op('where', C, E, 1.0)"),
        Bug("softplus without the ReLU", "logistic", "G.op('relu', X)", "X"),
        Bug("e / (1 + e)e for e / (1 + e)²", "slope",
            "G.op('quotient', E, G.op('mul', O, O))", "G.op('quotient', E, G.op('mul', O, E))"),
        Bug("x / 4 of a constant is x", "_fourth", "X.data / 4.0", "X.data"),
        Bug("1 − z for 1 − z²", "slope",
            "G.op('sub', 1.0, S)", "G.op('sub', 1.0, S.args[0])"),
        Bug("all constants are opposite", "_opposite", "A.data == -B.data", "True"),
        Bug("−v is opposite to every u", "_opposite", "V.op == 'neg' and V.args[0] is U",
            "V.op == 'neg' and True", nth=1),
    ],
    scalars: [
        Bug("all ops commute", "Scalars.op", "O in COMMUTATIVE", "True"),
        Bug("only the first argument tells ops apart", "Scalars.op",
            "K if C else (O, *A)", "K if C else (O, *A[:1])"),
        Bug("constants with the same whole part are one", "Scalars.const", "repr(X)", "int(X)"),
        Bug("a constant's total is itself", "Scalars.total", "self.op('mul', X, self.rows)", "X"),
        Bug("a factor forgotten in a total", "Scalars.total",
            "self.op('mul', X.args[0], self.total(X.args[1]))", "self.op('total', X.args[1])"),
        Bug("a total of a sum is its first term's", "Scalars.total",
            "[self.total(Y) for Y in X.args]", "[self.total(Y) for Y in X.args[:1]]"),
    ],
    guards: [
        Bug("a sum is 0 where one term is", "_path", "shared(P)", "joined(*P)"),
        Bug("a second choice is 0 where the condition is not met", "_path_of_choice",
            "('unless', C)", "('if', C)"),
        Bug("every second choice is 0", "_path_of_choice", "Y.data == 0.0", "True", nth=1),
        Bug("a choice is 0 where one of both is", "_path_of_choice", "shared(P)", "joined(*P)"),
        Bug("the first path is shared by all", "shared",
            "F = tuple([C for C, O in P])", "pass"),
        Bug("conditions of a later phase are known", "Blocks.__init__", "_known(X, B)", "B"),
        Bug("a condition is computed in no block", "Blocks.__init__",
            "self._use(Y, B[:P])", "pass"),
        Bug("a step waits for itself", "Blocks.site", "C[1] is not X", "True"),
        Bug("a user's path for its block", "Blocks.site",
            "self.of[U]", "self.paths.get(U, ())"),
        Bug("a term leaves the block of its sum", "Blocks.site", "P[:len(B)] == B", "True"),
    ],
    plan: [
        Bug("results do not count as uses", "Plan.__init__", "self.uses.update(R)", "pass"),
        Bug("a sum used twice is absorbed", "Plan._flat_sums", "self.uses[Y] == 1", "True"),
        Bug("an absorbed sum leaves its first term", "Plan._flat_sums",
            "F += T.pop(Y)", "F += T.pop(Y)[:1]"),
        Bug("a ReLU overwrites what others read", "Plan._in_place", "self.uses[Y] == 1", "True"),
        Bug("a term is added twice", "Plan.first", "Y not in A", "Y not in A[1:]"),
        Bug("a term apart is forgotten", "Plan._making",
            "self.apart.get(X, ())", "self.apart.get(X, ())[1:]"),
        Bug("a term is added before the sum begins", "Plan._statements",
            "B.add(M[S.target][0])", "pass"),
        Bug("what the loop needs is put off", "_put_off", "E.update(X.args)", "pass"),
        Bug("two waits less for each statement", "_scheduled", "L.waits -= 1", "L.waits -= 2"),
    ],
    axis: [
        Bug("rows that differ are one", "as_rows", "A is not B", "False"),
    ],
    lower: [
        Bug("a sum of two elements", "_sums", "S.op('sum', *L)", "S.op('sum', *L[:2])"),
        Bug("no sum over the rows", "_over", "A if X.axis in D else S", "S"),
        Bug("the axis stays in a permutation", "_permute", "D.index(X.axis)", "X.axis"),
        Bug("padded backwards", "_pad", "I.flat", "I.flat[::-1]"),
        Bug("the first range for the axis's", "_inner_ranges",
            "return without(R, A)", "return R[len(R) > 1:]"),
        Bug("cat along the next dim", "_cat", "D - 1", "D"),
        Bug("a product over the batch is one row's", "_mm", "S.total(X)", "X"),
        Bug("columns with the wrong stride", "_product",
            "zip(X, R[J::M], strict=True)", "zip(X, R[J::len(X)], strict=True)"),
    ],
    lanes: [
        Bug("gather counts from the end", "_pick", "L[int(P.data)]", "L[-1 - int(P.data)]"),
        Bug("scatter_add one place on", "scatter_add", "float(K)", "float(K + 1)"),
        Bug("the smallest for the largest", "_first_max",
            "O('sub', 1.0, O('le', X, T))", "O('sub', 1.0, O('ge', X, T))"),
        Bug("the minimum for the maximum", "max_", "'maximum'", "'minimum'"),
        Bug("a softmax divided by the largest", "softmax", "'fsum'", "'max'"),
        Bug("a log_softmax that counts the largest twice", "log_softmax", "-1.0", "0.0"),
        Bug("lanes along the rows", "_by_lane", "A == D", "False"),
        Bug("all lanes begin at 0", "_from_lanes", "K % I", "0"),
    ],
    text: [
        Bug("no parentheses on the right", "Writer.spelled", "H + (I > 0)", "H"),
        Bug("+ for −", "Writer._sum", "' - '", "' + '"),
        Bug("the first choice where its condition is not met", "Writer._choice",
            "S if K == 'unless' else F", "F if K == 'unless' else F"),
        Bug("+= for −=", "Writer.statement", "f'{N} -= {T}'", "f'{N} += {T}'"),
        Bug("a ReLU of a ReLU takes one place of two", "Writer.name",
            "while X in self.plan.becomes: X = self.plan.becomes[X]",
            "if X in self.plan.becomes: X = self.plan.becomes[X]"),
    ],
}
KERNELS = {  # the same, of the program in lists
    passes: [
        Bug("a take of a take forgets the first", "takes",
            "[I[J] for J in P]", "[J for J in P]"),
        Bug("every take of as many is the whole", "takes",
            "P == tuple(range(X.size))", "len(P) == X.size"),
        Bug("rows for columns", "transposes", "'columns'", "'rows'"),
        Bug("a transposed product keeps its order", "turned",
            "('products', (R, L), P)", "('products', (L, R), P)"),
        Bug("all parts begin at 0", "_take_of_part", "S += P.size", "pass"),
        Bug("the second list's places in the first", "pads", "J + N if C else I", "J if C else I"),
    ],
}
# fmt: on


def plant(monkeypatch, module, bug):
    """Put the function with the bug in its module or class, and wherever else it is held."""
    owner, _, name = f".{bug.function}".rpartition(".")
    home = getattr(module, owner[1:]) if owner else module
    function, found = getattr(home, name), {}
    wrong = ast.unparse(planted(inspect.getsource(module), bug)[1])
    exec(compile(wrong, "<planted>", "exec"), vars(module), found)
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


def each_of(bugs):
    """Runs a test for every bug of {module: bugs}."""
    pairs = [(module, bug) for module, some in bugs.items() for bug in some]
    names = [f"{module.__name__.split('.')[-1]}: {bug.what}" for module, bug in pairs]
    return pytest.mark.parametrize("module, bug", pairs, ids=names)


@each_of(ROWS)
def test_a_bug_in_a_pass_of_single_numbers_is_caught(monkeypatch, module, bug):
    plant(monkeypatch, module, bug)
    assert disagreement()


@each_of(KERNELS)
def test_a_bug_in_a_pass_of_lists_is_caught(monkeypatch, module, bug):
    plant(monkeypatch, module, bug)
    assert disagreement(("rows",))
