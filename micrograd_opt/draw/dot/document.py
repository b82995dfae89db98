"""One HTML document that needs nothing else: no network, no server, no file beside it.

Read next: `sheet.py`, a picture as it is; `page.py`, pages that move.
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
