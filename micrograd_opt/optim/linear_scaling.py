"""The linear scaling rule: a larger batch takes a larger step.

Read next: `optim/adaptive.py`.
"""

from ..engine.arguments import COUNT, RATE, checked

__all__ = ["linear_scaling"]


def linear_scaling(lr, batch_size, new_batch_size):
    """The rate for batches of another size: kα for kB, k = new_batch_size / batch_size.

    One step over kB samples, θ − kα · (the mean of k gradients), then stands for k steps over B
    samples, θ − α · (each gradient in turn). It is exact only while the gradient does not change
    over those k steps, as for a loss linear in θ; else it is off by O(α²), for the k steps look
    at the gradient again on their way. So it is for plain SGD with a small kα; begin a large one
    with `schedules.linear_warmup`. Where kα exceeds what the curvature bears, it diverges.

    Raises ValueError unless lr is in [0, inf) and both sizes are among 1, 2, …
    Source: Goyal et al. 2017, §2.1; Lecture 6, tuning the optimization. PyTorch leaves it to you.

    >>> linear_scaling(0.1, batch_size=256, new_batch_size=8192)
    3.2
    """
    lr = checked(lr, RATE, "linear_scaling: lr")
    old = checked(batch_size, COUNT, "linear_scaling: batch_size")
    new = checked(new_batch_size, COUNT, "linear_scaling: new_batch_size")
    return lr * (new / old)
