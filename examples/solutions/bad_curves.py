"""Of zeros only the ten biases of the last layer can move, 1 % of all. Too low moves them all and
changes nothing; too high stays above guessing; sorted starts each epoch with what it forgot.

    cd examples && python -m solutions.bad_curves
"""

from exercises.bad_curves import check

answer = {"A": "sorted", "B": "zeros", "C": "too low", "D": "too high"}

if __name__ == "__main__":
    print(check(answer))
