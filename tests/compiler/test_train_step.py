"""compile(loss_fn, optimizer=…): a whole step as one function, to the bits of the plain one."""

import random

import pytest

import micrograd_opt as mo
from micrograd_opt import Tensor, Value, no_grad, optim
from micrograd_opt import functional as F
from micrograd_opt.compiler import Compiled, compile

FUSED = "return outputs, updates"
cosine = optim.schedules.cosine_annealing(0.05, 6)
OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD, decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1, maximize=True),
    "momentum": lambda p: optim.SGD(p, lr=cosine, momentum=0.9, dampening=0.2),
    "momentum, decay": lambda p: optim.SGD(p, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, lr=cosine),
    "AMSGrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "scheduled momentum": lambda p: optim.SGD(p, momentum=lambda i: 0.05 * i, weight_decay=0.1),
    "scheduled decay": lambda p: optim.AdamW(p, weight_decay=lambda i: max(0.0, 0.3 - 0.1 * i)),
    "scheduled betas": lambda p: optim.Adam(p, betas=(0.9, lambda i: 0.9 + 0.01 * i)),
    "two groups": lambda p: optim.Adam([{"params": p[:1], "lr": 0.3}, {"params": p[1:]}]),
    "Lookahead": lambda p: optim.Lookahead(optim.SGD(p, lr=0.1), k=2),
    "ScheduleFreeSGD": lambda p: optim.ScheduleFreeSGD(p, lr=0.1),
}
for name in optim.__all__:  # all others that step without a closure, as they come
    cls = getattr(optim, name)
    if getattr(cls, "step", None) is optim.Optimizer.step and cls not in (
        optim.Optimizer, optim.SGD, optim.Adam, optim.AdamW, optim.Muon,  # which takes matrices
    ):  # fmt: skip
        OPTIMIZERS[name] = cls
SCHEDULED = {"scheduled momentum", "scheduled decay", "scheduled betas"}
WRITTEN = SCHEDULED | {"SGD", "SGD, decay", "momentum", "nesterov", "Adam", "AdamW", "two groups"}


def net():
    """Parameters, loss and arguments of a net of Tensors, and whether they are batched."""
    rng = random.Random(0)
    model = mo.nn.MLP(2, [4, 1], activation="tanh", rng=rng)
    x, y = mo.data.make_xor().tensors
    y = y.unsqueeze(1)

    def loss(x, y):
        return F.binary_cross_entropy_with_logits(model(x), y)

    return model.parameters(), loss, (x, y), False


def sample():
    """The same of a net of Values and one sample."""
    rng = random.Random(0)
    model = mo.nn.scalar.MLP(2, [4, 1], rng=rng)
    xs = [[rng.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(5)]
    ys = [rng.choice((-1.0, 1.0)) for _ in xs]

    def loss(x, y):
        return (1 - y * model(x)).relu() + 0.1 * sum(p * p for p in model.parameters())

    return model.parameters(), loss, (xs, ys), True


def stepper(loss_fn, optimizer, whole, batched=False):
    """(a function that takes a step and returns the loss before it, what `compile` returned);
    not `whole`: the loss is compiled, backward and step are the plain ones."""
    if whole:
        compiled = compile(loss_fn, batched, optimizer=optimizer)
        return compiled, compiled
    compiled = compile(loss_fn, batched)

    def step(*args):
        loss = compiled(*args)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, compiled


def run(make, optimizer, whole, steps=5):
    """Losses, parameters and state after some steps, and the compiled function."""
    parameters, loss_fn, args, batched = make()
    optimizer = optimizer(parameters)
    step, compiled = stepper(loss_fn, optimizer, whole, batched)
    losses = [step(*args).item() for _ in range(steps)]
    numbers = [getattr(p.data, "flat", p.data) for p in parameters]
    return (losses, numbers, optimizer.state_dict()), compiled


@pytest.mark.parametrize("make", [net, sample])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_whole_step_is_the_plain_one_to_the_bit(name, make):
    plain, _ = run(make, OPTIMIZERS[name], whole=False)
    whole, compiled = run(make, OPTIMIZERS[name], whole=True)
    assert whole == plain
    if name in WRITTEN:
        assert FUSED in compiled.source


def settings(rng, ranges):
    """Random hyperparameters: numbers, and schedules that lower them or keep them 0 for a while."""

    def number(x):
        return rng.choice([x, lambda i: x * (1.0 - 0.05 * i), lambda i: 0.0 if i < 3 else x])

    found = {"lr": number(0.1)}
    for name, x in {"weight_decay": 0.1, "momentum": 0.9, "dampening": 0.2}.items():
        if name in ranges and rng.random() < 0.5:
            found[name] = number(x)
    if "betas" in ranges and rng.random() < 0.5:
        found["betas"] = number(0.9), number(0.99)
    return found | {name: rng.random() < 0.3 for name in ("maximize", "amsgrad") if name in ranges}


@pytest.mark.parametrize("seed", range(40))
def test_random_settings_and_schedules_keep_every_bit(seed):
    rng = random.Random(seed)
    kind = rng.choice([optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adamax])
    given = settings(rng, kind.ranges)
    make = rng.choice([net, sample])
    plain, _ = run(make, lambda p: kind(p, **given), whole=False, steps=8)
    whole, _ = run(make, lambda p: kind(p, **given), whole=True, steps=8)
    assert whole == plain


@pytest.mark.parametrize("name", sorted(SCHEDULED))
def test_a_scheduled_number_is_read_and_makes_no_program_until_it_is_zero(name):
    _, compiled = run(net, OPTIMIZERS[name], whole=True, steps=3)
    before = compiled.programs
    _, compiled = run(net, OPTIMIZERS[name], whole=True, steps=8)
    assert compiled.programs == before + (name == "scheduled decay")


def quadratic():
    w = Value(2.0, label="w")
    return w, lambda x: (w * x - 1.0) ** 2


def both_ways(optimizer, steps):
    """w, state and losses after `steps(step, optimizer, w)`, which yields losses, of the quadratic:
    of plain steps and of whole ones; and the compiled function."""
    found = []
    for whole in (False, True):
        w, loss_fn = quadratic()
        made = optimizer([w])
        step, compiled = stepper(loss_fn, made, whole)
        losses = [loss.data for loss in steps(step, made, w)]
        found.append((w.data, made.state_dict(), losses))
    return *found, compiled


def test_what_is_changed_between_steps_counts():
    def steps(step, optimizer, w):
        for x, lr, mu in ((1.0, 0.1, 0.5), (2.0, 0.3, 0.5), (2.0, 0.3, 0.9), (0.5, 0.3, 0.0)):
            optimizer.param_groups[0].update(lr=lr, momentum=mu)
            yield step(x)
        w.data = 3.0
        optimizer.load_state_dict(optimizer.state_dict())
        yield step(1.0)

    plain, whole, _ = both_ways(lambda p: optim.SGD(p, lr=0.1, momentum=0.5), steps)
    assert whole == plain


def test_a_part_of_the_betas_may_be_changed_in_place():
    def steps(step, optimizer, w):
        betas = optimizer.param_groups[0]["betas"] = [0.9, 0.99]
        for betas[0] in (0.9, 0.9, 0.9, 0.5, 0.5):
            yield step(1.0)

    plain, whole, _ = both_ways(lambda p: optim.Adam(p, lr=0.1), steps)
    assert whole == plain


def test_momentum_may_begin_in_the_middle_of_a_run():
    def steps(step, optimizer, w):
        for mu in (0.0, 0.0, 0.9, 0.9, 0.9, 0.0, 0.9):
            optimizer.param_groups[0]["momentum"] = mu
            yield step(1.0)

    plain, whole, compiled = both_ways(lambda p: optim.SGD(p, lr=0.1), steps)
    assert whole == plain and FUSED in compiled.source


def test_a_number_of_another_type_is_read_as_a_float():
    """As NumPy's float32 is: what is computed from it would be one too."""

    class Odd(float):
        def __mul__(self, other):
            return Odd(float(self) * other)

        __rmul__ = __mul__

        def __rsub__(self, other):
            return Odd(other - float(self))

    def steps(step, optimizer, w):
        for lr in (0.1, 0.1, Odd(0.25), 0.25, Odd(0.25)):
            optimizer.param_groups[0]["lr"] = lr
            yield step(1.0)
            assert type(w.data) is float

    plain, whole, compiled = both_ways(lambda p: optim.SGD(p, lr=0.1, momentum=0.5), steps)
    assert whole == plain and FUSED in compiled.source


def test_a_schedulers_numbers_make_no_programs():
    def steps(step, optimizer, w):
        scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=20)
        for _ in range(20):
            yield step(1.0)
            scheduler.step() if scheduler.last_epoch < 19 else None

    for kind in (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), optim.AdamW):
        plain, whole, compiled = both_ways(kind, steps)
        assert whole == plain and FUSED in compiled.source and compiled.programs == 2


class Counted(optim.Optimizer):
    """Its rate depends on what no program reads."""

    def start(self, block, group):
        return {"t": 0}

    def update(self, theta, g, state, group):
        state["t"] += 1
        return [x - d * group["lr"] / (1.0 + self.steps) for x, d in zip(theta, g, strict=True)]


class Capped(optim.SGD):
    def update(self, theta, g, state, group):
        group = group | {"momentum": min(group["momentum"], 0.5)}
        return optim.SGD.update(self, theta, g, state, group)


def test_an_update_of_the_users_is_stepped_in_parts():
    def steps(step, optimizer, w):
        return [step(1.0) for _ in range(5)]

    def capped(p):
        return Capped(p, lr=0.1, momentum=lambda i: 0.5 + 0.01 * i)

    for kind in (lambda p: Counted(p, {"lr": 0.1}), capped):
        plain, whole, compiled = both_ways(kind, steps)
        assert whole == plain and FUSED not in compiled.source


def test_a_parameter_that_is_an_argument_too_keeps_both_gradients():
    def steps(step, optimizer, w):
        return [step(w) for _ in range(3)]

    plain, whole, _ = both_ways(lambda p: optim.SGD(p, lr=0.1), steps)
    assert whole == plain


@pytest.mark.parametrize("kind", [tuple, list, lambda pair: dict(zip("ab", pair, strict=True))])
def test_what_begins_with_the_loss_is_returned_whole_and_without_gradients(kind):
    w = Value(2.0, label="w")
    step = compile(lambda x: kind([(w * x - 1.0) ** 2, w * x]), optimizer=optim.SGD([w], lr=0.125))
    for expected in ([1.0, 2.0], [0.5625, 1.75], [0.31640625, 1.5625]):
        found = step(1.0)
        assert type(found) is type(kind(expected))
        nodes = [*(found.values() if isinstance(found, dict) else found)]
        assert [x.data for x in nodes] == expected and not any(x.requires_grad for x in nodes)


def test_an_interrupted_step_is_taken_at_the_next_call(monkeypatch):
    w, loss_fn = quadratic()
    step = compile(loss_fn, optimizer=optim.SGD([w], lr=0.1, momentum=0.5))
    step(1.0)
    for name in ("_groups", "_fixed", "_moves_of", "_moves"):

        def interrupted(self, key, value, name=name):
            object.__setattr__(self, key, value)
            if key == name:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(type(step), "__setattr__", interrupted)
            group = step.optimizer.param_groups[0]
            group["weight_decay"] = 0.5 - group["weight_decay"]  # on or off: another program
            with pytest.raises(KeyboardInterrupt):
                step(1.0)
        step(1.0)
    assert FUSED in step.source and step.optimizer.steps == 5


def test_a_call_that_mixes_rows_leaves_the_others_whole():
    w = Tensor([0.5, -1.0], requires_grad=True, label="w")

    traces = []

    def loss(x, mixed):
        traces.append(mixed)
        y = x * w
        return ((F.softmax(y, 0) if mixed else y) ** 2).sum()

    step = compile(loss, optimizer=optim.SGD([w], lr=0.01))
    x = mo.randn(4, 2, rng=random.Random(0))
    for mixed in (False, False, True, True, False):
        step(x, mixed)
        assert (FUSED in step.source) == (not mixed and step.optimizer.steps > 1)
    before = len(traces)
    step(x, True), step(x, True), step(x, False)
    assert len(traces) == before


def test_it_counts_the_programs_of_both_its_ways():
    w, loss_fn = quadratic()
    loss_fn.__name__ = "loss"
    step = compile(loss_fn, optimizer=optim.SGD([w], lr=0.1))
    assert repr(step) == "TrainStep(loss, 0 programs)"
    step(1.0)
    assert repr(step) == "TrainStep(loss, 1 program)"
    step(1.0)
    assert (repr(step), step.programs) == ("TrainStep(loss, 2 programs)", 2)


@pytest.mark.parametrize(
    "x, fact",
    [
        (1e200, "the gradient of w is"),
        (1e100, "v of w would become inf"),  # where the parameters would be finite
    ],
)
def test_a_number_that_is_not_finite_is_the_optimizers_error_and_changes_nothing(x, fact):
    w, loss_fn = quadratic()
    optimizer = optim.Adam([w], lr=0.1)
    step = compile(loss_fn, optimizer=optimizer)
    step(1.0), step(1.0)
    before = w.data, optimizer.state_dict()
    with pytest.raises(ValueError, match=fact):
        step(x)
    assert (w.data, optimizer.state_dict()) == before


def test_a_state_loaded_after_a_refused_step_counts():
    found = []
    for whole in (False, True):
        w, loss_fn = quadratic()
        optimizer = optim.SGD([w], lr=0.1, momentum=0.5)
        empty = optimizer.state_dict() | {"state": {"0": {"b": None}}}
        step = compile(loss_fn, optimizer=optimizer)
        step(1.0)
        with pytest.raises(ValueError, match="the gradient of w is"):
            step(1e200)  # the first that is one program
        optimizer.load_state_dict(empty)
        if not whole:
            step = compile(loss_fn, optimizer=optimizer)
        step(1.0), step(1.0)
        found.append((w.data, optimizer.state_dict()))
    assert found[0] == found[1]


def test_a_step_returns_a_constant_and_leaves_no_gradient():
    w, loss_fn = quadratic()
    step = compile(loss_fn, optimizer=optim.SGD([w], lr=0.1))
    step(1.0)
    w.grad = 7.0
    loss = step(1.0)
    step(1.0)
    assert not loss.requires_grad and loss.data == pytest.approx(0.64) and w.grad in (7.0, 1.6)


def test_backward_of_a_steps_loss_says_that_it_is_done():
    w, loss_fn = quadratic()
    step = compile(loss_fn, optimizer=optim.SGD([w], lr=0.1))
    with pytest.raises(RuntimeError, match="a compiled step has called backward itself"):
        step(1.0).backward()


def test_many_parameters_and_lists_are_stepped_in_parts():
    w = Tensor([[0.01] * 40] * 40, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    step = compile(lambda x: ((x @ w) ** 2).mean(), optimizer=optimizer)
    x = mo.randn(3, 40, rng=random.Random(0))
    first, *_, last = [step(x).item() for _ in range(4)]
    assert last < first and optimizer.steps == 4
    assert "return outputs, gradients" in step.source


def test_a_step_needs_an_optimizer_and_gradients():
    w, loss_fn = quadratic()
    with pytest.raises(TypeError, match="expected an optimizer of this library, got int"):
        compile(loss_fn, optimizer=3)
    step = compile(loss_fn, optimizer=optim.SGD([Value(1.0)], lr=0.1))
    with pytest.raises(ValueError, match="depends on none of SGD"):
        step(1.0)
    step = compile(loss_fn, optimizer=optim.SGD([w], lr=0.1))
    with no_grad(), pytest.raises(RuntimeError, match="no_grad"):
        step(1.0)
    assert step(1.0).data == 1.0 and w.data == pytest.approx(1.8)


def test_an_unrelated_module_costs_no_new_program_and_an_edited_one_does():
    model = mo.nn.MLP(2, [3, 1], rng=random.Random(0))
    compiled = Compiled(lambda x: model(x).sum())
    x = mo.randn(4, 2, rng=random.Random(1))
    compiled(x)
    entry = compiled._last
    mo.nn.MLP(2, [2])
    compiled(x)
    assert compiled._last is entry
    model.layers[0].bias = mo.nn.Parameter([1.0, 2.0, 3.0])
    assert compiled(x).item() == pytest.approx(model(x).sum().item(), rel=1e-12)
    assert compiled._last is not entry
