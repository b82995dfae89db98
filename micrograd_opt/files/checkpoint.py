"""Checkpoints: the whole state of a training run in one JSON file that is whole or not there.

JSON holds data and no code, and floats come back to the bit; a digest shows corruption.
`training/resume.py` says what the state of a run is.
Read next: `training/`.
"""

import hashlib
import json

from .atomic_write import write_whole

__all__ = ["load_checkpoint", "save_checkpoint"]

FORMAT = "micrograd_opt checkpoint"
VERSION = 1


def save_checkpoint(path, state):
    """Write `state`, made of plain JSON types, to `path`; an older file is replaced at once."""
    state = json.loads(json.dumps(state))  # as it will be read: tuples are lists, keys are strings
    file = {"format": FORMAT, "version": VERSION, "sha256": _digest(state), "state": state}
    write_whole(path, json.dumps(file).encode())


def load_checkpoint(path):
    """The state that `save_checkpoint` wrote.

    Raises FileNotFoundError, or ValueError where the file is not a checkpoint, was written by a
    newer version or does not match its digest.
    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no checkpoint there") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not a checkpoint, or cut short: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path}: not a {FORMAT}")
    version = content.get("version")
    if type(version) is not int:
        raise ValueError(f"{path}: corrupted: its format version is missing")
    if version != VERSION:
        raise ValueError(
            f"{path}: written in format version {version}, "
            f"this library reads version {VERSION}; upgrade micrograd_opt"
        )
    if "state" not in content or content.get("sha256") != _digest(content["state"]):
        raise ValueError(f"{path}: corrupted: its contents do not match their sha256")
    return content["state"]


def _digest(state):
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
