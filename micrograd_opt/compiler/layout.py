"""Long lines of generated text, broken as a person would: the text is the same program.

Done when somebody asks to see it, so that compiling does not wait for it. Read next:
`export.py`, the file that a program is saved as.
"""

import re
import textwrap
from bisect import bisect_right
from operator import itemgetter

from .text import WIDTH

_ASSIGNMENT = re.compile(r"( *)(\w+ [+\-]?= )(.*)")
_ZEROS = re.compile(r"( *)((?:\w+ = )+)0\.0")
_BREAKS = re.compile(r"[()\[\]]|, | (?=[+\-*/] |if |else |and |or |for )")


def folded(source):
    """The source with no line longer than WIDTH, where it can be broken."""
    lines, zeros, indent = [], [], ""
    for line in source.split("\n"):
        found = _ZEROS.fullmatch(line)
        if zeros and (found is None or found[1] != indent):
            lines += _zeros(indent, zeros)
            zeros = []
        if found:
            indent = found[1]
            zeros += found[2].split(" = ")[:-1]
        else:
            lines += _short(line)
    return "\n".join(lines)


def _short(line):
    if len(line) <= WIDTH or '"' in line or "'" in line:
        return [line]
    if line.lstrip().startswith("#"):
        return _comment(line)
    found = _ASSIGNMENT.fullmatch(line)
    if found:
        indent, target, expression = found.groups()
        opening, inner, closing = _opened(expression)
        return [f"{indent}{target}{opening}", *filled(inner, indent + "    "), indent + closing]
    if re.match(r" *if ", line):
        indent, condition = re.fullmatch(r"( *)if (.*):", line).groups()
        return [f"{indent}if (", *filled(condition, indent + "    "), f"{indent}):"]
    return [line]


def _opened(expression):
    """(opening, what is inside, closing): of a list its brackets, else parentheses around it."""
    depth = 0
    for place, character in enumerate(expression, 1):
        depth += (character in "([") - (character in ")]")
        if not depth:
            whole = expression[0] == "[" and place == len(expression)
            return ("[", expression[1:-1], "]") if whole else ("(", expression, ")")


def _comment(line):
    indent = line[: line.index("#")] + "# "
    return textwrap.wrap(
        line.strip("# "), WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_on_hyphens=False,
    )  # fmt: skip


def _zeros(indent, names):
    """a = b = … = 0.0 in as many statements as it takes."""
    lines, line = [], indent
    for name in names:
        if line.strip() and len(line) + len(name) + len(" = 0.0") > WIDTH:
            lines.append(f"{line}0.0")
            line = indent
        line += f"{name} = "
    return [*lines, f"{line}0.0"]


def filled(expression, indent):
    """An expression over several lines, each as full as it gets."""
    places, lines, start, room = _places(expression), [], 0, WIDTH - len(indent)
    while places and len(expression) - start > room:
        fitting = bisect_right(places, start + room + 1, key=itemgetter(0)) or 1
        at, _ = min(places[fitting // 2 : fitting], key=lambda place: (place[1], -place[0]))
        lines.append(indent + expression[start:at].rstrip())
        start = at
        places = places[bisect_right(places, at, key=itemgetter(0)) :]
    return [*lines, indent + expression[start:]]


def _places(expression):
    """(where a line may end, how much that tears apart): a product more than a sum, and what is
    nested more than what is not."""
    places, depth = [], 0
    for found in _BREAKS.finditer(expression):
        mark, end = found[0], found.end()
        if mark in ("(", "["):
            depth += 2
        elif mark in (")", "]"):
            depth -= 2
        else:
            places.append((end, depth + (expression[end] in "*/")))
    return places
