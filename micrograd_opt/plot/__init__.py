"""Plot: what was computed goes in; a matplotlib figure comes out, with the numbers behind it.

    >>> from micrograd_opt import optim, plot
    >>> figure = plot.schedules(optim.schedules.linear_decay(0.1, max_steps=4))
    >>> figure.data["linear_decay"]
    [0.1, 0.07500000000000001, 0.05, 0.025]

A notebook shows the figure that is a cell's last line; `figure.save("rates.svg")` writes it as SVG,
PNG or PDF. `figure.data` is a `Table` of the numbers: `data["step"]` is a column, `data.summary()`
a text to print, `data.to_csv(path)` a file. With `ax=` a function draws on axes of yours and gives
their figure, its `data` those of the latest picture. matplotlib is imported only then, and never
pyplot. All lines differ in colour, dashes and markers, so a print in grey can be read.

`table.py` has the numbers, `figure.py` the style. Then a file for each kind of picture, what is
computed above how it is drawn: `learning.py` curves, `scheduling.py` schedules, `contours.py`
contours and paths, `racing.py` a race, `momentum.py` the map of convergence rates, `directions.py`
and `surface.py` the loss landscape, `predictions.py`, `boundary.py` and `mistakes.py` what a
classifier says, `gradients.py` and `noise.py` the gradient by layer and by batch size.
Read next: `plot/table.py`.
"""

from . import (
    boundary, contours, gradients, learning, mistakes, momentum, noise, racing, scheduling,
    surface, table,
)  # fmt: skip
from .boundary import *
from .contours import *
from .gradients import *
from .learning import *
from .mistakes import *
from .momentum import *
from .noise import *
from .racing import *
from .scheduling import *
from .surface import *
from .table import *

__all__ = [
    *boundary.__all__, *contours.__all__, *gradients.__all__, *learning.__all__,
    *mistakes.__all__, *momentum.__all__, *noise.__all__, *racing.__all__, *scheduling.__all__,
    *surface.__all__, *table.__all__,
]  # fmt: skip
