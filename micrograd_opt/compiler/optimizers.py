"""What a step's program depends on in its optimizer, and how its results return there.

Read next: `fused.py`, the optimizer's update as statements.
"""

from math import isfinite

PACKAGE = __name__.partition(".")[0]
MOST_PARAMETERS = 1000  # above, the optimizer's own lists are as fast, and no source grows


def fusible(optimizer):
    """Whether a step of this optimizer is its `update` alone, of few enough parameters to pay.

    A class that overrides another part of the step (LBFGS, a wrapper, one with modes) is none. Nor
    is one of the user's: what else its update reads, a counter say, would be frozen into the text.
    """
    kind = type(optimizer)
    if {kind.__module__.partition(".")[0], kind.update.__module__.partition(".")[0]} != {PACKAGE}:
        return False
    base = _defines(kind, "hyperparameters")
    whole = all(_defines(kind, name) is base for name in ("step", "update_block", "commit"))
    size = sum(block.size for blocks in optimizer.blocks for block in blocks)
    own = _defines(kind, "update") is not base
    return whole and own and not hasattr(kind, "train") and size <= MOST_PARAMETERS


def _defines(kind, name):
    """The class from which `kind` has an attribute."""
    return next(c for c in kind.__mro__ if name in vars(c))


def decisive(group):
    """What of a group's hyperparameters decides the program: of floats, which it reads at each
    step, only whether they are 0; of lr not even that."""
    return tuple([_not_zero(value) for name, value in group.items() if name != "lr"])


def _not_zero(value):
    if isinstance(value, tuple):
        return tuple(map(_not_zero, value))
    return value != 0.0 if isinstance(value, float) else value


def moves(optimizer):
    """A function of the updates that a program returns → (block, new parameters, new state) of all
    blocks, as `commit` takes them; None where a number is not finite.

    It is generated as well: written out, a step's dicts cost a third of what a loop takes.
    """
    blocks = [block for blocks in optimizer.blocks for block in blocks]
    lists, found, place = [], [], 0
    for i, block in enumerate(blocks):
        theta, entries, place = f"new[{place}]", [], place + 1
        lists.append(theta)
        for name, old in block.state.items():
            if old is None:
                entries.append(f"{name!r}: None")
            elif type(old) is list:
                lists.append(f"new[{place}]")
                entries.append(f"{name!r}: new[{place}]")
            else:
                entries.append(f"{name!r}: {type(old).__name__}(new[{place}])")
            place += old is not None
        found.append(f"(blocks[{i}], {theta}, {{{', '.join(entries)}}})")
    total = f"sum([{', '.join([f'sum({x})' for x in lists])}])"
    text = f"lambda new: [{', '.join(found)}] if isfinite({total}) else None"
    return eval(text, {"blocks": blocks, "isfinite": isfinite})
