"""A rendered SVG made ready to live in a page: colours by CSS, numbers that a script may change.

Graphviz lays out. From its SVG this keeps places and texts, and drops what a page does better: the
fixed colours, the caption, the tooltips.
Read next: `draw/pages/cells.py`, the numbers in the boxes.
"""

import re
import xml.etree.ElementTree as ET

from ..dot.dot import TIMES

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_KEPT = {"id", "class", "points", "d", "x", "y", "font-size", "font-weight", "font-style"}
_AROUND = 16.0  # points of room: for thick outlines, and for a mark above a box


def inline(svg, rows):
    """SVG text as an element #graph to stand inside HTML.

    svg    what `render` made of `dot.source(picture)`
    rows   for each box of the picture what its rows are, as ("data", "grad")

    Node groups keep their ids n0, n1, … and edge groups n3-n7-1. The text of a row "grad" is marked
    data-row="grad" and hangs on its right edge, or before a ×3, so that a number of another
    length stays in its column: lay the picture out with the longest that is to stand there.
    """
    graph = _bare(ET.fromstring(svg.encode())).find("g")
    graph[:] = [group for group in graph if group.tag == "g"]  # not the background and the caption
    xs, ys = [], []
    for group in graph:
        group_xs, group_ys = _outline(group)
        xs += group_xs
        ys += group_ys
        if group.get("class") == "node":
            _mark_rows(group, rows[int(group.get("id")[1:])], min(group_xs), max(group_xs))
    left, top = min(xs) - _AROUND, min(ys) - _AROUND
    width, height = max(xs) + _AROUND - left, max(ys) + _AROUND - top
    root = ET.Element("svg", id="graph", role="img", viewBox=f"{left} {top} {width} {height}")
    root.append(graph)
    return ET.tostring(root, encoding="unicode")


def _bare(element):
    """The tree without namespaces, tooltips and all that CSS decides."""
    for x in list(element.iter()):
        x.tag = x.tag.rpartition("}")[2]
        x[:] = [child for child in x if not child.tag.endswith("title")]
        x.tail = None
        if len(x):
            x.text = None
        dashed = "stroke-dasharray" in x.attrib
        x.attrib = {name: value for name, value in x.attrib.items() if name in _KEPT}
        if dashed:
            x.set("class", "dashed")
    return element


def _outline(group):
    """All x and all y of a group's shapes."""
    shapes = " ".join(x.get("points") or x.get("d") or "" for x in group.iter())
    numbers = [float(number) for number in _NUMBER.findall(shapes)]
    return numbers[0::2], numbers[1::2]


def _mark_rows(group, rows, left, right):
    """Mark the names and the texts of the rows, the last ones in the group; hang texts right."""
    texts = group.findall("text")
    margin = min(float(text.get("x")) for text in texts) - left if texts else 0.0
    if rows and texts[-1].text.startswith(TIMES):  # a constant: a bare number, and how often
        texts[0].set("data-row", rows[0])
        return
    if len(texts) == 1:  # a bare number
        names, texts = [], texts[: len(rows)]
    else:
        texts = texts[-2 * len(rows) :] if rows else []
        names, texts = texts[0::2], texts[1::2]
    for name in names:
        name.set("class", "name")
    for row, text in zip(rows, texts, strict=True):
        text.attrib |= {"data-row": row, "x": f"{right - margin:g}", "text-anchor": "end"}
