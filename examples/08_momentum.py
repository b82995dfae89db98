"""Momentum: each step remembers the gradients before it, with weights that fade.

SLIDE     Momentum; Visualizing momentum
WHAT      The valley of page 02, now ten times narrower: κ = 100. Gradient descent zigzags across it
          and creeps along it. Momentum adds up what the gradients agree on, the way along, and
          cancels what they do not, the way across.
FORMULA   g ← ∇ℓ(θ) + μg,  θ ← θ − αg.  So the gradient of k steps ago counts with the weight μᵏ,
          and all of them together with 1/(1 − μ).  Adam's m̂ is a mean: (1 − β₁)β₁ᵏ/(1 − β₁ᵗ).
          On eigenvalues from λ₁ to λₙ = κλ₁ the best is α = (2/(√λ₁ + √λₙ))² with
          μ = ((√κ − 1)/(√κ + 1))²; the error then shrinks by √μ a step, not by (κ − 1)/(κ + 1).
PREDICT   Gradient descent needs 709 steps to come from (1, 1, 1) within 10⁻⁶ of the minimum: how
          many does momentum need? For μ = 0.9, with what weight does the gradient of 10 steps ago
          still count?
NOTICE    √κ takes the place of κ: 9/11 a step, not 99/101, so 95 steps. The price is in the first
          steps, which overshoot: across the valley |y| goes from 0.3 to 1.11 before it shrinks.
          For μ = 0.9 the sum is 10: a constant gradient ends in steps ten times as long. Adam's
          weights sum to 1 from the first step on, which is what dividing by 1 − β₁ᵗ is for.
EXERCISE  exercises/momentum.py: the best α and μ for the curvatures 2 and 50.

    python examples/08_momentum.py [FOLDER]    draws momentum.png (into runs/ else)
"""

import math

import micrograd_opt as mo
from micrograd_opt.plot.figure import line_style, new_axes
from micrograd_opt.plot.momentum import best_descent, best_momentum, rate
from page import descend, save

LAMBDAS = (1.0, 10.0, 100.0)
BEST = {"gradient descent": best_descent(LAMBDAS), "momentum": best_momentum(LAMBDAS)}
T = 30  # steps after which the weights are read


def bowl(x, y, z):
    return 0.5 * (x * x + 10.0 * y * y + 100.0 * z * z)


def walk(f, start, steps, alpha, mu):
    return descend(f, start, steps, lambda theta: mo.optim.SGD(theta, lr=alpha, momentum=mu))


steps_needed = {}
print(f"{'':18} {'α':>8} {'μ':>7}   {'rate a step':12} steps to 10⁻⁶")
for name, (alpha, mu) in BEST.items():
    path = walk(bowl, (1.0, 1.0, 1.0), 800, alpha, mu)
    steps_needed[name] = next(k for k, point in enumerate(path) if math.hypot(*point) <= 1e-6)
    factor = rate(alpha, mu, LAMBDAS)
    print(f"{name:18} {alpha:8.5f} {mu:7.4f}   {factor:<12.6f} {steps_needed[name]}")


def weights(optimizer_class, memory, t):
    """How much the gradient of k = 0 … t − 1 steps ago counts in the memory after t steps.

    One gradient of 1, all others 0: what the optimizer then remembers is that one's weight.
    """
    column = []
    for k in range(t):
        optimizer = optimizer_class([x := mo.Value(0.0)])
        for step in range(t):
            x.grad = float(step == t - 1 - k)
            optimizer.step()
        column.append(memory(optimizer, optimizer.state_dict()["state"]["0"])[0])
    return column


def momentum(params):
    return mo.optim.SGD(params, momentum=0.9)


def hat(optimizer, state):
    return optimizer.hats(state, optimizer.param_groups[0])["m_hat"]


bars = {
    "momentum, μ = 0.9": weights(momentum, lambda optimizer, state: state["b"], T),
    "Adam, step 5": weights(mo.optim.Adam, hat, 5),
    f"Adam, step {T}": weights(mo.optim.Adam, hat, T),
}
print(f"\nweight of the gradient of k steps ago, {'k = 0':>9} {'1':>7} {'4':>7} {'10':>7}   sum")
for name, column in bars.items():
    shown = " ".join(f"{column[k]:7.4f}" if k < len(column) else f"{'–':>7}" for k in (0, 1, 4, 10))
    print(f"{name:40}{shown}   {sum(column):.4f}")
print(f"the sum of all 0.9ᵏ is {1 / (1 - 0.9):.4f}")

valley = mo.optim.surfaces.valley(100)
paths = {name: walk(valley, (1.0, 0.3), 40, *best) for name, best in BEST.items()}
left, right = new_axes(None, panels=2, size=(12.5, 4.4))
mo.plot.contour(valley, (-0.1, 1.1), (-1.25, 1.25), paths=paths, ax=left)
left.set_title("40 steps in the valley, κ = 100")
for i, (name, column) in enumerate(bars.items()):
    style = line_style(i)
    edges = [k + 0.27 * (i - 1) for k in range(len(column))]
    right.bar(edges, column, 0.27, color=style["color"], label=f"{name}: sum {sum(column):.3g}",
              edgecolor="black", linewidth=0.4, hatch=["", "////", "...."][i])  # fmt: skip
right.set(title="What the past counts for", xlabel="k, steps ago", ylabel="weight of that gradient")
right.set(xlim=(-0.6, 20.6), xticks=range(0, 21, 5))
right.legend(frameon=False)
save(left.figure, "momentum.png")
