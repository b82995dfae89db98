"""A few ops as a line of text: `g * y`, `(x - 1) ** 2`, `x.T @ g`, with the parentheses it needs.

A rule of `ops.py` is run on leaves named g, z, x, y: the graph that it leaves can be printed
("g * y") and holds the number. So no derivative is put into words twice.
Read next: `draw/tape/lines.py`, what fits a line.
"""

import re

from ...array.shapes import broadcast

COMPARE, SUM, PRODUCT, SIGN, POWER, NAME = range(6)  # precedence, loosest first

INFIX = {
    "eq": ("==", COMPARE), "ne": ("!=", COMPARE), "lt": ("<", COMPARE), "le": ("<=", COMPARE),
    "gt": (">", COMPARE), "ge": (">=", COMPARE), "add": ("+", SUM), "sub": ("-", SUM),
    "mul": ("*", PRODUCT), "div": ("/", PRODUCT), "mm": ("@", PRODUCT), "pow": ("**", POWER),
}  # fmt: skip
ATOM = re.compile(r"[\w.:'\[\]…]+|[\d.]+e[+-]\d+|[\[(].*[\])]")  # a word, number, list or shape
SHORT = 28  # characters of a Tensor's numbers in a formula; where there are more, its shape


def number(x):
    """Four digits, and no minus before a zero.

    >>> number(-0.0), number(2.0), number(1 / 3)
    ('0', '2', '0.3333')
    """
    return f"{x + 0.0:.4g}"


def numbers(data, longest=SHORT):
    """A float, or an Array as nested lists of at most `longest` characters, else as its shape."""
    if not hasattr(data, "shape"):
        return number(data)
    if 0 < data.size <= longest // 2:
        text = nested(data.tolist())
        if len(text) <= longest:
            return text
    return repr(data.shape)


def nested(data):
    """A float, or nested lists, whatever their length."""
    return f"[{', '.join(map(nested, data))}]" if isinstance(data, list) else number(data)


def by_label(node):
    """What stands for a leaf: its label, or the number of a constant in a rule."""
    if node.op:
        return None
    return _constant(node.data) if node.label is None else node.label


def by_number(node):
    """What stands for a leaf: its numbers."""
    if node.op:
        return None
    return _constant(node.data) if node.label is None else numbers(node.data)


def _constant(data):
    """The 2.0 of a rule as 2, also where broadcasting has made a whole Array of it."""
    flat = getattr(data, "flat", ())
    return number(flat[0]) if len(set(flat)) == 1 else numbers(data)


def formula(node, name=by_label):
    """The graph of `node` as text.

    name    node -> the text that stands for it, None for a node that is to be written out

    Python's precedence and parentheses. What broadcasting implies, or what changes nothing, is
    left out. Recursive: for the few nodes of a rule, not for a net.

    >>> from micrograd_opt import Value
    >>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    >>> formula((x - y) * x), formula((x - y) * x, by_number)
    ('(x - y) * x', '(2 - (-3)) * 2')
    """
    return _written(node, name)[0]


def _written(node, name):
    """(text, precedence)."""
    text = name(node)
    if text is not None:
        return text, NAME if ATOM.fullmatch(text) else SIGN if text.startswith("-") else COMPARE
    op, args = node.op.name, _shown_arguments(node, name)
    if op in INFIX:
        return _infix(*INFIX[op], *args, name)
    if op in ("reshape", "expand") and args[0].shape == node.shape:
        return _written(args[0], name)
    if op == "where" and (branch := _branch_taken(*args, name)) is not None:
        return _written(branch, name)
    if op == "neg":
        return "-" + _operand(args[0], POWER, name), SIGN
    if op == "permute" and (suffix := _transposed(node.params["dims"])):
        return _operand(args[0], NAME, name) + suffix, NAME
    if op == "slice":
        return f"{_operand(args[0], NAME, name)}[{_ranges(node.params['ranges'])}]", NAME
    params = _parameters(op, args[0], node.params)
    return f"{op}({', '.join([formula(x, name) for x in args] + params)})", NAME


def _infix(symbol, precedence, x, y, name):
    """x + y. One of equal precedence may stand on the left: (x - y) - z is x - y - z."""
    strict = symbol == "**" or precedence == COMPARE  # not even on the left
    left = _operand(x, precedence + strict, name)
    right = _operand(y, SIGN if symbol == "**" else precedence + 1, name)
    if precedence == SUM and right.startswith("-"):
        right = f"({right})"
    return f"{left} {symbol} {right}", precedence


def _operand(node, lowest, name):
    """The text of a node, in parentheses if its precedence is lower than the operator allows."""
    text, precedence = _written(node, name)
    return text if precedence >= lowest else f"({text})"


def _shown_arguments(node, name):
    """The parents, without the expands and reshapes that broadcasting makes of itself."""

    def hidden(x, op):
        return x.op is not None and x.op.name == op and name(x) is None

    args = node._prev
    if node.op.elementwise and any(hidden(x, "expand") for x in args):
        bare = [x._prev[0] if hidden(x, "expand") else x for x in args]
        return bare if broadcast(*[x.shape for x in bare]) == node.shape else args
    if node.op.name == "expand" and hidden(args[0], "reshape"):
        (inner,), shape = args[0]._prev, args[0].shape
        return (inner,) if shape[len(shape) - inner.ndim :] == inner.shape else args
    return args


def _branch_taken(condition, x, y, name):
    """The input that a `where` between two inputs takes, which guards a rule at an edge; else None.

    Where one of the two is g, the choice itself is the rule, and is written.
    """
    written_out = name(condition) is None
    if not written_out or x.op or y.op or "g" in (x.label, y.label):
        return None
    choices = set(getattr(condition.data, "flat", [condition.data]))
    return None if len(choices) != 1 else x if choices.pop() else y


def _transposed(dims):
    """The suffix of a permutation that transposes; "" for any other."""
    if dims == (1, 0):
        return ".T"
    n = len(dims)
    return ".mT" if dims == (*range(n - 2), n - 1, n - 2) else ""


def _parameters(op, x, params):
    """An op's parameters as text; of `sum` only those that say more than the sum over all."""
    if op == "sum":
        dims = params["dims"]
        shown = [f"dim={dims[0] if len(dims) == 1 else dims}"] * (len(dims) < x.ndim)
        return shown + ["keepdim=True"] * params["keepdim"]
    by_place = [f"{params[key]}" for key in ("shape", "dims") if key in params]
    ranges = [f"at=[{_ranges(params['ranges'])}]"] if "ranges" in params else []
    others = [f"{k}={v}" for k, v in params.items() if k not in ("shape", "dims", "ranges")]
    return by_place + ranges + others


def _ranges(ranges):
    """Ranges as they stand between brackets.

    >>> _ranges((range(0, 2), range(3, -1, -2)))
    '0:2, 3::-2'
    """
    return ", ".join(map(_range, ranges))


def _range(r):
    stop = "" if r.stop < 0 else r.stop
    return f"{r.start}:{stop}" + (f":{r.step}" if r.step != 1 else "")
