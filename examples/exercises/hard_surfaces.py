"""How high a rate can the floor of Rosenbrock's valley bear?

Near its minimum (1, 1) the function (1 − x)² + 100(y − x²)² is a quadratic whose Hessian is
[[802, −400], [−400, 200]]. Above which α does gradient descent leave the minimum, however near it
starts? Write down that α, to one per cent:

    cd examples && python -m exercises.hard_surfaces
"""

import math

import micrograd_opt as mo
from page import descend

answer = 0.01  # YOURS
STEPS = 600


def check(alpha):
    """Start a billionth away, with a rate of 1 % less and with one of 1 % more."""
    if not isinstance(alpha, float):
        return "not yet: write a number such as 0.01"
    f = mo.optim.surfaces.rosenbrock()
    start = (1.0 + 0.9e-9, 1.0 - 0.45e-9)
    away = {}
    for share in (0.99, 1.01):
        try:
            points = descend(f, start, STEPS, lambda t, a=share * alpha: mo.optim.SGD(t, lr=a))
        except ValueError:  # it left for infinity
            points = [(math.inf, math.inf)]
        away[share] = math.dist(points[-1], f.minimum) / math.dist(start, f.minimum)
    if away[0.99] > 1.0:
        return f"not yet: 1 % less is too high: after {STEPS} steps {away[0.99]:.2g} times as far"
    if away[1.01] < 1.0:
        return f"not yet: 1 % more still stays: after {STEPS} steps {away[1.01]:.2g} times as far"
    return "right: 2 by the largest eigenvalue of the Hessian"


if __name__ == "__main__":
    print(check(answer))
