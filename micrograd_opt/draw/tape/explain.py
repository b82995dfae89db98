"""Backprop in words and numbers: every step of the chain rule of one backward pass, as text.

The pass is a `Tape`, the same that the step page plays.
Read next: `draw/picture/`, the boxes and arrows of a graph.
"""

from .tape import readable, tape
from .words import Words


def explain(node, gradient=None, max_nodes=200):
    """The backward pass from `node`, step by step, as text; at a prompt it shows itself.

    gradient    what arrives at `node`, as in `backward`: 1 for a scalar
    max_nodes   ValueError for more nodes than anyone would read; None explains them all the same

    First the forward pass. Then each node at its turn: its gradient g, and for each parent the
    local derivative (of Values), the rule, the numbers put in, what is sent, and the sum so far
    where several paths meet. Last the gradients of the leaves, which `backward()` would add to
    their `.grad`; here it stays as it is. A node without a label is v0, v1, … by its topological
    place. At most 100 columns, and four digits; a large Tensor is its shape.

    >>> from micrograd_opt import Value
    >>> a, b = Value(3.0, label="a"), Value(-2.0, label="b")
    >>> explain(a * b + a)
    Forward: each node is computed from those above it
      a  = 3
      b  = -2
      v2 = a * b = 3 * -2 = -6
      v3 = v2 + a = -6 + 3 = -3
    <BLANKLINE>
    Backward: when its gradient g is complete, a node sends each parent g * ∂node/∂parent
      #1 v3 = v2 + a   g = ∂v3/∂v3 = 1
            ∂v3/∂v2 = 1   v2 gets g = 1
            ∂v3/∂a = 1    a gets g = 1   arrival 1 of 2
      #2 v2 = a * b    g = ∂v3/∂v2 = 1
            ∂v2/∂a = -2   a gets g * b = 1 * -2 = -2   arrival 2 of 2: 1 + (-2) = -1
            ∂v2/∂b = 3    b gets g * a = 1 * 3 = 3
      #3 b             g = ∂v3/∂b = 3
      #4 a             g = ∂v3/∂a = -1
    <BLANKLINE>
    Gradients of the leaves, which backward() adds to their .grad
      ∂v3/∂b = 3
      ∂v3/∂a = 1 + (-2) = -1
    """
    readable(node, max_nodes, "explain")
    return Explanation(tape(node, gradient))


class Explanation:
    """A Tape in words. Its repr is the text, so that a prompt and a notebook show it.

    tape    the same with all digits
    """

    def __init__(self, tape):
        self.tape = tape
        self._text = "\n".join(Words(tape).lines())

    def __repr__(self):
        return self._text
