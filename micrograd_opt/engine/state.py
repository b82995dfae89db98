"""The moment at which a node is made: what it takes note of, and who is to be told of it.

Is the graph to be recorded? Which module is at work? Who traces? `state()` gives the answers that
are in force, a tuple of four:

    recording   False inside no_grad
    module      the path of the nn.Module at work, or None
    trace       while a function is traced its recorder, else None: see `graph.py`
    before      the state that it took the place of; None for the default

How two threads, or two asyncio tasks that take turns, keep out of each other's way:

    1.  A ContextVar holds the state: each thread and each task sees a value of its own in it.
    2.  A new thread begins with the default, which records; a new task with its maker's state.
    3.  A tuple never changes. Who enters no_grad, a module or a trace puts another one there, and
        on leaving the one before.
    4.  So task A may wait within no_grad while task B computes: B sees its own state and records.
    5.  Only two counts of edits are common to all: a leaf that one thread has changed is a changed
        leaf to the others too.

What is not divided is a model. Two threads may call it; if two train it, they add to the same
gradients, and one changes parameters while the other computes with them.

Read next: `engine/node_methods.py`.
"""

import contextlib
import functools
import inspect
import threading
from contextvars import ContextVar

DEFAULT = (True, None, None, None)
_current = ContextVar("state", default=DEFAULT)
state = _current.get  # recording, module, trace, before = state()
enter = _current.set  # enter((…)) puts another in its place


def is_grad_enabled():
    """Whether the graph is recorded: not within no_grad."""
    return state()[0]


def recorder():
    """What records the function that is being traced; None outside a trace."""
    return state()[2]


def tracing():
    """Whether a function is being traced: then x < y, too, has to be a node and not a bool."""
    return state()[2] is not None


class no_grad(contextlib.ContextDecorator):
    """Within it results are plain constants: no graph is kept, nothing can flow back.

    A context manager, and a decorator of a function or an `async def`. It holds for the thread or
    the asyncio task that enters it, so threads that are started within it record. A generator that
    yields within it leaves it in force for whoever asks for the next item; TypeError if a generator
    function is to be decorated, whose body runs only after the call (PyTorch enters it anew for
    each item).

    >>> from micrograd_opt import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y._prev
    ()
    """

    _recording = False

    def __enter__(self):
        before = _, module, trace, _ = state()
        enter((self._recording, module, trace, before))
        return self

    def __exit__(self, *exception):
        *_, before = state()
        enter(before or DEFAULT)  # none: it was entered in another thread

    def __call__(self, function):
        name = type(self).__name__
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{name}: {function.__qualname__} is a generator function, whose body runs after "
                f"the call; write `with {name}():` in it around what it computes between two yields"
            )
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        async def within(*args, **kwargs):
            with self:
                return await function(*args, **kwargs)

        return within


class enable_grad(no_grad):
    """Records again inside a no_grad."""

    _recording = True


# ---- edits, which are counted for all threads together


class _Counts:
    """How often data and modules were changed."""

    data_edits = 0  # leaves that were assigned new data
    module_edits = 0  # changes in what modules hold: see nn/naming.py


counts = _Counts()
_counting = threading.RLock()  # or two edits at once would be counted as one


def next_version():
    """Count an edit of leaf data; the count is the `version` of the leaf, or leaves, edited.

    A new node takes the count as it stands. So a parent whose version is higher than its child's
    was edited after the child was computed, and the gradient of the child would be wrong.
    """
    with _counting:
        counts.data_edits += 1
        return counts.data_edits


def next_module_edit():
    """Count a change of what a module holds, once it is made; the new count."""
    with _counting:
        counts.module_edits += 1
        return counts.module_edits
