"""From DOT to a picture: finding a program that draws, and running it.

A Drawing keeps the DOT text, which needs no program at all, and renders it when asked.
Read next: `draw/dot/html.py`, a picture as a page.
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from ...files.atomic_write import write_whole
from .html import sheet

FORMATS = ("gv", "svg", "png", "pdf", "html")
TIME_LIMIT = 30.0  # seconds
NOTEBOOK_TIME_LIMIT, NOTEBOOK_NODES = 5.0, 200

NO_DOT = (
    "no Graphviz found to draw with: install your system's package graphviz (apt install graphviz, "
    "brew install graphviz) or `pip install graphviz-pure`; a drawing saved as .gv needs neither"
)


class Figure:
    """What `save` writes, the subclass's `content`, and a notebook shows, its `_shown`."""

    def save(self, path):
        """Write it to `path`, whose suffix says how: .gv, .svg, .png, .pdf or .html for a Drawing,
        .html for a page.

        Returns the path. Only .gv needs no `dot`. ValueError for another suffix, RuntimeError where
        no `dot` is found or it fails; an older file is replaced only by a whole new one.
        """
        return write_whole(path, self.content(path))

    def _repr_mimebundle_(self, include=None, exclude=None):
        """What a notebook shows: the picture, or where it is not to be had at once a line why."""
        try:
            return self._shown() | {"text/plain": repr(self)}
        except Exception as error:  # whatever it is, the notebook goes on
            return {"text/plain": f"{self!r}: {error}"}


class Drawing(Figure):
    """The picture of a graph. Notebooks show it; `save` writes it.

    source    the DOT text
    caption   what is shown, and what was folded or hidden
    title     the user's, or None
    """

    def __init__(self, source, nodes, edges, caption="", title=None):
        self.source = source
        self.caption = caption
        self.title = title
        self._nodes = nodes
        self._edges = edges

    def __repr__(self):
        return f"Drawing({self._nodes} nodes, {self._edges} edges)"

    @property
    def graph(self):
        """The same as a `graphviz.Source`, for all that the graphviz package can do."""
        import graphviz

        return graphviz.Source(self.source, format="svg")

    def svg(self):
        """The picture as SVG text. RuntimeError where no `dot` is found."""
        return render(self.source, "svg").decode()

    def html(self):
        """The picture as one HTML page that needs nothing else, as text. RuntimeError as `svg`."""
        return sheet(self.svg(), self.title or self.caption)

    def content(self, path):
        """The bytes that `save` writes to `path`; raises as it does."""
        path = Path(path)
        format = path.suffix.lower().removeprefix(".")
        if format not in FORMATS:
            endings = ", ".join(f".{f}" for f in FORMATS)
            raise ValueError(f"save: {path.name!r} must end in one of {endings}")
        if format == "gv":
            return self.source.encode()
        if format == "html":
            return self.html().encode()
        return render(self.source, format)

    def _shown(self):
        if self._nodes > NOTEBOOK_NODES:
            raise ValueError("too large to show here; save('graph.svg') draws it")
        return {"image/svg+xml": render(self.source, "svg", NOTEBOOK_TIME_LIMIT).decode()}


def find_dot():
    """The program to draw with as (path, kind), kind "dot" or "graphviz-pure"; None without one.

    In this order: the environment variable MICROGRAD_OPT_DOT (RuntimeError if it names no program),
    `dot` on the PATH, `graphviz-pure` on the PATH or among this Python's scripts.
    """
    named = os.environ.get("MICROGRAD_OPT_DOT")
    if named:
        path = shutil.which(named)
        if path is None:
            raise RuntimeError(f"MICROGRAD_OPT_DOT={named!r} is no program; correct or unset it")
        return path, "graphviz-pure" if Path(path).stem == "graphviz-pure" else "dot"
    scripts = sysconfig.get_path("scripts")
    for kind, folders in (("dot", None), ("graphviz-pure", None), ("graphviz-pure", scripts)):
        path = shutil.which(kind, path=folders)
        if path is not None:
            return path, kind
    return None


def render(source, format, time_limit=TIME_LIMIT):
    """DOT text as the bytes of an svg, png or pdf. RuntimeError, with the remedy, if it cannot be.

    The graphviz package can run `dot` too, but has no time limit, so this does.
    """
    program, kind = find_dot() or (None, None)
    if program is None:
        raise RuntimeError(NO_DOT)
    if format == "pdf" and kind == "graphviz-pure":
        raise RuntimeError(
            f"{program} draws svg and png, not pdf; install your system's package graphviz"
        )
    command = [program, "-Kdot", f"-T{format}"] + ["-Gdpi=144"] * (format == "png")
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=time_limit
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"{program} has not finished in {time_limit:g} s; draw a smaller part, or save "
            "a drawing as .gv"
        ) from None
    except OSError as error:
        raise RuntimeError(f"{program} cannot be run: {error.strerror}; {NO_DOT}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip()[-300:] or "it said nothing"
        raise RuntimeError(f"{program} failed with status {done.returncode}: {said}")
    return done.stdout
