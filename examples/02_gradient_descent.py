"""Gradient descent with a rate that is too low, right and too high.

SLIDE     Remember: gradient based optimization; What's going on with gradient descent?
WHAT      From a start, step against the gradient, again and again. The valley ½(x² + 10y²) has the
          curvature 1 along x and 10 along y; across y it is steep, along x nearly level.
FORMULA   θ ← θ − α∇f(θ).  Where the curvature is λ, the gradient is λθ, so one step multiplies θ
          by 1 − αλ:  after k steps  x = (1 − α)ᵏ x₀  and  y = (1 − 10α)ᵏ y₀
PREDICT   The start is (1, 1). For α = 0.01, 0.1, 2/11 and 0.21: which coordinate is far from 0
          after 40 steps, and which changes its sign at every step?
NOTICE    The rate serves two curvatures at once. What y can bear (|1 − 10α| < 1, so α < 0.2) is
          slow for x. 2/11 makes both factors equal in size, 9/11: no rate is faster. Beyond 0.2
          the steps across the valley grow, though along it all is well.
EXERCISE  exercises/gradient_descent.py: the fastest rate for the curvatures 2 and 50.

    python examples/02_gradient_descent.py [FOLDER]    draws gradient_descent.png (into runs/ else)
"""

import micrograd_opt as mo
from page import save

STEPS = 40
RATES = {"too low": 0.01, "lower than need be": 0.1, "right": 2 / 11, "too high": 0.21}
valley = mo.optim.surfaces.valley(condition=10)


def gradient_descent(f, start, alpha):
    """The points that gradient descent passes: the rule, and nothing else."""
    theta = [mo.Value(number) for number in start]
    points = [tuple(start)]
    for _ in range(STEPS):
        gradient = mo.grad(f(*theta), theta)
        theta = [mo.Value(p.data - alpha * g.data) for p, g in zip(theta, gradient, strict=True)]
        points.append(tuple(p.data for p in theta))
    return points


paths = {f"α = {a:.3g}, {name}": gradient_descent(valley, (1.0, 1.0), a)
         for name, a in RATES.items()}  # fmt: skip
print(f"after {STEPS} steps{'x':>20} {'y':>10} {'loss':>10}   factors a step")
for (name, points), alpha in zip(paths.items(), RATES.values(), strict=True):
    x, y = points[-1]
    factors = f"{1 - alpha:5.2f} {1 - 10 * alpha:5.2f}"
    print(f"{name:28} {x:9.4f} {y:10.3g} {valley(x, y):10.3g}   {factors}")

beginnings = {name: points[:13] for name, points in paths.items()}
figure = mo.plot.contour(valley, (-0.25, 1.15), (-1.6, 1.6), paths=beginnings)
save(figure, "gradient_descent.png")
