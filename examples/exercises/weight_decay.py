"""The lecture's weight decay, by an optimizer that has only ℓ₂.

Somebody trains with SGD, α = 0.2, and the lecture's weight decay, λ′ = 0.1. You have PyTorch's
SGD(lr=…, weight_decay=…), which adds weight_decay · θ to the gradient. Which two numbers give the
same path, and not only nearly? Write them down below as (lr, weight_decay) and run

    cd examples && python -m exercises.weight_decay
"""

import micrograd_opt as mo
from page import descend

answer = (0.2, 0.1)  # YOURS

ALPHA, DECAY = 0.2, 0.1


def check(answer):
    """How far apart the paths are; it begins with "right" if a step is the same to 1e-9."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        return f"not yet: expected two numbers, (lr, weight_decay), got {answer!r:.60}"
    lr, weight_decay = answer
    if not (lr > 0.0 and weight_decay >= 0.0):
        return f"not yet: lr is above 0, weight_decay at least 0; got {lr} and {weight_decay}"

    def mine(theta):
        return mo.optim.SGD(theta, lr=lr, weight_decay=weight_decay)

    def lectures(theta):
        return mo.optim.LectureSGD(theta, lr=ALPHA, weight_decay=DECAY, decay="lecture")

    def both(loss, start, steps):
        """Where each of the two ends."""
        return [descend(loss, (start,), steps, make)[-1][0] for make in (mine, lectures)]

    left, wanted = both(lambda x: 0.0 * x, 1.0, 1)
    if abs(left - wanted) > 1e-9:
        what = "too little" if left < wanted else "too much"
        return f"not yet: without a gradient a step leaves {left:.6g} of a weight, {what}"
    moved, wanted = both(lambda x: -x, 0.0, 1)
    if abs(moved - wanted) > 1e-9:
        what = "too far" if moved > wanted else "not far enough"
        return f"not yet: the shrinking is right; from 0, a gradient of −1 moves a weight {what}"
    here, there = both(lambda x: (x - 3.0) ** 2, 1.0, 20)
    return f"right: 20 steps on (x − 3)² end at {here:.6f}, and {abs(here - there):.1g} apart"


if __name__ == "__main__":
    print(check(answer))
