"""Bugs as rewritings of the syntax tree, so that renaming a local variable breaks none of them.

A bug says which piece of a function becomes what. Both are Python, in which a single capital
letter stands for any expression, the same wherever it returns, and `...` in a call for all that it
does not name:

    Bug("eps inside the root", "Adam.update", "sqrt(V) + E", "sqrt(V + E)")
    Bug("AdamW coupled", "AdamW.__init__", "F(..., decoupled=True)", "F(..., decoupled=False)")

The first turns `m / (sqrt(v) + eps)` into `m / sqrt(v + eps)`, whatever the two are called. What is
spelled out must be there: operators, constants, keys, the names of functions and attributes. A
piece is an expression or a statement; a statement may become `pass`.

If the function or the piece is missing, or there twice, that is an error: describe the bug anew.
`nth` says which of several pieces is meant, in the order of the source.
"""

import ast
from copy import deepcopy
from typing import NamedTuple


class Bug(NamedTuple):
    what: str  # what is wrong, in words
    function: str  # where: its dotted name in the file; or a class
    before: str
    after: str
    test: str = ""  # the file of tests that must turn red, where there are several
    nth: int | None = None  # 1, 2, …; None: the only one


def planted(source, bug):
    """The tree of a file's source with the bug in it, and in that tree the function."""
    tree = ast.parse(source)
    function = function_in(tree, bug.function)
    before, after = (ast.parse(text).body[0] for text in (bug.before, bug.after))
    if isinstance(before, ast.Expr) and isinstance(after, ast.Expr):
        before, after = before.value, after.value
    pieces = [piece for piece in as_read(function) if fits(before, piece, {})]
    if bug.nth is None and len(pieces) != 1 or len(pieces) < (bug.nth or 1):
        raise LookupError(f"{bug.function} has {len(pieces)} times {bug.before!r} ({bug.what})")
    piece, holes = pieces[(bug.nth or 1) - 1], {}
    fits(before, piece, holes)
    Swap(piece, Fill(holes).visit(after)).visit(function)
    return tree, function


def function_in(tree, dotted):
    """The function, method or class of that name."""
    found = tree
    for name in dotted.split("."):
        named = [node for node in found.body if getattr(node, "name", None) == name]
        if len(named) != 1:
            raise LookupError(f"{len(named)} definitions of {dotted}")
        (found,) = named
    return found


def as_read(function):
    """Its nodes from the first line to the last, an expression before its parts."""
    nodes = [node for node in ast.walk(function) if hasattr(node, "lineno")]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


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
