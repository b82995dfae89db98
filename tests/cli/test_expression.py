"""Typed expressions: what they come to, and 90 texts that are no arithmetic and get one line each.

A refused text must be refused at once, before anything in it is computed or called.
"""

import ast
import inspect
import math
import os
import time
import warnings

import pytest

from micrograd_opt import Value
from micrograd_opt.cli import expression
from micrograd_opt.cli.expression import BINARY, FUNCTIONS, LONGEST, Expression, assignment
from micrograd_opt.engine import ops
from micrograd_opt.engine.node_methods import Functions


def evaluate(text, **numbers):
    values = {name: Value(number, label=name) for name, number in numbers.items()}
    return Expression(text).evaluate(values)


# ---- what is arithmetic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2.0), ("1e3", 1000.0), (".5", 0.5), ("1_000", 1000.0), ("0x10", 16.0),
        ("1 + 2 * 3", 7.0), ("(1 + 2) * 3", 9.0), ("7 / 2", 3.5), ("2 - 3 - 4", -5.0),
        ("2 ** 3 ** 2", 512.0), ("-2 ** 2", -4.0), ("(-2) ** 2", 4.0), ("2 ** -1", 0.5),
        ("+-+2", -2.0), ("--2", 2.0), ("8 / 4 / 2", 1.0), (" 1\n+\t2 ", 3.0), ("1 # one", 1.0),
        ("tanh(0)", 0.0), ("sqrt(9)", 3.0), ("exp(log(5))", pytest.approx(5.0)),
        ("abs(-3)", 3.0), ("maximum(1, 2)", 2.0), ("minimum(1, 2)", 1.0), ("relu(-1)", 0.0),
        ("sigmoid(0)", 0.5), ("softplus(0)", math.log(2.0)), ("cos(0) + sin(0)", 1.0),
        ("gelu(0)", 0.0),
    ],
)  # fmt: skip
def test_numbers_alone_are_computed_as_python_would(text, expected):
    expression = Expression(text)
    found = expression.evaluate({})
    assert found == expected and type(found) is float and expression.names == []


def test_names_stand_for_the_values_given_and_gradients_flow_to_them():
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    expression = Expression("tanh(a*b + c) / maximum(a, 1) ** 2")
    assert expression.names == ["a", "b", "c"]
    found = expression.evaluate({"a": a, "b": b, "c": c})
    found.backward()
    gradients = [x.grad for x in (a, b, c)]
    x, y, z = Value(2.0), Value(-3.0), Value(10.0)
    expected = (x * y + z).tanh() / ops.maximum(x, 1.0) ** 2
    expected.backward()
    assert found.data == expected.data and gradients == [x.grad, y.grad, z.grad]


def test_a_name_used_twice_is_one_leaf():
    x = Value(3.0)
    y = Expression("x * x").evaluate({"x": x})
    assert y._prev == (x, x)
    assert Expression("x").evaluate({"x": x}) is x


def test_numbers_are_constants():
    y = evaluate("3 * x", x=2.0)
    assert [p.requires_grad for p in y._prev] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9**9**9", math.inf), ("-9**9**9", -math.inf), ("1e999", math.inf), ("1/0", math.inf),
     ("log(0)", -math.inf), ("exp(1000)", math.inf), ("9**9**9**9**9**9", math.inf),
     ("(-8) ** (1/3)", math.nan), ("sqrt(-1)", math.nan), ("0/0", math.nan)],
)  # fmt: skip
def test_where_python_raises_or_hangs_ieee_answers(text, expected):
    assert Expression(text).evaluate({}) == pytest.approx(expected, nan_ok=True)


def test_names_are_read_as_python_reads_them():
    assert Expression("θ * x_1 + µ").names == ["θ", "x_1", "μ"]  # a micro sign is a mu
    assert assignment("µ=2") == ("μ", 2.0)
    assert Expression("exec + print + self").names == ["exec", "print", "self"]  # harmless here


def test_every_function_of_a_value_is_known():
    methods = {name for name in vars(Functions) if not name.startswith("_")} - {"detach"}
    assert set(FUNCTIONS) == methods | {"abs", "maximum", "minimum"}
    for name, (function, arity) in FUNCTIONS.items():
        x = [0.5, 0.25][:arity]
        text = f"{name}({', '.join(map(str, x))})"
        assert Expression(text).evaluate({}) == function(*x)
    for name in methods:
        assert FUNCTIONS[name][0](Value(0.5)).data == getattr(Value(0.5), name)().data


@pytest.mark.parametrize("text", ["a" + "+a" * (LONGEST // 2 - 1), "(" * 190 + "a" + ")" * 190])
def test_what_is_long_but_fits_is_computed(text):
    assert evaluate(text, a=1.0).data == text.count("a")


# ---- what is not

HOSTILE = {
    "import": "__import__('os')", "import, called": "__import__('os').system('touch hacked')",
    "eval": "eval('1')", "exec": "exec('a = 1')", "open": "open('hacked', 'w')",
    "print": "print(a)", "getattr": "getattr(a, 'data')", "globals": "globals()",
    "breakpoint": "breakpoint()", "exit": "exit()", "unknown function": "arctan(a)",
    "attribute": "a.data", "dunder": "a.__class__.__bases__", "number's attribute": "(1).real",
    "function's attribute": "tanh.__globals__", "method": "a.backward()", "subscript": "a[0]",
    "slice": "a[1:2]", "subscript of a call": "tanh(a)[0]", "lambda": "lambda: a",
    "lambda, called": "(lambda x: x)(a)", "list comprehension": "[a for a in b]",
    "generator": "(a for a in b)", "set comprehension": "{a for a in b}",
    "dict comprehension": "{a: a for a in b}", "generator in a call": "tanh(a for a in b)",
    "list": "[a]", "tuple": "(a, b)", "comma": "1,5", "empty tuple": "()", "dict": "{}",
    "dict display": "{**a}", "string": "'a'", "bytes": "b'a'", "string times": "'a' * 10**9",
    "f-string": "f'{a}'", "f-string code": "f'{open(1)}'", "walrus": "(a := 2)",
    "assignment": "a = 2", "keyword argument": "tanh(x=a)", "one more": "tanh(a, x=b)",
    "starred": "tanh(*a)", "double starred": "tanh(**a)", "bare star": "*a",
    "compare": "a < b", "chain": "1 < a < 2",
    "is": "a is b", "in": "a in b", "and": "a and b", "or": "a or b", "not": "not a",
    "conditional": "a if b else c", "warns": "1if 2else a", "await": "await a", "yield": "(yield)",
    "matmul": "a @ b", "floor division": "a // b", "modulo": "a % b", "invert": "~a",
    "shift": "1 << 99999999", "bit or": "a | b", "complex": "2j", "true": "True", "none": "None",
    "ellipsis": "...", "statement": "import os", "two statements": "a; b", "return": "return a",
    "keyword": "class", "del": "del a", "empty": "", "blank": " \n ", "comment": "# a",
    "two names": "a b", "two values": "2 a", "open parenthesis": "(a", "closed": "a)",
    "trailing operator": "a +", "no operand": "* a", "backslash": "a\\", "backtick": "`a`",
    "dollar": "$a", "shell": "$(touch hacked)", "nul": "a\0b", "nul alone": "\0",
    "surrogate": "a\ud800", "escape": "\x1b[31m", "byte order mark": "\ufeffa",
    "leading zero": "0777", "underscores": "1__0", "function alone": "tanh",
    "function as argument": "tanh(tanh)", "function times": "2 * abs", "no argument": "tanh()",
    "two arguments": "tanh(a, b)", "one argument": "maximum(a)", "call of a call": "tanh(a)(b)",
    "number called": "2(a)", "large int": "9" * 400, "hex": "0x" + "f" * 400,
    "larger int": "9" * 100_000, "parentheses": "(" * 100_000, "fewer": "(" * 300 + "a" + ")" * 300,
    "pairs": "(" * 50_000 + "a" + ")" * 50_000, "minuses": "-" * (LONGEST - 1) + "a",
    "powers": "a" + "**a" * 50_000, "brackets": "[" * 150 + "]" * 150, "long": "a" * (LONGEST + 1),
    "nots": "not " * 200 + "a", "lambdas": "lambda:" * 120 + "a",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_no_arithmetic_is_refused_at_once_in_one_line(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError) as caught:
            Expression(text)
    seconds = time.perf_counter() - started
    message = str(caught.value)
    assert message.startswith("the expression") and message.isprintable() and len(message) < 250
    assert seconds < 1.0 and warned == [] and os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", "column 1: '__import__' is no known function; there are abs cos exp"),
        ("2*a^2", "column 1: '2*a^2' is no arithmetic; a power is written **, as in a**2"),
        ("a*b.c", "column 3: 'b.c' is no arithmetic; write numbers, names, + - * / ** ( ) and abs"),
        ("θ * é.x", "column 5: 'é.x' is no arithmetic"),
        ("a + tanh", "column 5: 'tanh' is a function; write tanh(…)"),
        ("tanh(a, b)", "column 1: 'tanh(a, b)' is wrong: tanh takes 1 argument"),
        ("maximum(a)", "column 1: 'maximum(a)' is wrong: maximum takes 2 arguments"),
        ("9" * 400, f"column 1: '{'9' * 39}…' is too large for a float; write such as 1e300"),
        ("(a", "column 1: '(' was never closed"),
        ("a b", "column 3: invalid syntax"),
        ("", "the expression is empty; write such as tanh(a*b + c)"),
        ("a" * 1001, "the expression has 1001 characters, more than 1000"),
        ("-" * 999 + "a", "the expression is nested too deeply; write it flatter"),
        ("a\ud800", "the expression: a character that no text should have"),
    ],
)
def test_the_message_says_where_and_what(text, message):
    with pytest.raises(ValueError) as caught:
        Expression(text)
    assert message in str(caught.value)


def test_no_other_operator_slips_in():
    assert {op.__name__ for op in BINARY} == {"Add", "Sub", "Mult", "Div", "Pow"}


def test_the_source_hands_no_text_to_python_to_run():
    tree = ast.parse(inspect.getsource(expression))
    called = {getattr(n.func, "id", None) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert not called & {"eval", "exec", "compile", "__import__", "open"}


# ---- assignments


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a=2", ("a", 2.0)), ("b=-3", ("b", -3.0)), (" x1 = 1e-3 ", ("x1", 0.001)),
     ("θ=.5", ("θ", 0.5)), ("a=inf", ("a", math.inf)), ("_=0", ("_", 0.0))],
)  # fmt: skip
def test_an_assignment_gives_a_number_to_a_name(text, expected):
    assert assignment(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "a: '' is no number; write such as a=0.5"), ("a=", "a: '' is no number"),
        ("a=x", "a: 'x' is no number"), ("a==2", "a: '=2' is no number"),
        ("a=1=2", "a: '1=2' is no number"), ("a=1+1", "a: '1+1' is no number"),
        ("a=1j", "a: '1j' is no number"), ("a=\0", r"a: '\x00' is no number"),
        ("=2", "'=2' gives no number to a name; write such as a=0.5"), ("", "'' gives no"),
        ("2=a", "'2=a' gives no"), ("a.b=2", "'a.b=2' gives no"), ("a b=2", "'a b=2' gives no"),
        ("a[0]=2", "gives no"), ("lambda=2", "'lambda=2' gives no"), ("None=2", "gives no"),
        ("tanh=2", "'tanh=2' gives no"), ("\ud800=1", "gives no"), ("a\n=x\ny", "'x\\ny' is no"),
    ],
)  # fmt: skip
def test_an_assignment_that_is_none_is_refused(text, message):
    with pytest.raises(ValueError) as caught:
        assignment(text)
    assert message in str(caught.value) and "\n" not in str(caught.value)
