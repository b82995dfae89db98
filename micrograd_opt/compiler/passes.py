"""The rules by which an Item is simplified as it is made: each answers a simpler one, or None.

takes       what is moved twice is moved once, or not at all
transposes  the rows of a transposed matrix are the columns of the matrix: nothing is moved
turned      a transposed product is the product the other way round
dots        a sum of products needs no list of them
pads        what comes from parts of a list, as gradients of slices do, is joined, not added

They keep every value to the bit, but for the sign of a zero and the order in which `dots` adds from
Python 3.12 on, where it rounds less. Read next: `opened.py`.
"""

from collections import Counter

from .places import transposed


def takes(lists, op, args, size, params):
    if op != "take":
        return None
    (x,), (places,) = args, params
    if places == tuple(range(x.size)):
        return x
    if x.op == "take":
        (inner,) = x.params
        return lists.take(x.args[0], tuple([inner[i] for i in places]))
    if x.op == "join":
        return _take_of_part(lists, x, places)
    return lists.whole(x.args[0], size) if x.op == "fill" else None


def _take_of_part(lists, x, places):
    """Places that lie in one part of joined lists."""
    start, first, last = 0, min(places), max(places)
    for part in x.args:
        if start <= first and last < start + part.size:
            return lists.take(part, tuple([i - start for i in places]))
        start += part.size
    return None


def transposes(lists, op, args, size, params):
    if op == "rows" and args[0].op == "take":
        (x,), (k,) = args[0].args, params
        if x.size == size * k and transposed(args[0].params[0], 1, k, size):
            return lists.apply("columns", (x,), size, size)
    return None


def turned(live, results):
    """A product that is used once, transposed, becomes the product the other way round.

    Not a rule for one Item as it is made, since it has to know all that use the product.
    """
    uses = Counter(results)
    uses.update(y for x in live for y in x.args)
    for x in live:
        if x.op == "take" and x.args[0].op == "products" and uses[x.args[0]] == 1:
            (k, n, m, batches), (left, right) = x.args[0].params, x.args[0].args
            if transposed(x.params[0], batches, n, m):
                x.op, x.args, x.params = "products", (right, left), (k, m, n, batches)


def dots(lists, op, args, size, params):
    (x, *_) = args or (None,)
    if op == "total" and _is_product(x):
        return lists.apply("dot", x.args, 1)
    if op == "sums" and _is_product(x.args[0]):
        lanes = [lists.apply(x.op, (y,), x.size, *x.params) for y in x.args[0].args]
        return lists.apply("dots", tuple(lanes), size)
    return None


def _is_product(x):
    return x.op == "mul" and all(y.size != 1 for y in x.args)


def pads(lists, op, args):
    """Of two lists, each with zeros where the other has numbers."""
    padded = [_padded(x) for x in args] if op == "add" else [None]
    if None in padded:
        return None
    (parts, places), (others, second) = padded
    if any(i >= 0 and j >= 0 for i, j in zip(places, second, strict=True)):
        return None
    n = sum(x.size for x in parts)
    places = [j + n if j >= 0 else i for i, j in zip(places, second, strict=True)]
    return padded_with_zeros(lists, [*parts, *others], places)


def _padded(x):
    """(parts, places) of what is taken from joined parts, −1 for zeros; or None."""
    source, places = (x.args[0], x.params[0]) if x.op == "take" else (x, range(x.size))
    if source.op != "join":
        return None
    *parts, last = source.args
    if last.op != "const" or last.data != 0.0:
        return None
    n = sum(part.size for part in parts)
    return parts, [i if i < n else -1 for i in places]


def padded_with_zeros(lists, parts, places):
    """The elements of joined parts at places, zeros where a place is −1."""
    n = sum(x.size for x in parts)
    if -1 in places:
        parts = [*parts, lists.const(0.0)]
    return lists.take(joined(lists, parts), tuple([n if i < 0 else i for i in places]))


def joined(lists, parts):
    """Several lists as one."""
    if len(parts) == 1:
        return parts[0]
    return lists.apply("join", tuple(parts), sum(x.size for x in parts))


RULES = {"takes": takes, "transposes": transposes, "dots": dots}
ELEMENTWISE = {"pads": pads}
