"""Normalisation layers, which keep the scale of what passes through them.

Read next: `nn/init.py`, which sets that scale at the start.
"""

from ..engine.arguments import COUNT, RATE, Optional, checked
from ..engine.creation import ones, zeros
from ..engine.tensor import as_tensor
from .module import Module, Parameter

__all__ = ["BatchNorm1d"]


class BatchNorm1d(Module):
    """y = (x − mean) / √(var + eps) · weight + bias, per feature; Ioffe and Szegedy 2015.

    x: (N, C) or (N, C, L) with C = num_features. In training mean and var (biased) are the batch's,
    and the running ones follow: running ← (1 − momentum)·running + momentum·batch (var unbiased);
    with momentum=None they are the average over all batches. After `eval()` the running ones are
    used. affine=False leaves weight and bias out. Raises ValueError for eps < 0 and a momentum
    outside [0, 1], for a wrong shape, and in training for a single value per feature, which has no
    variance.
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True):
        self.num_features = c = checked(num_features, COUNT, "BatchNorm1d: num_features")
        self.eps = checked(eps, RATE, "BatchNorm1d: eps")
        self.momentum = checked(momentum, Optional("[0, 1]"), "BatchNorm1d: momentum")
        affine = checked(affine, bool, "BatchNorm1d: affine")
        self.weight = Parameter(ones(c)) if affine else None
        self.bias = Parameter(zeros(c)) if affine else None
        self.register_buffer("running_mean", zeros(c))
        self.register_buffer("running_var", ones(c))
        self.register_buffer("num_batches_tracked", zeros())

    def forward(self, x):
        x, c = as_tensor(x), self.num_features
        if x.ndim not in (2, 3) or x.shape[1] != c:
            takes = f"(N, {c}) or (N, {c}, L)"
            raise ValueError(f"BatchNorm1d: input {x.shape}, the layer takes {takes}")
        over = (0, 2)[: x.ndim - 1]
        per_feature = (c, 1)[: x.ndim - 1]  # the shape in which (C,) broadcasts against x
        if self.training:
            if x.size <= c:
                raise ValueError(f"BatchNorm1d: input {x.shape} has no two values per feature")
            mean, var = x.mean(over), x.var(over, unbiased=False)
            self._follow(mean.data, var.data, x.size // c)
        else:
            mean, var = self.running_mean, self.running_var
        scale = 1.0 / (var + self.eps).sqrt()
        y = (x - mean.reshape(per_feature)) * scale.reshape(per_feature)
        if self.weight is None:
            return y
        return y * self.weight.reshape(per_feature) + self.bias.reshape(per_feature)

    def _follow(self, mean, var, n):
        """The running statistics moved towards those of a batch with n values per feature."""
        batches = self.num_batches_tracked.data + 1.0
        m = 1.0 / batches.item() if self.momentum is None else self.momentum
        self.running_mean.data = self.running_mean.data * (1.0 - m) + mean * m
        self.running_var.data = self.running_var.data * (1.0 - m) + var * (m * n / (n - 1))
        self.num_batches_tracked.data = batches

    def extra_repr(self):
        return f"{self.num_features}"
