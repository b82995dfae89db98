"""`micrograd-opt graph`: an expression, or the loss of a small model, drawn with its gradients.

Read next: `cli/digits.py`.
"""

import math
import random
import sys
from pathlib import Path
from typing import NamedTuple

from .. import data, draw, functional, nn
from ..draw.dot.dot import COLORS, DIRECTIONS
from ..draw.pages.backprop import backprop
from ..draw.picture.levels import LEVELS
from ..draw.tape.explain import explain
from ..engine.graph import Node
from ..engine.value import Value
from ..files.atomic_write import check_folder, write_whole
from .expression import Expression, assignments
from .task import (
    NAMES,
    add_file_arguments,
    as_json,
    count,
    file_options,
    is_data,
    model_for,
    split,
    widths,
)

HELP = "draw an expression, or a model's loss, and gradients"

USED_BY = {  # an option: those without one of which it has no effect
    "level": ("out",),
    "blanks": ("out",),
    "direction": ("out", "html"),
    "color": ("out",),
    "max_nodes": ("out", "html", "explain"),
}


def add_arguments(parser):
    add = parser.add_argument
    add("what", metavar="EXPRESSION", help="such as 'tanh(a*b + c)'; after -- if it starts with -; "
        f"or {NAMES} or a CSV file, for the loss of a mini-batch")  # fmt: skip
    add("--set", action="append", default=[], metavar="NAME=NUMBER",
        help="a variable's value; only with it is a data set's name a variable")  # fmt: skip
    add("--out", metavar="FILE", help="draw into FILE: .svg, .png, .pdf, .html or .gv")
    add("--html", metavar="FILE", help="write a page that shows backprop step by step")
    add("--level", choices=("auto", *LEVELS), help="what a box stands for (auto)")
    add("--direction", choices=DIRECTIONS, help="where the arrows go (LR: left to right)")
    add(
        "--blanks",
        action="store_const",
        const=True,
        help="a sheet to fill in: empty boxes for gradients, the answers on page two",
    )
    add("--color", choices=COLORS, help="what the colour says (grad)")
    add("--max-nodes", type=count, metavar="N", help="the most to draw, explain or step to (200)")
    add("--hidden", type=widths, default=[32], metavar="N[,N…]", help="a model's widths (32)")
    add("--scalar", action="store_true", help="a model of Values: a node for each number")
    add("--batch-size", type=count, help="examples in the loss (32; of a scalar model 3)")
    add("--seed", type=int, default=0, help="draws the model and the batch to the bit (0)")
    add("--explain", action="store_true", help="print backprop node by node, not gradients alone")
    add("--json", action="store_true", help="print one line of JSON instead")
    add_file_arguments(parser)


class Subject(NamedTuple):
    """What is drawn: the node, its title, what is known of it, and its leaves by name."""

    root: Node
    title: str
    facts: dict
    leaves: dict  # a name: the Value or Tensor; or a list of the Values of a layer


def run(args):
    values = assignments(args.set, "--set")
    if is_data(args.what) and args.what not in values:
        subject = _loss(args, values)
    elif options := file_options(args):
        raise ValueError(f"--{next(iter(options))}: {args.what} is an expression; leave it out")
    else:
        subject = _expression(args.what, values)
    subject.root.backward()
    try:
        return _show(args, subject)
    except ValueError as error:
        raise ValueError(_in_options(str(error))) from None


def _show(args, subject):
    """Print what is to be printed, and write what is to be written, or neither."""
    if args.json:
        text = _as_json(subject)
    else:
        options = _options(args, "max_nodes")
        text = explain(subject.root, **options) if args.explain else _report(subject)
    try:
        written = _write(args, subject)
    except RuntimeError:  # no `dot`, or it failed; the text needs none
        print(text)
        raise
    print(text)
    if written:
        print(f"written: {', '.join(written)}", file=sys.stderr)
    for name, users in USED_BY.items():
        if getattr(args, name) is not None and not any(getattr(args, user) for user in users):
            needs = " or ".join(f"--{user}" for user in users)
            print(f"--{name.replace('_', '-')} has no effect without {needs}", file=sys.stderr)
    return 0


def _in_options(message):
    """What `draw` says of its arguments, said of the command's options."""
    message = message.replace("raise max_nodes (None: no limit)", "raise --max-nodes")
    return message.replace(", max_nodes is ", ", --max-nodes is ")


def _expression(text, values):
    """The expression at these values of its names; ValueError for one too few or too many."""
    expression = Expression(text)
    names = expression.names
    missing = [name for name in names if name not in values]
    if missing:
        remedy = " ".join(f"--set {name}=NUMBER" for name in missing)
        if names == [expression.text]:
            remedy += f", or name a data set: {NAMES} or a CSV file"
        raise ValueError(f"no value for {', '.join(missing)}; add {remedy}")
    for name in values:
        if name not in names:
            there = f"its names are {', '.join(names)}" if names else "it has no names"
            raise ValueError(f"--set: {name} is not in the expression; {there}")
    if not names:
        raise ValueError("no name in the expression, so no gradient; write such as a*2 --set a=3")
    leaves = {name: Value(values[name], label=name) for name in names}
    root = expression.evaluate(leaves)
    return Subject(root, expression.text, {"expression": expression.text}, leaves)


class ScalarMLP(nn.scalar.MLP):
    """A net of Values that takes a table: a list of outputs for each row."""

    def forward(self, x):
        return list(map(super().forward, x.tolist()))


def _loss(args, values):
    """The loss of the first mini-batch that `train` would see, on a model as it starts."""
    if values:
        raise ValueError(f"--set: {args.what} is a data set, without variables to set")
    rng = random.Random(args.seed)
    train, _ = split(args.what, rng, file_options(args))
    kind, size = (ScalarMLP, 3) if args.scalar else (nn.MLP, 32)
    model = model_for(args.what, train, args.hidden, rng, kind)
    loader = data.DataLoader(train, args.batch_size or size, shuffle=True, rng=rng)
    x, y = next(iter(loader))
    x.label = "x"
    loss = functional.cross_entropy(model(x), y)
    loss.label = "loss"
    facts = {"data": args.what, "model": repr(model), "batch": len(y)}
    leaves = {}
    for path, p in model.named_parameters():
        if args.scalar:
            leaves.setdefault(path.split(".neurons.")[0], []).append(p)
        else:
            leaves[path] = p
    return Subject(loss, f"{args.what}: the loss of {model}, batch of {len(y)}", facts, leaves)


def _write(args, subject):
    """The files asked for, or none where there is an error about one; returns their names."""
    if args.html and Path(args.html).suffix.lower() != ".html":
        raise ValueError(f"--html: {args.html!r} must end in .html")
    drawings = []
    if args.out:
        options = _options(args, "level", "direction", "color", "max_nodes", "blanks")
        drawings.append((draw(subject.root, title=subject.title, **options), args.out))
    if args.html:
        options = _options(args, "direction", "max_nodes")
        drawings.append((backprop(subject.root, title=subject.title, **options), args.html))
    files = [(check_folder(path), drawing.content(path)) for drawing, path in drawings]
    return [str(write_whole(path, content)) for path, content in files]


def _options(args, *names):
    """Those of the options that were given; for the others `draw` has its own defaults."""
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _gradient(leaf):
    """∂root/∂leaf of a Value; of more numbers than one the norm."""
    if isinstance(leaf, Value):
        return leaf.grad
    return math.hypot(*[p.grad for p in leaf] if isinstance(leaf, list) else leaf.grad.flat)


def _size(leaf):
    return f"{len(leaf)} Values" if isinstance(leaf, list) else str(leaf.shape)


def _report(subject):
    """The value, and a table of the leaves with their gradients."""
    root, title, facts, leaves = subject
    rows = [("variable", "value", "gradient")]
    if "data" in facts:
        rows = [("parameters", "shape", "‖gradient‖")]
    for name, leaf in leaves.items():
        text = f"{leaf.data:.6g}" if isinstance(leaf, Value) else _size(leaf)
        rows.append((name, text, f"{_gradient(leaf):.6g}"))
    wide = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [f"{a:{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}" for a, b, c in rows]
    return "\n".join([f"{title} = {root.item():.6g}", *lines])


def _as_json(subject):
    gradients = {name: _gradient(leaf) for name, leaf in subject.leaves.items()}
    return as_json({**subject.facts, "value": subject.root.item(), "gradients": gradients})
