"""Data: tables of numbers go in; mini batches of Tensors (x, y) come out.

    >>> from micrograd_opt import data
    >>> dataset = data.TensorDataset([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> dataset
    TensorDataset(4 samples: (2,), ())
    >>> for x, y in data.DataLoader(dataset, batch_size=3):
    ...     print(x.tolist(), y.tolist())
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]] [0.0, 1.0, 1.0]
    [[1.0, 1.0]] [0.0]

`dataset.py` holds samples and splits them, `loader.py` draws an epoch's order and cuts it into
batches. `generators.py` makes data sets from formulas, `csv.py` reads them from files, with what
`fields.py`, `rows.py`, `labels.py` and `columns.py` decide.
A new one, `make_circles` for instance, is a function and its name in that file's `__all__`: this
package and the command line find it there.
Read next: `data/dataset.py`.
"""

from . import csv, dataset, generators, loader
from .csv import *
from .dataset import *
from .generators import *
from .loader import *

__all__ = [*csv.__all__, *dataset.__all__, *generators.__all__, *loader.__all__]
