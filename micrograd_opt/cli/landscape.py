"""`micrograd-opt landscape`: the loss around the weights of a run.

Read next: `cli/expression.py`.
"""

import argparse
import random
import sys

from .. import functional, plot
from ..training.resume import fingerprint
from .folder import folder_of, saved_settings, saved_state
from .task import as_json, count, picture
from .train import prepared

HELP = "draw the loss around the weights that `train --out` left"


def add_arguments(parser):
    add = parser.add_argument
    add("checkpoint", metavar="CHECKPOINT", help="a run's folder, or its checkpoint.json")
    add("--size", type=count, default=25, metavar="N", help="N × N points (25)")
    add("--span", type=float, default=1.0, help="how far, in lengths of the weights (1)")
    add("--samples", type=count, default=300, metavar="N", help="of the training data (300)")
    add("--seed", type=int, default=0, help="draws the two directions (0)")
    add("--out", type=picture, metavar="FILE", help="the picture: .svg, .png or .pdf")
    add("--json", action="store_true", help="print one line of JSON instead of the summary")


def run(args):
    folder = folder_of(args.checkpoint)
    state = saved_state(folder)
    settings = saved_settings(folder)
    train, _, model, _ = prepared(argparse.Namespace(**settings))
    if state["data"] != fingerprint(train):
        raise ValueError(
            f"{folder}: was trained on other data than {settings['data']} holds now; "
            "put the old data back, or train anew"
        )
    model.load_state_dict(state["model"])
    figure = plot.landscape(
        model, functional.cross_entropy, train[: args.samples], size=args.size, span=args.span,
        rng=random.Random(args.seed),
    )  # fmt: skip
    if args.out is not None:
        written = figure.save(args.out)
    grid = figure.data
    if args.json:
        lowest, highest = grid.lowest(), grid.highest()
        print(as_json({"a": grid.xs, "b": grid.ys, "losses": grid.values,
                       "lowest": lowest, "highest": highest}))  # fmt: skip
    else:
        print(f"{model} after {len(state['history']['rows'])} epochs\n{grid.summary()}")
    if args.out is not None:
        print(f"written: {written}", file=sys.stderr)
    return 0
