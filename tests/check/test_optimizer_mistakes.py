"""Mistakes as students write them: each is named, in the step and the number where it shows first.

The classes stand here in full, in three styles: a subclass of `optim.Optimizer`, a class for Values
and one for both kinds of parameters. None looks at the table of mistakes.
"""

# ruff: noqa: B905  students write a plain zip
from math import sqrt

import pytest

from micrograd_opt import check, optim


class Plain:
    """What students' classes have in common; a formula is a `move` of one number or Array."""

    def __init__(self, params, lr=0.1):
        self.params, self.lr, self.t = params, lr, 0

    def zero_grad(self):
        for p in self.params:
            p.grad = 0.0


class Ascent(Plain):
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data = p.data + self.lr * p.grad


class NeverZeroed(Plain):
    def zero_grad(self):
        pass

    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data = p.data - self.lr * p.grad


class RunningMean(Plain):
    def __init__(self, params, lr=0.1, momentum=0.9):
        super().__init__(params, lr)
        self.mu, self.b = momentum, [0.0] * len(params)

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.b[i] = self.mu * self.b[i] + (1 - self.mu) * p.grad
                p.data = p.data - self.lr * self.b[i]


class RateInside(Plain):  # as in CS231n, where lr is constant
    def __init__(self, params, lr=0.1, momentum=0.9):
        super().__init__(params, lr)
        self.mu, self.velocity = momentum, {p: 0.0 for p in params}

    def step(self):
        for p in self.params:
            if p.grad is not None:
                self.velocity[p] = self.mu * self.velocity[p] - self.lr * p.grad
                p.data = p.data + self.velocity[p]


class Overwritten(Plain):
    def __init__(self, params, lr=0.1, momentum=0.9):
        super().__init__(params, lr)
        self.mu, self.b = momentum, [0.0] * len(params)

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.b[i] = p.grad
                p.data = p.data - self.lr * self.b[i]


class Nesterov(optim.Optimizer):
    def __init__(self, params, lr=0.1, momentum=0.9):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"b": [0.0] * block.size}

    def update(self, theta, g, state, group):
        mu = group["momentum"]
        new = []
        for i, d in enumerate(g):
            new.append(mu * state["b"][i] + d)
        state["b"] = new
        return [x - group["lr"] * (d + b) for x, d, b in zip(theta, g, new)]


class DampedFirst(optim.Optimizer):
    def __init__(self, params, lr=0.1, momentum=0.9, dampening=0.0):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"b": [0.0] * block.size}

    def update(self, theta, g, state, group):
        mu, tau = group["momentum"], group["dampening"]
        if mu == 0:
            return [x - group["lr"] * d for x, d in zip(theta, g)]
        state["b"] = [mu * b + (1 - tau) * d for b, d in zip(state["b"], g)]
        return [x - group["lr"] * b for x, b in zip(theta, state["b"])]


class AdamForValues(Plain):
    """An Adam whose pieces the classes below get wrong; `right` is right."""

    def __init__(self, params, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m, self.v = [0.0 for _ in params], [0.0 for _ in params]

    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.second(self.v[i], p.grad)
            p.data -= self.lr * self.direction(self.m[i], self.v[i])

    def second(self, v, g):
        return self.beta2 * v + (1 - self.beta2) * g**2

    def direction(self, m, v):
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        return m_hat / (sqrt(v_hat) + self.eps)


class NoCorrection(AdamForValues):
    def direction(self, m, v):
        return m / (sqrt(v) + self.eps)


class EpsInside(AdamForValues):
    def direction(self, m, v):
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        return m_hat / sqrt(v_hat + self.eps)


class EpsBefore(AdamForValues):
    def direction(self, m, v):
        return m / (1 - self.beta1**self.t) * sqrt(1 - self.beta2**self.t) / (sqrt(v) + self.eps)


class NoSquare(AdamForValues):
    def second(self, v, g):
        return self.beta2 * v + (1 - self.beta2) * g


class NoRoot(AdamForValues):
    def direction(self, m, v):
        return m / (1 - self.beta1**self.t) / (v / (1 - self.beta2**self.t) + self.eps)


class FactorForgotten(AdamForValues):
    def second(self, v, g):
        return self.beta2 * v + g * g


class WrongWayRound(AdamForValues):
    def second(self, v, g):
        return (1 - self.beta2) * v + self.beta2 * g * g


class CountFromZero(AdamForValues):
    def step(self):
        for i, p in enumerate(self.params):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * p.grad**2
            p.data -= self.lr * self.direction(self.m[i], self.v[i])
        self.t += 1


class CountInTheLoop(AdamForValues):
    def step(self):
        for i, p in enumerate(self.params):
            self.t += 1
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * p.grad**2
            p.data -= self.lr * self.direction(self.m[i], self.v[i])


class OneMemoryForAll(AdamForValues):
    def __init__(self, params, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr, beta1, beta2, eps)
        self.mean = self.square = 0.0  # m and v stay as they are

    def step(self):
        self.t += 1
        for p in self.params:
            self.mean = self.beta1 * self.mean + (1 - self.beta1) * p.grad
            self.square = self.beta2 * self.square + (1 - self.beta2) * p.grad**2
            p.data -= self.lr * self.direction(self.mean, self.square)


class Swapped(AdamForValues):
    def __init__(self, params, lr=0.1, betas=(0.9, 0.999)):
        super().__init__(params, lr, betas[1], betas[0])


class OneList(optim.Optimizer):
    ranges = optim.Adam.ranges

    def __init__(self, params, lr=0.1, betas=(0.9, 0.999)):
        super().__init__(params, locals())

    def start(self, block, group):
        zeros = [0.0] * block.size
        return {"t": 0, "m": zeros, "v": zeros}

    def update(self, theta, g, state, group):
        state["t"] += 1
        (beta1, beta2), t, m, v = group["betas"], state["t"], state["m"], state["v"]
        moved = []
        for i, d in enumerate(g):
            m[i] = beta1 * m[i] + (1 - beta1) * d
            v[i] = beta2 * v[i] + (1 - beta2) * d * d
            m_hat, v_hat = m[i] / (1 - beta1**t), v[i] / (1 - beta2**t)
            moved.append(theta[i] - group["lr"] * m_hat / (sqrt(v_hat) + 1e-8))
        return moved


class AdamBlocks(optim.Optimizer):
    """Adam as a subclass; those below add weight decay."""

    ranges = optim.Adam.ranges

    def __init__(self, params, lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "m": [0.0] * block.size, "v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        state["t"] += 1
        (beta1, beta2), t = group["betas"], state["t"]
        state["m"] = [beta1 * m + (1 - beta1) * d for m, d in zip(state["m"], g)]
        state["v"] = [beta2 * v + (1 - beta2) * d * d for v, d in zip(state["v"], g)]
        moved = []
        for x, m, v in zip(theta, state["m"], state["v"]):
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            moved.append(x - group["lr"] * m_hat / (v_hat**0.5 + group["eps"]))
        return moved


class Coupled(AdamBlocks):
    def update(self, theta, g, state, group):
        g = [d + group["weight_decay"] * x for d, x in zip(g, theta)]
        return super().update(theta, g, state, group)


class DecayAfter(AdamBlocks):
    def update(self, theta, g, state, group):
        keep = 1 - group["lr"] * group["weight_decay"]
        return [keep * x for x in super().update(theta, g, state, group)]


class DecayBefore(AdamBlocks):
    def update(self, theta, g, state, group):
        keep = 1 - group["lr"] * group["weight_decay"]
        return super().update([keep * x for x in theta], g, state, group)


class NotScaled(AdamBlocks):
    def update(self, theta, g, state, group):
        keep = 1 - group["weight_decay"]
        return super().update([keep * x for x in theta], g, state, group)


class AdagradThatForgets(Plain):
    def step(self):
        for p in self.params:
            if p.grad != 0:
                v = p.grad * p.grad
                p.data -= self.lr * p.grad / (sqrt(v) + 1e-10)


class RMSpropSum(Plain):
    def __init__(self, params, lr=0.1, alpha=0.99):
        super().__init__(params, lr)
        self.alpha, self.cache = alpha, [0.0] * len(params)

    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.cache[i] = self.alpha * self.cache[i] + p.grad * p.grad
                root = sqrt(self.cache[i])
                p.data -= self.lr * p.grad / (root + 1e-8)


class SignOfZero(Plain):
    def step(self):
        for p in self.params:
            p.data -= self.lr if p.grad >= 0 else -self.lr


# fmt: off
MISTAKES = [  # class, like, settings, step, number, the mistake
    (Ascent, "SGD", {}, 1, "a", "ascent"),
    (NeverZeroed, "SGD", {}, 2, "a", "never set to zero"),
    (RunningMean, "SGD", {}, 1, "b of a", "a running mean, μb + (1 − μ)g, in place"),
    (RateInside, "SGD", {}, 3, "a", "lr inside the buffer"),
    (Overwritten, "SGD", {}, 2, "b of a", "the buffer overwritten"),
    (Nesterov, "SGD", {"nesterov": True, "momentum": 0.9}, 1, "a", "look-ahead without μ"),
    (DampedFirst, "SGD", {}, 1, "b of a", "the first buffer damped"),
    (NoCorrection, "Adam", {}, 1, "a", "no bias correction"),
    (EpsInside, "Adam", {}, 1, "a", "ε inside the root"),
    (EpsBefore, "Adam", {}, 1, "a", "ε before the bias correction"),
    (NoRoot, "Adam", {}, 1, "a", "the root is missing"),
    (NoSquare, "Adam", {}, 1, "v of a", "g in place of g²"),
    (FactorForgotten, "Adam", {}, 1, "v of a", "the factor 1 − β is missing"),
    (WrongWayRound, "Adam", {}, 1, "v of a", "β and 1 − β swapped"),
    (CountFromZero, "Adam", {}, 1, None, "the step count starts at 0"),
    (CountInTheLoop, "Adam", {}, 1, "b", "goes up with each parameter"),
    (OneMemoryForAll, "Adam", {}, 1, "b", "one memory for all parameters"),
    (Swapped, "Adam", {}, 1, "m of a", "β₁ and β₂ swapped"),
    (OneList, "Adam", {}, 1, "m of a", "m and v are one list"),
    (DecayBefore, "Adam", {}, 1, "m of a", "decoupled weight decay"),
    (Coupled, "AdamW", {}, 1, "m of a", "coupled weight decay"),
    (DecayAfter, "AdamW", {}, 1, "a", "the weight decay after the step"),
    (NotScaled, "AdamW", {}, 1, "a", "not scaled by lr"),
    (AdagradThatForgets, "Adagrad", {}, 2, "a", "v overwritten"),
    (RMSpropSum, "RMSprop", {}, 1, "a", "the factor 1 − β is missing"),
    (SignOfZero, "SignSGD", {}, 1, "b", "sign(0) is 0"),
]
# fmt: on


@pytest.mark.parametrize("mine, like, settings, step, name, mistake", MISTAKES)
def test_a_students_mistake_is_named_where_it_shows(mine, like, settings, step, name, mistake):
    report = check.optimizer(mine, like, **settings)
    assert not report and not report.ok
    assert (report.step, report.name) == (step, name), report.text
    assert report.mistake and mistake in report.mistake, report.text
    assert f"Why: {report.mistake}" in str(report)


def test_the_line_of_the_formula_is_the_docstrings():
    assert "is  v̂ = v / (1 − β₂ᵗ)" in str(check.optimizer(NoCorrection, "Adam"))
    assert "is  θ ← θ − α m̂ / (√v̂ + ε)" in str(check.optimizer(EpsInside, "Adam"))
    assert "is  θ ← (1 − αλ)θ" in str(check.optimizer(DecayAfter, "AdamW"))


def test_two_mistakes_at_once_are_both_named():
    class Two(AdamForValues):
        def second(self, v, g):
            return self.beta2 * v + g * g

        def direction(self, m, v):
            return m / (sqrt(v) + self.eps)

    report = check.optimizer(Two, "Adam")
    assert report.mistake == "the factor 1 − β is missing and no bias correction"
    assert report.step == 1 and report.name == "v of a"


def test_a_mistake_that_is_none_of_the_classic_ones_is_shown_without_a_reason():
    class Odd(AdamForValues):
        def second(self, v, g):
            return self.beta2 * v + (1 - self.beta2) * abs(g) ** 1.5

    report = check.optimizer(Odd, "Adam")
    assert not report.ok and report.mistake is None and report.name == "a"
    assert "none of the classic mistakes" in str(report)
