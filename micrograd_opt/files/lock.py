"""A lock on a file: one run at a time goes on from it and writes it.

The system holds the lock for the process that has `run.json.lock` open, and lets go when that
process ends, killed or not. So what such a file says is never asked whether it still holds: a file
that is left behind is locked by nobody. It only names the process that has it.
Read next: `files/checkpoint.py`.
"""

import errno
import os
import platform
import warnings

from .atomic_write import check_folder, remove_leftovers

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None

HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)  # what systems answer where another has it

_open_files = set()  # of the locks that this process holds


class FileLock:
    """Held within a `with`, by one thread of one process at a time.

    path   the file that the lock is for, which need not exist; a link stands for what it leads to
    Raises BlockingIOError, which names the process, where another has the lock; OSError where no
    file can be written there. Where the file system has no locks it warns and goes on.
    """

    def __init__(self, path):
        self.path = check_folder(path)
        self.name = os.path.realpath(path) + ".lock"

    def __enter__(self):
        self.file = self._acquired()
        if self.file is None:
            return self
        _open_files.add(self.file)
        try:
            self.file.truncate(0)
            self.file.write(f"process {os.getpid()} on {platform.node()}")
            self.file.flush()
            remove_leftovers(self.path)  # nobody else writes it now: whoever left them is dead
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        if self.file is None or self.file.closed:  # closed: a child, and its parent has the lock
            return
        _open_files.discard(self.file)
        if fcntl:  # removed while it is held, so it is no other's
            os.unlink(self.name)
            self.file.close()
            return
        self.file.close()
        try:
            os.unlink(self.name)
        except OSError:  # Windows removes no file that is open: another has it already
            pass

    def _acquired(self):
        """The open and locked file; None where there are no locks."""
        while True:
            file = open(self.name, "a+", encoding="utf-8")  # noqa: SIM115
            try:
                _lock(file)
                if os.path.samestat(os.fstat(file.fileno()), os.stat(self.name)):
                    return file
            except FileNotFoundError:
                pass  # its holder removed it between open and lock: once more
            except OSError as error:
                if error.errno in HELD:
                    raise self._refusal(file) from None
                warnings.warn(
                    f"{self.path}: no locks on this file system ({error.strerror}); "
                    "see to it that no other run writes there",
                    stacklevel=4,
                )
                file.close()
                os.unlink(self.name)
                return None
            file.close()

    def _refusal(self, file):
        file.seek(0)
        holder = file.read() or "another process"
        file.close()
        own = " (this one)" if holder.split()[1] == str(os.getpid()) else ""
        return BlockingIOError(
            f"{self.path}: {holder}{own} is writing it; wait for that run, or name another file"
        )


def _lock(file):
    """OSError where that cannot be: one of HELD where another has the file locked."""
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:  # far behind the text: what Windows has locked cannot be read
        file.seek(2**30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)


def _close_copies():
    """A forked child has the parent's files open, and would hold the locks after its death."""
    for file in _open_files:
        file.close()
    _open_files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_copies)
