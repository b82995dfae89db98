"""`micrograd-opt train`: a small model on real data, with a learning curve and a checkpoint.

Read next: `cli/folder.py`.
"""

import argparse
import hashlib
import inspect
import json
import os
import random
import sys

from .. import data, functional
from ..engine.arguments import RATE, checked
from ..optim import schedules
from ..optim.racing.contenders import library
from ..plot.figure import new_axes
from ..training.diagnose import diagnose
from ..training.evaluate import evaluate
from ..training.fit import fit
from ..training.flow import GradientFlow
from ..training.forward import TRAINING
from .folder import Cleared, Noted, checkpoint_in, records_gradients, write
from .report import write_report
from .task import (
    NAMES,
    add_file_arguments,
    as_json,
    count,
    file_options,
    model_for,
    page,
    required,
    split,
    widths,
)

HELP = f"train a model on {NAMES} or a CSV file"

# {name: function of (params, lr)}: every optimizer, but for those around another; Muon, which takes
# no biases; Newton, which needs damping; and LBFGS, whose curvature needs full batches.
OPTIMIZERS = {
    name: make
    for name, make in library().items()
    if name not in {"lbfgs", "lookahead", "muon", "newton", "sam"}
}
RATES = {"sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adam": 0.01, "adamw": 0.01}

# {name: schedule}: all that need no more than the rate and the number of steps, by their first
# word where the second says no more: cosine_annealing is cosine, linear_decay linear.
SCHEDULES = {
    name.removesuffix("_annealing").removesuffix("_decay"): getattr(schedules, name)
    for name in schedules.__all__
    if required(getattr(schedules, name)) <= {"lr", "max_steps"}
}

# What says where to write and how to go about it, not what is trained.
NO_SETTINGS = {"command", "out", "report", "resume", "overwrite", "compile", "json"}


def add_arguments(parser):
    add = parser.add_argument
    add("data", help=f"{NAMES}, or a CSV file: columns of numbers, and one of classes")
    add("--model", choices=("mlp", "linear"), default="mlp", help="default: mlp")
    add("--hidden", type=widths, metavar="N[,N…]", help="hidden widths of an mlp (32)")
    add("--optimizer", choices=sorted(OPTIMIZERS), default="adam", metavar="NAME",
        help=f"{', '.join(sorted(OPTIMIZERS))} (adam)")  # fmt: skip
    add("--lr", type=float, help="learning rate (0.01 for adam and adamw, 0.1 for sgd, 0.03 for "
        "momentum and nesterov, else the default of the class)")  # fmt: skip
    add("--schedule", choices=sorted(SCHEDULES), default="cosine", help="default: cosine")
    add("--warmup", type=int, default=0, metavar="STEPS", help="steps of linear warmup (0)")
    add("--epochs", type=count, default=20, help="passes over the training data (20)")
    add("--batch-size", type=count, default=32, help="examples a step (32)")
    add("--seed", type=int, default=0, help="repeats a run to the bit (0)")
    add("--out", metavar="DIR", help="write history.csv, curves.png, checkpoint.json, graph here")
    add("--report", type=page, metavar="FILE", help="write the run as one page, .html: curves, "
        "rate, gradients, confusion, misread digits, graph, settings")  # fmt: skip
    add = parser.add_mutually_exclusive_group().add_argument
    add("--resume", action="store_true", help="go on from DIR/checkpoint.json; all else as before")
    add("--overwrite", action="store_true", help="start anew in a DIR that holds a run")
    add = parser.add_argument
    add("--compile", action=argparse.BooleanOptionalAction,
        help="run as generated Python at once, or never (default: once it pays)")  # fmt: skip
    add("--json", action="store_true", help="print one line of JSON instead of the summary")
    add_file_arguments(parser)


def run(args):
    checkpoint = checkpoint_in(args.out, args.resume, args.overwrite)
    if args.report is not None:
        new_axes(None)  # ImportError, before the run, where there is no matplotlib
    train, val, model, rng = prepared(args)
    loader = data.DataLoader(train, args.batch_size, shuffle=True, rng=rng)
    optimizer, schedule = _optimizer(args, model, args.epochs * len(loader))
    if args.out is not None and not args.resume:
        os.makedirs(args.out, exist_ok=True)
    flow = GradientFlow(model) if _records(args) else None
    history = fit(
        model, functional.cross_entropy, optimizer, loader, val=val, epochs=args.epochs,
        checkpoint=checkpoint, resume=args.resume, compile=args.compile,
        callbacks=_callbacks(args) + [flow] * (flow is not None),
    )  # fmt: skip
    results = _results(args, model, optimizer, history, train, val)
    summary = _summary(args, results, history)
    print(as_json(results) if args.json else summary)
    if args.report is not None:
        write_report(args.report, summary, _settings(args), history, schedule, flow, model, train,
                     val)  # fmt: skip
        print(f"written: {args.report}", file=sys.stderr)
    if args.out is not None:
        written = write(args.out, history, model, train)
        print(f"written to {args.out}: {', '.join(written)}", file=sys.stderr)
        if history.stopped == "interrupted":
            print("go on with the same command and --resume", file=sys.stderr)
    return {"interrupted": 130, "diverged": 1}.get(history.stopped, 0)


def _records(args):
    """Whether the run records its gradient flow; one that is resumed goes on as it was begun."""
    if not args.resume:
        return args.report is not None
    records = records_gradients(args.out)
    if args.report is not None and not records:
        raise ValueError(
            f"--report: the run in {args.out} was begun without it, so the gradients of its first "
            "steps are not there; resume it without --report, or start anew with --overwrite"
        )
    return records


def prepared(args):
    """(training data, validation data, the untrained model, the generator that made them)."""
    rng = random.Random(args.seed)
    train, val = split(args.data, rng, file_options(args))
    return train, val, model_for(args.data, train, _widths(args), rng), rng


def _callbacks(args):
    """What keeps the folder in order, if there is one."""
    if args.out is None:
        return []
    return [Cleared(args.out)] * args.overwrite + [Noted(args.out, _settings(args))]


def _settings(args):
    """What the run is, with the defaults that were in force."""
    settings = {name: x for name, x in vars(args).items() if name not in NO_SETTINGS}
    return settings | {"hidden": _widths(args), "lr": _rate(args)}


def _widths(args):
    if args.model == "mlp":
        return args.hidden or [32]
    if args.hidden:
        raise ValueError("--hidden: a linear model has no hidden layers; leave out one of the two")
    return []


def _optimizer(args, model, max_steps):
    """(the optimizer, the schedule of its rate)."""
    if not 0 <= args.warmup < max_steps:
        raise ValueError(f"--warmup: must lie in 0 … {max_steps - 1}, the run's steps less one")
    schedule = SCHEDULES[args.schedule]
    known = {"lr": _rate(args), "max_steps": max_steps - args.warmup}
    schedule = schedule(**{name: known[name] for name in required(schedule)})
    if args.warmup:
        schedule = schedules.linear_warmup(args.warmup, schedule)
    return OPTIMIZERS[args.optimizer](model.parameters(), lr=schedule), schedule


def _rate(args):
    """The learning rate, as given or as is usual for the optimizer."""
    if args.lr is not None:
        return checked(args.lr, RATE, "--lr:")
    default = inspect.signature(OPTIMIZERS[args.optimizer]).parameters["lr"].default
    return RATES.get(args.optimizer, default)


def _results(args, model, optimizer, history, train, val):
    """What the run came to, but for its time: alike to the bit when it is repeated."""
    train_loss, train_accuracy = evaluate(model, functional.cross_entropy, train)
    val_loss, val_accuracy = evaluate(model, functional.cross_entropy, val)
    weights = json.dumps(model.state_dict(), sort_keys=True)
    return {
        "data": args.data,
        "classes": train.classes,
        "model": repr(model),
        "parameters": sum(p.size for p in model.parameters()),
        "optimizer": type(optimizer).__name__,
        "seed": args.seed,
        "epochs": len(history),
        "steps": len(history.step_losses),
        "stopped": history.stopped,
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "diagnosis": diagnose(train_loss, val_loss, len(train.classes)),
        "weights_sha256": hashlib.sha256(weights.encode()).hexdigest(),
    }


def _summary(args, results, history):
    seconds = history.rows[-1]["seconds"] if history.rows else 0.0
    return (
        f"{results['model']} on {results['data']}: {results['parameters']} parameters, "
        f"{results['epochs']} epochs, {results['steps']} steps, {seconds:.1f} s; "
        f"stopped by: {results['stopped']}\n"
        f"training    loss {results['train_loss']:.4g}  accuracy {results['train_accuracy']:.4f}\n"
        f"validation  loss {results['val_loss']:.4g}  accuracy {results['val_accuracy']:.4f}\n"
        f"{_classes(results['classes'])}"
        f"{_compiled(args, history)}\n"
        f"{results['diagnosis']}"
    )


def _classes(names):
    """A line that says which number stands for which class; none where a number is its own name."""
    if names == tuple(map(str, range(len(names)))):
        return ""
    return f"classes: {', '.join(f'{i} {name}' for i, name in enumerate(names))}\n"


def _compiled(args, history):
    """What ran as generated Python, or why nothing did."""
    why = "--no-compile" if args.compile is False else f"it pays after {TRAINING} steps"
    return "\n".join(history.compiled) or f"not compiled: {why}"
