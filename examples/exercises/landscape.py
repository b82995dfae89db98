"""Filter normalisation (Li et al. 2018).

A layer's weight is a matrix; its row i is a filter, the weights of neuron i. A random direction for
it is a matrix of the same shape. Write a function of (weight, direction), lists of rows, that
returns the direction with each row scaled to the length of the weight's row:

    cd examples && python -m exercises.landscape
"""

import math
import random


def answer(weight, direction):  # YOURS
    return direction


def check(function):
    """Each row must point where it did, and be as long as the filter."""
    if not callable(function):
        return "not yet: write a function of (weight, direction)"
    rng = random.Random(0)
    weight, direction = ([[rng.gauss(0.0, 1.0) for _ in range(4)] for _ in range(3)]
                         for _ in range(2))  # fmt: skip
    scaled = function(weight, direction)
    if not isinstance(scaled, list) or [len(row) for row in scaled] != [4, 4, 4]:
        return "not yet: it must return a list of rows, as long as those of the weight"
    for i, (w, d, s) in enumerate(zip(weight, direction, scaled, strict=True)):
        mine, wanted = math.hypot(*s), math.hypot(*w)
        if not math.isclose(mine, wanted):
            return f"not yet: row {i} has length {mine:.3f}, its filter {wanted:.3f}"
        ratios = [a / b for a, b in zip(s, d, strict=True)]
        if min(ratios) <= 0.0 or not math.isclose(min(ratios), max(ratios)):
            return f"not yet: row {i} points elsewhere than before"
    return "right: a step of 1 moves each neuron by as much as its weights are long"


if __name__ == "__main__":
    print(check(answer))
