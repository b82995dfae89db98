"""Numbers and Tensors as short texts: for a box in a graph, and for a card beside it.

Read next: `draw/pages/steps.py`, which says everything with them.
"""

import math

from ..picture.boxes import number

IN_A_BOX, IN_A_CARD = (3, 3), (8, 6)  # rows and columns of a Tensor that is written out there
NO_NAME = "\u00a0"  # of a line that goes on


def cell(x):
    """For a box: the rows of a small Tensor, or one number: the scalar's, a large Tensor's norm.

    >>> cell(0.5)
    [['0.5']]
    """
    return [["none"]] if x is None else _table(x, IN_A_BOX) or [[number(size(x))]]


def quantity(x):
    """For a card: a number as text; a small Tensor as rows of texts, a large one as its norm."""
    if x is None or not getattr(x, "shape", ()):
        return cell(x)[0][0]
    rows = _table(x, IN_A_CARD)
    return {"shape": str(x.shape)} | ({"rows": rows} if rows else {"norm": number(size(x))})


def size(x):
    """|x|, the norm of an Array, 0 for None."""
    return 0.0 if x is None else math.hypot(*getattr(x, "flat", [x]))


def lines(row, data, cells, more):
    """((row, name, text) for each line of a box, pitch): room for one of `cells` at a time.

    row     "data" or "grad"; the name of the first line, ‖grad‖ where a norm stands for `data`
    cells   all that is to stand there, from the first step to the last
    more    whether a + may follow, for a gradient that is not complete

    Graphviz lays the box out once, so its texts are zeros, as many as the widest cell has
    characters. The pitch is the distance of two columns in digits: the longest number and a space.
    Here that is 0.5, so the pitch is 4, and two columns take 2 · 4 − 1 = 7 zeros:

    >>> lines("grad", 0.0, [[["none"]], [["1", "2"], ["0.5", "3"]]][1:], more=False)
    ([('grad', 'grad', '0000000'), ('grad', '\xa0', '0000000')], 4)
    """
    pitch = 1 + max(len(text) for cell in cells for line in cell for text in line)
    height, width = max(map(len, cells)), max(len(line) for cell in cells for line in cell)
    is_norm = getattr(data, "shape", ()) and not _table(data, IN_A_BOX)
    names = [f"‖{row}‖" if is_norm else row] + [NO_NAME] * (height - 1)
    text = "0" * (width * pitch - 1 + 2 * more)
    return [(row, name, text) for name in names], pitch


def typeset(text):
    """A formula with the signs that print.

    >>> typeset("g * y ** 2 - 1e-05")
    'g × y ** 2 − 1e−05'
    """
    return text.replace("**", "\0").replace("*", "×").replace("\0", "**").replace("-", "−")


def _table(x, most):
    """Rows of texts; None for a Tensor of more rows or columns than `most`, or of none."""
    shape = getattr(x, "shape", ())
    if not shape:
        return [[number(float(x))]]
    rows, columns = math.prod(shape[:-1]), shape[-1]
    if len(shape) > 2 or not 0 < rows <= most[0] or not 0 < columns <= most[1]:
        return None
    texts = list(map(number, x.flat))
    return [texts[i : i + columns] for i in range(0, len(texts), columns)]
