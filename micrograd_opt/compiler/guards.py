"""Which steps can be skipped: where a ReLU is shut or a hinge is met, gradients are zero.

A step's path is the list of conditions without which it is 0, read off the products that lead to
it: in `where(open, g, 0) * x` it is `open`. A step belongs into the block of `if`s that all its
uses share, so work that only a skipped step needs is skipped too. What is skipped counts as 0, also
where IEEE has 0·∞ = NaN.
A term of a sum is skipped too where many sums share its path, as all neurons of a layer share the
ReLUs before them: they are added in one block. Few terms are added also where they are 0, since a
long sum in one expression is faster than half of it in many statements.
Read next: `plan.py`, which puts the blocks in order.
"""

from collections import Counter
from itertools import takewhile

from .scalars import BEFORE

WORTH = 4  # a condition with less to skip stays a choice in place
MANY = 8  # so many terms of one path are added in a block of their own


def paths(order, terms):
    """{Scalar: its path} for all that are zero sometimes.

    A condition is (kind, Scalar): "if" the Scalar is not 0, "unless" it is.
    """
    found = {}
    for x in order:
        path = _path(x, terms.get(x, x.args), found)
        if path:
            found[x] = path
    work = Counter(condition for path in found.values() for condition in path)
    kept = {x: tuple(c for c in path if work[c] >= WORTH) for x, path in found.items()}
    alike = Counter(kept.values())
    for x, path in kept.items():
        if x.op == "mul" and alike[path] == 1:  # an `if` of its own would save one product
            kept[x] = path[:-1]
    return {x: path for x, path in kept.items() if path}


def _path(x, args, found):
    if x.op == "where":
        return _path_of_choice(*args, found)
    if x.op == "relu":
        return (("if", x),)
    if x.op == "mul":
        return joined(*[found.get(y, ()) for y in args])
    if x.op in ("neg", "quotient", "div"):
        return found.get(args[0], ())
    if x.op in ("add", "sub", "sum"):
        return shared([found.get(y, ()) for y in args])
    return ()


def _path_of_choice(condition, x, y, found):
    if y.op == "const" and y.data == 0.0:
        return joined(found.get(x, ()), (("if", condition),))
    if x.op == "const" and x.data == 0.0:
        return joined(found.get(y, ()), (("unless", condition),))
    return shared([found.get(x, ()), found.get(y, ())])


def joined(path, more):
    """The conditions of both, each once."""
    return path + tuple([c for c in more if c not in path])


def shared(paths):
    """The conditions with which all paths begin."""
    first, *others = paths or [()]
    if not first:
        return ()
    for path in others:
        pairs = zip(first, path, strict=False)
        first = tuple([c for c, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)])
    return first


def _known(x, block):
    """The conditions with which a block begins that are known in the phase of x."""
    return tuple(takewhile(lambda condition: condition[1].phase in (BEFORE, x.phase), block))


class Blocks:
    """The block of each Scalar: a tuple of conditions, () for what always runs.

    terms   {Scalar: what is added up to make it}, of each sum
    """

    def __init__(self, order, roots, terms, off=()):
        self.paths = {} if "guards" in off else paths(order, terms)
        self._sums = Counter(self.paths.get(y) for x in terms for y in terms[x])
        self._terms, self.of = terms, {}
        self._sites = {root: [()] for root in roots}
        for x in reversed(order):
            self.of[x] = block = _known(x, shared(self._sites.pop(x, [()])))
            for place, (_, y) in enumerate(block):
                self._use(y, block[:place])
            for y in terms.get(x, x.args):
                self._use(y, self.site(x, y))

    def site(self, user, x):
        """The block in which `user` uses x: its own; but a total adds x where x is not 0, and so
        does a sum, if there are many such terms."""
        path = tuple([c for c in self.paths.get(x, ()) if c[1] is not x])
        if user.op == "total":
            return path
        block = self.of[user]
        if user in self._terms and self._sums[path] >= MANY and path[: len(block)] == block:
            return path
        return block

    def _use(self, x, block):
        self._sites.setdefault(x, []).append(block)
