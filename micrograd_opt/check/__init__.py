"""Check: a student's own optimizer, or backward pass, goes in; a teacher's remark comes out.

It says in which step and in which number yours departs from the library's, and why: classic
mistakes are made in the right formula until one of them walks as yours does.

>>> from micrograd_opt import check, optim
>>> class MyAdagrad(optim.Optimizer):
...     def __init__(self, params, lr=0.01, eps=1e-10):
...         super().__init__(params, locals())
...
...     def start(self, block, group):
...         return {"v": [0.0] * block.size}
...
...     def update(self, theta, g, state, group):
...         lr, eps = group["lr"], group["eps"]
...         v = state["v"] = [d * d for v, d in zip(state["v"], g)]
...         return [x - lr * d / (v**0.5 + eps) for x, d, v in zip(theta, g, v)]
>>> report = check.optimizer(MyAdagrad, like="Adagrad")
>>> print(report)
MyAdagrad departs from Adagrad in step 2: v of a is 1.4982, and should be 1.9714.
Problem: three Values, lr=0.1. Right so far: 1 step of this.
Why: v overwritten: what it was is missing.
     The line of the formula is  v ← v + g²
>>> report.ok, report.step, report.mistake
(False, 2, 'v overwritten: what it was is missing')

The report of `optimizer.py` is on two paths through the same problems (`comparison.py`, with
`problems.py` and `runs.py`); `diagnosis.py` looks for the mistake in the table of `mistakes.py`.
`gradient.py` does the same for a backward pass, with the tables of `rules.py` and `walks.py`. A new
mistake is a new row.
Read next: `check/report.py`.
"""

from . import report
from .gradient import gradient  # which hides its file
from .optimizer import optimizer  # likewise
from .report import *

__all__ = [*report.__all__, "gradient", "optimizer"]
