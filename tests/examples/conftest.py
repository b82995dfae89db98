"""A page of examples/ is run once, in a folder of its own; its tests ask for what it computed."""

import contextlib
import io
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """run("02_gradient_descent"): its `names`, what it `printed`, and the `folder` it wrote into.

    As `python examples/02_gradient_descent.py FOLDER` does it; skipped where there is no
    matplotlib.
    """
    pytest.importorskip("matplotlib")

    def run(name):
        path, folder = EXAMPLES / f"{name}.py", tmp_path_factory.mktemp(name)
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            patch.setattr(sys, "argv", [str(path), str(folder)])
            patch.chdir(folder)
            names = runpy.run_path(str(path), run_name="__main__")
        return SimpleNamespace(names=names, printed=printed.getvalue(), folder=folder)

    return run
