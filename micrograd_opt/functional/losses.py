"""Losses: how wrong a prediction is, as one number to differentiate.

An elementwise loss is a formula of one prediction and its target. The same formula serves Tensors,
Values and lists of Values (a batch). Targets may always be plain numbers. Input and target must
have one shape: a (N, 1) against a (N,) is an error, since broadcasting would make N × N errors.

    reduction   'mean' over all elements, 'sum', or 'none'
    raises      ValueError for shapes that differ, an empty batch, a target outside its range

Five helpers from `lists_of_values.py` make one formula serve all of these:

    nodes     the arguments as Tensors or, where a Value is among them, as Arrays of Values
    each      the formula of whole Tensors, or element by element of Arrays of Values
    total     the sum as one node
    picked    from each row of an Array of Values, the element that its label names
    numbers   the plain numbers, for the checks of targets

Read next: `functional/layers.py`.
"""

from ..engine import ops
from ..engine.arguments import checked
from ..engine.tensor import Tensor
from .activations import log_softmax
from .lists_of_values import as_lists, check_labels, each, nodes, numbers, picked, total

__all__ = [
    "binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss", "huber_loss", "l1_loss",
    "mse_loss", "nll_loss",
]  # fmt: skip


def mse_loss(input, target, reduction="mean"):
    """(x − t)²."""

    def formula(x, t):
        error = x - t
        return error * error

    return _loss("mse_loss", formula, input, target, reduction)


def l1_loss(input, target, reduction="mean"):
    """|x − t|, with gradient 0 where x = t."""
    return _loss("l1_loss", lambda x, t: abs(x - t), input, target, reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """½d² where |d| ≤ delta, else delta·(|d| − ½delta), with d = x − t; Huber 1964.

    With c = d clamped to ±delta both are c·(d − ½c), and the gradient is c.
    """
    delta = checked(delta, "(0, inf]", "huber_loss: delta")

    def formula(x, t):
        d = x - t
        c = ops.maximum(ops.minimum(d, delta), -delta)
        return c * (d - c * 0.5)

    return _loss("huber_loss", formula, input, target, reduction)


def hinge_loss(input, target, reduction="mean"):
    """max(0, 1 − t·s) for scores s and targets t of ±1: zero once the margin t·s reaches 1.

    Cortes and Vapnik 1995. PyTorch has it for several classes only, as MultiMarginLoss.
    """
    _check_targets("hinge_loss", target, lambda t: t in (-1.0, 1.0), "-1 or 1")
    return _loss("hinge_loss", lambda s, t: ops.relu(1.0 - t * s), input, target, reduction)


def binary_cross_entropy_with_logits(input, target, reduction="mean"):
    """−t·log σ(x) − (1 − t)·log σ(−x) for logits x and probabilities t, 0 ≤ t ≤ 1.

    As t·softplus(−x) + (1 − t)·softplus(x): no term is negative, so no digits cancel, where
    PyTorch's (1 − t)·x + softplus(−x) gives 0 for x = −40 and t = 0, not 4e-18.
    """

    def formula(x, t):
        return t * ops.softplus(-x) + (1.0 - t) * ops.softplus(x)

    what = "binary_cross_entropy_with_logits"
    _check_targets(what, target, lambda t: 0.0 <= t <= 1.0, "between 0 and 1")
    return _loss(what, formula, input, target, reduction)


def cross_entropy(logits, target, reduction="mean", label_smoothing=0.0):
    """−log softmax(z)[t] = log(1 + Σ' exp(zⱼ − max)) + (max − z_t) for logits z, label t.

    Both terms are 0 or more, so no digits cancel at any logits; Σ' leaves out the maximum itself.
    logits: (N, C), target: (N,) whole numbers from 0 to C − 1; or (C,) and an int. As Values: a
    list of C Values and an int, or a list of such rows and a list of ints. With label_smoothing ε
    the target is 1 − ε on the label and ε/C spread over all classes; Szegedy et al. 2016. Unlike
    PyTorch's, the target is never a row of probabilities, and classes are always the last dim.

    >>> from micrograd_opt import Value
    >>> cross_entropy([Value(0.0), Value(1000.0)], 0).data
    1000.0
    """
    epsilon = checked(label_smoothing, "[0, 1]", "cross_entropy: label_smoothing")
    return _nll("cross_entropy", log_softmax(logits), target, reduction, epsilon)


def nll_loss(log_probs, target, reduction="mean"):
    """−log_probs[target]; shapes as for cross_entropy, of log-probabilities."""
    return _nll("nll_loss", log_probs, target, reduction, 0.0)


def _nll(what, log_probs, target, reduction, epsilon):
    """−log p[label] of each row; with smoothing −(1 − ε)·log p[label] − ε/C · Σ log p.

    For p = (½, ¼, ¼) and the label 0: log 2 without, 0.7·log 2 + 0.1·log(2·4·4) with ε = 0.3.
    """
    log_probs, labels = nodes(log_probs, target)
    _check_classes(what, log_probs, labels)
    if isinstance(log_probs, Tensor):
        at_label = log_probs.gather(-1, labels.unsqueeze(-1)).squeeze(-1)  # (N, C) → (N,)
    else:
        at_label = picked(log_probs, labels)
    if not epsilon:
        return _reduced(what, -at_label, reduction)
    spread = log_probs.sum(-1) * (epsilon / log_probs.shape[-1])
    return _reduced(what, at_label * (epsilon - 1.0) - spread, reduction)


def _loss(what, formula, input, target, reduction):
    """`formula` of each prediction and its target, reduced to a mean or a sum."""
    input, target = nodes(input, target)
    if input.shape != target.shape:
        raise ValueError(
            f"{what}: input {input.shape} and target {target.shape} differ in shape; reshape one, "
            "so that each element meets its own target"
        )
    return _reduced(what, each(formula, input, target), reduction)


def _reduced(what, losses, reduction):
    checked(reduction, ["mean", "sum", "none"], f"{what}: reduction")
    if not losses.size:
        raise ValueError(f"{what}: the batch is empty: input {losses.shape}; skip it instead")
    if reduction == "none":
        return as_lists(losses)
    return total(losses) / losses.size if reduction == "mean" else total(losses)


def _check_targets(what, target, allowed, rule):
    """Raise ValueError unless every target is allowed; name the first that is not."""
    for place, t in enumerate(numbers(*nodes(target))):
        if t is not None and not allowed(t):
            raise ValueError(f"{what}: target {t:g} at place {place} is not {rule}")


def _check_classes(what, log_probs, labels):
    """Raise ValueError unless the shapes fit and each label names a class."""
    if log_probs.ndim not in (1, 2) or labels.shape != log_probs.shape[:-1]:
        raise ValueError(
            f"{what}: input {log_probs.shape} and target {labels.shape}; "
            "needs (N, classes) and N labels, or (classes,) and one label"
        )
    check_labels(labels, log_probs.shape[-1], f"{what}: label")
