"""Power iteration: each product stretches v most along the eigenvector of the largest eigenvalue.

    cd examples && python -m solutions.where_training_stops
"""

import math

from exercises.where_training_stops import check


def answer(times_h, n):
    v = [1.0 / (i + 1) for i in range(n)]  # any start that is not at right angles to it
    for _ in range(50):
        v = times_h(v)
        length = math.hypot(*v)
        v = [x / length for x in v]
    return length


if __name__ == "__main__":
    print(check(answer))
