"""Tuning: a larger batch takes a larger rate, and which settings are worth a search.

SLIDE     Tuning the optimization
WHAT      Softmax regression on 512 real digits, first for the rule of thumb "kα for kB": 3 epochs
          with batches of B = 4 at α = 0.05, then 2, 4, … times both. After it a race on a line
          through noisy points: SGD, momentum and Adam with other μ and β, each at eight rates.
FORMULA   k steps over B samples    θ − α∇ℓ₁(θ) − α∇ℓ₂(θ₁) − …
          one step over kB          θ − kα · (∇ℓ₁(θ) + … + ∇ℓₖ(θ))/k
          The same if the gradient does not change on the way; else they differ by O(α²).
PREDICT   Up to which kα will the loss after 3 epochs stay what it was? Which is worth more: another
          rate, or another μ?
NOTICE    For a linear loss the rule is exact; for the cross-entropy half the rate makes a quarter
          of the error. It holds up to kα = 1.6, 4 steps an epoch, and fails at 3.2: the largest
          curvature is 1.06, and beyond 2/1.06 = 1.88 the steps grow (page 02). Without the rule
          larger batches only make fewer steps. In the race the rate is what counts: ten times too
          small, it makes the loss 2.7 to 7.6 times as large, with μ = 0.9 only 1.3 times. At their
          best rates μ = 0, 0.5, 0.9 and both Adams end within 7 % of the lowest loss; μ = 0.99
          remembers too long for 100 steps.
EXERCISE  exercises/tuning.py: what the one step should have been.

    python examples/12_tuning.py [FOLDER]    draws tuning.png (into runs/ else)
"""

import math
import random

import micrograd_opt as mo
from micrograd_opt import optim
from micrograd_opt.functional import cross_entropy, linear
from micrograd_opt.plot.figure import finished, line_style, log_scale, new_axes
from page import save

ALPHA, B = 0.05, 4
DIGITS = mo.data.TensorDataset(*mo.data.load_digits()[:512])


def zeros():
    return [mo.zeros(10, 64, requires_grad=True), mo.zeros(10, requires_grad=True)]


def score(logits, labels):
    """The mean logit of the right digit, to be raised: a loss that is linear in the weights."""
    return -(mo.functional.one_hot(labels, 10) * logits).sum() / labels.size


def train(loss_fn, alpha, batch_size, samples=DIGITS, epochs=1):
    """The weights after so many epochs of SGD, from zeros."""
    theta = zeros()
    optimizer = optim.SGD(theta, lr=alpha)
    loader = mo.data.DataLoader(samples, batch_size, shuffle=True, rng=random.Random(0))
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss_fn(linear(images, *theta), labels).backward()
            optimizer.step()
    return theta


def loss_of(*theta):
    images, labels = DIGITS.tensors
    return cross_entropy(linear(images, *theta), labels)


# one step over 16 samples at 4α against four steps over 4 at α
sixteen = mo.data.TensorDataset(*DIGITS[:16])
errors = {}
print(f"{'largest difference in a weight':32} α = 0.1    α = 0.05   α = 0.025")
for name, loss_fn in {"linear loss": score, "cross-entropy": cross_entropy}.items():
    errors[name] = []
    for alpha in (0.1, 0.05, 0.025):
        four = train(loss_fn, alpha, 4, sixteen)
        one = train(loss_fn, optim.linear_scaling(alpha, 4, 16), 16, sixteen)
        gaps = [abs(a - b).max().item() for a, b in zip(four, one, strict=True)]
        errors[name].append(max(gaps))
    print(f"{name:32}" + "".join(f" {error:<10.2g}" for error in errors[name]))

losses = {"kα for kB": [], "α for kB": []}
factors = [1, 2, 4, 8, 16, 32, 64]
print(f"\n{'k':>3} {'kB':>5} {'kα':>6} {'loss after 3 epochs':>20}   with α alone")
for k in factors:
    alpha = optim.linear_scaling(ALPHA, B, k * B)
    for name, rate in {"kα for kB": alpha, "α for kB": ALPHA}.items():
        losses[name].append(loss_of(*train(cross_entropy, rate, k * B, epochs=3)).item())
    scaled, alone = (column[-1] for column in losses.values())
    print(f"{k:3} {k * B:5} {alpha:6.2f} {scaled:20.3f}   {alone:.3f}")


def largest_curvature(theta, rounds=15):
    """The Hessian's largest eigenvalue, by multiplying with it again and again."""
    rng = random.Random(0)
    v = [mo.randn(*p.shape, rng=rng) for p in theta]
    for _ in range(rounds):
        length = math.sqrt(sum((part * part).sum().item() for part in v))
        v = [part / length for part in v]
        product = [mo.Tensor(part.data) for part in mo.hvp(loss_of, theta, v)]
        curvature = sum((a * b).sum().item() for a, b in zip(v, product, strict=True))
        v = product
    return curvature


curvature = largest_curvature(train(cross_entropy, ALPHA, B, epochs=3))
print(f"largest curvature {curvature:.2f}: no step with α above {2 / curvature:.2f} is stable")


def momentum(mu):
    return lambda params, lr: optim.SGD(params, lr=lr, momentum=mu)


OTHERS = {
    "μ = 0.5": momentum(0.5),
    "μ = 0.9": momentum(0.9),
    "μ = 0.99": momentum(0.99),
    "adam, β₂ = 0.99": lambda params, lr: optim.Adam(params, lr=lr, betas=(0.9, 0.99)),
}
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
line = optim.surfaces.minibatch()
race = optim.race(line, line.start, OTHERS, budget=100, starts=3, rates=RATES)
curves = {name: dict(race.sensitivity(name)) for name in race.runs}
print(f"\n{'lowest loss ' + format(line.lowest, '.4f'):18} best rate    loss   at a tenth of it")
for name, curve in curves.items():
    rate = race.rate(name)
    tenth = RATES[RATES.index(rate) - 2]
    print(f"{name:18} {rate:9g} {curve[rate]:7.4f} {curve[tenth]:18.4f}")

left, right = new_axes(None, panels=2, size=(12.5, 4.4))
for i, (name, column) in enumerate(losses.items()):
    left.plot([k * ALPHA for k in factors], column, label=name, **line_style(i))
left.axvline(2 / curvature, color="0.4", linestyle=":", label="2 / largest curvature")
left.set(title="512 digits, 3 epochs with batches of 4k", xlabel="kα", ylabel="loss")
for i, (name, curve) in enumerate(curves.items()):
    right.plot(curve.keys(), curve.values(), label=name, **line_style(i))
right.set(title="A line through noisy points, 100 steps", xlabel="rate α", ylabel="median loss")
for ax in (left, right):
    log_scale(ax, "x")
    ax.grid(alpha=0.3)
left.legend(frameon=False, fontsize="small")
right.set_ylim(0.04, 1.5)
log_scale(right, "y")
save(finished([right], race), "tuning.png")
