"""A Tape in words: the forward pass, each node at its turn, the gradients of the leaves.

Read next: `draw/tape/step.py`, the step of an optimizer.
"""

import math
from collections import Counter, defaultdict

from .formula import ATOM, by_label, formula, number, numbers
from .lines import addition, columns, equation, flow, is_shown, pad, result
from .names import names
from .tape import argument_names

LONGEST_HEAD = 40  # columns: shorter ones are padded, so that the gradients stand in line
INDENT = " " * 8

CHOICE = "where(c, a, b) is a where c is not 0, else b."
NOTES = {  # by the op in whose rule a word comes up
    "expand": "sum_to(g, shape) adds up all that expand had copied from one element.",
    "gather": "scatter_add(g, index) adds each element of g to the place that gather took it from.",
    "index_select": "index_add(g, index) adds each row of g to the row that index_select took.",
    "max": CHOICE,
    "maximum": CHOICE,
    "minimum": CHOICE,
    "relu": f"step(x) is 1 for x > 0, else 0; {CHOICE}",
    "sigmoid": "sigmoid's rule is g * z * (1 - z), in a form that keeps its digits near z = 1.",
    "slice": "pad(g, shape, at=[...]) is zeros of that shape, with g at the place of the slice.",
    "sum": "expand(g, shape) copies g along the dims that were summed.",
    "tanh": "tanh's rule is g * (1 - z * z), in a form that keeps its digits near z = 1 and -1.",
    "where": CHOICE,
}


class Words:
    """The lines of an explanation; what they share are the names and the arrivals so far."""

    def __init__(self, tape):
        self.tape = tape
        self.figures = _figures(tape.order)
        self.names = names(tape.order, reserved=("grad",)) | self.figures
        self.g = "grad" if "g" in self.names.values() else "g"
        self.expected = Counter(sent.parent for visit in tape.visits for sent in visit.sent)
        self.arrived = defaultdict(list)  # what has been sent, by the index of the parent

    def lines(self):
        yield "Forward: each node is computed from those above it"
        yield from self.forward()
        yield ""
        share = f"{self.g} * ∂node/∂parent"
        yield f"Backward: when its gradient {self.g} is complete, a node sends each parent {share}"
        yield from self.backward()
        yield ""
        yield "Gradients of the leaves, which backward() adds to their .grad"
        yield from self.leaves()
        used = {node._op for node in self.tape.order}
        notes = dict.fromkeys(note for op, note in NOTES.items() if op in used)
        yield from ["", *notes] if notes else []

    def name(self, node):
        """What stands for a node in a formula."""
        return self.names[node]

    def number(self, node):
        """What stands for a node where the numbers are put in."""
        return self.figures.get(node) or numbers(node.data)

    def partial(self, above, below):
        """∂above/∂below, with a name of several words in parentheses."""
        names = [self.names[node] for node in (above, below)]
        return "/".join(f"∂{name}" if ATOM.fullmatch(name) else f"∂({name})" for name in names)

    def op(self, node, text):
        """The op of a node, with `text` of its parents."""
        return formula(node, lambda x: None if x is node else text(x))

    def rule(self, node, sent, g, text):
        """The rule behind a contribution, with `g`, and `text` of the node and of its parents."""
        symbols = dict(zip(argument_names(node), map(text, node._prev), strict=True))
        symbols |= {"g": g, "z": text(node)}
        return formula(sent.rule, lambda leaf: symbols.get(leaf.label) or by_label(leaf))

    # ---- the three parts

    def forward(self):
        """Each node with its op by names and by numbers, and its data."""
        listed = [node for node in self.tape.order if node not in self.figures]
        width = max(columns(self.names[node]) for node in listed)
        for node in listed:
            texts = [self.op(node, text) for text in (self.name, self.number) if node.op]
            constant = [] if node.requires_grad else ["   (constant)"]
            start = f"  {pad(self.names[node], width)} = "
            yield from flow(start, equation(*texts, data=node.data) + constant)

    def backward(self):
        """Each node at its turn: its gradient, and a line or two for each parent."""
        heads = [self.head(visit) for visit in self.tape.visits]
        width = min(max(map(columns, heads)), LONGEST_HEAD)
        for visit, head in zip(self.tape.visits, heads, strict=True):
            node, g = self.tape.order[visit.index], visit.gradient
            if g is None:
                yield from flow(pad(head, width), ["   no gradient arrives"])
                continue
            gradient = f"   {self.g} = {self.partial(self.tape.root, node)}"
            yield from flow(pad(head, width), equation(gradient, data=g))
            yield from self.sent(node, visit)

    def head(self, visit):
        """The turn of a node, its name and its op."""
        node = self.tape.order[visit.index]
        turn = f"#{visit.turn}".ljust(len(f"#{len(self.tape.visits)}"))
        op = f" = {self.op(node, self.name)}" if node.op else ""
        return f"  {turn} {self.names[node]}{op}"

    def sent(self, node, visit):
        """What a node sends to each parent: the local derivative of a Value, the rule, the sum."""
        slopes = [
            "" if s.local is None
            else f"{self.partial(node, node._prev[s.place])} = {number(s.local)}   "
            for s in visit.sent
        ]  # fmt: skip
        width = max(map(columns, slopes), default=0)
        for slope, sent in zip(slopes, visit.sent, strict=True):
            by_name = self.rule(node, sent, self.g, self.name)
            put_in = self.rule(node, sent, numbers(visit.gradient), self.number)
            gets = f"{self.names[node._prev[sent.place]]} gets {by_name}"
            pieces = equation(gets, put_in, data=sent.contribution)
            yield from flow(INDENT + pad(slope, width), pieces + self.arrival(sent))
        sent_to = {sent.place for sent in visit.sent}
        for place, x in enumerate(node._prev):
            if x.requires_grad and place not in sent_to:
                yield from flow(INDENT, [self.names[x], f" gets nothing: {node._op} is flat in it"])

    def arrival(self, sent):
        """Where several contributions meet: which of them this is, and the sum so far."""
        arrived, expected = self.arrived[sent.parent], self.expected[sent.parent]
        arrived.append(sent)
        if expected == 1:
            return []
        count = f"   arrival {len(arrived)} of {expected}"
        if sent.before is None:
            return [count]
        terms = [sent.before, sent.contribution]
        return [f"{count}: ", *(addition(terms, sent.total) or [f"so far {result(sent.total)}"])]

    def leaves(self):
        """The gradient of each leaf as the sum of what has arrived."""
        order, root = self.tape.order, self.tape.root
        leaves = [visit for visit in self.tape.visits if not order[visit.index].op]
        width = max((columns(self.partial(root, order[leaf.index])) for leaf in leaves), default=0)
        for leaf in leaves:
            start = f"  {pad(self.partial(root, order[leaf.index]), width)} "
            yield from flow(start, self.total(leaf.gradient, self.arrived[leaf.index]))

    def total(self, gradient, arrived):
        if gradient is None:
            return ["  no gradient arrives"]
        norm = [] if is_shown(gradient) else [f", norm {number(math.hypot(*gradient.flat))}"]
        terms = [sent.contribution for sent in arrived]
        if len(terms) < 2:
            return ["= ", result(gradient), *norm]
        written = addition(terms, gradient)
        return ["= ", *(written or [result(gradient), *norm, f", the sum of {len(terms)}"])]


def _figures(order):
    """{constant: its number}, which is its only name, as of the 2 in 2 * x."""
    whole = {x for node in order if node.op and not node.op.elementwise for x in node._prev}
    figures = {}
    for node in order:
        values = set(getattr(node.data, "flat", [node.data]))
        anonymous = not (node.op or node.requires_grad or node.label or node in whole)
        if anonymous and len(values) == 1:
            figures[node] = number(*values)
    return figures
