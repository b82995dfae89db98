"""A file that is whole or not there: written under another name, then moved into place.

So neither a crash nor a full disk leaves half of one, or costs the older file of that name.
Read next: `files/checkpoint.py`.
"""

import os
from pathlib import Path


def write_whole(path, content):
    """Write bytes to `path`, also if the power fails: on the disk first, then under that name.

    Returns the path. OSError where that cannot be, FileNotFoundError if the folder is missing; an
    older file is then as it was.
    """
    path = check_folder(path)
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return path


def check_folder(path):
    """The path; FileNotFoundError if there is no folder for it."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(path.parent)!r}; make it first")
    return path


def _sync_folder(folder):
    """Make the rename itself survive a power cut, where the system can (Windows cannot)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
