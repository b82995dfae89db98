"""Newton's method: the whole curvature, at a price that no neural network can pay.

Read next: `optim/base/line_search.py`.
"""

from math import isfinite
from sys import float_info

from ..array.kernels import dot
from ..engine.arguments import COUNT, RATE, checked
from ..engine.backward import grad
from ..engine.graph import Node
from ..engine.state import enable_grad
from ..engine.value import Value
from .base.blocks import TensorBlock, require_finite
from .base.optimizer import Optimizer
from .base.rollback import all_or_nothing

__all__ = ["Newton"]


class Newton(Optimizer):
    """Newton's method, damped: straight to the bottom of the parabola that fits at θ.

        g ← ∇ℓ(θ),  H ← ∇²ℓ(θ)      n numbers and n × n, over all parameters of all groups
        (H + λI) d = g              solved for d; λ: damping
        θ ← θ − αd                  α: lr

    lr 1.0, damping 0; both ≥ 0. A quadratic takes one step; near a minimum each step doubles the
    number of correct digits, however ill-conditioned it is. The larger λ, the shorter the step and
    the nearer to gradient descent with rate α/λ. Where H + λI is not positive definite, at a
    saddle or along a flat valley, the parabola has no bottom: an error, for λ to be raised.

    A step costs n backward passes for H, n² numbers to hold it, n³/6 multiplications to solve:
    "far too expensive" (Lecture 6, Adam). More than max_parameters, 500, are a ValueError that
    tells this cost; 500 of a small net take seconds a step.

    Source: Nocedal and Wright 2006, §3.3 and §3.4; H from the engine's second derivatives, solved
    by Cholesky's factorization without roots, LDLᵀ. PyTorch has no such optimizer.

    >>> x = Value(1.0)
    >>> optimizer = Newton([x])
    >>> for step in range(4):  # to the bottom of eˣ − x, at 0
    ...     loss = optimizer.step(lambda: x.exp() - x)
    ...     print(f"{x.data:.1e}")
    3.7e-01
    6.0e-02
    1.8e-03
    1.6e-06
    """

    ranges = Optimizer.ranges | {"damping": RATE}

    def __init__(self, params, lr=1.0, damping=0.0, max_parameters=500):
        self.max_parameters = checked(max_parameters, COUNT, "Newton: max_parameters")
        super().__init__(params, {"lr": lr, "damping": damping})

    def add_param_group(self, group):
        with all_or_nothing(self):
            super().add_param_group(group)
            n, most = sum(block.size for block, _ in self.blocks_and_groups()), self.max_parameters
            if n > most:
                raise ValueError(
                    f"Newton: {n:,} parameters, but max_parameters is {most:,}: a step would take "
                    f"{n:,} backward passes, {8 * n * n:,} bytes for the Hessian in float64 and "
                    f"{n**3 // 6:,} multiplications to solve; use Adam, or raise max_parameters"
                )

    def step(self, closure=None):
        """One step. `closure` computes the loss and returns it with its graph; it need not call
        backward, and no `.grad` is read or written.

        Raises TypeError without such a closure, RuntimeError if the loss has no graph, ValueError
        if H + λI is not positive definite or a derivative is not finite. Then all is as it was.
        """
        if not callable(closure):
            raise TypeError("step: Newton needs a closure that returns the loss; step(closure)")
        with enable_grad():
            loss = closure()
        if not isinstance(loss, Node):
            kind = type(loss).__name__
            raise TypeError(f"step: the closure must return the loss as a node, got {kind}")
        if not loss.requires_grad:
            raise RuntimeError("step: the loss has no graph; compute it from the parameters")
        blocks = [(block, group) for block, group in self.blocks_and_groups() if not block.frozen]
        d, moves = self._direction(loss, blocks), []
        for block, group in blocks:
            alpha, own, d = group["lr"], d[: block.size], d[block.size :]
            theta = [x - alpha * s for x, s in zip(block.read(), own, strict=True)]
            require_finite(theta, block, "{} would become {}; raise damping?")
            moves.append((block, theta, {}))
        self.commit(moves)
        return loss

    @property
    def evaluations_per_call(self):
        """Gradient evaluations in a step, for its one call of the closure: 1 + n."""
        return 1 + sum(block.size for block, _ in self.blocks_and_groups())

    def _direction(self, loss, blocks):
        """d for all parameters, in the order of the blocks."""
        g, h = derivatives(loss, [p for block, _ in blocks for p in _nodes(block)])
        elements = [(block, group, i) for block, group in blocks for i in range(block.size)]
        for i, (block, group, own) in enumerate(elements):
            if not all(map(isfinite, (g[i], *h[i]))):
                raise ValueError(
                    f"step: a derivative by {block.name(own)} is NaN or infinite; "
                    "look at the loss and the data"
                )
            h[i][i] += group["damping"]
        try:
            return solve(h, g)
        except ArithmeticError as error:
            at, pivot = error.args
            block, group, own = elements[at]
            raise ValueError(
                f"step: H + λI is not positive definite: {block.name(own)} has the pivot "
                f"{pivot:.3g}, so there is no bottom to step to; raise damping, which is "
                f"{group['damping']:g}"
            ) from None


def derivatives(loss, params):
    """The gradient, a list, and the Hessian, a list of rows, over all elements of the params."""
    first = grad(loss, params, create_graph=True)
    slopes = [y for part in first for y in ([part] if isinstance(part, Value) else part.flatten())]
    rows = [grad(y, params) for y in slopes]
    return [y.item() for y in slopes], [[x for part in row for x in _flat(part)] for row in rows]


def solve(h, g):
    """x with h x = g, for a symmetric positive definite h = LDLᵀ, whose lower half is read.

        uⱼ = hᵢⱼ − Σ uₖLⱼₖ,  Lᵢⱼ = uⱼ / Dⱼ     for j < i, the sums over k < j: n³/6 products
        Dᵢ = hᵢᵢ − Σ uₖLᵢₖ                     the pivot
        L y = g from the top,  D Lᵀ x = y from the bottom

    Raises ArithmeticError(i, Dᵢ) at the first pivot that is not positive, or so small that it is
    rounding: at most n · 2⁻⁵² of hᵢᵢ.
    """
    lower, pivots, y = [], [], []  # row i of L without its last element, which is 1
    for i, row in enumerate(h):
        u = []
        for x, l_j in zip(row, lower, strict=False):
            u.append(x - dot(u, l_j))
        l_i = [x / pivot for x, pivot in zip(u, pivots, strict=True)]
        pivot = row[i] - dot(u, l_i)
        if not pivot > len(h) * float_info.epsilon * row[i]:
            raise ArithmeticError(i, pivot)
        y.append(g[i] - dot(l_i, y))
        lower.append(l_i)
        pivots.append(pivot)
    x = [y / pivot for y, pivot in zip(y, pivots, strict=True)]
    for i in reversed(range(len(x))):
        for j, l_ij in enumerate(lower[i]):
            x[j] -= l_ij * x[i]
    return x


def _nodes(block):
    return [block.tensor] if isinstance(block, TensorBlock) else block.values


def _flat(node):
    return [node.data] if isinstance(node, Value) else node.data.flat
