"""A small net on the digits as a surface to race on: 760 numbers instead of two.

Read next: `cli/race.py`.
"""

import random

from .. import data, functional, nn
from ..optim.surfaces import Surface

IMAGES, BATCH, WIDTHS = 60, 10, [10, 10]
TARGET = 0.5  # a loss; guessing among ten classes has ln 10 = 2.3
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # fewer: a step takes 20 times as long


def digits(seed):
    """The cross-entropy of a net 64 → 10 → 10 over 60 images, of which a step sees 10.

    It is a function of the net's four parameters, and starts where `seed` draws them.
    """
    images = data.TensorDataset(*data.load_digits()[:IMAGES])

    def loss_of(x, y):
        def loss(weight0, bias0, weight1, bias1):
            hidden = functional.relu(functional.linear(x, weight0, bias0))
            return functional.cross_entropy(functional.linear(hidden, weight1, bias1), y)

        return loss

    return Surface(
        "digits", f"the loss of a net 64 → 10 → 10 over {IMAGES} images, {BATCH} a step",
        loss_of(*images.tensors), start=weights(seed),
        names=("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"),
        batch=lambda rng: loss_of(*images[rng.sample(range(IMAGES), BATCH)]),
    )  # fmt: skip


def weights(seed):
    """The parameters of such a net as the seed draws them: four lists, nested as their shapes."""
    net = nn.MLP(64, WIDTHS, rng=random.Random(seed))
    return tuple([p.tolist() for p in net.parameters()])
