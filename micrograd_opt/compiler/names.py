"""Names for a program: of labels and module paths, and all different.

Read next: `frame.py`, which names what goes into a program.
"""

import re


def identifier(text):
    """A name for Python: layers.0.weight becomes layers_0_weight."""
    name = re.sub(r"[^0-9A-Za-z_]+", "_", text).strip("_") or "x"
    return f"_{name}" if name[0].isdigit() else name


class Names:
    """Names that are all different, and none of them Python's."""

    def __init__(self, taken):
        self.taken = set(taken)
        self.next = {}

    def new(self, wanted):
        name, n = wanted, self.next.get(wanted, 2)
        while name in self.taken:
            name, n = f"{wanted}_{n}", n + 1
        self.next[wanted] = n
        self.taken.add(name)
        return name


def places(shape):
    """The suffixes of the elements of a shape: _0_1 and so on."""
    found = [""]
    for n in shape:
        found = [f"{place}_{i}" for place in found for i in range(n)]
    return found
