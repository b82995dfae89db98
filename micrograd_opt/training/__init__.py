"""Training: a model, a loss, an optimizer and data go in; a trained model and its History come out.

    >>> import random
    >>> from micrograd_opt import data, fit, functional, nn, optim
    >>> moons = data.make_moons(200, noise=0.1, rng=random.Random(0))
    >>> model = nn.MLP(2, [16, 2], rng=random.Random(0))
    >>> history = fit(model, functional.cross_entropy, optim.Adam(model.parameters(), lr=0.03),
    ...               moons, epochs=20, progress=False)
    >>> history["loss"][0] > 5 * history["loss"][-1], history["accuracy"][-1] > 0.95
    (True, True)

`fit.py` turns its arguments into callbacks. `run.py` is the loop: forward, backward, clip, update,
in one function, `Run.step`. Whatever else a run does hangs on it as a `Callback`: in `callbacks.py`
early stopping, limits and Ctrl-C, in `progress.py` what is printed, in `resume.py` checkpoints, in
`forward.py` compiling. `evaluate.py` has the means over a dataset, `history.py` the learning curve,
`flow.py` the gradients by layer.
Read next: `training/fit.py`.
"""

from .callbacks import Callback
from .diagnose import diagnose
from .evaluate import evaluate
from .fit import fit
from .flow import GradientFlow
from .history import History

__all__ = ["Callback", "GradientFlow", "History", "diagnose", "evaluate", "fit"]
