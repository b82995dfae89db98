"""The moment at which a node is made: what it takes note of, and who is to be told of it.

Read next: `engine/node_methods.py`.
"""

import contextlib


class _State:
    """What a new node takes note of, and who is to be told of it. One thread at a time."""

    __slots__ = ("recording", "module", "data_edits", "module_edits", "trace")

    def __init__(self):
        self.recording = True  # False inside no_grad
        self.module = None  # the path of the nn.Module at work
        self.data_edits = 0  # how often leaves were assigned new data
        self.module_edits = 0  # how often modules changed in what they hold: see nn/module.py
        self.trace = None  # while a function is traced its recorder: see below


state = _State()


def next_version():
    """Count an edit of leaf data; the count is the `version` of the leaf, or leaves, edited.

    A new node takes the count as it stands. So a parent whose version is higher than its child's
    was edited after the child was computed, and the gradient of the child would be wrong.
    """
    state.data_edits += 1
    return state.data_edits


class no_grad(contextlib.ContextDecorator):
    """Within it results are plain constants: no graph is kept, nothing can flow back.

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y._prev
    ()
    """

    _enter_as = False

    def __init__(self):
        self._before = []  # a stack: one instance may decorate a recursive function

    def __enter__(self):
        self._before.append(state.recording)
        state.recording = self._enter_as
        return self

    def __exit__(self, *exception):
        state.recording = self._before.pop()


class enable_grad(no_grad):
    """Records again inside a no_grad."""

    _enter_as = True


def tracing():
    """Whether a function is being traced: then x < y, too, has to be a node and not a bool."""
    return state.trace is not None
