"""An optimizer's memory as plain JSON types, and back: everything is checked before anything moves.

SGD with momentum, after one step of a Tensor of shape (2,):

    {"state": {"0": {"b": [6.0, 2.0]}},
     "param_groups": [{"lr": 0.1, "momentum": 0.9, …, "params": [[2]]}],
     "steps": 1}

A state to load is checked in one walk against a schema (`engine/arguments.py`) that is derived from
the state with which each block starts: b starts as None, so it may be None or 2 finite numbers. The
optimizer's `state_ranges` narrow it: Adam's v, a mean of squares, is 2 numbers in [0, inf).
Read next: `optim/lecture.py`.
"""

from ...engine.arguments import NUMBER, RATE, WHOLE, Each, Optional, checked
from .rollback import all_or_nothing


def state_dict(optimizer):
    """See `Optimizer.state_dict`."""
    groups = []
    for k, blocks in enumerate(optimizer.blocks):
        shapes = [list(block.shape) for block in blocks]
        group = optimizer.param_groups[k]
        initial = {"initial_lr": group["initial_lr"]} if "initial_lr" in group else {}
        groups.append({**plain(optimizer.hyperparameters(k)), **initial, "params": shapes})
    states = [block.state for blocks in optimizer.blocks for block in blocks]
    return {
        "state": {str(number): plain(state) for number, state in enumerate(states) if state},
        "param_groups": groups,
        "steps": optimizer.steps,
    }


def plain(value):
    """A copy in JSON types, so that whoever edits a state_dict does not edit the optimizer."""
    if isinstance(value, dict):
        return {name: plain(x) for name, x in value.items()}
    return list(map(plain, value)) if isinstance(value, (list, tuple)) else value


def load_state_dict(optimizer, saved):
    """See `Optimizer.load_state_dict`."""
    what = f"{type(optimizer).__name__}, load_state_dict"
    of_groups = Each(dict, len(optimizer.blocks))
    saved = checked(saved, {"state": dict, "param_groups": of_groups, "steps": WHOLE}, what)
    groups, kinds = [], {}
    for k, blocks in enumerate(optimizer.blocks):
        keys = dict.fromkeys(optimizer.defaults, object)
        keys["params"] = object
        if "initial_lr" in saved["param_groups"][k]:  # a scheduler wrote it
            keys["initial_lr"] = RATE
        group = checked(saved["param_groups"][k], keys, f"{what}: group {k}")
        initial = {name: group.pop(name) for name in ("initial_lr",) if name in group}
        shapes, saved_shapes = [list(block.shape) for block in blocks], group.pop("params")
        if saved_shapes != shapes:
            fact = f"params has the shapes {saved_shapes!r:.60}, not {shapes}"
            raise ValueError(f"{what}: group {k}: {fact}")
        groups.append(optimizer.accepted(group, f"{what}: group {k}") | initial)
        for block in blocks:
            start = optimizer.start(block, groups[k])
            kinds[str(len(kinds))] = {
                name: kind(x, block.size, optimizer.state_ranges.get(name))
                for name, x in start.items()
            }
    states = {str(number): state for number, state in saved["state"].items()}
    states = {n: state for n, state in states.items() if state != {} or n not in kinds}
    allowed = {n: kinds[n] for n in kinds if n in states}
    unknown = ", ".join(sorted(states.keys() - kinds.keys()))
    if unknown:
        raise ValueError(f"{what}: state of {unknown}; blocks are 0 … {len(kinds) - 1}")
    states = checked(states, allowed, f"{what}: state of blocks 0 … {len(kinds) - 1}")
    with all_or_nothing(optimizer):
        for group, values in zip(optimizer.param_groups, groups, strict=True):
            group.update(values)
        for number, block in enumerate(block for blocks in optimizer.blocks for block in blocks):
            block.state = states.get(str(number), {})
        optimizer.steps = saved["steps"]


def kind(entry, n, numbers=None):
    """The schema of a saved entry, from the one that `Optimizer.start` gives a block of n numbers.

    numbers   the range of its numbers; None: any finite one, of a whole number from 0 on

    >>> kind(0, 3), kind(None, 3)
    ('{0, 1, …}', Optional(allowed=Each(allowed='(-inf, inf)', length=3)))
    """
    if isinstance(entry, int):
        return numbers or WHOLE
    numbers = numbers or NUMBER
    if isinstance(entry, float):
        return numbers
    if entry is None:
        return Optional(Each(numbers, n))
    return Each(numbers, len(entry)) if entry else Each(Each(numbers, n))
