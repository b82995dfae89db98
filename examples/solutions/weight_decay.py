"""α̃ = (1 − λ′)α = 0.18, and 2λ = λ′/α̃: without a gradient 1 − α̃ · 2λ = 1 − λ′ is left.

    cd examples && python -m solutions.weight_decay
"""

from exercises.weight_decay import check

answer = (0.18, 0.1 / 0.18)

if __name__ == "__main__":
    print(check(answer))
