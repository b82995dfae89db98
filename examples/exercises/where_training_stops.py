"""The largest eigenvalue without the matrix.

The Hessian of a net with a million parameters has 10¹² entries; Hv for one v costs two backward
passes (`mo.hvp`). Write a function of `times_h`, which returns Hv for a list v, and of n, the
length of v, that returns the largest eigenvalue to three digits with at most 300 products. Here
all eigenvalues are positive.

    cd examples && python -m exercises.where_training_stops
"""

import random


def answer(times_h, n):  # YOURS
    return times_h([1.0] * n)[0]


def check(function):
    """Try it on H = diag(λ) seen along turned axes, where λ is known."""
    if not callable(function):
        return "not yet: write a function of (times_h, n)"
    products = 0
    for largest in (3.0, 7.5):
        eigenvalues = [largest, 2.0, 1.0, 0.5, 0.01]
        n = len(eigenvalues)
        mirror = [random.Random(1).gauss(0.0, 1.0) for _ in range(n)]
        square = sum(m * m for m in mirror)

        def mirrored(v, mirror=mirror, square=square):
            along = 2.0 * sum(m * x for m, x in zip(mirror, v, strict=True)) / square
            return [x - along * m for m, x in zip(mirror, v, strict=True)]

        def times_h(v, eigenvalues=eigenvalues, mirrored=mirrored):
            nonlocal products
            products += 1
            return mirrored([a * x for a, x in zip(eigenvalues, mirrored(v), strict=True)])

        mine = function(times_h, n)
        if not isinstance(mine, (int, float)):
            return f"not yet: it must return a number, and gives {mine!r:.40}"
        if abs(mine - largest) > 1e-3 * largest:
            return f"not yet: it gives {mine:.4f} where {largest} is the largest"
    if products > 600:
        return f"not yet: {products} products for two matrices; at most 300 each"
    return f"right: with {products} products for two matrices"


if __name__ == "__main__":
    print(check(answer))
