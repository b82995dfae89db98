"""A right optimizer is said to be right, however it is written; what cannot be checked is said."""

# ruff: noqa: B905  students write a plain zip
import inspect
from functools import cache
from math import sqrt

import pytest

from micrograd_opt import check, optim
from micrograd_opt.check.comparison import Comparison
from micrograd_opt.check.diagnosis import line, variant
from micrograd_opt.check.mistakes import MISTAKES
from micrograd_opt.check.runs import ending, same


class AdamOfBlocks(optim.Optimizer):
    """As the library asks for it: flat lists, m̂ and v̂ spelled out."""

    ranges = optim.Adam.ranges

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, locals())

    def start(self, block, group):
        return {"t": 0, "m": [0.0] * block.size, "v": [0.0] * block.size}

    def update(self, theta, g, state, group):
        (b1, b2), state["t"] = group["betas"], state["t"] + 1
        state["m"] = m = [b1 * m + (1 - b1) * d for m, d in zip(state["m"], g)]
        state["v"] = v = [b2 * v + (1 - b2) * d**2 for v, d in zip(state["v"], g)]
        m_hat = [x / (1 - b1 ** state["t"]) for x in m]
        v_hat = [x / (1 - b2 ** state["t"]) for x in v]
        step = [m / (sqrt(v) + group["eps"]) for m, v in zip(m_hat, v_hat)]
        return [x - group["lr"] * d for x, d in zip(theta, step)]


class AdamOfValues:
    """As micrograd's users write it: for Values, with a loop over them."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.beta1, self.beta2, self.eps = params, lr, beta1, beta2, eps
        self.t, self.m, self.v = 0, {}, {}

    def zero_grad(self):
        for p in self.params:
            p.grad = 0.0

    def step(self):
        self.t += 1
        lr_t = self.lr * sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        eps_t = self.eps * sqrt(1 - self.beta2**self.t)
        for p in self.params:
            self.m[p] = self.beta1 * self.m.get(p, 0.0) + (1 - self.beta1) * p.grad
            self.v[p] = self.beta2 * self.v.get(p, 0.0) + (1 - self.beta2) * p.grad * p.grad
            p.data -= lr_t * self.m[p] / (sqrt(self.v[p]) + eps_t)


class AdamOfBoth:
    """As PyTorch's tutorials write it: one formula for numbers and Arrays, state by parameter."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [{"t": 0, "m": 0.0, "v": 0.0} for _ in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = p.grad * 0.0 if p.grad is not None else None

    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            if p.grad is None:
                continue
            s["t"] += 1
            s["m"] = s["m"] + (1 - b1) * (p.grad - s["m"])  # the same mean
            s["v"] = b2 * s["v"] + (1 - b2) * p.grad**2
            m_hat, v_hat = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
            p.data = p.data - self.lr * m_hat / (v_hat**0.5 + self.eps)


@pytest.mark.parametrize("mine", [AdamOfBlocks, AdamOfValues, AdamOfBoth])
def test_three_ways_of_writing_adam_are_right(mine):
    report = check.optimizer(mine, like="Adam")
    assert report, report.text
    assert report.ok and report.step is report.name is report.mistake is None
    assert f"{mine.__name__} is right" in str(report) and repr(report) == "Report(ok)"


def test_a_kind_of_parameters_that_a_class_does_not_take_is_left_out_and_said():
    assert "With Tensors it was not checked: ValueError" in str(
        check.optimizer(AdamOfValues, like="Adam")
    )
    assert "not checked" not in str(check.optimizer(AdamOfBoth, like="Adam"))


OPTIMIZERS = [
    name
    for name in optim.__all__
    if inspect.isclass(x := getattr(optim, name))
    and issubclass(x, optim.Optimizer)
    and name not in ("Optimizer", "Lookahead", "SAM", "Newton")  # need more than gradients
]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_librarys_own_are_right(name):
    report = check.optimizer(getattr(optim, name), like=name)
    assert report, report.text


LECTURES = "SGD Adagrad RMSprop Adam AdamW SignSGD NormalizedSGD LectureSGD LectureNesterov".split()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_every_row_of_the_table_shows_in_an_optimizer_of_the_lecture(mistake):
    names = [name for name in LECTURES if variant(getattr(optim, name), (mistake,))]
    assert names
    for name in names:
        comparison, cases = compared_with_itself(name)
        wrong = variant(comparison.reference, (mistake,))
        assert mistake.line == "" or mistake.line in line(comparison.reference, mistake)
        runs = [(comparison.run_of(wrong, problem), own) for problem, _, own in cases]
        ends = {ending(run)[0] for run, _ in runs}
        assert ends <= {type(None), ZeroDivisionError, OverflowError, ValueError}
        if not all(same(*pair) for pair in runs):
            return
    pytest.fail(f"in {names} nothing tells it from the right one")


@cache
def compared_with_itself(name):
    comparison = Comparison(getattr(optim, name), getattr(optim, name), {})
    return comparison, comparison.cases()


class Descent:
    def __init__(self, params):
        self.params = params

    def zero_grad(self):
        for p in self.params:
            p.grad = 0.0

    def step(self):
        for p in self.params:
            p.data = p.data - 0.05 * p.grad


def test_settings_that_a_class_has_fixed_are_told_to_the_check():
    class ForGradients(Descent):
        def step(self):
            for p in self.params:
                if p.grad is not None:
                    p.data = p.data - 0.05 * p.grad

    assert check.optimizer(ForGradients, like="SGD", lr=0.05)
    report = check.optimizer(ForGradients, like="SGD", lr=0.1)
    assert (report.step, report.name) == (1, "a")


def test_an_lr_that_cannot_be_changed_is_left_out_and_said():
    class Alpha(AdamOfValues):
        def __init__(self, params, lr=1e-3):
            super().__init__(params, lr)
            self.alpha = self.lr
            del self.lr

        def step(self):
            self.lr = self.alpha
            super().step()
            del self.lr

    report = check.optimizer(Alpha, like="Adam")
    assert report.ok and "A changing lr was not checked" in str(report)


def test_a_class_that_does_not_skip_a_missing_gradient_is_told_the_line():
    report = check.optimizer(Descent, like="SGD", lr=0.05)
    assert report.step == 2 and report.name is None and isinstance(report.mine, TypeError)
    assert "`p.data = p.data - 0.05 * p.grad`" in str(report) and "no gradient for b" in str(report)


def test_an_exception_at_once_is_a_finding():
    class Unfinished(optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, locals())

    report = check.optimizer(Unfinished, like="SGD")
    assert not report and "NotImplementedError: Unfinished defines no update" in str(report)

    class Typo(Descent):
        def step(self):
            self.prams[0].data = 0.0

    report = check.optimizer(Typo, like="SGD", lr=0.05)
    assert "AttributeError: 'Typo' object has no attribute 'prams', in line" in str(report)
    assert repr(report).startswith("Report(step 1: AttributeError")


def test_another_default_is_a_remark():
    class Slow(AdamOfBoth):
        def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), eps=1e-8):
            super().__init__(params, lr, betas, eps)

    report = check.optimizer(Slow, like="Adam")
    assert report.ok
    assert "betas is (0.9, 0.99) by default, in Adam (0.9, 0.999)" in str(report)


@pytest.mark.parametrize(
    "mine, like, settings, error, message",
    [
        (AdamOfBoth([]), "Adam", {}, TypeError, "expected your class, got"),
        (AdamOfBoth, "Adm", {}, ValueError, "like must be one of"),
        (AdamOfBoth, "Adam", {"momentum": 0.9}, ValueError, "Adam has no setting momentum; it has"),
        (AdamOfBoth, "Newton", {}, ValueError, "Newton cannot be run on these problems"),
        (AdamOfBoth, "SAM", {}, ValueError, "SAM cannot be run on these problems: SAM"),
        (AdamOfBoth, "Adam", {"lr": -1.0}, ValueError, "Adam cannot be run on these problems"),
    ],
)
def test_a_wrong_call_is_an_error(mine, like, settings, error, message):
    with pytest.raises(error, match=message):
        check.optimizer(mine, like, **settings)
