"""What random programs are made of: leaves drawn anew, steps, and a Grower that adds them.

Read next: `elementwise_steps.py` and `tensor_steps.py`, the steps; `programs.py`, whole programs.
"""

import math
import random
from dataclasses import dataclass, field

from micrograd_opt import Tensor, Value
from micrograd_opt.array.array import Array
from micrograd_opt.engine import ops
from micrograd_opt.engine.graph import Node

# ---- leaves: what is drawn anew


@dataclass(eq=False)
class Leaf:
    """shape: None for a number. number: rng -> a float. role: argument, parameter or constant."""

    shape: tuple | None
    number: object
    role: str
    gradient: bool
    plain: bool = False  # handed over as a number or nested lists, not as a node
    node: Node = None  # of a parameter or constant

    def data(self, rng):
        if self.shape is None:
            return self.number(rng)
        return Array([self.number(rng) for _ in range(math.prod(self.shape))], self.shape)

    def made(self, rng):
        """A new argument."""
        data = self.data(rng)
        if self.plain:
            return data if self.shape is None else data.tolist()
        node = Value(data) if self.shape is None else Tensor(data)
        node.requires_grad = self.gradient
        return node


def around_zero(rng):
    return rng.uniform(-2.0, 2.0)


def label(n):
    return lambda rng: float(rng.randrange(n))


def probability(rng):
    return rng.random()


def side(rng):
    return rng.choice((-1.0, 1.0))


# ---- programs


@dataclass
class Step:
    text: str  # with {0}, {1} for its arguments
    run: object
    args: list  # places in the pool


@dataclass(eq=False)
class Program:
    """A function of the arguments, and how to draw them and the parameters anew."""

    flavour: str
    leaves: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    slots: list = field(default_factory=list)  # of the pool: a Leaf or a Step
    end: Step = None

    @property
    def parameters(self):
        return [leaf.node for leaf in self.leaves if leaf.role != "argument"]

    def arguments(self, rng):
        return [leaf.made(rng) for leaf in self.leaves if leaf.role == "argument"]

    def renew(self, rng):
        """New numbers in parameters and constants, as an optimizer writes them."""
        for leaf in self.leaves:
            if leaf.role != "argument":
                leaf.node.data = leaf.data(rng)

    def function(self, *args):
        args, pool = iter(args), []
        for slot in self.slots:
            if isinstance(slot, Step):
                pool.append(slot.run(*[pool[i] for i in slot.args]))
            else:
                pool.append(next(args) if slot.role == "argument" else slot.node)
        return self.end.run(*[pool[i] for i in self.end.args])

    def __repr__(self):
        lines = [f"a {self.flavour} program"]
        for i, slot in enumerate(self.slots):
            if isinstance(slot, Step):
                shown = slot.text.format(*[f"t{j}" for j in slot.args])
            else:
                kind = "plain " if slot.plain else "gradient " if slot.gradient else ""
                shown = f"{kind}{slot.role} {slot.shape}"
            lines.append(f"  t{i} = {shown}")
        return "\n".join([*lines, "  " + self.end.text.format(*[f"t{j}" for j in self.end.args])])


class Grower:
    """Adds steps to a program, running each on numbers as it goes, to know shapes and sizes."""

    def __init__(self, rng, flavour, rows=None):
        self.rng, self.rows = rng, rows
        self.numbers = random.Random(rng.randrange(1 << 30))
        self.program = Program(flavour)
        self.pool = []  # a node for each slot
        self.usable = []  # places of nodes of any numbers
        self.mixing = False  # whether a step may work along the rows

    def leaf(self, shape, number=around_zero, role=None, gradient=None, plain=False):
        """The place of a new leaf in the pool."""
        role = role or self.rng.choice(("argument", "parameter", "parameter", "constant"))
        if gradient is None:
            gradient = role == "parameter" or (role == "argument" and self.rng.random() < 0.5)
        made = Leaf(shape, number, role, gradient, plain)
        node = made.made(self.numbers)
        if role != "argument":
            made.node = node
        self.program.leaves.append(made)
        return self._slot(made, node)

    def _slot(self, slot, node):
        self.program.slots.append(slot)
        self.pool.append(node)
        return len(self.pool) - 1

    def step(self, text, run, *args, usable=True):
        """The place of a new step; tanh of it where its numbers grow large."""
        z = run(*[self.pool[i] for i in args])
        made = Step(text, run, list(args))
        self.program.steps.append(made)
        place = self._slot(made, z)
        if usable and not bounded(z):
            return self.step("tanh({0})", ops.tanh, place)
        if usable:
            self.usable.append(place)
        return place

    def pick(self):
        """A place, the latest more often."""
        if self.rng.random() < 0.4:
            return self.usable[-1]
        return self.rng.choice(self.usable)

    def again(self):
        """A step that was made before, once more: a repeated subexpression."""
        if self.program.steps:
            old = self.rng.choice(self.program.steps)
            self.step(old.text, old.run, *old.args)

    def with_shape(self, shape, **leaf):
        """A place with that shape: an old one, or a new leaf."""
        fits = [i for i in self.usable if getattr(self.pool[i], "shape", None) == shape]
        if fits and self.rng.random() < 0.6:
            return self.rng.choice(fits)
        place = self.leaf(shape, **leaf)
        self.usable.append(place)
        return place

    def shape(self, i):
        return self.pool[i].shape

    def has_rows(self, i):
        return self.rows is not None and self.shape(i)[:1] == (self.rows,)

    def low(self, i):
        """The first dim that a step may touch."""
        return 1 if self.has_rows(i) and not self.mixing else 0


def bounded(z):
    flat = z._data.flat if isinstance(z, Tensor) else [z._data]
    return max(map(abs, flat), default=0.0) < 20.0
