"""The moment at which a node is made: what it takes note of, and who is to be told of it.

Is the graph to be recorded? Which module is at work? Does somebody trace? The answers are a State,
and `state()` is the State in force. How two threads, or two asyncio tasks that take turns, keep out
of each other's way:

    1.  A ContextVar holds the State: each thread and each task sees a value of its own in it.
    2.  A new thread begins with the default, which records; a new task with its maker's State.
    3.  A State never changes. Who enters no_grad, a module or a trace puts another one there, and
        on leaving the one before.
    4.  So task A may wait within no_grad while task B computes: B sees its own State and records.
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


class State:
    """What a new node takes note of. Never assign to its attributes: `enter` another State."""

    __slots__ = ("recording", "module", "trace", "before")

    def __init__(self, recording=True, module=None, trace=None, before=None):
        self.recording = recording  # False inside no_grad
        self.module = module  # the path of the nn.Module at work
        self.trace = trace  # while a function is traced its recorder: see graph.py
        self.before = before  # the State that it took the place of; None for the default


_DEFAULT = State()
_current = ContextVar("state", default=_DEFAULT)
state = _current.get  # state() is the State of this thread or task
enter = _current.set  # enter(State(…)) puts another in its place


def tracing():
    """Whether a function is being traced: then x < y, too, has to be a node and not a bool."""
    return state().trace is not None


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
        now = state()
        enter(State(self._recording, now.module, now.trace, now))
        return self

    def __exit__(self, *exception):
        now = state()
        enter(now.before or now)  # no State before: it was entered in another thread

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
