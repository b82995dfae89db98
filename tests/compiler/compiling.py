"""What the tests of compiled functions share: both kinds of program, weights, the comparison."""

import random

import pytest

import micrograd_opt as mo
from agreement import Outcome, agree, leaves_of

# A test runs twice: lowered as it comes, mostly to one loop over rows, and forced to whole lists.
KINDS = pytest.mark.parametrize("off", [(), ("rows",)], ids=["rows", "kernels"])


def weights(*shape, seed=1):
    return mo.randn(*shape, rng=random.Random(seed), requires_grad=True)


def assert_same(compiled, plain, args, parameters=()):
    """Raise AssertionError unless both give the same loss, and gradients of args and parameters."""
    leaves = [*parameters, *leaves_of(args)]
    expected, found = Outcome(plain, args, leaves), Outcome(compiled, args, leaves)
    wrong = agree(found, expected, leaves)
    assert wrong is None, wrong
