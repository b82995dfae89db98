"""A dataset: Tensors whose rows belong together, and how to split it at random.

Read next: `data/loader.py`.
"""

from itertools import accumulate, pairwise
from math import floor, isclose

from ..array import shapes
from ..array.ieee import as_float
from ..engine.arguments import drawing, generator
from ..engine.tensor import Tensor, as_tensor

__all__ = ["TensorDataset", "random_split"]


class TensorDataset:
    """N samples: row i of every Tensor, X: (N, D) and y: (N,) for instance.

    tensors   Tensors, or anything Tensor takes, each of first size N ≥ 1; ValueError if not
    classes   the names of the labels 0, 1, …, if they have any

    `dataset[i]` is a tuple of rows, `dataset[[3, 1, 2]]` and `dataset[:3]` are tuples of batches:
    copies, and constants, through which no gradient flows (PyTorch keeps views).

    >>> dataset = TensorDataset([[0, 0], [0, 1], [1, 1]], [0, 1, 0])
    >>> dataset
    TensorDataset(3 samples: (2,), ())
    >>> x, y = dataset[[2, 1]]
    >>> x.tolist(), y.tolist()
    ([[1.0, 1.0], [0.0, 1.0]], [0.0, 1.0])
    """

    def __init__(self, *tensors, classes=None):
        tensors = tuple(map(as_tensor, tensors))
        sizes = {t.shape[0] if t.shape else 0 for t in tensors}
        if len(sizes) != 1 or 0 in sizes:
            all_shapes = ", ".join(str(t.shape) for t in tensors) or "none"
            raise ValueError(
                f"TensorDataset: tensors of shapes {all_shapes}; each needs the same first size, "
                "the number of samples, at least 1"
            )
        if isinstance(classes, str):
            raise TypeError(f"TensorDataset: classes must be a list of names, got {classes!r:.60}")
        self.tensors = tensors
        self.classes = None if classes is None else tuple(classes)

    def __len__(self):
        return len(self.tensors[0])

    def __getitem__(self, key):
        if not (isinstance(key, (slice, list)) or hasattr(key, "__index__")):
            raise TypeError(
                f"TensorDataset: index by an int, a slice or a list of ints, got {key!r:.60}"
            )
        return tuple(Tensor(t.data[key]) for t in self.tensors)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        rows = ", ".join(str(t.shape[1:]) for t in self.tensors)
        return f"TensorDataset({len(self)} samples: {rows})"


def as_dataset(data, what):
    """A TensorDataset of (x, y), from itself or from a pair."""
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return TensorDataset(*data)
    if not isinstance(data, TensorDataset):
        raise TypeError(f"{what}: expected a TensorDataset or (x, y), got {type(data).__name__}")
    if len(data.tensors) != 2:
        raise ValueError(f"{what}: expected (x, y), got a dataset of {len(data.tensors)} tensors")
    return data


def random_split(dataset, lengths, rng=None):
    """The samples dealt out at random to several TensorDatasets, each sample to exactly one.

    lengths   ints that add up to N; or fractions fᵢ that add up to 1: then part i gets ⌊fᵢ·N⌋
              samples, and those left over go one by one to the first parts, as in PyTorch
    rng       a `random.Random`

    ValueError where they do not add up, or where a part would get no sample (PyTorch warns).

    >>> dataset = TensorDataset(list(range(10)))
    >>> random_split(dataset, [0.75, 0.25])
    [TensorDataset(8 samples: ()), TensorDataset(2 samples: ())]
    """
    n = len(dataset)
    counts = _counts(list(lengths), n)
    with drawing:
        order = generator(rng).sample(range(n), n)
    cuts = pairwise(accumulate(counts, initial=0))
    return [TensorDataset(*dataset[order[a:b]], classes=dataset.classes) for a, b in cuts]


def _counts(lengths, n):
    """How many of n samples each part gets."""
    if all(hasattr(length, "__index__") for length in lengths):
        counts = list(shapes.sizes((lengths,), "random_split"))
        if sum(counts) != n:
            raise ValueError(
                f"random_split: lengths {counts} add up to {sum(counts)}, not to the {n} samples"
            )
    else:
        fractions = list(map(as_float, lengths))
        if not isclose(sum(fractions), 1.0):
            raise ValueError(
                f"random_split: fractions {fractions} add up to {sum(fractions)}, not to 1"
            )
        counts = [floor(f * n) for f in fractions]
        for i in range(n - sum(counts)):
            counts[i] += 1
    if min(counts) < 1:
        raise ValueError(
            f"random_split: {lengths} of {n} samples gives parts of {counts}; "
            "each needs at least one"
        )
    return counts
