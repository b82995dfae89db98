"""gradcheck: backprop held against finite differences, the test that every rule has to pass.

Read next: `engine/arguments.py`.
"""

import random

from ..array.array import Array
from .arguments import COUNT, checked
from .backward import grad
from .graph import as_tuple
from .value import Value


class GradcheckError(RuntimeError):
    """A gradient that finite differences contradict."""


def gradcheck(func, inputs, eps=1e-5, atol=1e-8, rtol=1e-6, order=1):
    """True if the gradients of func(*inputs) agree with (f(x + h) − f(x − h)) / 2h.

    func    takes the inputs, gives a node or several; of many outputs a fixed random projection
            Σ wᵢ·outputᵢ is checked
    inputs  a leaf with requires_grad=True, or several
    eps     h = eps·max(1, |x|); its error is O(h²), and rounding adds about 1e-16/h
    order   2 checks the gradients of the gradients as well, and so on

    Raises GradcheckError with the input, the element and both figures if
    |analytic − numeric| > atol + rtol·|numeric|. Differs from PyTorch's in the tighter defaults.

    >>> from micrograd_opt import Tensor
    >>> gradcheck(lambda x: (x * x).sum(), Tensor([1.0, -2.0], requires_grad=True), order=2)
    True
    """
    checked(order, COUNT, "gradcheck: order")
    inputs = as_tuple(inputs)
    for i, x in enumerate(inputs):
        if x._prev or not x.requires_grad:
            raise ValueError(f"gradcheck: input {i}, {x!r}, must be a leaf with requires_grad")
    weights = random.Random(0)
    state = weights.getstate()

    def projected(*args):
        weights.setstate(state)  # the same weights at every call
        return _project(func(*args), weights)

    analytic = grad(projected(*inputs), inputs)
    for i, (x, g) in enumerate(zip(inputs, analytic, strict=True)):
        numeric = _numeric(projected, inputs, x, eps)
        for element, (a, n) in enumerate(zip(_flat(g), numeric, strict=True)):
            if not abs(a - n) <= atol + rtol * abs(n):
                raise GradcheckError(
                    f"input {i}, element {element}: backprop gives {a!r}, "
                    f"finite differences {n!r}, off by {abs(a - n):.1e}"
                )
    if order > 1:
        gradcheck(
            lambda *args: grad(projected(*args), args, create_graph=True),
            inputs, eps, atol, rtol, order - 1,
        )  # fmt: skip
    return True


def _project(outputs, weights):
    total = 0.0
    for y in as_tuple(outputs):
        if isinstance(y, Value):
            total = total + y * weights.uniform(0.5, 1.5)
        else:
            w = Array([weights.uniform(0.5, 1.5) for _ in range(y.size)], y.shape)
            total = total + (y * w).sum()
    return total


def _flat(node):
    return [node.data] if isinstance(node, Value) else node.data.flat


def _numeric(func, inputs, x, eps):
    """The central difference of func for each element of x, whose data are put back after."""
    data, flat, slopes = x.data, _flat(x), []

    def at(i, moved):
        flat_moved = [*flat[:i], moved, *flat[i + 1 :]]
        x.data = moved if isinstance(x, Value) else Array(flat_moved, data.shape)
        return func(*inputs).item()

    try:
        for i, element in enumerate(flat):
            h = eps * max(1.0, abs(element))
            slopes.append((at(i, element + h) - at(i, element - h)) / (2.0 * h))
    finally:
        x.data = data
    return slopes
