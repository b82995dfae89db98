"""Backprop in words and numbers, every step of the chain rule; and the last step of an optimizer.

The backward pass is a `Tape`, the same that the step page plays.
Read next: `draw/picture/`, the boxes and arrows of a graph.
"""

from ...optim.base.optimizer import Optimizer
from .step import step_lines
from .tape import readable, tape
from .words import Words


def explain(node, gradient=None, max_nodes=200, *, only=None):
    """The backward pass from `node`, step by step, as text; at a prompt it shows itself.

    Of an optimizer: its last step, see below.

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

    `explain(optimizer)` is the last step: of each parameter its gradient g, what is remembered, the
    formula with the numbers put in, and how far it moved. The formula is the optimizer's own; where
    one element depends on all (LAMB, Muon, LBFGS), its memory is shown before and after. A compiled
    step keeps no gradients, and says so.

    only    a name, as "w[1, 2]" or "w", a parameter, or a list of these; without it all are
            explained, ValueError where they are more than 8

    >>> from micrograd_opt.optim import Adam
    >>> x = Value(3.0, label="x")
    >>> optimizer = Adam([x], lr=1.0)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> explain(optimizer)
    Step 1 of Adam(lr=1, 1 parameter)
    <BLANKLINE>
    x = 3 becomes 2
      g = 6
      m = beta1 * m + (1 - beta1) * g = 0.9 * 0 + (1 - 0.9) * 6 = 0.6
      v = beta2 * v + (1 - beta2) * g * g = 0.999 * 0 + (1 - 0.999) * 6 * 6 = 0.036
      r = sqrt(1 - beta2 ** 1) = sqrt(1 - 0.999 ** 1) = 0.03162
      alpha_t = lr * r / (1 - beta1 ** 1) = 1 * 0.03162 / (1 - 0.9 ** 1) = 0.3162
      eps_t = eps * r = 1e-08 * 0.03162 = 3.162e-10
      m_hat = m / (1 - beta1 ** 1) = 0.6 / (1 - 0.9 ** 1) = 6
      v_hat = v / (1 - beta2 ** 1) = 0.036 / (1 - 0.999 ** 1) = 36
      x = x - alpha_t * (m / (sqrt(v) + eps_t)) = 3 - 0.3162 * (0.6 / (sqrt(0.036) + 3.162e-10)) = 2
      moved by -1: an effective rate of 0.1667
    """
    if isinstance(node, Optimizer):
        return Explanation(step_lines(node, only))
    readable(node, max_nodes, "explain")
    found = tape(node, gradient)
    return Explanation(Words(found).lines(), found)


class Explanation:
    """Lines that a prompt and a notebook show, as its repr.

    tape    of a backward pass the same with all digits; else None
    """

    def __init__(self, lines, tape=None):
        self.tape = tape
        self._text = "\n".join(lines)

    def __repr__(self):
        return self._text
