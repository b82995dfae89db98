"""One function checks all arguments and saved states: what is allowed, and what it answers."""

import math
from fractions import Fraction

import pytest

from micrograd_opt.engine.arguments import COUNT, NUMBER, RATE, WHOLE, Each, Optional, checked

BETAS = ("[0, 1)", "[0, 1)")


@pytest.mark.parametrize(
    ("value", "allowed", "plain"),
    [
        (1, RATE, 1.0),
        (Fraction(1, 2), "[0, 1)", 0.5),
        (math.inf, "[0, inf]", math.inf),
        (3, COUNT, 3),
        (0, WHOLE, 0),
        (math.inf, float, math.inf),
        (True, bool, True),
        ("mean", ["mean", "sum"], "mean"),
        ([0.9, 0], BETAS, (0.9, 0.0)),
        (None, Optional(RATE), None),
        (2, Optional(RATE), 2.0),
        ((1, 2), Each(NUMBER), [1.0, 2.0]),
        ([1.0, 2.0], Each(NUMBER, 2), [1.0, 2.0]),
        ([], Each(NUMBER), []),
        ({"a": 1, "b": [[1], []]}, {"a": COUNT, "b": Each(Each(WHOLE))}, {"a": 1, "b": [[1], []]}),
    ],
)
def test_what_is_allowed_comes_back_in_plain_python(value, allowed, plain):
    answer = checked(value, allowed, "x")
    assert answer == plain and type(answer) is type(plain)


def test_nan_is_a_number_only_where_any_number_is():
    assert math.isnan(checked(math.nan, float, "x"))
    for allowed in (NUMBER, RATE, "[0, inf]"):
        with pytest.raises(ValueError, match="got nan"):
            checked(math.nan, allowed, "x")


@pytest.mark.parametrize(
    ("value", "allowed", "error", "message"),
    [
        (1.0, "[0, 1)", ValueError, r"x must be in \[0, 1\), got 1.0"),
        (0.0, "(0, inf)", ValueError, r"x must be in \(0, inf\), got 0.0"),
        (math.inf, RATE, ValueError, "got inf"),
        (2.0, COUNT, ValueError, "x must be in {1, 2, …}, got 2.0"),
        (2, "{0, 1}", ValueError, "x must be in {0, 1}, got 2"),
        (10, "{0, 1, …, 9}", ValueError, "x must be in {0, 1, …, 9}, got 10"),
        ([1.0, -0.5], Each("[0, inf)"), ValueError, r"x\[1\] must be in \[0, inf\), got -0.5"),
        ([1.0, math.nan], Each("[0, inf)"), ValueError, r"x\[1\] must be in \[0, inf\), got nan"),
        ([1.0, math.inf], Each("[0, inf)"), ValueError, r"x\[1\] must be in \[0, inf\), got inf"),
        (0, COUNT, ValueError, "got 0"),
        (True, COUNT, TypeError, "x must be a number in {1, 2, …}, got True"),
        ("1", RATE, TypeError, "x must be a number in .*: expected a real number, got str"),
        (True, float, TypeError, "x must be a number, got True"),
        (1, bool, TypeError, "x must be True or False, got 1"),
        (1, str, TypeError, "x must be a str, got 1"),
        ("max", ["mean", "sum"], ValueError, "x must be one of 'mean', 'sum', got 'max'"),
        ([0.9, 2], BETAS, ValueError, r"x\[1\] must be in \[0, 1\), got 2"),
        ([0.9], BETAS, TypeError, "x must be 2 numbers in"),
        ("no", Optional(RATE), TypeError, "x must be a number"),
        ("12", Each(NUMBER), TypeError, "x must be a list, got '12'"),
        ({1.0, 2.0}, Each(NUMBER), TypeError, "x must be a list, got {1.0, 2.0}"),
        ({1.0: 2.0}.keys(), Each(NUMBER), TypeError, r"x must be a list, got dict_keys"),
        ([1.0], Each(NUMBER, 2), ValueError, "x must be a list of 2, got 1"),
        ([1.0, math.nan], Each(NUMBER), ValueError, r"x\[1\] must be in"),
        ([1e308, 1e308, math.inf], Each(NUMBER), ValueError, r"x\[2\] must be in"),
        ([1.0, None], Each(NUMBER, 2), TypeError, r"x\[1\] must be a number"),
        ([1], {"a": RATE}, TypeError, "x must be a dict, got list"),
        ({"b": 1}, {"a": RATE}, ValueError, "x: missing a; unexpected b"),
        ({"a": [{}]}, {"a": Each({"k": RATE})}, ValueError, r"x: a\[0\]: missing k; unexp"),
    ],
)
def test_what_is_not_is_named_with_its_place(value, allowed, error, message):
    with pytest.raises(error, match=message):
        checked(value, allowed, "x")


def test_a_list_whose_sum_overflows_is_still_taken():
    assert checked([1e308, 1e308], Each(NUMBER), "x") == [1e308, 1e308]
