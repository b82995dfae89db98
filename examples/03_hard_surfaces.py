"""What makes it hard: a narrow valley, a bent one, walls, a saddle, a plateau.

SLIDE     So... optimization is really hard?; What's going on with gradient descent?
WHAT      Plain gradient descent on five functions of two numbers, each with the best of ten rates
          and the same 300 steps. The gradient knows the slope at one point and nothing else.
FORMULA   θ ← θ − α∇f(θ), until f is within a thousandth of the way from its start to its lowest
PREDICT   On which of the five does it not arrive? On which is the first step the longest, and on
          which the shortest, and what would that ask of α?
NOTICE    The slopes at the start differ by a factor of 10,000, from 0.0213 to 233, and the best
          rates by 300. Rosenbrock's function alone is never done: α must be small for its walls and
          is then too small for its floor. The valley takes 115 steps, nearly all of them along the
          floor. The others owe their few steps to a rate that was tried out for them; nobody tells
          a net's.
EXERCISE  exercises/hard_surfaces.py: how steep is too steep for a rate?

    python examples/03_hard_surfaces.py [FOLDER]    draws hard_surfaces.png (into runs/ else)
"""

import math

import micrograd_opt as mo
from micrograd_opt.optim import surfaces
from micrograd_opt.plot.figure import new_axes
from page import descend, save

RATES = [a * 10.0**k for k in range(-4, 1) for a in (1, 3)]
STEPS = 300
WHY = {
    "valley": "steep across, flat along",
    "rosenbrock": "a valley that bends",
    "beale": "walls of height 10⁵ beside a plain",
    "saddle": "level at the ridge",
    "plateau": "no slope where it starts",
}


def steps_to(f, points):
    """How many steps until a thousandth of the way down is left; None: never."""
    losses = [f(*point) for point in points]
    target = f.lowest + (losses[0] - f.lowest) / 1000
    return next((i for i, loss in enumerate(losses) if loss <= target), None)


def best(f):
    """(rate, points) of the run that is there first, else of the one that ends lowest."""
    runs = []
    for rate in RATES:
        try:
            points = descend(f, f.start, STEPS, lambda theta, a=rate: mo.optim.SGD(theta, lr=a))
        except (ValueError, OverflowError):  # it left for infinity
            continue
        end = f(*points[-1])
        if math.isfinite(end):
            runs.append((steps_to(f, points) or STEPS, end, rate, points))
    return min(runs)[2:]


axes = new_axes(None, panels=5, size=(17.0, 3.4))
print(f"{'surface':11} {'first slope':>11} {'best α':>7} {'steps':>6} {'f at the end':>13}   why")
for ax, make in zip(axes, (getattr(surfaces, name) for name in WHY), strict=True):
    f = make()
    rate, points = best(f)
    theta = [mo.Value(x) for x in f.start]
    slope = math.hypot(*[g.data for g in mo.grad(f(*theta), theta)])
    arrived = steps_to(f, points)
    steps = "never" if arrived is None else arrived
    end = f(*points[-1])
    print(f"{f.name:11} {slope:11.3g} {rate:7.3g} {steps:>6} {end:13.3g}   {WHY[f.name]}")
    figure = mo.plot.contour(f, *f.limits, paths={"gradient descent": points}, size=61, ax=ax)
    ax.set(title=f"{f.name}, α = {rate:g}")
    if ax is not axes[-1]:
        ax.get_legend().remove()
save(figure, "hard_surfaces.png")
