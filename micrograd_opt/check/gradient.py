"""Your own backward pass against the library's: where it departs first, and why.

Read next: `plot/`.
"""

from ..array.array import Array
from ..draw.tape.names import names
from ..draw.tape.tape import shown_order
from ..engine.backward import backward_pass
from ..engine.graph import Node
from .report import Report, agree, apart, told
from .rules import RULES
from .walks import WALKS

__all__ = ["gradient"]

OVERWRITES = "the leaves are overwritten, where backward() adds to what they have"
KEEPS = "the gradients of inner nodes are not zeroed before it, and those of the first count again"


def gradient(my_backward, node):
    """A Report on your backward pass from `node`.

    my_backward     a function of the root that fills the `.grad` of the leaves, of inner nodes too
                    if it likes; or returns {leaf: its gradient}
    node            the root of a graph: a Value, or a Tensor of one element

    The graph is read as the library's is: `node._prev` are the parents, `node._op` is the name of
    the operation ("add", "mul", "tanh", …), `node.data` the number. Before the pass each `.grad` is
    0.0 (a Value's) or None (a Tensor's); after the check it is what it was. All leaves must agree
    to 1e-10 with `backward()`. Where one does not, the report names the first node in backward
    order that differs, by the name and the number that `explain(node)` gives it, and classic
    mistakes are made in the library's pass, one by one, until one gives the same number there; of
    several it is the one that gives most of the others too. An exception in `my_backward` is a
    finding, with its line.

    Where all agree, a second pass follows without setting `.grad` to zero. If it does not add the
    same again to the leaves, the report says so, and is ok: on a new graph that is no matter.

    Raises TypeError for what is no node or no function, RuntimeError for a constant.

    >>> from micrograd_opt import Value
    >>> def my_backward(node, g=1.0):
    ...     node.grad = g
    ...     if node._op == "mul":
    ...         x, y = node._prev
    ...         my_backward(x, g * y.data)
    ...         my_backward(y, g * x.data)
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> gradient(my_backward, a * b)
    Report(ok)
    >>> print(gradient(my_backward, a * b * a))
    my_backward departs at a, number 4 in backward order: its gradient is 6, and should be 12.
    Why: = in place of +=. With that mistake the right pass gives all your numbers.
         Right is: a node that is used several times gets the sum over its uses
    """
    order = shown_order(node, "check.gradient")
    if not callable(my_backward):
        raise TypeError(f"check.gradient: expected a function of the root, got {my_backward!r:.60}")
    order, wanted = backward_pass(node)
    before = [x.grad for x in order]
    try:
        return Pass(my_backward, node, order, wanted).report()
    finally:
        for x, g in zip(order, before, strict=True):
            x.grad = g


class Pass:
    """Your pass and the right one, over the same graph."""

    def __init__(self, my_backward, root, order, wanted):
        self.my_backward, self.root, self.order, self.wanted = my_backward, root, order, wanted
        self.names = names(order)
        self.places = {x: i for i, x in enumerate(filter(wanted.__contains__, order[::-1]), 1)}

    def report(self):
        for x in self.order:
            x.grad = x._empty_grad
        try:
            mine = self.mine()
        except Exception as error:
            text = f"{self.name()} stopped: {self.told(error)}."
            return Report(text, False, mine=error)
        wrong = [x for x in self.places if x in mine and not same(mine[x], self.wanted[x])]
        if not any(x.op is None for x in wrong):
            return self.second()
        return self.finding(mine, wrong[0])

    def mine(self):
        """{node: your gradient}: of what was returned, else of every node; not of the inner nodes,
        if all are empty."""
        found = self.my_backward(self.root)
        self.returned = isinstance(found, dict)
        if self.returned:
            return {x: found.get(x) for x in self.places if x.op is None or x in found}
        inner = [x for x in self.places if x.op and x is not self.root]
        if all(same(x.grad, None) for x in inner):
            inner = []
        if not same(self.root.grad, None):
            inner.append(self.root)
        inner = set(inner)
        return {x: x.grad for x in self.places if x.op is None or x in inner}

    def finding(self, mine, x):
        """The Report on x, the first node in backward order whose gradient is wrong."""
        name, place = self.names[x], self.places[x]
        made = f" = {x._op}({', '.join(map(self.names.get, x._prev))})" if x.op else ""
        numbers = plain(mine[x]), plain(self.wanted[x])
        mistake, score = self.why(mine, x)
        text = [
            f"{self.name()} departs at {name}{made}, number {place} in backward order: its "
            "gradient is {}, and should be {}.".format(*apart(*numbers))
        ]
        if mistake:
            all_others = "all your numbers" if score == len(mine) else "this number"
            text += [f"Why: {mistake.what}. With that mistake the right pass gives {all_others}."]
            text += [f"     Right is: {mistake.right}"]
        return Report("\n".join(text), False, place, name, *numbers, mistake and mistake.what)

    def why(self, mine, x):
        """(the mistake that gives your gradients down to x, and of the others the most; how many).
        """
        best, most = None, 0
        until_x = [node for node in mine if self.places[node] <= self.places[x]]
        for mistake in [*WALKS, *RULES]:
            try:
                wrong = mistake.gradients(self.root)
            except (ArithmeticError, ValueError, TypeError):
                continue  # a wrong shape stops the pass
            agreeing = {node for node, g in mine.items() if same(g, wrong.get(node))}
            if not same(wrong.get(x), self.wanted[x]) and agreeing.issuperset(until_x):
                if len(agreeing) > most:
                    best, most = mistake, len(agreeing)
        return best, most

    def second(self):
        """The Report where all leaves agree, with a remark on a second pass over the same graph."""
        text = f"{self.name()} is right: the gradient of every leaf agrees to 1e-10."
        leaves = [x for x in self.places if x.op is None and not same(self.wanted[x], None)]
        if self.returned or not leaves:
            return Report(text, True)
        try:
            self.my_backward(self.root)
        except Exception as error:
            return Report(f"{text}\nA second pass stopped: {self.told(error)}.", True)
        if all(same(x.grad, self.wanted[x] + self.wanted[x]) for x in leaves):
            return Report(text, True)
        once = all(same(x.grad, self.wanted[x]) for x in leaves)
        mistake = OVERWRITES if once else KEEPS
        text += f"\nBut a second pass over the same graph: {mistake}."
        return Report(text, True, mistake=mistake)

    def told(self, error):
        code = getattr(self.my_backward, "__code__", None)
        return told(error, {code.co_filename} if code else set())

    def name(self):
        return getattr(self.my_backward, "__name__", "your pass")


def plain(g):
    """A gradient as a float or nested lists; None where there is none, or what is no number."""
    try:
        return Array.of(g.data if isinstance(g, Node) else g).tolist()
    except (TypeError, ValueError):
        return None


def same(mine, wanted):
    """Whether two gradients agree; None is zeros, of any shape."""
    if isinstance(mine, float) and isinstance(wanted, float):
        return agree(mine, wanted)
    x, y = plain(mine), plain(wanted)
    if x is None or y is None:
        other = Array.of(y if x is None else x).flat if (x, y) != (None, None) else []
        return all(agree(z, 0.0) for z in other)
    x, y = Array.of(x), Array.of(y)
    return x.shape == y.shape and all(map(agree, x.flat, y.flat))
