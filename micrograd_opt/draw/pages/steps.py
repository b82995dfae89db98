"""A tape in words and numbers, as the script of the step page reads it: plain lists and dicts.

Only texts are computed here: what a box of the graph shows after each step, and what the cards
beside the graph say.
Read next: `draw/pages/backprop.py`, which puts them on a page.
"""

from collections import Counter, defaultdict

from ..dot.text import clean
from ..picture.boxes import SYMBOLS, number
from ..tape.tape import argument_names
from .cells import cell, lines, quantity, size, typeset

LONGEST_NAME = 40


class Steps:
    """All that the page says of a tape. A node goes by its index in `tape.order`.

    nodes       for each node its name and the text of its data
    backward    for each visit of the tape what arrived, and what is sent to whom
    forward     for each node that was computed its op and its inputs
    lines       for each node the (row, name, text) of its box, with room for whatever comes
    sizes       the size of each node's gradient; None for a constant
    """

    def __init__(self, tape):
        self._order, self._root = tape.order, tape.root
        self._turns = {visit.index: visit.turn for visit in tape.visits}
        self._names = self._named()
        self._arrows = self._numbered()
        self.nodes = [
            {"name": name, "data": cell(node.data), "given": not node.op}
            for name, node in zip(self._names, self._order, strict=True)
        ]
        self.forward = [self._computed(step) for step in tape.forward]
        self._made = {step["node"]: step["made"] for step in self.forward}
        self._waiting = Counter(sent.parent for visit in tape.visits for sent in visit.sent)
        self._arrived = defaultdict(list)  # what has come, by the index of the parent
        self._cells = defaultdict(list)  # all that a node's box is to show of its gradient
        self.sizes = [None] * len(self._order)
        self.backward = list(map(self._visited, tape.visits))
        self.lines = list(map(self._lines, range(len(self._order))))

    def _named(self):
        """Labels, and what tells a node from the others: × #5, a constant's number."""
        labels = [clean("" if x.label is None else x.label, LONGEST_NAME) for x in self._order]
        count, names = Counter(labels), []
        for i, (node, label) in enumerate(zip(self._order, labels, strict=True)):
            if i not in self._turns:
                label = label or f"constant {getattr(node, 'shape', ()) or quantity(node.data)}"
            elif count[label] > 1 or not label:
                symbol = label or SYMBOLS.get(node._op, node._op) or "leaf"
                label = f"{symbol} #{self._turns[i]}"
            names.append(label)
        return names

    def _numbered(self):
        """For each node and place of an argument (tail, the id of the arrow that brings it)."""
        index = {node: i for i, node in enumerate(self._order)}
        arrows = []
        for head, node in enumerate(self._order):
            tails = [index[parent] for parent in node._prev]
            ids = [f"n{t}-n{head}-{tails[: i + 1].count(t)}" for i, t in enumerate(tails)]
            arrows.append([*zip(tails, ids, strict=True)])
        return arrows

    def _lines(self, i):
        node = self._order[i]
        shape = getattr(node, "shape", ())
        shape_line = [("shape", "shape", str(shape))] if shape else []
        data, pitch = lines("data", node.data, [self.nodes[i]["data"]], more=False)
        self.nodes[i]["pitch"] = {"data": pitch}
        if i not in self._turns:
            return shape_line + data
        cells, more = self._cells[i], len(self._arrived[i]) > 1
        grad, self.nodes[i]["pitch"]["grad"] = lines("grad", node.data, cells, more)
        return shape_line + data + grad

    # ---- backward

    def _visited(self, visit):
        """A step backward. The gradient is what backward leaves in `.grad` where nothing was."""
        i, g = visit.index, visit.gradient
        gradient = self._order[i]._empty_grad if g is None else g
        self.sizes[i] = size(gradient)
        self._cells[i].append(cell(gradient))
        sent = [self._sent(i, sent) for sent in visit.sent]
        return {
            "node": i,
            "sentence": self._sentence(visit, sent),
            "made": self._made.get(i),
            "arrived": self._arrived[i],
            "gradient": quantity(gradient),
            "cell": cell(gradient),
            "sent": sent,
        }

    def _sent(self, index, sent):
        """What goes over an arrow."""
        i, part = sent.parent, sent.contribution
        is_number = not getattr(part, "shape", ())
        self._waiting[i] -= 1
        self._cells[i].append(cell(sent.total))
        self._arrived[i].append({"from": self._names[index], "part": quantity(part)})
        return {
            "to": i,
            "arrow": self._arrows[index][sent.place][1],
            "as": argument_names(self._order[index])[sent.place],
            "local": None if sent.local is None else number(sent.local),
            "rule": _rule(sent.formula, sent.numbers, is_number),
            "part": quantity(part),
            "flow": quantity(part) if is_number else "",
            "sum": _sum(sent.before, part, is_number),
            "total": quantity(sent.total),
            "cell": cell(sent.total),
            "more": self._waiting[i] > 0,
        }

    def _sentence(self, visit, sent):
        name, node = self._names[visit.index], self._order[visit.index]
        arrived = len(self._arrived[visit.index])
        if node is self._root:
            said = f"Backward begins at {name}."
        elif visit.gradient is None:
            said = f"No gradient arrives at {name}."
        elif arrived > 1:
            parts = "Both" if arrived == 2 else f"All {arrived}"
            said = f"{parts} parts of the gradient of {name} are here; it is their sum."
        else:
            said = f"The gradient of {name} is complete."
        if not node.op:
            return f"{said} {name} is a leaf and sends nothing on."
        to = dict.fromkeys(self._names[one["to"]] for one in sent)
        return f"{said} It sends to {_listed(to)}." if to else f"{said} It sends nothing on."

    # ---- forward

    def _computed(self, step):
        """A step forward."""
        node, arrows = self._order[step.index], self._arrows[step.index]
        is_number = not getattr(node, "shape", ())
        names = [self._names[tail] for tail, _ in arrows]
        sources = _listed(dict.fromkeys(names))
        inputs = zip(argument_names(node), names, node._prev, strict=True)
        rule = _rule(step.formula, step.numbers, is_number)
        return {
            "node": step.index,
            "sentence": f"{self._names[step.index]} is computed from {sources}.",
            "inputs": [{"as": x, "name": name, "data": quantity(y.data)} for x, name, y in inputs],
            "rule": rule,
            "data": quantity(step.data),
            "made": {"rule": rule, "data": quantity(step.data) if is_number else str(node.shape)},
            "sent": [{"arrow": arrow} for _, arrow in arrows],
        }


def _rule(formula, numbers, is_number):
    """[formula = numbers], or for Tensors [formula, their shapes or numbers]."""
    formula, numbers = typeset(formula), typeset(numbers)
    return [f"{formula} = {numbers}"] if is_number else [formula, numbers]


def _sum(before, part, is_number):
    """What had arrived at a parent, and what arrives."""
    if before is None:
        return "the first to arrive"
    if not is_number:
        return "with what was there"
    part = quantity(part)
    return f"{quantity(before)} + " + (f"({part})" if part[0] == "−" else part)


def _listed(names):
    """a, b and c."""
    *names, last = names
    return f"{', '.join(names)} and {last}" if names else last
