"""What a saved program does when it is run alone: `export.py` copies these functions into it.

step is the program, numbers its arguments by name, and of says for each of its results which
argument, and which places in its list, it belongs to; None is all of it.
"""

import time


def demo(step, numbers):
    """The last call once more, and how long it takes."""
    outputs, _ = step(**numbers)
    shown = [x[0] if len(x) == 1 else f"{len(x)} numbers" for x in map(listed, outputs)]
    print("outputs:", *shown)
    start, calls = time.perf_counter(), 0
    while time.perf_counter() < start + 0.2:
        step(**numbers)
        calls += 1
    print(f"a step takes {(time.perf_counter() - start) / calls * 1e6:.1f} microseconds")


def descend(step, numbers, of, steps=100, rate=1.0):
    """Gradient descent, which halves its rate where the loss would grow."""
    outputs, gradients = step(**numbers)
    largest = max((abs(d) for g in gradients if g is not None for d in listed(g)), default=0.0)
    print(f"largest gradient: {largest:.6g}")
    (loss,) = (first,) = listed(outputs[0])
    for _ in range(steps):
        moved = changed(numbers, of, gradients, rate)
        outputs, new_gradients = step(**moved)
        (new,) = listed(outputs[0])
        if new <= loss:
            numbers, loss, gradients = moved, new, new_gradients
        else:
            rate /= 2.0
    print(f"{steps} steps of gradient descent: loss {first:.6g} -> {loss:.6g}")


def train(step, numbers, of, steps=100):
    """The optimizer's steps: what one returns goes into the next."""
    losses = []
    for _ in range(steps):
        outputs, updates = step(**numbers)
        losses += listed(outputs[0])
        numbers = changed(numbers, of, updates)
    print(f"{steps} steps: loss {losses[0]:.6g} -> {losses[-1]:.6g}")


def changed(numbers, of, results, rate=None):
    """The numbers with the results in their places, or less by rate times the results."""
    new = dict(numbers)
    for (name, places), found in zip(of, results, strict=True):
        if found is not None:
            flat = list(new[name])
            where = range(len(flat)) if places is None else places
            for i, result in zip(where, listed(found), strict=True):
                flat[i] = result if rate is None else flat[i] - rate * result
            new[name] = flat
    return new


def listed(x):
    """A list as it is, a number as a list of one."""
    return x if isinstance(x, list) else [x]
