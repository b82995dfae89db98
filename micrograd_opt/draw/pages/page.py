"""A page that moves: the styles and scripts of `assets/`, and the numbers as JSON inside the page.

`page` writes the document, `Page` is what `draw.backprop` and `draw.frames` hand to their callers.
Read next: `draw/pages/stage.py`, the page of a graph.
"""

import base64
import hashlib
import html
import json
from importlib import resources
from pathlib import Path

from ..dot.html import document
from ..dot.render import NOTEBOOK_TIME_LIMIT, TIME_LIMIT, Figure

NOTEBOOK_HEIGHT = "640px"


def page(title, body, data, styles=(), scripts=()):
    """The document as text.

    title     plain text, from anyone: it is escaped
    body      HTML, which the caller has escaped
    data      anything that JSON can say; scripts read it with `pageData()`
    styles    names of CSS files in `assets/`, after `page.css`, which every page has
    scripts   names of JavaScript files there, after `page.js`; they run when the body is there,
              and the page's policy lets no other script run
    """
    style = "\n".join(map(asset, ("page.css", *styles)))
    script = "\n".join(map(asset, ("page.js", *scripts)))
    whole = f"""<noscript>This page needs JavaScript, all of which is inside it.</noscript>
{body}
<script type="application/json" id="data">{embedded(data)}</script>
<script>{script}</script>"""
    return document(title, style, whole, _digest(script))


def embedded(data):
    r"""JSON that may stand inside a <script>: no text in it can end the element or the line.

    >>> print(embedded(["</script>", "<!--", "\u2028"]))
    ["\u003c/script\u003e","\u003c!--","\u2028"]
    """
    text = json.dumps(data, separators=(",", ":"))  # ASCII: what is not is written \uXXXX
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def asset(name):
    """The text of a file of `assets/`."""
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def controls(counts):
    """HTML: back, play, next and a slider, for player.js and player.css; `counts` is what the
    slider counts."""
    return asset("player.html").format(slider=counts).rstrip()


def _digest(script):
    """A script as a policy names it: by its hash."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class Page(Figure):
    """A page to look at. Notebooks show it; `save` writes it; `html()` is its text."""

    def __init__(self, summary, write):
        """`write(time_limit)` makes the HTML; `summary` is the repr."""
        self._summary = summary
        self._write = write

    def __repr__(self):
        return self._summary

    def html(self, time_limit=TIME_LIMIT):
        """The whole page as text. RuntimeError where no `dot` is found to lay out the graph."""
        return self._write(time_limit)

    def content(self, path):
        """The bytes that `save` writes to `path`; raises as it does."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save: {path.name!r} must end in .html: this is a page to step in")
        return self.html().encode()

    def _shown(self):
        text = html.escape(self.html(NOTEBOOK_TIME_LIMIT))
        frame = (
            f'<iframe srcdoc="{text}" sandbox="allow-scripts" title="{html.escape(repr(self))}" '
            f'style="width: 100%; height: {NOTEBOOK_HEIGHT}; border: 0"></iframe>'
        )
        return {"text/html": frame}
