"""B hardly moves: 0.001. D falls slowly: 0.05. A falls fast: 0.5. C stays above 2.30: 5.

    cd examples && python -m solutions.learning_rates
"""

from exercises.learning_rates import check

answer = {"A": 0.5, "B": 0.001, "C": 5.0, "D": 0.05}

if __name__ == "__main__":
    print(check(answer))
