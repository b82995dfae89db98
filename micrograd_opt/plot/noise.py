"""Gradient noise: how far a mini batch's gradient is from the gradient of all the data.

Read next: `cli/`.
"""

import math

from ..data.dataset import as_dataset
from ..engine.arguments import COUNT, Each, checked, generator
from ..engine.backward import grad
from ..engine.value import Value
from ..nn.mode import in_mode
from .directions import check_module
from .figure import finished, line_style, log_scale, new_axes
from .table import Table

__all__ = ["gradient_noise"]


def gradient_noise(model, loss_fn, data, batch_sizes=None, draws=100, rng=None, ax=None):
    """The standard deviation of the mini batch gradient against the batch size B.

    model, loss_fn  loss_fn(model(x), y) is the mean loss; the model is in eval mode
    data            (x, y) or a TensorDataset of N samples; each one's gradient is computed
    batch_sizes     without them 1, 2, 4, … and N
    draws           how many batches of each size are drawn, by rng

    With gᵢ the gradient of sample i, ḡ their mean and σ² = 1/N Σ ‖gᵢ − ḡ‖², the mean of B of them
    has the standard deviation √E‖g_B − ḡ‖² =

        σ/√B                     drawn independently, with replacement
        σ/√B · √((N−B)/(N−1))    different samples, as a shuffle gives them; 0 at B = N

    both exact, not only in the limit. So four times the batch halves the noise, for four times the
    work. The lines are these formulas, the points what the batches drawn came to. No `.grad` is
    touched. Returns the figure; its `.data` has a row for each batch size.

    >>> from micrograd_opt import functional, nn
    >>> line = nn.Linear(1, 1, bias=False)
    >>> line.weight.data = [[0.0]]
    >>> x, y = [[1.0], [1.0], [1.0], [1.0]], [[-2.0], [-1.0], [1.0], [2.0]]
    >>> data = gradient_noise(line, functional.mse_loss, (x, y)).data  # the gradients are −2y
    >>> [round(sigma, 3) for sigma in data["independent"]], data["shuffled"][-1]
    ([3.162, 2.236, 1.581], 0.0)
    """
    check_module(model, "gradient_noise: model")
    x, y = as_dataset(data, "gradient_noise: data").tensors
    n, rng = len(x), generator(rng)
    if batch_sizes is None:
        batch_sizes = [2**k for k in range(n.bit_length()) if 2**k < n] + [n]
    sizes = sorted(checked(batch_sizes, Each(COUNT), "gradient_noise: batch_sizes"))
    if not sizes or max(sizes) > n:
        raise ValueError(f"gradient_noise: batch_sizes must be 1 … {n}, the samples; got {sizes}")
    checked(draws, COUNT, "gradient_noise: draws")
    (ax,) = new_axes(ax)
    with in_mode(model, training=False):
        singles = [
            _gradient(model, loss_fn, x[i : i + 1], y[i : i + 1]) for i in range(n)
        ]
    mean = [math.fsum(column) / n for column in zip(*singles, strict=True)]
    sigma = spread(singles, mean)
    ways = {
        "independent": lambda b: rng.choices(singles, k=b),
        "shuffled": lambda b: rng.sample(singles, b),
    }
    columns = {"batch_size": sizes}
    for way, draw in ways.items():
        columns[way] = [noise(sigma, b, n, way == "shuffled") for b in sizes]
        columns[f"{way}, drawn"] = [
            spread([_mean(draw(b)) for _ in range(draws)], mean) for b in sizes
        ]
    _draw(ax, columns, draws)
    note = f"one sample: σ = {sigma:.4g}; all of them: ‖ḡ‖ = {math.hypot(*mean):.4g}"
    return finished([ax], Table(columns, [note]))


def noise(sigma, b, n, shuffled):
    """The standard deviation of the mean of b of n gradients.

    >>> noise(6.0, 4, 28, shuffled=False), noise(6.0, 4, 28, shuffled=True)  # √(24/27) between
    (3.0, 2.82842712474619)
    """
    if not shuffled:
        return sigma / math.sqrt(b)
    return sigma / math.sqrt(b) * math.sqrt((n - b) / max(1, n - 1))


def spread(vectors, centre):
    """√ of the mean of ‖v − centre‖²."""
    return math.sqrt(math.fsum(math.dist(v, centre) ** 2 for v in vectors) / len(vectors))


def _gradient(model, loss_fn, x, y):
    """∇loss over all parameters in a row; no `.grad` is touched."""
    parts = grad(loss_fn(model(x), y), model.parameters())
    return [v for g in parts for v in ([g.data] if isinstance(g, Value) else g.data.flat)]


def _mean(vectors):
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def _draw(ax, columns, draws):
    sizes = columns["batch_size"]
    formulas = {"independent": "σ/√B", "shuffled": "σ/√B · √((N−B)/(N−1))"}
    for i, (way, formula) in enumerate(formulas.items()):
        style = line_style(i) | {"markersize": 7.0}
        lines = [(b, s) for b, s in zip(sizes, columns[way], strict=True) if s > 0.0]
        points = columns[f"{way}, drawn"][: len(lines)]
        ax.plot(*zip(*lines, strict=True), label=f"{way}: {formula}", **style | {"marker": ""})
        ax.plot(sizes[: len(lines)], points, label=f"{way}: {draws} batches drawn",
                **style | {"linestyle": "none", "markerfacecolor": "white"})  # fmt: skip
    log_scale(ax, "x")
    log_scale(ax, "y")
    ax.set_xticks(sizes, map(str, sizes))
    ax.set(title="Gradient noise", xlabel="batch size B", ylabel="standard deviation")
    ax.grid(alpha=0.3)
