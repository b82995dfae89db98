"""From the bytes of a CSV file to its rows: the encoding, the delimiter, the quotes.

Read next: `data/labels.py`.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from pathlib import Path

from .fields import CSVError, has_decimal_comma, is_number

__all__ = []

DELIMITERS = ",;\t"  # those that are recognised
_excel_line = re.compile(r'"?sep=([^\w+\-."\r\n])"?\s*', re.IGNORECASE).fullmatch


def read_rows(path, delimiter=None):
    """The delimiter, and (line, fields) of each row, `line` being where it begins.

    Excel's first line, `sep=;`, names the delimiter and is no row.
    """
    lines = _lines(_text(path, delimiter or ","))
    while lines and not lines[-1].strip():
        lines.pop()
    excel = _excel_line(lines[0]) if lines else None
    if len(lines) == (excel is not None):
        raise CSVError(path, 1, 1, "the file is empty", "expected rows of numbers")
    skipped = 1 if excel else 0
    if delimiter is None:
        delimiter = excel[1] if excel else _delimiter(path, lines)
    return delimiter, _rows(path, lines, skipped, delimiter)


def _text(path, delimiter):
    """The file as text. CSVError for UTF-16 and whatever else is not UTF-8."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise type(error)(f"{path}: {error.strerror}; {_remedy(error)}") from None
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise CSVError(path, 1, 1, f"broken gzip: {error}", "fetch the file again") from None
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
    raise CSVError(path, len(before), column, fact, "save the file as CSV in UTF-8")


def _remedy(error):
    """What helps where a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return f"a relative path starts from {Path.cwd()}"
    return "name a file that you may read"


def _lines(text):
    return io.StringIO(text, newline="").readlines()


def _delimiter(path, lines):
    """Which of comma, semicolon and tab cuts the lines into columns.

    The one that cuts the most rows into the same number of fields, two or more. Of several, the one
    with the greatest share of numbers among the fields: `1,5;2,3` are 2 numbers in 2 fields for
    the semicolon, and 2 in the 3 fields 1, 5;2 and 3 for the comma. CSVError where that is equal
    too, as in `1,5;rose`.
    """
    in_use = [delimiter for delimiter in DELIMITERS if any(delimiter in line for line in lines)]
    if len(in_use) < 2:
        return in_use[0] if in_use else DELIMITERS[0]
    scores = {delimiter: _score(lines, delimiter) for delimiter in in_use}
    best = [delimiter for delimiter in in_use if scores[delimiter] == max(scores.values())]
    if len(best) > 1 and scores[best[0]] > (0, 0):
        choices = " or ".join(f"{{delimiter={delimiter!r}}}" for delimiter in best)
        fact = f"{lines[0].rstrip()!r:.60} can be cut at {' and at '.join(map(repr, best))}"
        raise CSVError(path, 1, 1, fact, f"pass {choices}")
    return best[0]


def _score(lines, delimiter):
    """How many rows are cut alike, into two fields or more, and what share of all are numbers."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a field longer than csv takes
        return 0, 0
    (width, alike), *_ = Counter(map(len, rows)).most_common()
    fields = [field for row in rows for field in row]
    numbers = sum(1 for f in fields if is_number(f) or has_decimal_comma(f))
    return (alike, numbers / len(fields)) if width > 1 else (0, 0)


def _rows(path, lines, skipped, delimiter):
    """(line, fields) of each row, of one length all."""
    reader = csv.reader(lines[skipped:], delimiter=delimiter, skipinitialspace=True, strict=True)
    rows, line = [], skipped + 1
    try:
        for fields in reader:
            if len(fields) < 2 and not "".join(fields).strip():
                raise CSVError(path, line, 1, "an empty line between rows", "delete it")
            rows.append((line, fields))
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        text = "".join(lines[line - 1 : skipped + reader.line_num])
        column, field = _badly_quoted(text, delimiter)
        fact, remedy = f"{field!r:.40}: {error}", "is a quote missing or one too many?"
        raise CSVError(path, line, column, fact, remedy) from None
    _check_lengths(path, rows)
    return rows


def _badly_quoted(text, delimiter):
    """The column and text of the first field that csv could not read."""
    field = re.compile(r'(?: *"(?:[^"]|"")*"|(?! *")[^@]*)@'.replace("@", re.escape(delimiter)))
    column, start, longest = 1, 0, csv.field_size_limit() + 1
    while (match := field.match(text, start)) and match.end() - start <= longest:
        column, start = column + 1, match.end()
    return column, text[start:]


def _check_lengths(path, rows):
    """Each row has as many fields as most have; CSVError at the first that has not."""
    n = Counter(len(fields) for _, fields in rows).most_common(1)[0][0]  # of equals the first
    usual = next(line for line, fields in rows if len(fields) == n)
    for line, fields in rows:
        if len(fields) != n:
            found = f"{len(fields)} field{'s' * (len(fields) > 1)}, {fields!r:.60}"
            fact = f"{found}, where line {usual} has {n}"
            raise CSVError(path, line, min(len(fields), n) + 1, fact, "mend or delete the row")
