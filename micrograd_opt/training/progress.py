"""How a run reports while it goes: a tqdm bar on a terminal, a line an epoch elsewhere."""

import sys


class _Silent:
    """The interface: what `fit` tells of each step, of each finished epoch, and of programs."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def step(self, loss):
        pass

    def row(self, row):
        pass

    def say(self, words):
        pass


class _Lines(_Silent):
    def __init__(self, epochs):
        self.epochs = epochs

    def row(self, row):
        self.say(_line(row, self.epochs))

    def say(self, words):
        print(words, file=sys.stderr, flush=True)


class _Bar(_Silent):
    def __init__(self, bar, epochs):
        self.bar, self.epochs = bar, epochs

    def __exit__(self, *exception):
        self.bar.close()

    def step(self, loss):
        self.bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self.bar.update()

    def row(self, row):
        self.say(_line(row, self.epochs))

    def say(self, words):
        self.bar.write(words, file=sys.stderr)


def progress_report(wanted, run, epochs, max_steps):
    """The report for `fit`; plain lines too where tqdm is not installed."""
    if not wanted or sys.stderr is None:  # closed
        return _Silent()
    if not sys.stderr.isatty():
        return _Lines(epochs)
    try:
        from tqdm import tqdm
    except ImportError:
        return _Lines(epochs)
    totals = [max_steps, None if epochs is None else epochs * len(run.loader)]
    total = min(n for n in totals if n is not None)
    bar = tqdm(total=total, initial=run.steps, unit="step", file=sys.stderr, leave=False)
    return _Bar(bar, epochs)


def _line(row, epochs):
    shown = f"epoch {row['epoch']}" + (f"/{epochs}" if epochs else "")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        if row[name] is not None:
            shown += f"  {name} {row[name]:.4f}"
    return f"{shown}  lr {row['lr']:.3g}  {row['seconds']:.1f} s"
