"""What all optimizers share: blocks, hyperparameters, the step, its undoing, its saved state.

In goes a formula, an optimizer's `update` of flat lists; out comes an optimizer with PyTorch's
groups, schedules and saved states, whose every step happens whole or not at all:

>>> from micrograd_opt import Tensor
>>> from micrograd_opt.optim import Optimizer
>>> class Descent(Optimizer):
...     def update(self, theta, g, state, group):
...         return [x - group["lr"] * d for x, d in zip(theta, g)]
>>> w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
>>> optimizer = Descent([w], {"lr": lambda i: 0.5 / (i + 1)})
>>> for step in range(2):
...     optimizer.zero_grad()
...     (w * w).sum().backward()  # the gradient is 2w, the rate 1/2 and then 1/4
...     optimizer.step()
...     print(w.tolist(), optimizer.state_dict()["param_groups"])
[[0.0, 0.0], [0.0, 0.0]] [{'lr': 0.25, 'params': [[2, 2]]}]
[[0.0, 0.0], [0.0, 0.0]] [{'lr': 0.16666666666666666, 'params': [[2, 2]]}]

optimizer.py is the step, blocks.py the flat lists, hyperparameters.py the schedules, rollback.py
the undoing, state_dicts.py saving; wrapper.py and line_search.py serve two or three optimizers.
Read next: `optim/base/optimizer.py`.
"""
