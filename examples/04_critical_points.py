"""Critical points: where the gradient is zero, and what the Hessian's eigenvalues say of them.

SLIDE     An aside: critical points
WHAT      At a critical point ∇f = 0 and gradient descent stands still. The Hessian H, the matrix of
          second derivatives, tells the kinds apart: along an eigenvector the surface is a parabola
          whose curvature is the eigenvalue.
FORMULA   all λ > 0: a minimum; all < 0: a maximum; both signs: a saddle; one is 0: not said.
          For H = [[a, b], [b, c]]:  λ = (a + c)/2 ± √((a − c)²/4 + b²)
PREDICT   Two walks start on the saddle ½x² − ½y² + ¼y⁴: at (1, 0) and at (1, 0.001). Where does
          each end? And x⁴ + y⁴ has H = 0 at (0, 0): is that a minimum?
NOTICE    The saddle has the eigenvalues −1 and 1, its two minima 1 and 2. On the ridge, y = 0, no
          gradient points aside, so that walk ends at the saddle; the other leaves it, by a factor
          of 1.1 a step, and ends in a minimum. The noise of minibatches drives any walk off such a
          ridge. x⁴ + y⁴ has a minimum and x³ none, with the same eigenvalues, 0 and 0: then higher
          orders decide.
EXERCISE  exercises/critical_points.py: name the kinds of four points.

    python examples/04_critical_points.py [FOLDER]    draws critical_points.png (into runs/ else)
"""

import math

import micrograd_opt as mo
from page import descend, save

saddle = mo.optim.surfaces.saddle()


def eigenvalues(f, x, y):
    """Of the Hessian of f at (x, y), the smaller first."""
    theta = [mo.Value(x), mo.Value(y)]
    (a, b), (_, c) = [[h.data for h in row] for row in mo.hessian(f(*theta), theta)]
    middle, spread = (a + c) / 2, math.sqrt((a - c) ** 2 / 4 + b * b)
    return middle - spread, middle + spread


def kind(low, high):
    """What the eigenvalues say of a critical point."""
    if low > 0:
        return "minimum"
    if high < 0:
        return "maximum"
    return "saddle" if low < 0 < high else "not said"


POINTS = {
    "½x² − ½y² + ¼y⁴": (saddle, [(0.0, 0.0), (0.0, 1.0), (0.0, -1.0)]),
    "cos x + cos y": (lambda x, y: x.cos() + y.cos(), [(0.0, 0.0), (math.pi, 0.0)]),
    "x⁴ + y⁴": (lambda x, y: x**4 + y**4, [(0.0, 0.0)]),
    "x³": (lambda x, y: x**3 + 0.0 * y, [(0.0, 0.0)]),
}
print("function            x       y      eigenvalues   kind")
for name, (f, points) in POINTS.items():
    for x, y in points:
        low, high = eigenvalues(f, x, y)
        print(f"{name:15} {x:6.2f}  {y:6.2f}  {low:7.2f} {high:7.2f}   {kind(low, high)}")

walks = {
    f"from (1, {y:g})": descend(saddle, (1.0, y), 120, lambda theta: mo.optim.SGD(theta, lr=0.1))
    for y in (0.0, 0.001)
}
print()
for name, points in walks.items():
    x, y = points[-1]
    print(f"{name:16} after {len(points) - 1} steps at ({x:.5f}, {y:.5f})")

figure = mo.plot.contour(saddle, (-1.5, 1.5), (-1.5, 1.5), paths=walks, levels="linear")
save(figure, "critical_points.png")
