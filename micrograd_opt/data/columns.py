"""The columns of a CSV file: is line 1 a header, which column is the target, which are features.

Read next: `files/`.
"""

from collections import Counter

from .fields import CSVError, is_name, is_number, is_whole, is_word
from .labels import are_classes

__all__ = []


def has_header(path, rows, target):
    """Whether line 1 is a header; CSVError where its columns do not tell.

    Each field of line 1 fits its column as one more value, or it is odd there: a word above
    numbers; a number above labels in words; or a label unlike all below, each of which is there
    twice or more. In a header all are odd, in a row all fit. In `5.1,3.5,setosa` above the labels
    0 and 1 two fit and one is odd: a header, or a row with a slip? That is asked. Two odd ones, the
    label among them, are no slip: 150,4,setosa,versicolor is a header. Numbers that count the
    columns, 0, 1, 2, … as pandas writes them, tell nothing.
    """
    first, below = rows[0][1], rows[1:]
    if not below:
        return all(map(is_name, first))
    label = target % len(first) if isinstance(target, int) else len(first) - 1
    counted = _counted(first)
    fits, odd = [], []
    for i in range(len(first)):
        if i not in counted:
            column = [fields[i] for _, fields in below]
            verdict = _fits(first, i, column, i == label)
            if verdict is not None:
                (fits if verdict else odd).append(i)
    if not counted and not odd:
        return False
    if bool(fits) != bool(odd):
        return bool(odd)
    if len(odd) > 1 and label in odd and _could_be_names(first):
        return True
    line, column = rows[0][0], odd[0] if odd else 0
    fact = f"{first!r:.100} can be a header or a row, by the columns below"
    remedy = "pass {header=True} if it is a header, {header=False} if it is a row"
    raise CSVError(path, line, column + 1, fact, remedy)


def _counted(first):
    """The columns whose fields in line 1 are 0, 1, 2, … in order, as pandas numbers them.

    Its index, without a name, may stand before them. A single 0 is no count.
    """
    start = end = int(not first[0].strip())
    while end < len(first) and first[end].strip() == str(end - start):
        end += 1
    return range(start, end) if end - start > 1 else range(0)


def _fits(first, i, column, is_label):
    """Whether field i of line 1 is like those of its column; None where that tells nothing."""
    field = first[i]
    if i == 0 and not field.strip() and _number_rows(column):
        return False
    if not is_number(field) and not is_name(field):
        return None
    if is_name(field) and 2 * sum(1 for f in column if is_number(f)) >= len(column):
        return False
    if not is_label:
        return True if is_number(field) else None
    if is_number(field) and len(column) > 1 and all(map(is_word, column)):
        return False
    counts = Counter(f.strip() for f in column)
    if field.strip() not in counts and _could_be_names(first) and min(counts.values()) > 1:
        return False
    return True if is_number(field) or field.strip() in counts else None


def _could_be_names(first):
    """Whether the numbers of line 1 could be the names of columns: 2010 and 2011, not 5.1 twice."""
    numbers = [field.strip() for field in first if is_number(field)]
    return all(map(str.isdecimal, numbers)) and len(set(numbers)) == len(numbers)


def _number_rows(column):
    """Whether these number the rows: whole numbers, none of them twice."""
    return len(set(column)) == len(column) and all(map(is_whole, column))


def index_column(path, line, first, rows, label):
    """[0] if the first column has no name and numbers the rows, as pandas' index; else []."""
    if first[0].strip() or not _number_rows([fields[0] for _, fields in rows]):
        return []
    if label == 0:
        fact = "this column without a name numbers the rows, and is no target"
        raise CSVError(path, line, 1, fact, "pass {target=N} for another column")
    return [0]


def target_column(path, line, first, header, target):
    """The number of the target's column from 0; `first` is line 1."""
    n = len(first)
    if target is None:
        return n - 1
    if isinstance(target, int):
        if not -n <= target < n:
            fact = f"target {target} is not one of {n} columns, {-n} … {n - 1}"
            raise CSVError(path, line, 1, fact, "pass {target=-1} for the last")
        return target % n
    if not header:
        fact = f"no header to find target {target!r:.60} in"
        raise CSVError(path, line, 1, fact, "give its number, {target=N}")
    names = [field.strip() for field in first]
    if names.count(target) != 1:
        fact = f"target {target!r:.60} names {names.count(target)} columns of {names!r:.100}"
        raise CSVError(path, line, 1, fact, "give its number, {target=N}")
    return names.index(target)


def check_features(path, rows, features, label, by_default):
    """CSVError if a feature's column holds words, or looks like the labels where those do not.

    by_default   whether the target was not named; otherwise the second is as the caller wants it
    """
    line, first = rows[0]
    words = [i for i in features if _in_words(rows, i)]
    if words:
        i = words[0]
        fact = f"{first[i]!r:.40} and those below are words; features are numbers"
        remedy = "write numbers or delete the column"
        if by_default and len(words) == 1 and not _in_words(rows, label):
            remedy = f"pass {{target={i}}} if these are the labels"
        raise CSVError(path, line, i + 1, fact, remedy)
    i = features[0]
    if by_default and 2 <= _like_labels(rows, i) < len(rows) and _like_labels(rows, label) <= 1:
        fact = f"this column looks like labels, and the last, column {label + 1}, does not"
        remedies = [f"pass {{target={i}}} or {{target=-1}} to say which is the target"]
        if not are_classes([fields[label] for _, fields in rows]):
            remedies = [f"pass {{target={i}}} if it is the target", "pass {classes=False} if not"]
        raise CSVError(path, line, i + 1, fact, *remedies)


def _in_words(rows, i):
    column = [fields[i] for _, fields in rows]
    return not any(map(is_number, column)) and any(map(is_word, column))


def _like_labels(rows, i):
    """How many rows a class has on average, if column i is read as classes; 0 if it is not."""
    column = [fields[i] for _, fields in rows]
    count = len({field.strip() for field in column})
    return len(column) / count if any(map(is_word, column)) or are_classes(column) else 0
