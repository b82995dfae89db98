"""The labels of a CSV file: classes, numbered 0 … K−1, or numbers as they are.

Read next: `data/columns.py`.
"""

from .fields import CSVError, field_error, is_missing, is_number, is_whole, is_word, numbers_of

__all__ = []


def are_classes(column):
    """Whether these are whole numbers, few of them distinct: not more than max(20, N / 5).

    >>> are_classes(["1", "3", "1"]), are_classes(["0.5", "1"]), are_classes("123456789" * 9)
    (True, False, True)
    >>> are_classes([str(i) for i in range(30)])
    False
    """
    return all(map(is_whole, column)) and len(set(map(float, column))) <= _most(column)


def _most(column):
    return max(20, len(column) / 5)


def numbered(path, rows, i, classes):
    """(numbers, classes) of the labels, the fields i; classes is None where they are numbers."""
    for line, fields in rows:
        if not is_number(fields[i]) and not is_word(fields[i]):
            raise field_error(path, line, i, fields[i])
    column = [fields[i] for _, fields in rows]
    words = any(map(is_word, column))
    if classes is not True:
        _check_all_alike(path, rows, i, numbers_alone=classes is False)
    if words:
        texts = [field.strip() for field in column]
        names = sorted(set(texts))
        if classes is None and len(names) > _most(column):
            fact = f"{len(names)} different words in {len(column)} rows are no classes"
            remedies = "pass {target=N} for another column", "pass {classes=True} if they are"
            raise CSVError(path, rows[0][0], i + 1, fact, *remedies)
        number = {name: float(k) for k, name in enumerate(names)}
        return [number[text] for text in texts], names
    values = [numbers_of(path, line, fields, [i])[0] for line, fields in rows]
    if classes is False or (classes is None and not are_classes(column)):
        return values, None
    spelling = {}
    for value, field in zip(values, column, strict=True):
        spelling.setdefault(value, field.strip())  # 1 and 1.0 are one class
    names = sorted(spelling)
    number = {value: float(k) for k, value in enumerate(names)}
    return [number[value] for value in values], [spelling[value] for value in names]


def _check_all_alike(path, rows, i, numbers_alone):
    """CSVError where some labels are words and others numbers, at the first of the rarer kind."""
    words = [(line, fields[i]) for line, fields in rows if is_word(fields[i])]
    numbers = [(line, fields[i]) for line, fields in rows if is_number(fields[i])]
    if words and numbers_alone:
        line, field = words[0]
        fact, remedy = f"{field!r:.40} is a word, not a number", "leave out {classes=False}"
        raise CSVError(path, line, i + 1, fact, remedy)
    if words and numbers:
        line, field = min(words, numbers, key=len)[0]
        if is_missing(field):
            raise field_error(path, line, i, field)
        kind = "a word" if is_word(field) else "a number"
        fact = f"{field!r:.40} is {kind}, but not every label is"
        remedies = "make them all words or all numbers", "pass {classes=True} if all are classes"
        raise CSVError(path, line, i + 1, fact, *remedies)
