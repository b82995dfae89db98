"""Statements as Python text: names, operators with the parentheses they need, blocks, a loop.

Read next: `program.py`, which puts the whole function together.
"""

import math
from collections import Counter

from .scalars import ROW

CHOICE, SUM, PRODUCT, SIGN, ATOM = range(5)  # how tightly an expression holds together

SPELLINGS = {
    "add": ("{} + {}", SUM), "sub": ("{} - {}", SUM), "mul": ("{} * {}", PRODUCT),
    "quotient": ("{} / {}", PRODUCT), "neg": ("-{}", SIGN),
    "relu": ("0.0 if {0} <= 0.0 else {0}", CHOICE),
    "maximum": ("{0} if {0} > {1} or {0} != {0} else {1}", CHOICE),
    "minimum": ("{0} if {0} < {1} or {0} != {0} else {1}", CHOICE),
}  # fmt: skip
CONDITIONS = {
    "gt": "{} > {}", "ge": "{} >= {}", "lt": "{} < {}", "le": "{} <= {}", "eq": "{} == {}",
    "ne": "{} != {}", "step": "not {} <= 0.0",
}  # fmt: skip
WRITTEN = {*SPELLINGS, *CONDITIONS, "where"}  # all others are called by their names
FUNCTIONS = {"pow": "power"}  # where the name is not the op's
MOST_TERMS = 400  # of one expression: Python's compiler recurses into a sum
WIDTH = 100


class Writer:
    """Writes the statements of a Plan."""

    def __init__(self, plan, names):
        self.plan = plan
        self.names = names
        self.given = {}
        self.in_loop, self.reads = False, Counter()  # how often the loop mentions each name
        self.functions = set()  # the names of the functions that the text calls
        self.by_op = set()  # the nodes that have no better name than their op's

    # ---- expressions

    def name(self, x):
        """The name of x: what it was called where it was made, or the next one free."""
        while x in self.plan.becomes:  # a chain where a ReLU is itself the argument of one
            x = self.plan.becomes[x]
        if x not in self.given:
            named = x
            while named in self.plan.in_place and named.origin in self.by_op:
                named = named.args[0]
            self.given[x] = self.names.new(named.name or ("total" if x.op == "total" else "t"))
        if self.in_loop:
            self.reads[x] += 1
        return self.given[x]

    def text(self, x, tightness, block):
        """The expression for x, in parentheses if it holds together less than its place asks."""
        written, held = self._expression(x, block)
        return written if held >= tightness else f"({written})"

    def _expression(self, x, block):
        if x.op == "const":
            return _number(x.data)
        if x.op == "leaf" or x in self.plan.named:
            return self.name(x), ATOM
        return self.spelled(x, block)

    def spelled(self, x, block):
        """The op of x written out, and how tightly it holds together."""
        if x.op in ("add", "sum"):
            return self._sum(self.plan.terms.get(x, x.args), block), SUM
        if x.op == "where":
            return self._choice(x, block)
        if x.op in CONDITIONS:
            return f"1.0 if {self._comparison(x, block)} else 0.0", CHOICE
        if x.op == "pick":
            place, *lane = [self.text(y, CHOICE, block) for y in x.args]
            return f"({', '.join(lane)},)[int({place})]", ATOM
        if x.op not in SPELLINGS:
            return self._call(x, block)
        spelling, held = SPELLINGS[x.op]
        inner = [self.text(y, min(held + (i > 0), ATOM), block) for i, y in enumerate(x.args)]
        if held in (CHOICE, SIGN):
            inner = [self.text(y, SUM if held == CHOICE else ATOM, block) for y in x.args]
        return spelling.format(*inner), held

    def _sum(self, terms, block):
        """a + b − c …"""
        written = ""
        for y in terms:
            if y.op == "neg" and y not in self.plan.named and written:
                written += " - " + self.text(y.args[0], PRODUCT, block)
            elif written:
                written += " + " + self.text(y, PRODUCT, block)
            else:
                written = self.text(y, SUM, block)
        return written

    def _choice(self, x, block):
        condition, first, second = x.args
        for kind, y in block:
            if y is condition:
                return self._expression(second if kind == "unless" else first, block)
        first, second = (self.text(y, SUM, block) for y in (first, second))
        return f"{first} if {self.condition(condition, block)} else {second}", CHOICE

    def condition(self, x, block):
        """The text that is true where x is not 0."""
        if x.op in CONDITIONS and x not in self.plan.named:
            return self._comparison(x, block)
        return self.text(x, SUM, block)

    def _comparison(self, x, block):
        return CONDITIONS[x.op].format(*[self.text(y, SUM, block) for y in x.args])

    def _call(self, x, block):
        name = FUNCTIONS.get(x.op, x.op)
        self.functions.add(name)
        inner = ", ".join(self.text(y, CHOICE, block) for y in x.args)
        return f"{name}([{inner}])" if x.op == "fsum" else f"{name}({inner})", ATOM

    # ---- statements

    def block(self, phase, indent, comments):
        """The lines of a phase. comments: a function Scalar → what to say above it, or None."""
        lines, open_ = [], ()
        self.in_loop = phase == ROW
        for s in self.plan.phases[phase]:
            common = 0
            while common < min(len(open_), len(s.block)) and open_[common] == s.block[common]:
                common += 1
            inner = indent + "    " * common
            for i in range(common, len(s.block)):
                lines.append(f"{inner}if {self._opening(s.block[i], s.block[:i])}:")
                inner += "    "
            open_ = s.block
            comment = comments(s.target)
            if comment:
                lines.append(f"{inner}# {comment}")
            lines += [inner + line for line in self.statement(s)]
        return lines

    def _opening(self, condition, block):
        kind, x = condition
        text = self.condition(x, block)
        return f"not ({text})" if kind == "unless" else text

    def statement(self, s):
        """The lines of a statement."""
        x, name = s.target, self.name(s.target)
        if s.term is not None:
            if s.term.op == "neg" and s.term not in self.plan.named:
                return [f"{name} -= {self.text(s.term.args[0], SUM, s.block)}"]
            return [f"{name} += {self.text(s.term, CHOICE, s.block)}"]
        if x in self.plan.in_place:
            return [f"if {name} <= 0.0:", f"    {name} = 0.0"]
        if x not in self.plan.terms:
            return [f"{name} = {self.spelled(x, s.block)[0]}"]
        terms = self.plan.first(x)
        parts = [terms[i : i + MOST_TERMS] for i in range(0, len(terms), MOST_TERMS)]
        if not parts:
            return [f"{name} = 0.0"]
        lines = [f"{name} = {self._sum(parts[0], s.block)}"]
        return lines + [f"{name} += {self._sum(part, s.block)}" for part in parts[1:]]


def _number(x):
    """A float as Python writes it; inf and nan are names."""
    return repr(x), SIGN if math.copysign(1.0, x) < 0.0 else ATOM


def wrapped(items, indent, opening, closing):
    """`opening` items, separated by commas, `closing`, over as many lines as it takes."""
    line = f"{indent}{opening}{', '.join(items)}{closing}"
    if len(line) <= WIDTH:
        return [line]
    lines, current = [indent + opening], ""
    for item in items:
        if current and len(current) + len(item) + len(indent) + 6 > WIDTH:
            lines.append(f"{indent}    {current.rstrip()}")
            current = ""
        current += f"{item}, "
    return [*lines, f"{indent}    {current.rstrip()}", f"{indent}{closing}"]
