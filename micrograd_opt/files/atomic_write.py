"""A file that is whole or not there: written under another name, then moved into place.

So neither a crash nor a full disk leaves half of one, or costs the older file of that name.
Read next: `files/lock.py`.
"""

import os
import re
import threading
from pathlib import Path


def write_whole(path, content):
    """Write bytes to `path`, also if the power fails: on the disk first, then under that name.

    Returns the path. OSError where that cannot be, FileNotFoundError if the folder is missing; an
    older file is then as it was. A link stays one, and what it leads to is written.
    """
    path = check_folder(path)
    target = Path(os.path.realpath(path))
    own = f"{os.getpid()}-{threading.get_ident()}"  # or two writers would move each other's away
    temporary = target.with_name(f"{target.name}.{own}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return path


def remove_leftovers(path):
    """Remove what processes that were killed while they wrote `path` have left of it.

    For whoever knows that nobody else writes it: see `FileLock`.
    """
    target = Path(os.path.realpath(path))
    temporary = re.compile(re.escape(target.name) + r"\.\d+-\d+\.tmp")
    for file in target.parent.iterdir():
        if temporary.fullmatch(file.name):
            file.unlink(missing_ok=True)


def check_folder(path):
    """The path; FileNotFoundError if there is no folder for it."""
    folder = Path(os.path.realpath(path) if os.path.islink(path) else path).parent
    if not folder.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(folder)!r}; make it first")
    return Path(path)


def _sync_folder(folder):
    """Make the rename itself survive a power cut, where the system can (Windows cannot)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
