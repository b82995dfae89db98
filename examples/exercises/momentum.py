"""The best rate and momentum on ½(2x² + 50y²).

Without momentum no rate does better than a factor of 24/26 a step: exercises/gradient_descent.py.
Which α and μ are best with momentum? Write them down below as (α, μ), to four digits, and run

    cd examples && python -m exercises.momentum
"""

import math

import micrograd_opt as mo
from micrograd_opt.plot.momentum import best_momentum, rate
from page import descend

answer = (1 / 26, 0.9)  # YOURS

LAMBDAS = (2.0, 50.0)


def check(answer):
    """The factor a step, and the steps to 10⁻⁶; it begins with "right" if none is lower by 0.05."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        return f"not yet: expected two numbers, (α, μ), got {answer!r:.60}"
    alpha, mu = answer
    if not (alpha > 0.0 and 0.0 <= mu < 1.0):
        return f"not yet: α is above 0, and μ from 0 to below 1; got {alpha} and {mu}"
    factor, best = rate(alpha, mu, LAMBDAS), rate(*best_momentum(LAMBDAS), LAMBDAS)
    if factor >= 1.0:
        return f"not yet: the error is multiplied by {factor:.3f} a step in the long run; too high"
    told = f"a step leaves {factor:.3f} of the error, and 10⁻⁶ is left after {steps(alpha, mu)}"
    if factor > best + 0.05:
        low, high = [rate(alpha, mu, [x]) for x in LAMBDAS]
        slow = f"the curvature {LAMBDAS[low < high]:g} is the slower one"
        if math.isclose(low, high):
            slow = "both curvatures are as slow, √μ, so μ is too high"
        return f"not yet: {told}. It can be less: {slow}"
    return f"right: {told}"


def steps(alpha, mu):
    """How many steps it takes from (1, 1), in words."""
    path = descend(
        lambda x, y: x * x + 25.0 * y * y, (1.0, 1.0), 400,
        lambda theta: mo.optim.SGD(theta, lr=alpha, momentum=mu),
    )  # fmt: skip
    enough = [k for k, point in enumerate(path) if math.hypot(*point) <= 1e-6]
    return f"{enough[0]} steps" if enough else "more than 400 steps"


if __name__ == "__main__":
    print(check(answer))
