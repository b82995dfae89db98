"""Pages that move: backprop step by step, and a graph during training.

In goes a graph, or several of one structure; out comes a Page, one HTML file that needs no network
and no other file. Python writes every number that the page will show; its scripts, in `assets/`,
only show and hide.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.draw.pages.backprop import backprop
    >>> x = Value(3.0, label="x")
    >>> backprop(x * x + x)
    Backprop(3 nodes, 3 steps)

`page.py` writes the file, `stage.py` puts a graph on it, `inline.py` makes Graphviz's SVG ready for
that. `cells.py` and `steps.py` are the numbers and the words of `backprop.py`; `snapshots.py` takes
the numbers of training steps for `frames.py`.
Read next: `draw/pages/page.py`.
"""
