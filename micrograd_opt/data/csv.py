"""Data from files: a strict CSV reader that says what is wrong where; digits and iris.

`float()` alone takes too much: nan, inf, 1_000 and ١. So each field is first matched against the
numbers as a CSV file writes them.
Read next: `files/`.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from math import inf
from pathlib import Path

from ..array.array import Array
from ..engine.arguments import Optional, checked
from .dataset import TensorDataset

__all__ = ["load_csv", "load_digits", "load_iris"]

_is_number = re.compile(
    r"[ \t]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*"
).fullmatch
_MISSING = {"na", "n/a", "nan", "nil", "none", "null", "inf", "infinity"}  # no words of a header


def load_digits():
    """1,797 handwritten digits: X (1797, 64), 8 × 8 pixels / 16 in [0, 1], y (1797,), 0 to 9.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (its test set),
    UCI Machine Learning Repository, 1998, as packaged by scikit-learn. Licence: CC BY 4.0.
    """
    pixels, digits = _embedded("digits.csv.gz").tensors
    return TensorDataset(pixels / 16.0, digits, classes=list("0123456789"))


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


def load_csv(path, target=-1, delimiter=",", header=None):
    """A table of numbers, one sample a line: X (N, columns − 1) and y (N,), the target column.

    The labels may all be words: y is then the number of each in the dataset's sorted `classes`.

    path        a CSV file in UTF-8, plain or gzipped
    target      the column of y: its number from 0 (from −1 at the end), or its name in the header
    delimiter   the character between two fields
    header      True, False, or None: line 1 is a header if a word is in it that is no label

    ValueError for anything but finite numbers in rows of one length, in one line that begins
    `path:line:column:`, the column counted from 1 in fields. Blank lines at the end are ignored.
    OSError if the file cannot be read (FileNotFoundError, IsADirectoryError).
    """
    path = Path(path)
    _check_arguments(target, delimiter, header)
    records = list(_records(path, delimiter))
    if not records:
        raise _fault(path, 1, 1, "the file is empty; expected rows of numbers")
    first = records[0][1]
    header = _has_header(records, target) if header is None else header
    if header and len(records) == 1:
        raise _fault(path, 1, 1, f"only a header, {first!r:.60}; expected rows of numbers below")
    if len(first) == 1:
        hint = f"is the delimiter {delimiter!r} right?"
        raise _fault(path, 1, 1, f"one column, {first[0]!r:.60}, leaves no features; {hint}")
    label_index = _label_index(path, target, first, header)
    records = records[int(header) :]
    classes = _number_words(records, label_index)
    rows = [_numbers(path, line, row, len(first), label_index) for line, row in records]
    labels = [row.pop(label_index) for row in rows]
    features = Array([x for row in rows for x in row], (len(rows), len(first) - 1))
    return TensorDataset(features, labels, classes=classes)


def _check_arguments(target, delimiter, header):
    if isinstance(target, bool) or not isinstance(target, (int, str)):
        raise TypeError(f"load_csv: target must be a column's number or name, got {target!r:.60}")
    if not isinstance(delimiter, str) or not re.fullmatch(r'[^\w+\-."\r\n\0]', delimiter):
        raise ValueError(
            f"load_csv: delimiter {delimiter!r:.60} must be one character, no part of a number"
        )
    checked(header, Optional(bool), "load_csv: header")


def _fault(path, line, column, message):
    return ValueError(f"{path}:{line}:{column}: {message}")


def _text(path, delimiter):
    """The file as text. ValueError for UTF-16 and whatever else is not UTF-8."""
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise _fault(path, 1, 1, f"broken gzip: {error}; fetch the file again") from None
    bad = 0 if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else data.find(b"\0")
    fact = "this is UTF-16 or no text"
    if bad < 0:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            data, bad = error.object, error.start  # without the mark at the beginning
            fact = f"byte 0x{data[bad]:02x} is not UTF-8"
    before = _lines(data[:bad].decode("utf-8-sig", "replace") + "?")
    column = len(next(csv.reader(before[-1:], delimiter=delimiter)))
    raise _fault(path, len(before), column, f"{fact}; save the file as CSV in UTF-8")


def _lines(text):
    return io.StringIO(text, newline="").readlines()


def _records(path, delimiter):
    """(line, fields) of each record; `line` is where it begins."""
    lines = _lines(_text(path, delimiter))
    while lines and not lines[-1].strip():
        lines.pop()
    reader, line = csv.reader(lines, delimiter=delimiter, strict=True), 1
    try:
        for fields in reader:
            if not fields:
                raise _fault(path, line, 1, "an empty line between rows; delete it")
            yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        column, field = _badly_quoted("".join(lines[line - 1 : reader.line_num]), delimiter)
        raise _fault(
            path, line, column, f"{field!r:.40}: {error}; is a quote missing or one too many?"
        ) from None


def _badly_quoted(text, delimiter):
    """The column and text of the first field that csv could not read."""
    field = re.compile(r'(?:"(?:[^"]|"")*"|[^"@][^@]*|)@'.replace("@", re.escape(delimiter)))
    column, start, longest = 1, 0, csv.field_size_limit() + 1
    while (match := field.match(text, start)) and match.end() - start <= longest:
        column, start = column + 1, match.end()
    return column, text[start:]


def _is_word(field):
    """Whether this looks like a name in a header, not like a slip in a number or a gap."""
    field = field.strip().lower()
    return field[:1].isalpha() and field not in _MISSING


def _has_header(records, target):
    """Whether line 1 is a header: a word is in it, and not only a label like those below it."""
    first = records[0][1]
    words = [i for i, field in enumerate(first) if _is_word(field)]
    label_alone = isinstance(target, int) and words == [target % len(first)]
    return bool(words) and not (label_alone and _in_words(records, words[0]))


def _in_words(records, i):
    """Whether all labels, each the field i of its row, are words."""
    return all(_is_word(row[i]) for _, row in records if i < len(row))


def _number_words(records, i):
    """The classes, if the labels are words; each label becomes the number of its class."""
    if not _in_words(records, i):
        return None
    rows = [row for _, row in records if i < len(row)]
    classes = sorted({row[i].strip() for row in rows})
    for row in rows:
        row[i] = str(classes.index(row[i].strip()))
    return classes


def _label_index(path, target, first, header):
    """The index of the target's column; `first` is line 1."""
    if isinstance(target, int):
        n = len(first)
        if not -n <= target < n:
            raise _fault(path, 1, 1, f"target {target} is not one of {n} columns, {-n} … {n - 1}")
        return target % n
    if not header:
        raise _fault(path, 1, 1, f"no header to find target {target!r:.60} in; give its number")
    names = [field.strip() for field in first]
    if names.count(target) != 1:
        fact = f"names {names.count(target)} columns of {names!r:.100}"
        raise _fault(path, 1, 1, f"target {target!r:.60} {fact}; give its number")
    return names.index(target)


def _numbers(path, line, fields, n, label_index):
    """The fields of a row as n floats."""
    if len(fields) != n:
        column = min(len(fields), n) + 1
        fact = f"{len(fields)} fields, {fields!r:.60}, where line 1 has {n}"
        raise _fault(path, line, column, f"{fact}; mend or delete the row")
    if all(map(_is_number, fields)):
        row = list(map(float, fields))
        if inf not in map(abs, row):
            return row
    for column, field in enumerate(fields, 1):
        if not _is_number(field) or abs(float(field)) == inf:
            complaint = _complaint(field, line, is_label=column == label_index + 1)
            raise _fault(path, line, column, f"{field!r:.40} {complaint}")


def _complaint(field, line, is_label):
    """What is wrong with a field, and what to do about it."""
    if not field.strip():
        return "is an empty field; fill it in or delete the row"
    if _is_number(field):
        return "is too large for a float; rescale the column"
    if any(c in field for c in ",;|\t"):
        return "is not a number; check the delimiter, and write decimals with a point"
    if line == 1:
        return "is not a finite number; if line 1 is a header, pass header=True"
    if is_label and _is_word(field):
        return "is a word, but not every label is; make them all words or all numbers"
    return "is not a finite number like -1.5 or 2e3; mend it or delete the row"
