"""Bugs as rewritings of the syntax tree, so that renaming a local variable breaks none of them.

A bug says which piece of a function becomes what, as `check/rewriting.py` reads it:

    Bug("eps inside the root", "Adam.update", "sqrt(V) + E", "sqrt(V + E)")
    Bug("AdamW coupled", "AdamW.__init__", "F(..., decoupled=True)", "F(..., decoupled=False)")

If the function or the piece is missing, or there twice, that is an error: describe the bug anew.
`nth` says which of several pieces is meant, in the order of the source.
"""

import ast
from typing import NamedTuple

from micrograd_opt.check.rewriting import rewritten


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
    pieces = rewritten(function, bug.before, bug.after, bug.nth)
    if bug.nth is None and pieces != 1 or pieces < (bug.nth or 1):
        raise LookupError(f"{bug.function} has {pieces} times {bug.before!r} ({bug.what})")
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
