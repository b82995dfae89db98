"""Problems for both libraries' LBFGS, and PyTorch's way through them."""

import random

# ---- problems: `constant` makes a tensor of nested lists


def rosenbrock(params, constant):
    """Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²"""
    (x,) = params
    a, b = x[:-1], x[1:]
    valley, along = b - a * a, 1.0 - a
    return (valley * valley).sum() * 100.0 + (along * along).sum()


def quadratic(params, constant):
    """½ xᵀAx − bᵀx, of the condition 100 or so, x in two parts."""
    x, y = params
    a = constant([[100.0, 3.0, 0.0], [3.0, 10.0, -1.0], [0.0, -1.0, 1.0]])
    z = x.sum(0) + y * constant([1.0, 1.0, 2.0])
    b = constant([1.0, -2.0, 3.0])
    return (z @ a * z).sum() * 0.5 - (b * z).sum() + (x * x).sum() * 0.1


def logistic(params, constant):
    """The regression of eight labels on three features, with a penalty."""
    w, b = params
    rng = random.Random("logistic")
    x = constant([[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(8)])
    y = constant([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    z = x @ w + b
    return ((1.0 + z.exp()).log() - y * z).mean() + (w * w).sum() * 0.01


# {name: (the function, where it starts)}
PROBLEMS = {
    "rosenbrock": (rosenbrock, [[-1.2, 1.0]]),
    "rosenbrock of 5": (rosenbrock, [[-1.2, 1.0, 0.3, 1.5, -0.7]]),
    "quadratic": (quadratic, [[[1.0, -2.0, 0.5], [0.3, 0.0, -1.0]], [0.5, 1.5, -0.5]]),
    "logistic": (logistic, [[0.5, -1.0, 2.0], 0.1]),
}
WOLFE = {"line_search_fn": "strong_wolfe"}

# {name: (the problem, arguments of the constructor)}
LBFGS_CASES = {
    "rosenbrock, wolfe": ("rosenbrock", {"max_iter": 7, "history_size": 10, **WOLFE}),
    "rosenbrock of 5, wolfe": ("rosenbrock of 5", {"max_iter": 10, "history_size": 3, **WOLFE}),
    "rosenbrock": ("rosenbrock", {"lr": 0.05, "max_iter": 10}),
    "quadratic": ("quadratic", {"lr": 0.5, "max_iter": 4, "history_size": 2}),
    "quadratic, wolfe": ("quadratic", {"max_iter": 3, "max_eval": 3, **WOLFE}),
    "logistic": ("logistic", {"lr": 0.8, "max_iter": 5, "tolerance_grad": 1e-4}),
    "logistic, wolfe": ("logistic", {"max_iter": 2, "tolerance_change": 1e-6, **WOLFE}),
}


def torch_lbfgs(problem, arguments, steps=6):
    """After each step: the iterations and evaluations so far, its first loss, the parameters."""
    import torch

    def constant(data):
        return torch.tensor(data, dtype=torch.float64)

    function, start = PROBLEMS[problem]
    params = [constant(data).requires_grad_() for data in start]
    optimizer = torch.optim.LBFGS(params, **arguments)

    def closure():
        optimizer.zero_grad()
        loss = function(params, constant)
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure).item()
        state = optimizer.state[params[0]]
        theta = [x for p in params for x in p.detach().flatten().tolist()]
        yield [state["n_iter"], state["func_evals"], loss, *theta]
