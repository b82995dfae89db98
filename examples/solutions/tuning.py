"""Four steps multiply x by (1 − 2α)⁴ = 0.9⁴, one by 1 − 2α′: so α′ = (1 − 0.9⁴)/2 = 0.171950.

Of 4α that is 1 − 3α + …: the later steps see a smaller gradient, and the rule is off by O(α²).

    cd examples && python -m solutions.tuning
"""

from exercises.tuning import check

answer = (1 - 0.9**4) / 2

if __name__ == "__main__":
    print(check(answer))
