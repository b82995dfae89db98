"""Where a run took place: the machine, the system and the versions."""

import os
import platform
from datetime import date
from importlib import metadata
from pathlib import Path

import micrograd_opt as mo


def facts():
    """(what, its name or number) pairs, in words for a reader."""
    packages = [f"micrograd_opt {mo.__version__}", _package("micrograd"), _package("torch")]
    return [
        ("date", date.today().isoformat()),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("system", f"{_system()}, {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("packages", ", ".join(packages)),
        ("load at the start", f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "–"),
    ]


def _package(name):
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"no {name}"


def _processor():
    """The model: Linux keeps it in a file."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def _system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
