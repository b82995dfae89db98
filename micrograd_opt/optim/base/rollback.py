"""All or nothing: a change of several objects that an error or an interrupt leaves undone.

Each of them has `snapshot()`, which answers a function that puts it back as it is now:

    with all_or_nothing(model, optimizer):
        model.load_state_dict(state["model"])          # if the second line raises,
        optimizer.load_state_dict(state["optimizer"])  # the first has changed nothing

Read next: `optim/base/optimizer.py`, whose step is such a change.
"""

from contextlib import contextmanager


@contextmanager
def all_or_nothing(*parts):
    """Within it an error or an interrupt puts every part back as it was, then goes on."""
    undo = [part.snapshot() for part in parts]
    try:
        yield
    except BaseException:  # an interrupt too
        for put_back in undo:
            put_back()
        raise
