"""What all tests share: every run is the same run."""

import random
import sys
from importlib.util import find_spec

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """A test that draws from the `random` module's own generator draws the same every time."""
    random.seed(0)


@pytest.fixture
def switching():
    """Threads take turns as often as they can, so that they meet in every line."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def pytest_collection_modifyitems(items):
    """The examples in plot/ need matplotlib, as its tests do."""
    for item in items:
        if find_spec("matplotlib") is None and item.nodeid.startswith("micrograd_opt/plot"):
            item.add_marker(pytest.mark.skip(reason="no matplotlib here"))
