"""Remember the best epoch; stop when the present one is `patience` epochs later.

    cd examples && python -m solutions.overfitting
"""

from exercises.overfitting import check


def answer(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


if __name__ == "__main__":
    print(check(answer))
