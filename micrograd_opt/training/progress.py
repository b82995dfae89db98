"""Progress: how a run reports while it goes: a tqdm bar on a terminal, a line an epoch elsewhere.

Read next: `training/resume.py`.
"""

import sys

from .callbacks import Callback


class Progress(Callback):
    """Says what is new in the history: each row, and each note on a compiled program."""

    def __init__(self, epochs, max_steps):
        self.epochs, self.max_steps = epochs, max_steps

    def on_start(self, run):
        self.rows, self.notes = len(run.history), 0  # how many were said
        self.bar = self._new_bar(run) if sys.stderr.isatty() else None
        self._say_news(run.history)

    def on_step(self, run):
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {run.history.step_losses[-1]:.4f}", refresh=False)
            self.bar.update()
        self._say_news(run.history)

    def on_epoch(self, run):
        self._say_news(run.history)

    def on_end(self, run):
        self._say_news(run.history)
        if self.bar is not None:
            self.bar.close()

    def _say_news(self, history):
        for note in history.compiled[self.notes :]:
            self._say(note)
        for row in history.rows[self.rows :]:
            self._say(_line(row, self.epochs))
        self.notes, self.rows = len(history.compiled), len(history)

    def _say(self, words):
        if self.bar is None:
            print(words, file=sys.stderr, flush=True)
        else:
            self.bar.write(words, file=sys.stderr)

    def _new_bar(self, run):
        """A tqdm bar over all steps; None where tqdm is not installed."""
        try:
            from tqdm import tqdm
        except ImportError:
            return None
        totals = [self.max_steps, None if self.epochs is None else self.epochs * len(run.loader)]
        total = min(n for n in totals if n is not None)
        return tqdm(total=total, initial=run.steps, unit="step", file=sys.stderr, leave=False)


def _line(row, epochs):
    shown = f"epoch {row['epoch']}" + (f"/{epochs}" if epochs else "")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        if row[name] is not None:
            shown += f"  {name} {row[name]:.4f}"
    return f"{shown}  lr {row['lr']:.3g}  {row['seconds']:.1f} s"
