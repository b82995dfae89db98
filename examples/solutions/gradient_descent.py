"""The slower factor is least where both are equal in size: 1 − 2α = 50α − 1, so α = 2/52.

    cd examples && python -m solutions.gradient_descent
"""

from exercises.gradient_descent import check

answer = 2 / 52

if __name__ == "__main__":
    print(check(answer))
