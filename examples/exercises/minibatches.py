"""The mean loss of an epoch.

Seven examples in batches of three: the last batch has one. Each batch gives the mean loss of its
examples. Write a function of these means and of the sizes that returns the mean loss of all seven:

    cd examples && python -m exercises.minibatches
"""

import math
import random


def answer(losses, sizes):  # YOURS
    return sum(losses) / len(losses)


def check(epoch_loss):
    """Compare with the mean over the examples themselves, for some epochs."""
    if not callable(epoch_loss):
        return "not yet: write a function of (losses, sizes)"
    rng = random.Random(0)
    for sizes in ([3, 3], [3, 3, 1], [4, 4, 4, 2]):
        batches = [[rng.random() for _ in range(size)] for size in sizes]
        each = [loss for batch in batches for loss in batch]
        mine = epoch_loss([sum(batch) / len(batch) for batch in batches], sizes)
        right = sum(each) / len(each)
        if not math.isclose(mine, right):
            return f"not yet: for batches of {sizes} it gives {mine:.4f}, not {right:.4f}"
    return "right: a batch counts as often as it has examples"


if __name__ == "__main__":
    print(check(answer))
