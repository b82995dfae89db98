"""A Picture as DOT, the language of Graphviz; equal pictures give equal bytes.

Whatever anyone may write in a label, a title or a module's name goes through `_text`.
Read next: `draw/dot/text.py`, which cleans that.
"""

import html
from collections import Counter

from ...engine.arguments import checked
from ..picture.clusters import within
from . import colours
from .colours import FRAME, GREY, INK, LINE, ZERO
from .text import clean

LONGEST_LABEL, LONGEST_TITLE = 40, 200

BORDERS = {
    "op": 'style="filled,rounded"',
    "fold": 'style="filled,rounded"',
    "leaf": f'style=filled, penwidth=2, color="{INK}"',
    "constant": 'style="filled,dashed"',
}
TIMES = "×"
EFFORT = 2  # dot's nslimit: a leaf used at 100 depths takes 2 s, not 60; few other pictures differ
DIRECTIONS, COLORS = ["LR", "RL", "TB", "BT"], ["grad", "op"]


def check(direction, color="grad"):
    """ValueError for a direction or a color that there is not."""
    checked(direction, DIRECTIONS, "draw: direction")
    checked(color, COLORS, "draw: color")


def source(picture, direction="LR", color="grad", title=None, ends=None, two_nodes=False):
    """The DOT text.

    color       "grad", the size of the gradient, "op", the kind of op, or None: all white
    ends        of the colours of gradients, from `scale`; by default fitted to this picture
    two_nodes   True draws an op and its result apart, as micrograd does

    In the SVG box i has the id "ni" (its op apart "oi"), cluster i "ci"; "n3-n7-1" is the first
    edge from 3 to 7. For what `check` lets through.
    """
    boxes = picture.boxes
    if ends is None:
        ends = colours.scale(box.gradient for box in boxes)
    lines = [
        "digraph {",
        f"  graph [rankdir={direction}, nodesep=0.2, ranksep=0.45, pad=0.15, bgcolor=white,",
        f"    nslimit={EFFORT},",
        f'    fontname=Arial, fontsize=10, fontcolor="{INK}", labelloc=t, labeljust=l,',
        f"    label=<{_caption(picture, color, ends, title)}>]",
        f'  node [shape=box, fontname=Arial, fontsize=11, fontcolor="{INK}", color="{LINE}",',
        '    margin="0.06,0.03", width=0, height=0]',
        f'  edge [color="{LINE}", arrowsize=0.6, fontname=Arial, fontsize=8, fontcolor="{GREY}",',
        "    labeldistance=1.7, labelangle=20]",
    ]
    fills = {"op": colours.by_kind, None: lambda box: ZERO}
    fills["grad"] = lambda box: colours.by_gradient(box, ends)
    apart = [two_nodes and box.kind == "op" for box in boxes]
    for i in _first_on_top(picture):
        box = boxes[i]
        fill = fills[color](box)
        lines += _node(i, box, fill, apart[i])
    lines += _edges(picture, apart)
    for i, cluster in enumerate(picture.clusters):
        if cluster.parent is None:
            lines += _cluster(i, picture.clusters, apart, "  ")
    return "\n".join([*lines, "}\n"])


def _first_on_top(picture):
    """The numbers of the boxes in the order for dot, which puts the first box of a rank on top.

    A topological order comes to a node's last argument first; the boxes of a fold do not.
    """
    numbers = range(len(picture.boxes))
    return reversed(numbers) if picture.level == "op" else numbers


def _node(i, box, fill, apart):
    """A box; or its op, in a node of its own, and the result."""
    border = BORDERS[box.kind] + ", peripheries=2" * (box.count > 1)
    if not apart:
        return [f'  n{i} [id="n{i}", {border}, fillcolor="{fill}", label=<{_label(box)}>]']
    symbol = f"<B>{_text(box.symbol)}</B>"
    return [
        f'  n{i} [id="n{i}", {border}, fillcolor="{fill}", label=<{_label(box, op=False)}>]',
        f'  o{i} [id="o{i}", shape=ellipse, style=filled, fillcolor="{ZERO}", label=<{symbol}>]',
        f'  o{i} -> n{i} [id="o{i}-n{i}"]',
    ]


def _edges(picture, apart):
    """An arrow for each edge; where several values go from one box to one, their number."""
    drawn = Counter()
    for i, j, place, count in picture.edges:
        drawn[i, j] += 1
        labels = f", headlabel={place}" if place else ""
        labels += f', taillabel="{TIMES}{count:,}"' if count > 1 else ""
        target = f"o{j}" if apart[j] else f"n{j}"
        yield f'  n{i} -> {target} [id="n{i}-n{j}-{drawn[i, j]}"{labels}]'


def _cluster(i, clusters, apart, indent):
    """A frame around the boxes of a module, with the frames in it."""
    path, boxes, parent = clusters[i]
    name = _text(path if parent is None else within(path, clusters[parent].path), LONGEST_LABEL)
    yield f"{indent}subgraph cluster_{i} {{"
    yield f'{indent}  graph [id="c{i}", style="rounded,filled", fillcolor="{FRAME}",'
    yield f'{indent}    color="{LINE}", penwidth=0.5, fontsize=9, label=<{_small(name)}>]'
    members = [f"o{j}; n{j}" if apart[j] else f"n{j}" for j in boxes]
    if members:
        yield f"{indent}  {'; '.join(members)}"
    for j, other in enumerate(clusters):
        if other.parent == i:
            yield from _cluster(j, clusters, apart, indent + "  ")
    yield f"{indent}}}"


def _label(box, op=True):
    """Symbol, label, count and turn above the rows, in the HTML of Graphviz."""
    symbol, label = _text(box.symbol) if op else "", _text(box.label, LONGEST_LABEL)
    heading = "  ".join([f"<B>{symbol}</B>"] * bool(symbol) + [f"<I>{label}</I>"] * bool(label))
    times = f"{TIMES}{box.count:,}" if box.count > 1 else ""
    turn = _small(f"#{box.turn}") if box.turn else ""
    signs = "  ".join([f"<B>{times}</B>"] * bool(times) + [turn] * bool(turn))
    rows = []
    if not heading + turn and [name for name, _ in box.rows] == ["data"]:
        times = f"<TD>{times}</TD>" if times else ""  # apart, since a page may change the number
        return _table([f"<TD>{box.rows[0][1]}</TD>{times}"])  # a number in a formula
    if heading or signs:
        rows.append(f'<TD ALIGN="LEFT" COLSPAN="2">{heading}</TD><TD ALIGN="RIGHT">{signs}</TD>')
    for name, text in box.rows:
        name = f'<FONT COLOR="{GREY}">{name}</FONT>'
        rows.append(f'<TD ALIGN="LEFT">{name}</TD><TD ALIGN="RIGHT" COLSPAN="2">{text}</TD>')
    return _table(rows or ["<TD></TD>"])


def _caption(picture, color, ends, title):
    """The title, what is shown, and the key to colours, borders and numbers."""
    boxes, title = picture.boxes, "" if title is None else _text(title)
    lines = [f'<FONT POINT-SIZE="13"><B>{title}</B></FONT>'] if title else []
    lines.append(picture.caption)
    if color == "op":
        lines.append(_key("", colours.kind_key(boxes)))
    elif color and any(box.gradient for box in boxes):
        lines.append(_key("size of the gradient  ", colours.gradient_key(boxes, ends)))
    elif color and any(box.turn for box in boxes):
        lines.append(_small("no gradient yet: call backward()"))
    lines.append(_small(", ".join(_legend(boxes))))
    return _table([f'<TD ALIGN="LEFT">{line}</TD>' for line in lines if line])


def _legend(boxes):
    """The signs in use, each with what it means."""
    kinds = {box.kind for box in boxes}
    if "leaf" in kinds:
        yield "thick border: leaf"
    if "constant" in kinds:
        yield "dashed: constant"
    if any(box.count > 1 for box in boxes):
        yield "double: repeats"
    yield "#1 #2 …: the backward order"


def _key(name, key):
    """A bar of colours, each with its meaning."""
    border = f'CELLPADDING="3" BORDER="1" COLOR="{LINE}"'
    cells = [f'<TD {border} BGCOLOR="{colour}">{text}</TD>' for colour, text in key]
    return _table([f'<TD ALIGN="LEFT">{name}</TD>' * bool(name) + "".join(cells)], spacing=0)


def _table(rows, spacing=3):
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="{spacing}">{body}</TABLE>'


def _small(text):
    return f'<FONT POINT-SIZE="8" COLOR="{GREY}">{text}</FONT>'


def _text(text, longest=LONGEST_TITLE):
    r"""Text from anyone, safe in a label: clean, markup and \N made harmless.

    >>> print(_text("<b>\n"), _text("a\\N"))
    &lt;b&gt; a\\N
    """
    return html.escape(clean(text, longest)).replace("\\", "\\\\")
