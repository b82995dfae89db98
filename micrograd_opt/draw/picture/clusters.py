"""Frames around the boxes of a module, one in another as the modules are.

Read next: `dot.py`.
"""

from typing import NamedTuple


class Cluster(NamedTuple):
    """The boxes of one module, to be framed together."""

    path: str  # the module's, 'layers.0'
    boxes: tuple  # the numbers of those that are in no smaller cluster
    parent: int | None = None  # the number of the cluster around this one


def steps(path):
    """The modules on the way down to a path, itself last; a number is no module without its list.

    >>> steps("layers.0.neurons.3"), steps("")
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

    A module of one box needs no frame, nor does one that holds but one other module.
    """
    paths = list(paths)
    inside = {}  # of a module: the boxes in it, at any depth
    for i, path in enumerate(paths):
        for step in steps(path or ""):
            inside.setdefault(step, []).append(i)
    innermost = {tuple(boxes): path for path, boxes in inside.items()}
    drawn = [path for path, boxes in inside.items() if innermost[tuple(boxes)] == path]
    drawn = sorted((path for path in drawn if len(inside[path]) > 1), key=lambda p: inside[p][0])
    drawn.sort(key=lambda path: len(steps(path)))
    number, direct = {path: i for i, path in enumerate(drawn)}, [[] for _ in drawn]
    for i, path in enumerate(paths):
        around = [number[step] for step in steps(path or "") if step in number]
        if around:
            direct[around[-1]].append(i)
    found = []
    for path, boxes in zip(drawn, direct, strict=True):
        above = [number[step] for step in steps(path)[:-1] if step in number]
        found.append(Cluster(path, tuple(boxes), above[-1] if above else None))
    return found


def within(path, outer):
    """What is left of a path in an outer one: 'w.0' of 'neuron.w.0' in 'neuron', '' of itself."""
    return "" if path == outer else path.removeprefix(f"{outer}.") if outer else path
