"""Weight decay and ℓ₂-regularization: one thing for stochastic gradients, two for Adam.

SLIDE     Weight decay vs. ℓ2-regularization
WHAT      Both pull the weights to zero. ℓ₂ adds λ‖θ‖² to the loss; weight decay multiplies θ by
          1 − λ′ after each step. First a line is fitted by SGD with either. Then three weights get
          gradients that say nothing, +c, −c, +c, …, with c = 0.1, 1 and 10: what moves them on
          the whole is the pull alone.
FORMULA   ℓ₂       θ ← θ − α̃(∇ℓ(θ) + 2λθ)        the gradient of λθ² is 2λθ: PyTorch's
                                                 weight_decay is 2λ
          decay    θ ← (1 − λ′)(θ − α∇ℓ(θ))
          The same for  α̃ = (1 − λ′)α  and  λ = λ′/(2α(1 − λ′)).
PREDICT   Adam divides each gradient by its size, and the pull of ℓ₂ is a part of the gradient. Of
          the three weights, which will shrink most?
NOTICE    For SGD the paths agree to the last digits, for momentum they do not. With λ instead of 2λ
          they are 0.27 apart; with α and λ′/α, the same to first order, 0.02. Adam with ℓ₂ leaves
          0.02 of the weight with small gradients and 0.89 of the one with large gradients. AdamW
          shrinks all three alike, to 0.36: (1 − 0.005)²⁰⁰ is 0.37, the rest is Adam's first steps.
EXERCISE  exercises/weight_decay.py: the ℓ₂ in PyTorch's form that is the lecture's decay.

    python examples/11_weight_decay.py [FOLDER]    draws weight_decay.png (into runs/ else)
"""

import micrograd_opt as mo
from micrograd_opt import optim
from micrograd_opt.plot.figure import line_style, new_axes, sparse
from page import descend, save

ALPHA, DECAY = 0.1, 0.05  # α and λ′
RATE = (1 - DECAY) * ALPHA  # α̃
LAMBDA = DECAY / (2 * RATE)
POINTS = [(0.0, 1.0), (0.5, 1.4), (1.0, 2.3), (1.5, 2.4)]


def fit(slope, intercept):
    """The mean squared error of a line through four points."""
    return sum((slope * t + intercept - s) ** 2 for t, s in POINTS) / len(POINTS)


def penalized(slope, intercept):
    return fit(slope, intercept) + LAMBDA * (slope * slope + intercept * intercept)


def apart(one, other):
    """The largest difference between two paths."""
    pairs = zip(one, other, strict=True)
    return max(abs(a - b) for p, q in pairs for a, b in zip(p, q, strict=True))


def walk(f, make):
    return descend(f, (2.0, -1.0), 100, make)


decay = walk(fit, lambda p: optim.LectureSGD(p, lr=ALPHA, weight_decay=DECAY, decay="lecture"))
penalty = walk(penalized, lambda p: optim.SGD(p, lr=RATE))
rows = {
    "λ‖θ‖² in the loss, α̃": penalty,
    "SGD, lr α̃, weight_decay 2λ": walk(
        fit, lambda p: optim.SGD(p, lr=RATE, weight_decay=2 * LAMBDA)),
    "the same, weight_decay λ": walk(fit, lambda p: optim.SGD(p, lr=RATE, weight_decay=LAMBDA)),
    "the same, lr α and 2λ = λ′/α": walk(
        fit, lambda p: optim.SGD(p, lr=ALPHA, weight_decay=DECAY / ALPHA)),
}  # fmt: skip
gaps = {name: apart(path, decay) for name, path in rows.items()}
with_momentum = [
    walk(fit, lambda p: optim.LectureSGD(p, lr=ALPHA, momentum=0.9, weight_decay=DECAY)),
    walk(fit, lambda p: optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=2 * LAMBDA)),
]
gaps["both with momentum 0.9"] = apart(*with_momentum)
print(f"α = {ALPHA}, λ′ = {DECAY}: α̃ = {RATE:g}, λ = {LAMBDA:.4f}")
print(f"{'SGD on a line':32} apart from weight decay by")
for name, gap in gaps.items():
    print(f"{name:32} {gap:.1e}")

SIZES, STEPS, PULL = (0.1, 1.0, 10.0), 200, 0.5


def shrinking(optimizer_class):
    """The weights at each step, from 1, with gradients of ±c and a weight_decay of PULL."""
    theta = [mo.Value(1.0) for _ in SIZES]
    optimizer = optimizer_class(theta, lr=0.01, weight_decay=PULL)
    points = [tuple(p.data for p in theta)]
    for step in range(STEPS):
        for p, c in zip(theta, SIZES, strict=True):
            p.grad = -c if step % 2 else c
        optimizer.step()
        points.append(tuple(p.data for p in theta))
    return points


weights = {
    "SGD, ℓ₂": shrinking(optim.SGD),
    "Adam, ℓ₂": shrinking(optim.Adam),
    "AdamW": shrinking(optim.AdamW),
}
print(f"\nfrom 1, after {STEPS} steps   " + " ".join(f"  c = {c:<4g}" for c in SIZES))
for name, points in weights.items():
    print(f"{name:22}   " + " ".join(f"{w:9.4f}" for w in points[-1]))

even = range(0, STEPS + 1, 2)  # where the gradients +c and −c have cancelled
axes = new_axes(None, panels=3, size=(12.5, 4.0))
for ax, (name, points) in zip(axes, weights.items(), strict=True):
    for i, (c, column) in enumerate(zip(SIZES, zip(*points, strict=True), strict=True)):
        every = sparse(i, len(even))
        ax.plot(even, column[::2], label=f"gradients ±{c:g}", markevery=every, **line_style(i))
    ax.set(title=name, xlabel="step", ylabel="weight", ylim=(-0.05, 1.05))
    ax.grid(alpha=0.3)
axes[0].legend(frameon=False, fontsize="small")
save(axes[0].figure, "weight_decay.png")
