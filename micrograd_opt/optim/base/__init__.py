"""What all optimizers share: blocks, hyperparameters, the step, its undoing, its saved state.

In goes a formula, an optimizer's `update` of flat lists; out comes an optimizer with PyTorch's
groups, schedules and saved states, whose every step happens whole or not at all:

>>> from micrograd_opt import Tensor
>>> from micrograd_opt.optim import Optimizer
>>> class Descent(Optimizer):
...     def update(self, theta, g, state, group):
...         return [x - group["lr"] * d for x, d in zip(theta, g)]
>>> w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
>>> optimizer = Descent([w], {"lr": lambda i: 0.25 / (i + 1)})
>>> for step in range(2):
...     optimizer.zero_grad()
...     (w * w).sum().backward()  # the gradient is 2w, so w becomes (1 − 2 lr) w
...     lr = optimizer.param_groups[0]["lr"]
...     optimizer.step()
...     print(f"lr {lr}: w = {w.tolist()}")
lr 0.25: w = [[0.5, 1.0], [1.5, 2.0]]
lr 0.125: w = [[0.375, 0.75], [1.125, 1.5]]
>>> optimizer.state_dict()["steps"]
2

optimizer.py is the step, blocks.py the flat lists, hyperparameters.py the schedules, rollback.py
the undoing, state_dicts.py saving; wrapper.py and line_search.py serve two or three optimizers.
Read next: `optim/base/optimizer.py`.
"""
