"""A program as whole lists: each step one op of a few lists, simplified as it is made.

An Item is a flat list of floats, or lanes of it: its rows or columns. A list of one number is a
number; and a number stands for a list of any size that holds nothing else, so what is expanded
from a number, or constant all over, is never built.
Read next: `passes.py`, the rules that `Lists.apply` asks; then `opened.py`, which calls it.
"""

from .passes import ELEMENTWISE, RULES
from .scalars import BEFORE, Scalar, Scalars
from .simplify import RULES as SCALAR_RULES

LANES = {"rows", "columns"}


class Item(Scalar):
    """A step of the program.

    op      an elementwise op's name, "const" or "leaf" as of Scalars; or one of whole lists, a
            row of `spelled.SPELLED`
    size    how many numbers; of lanes, how many of them
    params  what else an op of whole lists takes, a tuple; None of the others
    """

    __slots__ = ("size", "params")

    @property
    def elementwise(self):
        return self.params is None and self.op not in ("const", "leaf")


class Lists(Scalars):
    """Makes Items. The passes named in `off` are left out."""

    def __init__(self, off=()):
        super().__init__(off)
        shared = ("fold", "algebra", "masks", "slope")
        rules = {name: SCALAR_RULES[name] for name in shared} | ELEMENTWISE
        self.rules = [rule for name, rule in rules.items() if name not in off]
        self.list_rules = [rule for name, rule in RULES.items() if name not in off]
        self.made = []

    def leaf(self, size, name):
        item = self._new("leaf", (), None, size, None)
        item.name = name
        return item

    def literal(self, numbers):
        """A list of constants; a number, if they are all the same."""
        if numbers and len(set(map(repr, numbers))) == 1:
            return self.const(numbers[0])
        key = "literal", repr(numbers)
        return self._known("literal", (), tuple(numbers), len(numbers), (), key)

    def apply(self, op, args, size, *params):
        """An op of whole lists: what the rules make of it, or a new Item."""
        for rule in self.list_rules:
            simpler = rule(self, op, args, size, params)
            if simpler is not None:
                return simpler
        return self._known(op, args, None, size, params, (op, *args, size, *params))

    def whole(self, x, size):
        """x, which may be a number that stands for a list, as a list of that size."""
        return x if x.size == size else self.apply("fill", (x,), size)

    def take(self, x, places):
        """The elements of a list at places."""
        if x.size == 1 and places:
            return x
        return self.apply("take", (x,), len(places), places) if places else self.literal(())

    def lanes(self, x, k):
        """The lanes of k neighbours."""
        return self.apply("rows", (x,), x.size // k, k)

    def checked(self, index, node):
        """An index that the function computes, checked when the program runs."""
        x, places = node._prev
        n = x.shape[node.params.get("dim", 0)]
        index = self.whole(index, places.size)
        return self.apply("checked", (index,), places.size, n, f"{node._op}:")

    def _made(self, op, args, data, phase, key):
        sizes = {x.size for x in args} - {1}
        return self._known(op, args, data, sizes.pop() if sizes else 1, None, key)

    def _known(self, op, args, data, size, params, key):
        found = self.known.get(key) if self.merge or op == "const" else None
        if found is None:
            found = self.known[key] = self._new(op, args, data, size, params)
        return found

    def _new(self, op, args, data, size, params):
        item = Item(self, op, args, data, BEFORE)
        item.size, item.params = size, params
        self.made.append(item)
        return item
