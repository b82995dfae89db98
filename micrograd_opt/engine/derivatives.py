"""Whole matrices of derivatives, built from `grad`: jacobian, hessian, hvp.

Read next: `engine/gradcheck.py`, which holds every derivative against finite differences.
"""

from .backward import grad
from .creation import stack
from .graph import Node, as_tuple
from .value import Value


def jacobian(output, inputs, create_graph=False):
    """∂outputᵢ/∂inputⱼ for all elements, one backward pass for each element of the output.

    output: a node, or a function of the inputs that gives one. For one input comes one node of
    shape (*output.shape, *input.shape), a Value for Values; for several a tuple of them.
    Differs from `torch.autograd.functional.jacobian` in taking a node as well.

    >>> from micrograd_opt import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> jacobian(x * x, x).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    several = as_tuple(inputs)
    output = _output(output, several)
    if isinstance(output, Value) or not output.shape:
        blocks = grad(output, several, create_graph)
    else:
        rows = [grad(y, several, create_graph) for y in output.flatten()]
        blocks = tuple(
            stack(column).reshape(*output.shape, *x.shape)
            for x, column in zip(several, zip(*rows, strict=True), strict=True)
        )
    return blocks[0] if isinstance(inputs, Node) else blocks


def hessian(output, inputs, create_graph=False):
    """∂²output/∂inputᵢ∂inputⱼ of a scalar: the Jacobian of its gradient.

    output: a scalar node, or a function of the inputs that gives one. For one input comes one
    node, (*shape, *shape) for a Tensor; for several a tuple of rows of blocks. It costs a
    backward pass for each element of the inputs: `hvp` multiplies by it for the price of two.

    >>> x, y = Value(2.0), Value(3.0)
    >>> [[h.item() for h in row] for row in hessian(x * x * y, (x, y))]
    [[6.0, 4.0], [4.0, 0.0]]
    """
    several = as_tuple(inputs)
    first = grad(_output(output, several), several, create_graph=True)
    rows = tuple(jacobian(g, several, create_graph) for g in first)
    return rows[0][0] if isinstance(inputs, Node) else rows


def hvp(output, inputs, v):
    """The Hessian times v, without the Hessian: the gradient of ∇output · v.

    output: a scalar node, or a function of the inputs that gives one; v: like the inputs, nodes
    or plain numbers. Pearlmutter 1994. Differs from `torch.autograd.functional.hvp` in giving
    the product alone.
    """
    several = as_tuple(inputs)
    vectors = (v,) if isinstance(inputs, Node) else tuple(v)
    if len(vectors) != len(several):
        raise ValueError(f"hvp: {len(several)} inputs but {len(vectors)} parts of v")
    first = grad(_output(output, several), several, create_graph=True)
    along = sum(_inner(g, part) for g, part in zip(first, vectors, strict=True))
    products = grad(along, several)
    return products[0] if isinstance(inputs, Node) else products


def _output(output, inputs):
    return output if isinstance(output, Node) else output(*inputs)


def _inner(g, part):
    if isinstance(g, Value):
        return g * part
    product = g * part
    if product.shape != g.shape:
        raise ValueError(f"hvp: v {product.shape} does not match the input {g.shape}")
    return product.sum()
