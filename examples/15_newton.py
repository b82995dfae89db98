"""Newton's method, and what it costs.

SLIDE     What's so great about Adam?
WHAT      "Actual second order methods like Newton's method are far too expensive." The Hessian H
          tells where the parabola through θ has its bottom, so Newton's step goes there at once.
          L-BFGS guesses H from the gradients of the last steps; Adam's √v̂ is a cheap guess of its
          diagonal.
FORMULA   θ ← θ − H⁻¹ ∇ℓ;  for n parameters n + 1 backward passes, n² numbers to store, n³/3
          multiplications to solve
PREDICT   How many steps does Newton need in the valley ½(x² + 100y²)? On Rosenbrock's function: how
          many gradient evaluations to a loss of 10⁻⁶, beside momentum and Adam at their best rates?
NOTICE    One step in the valley, whatever its condition. On Rosenbrock's function 5 steps, or 15
          gradient evaluations; L-BFGS takes 60, and momentum and Adam are not there after 400. The
          price grows with n: a step of the digits' net would take 2,411 backward passes and 5 · 10⁹
          multiplications, one of GPT-2 some 6 · 10²³. That is why deep learning goes without H.
EXERCISE  exercises/newton.py: a Newton step by hand.

    python examples/15_newton.py [FOLDER]    draws newton.png (into runs/ else)
"""

import micrograd_opt as mo
from micrograd_opt import optim
from page import descend, save

valley, rosenbrock = optim.surfaces.valley(), optim.surfaces.rosenbrock()
(x, y) = descend(valley, (1.0, 1.0), 1, lambda theta: optim.Newton(theta))[-1]
print(f"in the valley one step of Newton's goes from (1, 1) to ({x:.1e}, {y:.1e})\n")

race = optim.race(rosenbrock, rosenbrock.start, ["momentum", "newton", "lbfgs"], budget=400,
                  starts=1, target=1e-6)  # fmt: skip
print(race.summary())

print("\nparameters  gradients a step        numbers of H  multiplications to solve")
digits = sum(p.size for p in mo.nn.MLP(64, [32, 10]).parameters())
for what, n in {"a valley": 2, "moons": 337, "digits": digits, "GPT-2": 124_000_000}.items():
    print(f"{n:11,} {n + 1:17,} {n * n:25,} {n**3 // 3:25.0e}  {what}")

save(mo.plot.race(race), "newton.png")
