"""Four learning curves without their rates: which is which?

A small net learns 100 digits with α = 0.001, 0.05, 0.5 and 5. Run this file to see the losses of
six epochs, under the letters A to D. Guessing has the loss 2.30. Write down the rate of each:

    cd examples && python -m exercises.learning_rates
"""

import random
from functools import cache

import micrograd_opt as mo

RATES = {"A": 0.5, "B": 0.001, "C": 5.0, "D": 0.05}  # don't look: the curves tell
answer = {"A": None, "B": None, "C": None, "D": None}  # YOURS: 0.001, 0.05, 0.5 or 5


@cache
def curve(letter):
    """The losses of six epochs."""
    train = mo.data.TensorDataset(*mo.data.load_digits()[:100])
    model = mo.nn.MLP(64, [16, 10], rng=random.Random(1))
    optimizer = mo.optim.SGD(model.parameters(), lr=RATES[letter])
    loss_fn = mo.functional.cross_entropy
    history = mo.fit(model, loss_fn, optimizer, train, epochs=6, batch_size=10, progress=False)
    return history["loss"]


def check(rates):
    if not isinstance(rates, dict) or rates.keys() != RATES.keys():
        return "not yet: write a dict of the letters A to D, each with its rate"
    wrong = sum(rates[letter] != rate for letter, rate in RATES.items())
    if wrong:
        return f"not yet: {wrong} of 4 are wrong"
    return "right: too low hardly moves, too high never falls below guessing"


if __name__ == "__main__":
    for letter in RATES:
        print(letter, *[f"{loss:7.3f}" for loss in curve(letter)])
    print(check(answer))
