"""Gradients kept within bounds before a step. Parameters are Tensors and Values, mixed if need be.

Read next: `nn/scalar.py`.
"""

import math
from collections.abc import Iterable

from ..array.array import Array, elementwise
from ..engine.arguments import checked
from ..engine.graph import Node

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=True):
    """All gradients scaled down together so that their joint norm is at most max_norm.

        norm = (Σ |g|^p)^(1/p),   g ← g · min(1, max_norm / (norm + 1e-6))

    p is norm_type; inf takes the largest |g|. Returns the norm before scaling, a float. Parameters
    without a gradient are left alone. Pascanu et al. 2013, algorithm 1.

    Raises ValueError for a negative max_norm, RuntimeError for a gradient that is NaN or infinite.
    With error_if_nonfinite=False, as in PyTorch, a NaN gradient makes all gradients NaN.
    """
    max_norm = checked(max_norm, "[0, inf]", "clip_grad_norm_: max_norm")
    norm_type = checked(norm_type, "(0, inf]", "clip_grad_norm_: norm_type")
    with_grad = _with_grad(parameters, "clip_grad_norm_")
    norms = [_norm(_flat(p), norm_type) for _, p in with_grad]
    if checked(error_if_nonfinite, bool, "clip_grad_norm_: error_if_nonfinite"):
        for (name, _), norm in zip(with_grad, norms, strict=True):
            if not math.isfinite(norm):
                raise RuntimeError(
                    f"clip_grad_norm_: the gradient of {name} has the norm {norm}; no scale "
                    "mends that: lower the lr, or look for the operation that made it"
                )
    norm = _norm(norms, norm_type)
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1.0:  # NaN spreads
        for _, p in with_grad:
            p.grad = p.grad * scale
    return norm


def clip_grad_value_(parameters, clip_value):
    """g ← min(max(g, −clip_value), clip_value), each element for itself.

    Raises ValueError for a negative clip_value, RuntimeError for a gradient that is NaN (PyTorch
    passes both on).
    """
    clip_value = checked(clip_value, "[0, inf]", "clip_grad_value_: clip_value")

    def clamp(g):
        return max(-clip_value, min(g, clip_value))

    with_grad = _with_grad(parameters, "clip_grad_value_")
    for name, p in with_grad:
        if any(map(math.isnan, _flat(p))):
            raise RuntimeError(
                f"clip_grad_value_: the gradient of {name} holds NaN, which no bound stops; "
                "look for the operation that made it"
            )
    for _, p in with_grad:
        p.grad = elementwise(clamp, p.grad) if isinstance(p.grad, Array) else clamp(p.grad)


def _with_grad(parameters, what):
    """(name, parameter) pairs of those that have a gradient; one parameter or several."""
    if not isinstance(parameters, (Node, Iterable)):
        found = f"{parameters!r:.60}"
        raise TypeError(f"{what}: expected parameters, as model.parameters() gives, got {found}")
    parameters = [parameters] if isinstance(parameters, Node) else list(parameters)
    for place, p in enumerate(parameters):
        if not isinstance(p, Node):
            raise TypeError(f"{what}: parameter {place} is {p!r:.60}, no Tensor or Value")
    return [
        (p.label or f"parameter {place}", p)
        for place, p in enumerate(parameters)
        if p.grad is not None
    ]


def _flat(p):
    """The gradient as a flat list of floats."""
    return p.grad.flat if isinstance(p.grad, Array) else [p.grad]


def _norm(numbers, p):
    """(Σ |x|^p)^(1/p), with the largest |x| taken out so that no power overflows."""
    sizes = [abs(x) for x in numbers]
    top = max(sizes, default=0.0)
    if any(map(math.isnan, sizes)):
        return math.nan
    if top in (0.0, math.inf) or p == math.inf:
        return top
    return top * math.fsum((x / top) ** p for x in sizes) ** (1.0 / p)
