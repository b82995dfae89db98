"""Schedules: the learning rate as a function of the step, and why it should fall.

SLIDE     Does the learning rate have to be constant?; For practical neural network training, we:
WHAT      θ, 20 numbers, learns the mean of noisy points, one point a step: ℓ = ½‖θ − x‖². The
          gradient is right only on average, as with mini-batches. Each schedule has the same 210
          steps and the same points, and starts at a distance of 10 √20 = 44.7.
FORMULA   linear decay       αᵢ = α (1 − i/max_steps)
          cosine annealing   αᵢ = α · ½ [1 + cos(π i/max_steps)]
          linear warmup      αᵢ = α (i + 1)/W  for the first W steps, then one of the others
PREDICT   A constant 0.5 and a constant 0.02: which is nearer to the mean after 20 steps, which
          after 210? What is the last rate of linear decay: 0, or more?
NOTICE    A large rate is soon there, and then jumps about, at √(20 α/(2 − α)) = 2.58 from the mean;
          a small one comes late. What falls from large to small has both: linear decay and the
          cosine are as near after 20 steps, and end at 0.66 and 0.57. The last step is i = 209, so
          linear decay ends with α/210 = 0.0024, the cosine with 0.000028, and neither with 0. The
          mean of all the points, which needs no rate at all, would be at √(20/210) = 0.31.
EXERCISE  exercises/schedules.py: the schedule that makes θ the mean of all points so far.

    python examples/07_schedules.py [FOLDER]    draws schedules.png (into runs/ else)
"""

import random

import micrograd_opt as mo
from micrograd_opt.optim import lr_scheduler, schedules
from micrograd_opt.plot.figure import finished, line_style, log_scale, new_axes, sparse
from page import save

STEPS, SIZE, LR, MEAN, RUNS = 210, 20, 0.5, 10.0, 4
LECTURE = {
    "constant": schedules.constant(LR),
    "constant, small": schedules.constant(LR / 25),
    "linear decay": schedules.linear_decay(LR, STEPS),
    "cosine": schedules.cosine_annealing(LR, STEPS),
    "warmup, cosine": schedules.linear_warmup(20, then=schedules.cosine_annealing(LR, STEPS - 20)),
}
OTHERS = {
    "step decay": schedules.step_decay(LR, every=50, gamma=0.3),
    "exponential": schedules.exponential(LR, gamma=0.98),
    "polynomial": schedules.polynomial(LR, STEPS, power=2),
    "inverse sqrt": schedules.inverse_sqrt(LR, warmup=20),
    "one cycle": schedules.one_cycle(LR, STEPS),
    "warm restarts": schedules.warm_restarts(LR, 30, mult=2),
    "wsd": schedules.wsd(LR, STEPS, warmup=20, decay=60),
}


def distances(schedule, seed):
    """How far θ is from the mean before the first step and after each."""
    rng = random.Random(seed)
    theta = mo.zeros(SIZE, requires_grad=True)
    optimizer = mo.optim.SGD([theta], lr=schedule)
    for _ in range(STEPS):
        yield sum((t - MEAN) ** 2 for t in theta.tolist()) ** 0.5
        x = mo.Tensor([rng.gauss(MEAN, 1.0) for _ in range(SIZE)])
        optimizer.zero_grad()
        (((theta - x) ** 2).sum() / 2).backward()
        optimizer.step()
    yield sum((t - MEAN) ** 2 for t in theta.tolist()) ** 0.5


def mean_distances(schedule):
    """The mean over some runs: one alone may be lucky."""
    runs = zip(*[distances(schedule, seed) for seed in range(RUNS)], strict=True)
    return [sum(column) / RUNS for column in runs]


curves = {name: mean_distances(schedule) for name, schedule in (LECTURE | OTHERS).items()}
print(f"{'':16} {'αᵢ at i = 0':>12} {'i = 209':>10}   distance after 20 steps   210 steps")
for name, schedule in (LECTURE | OTHERS).items():
    rates = f"{schedule(0):12.4f} {schedule(STEPS - 1):10.6f}"
    print(f"{name:16} {rates} {curves[name][20]:25.2f} {curves[name][STEPS]:11.2f}")

# PyTorch's classes write lr into the groups, one scheduler.step() after each optimizer.step()
theta = mo.Value(0.0)
optimizer = mo.optim.SGD([theta], lr=LR)
scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
for _ in range(150):
    optimizer.step()
    scheduler.step()
in_force = optimizer.param_groups[0]["lr"]
print(f"\nα at i = 150: CosineAnnealingLR {in_force:.6f}, cosine {LECTURE['cosine'](150):.6f}")

left, right = new_axes(None, panels=2, size=(12.5, 4.4))
mo.plot.schedules(*LECTURE.values(), labels=list(LECTURE), max_steps=STEPS, ax=left)
left.get_legend().remove()
for i, name in enumerate(LECTURE):
    right.plot(curves[name], label=name, markevery=sparse(i, STEPS), **line_style(i))
right.set(title=f"Mean of {RUNS} runs", xlabel="step", ylabel="distance to the mean")
log_scale(right, "y")
right.grid(alpha=0.3)
save(finished([right], left.figure.data), "schedules.png")
