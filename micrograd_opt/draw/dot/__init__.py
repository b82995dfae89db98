"""A Picture becomes DOT, the language of Graphviz, and DOT an image.

In goes the root of a graph, through the room next door; out comes a Drawing, which keeps the DOT
text and runs a program, `dot`, only when an image is asked for.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.draw.dot.drawing import draw
    >>> drawing = draw(Value(3.0, label="x") * 2)
    >>> drawing, drawing.caption
    (Drawing(3 nodes, 2 edges), '1 op')
    >>> print(*[line for line in drawing.source.split("\\n") if "->" in line], sep="\\n")
      n1 -> n2 [id="n1-n2-1"]
      n0 -> n2 [id="n0-n2-1"]

`drawing.py` is `draw` itself, `dot.py` writes the text; `text.py` makes anyone's label harmless,
`colours.py` shows the size of a gradient, `render.py` finds and runs the program, and `html.py`
wraps an image in a page.
Read next: `draw/dot/drawing.py`.
"""
