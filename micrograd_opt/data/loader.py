"""Mini batches: shuffle once an epoch, then take consecutive samples; and i.i.d. for contrast.

Read next: `data/generators.py`.
"""

from ..engine.arguments import COUNT, WHOLE, Each, Optional, checked, drawing, generator
from .dataset import TensorDataset

__all__ = ["DataLoader", "RandomSampler"]


class RandomSampler:
    """The order of an epoch, drawn at random: for `DataLoader(..., sampler=)`.

    replacement   True: `num_samples` independent draws (by default N), the i.i.d. mini batches of
                  the theory; False: so many different samples, a shuffle if they are all N
    rng           a `random.Random`

    Lecture 6, stochastic optimization: i.i.d. sampling "is rather slow due to random memory
    accesses. Instead, we shuffle the dataset and construct mini batches from consecutive data
    points", which is what DataLoader does. With lists of floats i.i.d. is no slower; but N such
    draws miss a sample with probability (1 − 1/N)ᴺ ≈ 1/e: 37 % of the samples sit an epoch out,
    others come twice.

    PyTorch's `replacement` is False if not given, and it repeats the shuffle for more than N.
    """

    def __init__(self, dataset, replacement=True, num_samples=None, rng=None):
        n = len(dataset)
        draws = n if num_samples is None else num_samples
        self.num_samples = checked(draws, COUNT, "RandomSampler: num_samples")
        self.replacement = checked(replacement, bool, "RandomSampler: replacement")
        if not replacement and draws > n:
            raise ValueError(f"RandomSampler: cannot draw {draws} of {n} without replacement")
        self._rows = range(n)
        self.rng = generator(rng)

    def __len__(self):
        return self.num_samples

    def __iter__(self):
        with drawing:
            if self.replacement:
                return iter(self.rng.choices(self._rows, k=self.num_samples))
            return iter(self.rng.sample(self._rows, self.num_samples))

    def __repr__(self):
        how = "with" if self.replacement else "without"
        return f"RandomSampler({len(self)} of {len(self._rows)} samples, {how} replacement)"


class DataLoader:
    """An epoch of mini batches for each `for`: tuples of Tensors, (x, y), of first size B.

    dataset      a TensorDataset of N samples
    batch_size   B; the last batch is short where B does not divide N
    shuffle      a new order for each epoch, in which the batches are consecutive (Lecture 6,
                 stochastic optimization); otherwise the order of the dataset
    drop_last    leave a short last batch out
    rng          a `random.Random` for the shuffle
    sampler      instead of shuffle: an iterable with a length that gives an epoch's row numbers

    A short batch counts for less: weigh an epoch's mean by len(x). ValueError for a batch size
    below 1, for arguments that exclude each other, and where drop_last would drop everything
    (PyTorch then trains on nothing).

    >>> dataset = TensorDataset([[1], [2], [3], [4], [5]])
    >>> loader = DataLoader(dataset, batch_size=2)
    >>> loader
    DataLoader(3 batches of 2 from 5 samples)
    >>> [x.tolist() for (x,) in loader]
    [[[1.0], [2.0]], [[3.0], [4.0]], [[5.0]]]
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False, rng=None,
                 sampler=None):  # fmt: skip
        if not isinstance(dataset, TensorDataset):
            kind = type(dataset).__name__
            raise TypeError(f"DataLoader: expected a TensorDataset, got {kind}; wrap its tensors")
        shuffle = checked(shuffle, bool, "DataLoader: shuffle")
        generator(rng)  # a bare seed is refused without shuffle too
        self._each_once = sampler is None
        if sampler is None:
            sampler = RandomSampler(dataset, False, rng=rng) if shuffle else range(len(dataset))
        elif shuffle or rng is not None:
            raise ValueError("DataLoader: a sampler sets the order; leave out shuffle and rng")
        self.dataset = dataset
        self.batch_size = checked(batch_size, COUNT, "DataLoader: batch_size")
        self.drop_last = checked(drop_last, bool, "DataLoader: drop_last")
        self.sampler = sampler
        self._order, self._position, self._resuming = None, 0, False
        if len(self) < 1:
            raise ValueError(
                f"DataLoader: {len(self.sampler)} samples make no batch of {self.batch_size} "
                f"with drop_last={self.drop_last}; lower batch_size"
            )

    @property
    def rng(self):
        """The generator that orders the epochs; None where nothing is random."""
        return getattr(self.sampler, "rng", None)

    def __len__(self):
        """The number of batches in a whole epoch."""
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __repr__(self):
        n = len(self.sampler)
        return f"DataLoader({len(self)} batches of {self.batch_size} from {n} samples)"

    def __iter__(self):
        """A new epoch, in a new order; after `load_state_dict`, the rest of the one saved."""
        if not self._resuming:
            self._order, self._position = list(self.sampler), 0
        self._resuming = False
        return self._batches(self._order, self._position)

    def _batches(self, order, position):
        n, least = len(order), self.batch_size if self.drop_last else 1
        while n - position >= least:
            rows = order[position : position + self.batch_size]
            batch = self.dataset[rows]
            position += len(rows)
            self._order, self._position = order, position
            yield batch
        self._order, self._position = None, 0

    def state_dict(self):
        """Where in the epoch the loader stands, as plain JSON types.

        order      the row numbers of this epoch's samples; None between epochs
        position   how many of them were handed out, the batch in hand included

        The rng is the caller's to save, together with this. Of several iterations at once, it is
        the one that gave the latest batch.
        """
        order = None if self._order is None else list(self._order)
        return {"order": order, "position": self._position}

    def load_state_dict(self, state):
        """Go on where `state` was taken: the next `for` gives the batches that remained.

        ValueError or TypeError, with nothing changed, if it does not fit dataset and sampler.
        """
        state = checked(state, {"order": Optional(Each(WHOLE)), "position": WHOLE}, "DataLoader")
        order, position = state["order"], state["position"]
        n, last = len(self.dataset), len(order or ())
        if order is not None and len(order) != len(self.sampler):
            raise ValueError(
                f"DataLoader: order has {len(order)} samples, but this loader's epoch has "
                f"{len(self.sampler)}; is it the same dataset?"
            )
        if order and max(order) >= n:
            raise ValueError(f"DataLoader: order has row {max(order)}, but there are 0 … {n - 1}")
        if order and self._each_once and len(set(order)) < len(order):
            raise ValueError("DataLoader: order names a sample twice")
        if position > last:
            raise ValueError(f"DataLoader: position {position} is not one of 0 … {last}")
        self._order, self._position, self._resuming = order, position, order is not None
