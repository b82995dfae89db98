"""An op of Tensors as a graph of numbers: the same result, and the same gradients.

In goes a Tensor that was computed; out comes a Drawing of the Values inside its op, with the Values
themselves. A product of a row and a column is two products and a sum:

    >>> from micrograd_opt import Tensor
    >>> from micrograd_opt.draw.zoom.zoom import zoom
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> opened = zoom(x @ Tensor([3.0, 4.0]))
    >>> opened, opened.output, opened.inputs[0]
    (Drawing(7 nodes, 6 edges), Value(11.0, grad=1.0), [Value(1.0, grad=3.0), Value(2.0, grad=4.0)])

`zoom.py` checks what may be opened and draws it, `tensors_as_values.py` opens it.
Read next: `draw/zoom/zoom.py`.
"""
