"""Data sets from a formula: small, two-dimensional, and not linearly separable.

Each is a function make_… of n_samples, noise and rng, and so the command line knows it too.
Read next: `data/csv.py`.
"""

import math

from ..array.array import Array
from ..engine.arguments import RATE, checked, drawing, generator
from ..engine.creation import linspace
from .dataset import TensorDataset

__all__ = ["make_moons", "make_xor"]


def make_moons(n_samples=100, noise=0.0, shuffle=True, rng=None):
    """Two half circles, each reaching into the other: X (n, 2), y (n,) with labels 0 and 1.

        label 0, ⌊n/2⌋ samples    (cos t, sin t)              t at equal distances in [0, π]
        label 1, the others       (1 − cos t, 1/2 − sin t)

    noise   the standard deviation σ ≥ 0 of what is added to each coordinate, a draw from N(0, σ²)

    As scikit-learn's, with other random draws. Without shuffle the labels come in order; the same
    rng then draws the same noise. ValueError for n_samples < 2 or noise < 0.

    >>> make_moons(4, shuffle=False).tensors[1].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    n = checked(n_samples, "{2, 3, …}", "make_moons: n_samples")
    checked(shuffle, bool, "make_moons: shuffle")
    outer = [(math.cos(t), math.sin(t)) for t in linspace(0.0, math.pi, n // 2).tolist()]
    inner = [
        (1.0 - math.cos(t), 0.5 - math.sin(t)) for t in linspace(0.0, math.pi, n - n // 2).tolist()
    ]
    labels = [0.0] * len(outer) + [1.0] * len(inner)
    with drawing:
        rng = generator(rng)
        dataset = _dataset(outer + inner, labels, noise, rng)
        return TensorDataset(*dataset[rng.sample(range(n), n)]) if shuffle else dataset


def make_xor(n_samples=4, noise=0.0, rng=None):
    """The corners of the unit square, labelled x₁ xor x₂: X (n, 2), y (n,).

    n_samples   4 or more: sample i is corner i mod 4 of (0, 0), (0, 1), (1, 0), (1, 1)
    noise       the standard deviation σ ≥ 0 of a normal draw added to each coordinate

    No line separates the labels, so a net needs a hidden layer (Minsky and Papert 1969).
    ValueError for n_samples < 4 or noise < 0.

    >>> make_xor().tensors[1].tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    n = checked(n_samples, "{4, 5, …}", "make_xor: n_samples")
    corners = [(i >> 1 & 1, i & 1) for i in range(n)]
    labels = [float(a ^ b) for a, b in corners]
    with drawing:
        return _dataset(corners, labels, noise, generator(rng))


def _dataset(points, labels, noise, rng):
    """Points and labels as a TensorDataset; nothing is drawn where noise is 0."""
    sigma = checked(noise, RATE, "noise")
    flat = [float(x) for point in points for x in point]
    if sigma:
        flat = [x + rng.gauss(0.0, sigma) for x in flat]
    return TensorDataset(Array(flat, (len(points), 2)), labels)
