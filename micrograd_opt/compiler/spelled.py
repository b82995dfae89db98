"""The expression of each op of whole lists.

A row of SPELLED is a function of the Statements and an Item that answers (expression, whether it
makes a list): where it does not, it can be walked once. Read next: `runtime.py`, what they call.
"""

import math

from . import lines
from .places import as_axes, as_slice, each, repeated
from .text import wrapped

# A product unrolled over names, ns for each multiply-add, against sum(map(mul, …)) or, from 3.12,
# sumprod. 3.11: 14 to 25 at 16 numbers, 13 to 17 at 64, 14 to 16 at 128. 3.12 and 3.13: 14 to 16 at
# 16 numbers, 12 to 11 at 32, 13 to 9 at 64.
UNROLLED = 16 if hasattr(math, "sumprod") else 64


def _call(s, x):
    s.functions.add(x.params[0])
    return f"{x.params[0]}({', '.join(map(s.list, x.args))})", True


def _fill(s, x):
    return f"[{s.text(x.args[0])}] * {x.size}", True


# ---- elements at other places


def _take(s, x):
    (y,), (places,) = x.args, x.params
    if x.size == 1:
        return f"{_held(s, y)}[{places[0]}]", True
    part, n, m = as_slice(places), repeated(places, y.size), each(places, y.size)
    if part is not None:
        stop = part.stop if part.stop < y.size else ""
        step = f":{part.step}" if part.step > 1 else ""
        return f"{_held(s, y)}[{part.start or ''}:{stop}{step}]", True
    if n is not None:
        return f"{_held(s, y)} * {n}", True
    if m is not None:
        return f"each({s.text(y)}, {m})", False
    return f"{_taker(s, places)}({s.list(y)})", False


def _held(s, x):
    """An expression for a list that a subscript may follow."""
    text = s.list(x)
    return f"({text})" if x.op in ("fill", "take") and x not in s.given else text


def _taker(s, places):
    """The name of a function that takes a list's elements at places, defined in the head."""
    name = s.takes.get(places)
    if name is None:
        name = s.takes[places] = s.names.new("take")
        regular = as_axes(places)
        if regular:
            start, axes = regular
            s.head += [f"{name} = itemgetter(*offsets({start}, {axes}))", ""]
        else:
            s.head += [*wrapped(list(map(str, places)), "", f"{name} = itemgetter(", ")"), ""]
    return name


def stretched(x):
    """Whether a taken list is another one repeated, which costs next to nothing to walk."""
    (places,), size = x.params, x.args[0].size
    return repeated(places, size) is not None or each(places, size) is not None


def _join(s, x):
    parts = [s.text(y) if y.size == 1 else f"*{s.text(y)}" for y in x.args]
    return f"[{', '.join(parts)}]", True


def _rows(s, x):
    return f"rows({s.walk(x.args[0])}, {x.params[0]})", False


def _columns(s, x):
    return f"columns({s.list(x.args[0])}, {x.params[0]})", True


# ---- products


def _products(s, x):
    left, right = x.args
    k, n, m, batches = x.params
    name = "products" if k > UNROLLED or "unroll" in s.off else _unrolled(s, k)
    if batches == 1:
        return _made(x, f"{name}({s.text(left)}, {s.list(right)})")
    lefts, rights = f"rows({s.text(left)}, {n})", f"rows({s.text(right)}, {m})"
    return f"joined(map({name}, {lefts}, {rights}))", True


def _unrolled(s, k):
    """The name of `products` for k numbers, spelt out in the head."""
    name = s.unrolled.get(k)
    if name is None:
        name = s.unrolled[k] = s.names.new(f"products_{k}")
        x, y = ([f"{letter}{i}" for i in range(k)] for letter in "xy")
        terms = " + ".join(f"{a} * {b}" for a, b in zip(x, y, strict=True))
        lefts, rights = (", ".join(names) + "," * (k == 1) for names in (x, y))
        made = lines.comprehension(terms, (lefts, "left"), (rights, "right"))
        says = "    # each of left · each of right"
        s.head += [f"def {name}(left, right):", says, *lines.statement("return ", made), ""]
    return name


# ---- functions of lanes


def _numbers(function):
    """A function that makes a number of each lane."""

    def spelled(s, x):
        text = f"map({', '.join([function, *map(s.text, x.args)])})"
        return (f"[*{text}][0]", True) if x.size == 1 else (text, False)

    return spelled


def _lists(function):
    """A function that makes a list of each lane."""

    def spelled(s, x):
        more = [f"repeat({i})" for i in x.params]
        return _made(x, f"joined(map({', '.join([function, *map(s.text, x.args), *more])}))")

    return spelled


def _made(x, text):
    """A list that is made; its element, if it is only one."""
    return (f"{text}[0]" if x.size == 1 else text), True


def _picked(s, x):
    lanes, index = s.text(x.args[0]), s.walk(x.args[1])
    text = lines.comprehension("row[int(i)]", ("row, i", f"zip({lanes}, {index})"))
    return (f"{text}[0]", True) if x.size == 1 else (text, True)


def _index_select(s, x):
    return _made(x, f"joined(pick({s.list(x.args[0])}, {s.walk(x.args[1])}))")


def _index_add(s, x):
    lanes, index = s.text(x.args[0]), s.walk(x.args[1])
    return _made(x, f"add_rows({lanes}, {index}, {x.params[0]}, {x.params[1]})")


def _checked(s, x):
    n, what = x.params
    return _made(x, f"checked({s.list(x.args[0])}, {n}, {what!r})")


SPELLED = {
    "call": _call, "fill": _fill, "take": _take, "join": _join,
    "rows": _rows, "columns": _columns, "products": _products,
    "total": lambda s, x: (f"sum({s.text(x.args[0])})", True),
    "dot": lambda s, x: (f"dot({s.text(x.args[0])}, {s.text(x.args[1])})", True),
    "top": lambda s, x: (f"top({s.list(x.args[0])})", True),
    "sums": _numbers("sum"), "dots": _numbers("dot"), "argmax": _numbers("place_of_max"),
    "softmax": _lists("softmax"), "log_softmax": _lists("log_softmax"),
    "gather": _lists("pick"), "scatter_add": _lists("scatter"), "picked": _picked,
    "index_select": _index_select, "index_add": _index_add, "checked": _checked,
}  # fmt: skip
