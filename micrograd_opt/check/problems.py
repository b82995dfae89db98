"""The problems on which two optimizers are compared: few numbers, eight steps, each with one trap.

In step i = 0 … 7 the loss of a parameter θ is a bowl with a slope, cᵢ(s(θ − c)²/2 + nᵢθ): s is its
curvature, c its centre, the slopes nᵢ and the scales cᵢ change from step to step. All are drawn
from a seed, so that everyone is asked the same. In the first step all gradients are positive: so
even g in place of g² gives a number there, and no root of a negative one.
Read next: `check/runs.py`.
"""

import random
from functools import cache
from typing import NamedTuple

from ..engine.tensor import Tensor
from ..engine.value import Value

__all__ = []

STEPS = 8
SCALES = (1.0, 2.0, -0.1, 0.5, 0.2, -1.0, 0.1, 0.3)  # so that the gradients shrink and turn
RATES = (1.0, 1.0, 0.5, 0.25, 2.0, 2.0, 0.1, 0.1)
LABELS = {Value: "abc", Tensor: "Wb"}
SHAPES = ((2, 3), (1, 2))  # of W and b
SIZES = (1.0, 1e-6, 1e3)  # of the gradients of the first, second and third number
USUAL = {
    "lr": 0.1, "betas": (0.8, 0.95), "momentum": 0.9, "alpha": 0.9, "beta": 0.9, "rho": 0.8,
    "eps": 1e-3, "lr_decay": 0.1, "weight_decay": 0.0,
}  # fmt: skip


class Problem(NamedTuple):
    """One comparison: what is new in it, the settings that are varied, the traps."""

    what: str
    settings: dict
    sizes: tuple = (1.0, 1.0, 1.0)
    still: int | None = None  # the number of the parameter whose gradients are 0 …
    steps_still: tuple = ()  # … in these steps; a Tensor is then not used at all if it is `missing`
    missing: bool = False
    rates: tuple = (1.0,) * STEPS  # lr is multiplied by
    kind: type = Value

    def parameters(self):
        """Three Values, or two Tensors."""
        return [
            Value(x, label) if self.kind is Value else Tensor(x, True, label)
            for label, x in zip(LABELS[self.kind], drawn(self.kind, 0, 1.0, 2.0), strict=True)
        ]

    def loss(self, parameters, i):
        """The loss of step i, as a node."""
        curvatures, centres, slopes = coefficients(self.kind, i)
        total = 0.0
        for k, p in enumerate(parameters):
            scale = SCALES[i] * sizes(self, k)
            if self.still == k and i in self.steps_still:
                if self.missing:
                    continue
                scale = scale * 0.0
            bowl = ((p - centres[k]) ** 2 * curvatures[k] * 0.5 + p * slopes[k]) * scale
            total = total + (bowl if self.kind is Value else bowl.sum())
        return total

    def changes_lr(self):
        return len(set(self.rates)) > 1

    def told(self):
        """The problem in words."""
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        parameters = "three Values" if self.kind is Value else "Tensors W (2, 3) and b (1, 2)"
        return ", ".join(filter(None, [parameters, settings, self.what]))


def problems(settings, choices):
    """All problems, from the plain one to the traps: each on Values, then on Tensors.

    settings    the names of those that are varied
    choices     for flags and options, {name: another value than the default}
    """
    usual = {name: value for name, value in USUAL.items() if name in settings}
    plain = {name: usual[name] for name in ("lr", "weight_decay") if name in usual}
    found = [Problem("", plain), Problem("", usual)]
    found += [Problem("", usual | choice) for choice in choices]
    for name in ("dampening", "weight_decay"):
        if name in settings:
            found.append(Problem("", usual | {name: 0.25}))
            found += [Problem("", usual | {name: 0.25} | choice) for choice in choices]
    found += [
        Problem("gradients of very different size", usual, SIZES),
        Problem("gradients of 0 in steps 1, 4 and 5", usual, still=1, steps_still=(0, 3, 4)),
        Problem("an lr that changes in steps 3, 4, 5 and 7", usual, rates=RATES),
    ]
    found = [problem._replace(kind=kind) for problem in found for kind in (Value, Tensor)]
    missing = Problem("no gradient for b in steps 2, 3 and 6", usual, missing=True, kind=Tensor)
    return [*found, missing._replace(still=1, steps_still=(1, 2, 5))]


def drawn(kind, seed, low, high):
    """Numbers between low and high for all parameters of a kind: floats, or nested lists."""
    draw = random.Random(seed)
    if kind is Value:
        return [draw.uniform(low, high) for _ in LABELS[Value]]
    return [[[draw.uniform(low, high) for _ in range(n)] for _ in range(m)] for m, n in SHAPES]


@cache
def coefficients(kind, i):
    """The curvatures, centres and slopes of step i, for each parameter one number or Tensor."""
    all_of = drawn(kind, 1, 0.5, 2.0), drawn(kind, 2, -0.5, 0.5), drawn(kind, 3 + i, -1.0, 2.0)
    return [list(map(Tensor, of)) if kind is Tensor else of for of in all_of]


def sizes(problem, k):
    """The sizes of the gradients of parameter k: its own, or one for each column of a Tensor."""
    if problem.kind is Value:
        return problem.sizes[k]
    return Tensor(list(problem.sizes[: SHAPES[k][1]]))
