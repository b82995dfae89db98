"""A group for each rate; a layer in no group, or with requires_grad False, is left alone.

    cd examples && python -m solutions.fine_tuning
"""

import micrograd_opt as mo
from exercises.fine_tuning import check


def answer(model):
    first, second, third = model.layers
    for p in first.parameters():
        p.requires_grad = False
    return mo.optim.SGD(
        [{"params": second.parameters(), "lr": 0.001}, {"params": third.parameters(), "lr": 0.1}]
    )


if __name__ == "__main__":
    print(check(answer))
