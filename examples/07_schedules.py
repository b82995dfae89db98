"""Schedules: the learning rate as a function of the step, and why it should fall.

With mini-batches the gradient is right only on average. Far from the minimum that does not matter,
and a large rate α gets there sooner. Near it the noise keeps θ jumping about: the larger α, the
farther away. So start large and end small. Lecture 6 has the first four: a constant, linear decay,
cosine annealing, and a linear warmup before them; the others are variations that papers made known.

Here θ, 20 numbers, learns the mean of noisy points, one point a step: the loss is ½ ‖θ − x‖², and
each schedule has the same 210 steps and the same points. Its curve is drawn with one character for
4 steps, as high as α. On the right are α at the first and the last step, and how far θ ends from
the true mean, after a start at 10 √20 = 44.7. The mean of all 210 points would end at 0.29.

    python examples/07_schedules.py
"""

import random

import micrograd_opt as mo
from micrograd_opt.optim import lr_scheduler, schedules

STEPS, SIZE, LR, MEAN = 210, 20, 0.5, 10.0
SCHEDULES = [
    schedules.constant(LR),
    schedules.constant(LR / 25),
    schedules.linear_decay(LR, STEPS),
    schedules.cosine_annealing(LR, STEPS),
    schedules.linear_warmup(20, then=schedules.cosine_annealing(LR, STEPS - 20)),
    schedules.step_decay(LR, every=50, gamma=0.3),
    schedules.exponential(LR, gamma=0.98),
    schedules.polynomial(LR, STEPS, power=2),
    schedules.inverse_sqrt(LR, warmup=20),
    schedules.one_cycle(LR, STEPS),
    schedules.warm_restarts(LR, 30, mult=2),
    schedules.wsd(LR, STEPS, warmup=20, decay=60),
    schedules.join([schedules.linear_decay(LR, 100), schedules.constant(LR / 10)], milestones=[60]),
]


def distance(optimizer, theta, seed):
    """How far θ is from the mean after STEPS steps, each from one noisy point around it."""
    rng = random.Random(seed)
    for _ in range(STEPS):
        x = mo.Tensor([rng.gauss(MEAN, 1.0) for _ in range(SIZE)])
        loss = ((theta - x) * (theta - x)).sum() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return sum((t - MEAN) ** 2 for t in theta.tolist()) ** 0.5


def mean_distance(schedule, runs=3):
    """The mean over some runs: one alone may be lucky."""
    total = 0.0
    for seed in range(runs):
        theta = mo.Tensor([0.0] * SIZE, requires_grad=True)
        total += distance(mo.optim.SGD([theta], lr=schedule), theta, seed)
    return total / runs


def curve(schedule, width=52):
    """A schedule in characters, from 0 to LR."""
    steps = [round(column * (STEPS - 1) / (width - 1)) for column in range(width)]
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * schedule(i) / LR))] for i in steps)


print(f"{'schedule':17} {'the rate, step by step':52}  first    last    ends at")
for schedule in SCHEDULES:
    name, ends = type(schedule).__name__, mean_distance(schedule)
    print(f"{name:17} {curve(schedule)} {schedule(0):6.3f} {schedule(STEPS - 1):7.4f} {ends:10.3f}")

# The same by PyTorch's classes: they write lr into the groups, one step of theirs after each of the
# optimizer's. Each is a line over the functions above.
theta = mo.Tensor([0.0], requires_grad=True)
optimizer = mo.optim.SGD([theta], lr=LR)
scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
for _ in range(150):
    optimizer.zero_grad()
    (theta * theta).sum().backward()
    optimizer.step()
    scheduler.step()
function = schedules.cosine_annealing(LR, STEPS)
print(f"\nafter 150 steps {scheduler}; the function gives {function(150):g}")

# Any hyperparameter takes a schedule, and any function of the step is one.
optimizer = mo.optim.Adam(
    [theta],
    lr=schedules.one_cycle(0.01, STEPS),
    betas=(schedules.one_cycle(0.85, STEPS, div_factor=0.85 / 0.95, final_div_factor=1), 0.999),
    weight_decay=lambda i: 0.01 * (i >= 100),
)
print(f"at step 0: beta1 {optimizer.param_groups[0]['betas'][0]:.2f}, weight_decay "
      f"{optimizer.param_groups[0]['weight_decay']}")  # fmt: skip

# Exercise: α = 1 / (i + 1) makes θ the exact mean of all points so far. Add it to SCHEDULES (a
# lambda will do) and see whether any other comes as close. Then let θ begin at 1000: which of the
# schedules have not arrived after 210 steps, and why does the mean not mind?
