"""The fields of a CSV file: which text is a number, and the error for what is none.

`float()` alone takes too much: nan, inf, 1_000 and ١. So a field is first matched against the
numbers as a CSV file writes them. What only `float()` reads is neither a number nor a word, and an
error wherever it stands.
Read next: `data/rows.py`.
"""

import re
from math import inf

__all__ = []

_NUMBER = r"[ \t]*[+-]?(?:[0-9]+(?:@[0-9]*)?|@[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*"
is_number = re.compile(_NUMBER.replace("@", r"\.")).fullmatch  # 5, -1.5, 2e3
has_decimal_comma = re.compile(_NUMBER.replace("@", ",").replace(")?|", ")|")).fullmatch  # 1,5
_counts_thousands = re.compile(r"[ \t]*[+-]?[1-9][0-9]{0,2},[0-9]{3}[ \t]*").fullmatch  # 1,234
_argument = re.compile(r"\{(\w+)=(.+?)\}")
_MISSING = {"na", "n/a", "nan", "nil", "none", "null", "inf", "infinity", "?"}


class CSVError(ValueError):
    """What is wrong with a file, where, and what helps: `path:line:column: fact; remedy`.

    A remedy names arguments of `load_csv` in braces, {header=True}; `told` says them otherwise.
    """

    def __init__(self, path, line, column, fact, *remedies):
        super().__init__(path, line, column, fact, *remedies)

    def __str__(self):
        return self.told(lambda argument, value: f"{argument}={value}")

    def told(self, spelling):
        """The message, each argument as `spelling(argument, value)`; no remedy with a None."""
        path, line, column, fact, *remedies = self.args
        parts = [fact]
        for remedy in remedies:
            spelt = [spelling(*argument) for argument in _argument.findall(remedy)]
            if None not in spelt:
                parts.append(_argument.sub("{}", remedy).format(*spelt))
        return f"{path}:{line}:{column}: {'; '.join(parts)}"


def is_whole(field):
    """Whether this is a whole number: 3, -1 and 2.0 are.

    >>> [bool(is_whole(field)) for field in ("3", "-1", "2.0", "0.5", "1e999", "rose")]
    [True, True, True, False, False, False]
    """
    return is_number(field) and float(field).is_integer()


def is_missing(field):
    """Whether this is what programs write for a number that is not there: NA, None, ?."""
    return field.strip().lower() in _MISSING


def is_name(field):
    """Whether this could head a column: text that is no number and stands for no missing one."""
    return is_word(field) and not is_missing(field)


def is_word(field):
    """Whether this is text, which even `float()` reads no number from.

    >>> [is_word(field) for field in ("rose", "<=50K", "+", "1st", "None", "", "5", "nan", "1_000")]
    [True, True, True, True, True, False, False, False, False]
    """
    if not field.strip() or is_number(field):
        return False
    try:
        float(field)
    except ValueError:
        return True
    return False


def with_points(path, rows):
    """The rows, each decimal comma of a number replaced by a point: 1,5 is 1.5.

    CSVError where 1,234 could be a thousand and more, as no other comma of the file is a decimal
    one for sure; and where some numbers have a comma and others a point, as one of them is amiss.
    """
    numbers = [
        (line, column, field)
        for line, fields in rows
        for column, field in enumerate(fields, 1)
        if "," in field and has_decimal_comma(field)
    ]
    if not numbers:
        return rows
    line, column, field = numbers[0]
    if all(_counts_thousands(field) for _, _, field in numbers):
        small, large = field.replace(",", ".").strip(), field.replace(",", "").strip()
        fact = f"{field!r:.40} can be {small} or {large}"
        raise CSVError(path, line, column, fact, "write it with a point, or without the comma")
    for other, fields in rows:
        for pointed in fields:
            if "." in pointed and is_number(pointed):
                fact = f"{field!r:.40} has a decimal comma, {pointed!r:.40} in line {other} a point"
                raise CSVError(path, line, column, fact, "write all numbers in one way")
    return [
        (line, [f.replace(",", ".") if has_decimal_comma(f) else f for f in fields])
        for line, fields in rows
    ]


def numbers_of(path, line, fields, columns, first=False):
    """The fields of those columns as floats; `first`: of line 1, not known to be a header."""
    texts = [fields[i] for i in columns]
    if all(map(is_number, texts)):
        row = list(map(float, texts))
        if inf not in map(abs, row):
            return row
    for i in columns:
        if not is_number(fields[i]) or abs(float(fields[i])) == inf:
            raise field_error(path, line, i, fields[i], first)


def field_error(path, line, i, field, first=False):
    """What is wrong with field i of a line, and what to do about it."""
    fact, remedy = "is not a finite number like -1.5 or 2e3", "mend it or delete the row"
    if not field.strip():
        fact, remedy = "is an empty field", "fill it in or delete the row"
    elif is_number(field):
        fact, remedy = "is too large for a float", "rescale the column"
    elif first:
        fact, remedy = "is not a finite number", "pass {header=True} if line 1 is a header"
    return CSVError(path, line, i + 1, f"{field!r:.40} {fact}", remedy)
