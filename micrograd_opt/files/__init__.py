"""Files: a state of plain JSON types goes in; a file comes out that is whole or not there.

    >>> import os, tempfile
    >>> from micrograd_opt import load_checkpoint, save_checkpoint
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "run.json")
    >>> save_checkpoint(path, {"weights": [0.1, -2.5], "step": 3})
    >>> load_checkpoint(path)
    {'weights': [0.1, -2.5], 'step': 3}

One digit changed, and it is refused:

    >>> with open(path) as file:
    ...     text = file.read()
    >>> with open(path, "w") as file:
    ...     _ = file.write(text.replace("2.5", "2.6"))
    >>> load_checkpoint(path)
    Traceback (most recent call last):
    ValueError: ...: corrupted: its contents do not match their sha256
    >>> folder.cleanup()

`atomic_write.py` writes bytes so that neither a crash nor a full disk leaves half of them,
`lock.py` keeps a second run from a file, and `checkpoint.py` puts a state into it with its digest.
Read next: `files/atomic_write.py`.
"""
