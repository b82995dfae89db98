"""The four cases. A case is a title and its contenders, made when they are needed."""

from dataclasses import dataclass

from . import moons
from .nets import Net, digits, xor


@dataclass(frozen=True)
class Case:
    title: str
    makers: dict  # {name: function that makes the contender}


MOMENTUM = {"lr": 0.1, "momentum": 0.9}
XOR = Net((2, 8, 1), xor, "tanh", "binary_cross_entropy_with_logits", "SGD", MOMENTUM)

CASES = {
    "moons": Case("scalar MLP 2-16-16-1, batch 100, hinge + L2, SGD", moons.makers()),
    "xor": Case("MLP 2-8-1 tanh, 4 samples, cross-entropy, SGD with momentum", XOR.makers()),
    "digits": Case("MLP 64-32-10, batch 32, cross-entropy, Adam", Net((64, 32, 10)).makers()),
    "wide": Case("MLP 64-256-10, batch 32, cross-entropy, Adam", Net((64, 256, 10)).makers()),
}


def grown(axis, size):
    """The Net of the digits with its width, depth or batch at `size`."""
    if axis == "width":
        return Net((64, size, 10))
    if axis == "depth":
        return Net((64, *[32] * size, 10))
    return Net((64, 32, 10), lambda: digits(size))
