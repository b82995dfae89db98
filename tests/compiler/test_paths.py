"""Paths: what the code of a function reads, on each Python's own bytecode."""

import argparse
import dataclasses
import functools
import json
import statistics
import textwrap
import types

import pytest

from micrograd_opt import gradcheck
from micrograd_opt.compiler import follow
from micrograd_opt.compiler.paths import Paths

KL, TABLE, CONFIG = 0.5, {"a": {"b": [1.0, 2.0]}}, types.SimpleNamespace(l2=0.1, deep=None)
CONFIG.deep = types.SimpleNamespace(scale=2.0)
NAMES = ["a", "b"]


class Base:
    scale = 2.0

    def method(self, x):
        return x * self.scale


class Object(Base):
    def __init__(self):
        self.kl, self.parts, self.calls = 0.1, [1.0, 2.0], 0

    @property
    def doubled(self):
        return self.kl * 2.0

    def method(self, x):
        return super().method(x) * self.kl

    def counting(self, x):
        self.calls += 1
        return x

    def noting(self, x):
        self.output = x
        return self.output * 2.0


OBJECT = Object()


def helper(x, config):
    return x * config.l2


def with_defaults(x, scale=3.0, *, bias=1.0):
    return x * scale + bias


def closing():
    c = CONFIG.deep
    return lambda x: x * c.scale


CASES = {  # (function, paths that it has, paths that it has not)
    "a global": (lambda x: x * KL, ["KL"], []),
    "attributes": (lambda x: CONFIG.deep.scale, ["CONFIG.deep.scale"], ["CONFIG.l2"]),
    "keys": (lambda x: TABLE["a"]["b"][0], ["TABLE['a']['b']"], []),
    "a choice": (lambda x: (CONFIG if x else OBJECT).kl, ["OBJECT.kl", "CONFIG.kl"], []),
    "an argument of a helper": (lambda x: helper(x, CONFIG), ["CONFIG.l2"], ["CONFIG.deep"]),
    "a keyword of a helper": (lambda x: helper(x, config=CONFIG), ["CONFIG.l2"], ["CONFIG.deep"]),
    "defaults": (with_defaults, ["with_defaults.__defaults__", "bias"], []),
    "a loop": (lambda x: [x for _ in NAMES], ["what is in NAMES"], []),
    "a length": (lambda x: x * len(NAMES), ["what is in NAMES"], []),
    "a comprehension": (lambda x: sum(KL * y for y in x), ["KL"], []),
    "a property": (lambda x: OBJECT.doubled, ["OBJECT.kl"], ["OBJECT.parts"]),
    "a method, and super()": (lambda x: OBJECT.method(x), ["OBJECT.kl", "OBJECT.scale"], []),
    "a bound method": (OBJECT.method, ["self.kl", "self.scale"], []),
    "a partial": (functools.partial(helper, config=CONFIG), ["self(config=)"], []),
    "what the library is handed": (functools.partial(gradcheck, closing(), [1.0]), ["c.scale"], []),
    "a variable around": (closing(), ["c", "c.scale"], []),
    "getattr": (lambda x: getattr(CONFIG, "l2"), ["CONFIG.l2"], ["CONFIG.deep"]),  # noqa: B009
    "a whole object": (lambda x: str(CONFIG), ["CONFIG.l2", "CONFIG.deep.scale"], []),
    "a name to come": (lambda x: x * TO_COME, ["TO_COME"], []),  # noqa: F821
    "what is only counted": (OBJECT.counting, [], ["self.calls"]),
    "what it sets first": (OBJECT.noting, [], ["self.output"]),
    "identity": (lambda x: CONFIG.deep is None, ["CONFIG.deep"], ["CONFIG.deep.scale"]),
}


@pytest.mark.parametrize("function, there, not_there", CASES.values(), ids=CASES)
def test_the_paths_of_a_function(function, there, not_there):
    found = [path for path, _ in Paths(function).read()]
    assert set(there) <= set(found) and not set(not_there) & set(found)


def test_a_try_a_with_and_a_loop_in_a_loop_are_walked_to_the_end():
    source = """
    def function(x):
        for name in NAMES:
            with open(name) as file:
                try:
                    while x < KL:
                        x = x + OBJECT.kl if name else CONFIG.l2
                except (ValueError, KeyError) as error:
                    raise TypeError(CONFIG.deep.scale) from error
                else:
                    continue
                finally:
                    first, *rest = TABLE["a"]["b"]
        match x:
            case {"k": [y, *_]} if y:
                return f"{OBJECT.parts!r:>{KL}}"
        return [a + b for a in first for b in rest if not a or b], {**TABLE}, x[1:KL]
    """
    namespace = dict(globals())
    exec(textwrap.dedent(source), namespace)
    found = {path for path, _ in Paths(namespace["function"]).read()}
    assert found >= {
        "NAMES", "KL", "OBJECT.kl", "CONFIG.l2", "CONFIG.deep.scale", "TABLE['a']['b']",
        "OBJECT.parts", "what is in OBJECT.parts", "what is in TABLE",
    }  # fmt: skip


@pytest.mark.parametrize("module", [argparse, dataclasses, json.decoder, json.encoder, statistics])
def test_any_function_can_be_walked_and_reads_the_same_twice(monkeypatch, module):
    monkeypatch.setattr(follow, "is_walked", lambda function: True)
    monkeypatch.setattr(follow, "MOST_WALKS", 50)
    owners = [module, *[x for x in vars(module).values() if isinstance(x, type)]]
    functions = [x for o in owners for x in vars(o).values() if isinstance(x, types.FunctionType)]
    assert functions
    for function in functions:
        paths = Paths(function)
        assert paths.read() is paths.read()
