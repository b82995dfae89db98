"""Data from files: a strict CSV reader that says what is wrong where; digits and iris.

Read next: `data/fields.py`.
"""

import re
from pathlib import Path

from ..array.array import Array
from ..engine.arguments import Optional, checked
from .columns import check_features, has_header, index_column, target_column
from .dataset import TensorDataset
from .fields import CSVError, numbers_of, with_points
from .labels import numbered
from .rows import read_rows

__all__ = ["load_csv", "load_digits", "load_iris"]


def load_digits():
    """1,797 handwritten digits: X (1797, 64), 8 × 8 pixels / 16 in [0, 1], y (1797,), 0 to 9.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (its test set),
    UCI Machine Learning Repository, 1998, as packaged by scikit-learn. Licence: CC BY 4.0.
    """
    digits = _embedded("digits.csv.gz")
    pixels, labels = digits.tensors
    return TensorDataset(pixels / 16.0, labels, classes=digits.classes)


def load_iris():
    """150 iris flowers of 3 species: X (150, 4), y (150,), 0 to 2.

    The columns of X are the length and width of the sepals, then of the petals, in cm.
    Source: R. A. Fisher 1936, UCI Machine Learning Repository, as packaged by scikit-learn.
    Licence: CC BY 4.0.
    """
    tensors = _embedded("iris.csv").tensors
    return TensorDataset(*tensors, classes=("setosa", "versicolor", "virginica"))


def _embedded(name):
    return load_csv(Path(__file__).parent / "embedded" / name)


def load_csv(path, target=None, delimiter=None, header=None, classes=None):
    """A table of numbers, one sample a line: X (N, columns − 1) and y (N,), the target column.

    What is None is decided by the whole file; where that leaves a doubt, an error asks.

    path        a text file in UTF-8, plain or gzipped, whatever its name
    target      the column of y: its number from 0 (from −1 at the end), or its name in the header;
                None: the last, unless only another one looks like labels
    delimiter   the character between two fields; None: comma, semicolon or tab, as Excel's line
                `sep=;` says, else the one that cuts the rows into equally many fields
    header      whether line 1 is one; None: it is if its fields cannot be values of their columns,
                as words cannot above numbers
    classes     whether y are classes, numbered 0 … K−1, whose texts are in `.classes`, in numeric
                order, else sorted; None: words are, and whole numbers of which at most
                max(20, N/5) are distinct; other numbers stay as they are, and with False all do

    A column without a name that numbers the rows, pandas' index, is left out. A decimal comma is
    read as a point where no number of the file has one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wine = Path(folder, "wine.txt")
    ...     _ = wine.write_text("alcohol;acid;quality\\n9,4;0,7;5\\n9,8;0,88;6\\n11;0,28;5\\n")
    ...     dataset = load_csv(wine)

    Semicolons cut each line into 3 fields, commas into 1, 3, 3 and 2: the delimiter is `;`.
    `alcohol` stands above numbers: a header. The last column holds two whole numbers, 5 and 6:

    >>> dataset.classes, dataset.tensors[1].tolist(), dataset.tensors[0].tolist()
    (('5', '6'), [0.0, 1.0, 0.0], [[9.4, 0.7], [9.8, 0.88], [11.0, 0.28]])

    ValueError for an empty label, a doubt, and anything but finite features in rows of one length,
    in one line that begins `path:line:column:`, the column counted from 1 in fields. Blank lines at
    the end are ignored. OSError if the file cannot be read (FileNotFoundError, IsADirectoryError).
    """
    _check_arguments(target, delimiter, header, classes)
    path = Path(path)
    delimiter, rows = read_rows(path, delimiter)
    rows = with_points(path, rows)
    line, first = rows[0]
    line, first = rows[0]
    if header is None:
        names = [field.strip() for field in first]
        header = target in names or has_header(path, rows, target)
    if header and len(rows) == 1:
        remedy = "expected rows of numbers below"
        raise CSVError(path, line, 1, f"only a header, {first!r:.60}", remedy)
    label = target_column(path, line, first, header, target)
    rows = rows[int(header) :]
    index = index_column(path, line, first, rows, label) if header else []
    features = [i for i in range(len(first)) if i not in (label, *index)]
    if not features:
        raise _no_features(path, line, first[label], delimiter)
    check_features(path, rows, features, label, by_default=target is None and classes is not False)
    x = [numbers_of(path, n, row, features, first=n == line) for n, row in rows]
    y, names = numbered(path, rows, label, classes)
    flat = Array([number for row in x for number in row], (len(rows), len(features)))
    return TensorDataset(flat, y, classes=names)


def _check_arguments(target, delimiter, header, classes):
    if isinstance(target, bool) or not (target is None or isinstance(target, (int, str))):
        raise TypeError(f"load_csv: target must be a column's number or name, got {target!r:.60}")
    checked(delimiter, Optional(str), "load_csv: delimiter")
    if delimiter is not None and not re.fullmatch(r'[^\w+\-."\r\n\0]', delimiter):
        raise ValueError(
            f"load_csv: delimiter {delimiter!r:.60} must be one character, no part of a number"
        )
    checked(header, Optional(bool), "load_csv: header")
    checked(classes, Optional(bool), "load_csv: classes")


def _no_features(path, line, field, delimiter):
    """The error for a single column, with the delimiter that was perhaps meant."""
    others = [c for c in ",;\t|: " if c in field.strip() and c != delimiter]
    remedy = f"pass {{delimiter={others[0]!r}}}" if others else "expected two or more"
    fact = f"one column, {field!r:.60}, leaves no features; is the delimiter {delimiter!r} right?"
    return CSVError(path, line, 1, fact, remedy)
