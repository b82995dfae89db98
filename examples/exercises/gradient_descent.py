"""The fastest rate of gradient descent on ½(2x² + 50y²).

Each step multiplies x by 1 − 2α and y by 1 − 50α. The slower of the two decides how many steps it
takes. Which α makes the slower one as fast as can be? Write it down below and run

    cd examples && python -m exercises.gradient_descent
"""

import micrograd_opt as mo
from page import descend

answer = 0.01  # YOURS


def check(alpha):
    """What becomes of 100 steps with this rate; it begins with "right" if no rate is better."""

    def distance(rate):
        points = descend(
            lambda x, y: x * x + 25.0 * y * y, (1.0, 1.0), 100, lambda t: mo.optim.SGD(t, lr=rate)
        )
        return max(map(abs, points[-1]))

    here = distance(alpha)
    for word, other in (("lower", 0.99 * alpha), ("higher", 1.01 * alpha)):
        if distance(other) < here:
            return f"not yet: after 100 steps {here:.3g} is left, and a {word} rate leaves less"
    return f"right: after 100 steps {here:.3g} is left, and the rates beside yours leave more"


if __name__ == "__main__":
    print(check(answer))
