"""Checkpoints: the whole state of a training run in one JSON file that is whole or not there.

JSON holds data and no code, and floats come back to the bit; a digest shows corruption.
`training/resume.py` says what the state of a run is.
Read next: `training/`.
"""

import hashlib
import json
import os

from .atomic_write import write_whole

__all__ = ["load_checkpoint", "save_checkpoint"]

FORMAT = "micrograd_opt checkpoint"
VERSION = 1


def save_checkpoint(path, state):
    """Write `state`, made of plain JSON types, to `path`; an older file is replaced at once.

    Raises TypeError, with the place of what is no such type, ValueError for a state that holds
    itself; OSError where the file cannot be written.
    """
    _check_path(path, "save_checkpoint(path, state)")
    try:
        text = json.dumps(state)
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        where = "".join(f"[{key!r}]" for key in _place(state)) if kind is TypeError else ""
        raise kind(
            f"save_checkpoint: state{where}: {error}; it takes dicts with text keys, lists, texts, "
            "numbers, True, False and None, as state_dict() and tolist() give"
        ) from None
    state = json.loads(text)  # as it will be read: tuples are lists, keys are strings
    file = {"format": FORMAT, "version": VERSION, "sha256": _digest(state), "state": state}
    write_whole(path, json.dumps(file).encode())


def load_checkpoint(path):
    """The state that `save_checkpoint` wrote.

    Raises FileNotFoundError, or ValueError where the file is not a checkpoint, was written by a
    newer version or does not match its digest.
    """
    _check_path(path, "load_checkpoint(path)")
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


def _check_path(path, call):
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{call}: path must be a file's name, got {type(path).__name__}")


def _place(state):
    """The keys that lead to the first thing in a state that JSON has not."""
    inside = ()
    if isinstance(state, dict):
        inside = state.items()
    elif isinstance(state, (list, tuple)):
        inside = enumerate(state)
    for key, value in inside:
        try:
            json.dumps(value)
        except TypeError:
            return [key, *_place(value)]
    return []


def _digest(state):
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
