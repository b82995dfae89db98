"""The two errors of a compiled function that are about its program, not about the call.

Read next: `compiled.py`.
"""

import contextlib


class StaleProgramError(RuntimeError):
    """A program and the function it stands for gave different numbers: it misses a change."""


class CompilerError(RuntimeError):
    """The compiler failed where it should not have: a fault of the library, not of the function.

    The plain function runs.
    """

    def __init__(self, why):
        super().__init__(
            f"compile: {why}; this is a fault of the library. The plain function runs: call it "
            "as it is, without compile"
        )


@contextlib.contextmanager
def faults(*signals):
    """Within it an error that is no refusal of the compiler's, nor one of its `signals`, is a
    CompilerError."""
    try:
        yield
    except (CompilerError, *signals):
        raise
    except Exception as error:
        if str(error).startswith("compile: "):
            raise
        raise CompilerError(f"{type(error).__name__}: {error}") from error
