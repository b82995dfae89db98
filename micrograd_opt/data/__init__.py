"""Data: samples in Tensors, cut into mini batches; small data sets to learn on.

Read in this order: `dataset.py`, `loader.py`, `generators.py`, `files.py`.
"""

from .dataset import TensorDataset, random_split
from .csv import load_csv, load_digits, load_iris
from .generators import make_moons, make_xor
from .loader import DataLoader, RandomSampler

__all__ = [
    "DataLoader", "RandomSampler", "TensorDataset", "load_csv", "load_digits", "load_iris",
    "make_moons", "make_xor", "random_split",
]  # fmt: skip
