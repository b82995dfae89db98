"""HTML that needs nothing else: no network, no server, no file beside it.

`document` is the frame of every page; `sheet` puts a picture in it as it is: the SVG, which scales,
in light or dark, without a script.
Read next: `draw/dot/worksheet.py`, a graph to fill in.
"""

import html

from .text import clean


def document(title, style, body, script="'none'"):
    """The document as text.

    title     plain text, from anyone: it is escaped
    style     CSS
    body      HTML, which the caller has escaped
    script    what the page's policy lets run: 'none', or the hash of a script

    The policy forbids the page to load anything, so that a label that slipped through could do
    nothing either.
    """
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src {script}"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{html.escape(clean(title))}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


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
