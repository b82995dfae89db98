"""Rewriting a formula: pieces of a function become others, whatever its variables are called.

    before                  after              does to  m / (sqrt(v) + eps)
    "sqrt(V) + E"           "sqrt(V + E)"      m / sqrt(v + eps)
    "F(..., lr=A)"          "F(..., lr=-A)"    nothing: no such piece is there

Both are Python, in which a single capital letter stands for any expression, the same wherever it
returns, and `...` in a call for all that it does not name. What is spelled out must be there:
operators, constants, keys, the names of functions and attributes. A piece is an expression or a
statement; a statement may become `pass`.

Read next: `check/habits.py`.
"""

import ast
from copy import deepcopy

__all__ = []


def rewritten(tree, before, after, nth=None):
    """Rewrite all such pieces of a tree in place, or only number `nth` = 1, 2, … in the order of
    the source, an expression before its parts; returns how many there are."""
    before, after = (ast.parse(text).body[0] for text in (before, after))
    if isinstance(before, ast.Expr) and isinstance(after, ast.Expr):
        before, after = before.value, after.value
    pieces = [node for node in ast.walk(tree) if hasattr(node, "lineno") and fits(before, node, {})]
    pieces.sort(key=lambda node: (node.lineno, node.col_offset))
    for number, piece in enumerate(pieces, 1):
        if nth in (None, number):
            holes = {}
            fits(before, piece, holes)
            Swap(piece, Fill(holes).visit(deepcopy(after))).visit(tree)
    return len(pieces)


def is_hole(node):
    return isinstance(node, ast.Name) and len(node.id) == 1 and node.id.isupper()


def has_others(node):
    """Whether it is a call with `...` for other arguments."""
    dots = [isinstance(x, ast.Constant) and x.value is ... for x in getattr(node, "args", ())]
    return isinstance(node, ast.Call) and any(dots)


def fits(pattern, node, holes):
    """Whether the node is such a piece; `holes` takes what its letters stand for."""
    if is_hole(pattern):
        seen = holes.setdefault(pattern.id, node)
        return isinstance(node, ast.expr) and ast.unparse(seen) == ast.unparse(node)
    if has_others(pattern) and isinstance(node, ast.Call):
        said = {keyword.arg for keyword in pattern.keywords}
        keywords = [keyword for keyword in node.keywords if keyword.arg in said]
        others = [keyword for keyword in node.keywords if keyword.arg not in said]
        holes["..."] = node.args, others
        return fits(pattern.func, node.func, holes) and fits(pattern.keywords, keywords, holes)
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, ast.AST):  # a name is the same whether it is read or set
        fields = [field for field in pattern._fields if field != "ctx"]
        return all(fits(getattr(pattern, x), getattr(node, x), holes) for x in fields)
    if isinstance(pattern, list):
        pairs = zip(pattern, node, strict=False)
        return len(pattern) == len(node) and all(fits(*pair, holes) for pair in pairs)
    return pattern == node


class Fill(ast.NodeTransformer):
    """Puts into a pattern what its letters stand for."""

    def __init__(self, holes):
        self.holes = holes

    def visit_Name(self, node):
        return deepcopy(self.holes[node.id]) if is_hole(node) else node

    def visit_Call(self, node):
        others = self.holes["..."] if has_others(node) else None
        self.generic_visit(node)
        if others:
            node.args, node.keywords = deepcopy(others[0]), node.keywords + deepcopy(others[1])
        return node


class Swap(ast.NodeTransformer):
    """Puts one node into the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)
