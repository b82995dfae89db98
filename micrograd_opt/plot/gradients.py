"""Gradient flow: how large gradients and updates are in each layer, over the steps.

Read next: `plot/noise.py`.
"""

from .figure import finished, line_style, log_scale, new_axes, sparse
from .table import Table

__all__ = ["gradient_flow"]

HEALTHY = 1e-3


def gradient_flow(flow, ax=None):
    """The gradient's norm, and the update's as a share of the weights', a line for each layer.

    flow   a `training.GradientFlow`, which recorded a run
    ax     two axes

    Left: a line far below the others is a layer that hardly learns (vanishing gradients); lines
    that rise together, a run that is about to diverge. Right: ‖update‖/‖weights‖; the grey line is
    at 1/1000, a pace that often trains well: far above it a layer is thrown about, far below it
    stands still. Both scales are logarithmic; what is 0 or was not there is left out.
    Returns the figure; its `.data` has a row for each layer and step.

    >>> from micrograd_opt import fit, functional, nn, optim
    >>> from micrograd_opt.training import GradientFlow
    >>> model = nn.Linear(1, 1, bias=False)
    >>> model.weight.data = [[2.0]]
    >>> flow, data = GradientFlow(model), ([[1.0]], [[3.0]])
    >>> history = fit(model, functional.mse_loss, optim.SGD(model.parameters(), lr=0.25), data,
    ...               epochs=2, progress=False, callbacks=[flow])
    >>> print(gradient_flow(flow).data.summary())  # (w − 3)² for w = 2, then 2.5
    step   layer  gradient  weight  update  ratio
       1  Linear         2       2     0.5   0.25
       2  Linear         1     2.5    0.25    0.1
    """
    rows = getattr(flow, "rows", None)
    if not isinstance(rows, list) or not all("update" in row for row in rows):
        raise TypeError(f"gradient_flow: expected a training.GradientFlow, got {flow!r:.60}")
    if not rows:
        raise ValueError("gradient_flow: nothing recorded; give the GradientFlow to fit, or record")
    axes = new_axes(ax, 2, (10.0, 3.8))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    pairs = zip(columns["update"], columns["weight"], strict=True)
    columns["ratio"] = [update / weight if weight else None for update, weight in pairs]
    table = Table(columns)
    for panel, what in zip(axes, ("gradient", "ratio"), strict=True):
        _draw_layers(panel, table.rows(), what)
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.grid(alpha=0.3)
    axes[1].axhline(HEALTHY, color="0.5", linewidth=1.0, label="1/1000")
    axes[0].set(title="Gradient", xlabel="step", ylabel="‖gradient‖")
    axes[1].set(title="Update to weights", xlabel="step", ylabel="‖update‖ / ‖weights‖")
    return finished(axes, table)


def _draw_layers(ax, rows, what):
    for i, layer in enumerate(dict.fromkeys(row["layer"] for row in rows)):
        points = [(row["step"], row[what]) for row in rows if row["layer"] == layer and row[what]]
        steps, values = zip(*points, strict=True) if points else ((), ())
        ax.plot(steps, values, label=layer, markevery=sparse(i, len(steps)), **line_style(i))
    log_scale(ax, "y")
