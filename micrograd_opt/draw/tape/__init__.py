"""A backward pass as a list of steps, and in words.

In goes the root of a graph, a Value or a Tensor. Out comes a Tape: for each node at its turn, what
it sends to each parent, by which rule, and the parent's sum so far. `explain` puts it into words.

    >>> from micrograd_opt import Value
    >>> from micrograd_opt.draw.tape.tape import tape
    >>> x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    >>> xy = x * y
    >>> xy.label = "xy"
    >>> record = tape(xy + x)
    >>> for visit in record.visits:
    ...     for sent in visit.sent:
    ...         parent = record.order[sent.parent]
    ...         print(parent.label, sent.formula, "=", sent.numbers, "sum", sent.total)
    xy g = 1 sum 1.0
    x g = 1 sum 1.0
    x g * y = 1 * -3 sum -2.0
    y g * x = 1 * 2 sum 2.0

`tape.py` records, `formula.py` spells out a rule, `lines.py` and `names.py` make its text fit a
line, `words.py` says the sentences, and `explain.py` is what a user calls.
Read next: `draw/tape/tape.py`.
"""
