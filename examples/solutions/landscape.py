"""d ← d · ‖w‖/‖d‖, row by row.

    cd examples && python -m solutions.landscape
"""

import math

from exercises.landscape import check


def answer(weight, direction):
    return [
        [x * math.hypot(*w) / math.hypot(*d) for x in d]
        for w, d in zip(weight, direction, strict=True)
    ]


if __name__ == "__main__":
    print(check(answer))
