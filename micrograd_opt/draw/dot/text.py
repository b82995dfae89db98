"""Text from anyone, made fit to be shown: labels, titles, the names of modules.

Read next: `draw/dot/colours.py`, the colours of the boxes.
"""

import re

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # in XML, or by good sense


def clean(text, longest=200):
    r"""Text as one line that UTF-8 and XML can hold and a reader can see, cut to length.

    >>> clean("two\nlines \0")
    'two lines \ufffd'
    """
    text = " ".join(str(text).split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _FORBIDDEN.sub("\ufffd", text)
