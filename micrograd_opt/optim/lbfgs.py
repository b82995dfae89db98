"""L-BFGS: Newton's step without the Hessian, whose effect is read off the last steps taken.

Read next: `optim/base/wrapper.py`.
"""

from math import fsum, isfinite
from operator import mul

from ..engine.arguments import COUNT, RATE, checked
from ..engine.graph import Node
from ..engine.state import enable_grad
from .base.blocks import Joined, require_finite
from .base.line_search import Point, strong_wolfe
from .base.optimizer import Optimizer
from .base.rollback import all_or_nothing

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Limited-memory BFGS, over all parameters as one vector. Each step is max_iter iterations.

        s ← θ − θ′, y ← g − g′          θ′, g′: point and gradient of the iteration before. The pair
                                        s, y is kept if yᵀs > 1e-10
        d ← −Hg                         H: the inverse Hessian that the last m pairs suggest, where
                                        H y = s holds for the newest; m: history_size
        θ ← θ + td                      t: lr, or what the line search finds from there; in the
                                        very first iteration min(1, 1 / ‖g‖₁) lr, with d = −g

    The Hessian takes s to about y, so its inverse H must take y back to s.

    lr 1, max_iter 20, max_eval None, tolerance_grad 1e-7, tolerance_change 1e-9, history_size
    100, line_search_fn None. lr and tolerances ≥ 0, the numbers among 1, 2, …

    line_search_fn    None or 'strong_wolfe', which is safe far from the minimum: it evaluates the
                      loss some times an iteration and never goes up
    max_eval          evaluations after which no iteration is begun; None is 5/4 of max_iter
    tolerance_grad    a step ends where no element of g is larger, or
    tolerance_change  no element moved by more, or the loss changed by less, or −gᵀd is less

    `step(closure)` needs a function that clears the gradients, computes the loss, calls backward
    and returns the loss, of the same data each time. Its first loss is returned. Where a parameter
    has no gradient it counts as zero. One group only. An iteration costs 4mn products, n: the
    number of parameters.

    Source: Nocedal 1980; Liu and Nocedal 1989; Nocedal and Wright 2006, Algorithms 7.4 and 7.5.
    Iterations and evaluations are PyTorch's one by one; a loss or gradient that is not finite is
    an error here, also during the line search.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x - 1.0) ** 4 + x * x
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).data, round(x.data, 4)
    (25.0, 0.4102)
    """

    ranges = Optimizer.ranges | {
        "max_iter": COUNT,
        "max_eval": COUNT,
        "tolerance_grad": RATE,
        "tolerance_change": RATE,
        "history_size": COUNT,
        "line_search_fn": [None, "strong_wolfe"],
    }

    def __init__(self, params, lr=1.0, max_iter=20, max_eval=None, tolerance_grad=1e-7,
                 tolerance_change=1e-9, history_size=100, line_search_fn=None):  # fmt: skip
        if max_eval is None:
            max_eval = checked(max_iter, COUNT, "LBFGS: max_iter") * 5 // 4
        super().__init__(params, locals())

    def add_param_group(self, group):
        if self.blocks:
            raise ValueError("LBFGS: one group only; it moves all parameters as one vector")
        super().add_param_group(group)
        self.blocks[0] = [Joined(self.blocks[0])]

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"n_iter": 0, "func_evals": 0, "g": zeros, "move": zeros, "s": (), "y": ()}

    def load_state_dict(self, state_dict):
        with all_or_nothing(self):
            super().load_state_dict(state_dict)
            s, y = (self.blocks[0][0].state.get(name, ()) for name in "sy")
            if len(s) != len(y) or not all(map(curved, s, y)):
                raise ValueError(
                    "LBFGS, load_state_dict: s and y must be pairs with yᵀs > 1e-10, "
                    f"got {len(s)} and {len(y)} of them"
                )

    def step(self, closure=None):
        """One step: up to max_iter iterations. Returns the closure's first loss.

        Raises TypeError without a closure, RuntimeError if no parameter has a gradient, ValueError
        if the loss or a gradient is not finite. Then all but the gradients is as it was.
        """
        if not callable(closure):
            raise TypeError(
                "step: LBFGS needs a closure, a function that calls zero_grad(), computes the "
                "loss, calls loss.backward() and returns the loss; step(closure)"
            )
        (block,), group = self.blocks[0], self.hyperparameters(0)
        with all_or_nothing(self):
            run = Run(block, closure, group, dict(block.state) or self.start(block, group))
            run.iterate()
            self.commit([(block, run.theta, run.state())])
        return run.first_loss


class Run:
    """The iterations of one step."""

    def __init__(self, block, closure, group, state):
        self.block, self.closure, self.group = block, closure, group
        self.iterations, self.evaluations = state["n_iter"], state["func_evals"]
        self.g_before, self.move = state["g"], state["move"]  # g′, and s = θ − θ′
        self.pairs = [pair(s, y) for s, y in zip(state["s"], state["y"], strict=True)]
        self.first_loss = None
        self.theta = block.read()
        self.budget = self.evaluations + group["max_eval"]
        self.f, self.g = self.evaluate(self.theta)

    def state(self):
        return {
            "n_iter": self.iterations,
            "func_evals": self.evaluations,
            "g": self.g_before,
            "move": self.move,
            "s": [s for s, _, _ in self.pairs],
            "y": [y for _, y, _ in self.pairs],
        }

    def evaluate(self, theta):
        """The loss, a float, and the gradient at theta; the parameters are left there."""
        require_finite(theta, self.block, "{} would become {}; lower lr, or use strong_wolfe?")
        if self.first_loss is not None:  # at the first call the parameters are there already
            self.block.write(theta)
        with enable_grad():
            loss = self.closure()
        self.evaluations += 1
        f = loss.item() if isinstance(loss, Node) else float(loss)
        g = self.block.gradient()
        if g is None:
            raise RuntimeError("step: no parameter has a gradient; call loss.backward() before")
        if not isfinite(f):
            raise ValueError(f"step: the loss is {f}; lower lr, or look at the data")
        self.first_loss = loss if self.first_loss is None else self.first_loss
        return f, g

    def iterate(self):
        """Iterations until one of the limits or tolerances is reached."""
        group, last = self.group, self.iterations + self.group["max_iter"]
        change = group["tolerance_change"]
        while largest(self.g) > group["tolerance_grad"] and self.iterations < last:
            d, t = self.direction()
            slope, f = dot(self.g, d), self.f
            self.iterations, self.g_before = self.iterations + 1, self.g
            self.move = [t * x for x in d]
            if slope > -change:
                return
            if group["line_search_fn"]:
                self.search(t, d, slope)
            else:
                self.theta = along(self.theta, t, d)
                if self.iterations == last:  # the next step evaluates here anyway
                    return
                self.f, self.g = self.evaluate(self.theta)
            if self.evaluations >= self.budget:
                return
            if largest(self.move) <= change or abs(self.f - f) < change:
                return

    def direction(self):
        """d, and the first length to try along it; the newest pair is remembered."""
        lr = self.group["lr"]
        if not self.iterations:
            norm = total(map(abs, self.g))
            return [-x for x in self.g], min(1.0, 1.0 / norm) * lr
        y = [x - before for x, before in zip(self.g, self.g_before, strict=True)]
        if curved(self.move, y):
            self.pairs = [*self.pairs, pair(self.move, y)][-self.group["history_size"] :]
        return minus_h_times(self.g, self.pairs), lr

    def search(self, t, d, slope):
        """Move along d, by the line search."""
        theta = self.theta

        def look(t):
            f, g = self.evaluate(along(theta, t, d))
            return Point(t, f, dot(g, d), g)

        start, tries = Point(0.0, self.f, slope, self.g), self.budget - self.evaluations
        best = strong_wolfe(look, start, t, largest(d), tries)
        self.f, self.g, self.theta = best.f, best.g, along(theta, best.t, d)
        self.move = [best.t * x for x in d]


def minus_h_times(g, pairs):
    """−Hg by two loops over the pairs, H never formed.

        q ← −g;  from the newest pair to the oldest  a ← ρ sᵀq,  q ← q − a y     ρ: 1 / yᵀs
        r ← q yᵀs / yᵀy of the newest;  and back  r ← r + (a − ρ yᵀr) s

    Source: Nocedal and Wright 2006, Algorithm 7.4.
    """
    r, shares = [-x for x in g], []
    for s, y, rho in reversed(pairs):
        a = rho * dot(s, r)
        r = along(r, -a, y)
        shares.append(a)
    if pairs:
        s, y, _ = pairs[-1]
        scale = dot(y, s) / dot(y, y)
        r = [scale * x for x in r]
    for (s, y, rho), a in zip(pairs, reversed(shares), strict=True):
        r = along(r, a - rho * dot(y, r), s)
    return r


def curved(s, y):
    """Whether the slope rises along the move s, clearly: H stays positive definite."""
    return dot(y, s) > 1e-10


def pair(s, y):
    """A pair with its ρ."""
    return s, y, 1.0 / dot(y, s)


def along(x, t, d):
    """x + td"""
    return [x + t * d for x, d in zip(x, d, strict=True)]


def largest(x):
    """The largest size of an element; 0 for no elements."""
    return max(map(abs, x), default=0.0)


def dot(a, b):
    """Σ aᵢ·bᵢ"""
    return total(map(mul, a, b))


def total(terms):
    """The sum rounded once, so that the order in which the parameters stand changes no bit."""
    terms = list(terms)
    try:
        return fsum(terms)
    except (OverflowError, ValueError):  # beyond the largest float, or inf − inf
        return sum(terms)
