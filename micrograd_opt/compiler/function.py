"""The text of the generated function: parameters unpacked, a loop over the rows, the results.

Read next: `program.py`, which makes it of a graph.
"""

from dataclasses import dataclass

from .scalars import AFTER, BEFORE, ROW
from .text import WIDTH, wrapped
from .trace import GradientOf

FIRST_NAMES = 256  # of a function, which Python reads faster than the others
RETURNED = ("outputs", "gradients", "updates")  # what the results are called


@dataclass
class Result:
    """An output of the generated function."""

    name: str
    flat: list  # of Scalars, of one row or of all
    rows: bool  # whether it is collected row by row
    single: bool  # a Value: not a list but a number


def function_text(frame, writer, outputs, results, second):
    """The source of `step`, which returns `outputs` and, under the name `second`, `results`."""
    used = {x for x in writer.plan.live if x.op == "leaf"}
    names = ["n"] * frame.batched + [made.name for made in frame.inputs]
    head = wrapped(names, "", "def step(", "):")
    unpacked = []
    for made in frame.inputs:
        if not made.rows and used.intersection(made.scalars):
            unpacked += wrapped(_names(made, used), "    ", "[", f"] = {made.name}")
    comment = _Comments(frame)
    lines = writer.block(BEFORE, "    ", comment)
    collected = [r for r in outputs + results if r is not None and r.rows]
    if writer.plan.phases[ROW] or collected:
        lines += _loop(frame, writer, used, collected, comment)
    lines += writer.block(AFTER, "    ", comment)
    for name, items in (("outputs", outputs), (second, results)):
        lines += _list(name, [_shown(r, writer) for r in items])
    lines = [*head, *_first_names(frame, writer), *unpacked, *lines]
    return "\n".join([*lines, f"    return outputs, {second}\n"])


class _Comments:
    """What to say above a statement: once for each node of the graph, its op and shape."""

    def __init__(self, frame):
        self.frame, self.said, self.backward = frame, set(), False

    def __call__(self, x):
        if x.origin is None or x.origin in self.said:
            return None
        self.said.add(x.origin)
        said = self.frame.comment(x.origin)
        if isinstance(x.origin.label, GradientOf) and not self.backward:
            self.backward = True
            return "backward: d_x is the gradient of the loss by x" + (f"; {said}" if said else "")
        return said


def _names(made, used):
    return [x.name if x in used else "_" for x in made.scalars]


def _loop(frame, writer, used, collected, comment):
    """The loop over the rows, with its totals before it at 0."""
    totals = [writer.name(x) for x in writer.plan.live if x.op == "total"]
    lines = [f"    {' = '.join(totals[i : i + 4])} = 0.0" for i in range(0, len(totals), 4)]
    lines += [f"    {r.name} = []" for r in collected]
    targets, sources = [], []
    for made in frame.inputs:
        if made.rows and made.scalars:
            n = len(made.scalars)
            targets += _names(made, used)
            sources.append(made.name if n == 1 else f"*[iter({made.name})] * {n}")
    if not sources:
        lines.append(f"    for _ in range({frame.n}):")
    elif len(targets) == 1:
        lines.append(f"    for {targets[0]} in {sources[0]}:")
    else:
        ending = f" in zip({', '.join(sources)}, strict=True):"
        header = f"    for {', '.join(targets)}{ending}"
        short = len(header) <= WIDTH
        lines += [header] if short else wrapped(targets, "    ", "for (", f"){ending}")
    lines += writer.block(ROW, "        ", comment)
    for r in collected:
        items = [writer.text(x, 0, ()) for x in r.flat]
        lines += wrapped(items, "        ", f"{r.name} += [", "]")
    return lines


def _first_names(frame, writer):
    """Lines that bind the names which the loop mentions most, so that they are the first.

    That makes wide loops 7 to 10 % faster.
    """
    if not writer.reads or len(writer.given) <= FIRST_NAMES:
        return []
    arguments = {"n", *[made.name for made in frame.inputs]}
    read = [writer.given[x] for x, _ in writer.reads.most_common(FIRST_NAMES - 16)]
    hot = [name for name in read if name not in arguments]
    lines = ["    # for speed alone: Python reads the first names of a function fastest, so here"]
    lines.append("    # are those that the loop reads most; each is set again below")
    for i in range(0, len(hot), 4):
        lines.append(f"    {' = '.join(hot[i : i + 4])} = 0.0")
    return lines


def _shown(result, writer):
    """A result as it is listed: the text of a number, or of a list its items."""
    if result is None or result.rows:
        return "None" if result is None else result.name
    items = [writer.text(x, 0, ()) for x in result.flat]
    return items[0] if result.single else items


def _list(name, results):
    """name = [...], each list among the results on lines of its own if one line is too short."""
    texts = [r if isinstance(r, str) else f"[{', '.join(r)}]" for r in results]
    lines = wrapped(texts, "    ", f"{name} = [", "]")
    if len(lines) == 1 or all(isinstance(r, str) for r in results):
        return lines
    lines = [f"    {name} = ["]
    for r in results:
        lines += [f"        {r},"] if isinstance(r, str) else wrapped(r, "        ", "[", "],")
    return [*lines, "    ]"]
