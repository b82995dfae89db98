"""The gradient's direction and its magnitude: sign descent, AdaGrad, RMSProp, Adam.

SLIDE     Gradient directions vs. magnitudes; What's so great about Adam?
WHAT      A valley with κ = 2¹⁴ = 16384: from (1, 1) the gradient is (1, 16384), and the way to go
          is −1 in both. Each optimizer takes 100 steps, all but the first with α = 0.03.
FORMULA   sign      θ ← θ − α sign(g)
          AdaGrad   v ← v + g²,              θ ← θ − α g/(√v + ε)
          RMSProp   v ← ρv + (1 − ρ)g²,      θ ← θ − α g/(√v + ε)
          Adam      m ← β₁m + (1 − β₁)g,     m̂ = m/(1 − β₁ᵗ)
                    v ← β₂v + (1 − β₂)g²,    v̂ = v/(1 − β₂ᵗ),    θ ← θ − α m̂/(√v̂ + ε)
PREDICT   How far does the first step of each move x, and how far y? If the loss is multiplied by
          1024, what becomes of Adam's path?
NOTICE    Where each gradient is divided by its own size, x and y walk as one, to the bit (ε is 0
          here, and κ a power of 2, which does not round). Adam's first step is α sign(g), and its
          path does not know the scale of the loss; with β₁ = β₂ = 0 it is sign descent. Sign
          descent never comes to rest, AdaGrad's steps shrink like 1/√t, RMSProp's first is 10 α.
          But the sizes are those along x and y. Turn the valley by 45°, so that neither lies along
          it: of the distance of 1.41 at least 0.99 is left after the 100 steps of any.
EXERCISE  exercises/magnitudes.py: Adam as a class of your own.

    python examples/10_magnitudes.py [FOLDER]    draws magnitudes.png (into runs/ else)
"""

import math

import micrograd_opt as mo
from micrograd_opt import optim
from micrograd_opt.plot.figure import line_style, log_scale, new_axes, sparse
from page import descend, save

KAPPA, ALPHA, STEPS = 2**14, 0.03, 100
valley = optim.surfaces.valley(KAPPA)


def turned(x, y):
    """The valley turned by 45°: the two curvatures are felt in both x and y."""
    return valley((x + y) / math.sqrt(2.0), (y - x) / math.sqrt(2.0))


def adam(theta, **settings):
    return optim.Adam(theta, lr=ALPHA, eps=0.0, **settings)


OPTIMIZERS = {
    "gradient descent": lambda theta: optim.SGD(theta, lr=2 / (1 + KAPPA)),
    "sign": lambda theta: optim.SignSGD(theta, lr=ALPHA),
    "AdaGrad": lambda theta: optim.Adagrad(theta, lr=ALPHA, eps=0.0),
    "RMSProp": lambda theta: optim.RMSprop(theta, lr=ALPHA, eps=0.0),
    "Adam": adam,
}
paths = {name: descend(valley, (1.0, 1.0), STEPS, make) for name, make in OPTIMIZERS.items()}
ends = {}
print(f"{'':16} first step of x and y     x = y   distance at the end    valley turned")
for name, path in paths.items():
    ends[name] = descend(turned, (0.0, math.sqrt(2.0)), STEPS, OPTIMIZERS[name])[-1]
    x, y = path[1]
    same = "always" if all(a == b for a, b in path) else "no"
    far = f"{math.hypot(*path[-1]):19.2g} {math.hypot(*ends[name]):16.2f}"
    print(f"{name:16} {x - 1:10.5f} {y - 1:10.5f} {same:>9} {far}")

scaled = descend(lambda x, y: 1024 * valley(x, y), (1.0, 1.0), STEPS, adam)
no_memory = descend(valley, (1.0, 1.0), STEPS, lambda theta: adam(theta, betas=(0.0, 0.0)))
print(f"\nAdam, the loss times 1024: the same path, {scaled == paths['Adam']}")
print(f"Adam with β₁ = β₂ = 0: the path of sign descent, {no_memory == paths['sign']}")

# m̂ and √v̂ at each step, and the last step in words
theta = [mo.Value(1.0, "x"), mo.Value(1.0, "y")]
optimizer = adam(theta)
sizes = {"|m̂| of x": [], "√v̂ of x": [], "|m̂| of y": [], "√v̂ of y": []}
for _ in range(STEPS):
    optimizer.zero_grad()
    valley(*theta).backward()
    optimizer.step()
    hats = optimizer.hats(optimizer.state_dict()["state"]["0"], optimizer.param_groups[0])
    for name, m, v in zip("xy", hats["m_hat"], hats["v_hat"], strict=True):
        sizes[f"|m̂| of {name}"].append(abs(m))
        sizes[f"√v̂ of {name}"].append(math.sqrt(v))
print("\n" + str(mo.explain(optimizer, only="y")))

left, right = new_axes(None, panels=2, size=(12.0, 4.4))
for i, (name, path) in enumerate(paths.items()):
    column = [math.hypot(*point) for point in path]
    left.plot(column, label=name, markevery=sparse(i, STEPS), **line_style(i))
left.set(title=f"The valley, κ = {KAPPA}", xlabel="step", ylabel="distance to the lowest point")
for i, (name, column) in enumerate(sizes.items()):
    steps = range(1, STEPS + 1)
    right.plot(steps, column, label=name, markevery=sparse(i, STEPS), **line_style(i))
right.set(title="What Adam divides, and by what", xlabel="step", ylabel="size")
for ax in (left, right):
    log_scale(ax, "y")
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize="small")
save(left.figure, "magnitudes.png")
