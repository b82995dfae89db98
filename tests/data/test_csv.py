"""load_csv: what it reads, and the place and the words of its complaint about what it refuses."""

import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_opt.data import load_csv

GZIP = gzip.compress(b"1,2\n", mtime=0)
quick = settings(deadline=None, max_examples=60)


@pytest.fixture
def write(tmp_path):
    """Writes text or bytes to a file and gives its path."""

    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def lists(dataset):
    x, y = dataset.tensors
    return x.tolist(), y.tolist()


# ---- what it reads

TABLE = [[1.0, 2.0], [4.0, 5.0]], [3.0, 6.0]


@pytest.mark.parametrize(
    ("content", "kwargs"),
    [
        ("1,2,3\n4,5,6\n", {}),
        ("1,2,3\n4,5,6", {}),
        ("1,2,3\r\n4,5,6\r\n\r\n \n", {}),
        ("1,2,3\r4,5,6\r", {}),
        ("\ufeff1,2,3\n4,5,6\n", {}),
        ("a,b,c\n1,2,3\n4,5,6\n", {}),
        ("150,setosa,lily\n1,2,3\n4,5,6\n", {}),
        ("größe,b,c\n1,2,3\n4,5,6\n", {}),
        ("\ufeffc,a,b\n3,1,2\n6,4,5\n", {"target": "c"}),
        (" a, c ,b\n1,3,2\n4,6,5\n", {"target": "c"}),
        ("2010,2011,2012\n1,2,3\n4,5,6\n", {"header": True}),
        ("nan,2,3\n1,2,3\n4,5,6\n", {"header": True}),
        ("1,2,3\n4,5,6\n", {"header": False}),
        ("1,3,2\n4,6,5\n", {"target": 1}),
        ("3,1,2\n6,4,5\n", {"target": -3}),
        ("1;2;3\n4;5;6\n", {"delimiter": ";"}),
        ("1\t2\t3\n4\t5\t6\n", {"delimiter": "\t"}),
        ("1^2^3\n4^5^6\n", {"delimiter": "^"}),
        ('"1","2","3"\n"4","5","6"\n', {}),
        (" 1 ,+2.,\t3e0\n.4e1,5,600E-2\n", {}),
        (gzip.compress(b"1,2,3\n4,5,6\n", mtime=0), {}),
    ],
)
def test_a_table_is_read_in_all_its_spellings(write, content, kwargs):
    assert lists(load_csv(write(content), classes=False, **kwargs)) == TABLE


def test_the_path_may_be_a_string_and_the_file_gzipped(write):
    path = write(gzip.compress("x,y\n-1.5,2e-3\n".encode("utf-8-sig")), "table.csv.gz")
    assert lists(load_csv(str(path))) == ([[-1.5]], [0.002])


FLOWERS = "6,4,virginica\n5,1,setosa\n6,5, virginica \n"


@pytest.mark.parametrize(
    ("content", "kwargs"),
    [
        (FLOWERS, {}),
        ("a,b,c\n" + FLOWERS, {}),
        ("a,b,c\n" + FLOWERS, {"target": "c"}),
        ("1,2,c\n" + FLOWERS, {"target": "c"}),
        ("1,2,c\n" + FLOWERS, {"header": True}),
        ("1,2,3\n" + FLOWERS, {"header": True}),
        (FLOWERS, {"header": False, "target": 2}),
        ("virginica,6,4\nsetosa,5,1\nvirginica,6,5\n", {"target": -3}),
    ],
)
def test_words_as_labels_are_numbered_in_alphabetical_order(write, content, kwargs):
    flowers = load_csv(write(content), **kwargs)
    assert lists(flowers) == ([[6.0, 4.0], [5.0, 1.0], [6.0, 5.0]], [1.0, 0.0, 1.0])
    assert flowers.classes == ("setosa", "virginica")


@quick
@given(
    rows=st.integers(2, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=n, max_size=n),
            min_size=1, max_size=6,
        )
    ),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    packed=st.booleans(),
    data=st.data(),
)  # fmt: skip
def test_what_csv_writes_comes_back_to_the_bit(
    tmp_path_factory, rows, delimiter, quoting, ending, header, encoding, packed, data
):
    n = len(rows[0])
    target = data.draw(st.integers(-n, n - 1))
    names = [f"größe, {i}" for i in range(n)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerows([names] * header + rows)
    content = text.getvalue().encode(encoding)
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(gzip.compress(content) if packed else content)

    for which in (target, names[target]) if header else (target,):
        x, y = load_csv(
            path, which, delimiter=delimiter if delimiter == "|" else None, classes=False
        ).tensors
        features = [[v for i, v in enumerate(row) if i != target % n] for row in rows]
        assert list(map(repr, y.tolist())) == [repr(row[target]) for row in rows]
        assert repr(x.tolist()) == repr(features)  # −0.0 too


# ---- what it refuses

RAGGED = "mend or delete the row"
LONG = "1" * 140_000

MALFORMED = [
    # name                       content                           kwargs  line:column, words
    ("an empty file", "", {}, "1:1", "the file is empty; expected rows"),
    ("blank lines alone", "\n\r\n  \n", {}, "1:1", "the file is empty"),
    ("a byte order mark alone", b"\xef\xbb\xbf", {}, "1:1", "the file is empty"),
    ("a header alone", "a,b\n\n", {}, "1:1", "only a header, ['a', 'b']"),
    ("a forced header alone", "1,2\n", {"header": True}, "1:1", "only a header"),
    ("UTF-16 with a mark", "1,2\n".encode("utf-16"), {}, "1:1", "UTF-16"),
    ("UTF-16 of the other end", b"\xfe\xff\x00\x31", {}, "1:1", "UTF-16"),
    ("UTF-16 without a mark", "1,2\n".encode("utf-16-le"), {}, "1:1", "save the file as CSV"),
    ("a NUL further down", b"1,2\n3,4\x00\n", {}, "2:2", "no text"),
    ("a NUL after a mark", '\ufeff"a,b",c\0', {}, "1:2", "no text"),
    ("Latin-1", b"1,2,3\n4,5,\xe9\n", {}, "2:3", "byte 0xe9 is not UTF-8"),
    ("Latin-1 after a mark", b"\xef\xbb\xbf1,2\n3,\xe9\n", {}, "2:2", "byte 0xe9"),
    ("Latin-1 after old line ends", b"1,2\r3,4\r5,6\xff\r", {}, "3:2", "byte 0xff"),
    ("Latin-1 after a quoted comma", b'"a,b",c,gr\xf6\xdfe\n1,2,3\n', {}, "1:3", "byte 0xf6"),
    ("a picture", b"\x89PNG\r\n\x1a\n", {}, "1:1", "byte 0x89 is not UTF-8"),
    ("a gzip cut short", GZIP[:-6], {}, "1:1", "broken gzip"),
    ("a gzip spoilt", GZIP[:10] + b"\xff" * 9, {}, "1:1", "broken gzip"),
    ("a gzip of a wrong sum", GZIP[:-8] + b"\0" * 8, {}, "1:1", "CRC"),
    ("NaN", "1,2\n3,nan\n", {}, "2:2", "'nan' is not a finite number"),
    ("NaN in the first line", "nan,2\n3,4\n", {}, "1:1", "pass header=True"),
    ("missing in the first line", "1,2,NA\n3,4,5\n", {}, "1:3", "'NA' is not a finite number"),
    ("minus infinity", "1,2\n-inf,3\n", {}, "2:1", "'-inf' is not a finite number"),
    ("Infinity", "1,2\n3,4\n5,Infinity\n", {}, "3:2", "mend it or delete the row"),
    ("a number too large", "1,2\n1e999,3\n", {}, "2:1", "too large for a float"),
    ("minus too large", "1,2\n3,-1e999\n", {}, "2:2", "'-1e999' is too large"),
    ("an underscore", "1,1_000\n", {}, "1:2", "'1_000' is not a finite number"),
    ("Arabic digits", "1,2\n\u0661,3\n", {}, "2:1", "'\u0661' is not a finite number"),
    ("wide digits", "1,\uff12\n", {}, "1:2", "is not a finite number"),
    ("a no-break space", "1,2\n3,\xa04\n", {}, "2:2", "'\\xa04'"),
    ("a hexadecimal number", "1,2\n0x10,3\n", {}, "2:1", "'0x10'"),
    ("two points", "1,2\n1.2.3,4\n", {}, "2:1", "'1.2.3'"),
    ("a lone exponent", "1,2\n3,e5\n", {}, "2:2", "'e5'"),
    ("a point alone", "1,2\n3,.\n", {}, "2:2", "'.'"),
    ("a sign alone", "1,2\n-,3\n", {}, "2:1", "'-'"),
    ("a word", "a,b\n1,2\n3,rose\n", {}, "3:2", "'rose' is a word, but not every label is"),
    ("a number among words", "1,2,rose\n3,4,0\n5,6,rose\n", {"header": False}, "2:3", "'0' is"),
    ("a word among numbers", "1,2,0\n3,4,rose\n", {}, "2:3", "all words or all numbers"),
    ("a slip among numbers", "1,2,0\n3,4,1x\n", {}, "2:3", "'1x' is a word, but not every"),
    ("NaN among words", "a,b\n1,rose\n2,nan\n", {}, "3:2", "'nan' is not a finite number"),
    ("a gap among words", "1,rose\n2,\n", {}, "2:2", "'' is an empty field"),
    ("a word as a feature", "1,rose\nx,lily\n", {}, "2:1", "'x' is not a finite number"),
    ("a short row among words", "1,2,rose\n3,4\n", {}, "2:3", "2 fields"),
    ("a second header", "a,b\n1,2\na,b\n", {}, "3:1", "'a'"),
    ("a header denied", "a,b\n1,2\n", {"header": False}, "1:1", "pass header=True"),
    ("a long word", "1,2\n3," + "x" * 999 + "\n", {}, "2:2", "x" * 30),
    ("a comma among points", '1.5;2\n"3,5";4\n', {}, "2:1", "'1.5' in line 1 a point; write all"),
    ("thousands or decimals", "1,234;2\n3,456;4\n", {}, "1:1", "can be 1.234 or 1234; write it"),
    ("many thousands", "1;2\n1,234,567;4\n", {}, "2:1", "'1,234,567' is not a finite number"),
    ("two delimiters", "1,5;rose\n2,3;lily\n", {}, "1:1", "pass delimiter=',' or delimiter=';'"),
    ("an empty field", "1,2,3\n4,,6\n", {}, "2:2", "'' is an empty field; fill it in"),
    ("a field of spaces", "1,2\n3,  \n", {}, "2:2", "'' is an empty field"),
    ("an empty field at the end", "1,2,\n", {}, "1:3", "is an empty field"),
    ("an empty line within", "1,2\n\n3,4\n", {}, "2:1", "an empty line between rows; delete it"),
    ("an empty line first", "\n1,2\n", {}, "1:1", "an empty line"),
    ("a short row", "1,2,3\n4,5\n", {}, "2:3", "2 fields, ['4', '5'], where line 1 has 3"),
    ("a long row", "1,2\n3,4,5\n", {}, "2:3", RAGGED),
    ("a short header", "a,b\n1,2,3\n", {}, "2:3", "3 fields"),
    ("an unclosed quote", '1,2\n3,"4\n5,6\n', {}, "2:2", "unexpected end of data"),
    ("text after a quote", '1,2,3\n"4","5"x,6\n7,8,9', {}, "2:2", "'\"5\"x,6\\n': ',' expected"),
    ("after a doubled quote", '1,2\n"4""5","6"x\n', {}, "2:2", "a quote missing or one too many"),
    ("an odd delimiter", '1|2|3\n4|"5|6\n', {"delimiter": "|"}, "2:2", "unexpected end of data"),
    ("a quote within", '1,2\n3,4"5\n', {}, "2:2", "'4\"5'"),
    ("a line end in a field", '1,2\r\n3,"4\r\n"\r\n5,6\r\n', {}, "2:2", "'4\\r\\n'"),
    ("after a line end in a field", '"a\nb",c\n1,2\n3,x\n', {}, "4:2", "'x'"),
    ("a field beyond csv's limit", f"1,2,3\n4,{LONG},6\n", {}, "2:2", "field larger than"),
    ("one column", "1\n2\n", {}, "1:1", "leaves no features; is the delimiter ',' right?"),
    ("the wrong delimiter", "a;b\n1;2\n", {"delimiter": ","}, "1:1", "'a;b', leaves no features"),
    ("a target too far", "1,2\n", {"target": 2}, "1:1", "target 2 is not one of 2 columns, -2 … 1"),
    ("a target too far back", "1,2\n", {"target": -3}, "1:1", "target -3"),
    ("a target not in the header", "a,b\n1,2\n", {"target": "c"}, "1:1", "names 0 columns of"),
    ("a target there twice", "a,b,a\n1,2,3\n", {"target": "a"}, "1:1", "names 2 columns of"),
    ("a target by name, no header", "1,2\n", {"target": "a"}, "1:1", "no header to find target"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kwargs", "place", "words"),
    [pytest.param(*case[1:], id=case[0]) for case in MALFORMED],
)
def test_a_malformed_file_is_refused_in_one_line_with_its_place(
    write, content, kwargs, place, words
):
    path = write(content)
    with pytest.raises(ValueError) as caught:
        load_csv(path, **kwargs)
    message = str(caught.value)
    assert message.startswith(f"{path}:{place}: ")
    assert words in message
    assert len(message.splitlines()) == 1 and len(message) < len(str(path)) + 260


def test_lines_are_counted_in_old_and_new_endings(write):
    for ending in ("\n", "\r\n", "\r"):
        path = write(ending.join(["a,b", "1,2", "3,x"]))
        with pytest.raises(ValueError, match="table.csv:3:2: 'x'"):
            load_csv(path)


def test_a_hopeless_number_of_many_digits_is_refused_at_once(write):
    with pytest.raises(ValueError, match="table.csv:1:2: '1111"):
        load_csv(write("1," + "1" * 100_000 + "x,0\n"))


def test_a_file_that_cannot_be_read_is_an_os_error_with_its_path(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        load_csv(tmp_path / "nowhere.csv")
    with pytest.raises(OSError, match=tmp_path.name):
        load_csv(tmp_path)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"target": 1.0}, TypeError, "target must be a column's number or name, got 1.0"),
        ({"target": True}, TypeError, "target"),
        ({"target": [1]}, TypeError, "target"),
        ({"delimiter": ""}, ValueError, "delimiter '' must be one character"),
        ({"delimiter": ", "}, ValueError, "delimiter"),
        ({"delimiter": "."}, ValueError, "no part of a number"),
        ({"delimiter": "e"}, ValueError, "delimiter"),
        ({"delimiter": "\n"}, ValueError, "delimiter"),
        ({"delimiter": '"'}, ValueError, "delimiter"),
        ({"delimiter": "\0"}, ValueError, "delimiter"),
        ({"delimiter": 1}, TypeError, "delimiter"),
        ({"classes": 2}, TypeError, "classes must be True or False"),
        ({"header": 0}, TypeError, "header must be True or False, got 0"),
        ({"header": "yes"}, TypeError, "header"),
    ],
)
def test_bad_arguments_are_refused(write, kwargs, error, message):
    with pytest.raises(error, match=message):
        load_csv(write("1,2\n"), **kwargs)


@pytest.mark.parametrize("path", [None, 0, b"table.csv", ["table.csv"]])
def test_a_path_is_a_string_or_a_path(path):
    with pytest.raises(TypeError):
        load_csv(path)
