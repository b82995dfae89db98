"""κ = 50/2 = 25, with the root 5: α = (2/(√2 + √50))² = 1/18 and μ = (4/6)² = 4/9.

    cd examples && python -m solutions.momentum
"""

from exercises.momentum import check

answer = (1 / 18, 4 / 9)

if __name__ == "__main__":
    print(check(answer))
