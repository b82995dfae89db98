"""compile: a function that computes a loss, run as generated Python.

Read next: `compiled.py`, the function that it returns; `train_step.py`, the same with an update.
"""

from .compiled import Compiled
from .train_step import TrainStep


def compile(loss_fn, batched=False, optimizer=None):
    """`loss_fn` as generated Python: traced once for each signature, then run many times faster.

    loss_fn     a function of Tensors, Values and lists of them, and numbers, that returns the loss;
                or a tuple, list or dict that begins with it, the others then without gradients
    batched     loss_fn is of one sample, in Values and numbers; the compiled function takes a list
                or a Tensor of samples for each argument, and returns the mean
    optimizer   makes it a whole training step: forward, backward, and the update, to the bits of
                the loop below, which it runs, slower, where the loss reaches only some of the
                optimizer's parameters or the optimizer is not of this library. It returns the loss
                before the step, a constant

    The training loop stays as it is: `loss = compiled(x, y); loss.backward(); optimizer.step()`.
    The gradients are computed in the call, and backward() hands them to the leaves; under no_grad
    the call computes the loss alone. What is not scalar, or depends on no parameter, is computed
    forward only. Arguments go by position.

    Parameters, buffers and all arguments are read at each call, random numbers of rand, randn and
    dropout drawn anew. A program is made for each signature, which is shapes, structure, bools and
    strings, and for each set of values that loss_fn reads otherwise: see `paths.py`. It is checked
    against loss_fn at its calls 1, 2, 4, 8, …, see `check.py`; the plain call that this takes draws
    and sets nothing that could be put back, and it prints what it prints. Threads
    that share a compiled function take turns.

    Raises TypeError where loss_fn reads a traced number: `if x > 0`, x == 1, float(x), x.data or
    list[x] would be frozen into the program; BatchNorm1d in training reads its statistics. And for
    what can be neither compared nor checked: an iterator, random numbers that it draws by itself, a
    counter that it moves and looks at, a method in C of an object of unseen state. Raises
    StaleProgramError where a check finds another number, and CompilerError, a fault of the library,
    where loss_fn runs and the program cannot be made.

    >>> from micrograd_opt import Value
    >>> w = Value(3.0, label="w")
    >>> compiled = compile(lambda x: (w * x - 1.0) ** 2)
    >>> loss = compiled(2.0)
    >>> loss.backward()
    >>> loss, w.grad
    (Value(25.0, grad=1.0), 20.0)
    >>> print(compiled.source)  # doctest: +ELLIPSIS
    def step(x, values):
    ...
    """
    if not callable(loss_fn):
        raise TypeError(f"compile: expected a function, got {loss_fn!r:.60}")
    if not isinstance(batched, bool):
        raise TypeError(f"compile: batched is True or False, got {batched!r:.60}; see optimizer=")
    if optimizer is not None:
        return TrainStep(loss_fn, batched, optimizer)
    return Compiled(loss_fn, batched)
