"""Rules as text: the right parentheses and no others, read back by Python itself."""

import ast
import random
import re

import pytest

from micrograd_opt import Tensor, Value
from micrograd_opt.draw.tape.formula import by_number, formula, number, numbers
from micrograd_opt.draw.tape.tape import symbolic, tape
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Op
from op_samples import SAMPLES

OPS = {op.name: op for op in vars(ops).values() if isinstance(op, Op)}
VALUES = {
    label: Value(data, label=label) for label, data in zip("gzxy", (3, 2, -3, 5), strict=True)
}


def written(text):
    """`text`, an expression of g z x y, evaluated on Values and written down again."""
    with symbolic():
        return formula(eval(text, {**OPS, **VALUES}))


def structure(node):
    """The graph of a node as nested tuples."""
    return (node.op.name, *map(structure, node._prev)) if node.op else (node.label, node.data)


@pytest.mark.parametrize(
    "text",
    [
        "g", "g * y", "-g", "-x * x", "-(x * x)", "-(-x)", "x - (y - g)", "x - y - g",
        "x + (y + g)",
        "x / (y * g)", "x / y * g", "x * (y / g)", "(x + y) * g", "x * (y + g)", "x + y * g",
        "(-x) ** 2", "-x ** 2", "x ** -y", "x ** y ** g", "(x ** y) ** g", "(x * y) ** 2",
        "x ** (y - 1)", "x + (-y)", "x - (-y)", "x - (-y * g)", "x * -y", "g * (1 - z * z)",
        "exp(-x * x)", "where(step(x), g, 0)", "-(g * z / y)",
    ],
)  # fmt: skip
def test_python_reads_a_formula_as_it_was_meant(text):
    assert written(text) == text


def random_expression(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([*VALUES.values(), Value(float(rng.randint(1, 9)))])
    x = random_expression(rng, depth - 1)
    op = rng.choice([ops.add, ops.sub, ops.mul, ops.div, ops.pow_, ops.neg, ops.relu])
    return op(x) if len(op.vjps) == 1 else op(x, random_expression(rng, depth - 1))


class NumbersAsValues(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.Call(ast.Name("Value", ast.Load()), [node], [])


def read_back(text):
    """The structure that Python makes of a text; None if it makes nothing of it."""
    try:
        tree = ast.fix_missing_locations(NumbersAsValues().visit(ast.parse(text, mode="eval")))
        return structure(eval(compile(tree, text, "eval"), {**OPS, **VALUES, "Value": Value}))
    except (SyntaxError, TypeError):
        return None


def test_a_random_expression_is_read_back_and_needs_each_of_its_parentheses():
    rng = random.Random(0)
    for _ in range(300):
        node = random_expression(rng, 4)
        text = formula(node)
        assert read_back(text) == structure(node), text
        for start in (i for i, c in enumerate(text) if c == "("):
            name_before = text[start - 1 : start].isalnum()
            signed = text[start + 1] == "-"  # by choice: x - (-y), not x - -y
            if not name_before and not signed:
                end = closing(text, start)
                bare = text[:start] + text[start + 1 : end] + text[end + 1 :]
                assert read_back(bare) != structure(node), (text, bare)


def closing(text, start):
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    raise AssertionError(text)


SMOOTH = [name for name, op in OPS.items() if op.elementwise and any(op.vjps)]


@pytest.mark.parametrize("name", SMOOTH)
def test_the_text_of_a_rule_computes_what_the_rule_sends(name):
    """g = 2 arrives; the text, evaluated by Python on floats, gives the contribution."""
    rng = random.Random(1)
    for _ in range(5):
        inputs = [Value(x) for x in SAMPLES[name].draw(rng)]
        z = OPS[name](*inputs)
        visit = tape(z * 2.0).visits[1]
        assert visit.gradient == 2.0
        for sent in visit.sent:
            names = {"g": 2.0, "z": z.data}
            symbols = ("c", "x", "y") if name == "where" else ("x", "y")
            names |= dict(zip(symbols, (x.data for x in inputs), strict=False))
            rounded = re.search(r"\.\d\d", sent.formula)  # such as erfc's 2/√π, in four digits
            digits = 1e-3 if rounded else 1e-14
            found = eval(sent.formula, {**OPS, **names})
            assert found == pytest.approx(sent.contribution, rel=digits)
            assert eval(sent.numbers, dict(OPS)) == pytest.approx(sent.contribution, rel=0.02)
            names_used = set(re.findall(r"\b[a-z]\b", sent.formula))
            assert names_used <= names.keys()


def sent_by(z):
    """What the op of a Tensor sends, as text."""
    return [sent.formula for sent in tape(z, gradient=z.data).visits[0].sent]


def tensor(*shape):
    n = 1
    for size in shape:
        n *= size
    return Tensor([0.5 + i for i in range(n)], requires_grad=True).reshape(shape)


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (tensor(2, 3) @ tensor(3, 4), ["g @ y.T", "x.T @ g"]),
        (tensor(2, 2, 3) @ tensor(2, 3, 4), ["g @ y.mT", "x.mT @ g"]),
        (tensor(2, 3).T, ["g.T"]),
        (tensor(2, 3, 4).permute(2, 0, 1), ["permute(g, (1, 2, 0))"]),
        (tensor(3).expand(2, 3), ["sum_to(g, (3,))"]),
        (ops.sum_to(tensor(2, 3), shape=(3,)), ["expand(g, (2, 3))"]),
        (tensor(2, 3).reshape(6), ["reshape(g, (2, 3))"]),
        (tensor(2, 3).sum(), ["expand(g, (2, 3))"]),
        (tensor(2, 3).sum(0), ["expand(g, (2, 3))"]),
        (tensor(2, 3).sum(1), ["expand(reshape(g, (2, 1)), (2, 3))"]),
        (tensor(2, 3).sum(1, keepdim=True), ["expand(g, (2, 3))"]),
        (ops.softmax(tensor(2, 3), dim=1), ["z * (g - sum(g * z, dim=1, keepdim=True))"]),
        (ops.log_softmax(tensor(2, 3), dim=0), ["g - exp(z) * sum(g, dim=0, keepdim=True)"]),
        (tensor(2, 3).relu(), ["where(step(x), g, 0)"]),
        (tensor(2, 3) ** 2.0, ["g * y * x ** (y - 1)"]),
        (tensor(2, 3)._slice((range(0, 1), range(2, -1, -2))), ["pad(g, (2, 3), at=[0:1, 2::-2])"]),
        (ops.pad(tensor(2), ranges=(range(1, 3),), shape=(4,)), ["g[1:3]"]),
        (ops.cat(tensor(2), tensor(3), dim=0), ["g[0:2]", "g[2:5]"]),
        (tensor(3, 2)[[2, 0]], ["index_add(g, index, rows=3)"]),
        (tensor(2, 3).max(1, True).values, ["scatter_add(g, index, dim=1, size=3)"]),
        (tensor(3).max(), ["where((x == z) + (x != x), g / sum((x == z) + (x != x)), 0)"]),
        (tensor(2, 3).tanh(), ["g * 4 * sigmoid(x * 2) * sigmoid(x * -2)"]),
    ],
)  # fmt: skip
def test_the_rules_of_tensors_read_like_formulas(z, expected):
    assert sent_by(z) == expected


def test_a_guard_at_an_edge_is_written_only_where_the_elements_differ_in_it():
    """x ** y at y = 0 and x = 0, where y·x^(y−1) would be 0 · inf, and beside it a plain x ** 2."""
    edge, plain = Value(0.0) ** Value(0.0), Value(3.0) ** Value(2.0)
    assert tape(edge).visits[0].sent[0].formula == "g * y * x ** (1 - 1)"
    assert tape(plain).visits[0].sent[0].formula == "g * y * x ** (y - 1)"
    both = Tensor([0.0, 3.0], requires_grad=True) ** Tensor([0.0, 2.0])
    assert "where(" in sent_by(both)[0]


def test_numbers_are_put_in_with_four_digits():
    x, y = Value(1 / 3, label="x"), Value(-20000.0, label="y")
    assert formula(x * y, by_number) == "0.3333 * -2e+04"
    assert formula(x - y, by_number) == "0.3333 - (-2e+04)"
    assert formula(y**x, by_number) == "(-2e+04) ** 0.3333"
    assert [number(x) for x in (-0.0, float("inf"), float("nan"))] == ["0", "inf", "nan"]


def test_a_small_array_is_a_list_and_a_large_one_its_shape():
    assert numbers(Tensor([[1.0, -2.5], [3.0, 0.0]]).data) == "[[1, -2.5], [3, 0]]"
    assert numbers(Tensor([1 / 3] * 4).data) == "(4,)"
    assert numbers(Tensor([1 / 3] * 4).data, longest=40) == "[0.3333, 0.3333, 0.3333, 0.3333]"
    assert numbers(Tensor([[]]).data) == "(1, 0)"
    assert numbers(Tensor(2.0).data) == "2"


def test_a_label_of_several_words_is_put_in_parentheses_where_it_must_be():
    product, bias = Value(2.0, label="w*x + v*u"), Value(1.0, label="b")
    assert formula(product * bias) == "(w*x + v*u) * b"
    assert formula(product.exp()) == "exp(w*x + v*u)"
