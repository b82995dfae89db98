"""The source can be read from one end to the other: each file names the next, and none is left out.

A note is `Read next:` and a file in backticks, by its path from the package on: `engine/ops.py`, or
`engine/` for the room, whose __init__.py opens the chapter. README's table says in which order the
rooms are entered. The files within compiler/ have an order of their own.
"""

import ast
import re
from itertools import groupby, pairwise

import pytest

from sources import PACKAGE, ROOT, parsed

FIRST, LAST_ROOM, UNORDERED = "array/", "cli", "compiler/"
NOTE = re.compile(r"\bRead (?:next|first|in this order):?\s+`([^`]+)`")


def docstring(path):
    return ast.get_docstring(parsed(path)) or ""


def stations(package):
    """{name in a note: file}, of all files that are to be read."""
    files = {path.relative_to(package).as_posix(): path for path in sorted(package.rglob("*.py"))}
    named = {name.removesuffix("__init__.py"): path for name, path in files.items() if "/" in name}
    return {x: path for x, path in named.items() if x == UNORDERED or not x.startswith(UNORDERED)}


def walked(notes):
    """The stations from the first on, until one has no next, or the next was there before."""
    chain = [FIRST]
    while notes.get(chain[-1]) and chain[-1] not in chain[:-1]:
        chain.append(notes[chain[-1]][0])
    return chain


def room(station):
    return station.split("/")[0]


def faults(package, rooms):
    """What is wrong with the notes of a package whose rooms are to be read in that order."""
    notes = {name: NOTE.findall(docstring(path)) for name, path in stations(package).items()}
    chain = walked(notes)
    namers = {}
    for name, named in notes.items():
        if len(named) != 1 and (named or room(name) != LAST_ROOM):
            yield f"{name} has {len(named)} notes, not one: {named}"
        for station in named:
            namers.setdefault(station, []).append(name)
    for station, names in namers.items():
        if station not in notes:
            yield f"{station}, the next after {' and '.join(names)}, is no file to be read"
        elif len(names) > 1:
            yield f"{station} is named by {' and '.join(names)}"
    if chain[-1] in chain[:-1]:
        yield f"from {chain[-2]} the notes lead back to {chain[-1]}"
    elif room(chain[-1]) != LAST_ROOM:
        yield f"the notes end at {chain[-1]}, not in {LAST_ROOM}/"
    missed = [name for name in notes if name not in chain]
    if missed:
        yield f"no way leads from {FIRST} to {', '.join(missed)}"
    entered = [name for name, _ in groupby(map(room, chain))]
    if entered != rooms:
        yield f"the rooms are entered in the order {entered}, and README has {rooms}"


def rooms_of_readme(text):
    """The rooms that README's table of the source links to, in its order."""
    table = text.split("\n## Read the source in this order\n")[1].split("\n## ")[0]
    return [name for name, _ in groupby(re.findall(r"\]\(micrograd_opt/(\w+)", table))]


def test_the_notes_lead_from_the_first_file_to_the_last_through_all_others():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert list(faults(PACKAGE, rooms_of_readme(readme))) == []


OPENINGS = [name for name in stations(PACKAGE) if name.endswith("/") and name != UNORDERED]


@pytest.mark.parametrize("opening", OPENINGS)
def test_every_package_opens_with_an_example_that_runs(opening):
    assert ">>> " in docstring(PACKAGE / opening / "__init__.py"), "show one worked example"


# ---- the rule itself, on a small package

CHAIN = [
    "array/", "array/array.py", "engine/", "engine/base/", "engine/base/ops.py", "engine/value.py",
    "compiler/", "cli/", "cli/main.py", "cli/last.py",
]  # fmt: skip
ROOMS = ["array", "engine", "compiler", "cli"]


def package(folder, **changed):
    """A package whose files are chained, but for the notes that are `changed`, by name."""
    files = {
        name: f"Read next: `{following}`, since it is next." for name, following in pairwise(CHAIN)
    }
    files |= {
        "cli/last.py": "The end.",
        "compiler/plan.py": "Read next: `text.py`.",
        "__init__.py": "",
    }
    for name, note in (files | changed).items():
        path = folder / (name + "__init__.py" if name.endswith("/") else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""What it teaches.\n\n{note}\n"""\n', encoding="utf-8")
    return folder


def test_a_chain_through_all_files_has_no_fault(tmp_path):
    assert list(faults(package(tmp_path), ROOMS)) == []


@pytest.mark.parametrize(
    "name, note, messages",
    [
        ("engine/value.py", "", [
            "engine/value.py has 0 notes, not one: []",
            "the notes end at engine/value.py, not in cli/",
            "no way leads from array/ to cli/, cli/last.py, cli/main.py, compiler/",
            "the rooms are entered in the order ['array', 'engine'], and README has",
        ]),
        ("cli/main.py", "", ["no way leads from array/ to cli/last.py"]),
        ("engine/", "Read next: `engine/base/`.\nRead next: `engine/value.py`.", [
            "engine/ has 2 notes, not one: ['engine/base/', 'engine/value.py']",
            "engine/value.py is named by engine/ and engine/base/ops.py",
        ]),
        ("engine/", "Read first: `array/`. Read next: `engine/base/`.", [
            "engine/ has 2 notes, not one: ['array/', 'engine/base/']",
            "from engine/ the notes lead back to array/",
            "no way leads from array/ to",
            "the rooms are entered in the order ['array', 'engine', 'array'], and README has",
        ]),
        ("engine/base/ops.py", "Read next: `compiler/`.", [
            "compiler/ is named by engine/base/ops.py and engine/value.py",
            "no way leads from array/ to engine/value.py",
        ]),
        ("array/array.py", "Read next: `graph.py`.", [
            "graph.py, the next after array/array.py, is no file to be read",
            "the notes end at graph.py, not in cli/",
            "no way leads from array/ to",
            "the rooms are entered in the order ['array', 'graph.py'], and README has",
        ]),
        ("compiler/", "Read next: `compiler/plan.py`.", [
            "compiler/plan.py, the next after compiler/, is no file to be read",
            "the notes end at compiler/plan.py, not in cli/",
            "no way leads from array/ to cli/, cli/last.py, cli/main.py",
            "the rooms are entered in the order ['array', 'engine', 'compiler'], and README has",
        ]),
        ("cli/last.py", "Read next: `array/`.", [
            "from cli/last.py the notes lead back to array/",
            "the rooms are entered in the order",
        ]),
        ("engine/new.py", "What nobody names.\n\nRead next: `engine/value.py`.", [
            "engine/value.py is named by engine/base/ops.py and engine/new.py",
            "no way leads from array/ to engine/new.py",
        ]),
    ],
)  # fmt: skip
def test_a_missing_doubled_or_dangling_note_is_found(tmp_path, name, note, messages):
    found = list(faults(package(tmp_path, **{name: note}), ROOMS))
    assert len(found) == len(messages), found
    for fault, message in zip(found, messages, strict=True):
        assert fault.startswith(message)


def test_rooms_in_another_order_than_readmes_are_found(tmp_path):
    (fault,) = faults(package(tmp_path), ["array", "compiler", "engine", "cli"])
    assert "['array', 'engine', 'compiler', 'cli'], and README has ['array', 'compiler'" in fault


def test_the_rooms_are_read_off_readmes_table():
    text = """
[cli](micrograd_opt/cli)

## Read the source in this order

| [array](micrograd_opt/array), [ieee](micrograd_opt/array/ieee.py) | numbers |
| [nn](micrograd_opt/nn) | layers |

## More: [plot](micrograd_opt/plot)
"""
    assert rooms_of_readme(text) == ["array", "nn"]
