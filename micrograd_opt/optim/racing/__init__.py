"""A race of optimizers that is fair and says how: the same rates, starts and gradients for each.

In goes a function of a few numbers and names of optimizers; out comes a Race, all its runs kept:

>>> from micrograd_opt import optim
>>> valley = optim.surfaces.valley(condition=10)
>>> race = optim.race(valley, valley.start, ["momentum"], budget=50, rates=[0.01, 0.1, 1], starts=3)
>>> [(name, race.rate(name)) for name in race.runs]
[('sgd', 0.1), ('adam', 1.0), ('momentum', 0.1)]
>>> [f"{rate}: {loss:.1e}" for rate, loss in race.sensitivity("sgd")]  # a rate of 1 diverged
['0.01: 1.8e-01', '0.1: 1.3e-05', '1.0: inf']

`race.py` runs everybody, `contenders.py` is who that may be, `run.py` one run with its gradients
counted, `results.py` the Race: rates, quartiles, wins; `table.py` prints it.
Read next: `optim/racing/race.py`.
"""

from .race import race  # which hides its file
from .results import Race

__all__ = ["Race", "race"]
