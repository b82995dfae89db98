"""A chain of elementwise ops as one loop: what happens to one element, written as single numbers.

Read next: `listing.py`.
"""

from .plan import Plan
from .scalars import BEFORE, ROW, Scalars
from .text import MOST_TERMS, Writer


class Loop:
    """The elementwise Items that one loop computes; the root's elements are its result.

    members     in order, the root last; outside: what they take from other statements
    """

    def __init__(self, members, functions, off):
        inside = set(members)
        self.outside = list(dict.fromkeys(x for m in members for x in m.args if x not in inside))
        self.streams = [x for x in self.outside if x.size != 1]
        scalars = Scalars({"fold", "algebra", "slope", *off})
        scalars.functions = functions
        self.leaves, made = {}, {}
        for x in self.outside:
            if x.op == "const":
                made[x] = scalars.const(x.data)
            else:
                self.leaves[x] = made[x] = scalars.leaf(None, ROW, None)
        for m in members:
            made[m] = scalars.op(m.op, *[made[x] for x in m.args])
            made[m].name = m.name
        self.root = made[members[-1]]
        self.plan = Plan([self.root], {"guards", "in_place", *off})

    def written(self, names, name_of):
        """(statements before it, each in two parts, the expression of the root, functions called).

        name_of     the name of an Item from outside, or of its elements
        """
        writer = Writer(self.plan, names)
        writer.given |= {leaf: name_of(x) for x, leaf in self.leaves.items()}
        if self.root.op in ("const", "leaf"):
            return [], writer.text(self.root, 0, ()), writer.functions
        parts = []
        for s in self.plan.phases[BEFORE] + self.plan.phases[ROW]:
            if s.target is not self.root or len(self.plan.arguments(s.target)) > MOST_TERMS:
                parts += [_in_two(line) for line in writer.statement(s)]
        long = self.root in writer.given
        text = writer.name(self.root) if long else writer.spelled(self.root, ())[0]
        return parts, text, writer.functions


def _in_two(line):
    """The head of an assignment, such as `x += `, and its expression."""
    name, equals, expression = line.split(" ", 2)
    return f"{name} {equals} ", expression
