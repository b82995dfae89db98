"""Small files as people have them, each with the classes, the counts and the first row it gives."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_opt.data import load_csv

IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"
IRIS_ROW, SPECIES = [5.1, 3.5, 1.4, 0.2], ("Iris-setosa", "Iris-versicolor")
WINE = "1,14.23,1065\n1,13.2,1050\n2,12.37,520\n2,12.33,680\n3,12.86,630\n3,12.88,530\n"
QUALITY = '"fixed acidity";"pH";"quality"\n7.4;3.51;5\n7.8;3.2;5\n11.2;3.16;6\n'
ADULT = "39, 77516, 13, <=50K\n50, 83311, 13, <=50K\n52, 209642, 9, >50K\n"
PANDAS = "0,1,2,target\n5.1,3.5,1.4,0\n4.9,3.0,1.4,0\n7.0,3.2,4.7,1\n"
INDEXED = ",length,width,species\n0,5.1,3.5,a\n1,4.9,3.0,a\n2,7.0,3.2,b\n"
SHUFFLED = ",length,species\n17,5.1,a\n3,4.9,a\n99,7.0,b\n"
GERMAN = "1,5;2,3\n0,25;2\n1;4\n"
POINTS = "x,y,label\n1,2,a\n3,4,b\n"
XY = ("a", "b"), [0, 1], [1.0, 2.0]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MANY = [str(i) for i in range(21)]

FILES = [
    # name                      content            arguments   classes, y, the first row of X
    ("iris of UCI", IRIS + "\n", {}, (SPECIES, [0, 0, 1], IRIS_ROW)),
    ("iris of scikit-learn", "3,2,setosa,virginica\n1,2,5,0\n3,4,5,1\n5,6,5,1\n", {},
        (("0", "1"), [0, 1, 1], [1, 2, 5])),
    ("wine, the label named", WINE, {"target": 0},
        (("1", "2", "3"), [0, 0, 1, 1, 2, 2], [14.23, 1065])),
    ("wine quality", QUALITY, {}, (("5", "6"), [0, 0, 1], [7.4, 3.51])),
    ("adult", ADULT, {}, (("<=50K", ">50K"), [0, 0, 1], [39, 77516, 13])),
    ("pandas without names", PANDAS, {}, (("0", "1"), [0, 0, 1], [5.1, 3.5, 1.4])),
    ("the same with words", PANDAS.replace(",0\n", ",a\n").replace("7,1\n", "7,b\n")
        + "7,7,7,b\n", {}, (("a", "b"), [0, 0, 1, 1], [5.1, 3.5, 1.4])),
    ("pandas with its index", INDEXED, {}, (("a", "b"), [0, 0, 1], [5.1, 3.5])),
    ("pandas after a shuffle", SHUFFLED, {}, (("a", "b"), [0, 0, 1], [5.1])),
    ("pandas, index and numbers", ",0,1,2\n0,5.1,3.5,0\n1,4.9,3.0,0\n2,7,3.2,1\n", {},
        (("0", "1"), [0, 0, 1], [5.1, 3.5])),
    ("the target of an index", INDEXED, {"target": 3}, (("a", "b"), [0, 0, 1], [5.1, 3.5])),
    ("German Excel", GERMAN, {"classes": False}, (None, [2.3, 2, 4], [1.5])),
    ("German with a class", "Länge;Breite;Art\r\n1,5;2,25;Rose\r\n0,5;3,5;Lilie\r\n", {},
        (("Lilie", "Rose"), [1, 0], [1.5, 2.25])),
    ("German of three decimals", "0,125;1\n1,234;2\n", {}, (("1", "2"), [0, 1], [0.125])),
    ("quoted decimal commas", '"1,5","2,5",a\n"0,5",3,b\n', {}, (*XY[:2], [1.5, 2.5])),
    ("tabs", POINTS.replace(",", "\t"), {}, XY),
    ("tabs and decimal commas", "1,5\t2\ta\n3\t4,5\tb\n", {}, (*XY[:2], [1.5, 2])),
    ("a byte order mark", "\ufeff" + POINTS, {}, XY),
    ("Excel's line sep=", "sep=;\r\n" + POINTS.replace(",", ";"), {}, XY),
    ("a mark and sep=", '\ufeffSEP=\t\r\n' + POINTS.replace(",", "\t"), {}, XY),
    ("sep= of an odd one", "sep=|\n" + POINTS.replace(",", "|"), {}, XY),
    ("line ends of Windows", POINTS.replace("\n", "\r\n") + "\r\n", {}, XY),
    ("line ends of old Macs", POINTS.replace("\n", "\r"), {}, XY),
    ("a comma in quotes", '"x, left",y,label\n1,2,"a, or so"\n3,4,b\n', {},
        (("a, or so", "b"), [0, 1], [1, 2])),
    ("a line end in quotes", '"x\n(cm)",y,label\n1,2,"a"\n3,4,b\n', {}, XY),
    ("a quote in quotes", 'x,y,label\n1,2,"5"" a"\n3,4,b\n', {}, (('5" a', "b"), [0, 1], [1, 2])),
    ("quotes after spaces", 'x, y, label\n1, 2, "a, b"\n3, 4, "c"\n', {},
        (("a, b", "c"), [0, 1], [1, 2])),
    ("exponents", "1e3,-2.5E-2,a\n+1.,.5,b\n", {}, (*XY[:2], [1000, -0.025])),
    ("labels -1 and 1", "1,2,-1\n3,4,1\n5,6,-1\n", {}, (("-1", "1"), [0, 1, 0], [1, 2])),
    ("labels +1 and -1", "1,2,+1\n3,4,-1\n5,6,+1\n", {}, (("-1", "+1"), [1, 0, 1], [1, 2])),
    ("labels 3 … 8", "1,2,8\n3,4,3\n5,6,5\n", {}, (("3", "5", "8"), [2, 0, 1], [1, 2])),
    ("labels 9 and 10", "1,2,10\n3,4,9\n5,6,10\n", {}, (("9", "10"), [1, 0, 1], [1, 2])),
    ("labels 1.0 and 2.0", "1,2,2.0\n3,4,1.0\n", {}, (("1.0", "2.0"), [1, 0], [1, 2])),
    ("labels 1 and 1.0", "1,2,1\n3,4,2\n5,6,1.0\n", {}, (("1", "2"), [0, 1, 0], [1, 2])),
    ("labels 1st and 2nd", "1,2,2nd\n3,4,1st\n5,6,2nd\n", {},
        (("1st", "2nd"), [1, 0, 1], [1, 2])),
    ("labels + and -", "1,2,+\n3,4,-\n", {}, (("+", "-"), [0, 1], [1, 2])),
    ("labels 0-17 and 18+", "1,2,18+\n3,4,0-17\n5,6,18+\n", {},
        (("0-17", "18+"), [1, 0, 1], [1, 2])),
    ("labels None and Stone", "1,2,Stone\n3,4,None\n5,6,Stone\n", {},
        (("None", "Stone"), [1, 0, 1], [1, 2])),
    ("labels in single quotes", "1,2,'50-59'\n3,4,'40-49'\n", {},
        (("'40-49'", "'50-59'"), [1, 0], [1, 2])),
    ("labels True and False", "1,2,True\n3,4,False\n5,6,True\n", {},
        (("False", "True"), [1, 0, 1], [1, 2])),
    ("labels that are dates", "1,2,2024-01-31\n3,4,2023-12-31\n", {},
        (("2023-12-31", "2024-01-31"), [1, 0], [1, 2])),
    ("a header like a number's", "1stFlrSF,2ndFlrSF,label\n856,854,a\n1262,0,b\n", {},
        (*XY[:2], [856, 854])),
    ("names there twice", POINTS.replace("x,y", "x,x"), {}, XY),
    ("a name left out", POINTS.replace("x,y", "x,"), {}, XY),
    ("years and names", "area,2010,2011,label\n" + "1,2,3,a\n4,5,6,b\n" * 2, {},
        (("a", "b"), [0, 1, 0, 1], [1, 2, 3])),
    ("a target of floats", "x,y\n1.5,2.25\n2.5,3.75\n", {}, (None, [2.25, 3.75], [1.5])),
    ("floats as classes", "x,y\n1.5,2.5\n2.5,0.5\n1,2.5\n", {"classes": True},
        (("0.5", "2.5"), [1, 0, 1], [1.5])),
    ("20 whole numbers", "".join(f"{i}.5,{i}\n" for i in range(20)), {},
        (tuple(MANY[:20]), list(range(20)), [0.5])),
    ("21 whole numbers", "".join(f"{i}.5,{i}\n" for i in range(21)), {},
        (None, list(range(21)), [0.5])),
    ("21 whole classes", "".join(f"{i}.5,{i}\n" for i in range(21)), {"classes": True},
        (tuple(MANY), list(range(21)), [0.5])),
    ("21 in 105 rows", "".join(f"{i}.5,{i % 21}\n" for i in range(105)), {},
        (tuple(MANY), [i % 21 for i in range(105)], [0.5])),
    ("whole numbers as they are", "1.5,3\n2.5,8\n", {"classes": False}, (None, [3, 8], [1.5])),
    ("numbers and words as told", "1.5,3\n2.5,3+\n", {"classes": True},
        (("3", "3+"), [0, 1], [1.5])),
    ("Titanic, complete", "Survived,Pclass,Age,Fare\n0,3,22,7.25\n1,1,38,71.2833\n0,3,35,8.05\n"
        "0,3,4,21.075\n", {"target": "Survived"},
        (("0", "1"), [0, 1, 0, 0], [3, 22, 7.25])),
    ("a semicolon in a label", "1,2,a;b\n3,4,a;c\n", {}, (("a;b", "a;c"), [0, 1], [1, 2])),
    ("blanks around", " x , y , label \n 1 ,\t2, a \n3 , 4 ,b\n", {}, XY),
    ("a header denied", "2010,2011,2012\n1,2,3\n", {"header": False},
        (("3", "2012"), [1, 0], [2010, 2011])),
    ("a gzip", gzip.compress(POINTS.encode(), mtime=0), {}, XY),
    ("spaces as told", "1  2 a\n3  4 b\n", {"delimiter": " "}, XY),
    ("the first of its kind", "5.1,3.5,rose\n" + "1,2,a\n3,4,b\n" * 2, {},
        (("a", "b", "rose"), [2, 0, 1, 0, 1], [5.1, 3.5])),
    ("no name and no index", ",y,label\n1,2,a\n1,4,b\n", {}, XY),
    ("a constant first", "5,1.5\n5,2.5\n5,3.5\n5,4.5\n", {}, (None, [1.5, 2.5, 3.5, 4.5], [5])),
    ("blanks around labels", "1 , 2 , 3 \n3,4, 5 \n", {}, (("3", "5"), [0, 1], [1, 2])),
    ("a word for each row, as told", "".join(f"{i}.5,{c}\n" for i, c in enumerate(LETTERS)),
        {"classes": True}, (tuple(LETTERS), list(range(26)), [0.5])),
]  # fmt: skip


@pytest.fixture(params=["table.csv", "table.data", "table"])
def path(request, tmp_path):
    return tmp_path / request.param


@pytest.mark.parametrize(
    ("content", "arguments", "expected"), [pytest.param(*case[1:], id=case[0]) for case in FILES]
)
def test_a_file_gives_its_classes_its_labels_and_its_rows(content, arguments, expected, path):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset = load_csv(path, **arguments)
    x, y = dataset.tensors
    assert (dataset.classes, y.tolist(), x.tolist()[0]) == expected
    assert x.shape == (len(expected[1]), len(expected[2]))


# ---- what is refused: the line and the column, the fact, and a remedy that exists

TITANIC = "Survived,Name,Age\n0,Braund,22\n1,Cumings,38\n0,Heikkinen,26\n"

DOUBTS = [
    # name                  content                        arguments  line:column, words
    ("a slip or a header", "5.1,3.5,setosa\n4.9,3.0,0\n7.0,3.2,1\n", {}, "1:3",
        "pass header=True if it is a header, header=False if it is a row"),
    ("the same as a row", "5.1,3.5,setosa\n4.9,3.0,0\n7.0,3.2,1\n", {"header": False}, "1:3",
        "'setosa' is a word, but not every label is"),
    ("a slip in a feature", "x,3.5,1\n4.9,3.0,0\n", {}, "1:1", "header=True"),
    ("two slips", "x,y,3,1\n1,2,3,0\n4,5,6,1\n", {}, "1:1", "header=True"),
    ("two slips among decimals", "5.1,x,setosa\n4.9,3,0\n5,3,1\n", {}, "1:2", "header=True"),
    ("words in two columns", "x,y,z\na,b,1\nc,d,2\n", {}, "2:1", "write numbers or delete the"),
    ("a header of years", "2010,2011,label\n1,2,a\n3,4,a\n5,6,b\n7,8,b\n", {}, "1:3", "header"),
    ("numbers above words", "1,2,3\n4,5,a\n6,7,b\n", {}, "1:3", "header=False"),
    ("a count of two columns", "0,1\n5.1,0\n4.9,1\n", {}, "1:1", "header=True"),
    ("years alone", "2010,2011,2012\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", {}, "1:3", "header=True"),
    ("a count of the columns", "0,1,2,3\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n", {}, "1:1", "header=True"),
    ("the label first", WINE, {}, "1:1", "pass target=0 or target=-1"),
    ("the label first, in words", "a,1,2\nb,3,4\na,5,6\n", {}, "1:1", "pass target=0 if these"),
    ("the label in between", "x,y,z\n1,a,2\n3,b,4\n", {}, "2:2", "pass target=1 if these"),
    ("a name in each row", TITANIC, {"target": "Survived"}, "2:2", "delete the column"),
    ("dates as a feature", "day,y\n2024-01-31,1\n2024-02-29,0\n", {"target": "y"}, "2:1", "words"),
    ("words alone", "rose,red\nlily,white\n", {}, "1:1", "write numbers or delete the column"),
    ("a missing age", "Age,Fare,Survived\n22,7.25,0\n,71.28,1\n", {}, "3:1", "is an empty field"),
    ("NA as an age", "Age,Survived\n22,0\nNA,1\n", {}, "3:1", "'NA' is not a finite number"),
    ("? as a label", "1,0\n2,?\n3,1\n", {}, "2:2", "'?' is not a finite number"),
    ("an empty label", "1,a\n2,\n3,b\n", {}, "2:2", "'' is an empty field"),
    ("an empty number", "1,0\n2,1\n3, \n", {}, "3:2", "'' is an empty field"),
    ("nan as a label", "1,nan\n2,nan\n", {}, "1:2", "'nan' is not a finite number"),
    ("1_000 as a label", "1,1_000\n2,1\n", {}, "1:2", "'1_000' is not a finite number"),
    ("Arabic digits as a label", "1,١\n2,١\n", {}, "1:2", "'١' is not a finite number"),
    ("a label too large", "1,1e999\n2,1\n", {}, "1:2", "'1e999' is too large for a float"),
    ("words and no classes", "1,a\n2,b\n", {"classes": False}, "1:2", "leave out classes=False"),
    ("a word for each row", "".join(f"{i},w{i}\n" for i in range(21)), {}, "1:2",
        "21 different words in 21 rows are no classes; pass target=N"),
    ("an index as the target", INDEXED, {"target": 0}, "1:1", "is no target"),
    ("short rows, one semicolon", "1,2,3\n4,5\n6,7,8\n1,2\n3;4,5,6\n", {}, "2:3", "has 3; mend or"),
    ("a title above", "Flowers\nx,y,label\n1,2,a\n3,4,b\n", {}, "1:2", "where line 2 has 3"),
    ("R's row names", "x,y\n1,5,a\n2,6,b\n", {}, "1:3", "2 fields"),
    ("pipes", "1|2|a\n3|4|b\n", {}, "1:1", "pass delimiter='|'"),
    ("a line of blanks", "1,2\n \n3,4\n", {}, "2:1", "an empty line"),
    ("after sep=", "sep=;\n1;2\n3;x;4\n", {}, "3:3", "3 fields"),
    ("sep= alone", "sep=;\n", {}, "1:1", "the file is empty"),
    ("UTF-16 of Excel", "1\t2\n".encode("utf-16"), {}, "1:1", "save the file as CSV in UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "arguments", "where", "words"),
    [pytest.param(*case[1:], id=case[0]) for case in DOUBTS],
)
def test_a_doubt_or_a_fault_names_line_column_and_remedy(
    content, arguments, where, words, tmp_path
):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as caught:
        load_csv(path, **arguments)
    message = str(caught.value)
    assert message.startswith(f"{path}:{where}: ") and words in message
    assert "{" not in message and len(message.splitlines()) == 1


def test_every_remedy_that_an_error_offers_settles_it(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(PANDAS.replace("target", "3"))
    with pytest.raises(ValueError, match="header=True .* header=False"):
        load_csv(path)
    assert (len(load_csv(path, header=True)), len(load_csv(path, header=False))) == (3, 4)
    path.write_text(WINE)
    assert load_csv(path, target=0).classes == ("1", "2", "3")
    assert len(load_csv(path, target=-1).classes) == 6
    assert load_csv(path, classes=False).tensors[1].tolist()[0] == 1065.0
    path.write_text("".join(f"{i % 2},{i},{i}.5\n" for i in range(9)))
    with pytest.raises(ValueError, match="pass target=0 if it is the target; pass classes=False"):
        load_csv(path)
    assert load_csv(path, target=0).classes == ("0", "1")
    assert load_csv(path, classes=False).classes is None
    path.write_text("1,2\n3,3+\n")
    with pytest.raises(ValueError, match="all numbers; pass classes=True if all are classes"):
        load_csv(path, header=False)
    assert load_csv(path, header=False, classes=True).classes == ("2", "3+")
    path.write_text("1,5;rose\n2,3;lily\n")
    assert load_csv(path, delimiter=";").classes == ("lily", "rose")
    assert load_csv(path, delimiter=",").classes == ("3;lily", "5;rose")


HEADERS = {
    "none": lambda n: [],
    "names": lambda n: [*(f"x{i}" for i in range(n)), "label"],
    "numbers": lambda n: list(map(str, range(n + 1))),
    "numbers and a name": lambda n: [*map(str, range(n)), "label"],
    "years and a name": lambda n: [*(str(2010 + i) for i in range(n)), "label"],
}


@settings(deadline=None, max_examples=300)
@given(
    numbers=st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.one_of(st.integers(0, 9), st.decimals(-9, 9, places=1)),
                min_size=n, max_size=n),
            min_size=4, max_size=8,
        )
    ),
    header=st.sampled_from(sorted(HEADERS)),
    kinds=st.sampled_from([["a", "b"], ["1", "2"], ["-1", "1"], ["0-17", "18+"], ["<=5", ">5"]]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    german=st.booleans(),
)  # fmt: skip
def test_a_table_is_read_as_it_was_meant_or_a_doubt_is_an_error(
    tmp_path_factory, numbers, header, kinds, delimiter, german
):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    rows = [[*map(str, row), kinds[i % 2]] for i, row in enumerate(numbers)]
    if german and delimiter != ",":
        rows = [[field.replace(".", ",") for field in row] for row in rows]
    lines = [HEADERS[header](len(numbers[0])), *rows]
    path.write_text("".join(delimiter.join(line) + "\n" for line in lines if line))
    try:
        dataset = load_csv(path)
    except ValueError as error:
        assert "; pass " in str(error)
        return
    assert dataset.classes == tuple(kinds)
    assert dataset.tensors[1].tolist() == [float(i % 2) for i in range(len(rows))]
    assert dataset.tensors[0].tolist() == [list(map(float, row)) for row in numbers]


def test_a_table_with_names_and_words_as_labels_is_never_asked_about(tmp_path):
    path = tmp_path / "table.csv"
    for delimiter in ",;\t":
        for labels in ("ab", ["1", "2"], "+-"):
            rows = [delimiter.join((f"{i}", f"{i * i}.5", labels[i % 2])) for i in range(8)]
            path.write_text("\n".join([delimiter.join(("x", "y", "label")), *rows]))
            assert load_csv(path).classes == tuple(labels)
