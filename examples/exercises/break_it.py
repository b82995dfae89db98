"""Ten lines, three bugs.

The loop below should descend the mean squared error of w·x on the points by gradient descent with
momentum, g ← ∇ + μg and w ← w − αg, and return w after each step. Each of the three bugs is one
line. Mend them:

    cd examples && python -m exercises.break_it
"""

import math

import micrograd_opt as mo

POINTS = [(1.0, 2.1), (2.0, 3.9), (3.0, 6.2)]


def answer(alpha=0.02, mu=0.9, steps=20):  # YOURS
    w, g, path = mo.Value(0.0), 0.0, []
    for _ in range(steps):
        loss = mo.Value(0.0)
        for x, y in POINTS:
            loss = loss + (w * x - y) ** 2
        loss.backward()
        g = w.grad + mu * g
        w.data = w.data + alpha * g
        path.append(w.data)
    return path


def check(descend):
    """Compare with the library's SGD, and say at which step the paths part."""
    if not callable(descend):
        return "not yet: write a function of (alpha, mu, steps)"
    for alpha, mu in ((0.02, 0.0), (0.02, 0.9)):
        w = mo.Value(0.0)
        optimizer = mo.optim.SGD([w], lr=alpha, momentum=mu)
        path = descend(alpha, mu, 20)
        if not isinstance(path, list) or len(path) != 20:
            return "not yet: it must return a list, w after each of the steps"
        for step, mine in enumerate(path, 1):
            optimizer.zero_grad()
            (sum((w * x - y) ** 2 for x, y in POINTS) / len(POINTS)).backward()
            optimizer.step()
            if not math.isclose(mine, w.data, rel_tol=1e-9):
                at = f"α {alpha}, μ {mu}: w after step {step}"
                return f"not yet: {at} is {mine:.4f}, not {w.data:.4f}"
    return "right: the library's path"


if __name__ == "__main__":
    print(check(answer))
