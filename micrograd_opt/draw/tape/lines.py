"""Lines of text made of pieces: equations and sums that break where they may, within 100 columns.

Read next: `draw/tape/names.py`, what the nodes are called.
"""

from unicodedata import east_asian_width

from .formula import numbers

WIDTH = 100  # columns of a line
LONGEST_RESULT = 60  # characters: a Tensor with more is written as its shape
MOST_TERMS = 8  # of a sum that is written out
HANG = 10  # columns: where a piece starts that did not fit, if the line's own start leaves no room


def columns(text):
    """How many columns a text takes, where the wide characters of East Asia take two."""
    return sum(2 if east_asian_width(c) in "FW" else 1 for c in text)


def cut(text, most):
    """The text, or as much of it as fits `most` columns, with … at the end."""
    if columns(text) <= most:
        return text
    text = text[: most - 1]
    while columns(text) > most - 1:
        text = text[:-1]
    return text + "…"


def pad(text, width):
    """The text with spaces up to `width` columns."""
    return text + " " * (width - columns(text))


def flow(start, pieces):
    """Lines of at most WIDTH columns: `start`, then the pieces; what does not fit hangs below.

    >>> for line in flow("  the loss = ", ["x" * 50, " + " + "y" * 50]):
    ...     print(line.replace("x" * 50, "x…").replace("y" * 50, "y…"))
      the loss = x…
                 + y…
    """
    lines, hang = [cut(start, WIDTH)], columns(start) + 2 * start.isspace()
    for piece in pieces:
        if columns(lines[-1] + piece) <= WIDTH:
            lines[-1] += piece
        else:
            piece = piece.lstrip()
            indent = max(HANG, min(hang, WIDTH - columns(piece)))
            lines.append(cut(" " * indent + piece, WIDTH))
    return [line.rstrip() for line in lines]


def result(data):
    """Data at the end of a line, where there is more room than in a formula.

    >>> result(0.5)
    '0.5'
    """
    text = numbers(data, LONGEST_RESULT)
    return f"shape {text}" if text.startswith("(") else text


def is_shown(data):
    """Whether `result` shows the numbers themselves."""
    return not result(data).startswith("shape")


def equation(*texts, data):
    """The pieces of texts that are all equal to `data`, none of them twice.

    >>> equation("g", "0.5", data=0.5), equation("g * y", "1 * -3", data=-3.0)
    (['g', ' = 0.5'], ['g * y', ' = 1 * -3', ' = -3'])
    """
    sides = [text for text in dict.fromkeys(texts) if text not in (numbers(data), result(data))]
    return [f" = {text}" if i else text for i, text in enumerate([*sides, result(data)])]


def addition(terms, total):
    """The pieces of a sum with its terms; none where that would be too long to read.

    >>> addition([3.0, -4.0], -1.0)
    ['3', ' + (-4)', ' = -1']
    """
    if len(terms) > MOST_TERMS or not all(map(is_shown, [*terms, total])):
        return []
    first, *rest = map(result, terms)
    plus = [f" + ({text})" if text.startswith("-") else f" + {text}" for text in rest]
    return [first, *plus, f" = {result(total)}"]
