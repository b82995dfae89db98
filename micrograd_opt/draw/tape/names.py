"""What nodes are called in text: their labels, made short, printable and unique; else v0, v1, …

Read next: `draw/tape/words.py`, the sentences.
"""

from collections import Counter

from .lines import columns, cut

LONGEST_NAME = 24  # columns


def names(order, reserved=()):
    """{node: its name} for a topological order; a label that several nodes have gets `:v7` too.

    >>> from micrograd_opt import Value
    >>> list(names([Value(1.0, "a"), Value(2.0), Value(3.0, "w"), Value(4.0, "w")]).values())
    ['a', 'v1', 'w:v2', 'w:v3']
    """
    labels = ["" if node.label is None else one_line(str(node.label)) for node in order]
    unnumbered = [label or f"v{i}" for i, label in enumerate(labels)]
    count = Counter([*unnumbered, *reserved])
    return {
        node: f"{name}:v{i}" if labels[i] and count[name] > 1 else name
        for i, (node, name) in enumerate(zip(order, unnumbered, strict=True))
    }


def one_line(label):
    r"""A label from anyone as a short piece of one line; what cannot be printed becomes �.

    >>> one_line("a\n b\0"), one_line("layers.0.attention.query.weight")
    ('a b�', 'layers.…ion.query.weight')
    """
    text = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(label.split()))
    if columns(text) <= LONGEST_NAME:
        return text
    head = cut(text, LONGEST_NAME // 3)
    tail = cut(text[:-LONGEST_NAME:-1], LONGEST_NAME - columns(head) + 1)
    return head + tail[-2::-1]
