"""`micrograd-opt doctor`: what is installed, which `dot` would draw, how to get the rest."""

import json
import platform
import shutil
from importlib import metadata

from .. import __version__
from ..draw import find_dot

HELP = "say what is installed and what to install for the rest"

#           package          what it is for                     how to get it
PACKAGES = (
    ("graphviz",      "the .graph of a drawing",     "pip install graphviz"),
    ("tqdm",          "progress bars",                 "pip install tqdm"),
    ("matplotlib",    "plots: curves.png",             "pip install 'micrograd_opt[viz]'"),
    ("graphviz-pure", "a dot from PyPI: svg and png",  "pip install 'micrograd_opt[viz]'"),
    ("pytest",        "running the tests",             "pip install 'micrograd_opt[test]'"),
    ("pytest-xdist",  "tests on all cores",            "pip install 'micrograd_opt[test]'"),
    ("hypothesis",    "running the tests",             "pip install 'micrograd_opt[test]'"),
    ("selenium",      "driving a browser in tests",    "pip install 'micrograd_opt[test]'"),
    ("torch",         "comparing with PyTorch",        "pip install 'micrograd_opt[oracle]'"),
    ("micrograd",     "comparing with micrograd",      "pip install 'micrograd_opt[oracle]'"),
)  # fmt: skip

BROWSERS = ("chromium", "chromium-browser", "google-chrome")  # one, and its chromedriver


def add_arguments(parser):
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")


def run(args):
    packages = {name: _version(name) for name, _, _ in PACKAGES}
    dot, remedy = _dot()
    browser = _browser()
    if args.json:
        print(json.dumps({
            "micrograd_opt": __version__, "python": platform.python_version(),
            "packages": packages, "dot": None if dot is None else str(dot[0]), "browser": browser,
        }))  # fmt: skip
        return 0
    print(f"micrograd_opt {__version__} on Python {platform.python_version()}; "
          "everything that computes needs nothing more")  # fmt: skip
    for name, purpose, command in PACKAGES:
        version = packages[name]
        print(f"  {name:14} {version or 'missing':10} {purpose}"
              + ("" if version else f"; to get it: {command}"))  # fmt: skip
    if dot is None:
        print(f"  dot            missing    pictures as svg and png; to get it: {remedy}")
    else:
        print(f"  dot            {dot[0]} ({dot[1]})")
    if browser is None:
        print("  browser        missing    testing the pages that any browser shows; to get it: "
              "install your system's packages chromium and chromium-driver")  # fmt: skip
    else:
        print(f"  browser        {browser}")
    return 0


def _dot():
    """What `find_dot` finds, and what to do about it if it is None."""
    try:
        return find_dot(), "install your system's package graphviz, or pip install graphviz-pure"
    except RuntimeError as error:
        return None, str(error)


def _browser():
    """The path of a browser that tests can drive; None without it or its driver."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    return browser if shutil.which("chromedriver") else None


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
