"""Four runs that do not learn: name the causes.

Each has one of the causes "zeros" (all weights start at 0), "too high" (a rate of 5), "too low" (a
rate of 0.0001) and "sorted" (one digit after the other, no shuffle). Run this file to see their
losses, epoch by epoch, and the share of the parameters that moved. Write down the causes:

    cd examples && python -m exercises.bad_curves
"""

import random
from functools import cache

import micrograd_opt as mo

CAUSES = {"A": "sorted", "B": "zeros", "C": "too low", "D": "too high"}  # the curves tell, too
answer = {"A": None, "B": None, "C": None, "D": None}  # YOURS


@cache
def run(letter):
    """(losses of five epochs, the share of the parameters that are not what they were)."""
    x, labels = mo.data.load_digits()[:100]
    cause = CAUSES[letter]
    if cause == "sorted":
        rows = sorted(range(100), key=labels.tolist().__getitem__)
        x, labels = x[rows], labels[rows]
    model = mo.nn.MLP(64, [12, 10], rng=random.Random(1))
    if cause == "zeros":
        for p in model.parameters():
            p.data = mo.zeros(*p.shape).data
    start = [z for p in model.parameters() for z in p.data.flat]
    rate = {"too high": 5.0, "too low": 0.0001}.get(cause, 0.2)
    data, shuffle = mo.data.TensorDataset(x, labels), cause != "sorted"
    loader = mo.data.DataLoader(data, 10, shuffle, rng=random.Random(0) if shuffle else None)
    history = mo.fit(model, mo.functional.cross_entropy, mo.optim.SGD(model.parameters(), rate),
                     loader, epochs=5, progress=False)  # fmt: skip
    end = [z for p in model.parameters() for z in p.data.flat]
    moved = sum(a != b for a, b in zip(start, end, strict=True)) / len(start)
    return history["loss"], moved


def check(causes):
    if not isinstance(causes, dict) or causes.keys() != CAUSES.keys():
        return "not yet: write a dict of the letters A to D, each with its cause"
    wrong = sum(causes[letter] != cause for letter, cause in CAUSES.items())
    return f"not yet: {wrong} of 4 are wrong" if wrong else "right: all four"


if __name__ == "__main__":
    for letter in CAUSES:
        losses, moved = run(letter)
        print(letter, *[f"{loss:7.4f}" for loss in losses], f"  {moved:.0%} of the weights moved")
    print(check(answer))
