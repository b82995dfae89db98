"""Frames around the boxes of a module, one in another as the modules are.

Read next: `draw/dot/`, which writes a Picture for Graphviz.
"""

from collections import defaultdict
from typing import NamedTuple


class Cluster(NamedTuple):
    """The boxes of one module, to be framed together."""

    path: str  # the module's, 'layers.0'
    boxes: tuple  # the numbers of those that are in no smaller cluster
    parent: int | None = None  # the number of the cluster around this one


def ancestry(path):
    """The modules from the root's own down to a path; a number is no module without its list.

    >>> ancestry("layers.0.neurons.3"), ancestry("")
    (['layers.0', 'layers.0.neurons.3'], [])
    """
    parts = path.split(".") if path else []
    ends = [
        i
        for i, part in enumerate(parts, 1)
        if i == len(parts) or not parts[i].isdigit() or part.isdigit()
    ]
    return [".".join(parts[:end]) for end in ends]


def clusters(paths):
    """The Clusters of boxes with these module paths ('' or None: in no module), outer ones first.

    A module of one box needs no frame, nor does one that holds another module and nothing else.

    >>> clusters(["a", "a.b", "a.b", None, "c.d"])
    [Cluster(path='a', boxes=(0,), parent=None), Cluster(path='a.b', boxes=(1, 2), parent=0)]
    """
    lines = [ancestry(path or "") for path in paths]
    inside = defaultdict(list)  # of a module: the boxes in it, at any depth
    for box, line in enumerate(lines):
        for module in line:
            inside[module].append(box)
    innermost = {tuple(boxes): module for module, boxes in inside.items()}
    framed = [m for m, boxes in inside.items() if len(boxes) > 1 and innermost[tuple(boxes)] == m]
    framed.sort(key=lambda module: (len(ancestry(module)), inside[module][0]))
    number = {module: i for i, module in enumerate(framed)}

    def frames(line):
        return [None, *(number[module] for module in line if module in number)]

    own = defaultdict(list)  # of a frame: the boxes that are in no smaller one
    for box, line in enumerate(lines):
        own[frames(line)[-1]].append(box)
    return [Cluster(m, tuple(own[i]), frames(ancestry(m))[-2]) for i, m in enumerate(framed)]


def within(path, outer):
    """What is left of a path in an outer one: 'w.0' of 'neuron.w.0' in 'neuron', '' of itself."""
    return "" if path == outer else path.removeprefix(f"{outer}.") if outer else path
