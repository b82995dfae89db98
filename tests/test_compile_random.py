"""Compiled and plain agree on random programs: 250 of Values, 250 of Tensors, 60 batched.

Each program is called twice, the second time with other arguments and changed parameters, so that
a number that was frozen shows; forced into kernels; and with each pass switched off, one by one.
"""

import importlib.util
import random

import pytest
from agreement import TIGHT, Outcome, agree, batch_mean, check, leaves_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import ELEMENTWISE, FLAVOURS, MAKERS, OPS, batches

from micrograd_opt import Tensor, Value
from micrograd_opt.compiler import Compiled
from micrograd_opt.graph import topological_order

PASSES = ("fold", "algebra", "slope", "common", "guards", "sums", "inline")
KERNELS = importlib.util.find_spec("micrograd_opt.compiler.listing") is not None


def programs(examples, *flavours):
    """A test of that many random programs: its random choices are hypothesis's, so it shrinks."""

    def decorated(test):
        slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
        test = given(st.sampled_from(flavours), st.randoms(use_true_random=True))(test)
        return settings(max_examples=examples, suppress_health_check=slow)(test)

    return decorated


def check_all(program):
    """The program as it is, in kernels, and without one of the passes."""
    rng = random.Random(0)
    kinds = [(), ("rows",)] if KERNELS else [()]
    for off in [*kinds, *[(name,) for name in PASSES]]:
        try:
            check(program, Compiled(program.function, off=off), rng)
        except ModuleNotFoundError:
            if KERNELS:
                raise


@programs(250, "values")
def test_a_random_program_of_values_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng))


@programs(100, "plain")
def test_a_random_program_of_tensors_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng))


@programs(100, "batch")
def test_a_random_program_of_a_batch_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng))


@programs(50, "net")
def test_a_random_net_with_a_loss_agrees_with_itself_compiled(flavour, rng):
    check_all(FLAVOURS[flavour](rng))


@programs(60, "sample")
def test_a_random_program_of_a_sample_agrees_with_the_mean_over_a_batch(flavour, rng):
    program = FLAVOURS[flavour](rng)
    plain, draw = batch_mean(program.function), batches(program)
    for off in [(), *[(name,) for name in PASSES]]:
        compiled = Compiled(program.function, batched=True, off=off)
        check(program, compiled, random.Random(0), plain, draw)
