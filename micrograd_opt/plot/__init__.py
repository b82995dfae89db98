"""Plot: the History of a run goes in; matplotlib axes come out, to be shown or saved.

Without axes of your own to draw on, a new figure is made (`axes[0].figure.savefig("curves.png")`).
matplotlib is imported only then: the library itself does without it.

    >>> from micrograd_opt import plot
    >>> from micrograd_opt.training.history import History
    >>> history = History()
    >>> for epoch, (loss, val_loss) in enumerate([(2.0, 2.1), (1.0, 1.3)], 1):
    ...     history.rows.append({"epoch": epoch, "loss": loss, "val_loss": val_loss,
    ...                          "accuracy": None, "val_accuracy": None})
    >>> loss, accuracy = plot.learning_curves(history)
    >>> [(line.get_label(), list(map(float, line.get_ydata()))) for line in loss.lines]
    [('training', [2.0, 1.0]), ('validation', [2.1, 1.3])]

Read next: `plot/curves.py`.
"""

from . import curves
from .curves import *

__all__ = [*curves.__all__]
