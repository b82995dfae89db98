"""A sheet to fill in: a graph with empty boxes for the gradients, and its answers, two A4 pages.

The answers come from a tape of the backward pass, so no `.grad` is read or written.
Read next: `draw/zoom/`, which draws one op of Tensors as scalars.
"""

import math
import re
from dataclasses import replace
from pathlib import Path

from ..picture.boxes import FEW, number, numbers
from ..picture.picture import picture
from ..tape.tape import readable, tape
from .dot import source
from .html import document
from .render import TIME_LIMIT, Figure, render

MOST = 60  # nodes on a sheet: more would be too small to write in
A4 = (297.0, 210.0)  # mm, lying; a tall graph gets it standing
MARGIN = 10.0  # mm
BLANK = 64, 28  # points: 10 mm high where the graph is not shrunk to the page
TASK = (
    "Fill in the gradients against the arrows: first #1, which is 1, then #2, … "
    "What arrives on several arrows is added."
)


def worksheet(root, direction="LR", title=None):
    """The Worksheet of a graph. ValueError for a graph too large for a page."""
    count = readable(root, None, "draw")
    if count > MOST:
        raise ValueError(
            f"draw: {count:,} nodes, and a sheet of A4 has room for {MOST}; begin at a node deeper "
            "in the graph, or draw without blanks"
        )
    gradients = {visit.index: visit.gradient for visit in tape(root).visits}
    answers = {i: _answer(g) for i, g in gradients.items()}
    shown = picture(root, level="op", max_nodes=None)
    pages = []
    for heading, filled in ((title or "Backprop", False), ("Answers", True)):
        boxes = list(shown.boxes)
        for i, (name, text) in answers.items():
            rows = [row for row in boxes[i].rows if row[0] not in ("grad", "‖grad‖")]
            boxes[i] = replace(boxes[i], rows=(*rows, (name, _frame(text, filled))))
        page = replace(shown, boxes=boxes, caption=shown.caption if filled else TASK)
        pages.append(source(page, direction, color=None, title=heading))
    return Worksheet(*pages, len(gradients), title)


class Worksheet(Figure):
    """Two pages to print: the questions and the answers.

    `save("sheet.svg")` writes both pages as one picture, one above the other; `save("sheet.html")`
    a page that prints as two sheets of A4, on paper or as a PDF.
    """

    def __init__(self, questions, answers, blanks, title):
        self.sources = (questions, answers)
        self._blanks, self._title = blanks, title

    def __repr__(self):
        return f"Worksheet({self._blanks} gradients to fill in)"

    def svg(self, time_limit=TIME_LIMIT):
        """Both pages as SVG text, the answers below. RuntimeError where no `dot` is found."""
        graphs = self._graphs(time_limit)
        width, height = _paper(graphs[0])
        inner = "\n".join(
            f'<svg x="{MARGIN}" y="{MARGIN + i * height}" width="{width - 2 * MARGIN}" '
            f'height="{height - 2 * MARGIN}" {graph}'
            for i, graph in enumerate(graphs)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" '
            f'height="{2 * height:g}mm" viewBox="0 0 {width:g} {2 * height:g}">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n{inner}\n</svg>\n'
        )

    def html(self, time_limit=TIME_LIMIT):
        """A page that prints as two sheets of A4, as text. RuntimeError as `svg`."""
        graphs = self._graphs(time_limit)
        width, height = _paper(graphs[0])
        style = _STYLE.format(width=width, height=height, margin=MARGIN)
        body = "\n".join(f"<section><svg {graph}</section>" for graph in graphs)
        return document(self._title or "Fill in the gradients", style, body)

    def content(self, path):
        """The bytes that `save` writes to `path`; raises as it does."""
        path = Path(path)
        write = {".svg": self.svg, ".html": self.html}.get(path.suffix.lower())
        if write is None:
            raise ValueError(
                f"save: {path.name!r} must end in .svg or .html; for a PDF print the .html"
            )
        return write().encode()

    def _shown(self):
        return {"image/svg+xml": self.svg()}

    def _graphs(self, time_limit):
        """Each page's graph from its viewBox on, without the size that Graphviz gave it."""
        return [
            re.search(r"(viewBox=.*</svg>)", _bare(render(text, "svg", time_limit)), re.S)[0]
            for text in self.sources
        ]


def _bare(svg):
    """SVG text whose names are gone: two pages with the same ones share a document."""
    text = svg.decode()
    text = re.sub(r"<title>.*?</title>\n?", "", text, flags=re.S)
    return re.sub(r' id="[^"]*"', "", text)


def _paper(graph):
    """Width and height in mm: A4 as this graph fills it best."""
    _, _, width, height = map(float, re.match(r'viewBox="([^"]*)"', graph)[1].split())
    return A4 if width > height else A4[::-1]


def _answer(g):
    """(name, text) of a gradient: its numbers, or the norm of many."""
    if g is None:
        return "grad", "none"
    flat = getattr(g, "flat", [g])
    return ("grad", numbers(g)) if len(flat) <= FEW else ("‖grad‖", number(math.hypot(*flat)))


def _frame(text, filled):
    """A frame with room for a text in handwriting; filled or not it has one size, so that both
    pages are laid out alike."""
    width, height = BLANK
    width = max(width, 9 * len(text))
    cell = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
    return (
        '<TABLE BORDER="0" CELLBORDER="1" CELLPADDING="0" CELLSPACING="0">'
        f"<TR><TD {cell}>{text if filled else ''}</TD></TR></TABLE>"
    )


_STYLE = """\
@page {{ size: {width:g}mm {height:g}mm; margin: 0; }}
body {{ margin: 0; background: #fff; color-scheme: light; }}
section {{ box-sizing: border-box; width: {width:g}mm; height: {height:g}mm; }}
section {{ padding: {margin:g}mm; break-after: page; }}
section:last-child {{ break-after: auto; }}
svg {{ display: block; width: 100%; height: 100%; }}
@media screen {{ section {{ max-width: 100%; border-bottom: 1px solid #8492a3; }} }}
"""
