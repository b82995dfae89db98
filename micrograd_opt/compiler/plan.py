"""From Scalars to statements in order: what gets a name, what is written in place, which `if`.

Read next: `text.py`, the statements as Python.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from math import inf

from .guards import Blocks
from .scalars import AFTER, BEFORE, ROW, order

LONGEST = 80  # the ops of one expression; a longer one is named in parts
TWICE = {"relu", "maximum", "minimum"}  # spelled with an argument written twice: it needs a name


@dataclass(eq=False)
class Statement:
    """`target = expression`, or `target += term` for a total and for the terms of a sum that are
    added apart, in a block of conditions."""

    target: object
    term: object
    block: tuple
    phase: int
    number: int = 0
    needed_by: list = field(default_factory=list)
    waits: int = 0  # the number of statements that come before it


class Plan:
    """The statements of a program, by phase, in an order that keeps blocks together.

    loose       the last number of those Scalars whose additions may be taken in another order
    collected   the roots that the loop puts into lists, row by row
    """

    def __init__(self, roots, off=(), loose=inf, collected=()):
        self.off, self._loose = off, loose
        live = order(roots)
        _put_off(live, collected)
        self.uses = Counter(y for x in live for y in x.args)
        self.uses.update(roots)
        self.terms = self._flat_sums(live)
        self.live = [x for x in live if x not in self._absorbed]
        self.blocks = Blocks(self.live, roots, self.terms, off)
        self.apart = {x: self._apart(x) for x in self.terms}
        self.named = self._named(roots)
        self.in_place = {x for x in self.live if self._in_place(x)}
        self.becomes = {x.args[0]: x for x in self.in_place}
        self.phases = {phase: [] for phase in (BEFORE, ROW, AFTER)}
        for phase, statements in self._statements().items():
            self.phases[phase] = _scheduled(statements)

    def _flat_sums(self, live):
        """{sum: its terms}: a sum used once, as a term of another, is absorbed by it.

        Where the order counts, only as its first term, and of those that count as well, since
        others may begin anywhere: a + (b + c) may differ from a + b + c.
        """
        terms, self._absorbed, keep = {}, set(), "sums" in self.off
        for x in live:
            if x.op not in ("add", "sum"):
                continue
            terms[x] = flat = []
            for i, y in enumerate(x.args):
                free = x.number <= self._loose or (i == 0 and y.number > self._loose)
                if free and y in terms and self.uses[y] == 1 and y.phase == x.phase and not keep:
                    flat += terms.pop(y)
                    self._absorbed.add(y)
                else:
                    flat.append(y)
        return terms

    def arguments(self, x):
        """What x is computed from: of a sum, its terms."""
        return self.terms.get(x, x.args)

    def first(self, x):
        """What the first statement of x reads: the terms of a sum that are not added apart."""
        apart = self.apart.get(x)
        return [y for y in self.arguments(x) if y not in apart] if apart else [*self.arguments(x)]

    def _apart(self, x):
        """The terms of a sum that are added in blocks of their own, since they are 0 elsewhere."""
        block = self.blocks.of[x]
        return [y for y in self.terms[x] if self.blocks.site(x, y) != block]

    def _named(self, roots):
        """The Scalars that a statement of their own computes."""
        named = {x for x in roots if x.op not in ("const", "leaf")}
        named.update(x for x, terms in self.apart.items() if terms)
        for block in self.blocks.of.values():
            named.update(x for _, x in block if x.op not in ("const", "leaf"))
        size = {}
        for x in self.live:
            if x.op in ("const", "leaf"):
                continue
            if x.op == "total":
                named.add(x)
            for y in self.arguments(x):
                if y.op not in ("const", "leaf") and self._needs_name(x, y, size):
                    named.add(y)
            inline = [y for y in self.arguments(x) if y not in named]
            size[x] = 1 + sum(size.get(y, 0) for y in inline)
            if size[x] > LONGEST:
                named.add(x)
        return named

    def _in_place(self, x):
        """Whether x is a ReLU that may take the place of its argument, which nobody else reads."""
        if x.op != "relu" or x not in self.named or "in_place" in self.off:
            return False
        (y,) = x.args
        return y in self.named and self.uses[y] == 1 and y.phase == x.phase

    def _needs_name(self, x, y, size):
        """Whether y, an argument of x, cannot be written in place."""
        return (
            self.uses[y] > 1
            or y.phase != x.phase
            and x.op != "total"
            or x.op in TWICE
            or "inline" in self.off
        )

    def _statements(self):
        """All statements, by phase, each with what waits for it."""
        makers = {}  # {named Scalar: the statements after which it is complete}
        for x in self.live:
            if x in self.named:
                makers[x] = list(self._making(x))
        by_phase = {phase: [] for phase in (BEFORE, ROW, AFTER)}
        for s in chain.from_iterable(makers.values()):
            before = {t for y in self._read(s) for t in makers.get(y, ()) if t.phase == s.phase}
            if s.term is not None and s.target.op != "total":
                before.add(makers[s.target][0])
            s.waits = len(before)
            for t in before:
                t.needed_by.append(s)
            s.number = len(by_phase[s.phase])
            by_phase[s.phase].append(s)
        return by_phase

    def _making(self, x):
        """The statements that compute x."""
        if x.op == "total":
            for y in self._parts(x):
                yield Statement(x, y, self.blocks.site(x, y), ROW)
        else:
            yield Statement(x, None, self.blocks.of[x], x.phase)
            for y in self.apart.get(x, ()):
                yield Statement(x, y, self.blocks.site(x, y), x.phase)

    def _parts(self, total):
        """What is added to a total: the terms of its sum one by one if their blocks differ."""
        (x,) = total.args
        terms = [x] if x in self.named else self.terms.get(x, [x])
        sites = {self.blocks.site(total, y) for y in terms}
        return terms if len(sites) > 1 else [x]

    def _read(self, statement):
        """The named Scalars that a statement reads, those of its conditions among them."""
        x, found = statement.target, {y for _, y in statement.block}
        stack = [statement.term] if statement.term is not None else self.first(x)
        while stack:
            y = stack.pop()
            if y in self.named:
                found.add(y)
            else:
                stack += self.arguments(y)
        return found


def _put_off(live, collected):
    """What only the results after the loop need waits for its end, if there is one."""
    if not any(x.phase == AFTER for x in live):
        return
    early = set(collected)
    for x in reversed(live):
        if x.phase == BEFORE and x not in early and x.op not in ("const", "leaf"):
            x.phase = AFTER
        elif x.phase != AFTER or x.op == "total":
            early.update(x.args)


def _scheduled(statements):
    """The statements in an order that keeps those of one block together."""
    ready = {}  # {block: a heap of (number, statement)}
    for s in statements:
        if not s.waits:
            heapq.heappush(ready.setdefault(s.block, []), (s.number, s))
    done, block = [], ()
    while ready:
        if block not in ready:
            block = min(ready, key=lambda b: ready[b][0][0])
        _, s = heapq.heappop(ready[block])
        if not ready[block]:
            del ready[block]
        done.append(s)
        for later in s.needed_by:
            later.waits -= 1
            if not later.waits:
                heapq.heappush(ready.setdefault(later.block, []), (later.number, later))
    if len(done) < len(statements):
        raise RuntimeError("compile: statements wait for each other; please report this function")
    return done
