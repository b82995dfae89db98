"""An optimizer's memory as plain JSON types, and back: everything is checked before anything moves.

Read next: `schedules/`.
"""

from math import isfinite

from ...array.ieee import as_float


def state_dict(optimizer):
    """See `Optimizer.state_dict`."""
    groups = []
    for k, blocks in enumerate(optimizer.blocks):
        values = {name: _plain(value) for name, value in optimizer.in_force(k).items()}
        groups.append({**values, "params": [list(block.shape) for block in blocks]})
    state = {
        str(number): {name: _plain(value) for name, value in block.state.items()}
        for number, block in enumerate(_numbered(optimizer))
        if block.state
    }
    return {"state": state, "param_groups": groups, "steps": optimizer.steps}


def load_state_dict(optimizer, saved):
    """See `Optimizer.load_state_dict`."""
    what = f"{type(optimizer).__name__}, load_state_dict"
    _same_keys(saved, ("state", "param_groups", "steps"), what)
    steps = _count(saved["steps"], f"{what}: steps")
    groups = _groups(optimizer, saved["param_groups"], what)
    states = _states(optimizer, saved["state"], groups, what)
    for group, values in zip(optimizer.param_groups, groups, strict=True):
        group.update(values)
    for block, state in zip(_numbered(optimizer), states, strict=True):
        block.state = state
    optimizer.steps = steps


def _numbered(optimizer):
    """All blocks, in the order in which state_dict numbers them."""
    return [block for blocks in optimizer.blocks for block in blocks]


def _plain(value):
    """Lists are copied, so that whoever edits a state_dict does not edit the optimizer."""
    if isinstance(value, (list, tuple)):
        return [list(x) if isinstance(x, list) else x for x in value]
    return value


def _groups(optimizer, saved, what):
    """The saved hyperparameters of each group, checked."""
    if not isinstance(saved, (list, tuple)) or len(saved) != len(optimizer.blocks):
        found = f"{len(saved)}" if isinstance(saved, (list, tuple)) else f"{saved!r:.40}"
        raise ValueError(f"{what}: {len(optimizer.blocks)} param_groups expected, found {found}")
    groups = []
    for k, (group, blocks) in enumerate(zip(saved, optimizer.blocks, strict=True)):
        where = f"{what}: group {k}"
        _same_keys(group, (*optimizer.defaults, "params"), where)
        shapes = [list(block.shape) for block in blocks]
        if group["params"] != shapes:
            raise ValueError(f"{where}: params has the shapes {group['params']}, not {shapes}")
        values = {name: group[name] for name in optimizer.defaults}
        groups.append(optimizer.check_all(values, where))
    return groups


def _states(optimizer, saved, groups, what):
    """The state of each block, checked against the one that the block would start with."""
    blocks = [
        (block, group)
        for group, blocks in zip(groups, optimizer.blocks, strict=True)
        for block in blocks
    ]
    if not isinstance(saved, dict):
        raise TypeError(f"{what}: state must be a dict, got {saved!r:.40}")
    saved = {str(number): state for number, state in saved.items()}
    unknown = sorted(saved.keys() - {str(number) for number in range(len(blocks))})
    if unknown:
        raise ValueError(f"{what}: state of {', '.join(unknown)}; blocks are 0 … {len(blocks) - 1}")
    states = []
    for number, (block, group) in enumerate(blocks):
        state, where = saved.get(str(number), {}), f"{what}: state {number}"
        if state != {}:
            fresh = optimizer.start(block, group)
            _same_keys(state, fresh, where)
            state = {
                name: _like(fresh[name], state[name], block.size, f"{where}: {name}")
                for name in fresh
            }
        states.append(state)
    return states


def _like(fresh, saved, n, what):
    """A saved entry of a state, of the same kind as the fresh one: see `Optimizer.start`."""
    if fresh is None and saved is None:
        return None
    if isinstance(fresh, int):
        return _count(saved, what)
    if isinstance(fresh, float):
        return _number(saved, what)
    if fresh == ():
        if not isinstance(saved, (list, tuple)):
            raise ValueError(f"{what} must be a list of lists of {n} numbers, got {saved!r:.40}")
        zeros = [0.0] * n
        return [_like(zeros, row, n, f"{what}[{k}]") for k, row in enumerate(saved)]
    n = n if fresh is None else len(fresh)
    if not isinstance(saved, (list, tuple)) or len(saved) != n:
        found = f"{len(saved)}" if isinstance(saved, (list, tuple)) else f"{saved!r:.40}"
        raise ValueError(f"{what} must be a list of {n} numbers, got {found}")
    return [_number(x, f"{what}[{place}]") for place, x in enumerate(saved)]


def _number(x, what):
    if isinstance(x, (bool, str)):
        raise TypeError(f"{what} must be a number, got {x!r:.40}")
    try:
        x = as_float(x)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None
    if not isfinite(x):
        raise ValueError(f"{what} must be finite, got {x}")
    return x


def _count(n, what):
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ValueError(f"{what} must be a whole number from 0 on, got {n!r:.40}")
    return n


def _same_keys(found, expected, what):
    if not isinstance(found, dict):
        raise TypeError(f"{what}: expected a dict, got {type(found).__name__}: {found!r:.40}")
    missing = ", ".join(sorted(map(str, set(expected) - found.keys()))) or "nothing"
    unexpected = ", ".join(sorted(map(str, found.keys() - set(expected)))) or "nothing"
    if found.keys() != set(expected):
        raise ValueError(f"{what}: missing {missing}; unexpected {unexpected}")
