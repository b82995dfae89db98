"""GradientFlow: how large gradients and updates are in each layer, step by step.

Read next: `training/diagnose.py`.
"""

import math

from ..engine.arguments import WHOLE, Each, Optional, checked
from ..nn.mode import modules
from ..nn.scalar import Neuron
from .callbacks import Callback

__all__ = ["GradientFlow"]

ROW = {"step": WHOLE, "layer": str, "gradient": Optional(float), "weight": float, "update": float}


class GradientFlow(Callback):
    """Records, for `plot.gradient_flow`, a row a layer after each step.

    rows   dicts of `step`, from 1, `layer`, and three Euclidean norms over the layer's parameters:
           `gradient`, after clipping, None where the layer has none; `weight`, before the step; and
           `update`, of what the step changed. update / weight near 1/1000 is a healthy pace

    A layer is the module that holds the parameters, `layers.0`; of scalar Neurons, the layer that
    they form. Give it to `fit` as a callback, or call `record` yourself after each step.

    >>> from micrograd_opt import nn, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> model.weight.data = [[2.0]]
    >>> optimizer, flow = optim.SGD(model.parameters(), lr=0.5), GradientFlow(model)
    >>> model([[1.0]]).sum().backward()
    >>> optimizer.step()
    >>> flow.record()
    >>> flow.rows
    [{'step': 1, 'layer': 'Linear', 'gradient': 1.0, 'weight': 2.0, 'update': 0.5}]
    """

    def __init__(self, model):
        self.layers = _layers(model)
        if not self.layers:
            raise TypeError(f"GradientFlow: expected a module with parameters, got {model!r:.60}")
        self.rows = []
        self.on_start()

    def record(self):
        """A row for each layer, of the step just made, whose gradients are still there."""
        step = self.rows[-1]["step"] + 1 if self.rows else 1
        for layer, parameters in self.layers.items():
            before = [self._before[p] for p in parameters]
            now = [_numbers(p.data) for p in parameters]
            gradients = [_numbers(p.grad) for p in parameters if p.grad is not None]
            self.rows.append({
                "step": step, "layer": layer,
                "gradient": _norm(gradients) if gradients else None,
                "weight": _norm(before),
                "update": math.dist(_joined(before), _joined(now)),
            })  # fmt: skip
            self._before.update(zip(parameters, now, strict=True))

    def on_start(self, run=None):
        """What the next update starts from."""
        self._before = {p: _numbers(p.data) for ps in self.layers.values() for p in ps}

    def on_step(self, run):
        self.record()

    def state_dict(self):
        return {"rows": self.rows}

    def load_state_dict(self, state):
        self.rows = checked(state, {"rows": Each(ROW)}, "GradientFlow")["rows"]


def _layers(model):
    """{layer: its parameters}, in the order of definition."""
    neurons = {id(m) for m in modules(model) if isinstance(m, Neuron)}
    paths = {path: m for path, m in model.named_modules()} if modules(model) else {}
    layers = {}
    for path, p in model.named_parameters() if modules(model) else ():
        owner = path
        while owner not in paths or id(paths[owner]) in neurons:
            owner = owner.rpartition(".")[0]
        layers.setdefault(owner.removesuffix(".neurons") or type(model).__name__, []).append(p)
    return layers


def _numbers(data):
    return [data] if isinstance(data, float) else data.flat


def _joined(lists):
    return [x for numbers in lists for x in numbers]


def _norm(lists):
    return math.hypot(*_joined(lists))
