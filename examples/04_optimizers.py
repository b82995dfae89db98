"""All optimizers in one race: the same start and budget, and a rate from the same short grid.

Two courses. A valley ½ Σ λᵢ zᵢ² with λ = 1, 10, 100, lying askew: what suits its steep sides crawls
along its floor, and that is what momentum and adaptive rates are for. And the digits: 200 images,
two epochs in batches of 10. The budget counts gradients, not steps, so that SAM pays for its second
point and L-BFGS for its line search (Newton's Hessian is free here, and would not be). Each rate of
the grid is tried, and the one with the lowest loss at the end is shown; all else stays at its
default. Wrappers go around SGD with momentum.

A race this short says who starts fast and is easy to tune, not who is best: a longer run, a
schedule or a finer grid changes the order.

    python examples/04_optimizers.py
"""

import inspect
import math
import random
import textwrap
import time

import micrograd_opt as mo
from micrograd_opt import optim

RATES = (0.001, 0.01, 0.1, 1.0)
TARGET, VALLEY_BUDGET = 1e-3, 250
IMAGES, EPOCHS, BATCH = 200, 2, 10

CURVATURE = mo.Tensor([1.0, 10.0, 100.0])
MIRROR = mo.Tensor([[1 / 3, -2 / 3, -2 / 3], [-2 / 3, 1 / 3, -2 / 3], [-2 / 3, -2 / 3, 1 / 3]])
DIGITS = mo.data.TensorDataset(*mo.data.load_digits()[:IMAGES])


def contenders():
    """{name: function of (parameters, lr)}: every optimizer that micrograd_opt.optim has."""
    found = {}
    for name in optim.__all__:
        cls = getattr(optim, name)
        if not (inspect.isclass(cls) and issubclass(cls, optim.Optimizer)):
            continue
        takes = inspect.signature(cls).parameters
        if "optimizer" in takes:
            found[name] = lambda params, lr, cls=cls: cls(optim.SGD(params, lr, momentum=0.9))
        elif "lr" in takes:
            found[name] = lambda params, lr, cls=cls: cls(params, lr=lr)
    momentum = {"momentum": 0.9}
    found["SGD, momentum"] = lambda params, lr: optim.SGD(params, lr, **momentum)
    found["SGD, Nesterov"] = lambda params, lr: optim.SGD(params, lr, nesterov=True, **momentum)
    return found


def run(optimizer, losses, budget):
    """Step on one loss function of `losses` after the other until `budget` gradients are used up.

    Returns the loss at each gradient; the last is inf if the run diverged.
    """
    seen = []

    def gradient(loss_fn):
        optimizer.zero_grad()
        loss = loss_fn()
        loss.backward()
        seen.append(loss.item())
        return loss

    for loss_fn in losses:
        try:
            optimizer.step(lambda loss_fn=loss_fn: gradient(loss_fn))
        except ValueError:  # a gradient or a parameter is no longer finite
            return [*seen, math.inf]
        if len(seen) >= budget:
            break
    if hasattr(optimizer, "eval"):  # schedule-free: the answer is the average
        optimizer.eval()
    return seen


def down_the_valley(make, lr):
    """(the loss at the end, how many gradients it took to TARGET)."""
    x = mo.Tensor([[0.4, -1.7, 1.1]], requires_grad=True)

    def loss():
        z = x @ MIRROR
        return 0.5 * (CURVATURE * z * z).sum()

    seen = run(make([x], lr), [loss] * VALLEY_BUDGET, VALLEY_BUDGET)
    needed = next((n for n, value in enumerate(seen) if value <= TARGET), math.inf)
    return (loss().item() if math.isfinite(seen[-1]) else math.inf), needed


def read_the_digits(make, lr):
    """(the loss, the accuracy) on the training images: how far the descent came, no more."""
    model = mo.nn.MLP(64, [16, 10], rng=random.Random(0))
    loss_fn = mo.functional.cross_entropy
    loader = mo.data.DataLoader(DIGITS, BATCH, shuffle=True, rng=random.Random(1))
    params = model.parameters()
    if make is entrants.get("Muon"):  # for matrices: the biases stay as they are
        params = [p for p in params if p.ndim == 2]
    batches = [batch for _ in range(EPOCHS) for batch in loader]
    losses = [lambda x=x, y=y: loss_fn(model(x), y) for x, y in batches]
    seen = run(make(params, lr), losses, len(batches))
    return mo.evaluate(model, loss_fn, DIGITS) if math.isfinite(seen[-1]) else (math.inf, 0.0)


def shown(number, width, form):
    """A number in its column, a dash for infinity."""
    return f"{number:{width}{form}}" if math.isfinite(number) else f"{'–':>{width}}"


entrants, started = contenders(), time.perf_counter()
notes = [
    "Muon moves matrices alone: on the digits the weights, not the biases. LBFGS is for full "
    "batches; on these small ones its picture of the curvature misleads it."
]
valley, digits = f"valley, {VALLEY_BUDGET} gradients", f"digits, {EPOCHS * -(-IMAGES // BATCH)}"
print(f"rates tried: {', '.join(f'{lr:g}' for lr in RATES)}\n")
print(f"{'':16}  {valley:^25}   {f'{digits} gradients':^24}")
print(f"{'':16}     lr      loss {f'to {TARGET:g}':>9}      lr      loss  accuracy")
for name, make in entrants.items():
    columns = []
    for course, forms in ((down_the_valley, (".1e", ".0f")), (read_the_digits, (".3f", ".3f"))):
        try:
            (loss, other), lr = min((course(make, lr), lr) for lr in RATES)
        except ValueError as error:  # it does not take so many parameters, say
            columns.append(f"{'–':>5} {'–':>9} {'–':>9}")
            notes.append(str(error))
        else:
            columns.append(f"{lr:5g} {shown(loss, 9, forms[0])} {shown(other, 9, forms[1])}")
    print(f"{name:16}  {'   '.join(columns)}")
print(f"\n{time.perf_counter() - started:.0f} s")
for note in notes:
    print(textwrap.fill(note, 95))

# Exercise: sort the optimizers by the rate they chose for the digits. Those that divide by the size
# of the gradient move by about lr, whatever the loss: which are they? Then give them a schedule,
# lr=optim.schedules.cosine_annealing(lr, 250), and see what becomes of their loss in the valley.
