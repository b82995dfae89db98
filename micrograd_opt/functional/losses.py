"""Losses: how wrong a prediction is, as one number to differentiate.

An elementwise loss is a formula of one prediction and its target; the same line serves Tensors,
Values and lists of Values (a batch). Input and target have one shape: they never broadcast, so a
(N, 1) against a (N,) cannot become N × N errors in silence. Targets may always be plain numbers.

    reduction   'mean' over all elements, 'sum', or 'none'
    raises      ValueError for shapes that differ, an empty batch, a target outside its range

Read next: `functional.py`.
"""

from ..array import kernels
from ..array.ieee import as_float
from ..engine import ops
from ..engine.graph import state, varies
from ..engine.tensor import Tensor, as_tensor
from ..engine.value import Value
from .activations import as_lists, elementwise, form, holds_values, log_softmax


def mse_loss(input, target, reduction="mean"):
    """(x − t)²."""
    return _loss("mse_loss", _square_error, input, target, reduction)


def _square_error(x, t):
    error = x - t
    return error * error


def l1_loss(input, target, reduction="mean"):
    """|x − t|, with gradient 0 where x = t."""
    return _loss("l1_loss", lambda x, t: abs(x - t), input, target, reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """½d² where |d| ≤ delta, else delta·(|d| − ½delta), with d = x − t; Huber 1964.

    With c = d clamped to ±delta both are c·(d − ½c), and the gradient is c.
    """
    if not delta > 0.0:
        raise ValueError(f"huber_loss: delta {delta} must be positive")

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
    what = "binary_cross_entropy_with_logits"
    _check_targets(what, target, lambda t: 0.0 <= t <= 1.0, "between 0 and 1")
    return _loss(what, _logistic, input, target, reduction)


def _logistic(x, t):
    return t * ops.softplus(-x) + (1.0 - t) * ops.softplus(x)


def cross_entropy(logits, target, reduction="mean", label_smoothing=0.0):
    """−log softmax(logits)[target], exact to the last digits at any logits.

    logits: (N, C), target: (N,) whole numbers from 0 to C − 1; or (C,) and an int. As Values: a
    list of C Values and an int, or a list of such rows and a list of ints. With label_smoothing ε
    the target is 1 − ε on the label and ε/C spread over all classes; Szegedy et al. 2016. Unlike
    PyTorch's, the target is never a row of probabilities, and classes are always the last dim.

    >>> from micrograd_opt import Value
    >>> cross_entropy([Value(0.0), Value(1000.0)], 0).data
    1000.0
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"cross_entropy: label_smoothing {label_smoothing} is not within [0, 1]")
    log_probs = log_softmax(logits)
    return _nll("cross_entropy", log_probs, target, reduction, label_smoothing)


def nll_loss(log_probs, target, reduction="mean"):
    """−log_probs[target]; shapes as for cross_entropy, of log-probabilities."""
    if not holds_values(log_probs):
        log_probs = as_tensor(log_probs)
    return _nll("nll_loss", log_probs, target, reduction, 0.0)


def _nll(what, log_probs, target, reduction, smoothing):
    is_tensor = isinstance(log_probs, Tensor)
    labels = as_tensor(target) if is_tensor else as_lists(target)
    shape = form(log_probs)
    if len(shape) not in (1, 2) or form(labels) != shape[:-1]:
        raise ValueError(
            f"{what}: input {shape} and target {form(labels)}; "
            "needs (N, classes) and N labels, or (classes,) and one label"
        )
    _check_labels(f"{what}: label", labels, shape[-1])
    if is_tensor:
        picked = log_probs.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        total = log_probs.sum(-1) if smoothing else picked
    elif len(shape) == 1:
        picked = _picked(log_probs, labels)
        total = sum(log_probs) if smoothing else picked
    else:
        picked = [_picked(row, label) for row, label in zip(log_probs, labels, strict=True)]
        total = [sum(row) for row in log_probs] if smoothing else picked

    def formula(p, q):
        return p * (smoothing - 1.0) - q * (smoothing / shape[-1]) if smoothing else -p

    return _loss(what, formula, picked, total, reduction)


def _picked(row, label):
    """row[label]; of a label that varies from call to call, a choice among all."""
    if varies(label):
        return sum(ops.where(ops.eq(label, k), x, 0.0) for k, x in enumerate(row))
    return row[int(label)]


def _loss(what, formula, input, target, reduction):
    """`formula` of each prediction and its target, reduced."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{what}: reduction {reduction!r} is not one of 'mean', 'sum', 'none'")
    losses = elementwise(what, formula, input, target)
    is_tensor = isinstance(losses, Tensor)
    elements = None if is_tensor else _flat(losses)
    n = losses.size if is_tensor else len(elements)
    if not n:
        raise ValueError(f"{what}: the batch is empty: input {form(losses)}; skip it instead")
    if reduction == "none":
        return losses
    total = losses.sum() if is_tensor else sum(elements)
    return total / n if reduction == "mean" else total


def _check_targets(what, target, allowed, rule):
    """Raise ValueError unless every target is allowed; name the first that is not."""
    if varies(target):
        return
    for place, t in enumerate(_flat(as_lists(target))):
        if varies(t):
            continue
        t = t.data if isinstance(t, Value) else as_float(t)
        if not allowed(t):
            raise ValueError(f"{what}: target {t:g} at place {place} is not {rule}")


def _check_labels(what, labels, n):
    """Raise ValueError unless every label is a whole number from 0 to n − 1; name its place."""
    if varies(labels):  # then the program checks them, at each call
        state.trace.picks(labels, n, what)
        return
    labels = _flat(as_lists(getattr(labels, "data", labels)))
    for label in filter(varies, labels):
        state.trace.picks(label, n, what)
    kernels.check_index([0.0 if varies(x) else float(x) for x in labels], n, what)


def _flat(x):
    """The elements of nested lists, in order."""
    return [e for row in x for e in _flat(row)] if isinstance(x, (list, tuple)) else [x]
