"""The engine: an expression becomes a graph of nodes, and a walk back through it gives gradients.

In go numbers as nodes, Values (scalars) or Tensors (n-d arrays). Out come results that know how
they were computed, and with `backward()` or `grad()` the derivatives by all that they depend on.

    >>> from micrograd_opt import Value, grad
    >>> a, b = Value(2.0), Value(3.0)
    >>> z = a * b + a
    >>> z.data, z._op, [x._op for x in z._prev]  # an add of a mul and a leaf
    (8.0, 'add', ['mul', ''])
    >>> z.backward()
    >>> a.grad, b.grad  # ∂z/∂a = b + 1, ∂z/∂b = a
    (4.0, 2.0)
    >>> first = grad(a**3, a, create_graph=True)  # 3a², itself a graph
    >>> grad(first, a).data  # 6a
    12.0

How does a * b get there, with a = 2, b = 3? `value.py` computes 6.0 and notes the op `mul` with the
parents (a, b). The row `mul` of the table in `ops.py` says what each parent receives of a gradient
g that arrives: a gets g · b, b gets g · a. And `backward.py` walks from the result to the leaves
and asks each node's row: with g = 1, a.grad becomes 3.0 and b.grad 2.0.

    graph.py         what a node is, and an op
    ops.py           every operation with its derivatives; what broadcasting does to a gradient
    backward.py      the chain rule in topological order; `grad`, `backward`
    state.py         what a new node takes note of; no_grad
    node_methods.py  x.exp(), x.relu() …, for both kinds of node
    value.py         Value; a * b from its forward to its gradient
    tensor.py        Tensor: the same on Arrays
    creation.py      Tensors from a shape or from other Tensors: zeros, randn, cat, where …
    derivatives.py   jacobian, hessian, hvp
    gradcheck.py     gradients against finite differences
    arguments.py     one way to check an argument, for the whole library

Read next: `engine/graph.py`.
"""
