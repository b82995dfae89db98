"""What each result of a saved program belongs to: an argument, and places in its list.

With these pairs a few lines, `changed` in `demo.py`, put the results of a call into the arguments
of the next. A pair is (argument's name, places in its list), or (name, None) for all of the list.
Read next: `export.py`, the file that holds the pairs.
"""

from itertools import groupby
from operator import itemgetter

from ..engine.tensor import Tensor
from .layout import folded
from .text import wrapped


def of_gradients(inputs, wanted):
    """The pair of each gradient, in the order of the leaves that want one."""
    of, places = [], _places(inputs)
    for leaf in wanted:
        name, place = places[leaf]
        of.append((name, None if isinstance(leaf, Tensor) else [place]))
    return of


def of_updates(inputs):
    """The same of each list that an optimizer's step renews, as `fused.Update` noted it."""
    of = {i: (made.name, where) for made in inputs for i, where in made.renewed}
    return [of[i] for i in range(len(of))]


def _places(inputs):
    """{leaf: (its argument, its place in the list)}"""
    return {leaf: (made.name, i) for made in inputs for i, leaf in enumerate(made.leaves)}


def as_text(of, results, title):
    """The pairs as the text of a list, with a comment that says what they are."""
    items = []
    for name, group in groupby(of, key=itemgetter(0)):
        places = [where for _, where in group]
        first = places[0][0] if places[0] else 0
        if len(places) > 2 and places == [[first + i] for i in range(len(places))]:
            items.append(f'*[("{name}", [i]) for i in range({first}, {first + len(places)})]')
        else:
            items += [f'("{name}", {where})' for where in places]
    return folded("\n".join([
        f"# {results}[i] is of {title}[i]: an argument, places in its list or None",
        *wrapped(items, "", f"{title} = [", "]"),
    ]))  # fmt: skip
