"""The same run in both libraries: three parameters in two groups, fed the same gradients.

The first two parameters are group 0, the last is group 1, which has hyperparameters of its own. The
gradients depend on a seed alone, so a path can be recorded where PyTorch is installed and run again
where it is not.
"""

import math
import random
from contextlib import contextmanager

from micrograd_opt import Tensor, optim
from micrograd_opt.array.array import Array
from micrograd_opt.optim.base.hyperparameters import at, scheduled

STEPS = 200
SHAPES = ((), (3,), (2, 3))
SHAPES_OF = {  # of optimizers that look at more than one element at a time
    "Adafactor": ((3,), (2, 3), (2, 2, 3)),
    "Muon": ((3, 3), (2, 4), (4, 2)),
}


def beginning(seed, shapes=SHAPES):
    """The three parameters at first, as flat lists."""
    rng = random.Random(f"beginning {seed}")
    return [[rng.uniform(-2.0, 2.0) for _ in range(math.prod(shape))] for shape in shapes]


def gradients(seed, steps=STEPS, shapes=SHAPES):
    """For each step the three gradients, as flat lists: some zero, some None, never all None."""
    rng = random.Random(f"gradients {seed}")
    scale = 10.0 ** rng.uniform(-4.0, 2.0)
    for _ in range(steps):
        row = []
        for shape in shapes:
            kind = rng.random()
            size = 0.0 if kind < 0.05 else scale
            g = [rng.uniform(-1.0, 2.0) * size for _ in range(math.prod(shape))]
            row.append(None if kind > 0.95 and len(row) < 2 else g)
        yield row


def furthest(ours, theirs):
    """The largest |Δ| / max(1, |θ|)."""
    return max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(ours, theirs, strict=True))


# ---- ours


def our_optimizer(name, arguments, own, seed):
    """This library's `name`, of the three parameters in their two groups."""
    shapes = SHAPES_OF.get(name, SHAPES)
    params = [
        Tensor(Array(flat, shape), requires_grad=True)
        for flat, shape in zip(beginning(seed, shapes), shapes, strict=True)
    ]
    groups = [{"params": params[:2]}, {"params": params[2:], **own}]
    return getattr(optim, name)(groups, **arguments)


def elements(optimizer):
    return [x for group in optimizer.param_groups for p in group["params"] for x in p.data.flat]


def fed(optimizer, row):
    """The optimizer after a step with these gradients."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for p, g in zip(params, row, strict=True):
        p.grad = None if g is None else Array(g, p.shape)
    optimizer.step()
    return optimizer


def our_path(name, arguments, own, seed, steps=STEPS):
    """Where our `name` takes the parameters: after each step their elements in a row."""
    optimizer = our_optimizer(name, arguments, own, seed)
    for row in gradients(seed, steps, SHAPES_OF.get(name, SHAPES)):
        yield elements(fed(optimizer, row))


# ---- PyTorch's


def torch_optimizer(name, params, arguments, own):
    """torch.optim's `name` with two groups, and a function that sets its schedules for step i."""
    import torch

    given = [arguments, arguments | own]
    first, other = [{key: at(v, 0) for key, v in of_group.items()} for of_group in given]
    groups = [{"params": params[:2], **first}, {"params": params[2:], **other}]
    optimizer = getattr(torch.optim, name)(groups, **first)

    schedules = [{key: v for key, v in of_group.items() if scheduled(v)} for of_group in given]

    def schedule(i):
        for group, of_group in zip(optimizer.param_groups, schedules, strict=True):
            group.update({key: at(v, i) for key, v in of_group.items()})

    return optimizer, schedule


@contextmanager
def float64_muon():
    """Within it torch.optim.Muon's cast to bfloat16 is a copy in float64."""
    import torch

    cast = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone
    try:
        yield
    finally:
        torch.Tensor.bfloat16 = cast


def torch_path(name, arguments, own, seed, steps=STEPS):
    """As our_path, with torch.optim's `name`.

    PyTorch keeps NAdam's product and ASGD's rates in its default dtype: that must be float64.
    """
    import torch

    shapes = SHAPES_OF.get(name, SHAPES)
    params = [
        torch.tensor(flat, dtype=torch.float64).reshape(shape).requires_grad_()
        for flat, shape in zip(beginning(seed, shapes), shapes, strict=True)
    ]
    optimizer, schedule = torch_optimizer(name, params, arguments, own)
    for i, row in enumerate(gradients(seed, steps, shapes)):
        schedule(i)
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else torch.tensor(g, dtype=p.dtype).reshape(p.shape)
        with float64_muon():
            optimizer.step()
        yield [x for p in params for x in p.detach().flatten().tolist()]
