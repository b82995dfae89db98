"""What a box says of the nodes it stands for: op, label, numbers, gradient, what is inside.

Read next: `draw/picture/levels.py`, which nodes share a box.
"""

import math
from dataclasses import dataclass

from ..tape import formula

SYMBOLS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "pow": "xʸ", "abs": "|x|", "sqrt": "√",
    "sum": "Σ", "mm": "@", "gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠",
}  # fmt: skip
ARITHMETIC = {"add", "sub", "mul", "neg"}  # several of these in one box are a Σ, or a Π
PLUMBING = {"expand", "sum_to", "reshape", "permute"}  # no arithmetic: left out of a summary
FEW = 4  # a Tensor of so few elements shows them, a larger one the norm of its gradient


@dataclass(frozen=True)
class Box:
    """What a picture shows of a node, or of several folded into one box."""

    nodes: tuple  # the nodes of the graph that it stands for
    kind: str  # "op", "leaf", "constant", or "fold" for several nodes in one
    symbol: str  # the op's; "" for a leaf or a constant
    label: str
    rows: tuple  # of (name, text)
    gradient: float | None  # |∂root/∂this|, the norm for a Tensor; None where there is none
    turn: int | None  # the place in the backward order, from 1; None for a constant
    count: int = 1  # how many boxes like this one are rolled into it


def described(repeats, parameters, outputs, label, turn, values):
    """The Box of some nodes.

    repeats      a list of nodes for each of the boxes rolled into this one
    parameters   the leaves drawn inside
    outputs      those of the nodes that others use
    values       False leaves out data and gradients; shapes stay
    """
    ops = [node for node in repeats[0] if node._prev]
    if ops:
        kind = "op" if len(repeats[0]) == 1 and not parameters else "fold"
    else:
        kind = "leaf" if outputs[0].requires_grad else "constant"
    rows = _numbers_of(outputs, values)
    if parameters:
        rows.append((_counted(parameters), f"‖grad‖ {_norm_text(parameters)}" if values else ""))
    if kind == "fold":
        rows.append((f"{len(ops):,} op{'s' * (len(ops) > 1)}", ""))
    elif len(repeats[0]) > 1:
        rows.append((_counted(repeats[0]), ""))
    nodes = (*(node for repeat in repeats for node in repeat), *parameters)
    norm, count = gradient_norm(outputs), len(repeats)
    return Box(nodes, kind, _summary(ops), label, tuple(rows), norm, turn, count)


def _numbers_of(nodes, values):
    """Rows of shape, data and gradient: of one node, or of several taken together."""
    shapes = {getattr(node.data, "shape", ()) for node in nodes}
    shape = shapes.pop() if len(shapes) == 1 else ()
    rows = [("shape", str(shape))] if shape else []
    if not values:
        return rows
    if len(nodes) > 1:
        rows.append(("data", _range(nodes)))
    elif few := math.prod(shape) <= FEW:
        rows.append(("data", numbers(nodes[0].data)))
    if any(node.requires_grad for node in nodes):
        if gradient_norm(nodes) is None:
            rows.append(("grad", "none"))
        elif len(nodes) == 1 and few:
            rows.append(("grad", numbers(nodes[0].grad)))
        else:
            rows.append(("‖grad‖", _norm_text(nodes)))
    return rows


def gradient_norm(nodes):
    """√Σg² over all elements of the nodes' gradients; None where none has a gradient."""
    grads = [node.grad for node in nodes if node.requires_grad and node.grad is not None]
    return math.hypot(*(x for g in grads for x in getattr(g, "flat", [g]))) if grads else None


def _norm_text(nodes):
    norm = gradient_norm(nodes)
    return "none" if norm is None else number(norm)


def _elements(nodes):
    return [x for node in nodes for x in getattr(node.data, "flat", [node.data])]


def _counted(parameters):
    size = len(_elements(parameters))
    return f"{size:,} parameter{'s' * (size != 1)}"


def _range(nodes):
    data = _elements(nodes)
    if not data or any(map(math.isnan, data)):
        return "nan" if data else "[]"
    low, high = number(min(data)), number(max(data))
    return low if low == high else f"{low} … {high}"


def _summary(ops):
    """The symbols of several ops in order: "Σ relu" for the relu of a sum of products."""
    names = [op._op for op in ops if op._op not in PLUMBING or len(ops) == 1]
    arithmetic = [name for name in names if name in ARITHMETIC]
    if len(arithmetic) > 1:
        whole = "Π" if set(arithmetic) <= {"mul", "neg"} else "Σ"
        names = [whole if name in ARITHMETIC else name for name in names]
    symbols = list(dict.fromkeys(SYMBOLS.get(name, name) for name in names))
    return " ".join(symbols[:4]) + (" …" if len(symbols) > 4 else "")


def number(x):
    """As in a formula, with a true minus."""
    return formula.number(x).replace("-", "−")


def numbers(data):
    """A float or an Array, as `number`."""
    data = data.tolist() if hasattr(data, "tolist") else data
    return formula.nested(data).replace("-", "−")
