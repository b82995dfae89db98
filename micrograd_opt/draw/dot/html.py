"""A picture as one HTML page: the SVG as it is, which scales, in light or dark. No script.

Read next: `page.py`, pages that move.
"""

from .document import document


def sheet(svg, title):
    """The page as text. svg: from `render`; title: plain text, from anyone."""
    svg = svg[svg.index("<svg") :]  # without the XML prolog, which HTML has no place for
    return document(title, _STYLE, _BODY.format(svg))


_BODY = """<input type="checkbox" id="full"><label for="full">full size</label>
<main>
{}</main>"""
_STYLE = """\
body { margin: 1rem; background: #fff; color: #17212b; font: 1rem/1.5 Arial, sans-serif; }
main { overflow: auto; }
svg { display: block; max-width: 100%; height: auto; }
#full:checked ~ main svg { max-width: none; }
label { padding: .5rem; }
@media (prefers-color-scheme: dark) {
  body { background: #141414; color: #e8ecf0; }
  svg { filter: invert(.92) hue-rotate(180deg); } /* dark for light, and each hue as it was */
}
@media print { input, label { display: none; } }
"""
