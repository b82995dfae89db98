"""What the one large step should have been.

On ½ · 2x² four batches have the same gradient, 2x. Four steps with α = 0.05, one for each batch,
are to be replaced by one step over the four. The rule says 4α = 0.2. Which rate leads to the very
point at which the four steps end? Write it down below and run

    cd examples && python -m exercises.tuning
"""

import micrograd_opt as mo
from page import descend

answer = 0.2  # YOURS

CURVATURE, ALPHA, K = 2.0, 0.05, 4


def check(rate):
    """Where the one step ends; it begins with "right" if that is where the four do, to 1e-6."""
    if not isinstance(rate, (int, float)) or rate < 0.0:
        return f"not yet: expected a rate, a number of at least 0, got {rate!r:.60}"
    here, there = (end(lr, steps) for lr, steps in ((rate, 1), (ALPHA, K)))
    if abs(here - there) > 1e-6:
        far = "too far" if here < there else "not far enough"
        return f"not yet: from 1 the four steps come to {there:.6f}, yours to {here:.6f}, {far}"
    ratio = rate / mo.optim.linear_scaling(ALPHA, 1, K)
    return f"right: both end at {there:.6f}. It is {ratio:.3f} of what the rule says"


def end(lr, steps):
    """Where so many steps with this rate lead from x = 1."""

    def loss(x):
        return 0.5 * CURVATURE * x * x

    ((x,),) = descend(loss, (1.0,), steps, lambda theta: mo.optim.SGD(theta, lr=lr))[-1:]
    return x


if __name__ == "__main__":
    print(check(answer))
