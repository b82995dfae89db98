"""The mean of i + 1 points is that of i points, moved by 1/(i + 1) of the way to the last.

The first rate is 1, so the start is forgotten at once.

    cd examples && python -m solutions.schedules
"""

from exercises.schedules import check


def answer(i):
    return 1.0 / (i + 1)


if __name__ == "__main__":
    print(check(answer))
