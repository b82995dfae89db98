"""Nesterov's accelerated gradient: the slope is taken where the momentum will have carried θ.

SLIDE     Nesterov's accelerated gradient
WHAT      The lecture's form takes the gradient ahead of θ; "the common implementation does not look
          like this equation, but it is equivalent": PyTorch stores the point ahead, φ = θ − αμg, so
          that its gradient is taken where the parameter is. Both walk here, side by side.
FORMULA   the lecture   g ← ∇ℓ(θ − αμg) + μg,  θ ← θ − αg
          PyTorch       b ← ∇ℓ(φ) + μb,        φ ← φ − α(∇ℓ(φ) + μb)
          For constant α and μ:  b = g  and  φ = θ − αμg  after every step.
PREDICT   A schedule changes α at every step: is φ = θ − αμg still true? Which α would it be, that
          of the step just taken or that of the next?
NOTICE    For a constant α the two differ by rounding alone. Under a schedule PyTorch looks ahead by
          the rate of this step, the lecture by that of the next: in the first step of the linear
          decay that is (α₀ − α₁)μg = 0.006, at worst 0.012, and 0.16 in a warmup. Both arrive.
          At κ = 100 it takes 157 steps, where the heavy ball (page 08) took 95. What it buys is a
          guarantee: both are tuned here for curvatures from 1 to 25, and on a convex function with
          just these the heavy ball circles for ever, while Nesterov's comes to rest.
EXERCISE  exercises/nesterov.py: the common form as a class of your own.

    python examples/09_nesterov.py [FOLDER]    draws nesterov.png (into runs/ else)
"""

import math

import micrograd_opt as mo
from micrograd_opt.optim import schedules
from micrograd_opt.plot.figure import line_style, new_axes
from page import descend, save

STEPS, ALPHA, MU = 40, 0.03, 0.8
valley = mo.optim.surfaces.valley(condition=10)


def closure_of(optimizer, params):
    """What step() calls for the gradient, as often and wherever the optimizer wants it."""

    def closure():
        optimizer.zero_grad()
        loss = valley(*params)
        loss.backward()
        return loss

    return closure


def side_by_side(alpha):
    """The points θ, θ − αμg and φ of each step; alpha is a number or a schedule."""
    theta, phi = ([mo.Value(number) for number in valley.start] for _ in range(2))
    lecture = mo.optim.LectureNesterov(theta, lr=alpha, momentum=MU)
    common = mo.optim.SGD(phi, lr=alpha, momentum=MU, nesterov=True)
    points = []
    for _ in range(STEPS):
        lecture.step(closure_of(lecture, theta))
        common.step(closure_of(common, phi))
        g = lecture.state_dict()["state"]["0"]["g"]
        reach = lecture.param_groups[0]["lr"] * MU  # the rate of the next step, where it looks
        ahead = tuple(p.data - reach * d for p, d in zip(theta, g, strict=True))
        points.append((tuple(p.data for p in theta), ahead, tuple(p.data for p in phi)))
    return points


RATES = {
    "constant": ALPHA,
    "linear decay": schedules.linear_decay(ALPHA, STEPS),
    "cosine": schedules.cosine_annealing(ALPHA, STEPS),
    "warmup, cosine": schedules.linear_warmup(5, schedules.cosine_annealing(ALPHA, STEPS - 5)),
}
walks = {name: side_by_side(alpha) for name, alpha in RATES.items()}
gaps = {name: [max(abs(a - b) for a, b in zip(ahead, phi, strict=True)) for _, ahead, phi in walk]
        for name, walk in walks.items()}  # fmt: skip
print(f"{'|φ − (θ − αμg)|':16} {'step 1':>9} {'largest':>9} {'at the end':>11}   loss at the end")
for name, gap in gaps.items():
    loss = valley(*walks[name][-1][0])
    print(f"{name:16} {gap[0]:9.1e} {max(gap):9.1e} {gap[-1]:11.1e}   {loss:.2g}")

LONG = {"lr": 1 / 100, "momentum": 9 / 11, "nesterov": True}  # 1/λₙ and (√κ − 1)/(√κ + 1)
bowl = descend(
    lambda x, y, z: 0.5 * (x * x + 10.0 * y * y + 100.0 * z * z),
    (1.0, 1.0, 1.0), 200, lambda params: mo.optim.SGD(params, **LONG),
)  # fmt: skip
steps_needed = next(k for k, point in enumerate(bowl) if math.hypot(*point) <= 1e-6)
print(f"\nκ = 100, from (1, 1, 1) to 10⁻⁶: {steps_needed} steps")


def lessard(x):
    """Convex, with the slope 25x below 1, x + 24 below 2, 25x − 24 above (Lessard et al. 2016)."""
    if x < 1.0:
        return 12.5 * x * x
    return 0.5 * x * x + 24.0 * x - 12.0 if x < 2.0 else 12.5 * x * x - 24.0 * x + 36.0


TUNED = {  # for κ = 25
    "heavy ball, α = 1/9, μ = 4/9": {"lr": 1 / 9, "momentum": 4 / 9},
    "Nesterov, α = 1/25, μ = 2/3": {"lr": 1 / 25, "momentum": 2 / 3, "nesterov": True},
}
tracks = {
    name: [x for (x,) in descend(lessard, (3.3,), 60, lambda p, form=form: mo.optim.SGD(p, **form))]
    for name, form in TUNED.items()
}
print(f"\n{'convex, from 3.3':30} step 58     step 59     step 60")
for name, track in tracks.items():
    print(f"{name:28} {track[-3]:9.4f}   {track[-2]:9.4f}   {track[-1]:9.4f}")

left, right = new_axes(None, panels=2, size=(12.5, 4.4))
theta, ahead, phi = zip(*walks["constant"], strict=True)
paths = {"the lecture's θ": [valley.start, *theta], "its θ − αμg": [valley.start, *ahead]}
mo.plot.contour(valley, (-0.3, 1.2), (-0.8, 1.2), paths=paths, ax=left)
left.plot(*zip(*phi, strict=True), linestyle="none", marker="+", color="black", markersize=9,
          zorder=4, label="PyTorch's φ")  # fmt: skip
left.legend(loc="lower right", fontsize="small")
left.set_title(f"α = {ALPHA}, μ = {MU}, constant")
for i, (name, track) in enumerate(tracks.items()):
    right.plot(track, label=name, markevery=3, **line_style(i))
right.set(title="A convex function with curvatures 1 and 25", xlabel="step", ylabel="x")
right.legend(frameon=False, fontsize="small")
right.grid(alpha=0.3)
save(left.figure, "nesterov.png")
