"""A mean of means would let the one example of the last batch count as much as three.

    cd examples && python -m solutions.minibatches
"""

from exercises.minibatches import check


def answer(losses, sizes):
    return sum(n * loss for n, loss in zip(sizes, losses, strict=True)) / sum(sizes)


if __name__ == "__main__":
    print(check(answer))
