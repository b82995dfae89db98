"""What the pages share: the walk of an optimizer, the check of a class, where a picture goes."""

import inspect
import sys
from pathlib import Path

import micrograd_opt as mo


def descend(f, start, steps, optimizer):
    """The points that an optimizer passes on f(x, y, …), the start first.

    optimizer is a function of the parameters: lambda theta: mo.optim.SGD(theta, lr=0.1)
    """
    theta = [mo.Value(number) for number in start]
    stepper = optimizer(theta)
    points = [tuple(start)]

    def closure():
        stepper.zero_grad()
        loss = f(*theta)
        loss.backward()
        return loss

    for _ in range(steps):
        stepper.step(closure)
        points.append(tuple(p.data for p in theta))
    return points


def finding(answer, like, **settings):
    """What `check.optimizer` says of a class, as the finding of an exercise."""
    if not inspect.isclass(answer):
        return f"not yet: expected your class, got {answer!r:.60}"
    report = mo.check.optimizer(answer, like, **settings)
    return f"{'right' if report else 'not yet'}: {report}"


def save(picture, name):
    """Write a picture into the folder that the command line names, runs/ else, and say so."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        print(f"\ndrawn: {picture.save(folder / name)}")
    except RuntimeError as error:  # a graph, where no `dot` is installed
        print(f"\nnot drawn: {error}")
