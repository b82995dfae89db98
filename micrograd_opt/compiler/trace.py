"""Running a function once to see what it computes: the graph that `compile` turns into a program.

What is recorded, backward included, is a graph of ops of the rule table. Two such graphs show
whether the function repeats itself: what it makes anew each time would be frozen into the program.
Read next: `recorder.py`, what is refused meanwhile; `scalars.py`, the same graph number by number.
"""

from dataclasses import dataclass, replace

from ..engine.backward import record_gradients
from ..engine.graph import topological_order
from ..engine.state import enter, state
from ..engine.tensor import Tensor
from ..engine.value import Value
from .recorder import REMEDY, Recorder, numbers


@dataclass(frozen=True)
class GradientOf:
    """The label of the node that holds the gradient of another."""

    node: object


NESTED = "compile: a compiled function called another; compile the outer one alone"


@dataclass
class Traced:
    """A traced function as a graph: leaves at its start, outputs and gradients at its end."""

    arguments: list  # leaves, one for each number, Value or Tensor among the arguments
    captured: list  # leaves that the function found elsewhere: parameters, buffers
    drawn: list  # (leaf, function that draws a number)
    outputs: list  # nodes
    rebuild: object  # from a list in the order of `outputs` to what the function returned
    seed: object  # the leaf that stands for the gradient arriving at the first output: 1, or 1/n
    wanted: list  # leaves, arguments among them, whose gradient of the first output is computed
    gradients: list  # nodes, in that order; None for a gradient of zero
    modules: list  # (module called, whether it was training, the attributes that it sets itself)
    indices: list  # (leaf, size, what): it has to hold whole numbers from 0 to size − 1
    version: int  # leaves that are younger are constants of the function

    def stand_ins(self):
        """The leaves that stand for numbers to come."""
        return [*self.arguments, *[leaf for leaf, _ in self.drawn], self.seed]

    def order(self, forward_only=False):
        """Every node that the outputs, and the gradients, depend on; parents first."""
        gradients = [] if forward_only else [g for g in self.gradients if g is not None]
        return topological_order(*self.outputs, *gradients)

    def cut(self):
        """The same without the graph: what is needed once the program is written."""
        outputs = [x._constant(x._data) for x in self.outputs]
        return replace(self, outputs=outputs, seed=None, gradients=[], indices=[])


def trace(function, arguments, leaves, modules=()):
    """The Traced of `function(*arguments)`; `leaves` are the nodes in `arguments` that stand for
    numbers to come, `modules` those that the function reads without calling them."""
    before = recording, path, active, _ = state()
    if active is not None:
        raise RuntimeError(NESTED)
    seed, recorder = None, Recorder()
    for module in modules:
        recorder.called(module)
    try:  # no `with`: an interrupt at the call of __exit__ would leave the trace behind
        enter((recording, path, recorder, before))
        try:
            returned = function(*arguments)
        except TypeError as error:
            if not str(error).startswith("compile: "):
                error.add_note(f"compile traces with nodes in place of numbers: {REMEDY}")
            raise
        outputs = []
        rebuild = flatten(returned, outputs)
        if not outputs:
            raise TypeError(
                f"compile: the function returned {returned!r:.60}, no Value or Tensor that "
                "depends on its arguments"
            )
        loss = outputs[0]
        if loss.requires_grad and getattr(loss, "size", 1) == 1:
            seed = recorder.draws(type(loss), getattr(loss, "shape", ()), None)
        wanted, gradients = _backward(loss, seed) if seed is not None else ([], [])
    finally:
        enter(before)
    order = topological_order(*outputs)
    drawn = [(leaf, draw) for leaf, draw in recorder.drawn.items() if leaf is not seed]
    known = {*leaves, *recorder.drawn}
    found = [n for n in reversed(order) if n.op is None and n not in known]
    captured = [leaf for leaf in found if leaf.version < recorder.version]
    modules = [(m, training, recorder.notes(m)) for m, training in recorder.modules.items()]
    return Traced(
        leaves, captured, drawn, outputs, rebuild, seed, wanted, gradients, modules,
        recorder.indices, recorder.version,
    )  # fmt: skip


def check_repeats(traced, again):
    """Raise TypeError unless two traces of one function are the same graph, constants included."""
    first, second = traced.order(), again.order()
    places = [{leaf: i for i, leaf in enumerate(t.stand_ins())} for t in (traced, again)]
    for x, y in zip(first, second, strict=False):
        if x.op is not y.op or getattr(x, "params", None) != getattr(y, "params", None):
            break
        place = places[0].get(x)
        if place != places[1].get(y):
            break
        if x.op is None and place is None and x.version < traced.version and x is not y:
            break
        if x.op is None and x.version >= traced.version and repr(numbers(x)) != repr(numbers(y)):
            pairs = zip(numbers(x), numbers(y), strict=False)
            a, b = next((a, b) for a, b in pairs if repr(a) != repr(b))
            raise TypeError(
                f"compile: the function computes with {a:g} at one call and {b:g} at the next, and "
                "a program would keep the first: pass it as an argument, or draw it with rand, "
                "randn or dropout"
            )
    else:
        if len(first) == len(second):
            return
    raise TypeError(
        "compile: the function computes something else each time it is called; pass what changes "
        "as an argument"
    )


def _backward(loss, seed):
    """The leaves that want a gradient of the loss, and the gradients as nodes."""
    order = topological_order(loss)
    grads = {node: None for node in order if node.requires_grad}
    record_gradients(order, grads, seed)
    for node, g in reversed(grads.items()):  # of equal ones, the node's that is nearest the loss
        if g is not None and g.label is None and g.op is not None:
            g.label = GradientOf(node)
    wanted = [node for node in reversed(order) if node.op is None and node.requires_grad]
    return wanted, [grads[leaf] for leaf in wanted]


def like(kind, items):
    """Items in a list or tuple of that kind; a named tuple takes them one by one."""
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def flatten(tree, nodes):
    """Append the Values and Tensors in lists, tuples and dicts to `nodes`; a function that puts a
    list of other things in their places."""
    if isinstance(tree, (Value, Tensor)):
        place = len(nodes)
        nodes.append(tree)
        return lambda new: new[place]
    if isinstance(tree, dict):
        parts = {key: flatten(part, nodes) for key, part in tree.items()}
        return lambda new: {key: part(new) for key, part in parts.items()}
    if isinstance(tree, (list, tuple)):
        kind, parts = type(tree), [flatten(part, nodes) for part in tree]
        return lambda new: like(kind, [part(new) for part in parts])
    return lambda new: tree
