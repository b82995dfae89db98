"""The largest eigenvalue λ of [[802, −400], [−400, 200]] is 1001.6; |1 − αλ| < 1 for α < 2/λ.

    cd examples && python -m solutions.hard_surfaces
"""

import math

from exercises.hard_surfaces import check

answer = 2 / (501 + math.sqrt(301**2 + 400**2))

if __name__ == "__main__":
    print(check(answer))
