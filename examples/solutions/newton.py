"""4x + y = 1 and x + 3y = 2: x = 1/11, y = 7/11.

    cd examples && python -m solutions.newton
"""

from exercises.newton import check

answer = (1 / 11, 7 / 11)

if __name__ == "__main__":
    print(check(answer))
