"""Arrays: n-d arrays of floats, a flat tuple and a shape. Gradients begin in the next folder.

In goes a number, nested lists, or anything with `tolist()`. Out comes an Array, which nobody can
change.

    >>> from micrograd_opt.array.array import Array
    >>> x = Array.of([[1, 2, 3], [4, 5, 6]])
    >>> x.flat, x.shape  # row by row
    ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (2, 3))
    >>> x.T
    Array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    >>> x * Array.of([[10], [100]])  # a size of 1 stretches: the column stands there three times
    Array([[10.0, 20.0, 30.0], [400.0, 500.0, 600.0]])
    >>> x.sum(dim=1)
    Array([6.0, 15.0])

    ieee.py           functions of floats that answer where Python raises: 1/0 = inf
    shapes.py         the arithmetic of shapes: what broadcasts, and which shape comes out
    kernels.py        walks through flat lists: by strides, sums of products, softmax
    shape_methods.py  Shaped: flatten, T, mean, @ and the rest, on ten primitives (expand, sum …)
    array.py          Array: those ten on flat tuples, and arithmetic element by element

Read next: `array/ieee.py`.
"""
