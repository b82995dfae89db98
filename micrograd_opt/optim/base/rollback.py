"""All or nothing: a change of several objects that an error or an interrupt leaves undone.

Each of them has `snapshot()`, which answers a function that puts it back as it is now:

    with all_or_nothing(optimizer, scheduler):
        optimizer.load_state_dict(state["optimizer"])  # if the second line raises,
        scheduler.load_state_dict(state["scheduler"])  # the first has changed nothing

No comprehension stands in such a block: Python 3.12 runs it in the function's own frame, and there
an interrupt can pass the `with` by.

Read next: `optim/base/state_dicts.py`, which checks a state before it takes it over.
"""


class all_or_nothing:
    """Within it an error or an interrupt puts every part back as it was, then goes on."""

    def __init__(self, *parts):
        self.undo = []
        for part in parts:
            self.undo.append(part.snapshot())

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        if error is not None:  # a KeyboardInterrupt too
            for put_back in self.undo:
                put_back()
