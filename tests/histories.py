"""A learning curve with known numbers, for the tests of histories and of their pictures."""

from micrograd_opt.training.history import History


def history(*losses, val=()):
    """A History with a row for each training loss, and a validation loss where `val` has one."""
    made = History()
    for i, loss in enumerate(losses):
        val_loss = val[i] if i < len(val) else None
        made.rows.append({
            "epoch": i + 1, "step": 3 * (i + 1), "loss": loss, "accuracy": 0.5 + i / 10,
            "val_loss": val_loss, "val_accuracy": None if val_loss is None else 0.25,
            "lr": 0.1 / (i + 1), "grad_norm": 1e-17 + i / 3, "seconds": 0.5 * i,
        })  # fmt: skip
        made.step_losses += [loss + 0.1, loss, loss - 0.1]
    made.stopped = "epochs"
    return made
