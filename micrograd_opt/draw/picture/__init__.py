"""What is drawn of a graph, as plain data: boxes, the arrows between them, frames, a caption.

In goes the root of a graph; out comes a Picture, which knows nothing of Graphviz. At level "op"
every node is a box. A coarser level folds nodes into boxes, and boxes that repeat over a batch into
one, so that 1,900 ops are some 40 boxes.

    >>> import random
    >>> from micrograd_opt import nn
    >>> from micrograd_opt.draw.picture.picture import picture
    >>> net = nn.scalar.MLP(2, [3, 1], rng=random.Random(0))
    >>> loss = sum(net(x) for x in ([1.0, 2.0], [3.0, 4.0]))
    >>> for level in ("op", "chain", "neuron", "layer"):
    ...     print(picture(loss, level).caption)
    44 ops
    44 ops shown as 24 boxes by chain; repeats drawn once, ×2
    44 ops shown as 8 boxes by neuron; repeats drawn once, ×2; 13 parameters inside
    44 ops shown as 6 boxes by layer; repeats drawn once, ×2; 13 parameters inside

`picture.py` is the way through; `boxes.py` says what a box shows, `levels.py` which nodes share
one. `cycles.py` keeps boxes out of cycles, `rolling.py` finds repeats, `plan.py` takes the level
that fits, and `clusters.py` draws frames around modules.
Read next: `draw/picture/picture.py`.
"""
