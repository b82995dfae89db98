"""zoom: one op of Tensors, or several, as a picture of scalars.

Read next: `draw/zoom/tensors_as_values.py`, how the Tensors become Values.
"""

from itertools import chain, count

from ...engine.backward import stale
from ...engine.graph import topological_order
from ...engine.ops import expand, permute, reshape
from ...engine.tensor import Tensor
from ..dot.drawing import draw
from ..dot.render import Drawing
from ..tape.tape import shown_order
from .tensors_as_values import between, is_index, opened

_LAYOUT = (expand, reshape, permute)  # what broadcasting, `@` and `.T` put around an op


class Zoom(Drawing):
    """The picture of an op of Tensors as scalars, with its Values at hand.

    inputs   for each input nested lists of Values, as in x[0][1], or one Value; the `.grad` of each
             is what the op sends there
    output   the same of the node
    root     the Value that everything leads to: to `draw.backprop`, to `explain`
    """

    def __init__(self, drawing, root, inputs, output):
        vars(self).update(vars(drawing))
        self.root = root
        self.inputs = inputs
        self.output = output


def zoom(node, *inputs, max_nodes=200, title=None, **options):
    """The op that made a Tensor, opened: its scalar graph of Values, with the same gradients.

    node        a Tensor that was computed
    inputs      where to stop, to open several ops at once: `zoom(loss, logits)` opens a whole
                cross-entropy. The op's own inputs by default, whatever way broadcasting, `@` or a
                transpose laid them out
    max_nodes   ValueError for more scalars than anyone can read; None opens them all the same
    options     as for `draw`

    The gradient that flows in is `node.grad`, ones before any backward. Returns a Drawing that has
    the Values as well. A sum rounds after each term, so the last digit may differ from `node`'s.

    >>> x = Tensor([[1.0, 2.0]], requires_grad=True)
    >>> opened = zoom(x @ Tensor([[3.0], [4.0]]))
    >>> opened.output[0][0], [v.grad for v in opened.inputs[0][0]]
    (Value(11.0, grad=1.0), [3.0, 4.0])
    """
    for x in (node, *inputs):
        if not isinstance(x, Tensor):
            what = "a Value is a scalar already; draw it" if hasattr(x, "op") else repr(x)[:60]
            raise TypeError(f"zoom: expected Tensors, got {type(x).__name__}: {what}")
    if node.blocker:
        raise ValueError(_NOTHING.format(node.blocker.name))
    if node.op is None:
        raise ValueError(f"zoom: {node!r} is a leaf: there is no op to open")
    shown_order(node, "zoom")
    inputs = inputs or _inputs_of(node)
    names = _named(node, dict.fromkeys(inputs))
    _check(node, names, max_nodes)
    root, values = opened(node, names)
    if not root.requires_grad:
        raise ValueError(_NOTHING.format(node.op.name))
    order = topological_order(root)
    if max_nodes is not None and len(order) > max_nodes:
        raise ValueError(_TOO_LARGE.format(f"{node.op.name}, opened,", len(order), max_nodes))
    root.backward()
    if title is None:
        title = f"{node.label or 'z'} from {', '.join(map(str, names.values()))}, number by number"
    drawing = draw(root, max_nodes=None, title=title, **options)
    return Zoom(drawing, root, tuple(values[x].tolist() for x in inputs), values[node].tolist())


def _inputs_of(node):
    """What the op nearest to `node` was computed from, seen through changes of layout."""
    while node.op in _LAYOUT and node._prev[0].op:
        node = node._prev[0]
    return tuple(_laid_out(x) for i, x in enumerate(node._prev) if not is_index(node.op, i))


def _named(node, inputs):
    """{input: its label}; x, y, x2, x3 and so on, as far as they are free, for those without."""
    labels = {x.label for x in between(node, inputs)}
    pool = chain("xy", map("x{}".format, count(2)))
    return {x: x.label or next(name for name in pool if name not in labels) for x in inputs}


def _laid_out(x):
    """The Tensor of which x is another layout."""
    while x.op in _LAYOUT:
        x = x._prev[0]
    return x


def _check(node, inputs, max_nodes):
    """Raise unless the inputs lead to `node`, unchanged since, and small enough to open."""
    on_the_way = dict.fromkeys(between(node, inputs))
    for place, x in enumerate(inputs):
        if x is node or x not in on_the_way:
            raise ValueError(f"zoom: input {place}, {x!r}, is not what {node!r} was computed from")
    for x, user in stale(x for x in on_the_way if x not in inputs):
        raise RuntimeError(
            f"zoom: {x!r} was changed after {user.op.name} used it; compute again, then zoom"
        )
    for x in on_the_way:
        if max_nodes is not None and x.size > max_nodes:
            raise ValueError(_TOO_LARGE.format(f"{x!r} alone", x.size, max_nodes))


_NOTHING = "zoom: {} passes no gradient on: there is nothing to show"
_TOO_LARGE = (
    "zoom: {} is {} scalars, max_nodes is {}: too many to read; open a smaller one, as with a "
    "batch of 2, name inputs nearer to it, or force it with max_nodes=None"
)
