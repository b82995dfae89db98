"""Learning curves: loss and accuracy over the epochs, training beside validation.

Read next: `cli/`.
"""

__all__ = ["learning_curves"]


def learning_curves(history, axes=None):
    """Draw a History on two matplotlib axes, loss and accuracy, and return them.

    axes: two axes to draw on; without them a figure is made (`axes[0].figure`). The loss is on a
    log scale, where exponential progress is a straight line, unless one is 0 or less. Raises
    ImportError, with the remedy, where matplotlib is not installed.
    """
    if axes is None:
        axes = _new_axes()
    for ax, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        for column, label in ((name, "training"), (f"val_{name}", "validation")):
            rows = [row for row in history.rows if row[column] is not None]
            if rows:
                epochs, values = [row["epoch"] for row in rows], [row[column] for row in rows]
                ax.plot(epochs, values, marker=".", label=label)
                ax.legend()
        ax.set(title=title, xlabel="epoch", ylabel=name)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    losses = [loss for loss in (*history["loss"], *history["val_loss"]) if loss is not None]
    if losses and not any(loss <= 0.0 for loss in losses):
        axes[0].set_yscale("log")
    return axes


def _new_axes():
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return Figure(figsize=(9.0, 3.6), layout="constrained").subplots(1, 2)
