"""The compiler: a traced graph becomes readable, fast Python.

In goes a function that computes a loss, out comes one that computes the same numbers, gradients
included, by a program without a graph. A call traces the function once for each signature of its
arguments: `trace.py` runs it on nodes that stand for numbers to come, and differentiates.
`scalars.py` and `simplify.py` open the graph into single numbers and shorten it, `guards.py` skips
what a shut ReLU makes zero, `plan.py` puts all in order, `text.py` writes it down. What one loop
over a batch cannot do, such as attention, `listing.py` writes as statements over lists.
`train_step.py` has an optimizer's update in the program, `export.py` writes it to a file.

A program is right for as long as what the function reads is what it was: `paths.py` compares that
at each call, and `check.py` runs both now and then.

>>> from micrograd_opt import Value
>>> w = Value(3.0, label="w")
>>> compiled = compile(lambda x: w * x * x)
>>> loss = compiled(2.0)
>>> loss.backward()
>>> loss.data, w.grad
(12.0, 4.0)
>>> print(compiled.source)  # doctest: +ELLIPSIS
def step(x, values):
...

Read next: `draw/`.
"""

from .compilation import compile
from .compiled import Compiled
from .errors import CompilerError, StaleProgramError

__all__ = ["Compiled", "CompilerError", "StaleProgramError", "compile"]
