"""An expression that someone typed, computed with Values and without `eval`.

`ast` reads the text as a tree. Of what Python has, a walk lets through numbers, names, + − * / **
and the functions below; the rest (attributes, subscripts, lambdas, strings …) it refuses, with its
place, before anything is computed. A second walk computes.
Read next: `cli/graph.py`.
"""

import ast
import keyword
import unicodedata
import warnings

from ..engine import ops
from ..engine.node_methods import Functions

LONGEST = 1000  # characters: no picture shows more, and no walk of the tree gets too deep

UNARY = {ast.USub: ops.neg, ast.UAdd: lambda x: x}
BINARY = {
    ast.Add: ops.add, ast.Sub: ops.sub, ast.Mult: ops.mul, ast.Div: ops.div, ast.Pow: ops.pow_,
}  # fmt: skip
_METHODS = [name for name in vars(Functions) if name[0] != "_" and name != "detach"]
FUNCTIONS = {"abs": (ops.abs_, 1), "maximum": (ops.maximum, 2), "minimum": (ops.minimum, 2)} | {
    name: (getattr(ops, name), 1) for name in _METHODS
}  # name: (function, number of arguments)
KNOWN = " ".join(sorted(FUNCTIONS))


class Expression:
    """An expression in names, such as tanh(a*b + c).

    names   its variables, in the order in which they come

    ValueError, with the place and the reason, for a text that is none.

    >>> from micrograd_opt import Value
    >>> expression = Expression("a*b + 1")
    >>> expression.names
    ['a', 'b']
    >>> expression.evaluate({"a": Value(2.0), "b": Value(-3.0)})
    Value(-5.0, grad=0.0)
    """

    def __init__(self, text):
        self.text = " ".join(text.split())
        if not self.text:
            raise ValueError("the expression is empty; write such as tanh(a*b + c)")
        if len(self.text) > LONGEST:
            raise ValueError(f"the expression has {len(self.text)} characters, more than {LONGEST}")
        try:
            self._tree = _parsed(self.text)
            self.names = list(dict.fromkeys(self._names(self._tree)))
        except (RecursionError, MemoryError):
            raise ValueError("the expression is nested too deeply; write it flatter") from None

    def evaluate(self, values):
        """What it comes to: `values` has a Value for each name. Without names a float.

        Numbers are constants and floats from the start, so 9**9**9 is inf at once.
        """
        return self._evaluate(self._tree, values)

    def _names(self, tree):
        """The names in a tree, each time that they come; ValueError if it is no arithmetic."""
        match tree:
            case ast.Constant(number) if type(number) in (int, float):
                try:
                    float(number)
                except OverflowError:
                    self._refuse(tree, "is too large for a float; write such as 1e300")
                return []
            case ast.Name(name) if name in FUNCTIONS:
                self._refuse(tree, f"is a function; write {name}(…)")
            case ast.Name(name):
                return [name]
            case ast.UnaryOp(op, x) if type(op) in UNARY:
                return self._names(x)
            case ast.BinOp(x, op, y) if type(op) in BINARY:
                return self._names(x) + self._names(y)
            case ast.BinOp(op=ast.BitXor()):
                self._refuse(tree, "is no arithmetic; a power is written **, as in a**2")
            case ast.Call(ast.Name(name), args, keywords) if name in FUNCTIONS:
                takes = FUNCTIONS[name][1]
                if keywords or len(args) != takes:
                    self._refuse(tree, f"is wrong: {name} takes {takes} argument{'s'[: takes - 1]}")
                return [name for x in args for name in self._names(x)]
            case ast.Call(function):
                self._refuse(function, f"is no known function; there are {KNOWN}")
            case _:
                why = f"is no arithmetic; write numbers, names, + - * / ** ( ) and {KNOWN}"
                self._refuse(tree, why)

    def _evaluate(self, tree, values):
        match tree:
            case ast.Constant(number):
                return float(number)
            case ast.Name(name):
                return values[name]
            case ast.UnaryOp(op, x):
                return UNARY[type(op)](self._evaluate(x, values))
            case ast.BinOp(x, op, y):
                return BINARY[type(op)](self._evaluate(x, values), self._evaluate(y, values))
            case ast.Call(ast.Name(name), args):
                return FUNCTIONS[name][0](*[self._evaluate(x, values) for x in args])

    def _refuse(self, tree, why):
        part = ast.get_source_segment(self.text, tree)
        part = part if len(part) <= 40 else part[:39] + "…"
        before = self.text.encode()[: tree.col_offset].decode()
        raise ValueError(f"the expression, column {len(before) + 1}: {part!r} {why}")


def _parsed(text):
    """The tree that Python reads in a text; ValueError if it can make none of it."""
    try:
        with warnings.catch_warnings():  # it has doubts about the spacing of `1if a else 2`
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:  # a ValueError for what is no UTF-8
        column = f", column {error.offset}" if getattr(error, "offset", None) else ""
        why = getattr(error, "msg", "a character that no text should have")
        raise ValueError(f"the expression{column}: {why}") from None


def assignments(texts, option):
    """{name: number} of several; ValueError, with the option's name, for a name that comes twice.

    >>> assignments(["a=0.5", "b=2"], "--set")
    {'a': 0.5, 'b': 2.0}
    """
    values = {}
    for name, number in map(assignment, texts):
        if name in values:
            raise ValueError(f"{option}: {name} is set twice, to {values[name]:g} and {number:g}")
        values[name] = number
    return values


def assignment(text):
    """The name and the number of "NAME=NUMBER"; ValueError if it is none.

    >>> assignment("a=0.5")
    ('a', 0.5)
    """
    name, _, number = text.partition("=")
    name = unicodedata.normalize("NFKC", name.strip())  # as Python reads names
    if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS:
        raise ValueError(f"{text!r:.60} gives no number to a name; write such as a=0.5")
    try:
        return name, float(number)
    except ValueError:
        raise ValueError(f"{name}: {number!r:.60} is no number; write such as {name}=0.5") from None
