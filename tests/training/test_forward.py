"""fit compiles its steps: when it does so, that nothing else changes, and what if it cannot.

The switch itself is tested with programs that give another loss (`marked`), since real ones give
the same. What may change around them is the table of `changes.py`.
"""

import os
import random
import signal

import pytest

import micrograd_opt as mo
from micrograd_opt import compiler, data, functional, nn, optim
from micrograd_opt.compiler import StaleProgramError
from micrograd_opt.files.checkpoint import load_checkpoint
from micrograd_opt.training.fit import fit
from micrograd_opt.training.forward import PLAIN

cross_entropy = functional.cross_entropy


def moons(n, seed=0):
    return data.make_moons(n, noise=0.1, rng=random.Random(seed))


def classifier():
    return nn.MLP(2, [6, 2], activation="tanh", rng=random.Random(1))


def quick(model=None, make=None, loss_fn=cross_entropy, train=None, **options):
    """A fit of a small net to 20 moons, in batches of 8, 8 and 4: (history, model)."""
    model = model or classifier()
    optimizer = (make or (lambda ps: optim.SGD(ps, lr=0.1)))(model.parameters())
    options = {"epochs": 4, "batch_size": 8, "progress": False} | options
    return fit(model, loss_fn, optimizer, train or moons(20), **options), model


def seen(history):
    """All but the time."""
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows]
    return rows, history.step_losses, history.stopped


class Marked:
    """A program that says so: its loss is 1 more than the function's."""

    def __init__(self, function):
        self.function = function

    def prepare(self, x, y):
        pass

    def check(self, x, y):
        pass

    def __call__(self, x, y):
        loss, output = self.function(x, y)
        return loss + 1.0, output


@pytest.fixture
def marked(monkeypatch):
    """Programs are Marked, and take over after 3 batches of a size, 2 in validation."""
    monkeypatch.setattr("micrograd_opt.training.forward.compile", Marked)
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 3)
    monkeypatch.setattr("micrograd_opt.training.forward.VALIDATION", 2)


# ---- the same run


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (lambda ps: optim.Adam(ps, lr=optim.schedules.linear_decay(0.05, 12)), {}),
        (lambda ps: optim.SGD(ps, lr=0.5), {"clip_norm": 0.05}),
        (lambda ps: optim.LBFGS(ps, line_search_fn="strong_wolfe", max_iter=4), {"batch_size": 20}),
        (lambda ps: optim.SAM(optim.SGD(ps, lr=0.1)), {}),
        (lambda ps: optim.LectureNesterov(ps, lr=0.1), {}),
        (lambda ps: optim.Lookahead(optim.Adam(ps, lr=0.05)), {"early_stopping": 2}),
        (lambda ps: optim.ScheduleFreeSGD(ps, lr=0.5), {"max_steps": 7}),
    ],
)
def test_a_compiled_run_is_the_plain_one(make, options):
    options = {"val": moons(9, seed=1)} | options
    (plain, a), (compiled, b) = [quick(make=make, compile=c, **options) for c in (False, True)]
    assert plain.compiled == [] and len(compiled.compiled) >= 2
    assert compiled.step_losses == pytest.approx(plain.step_losses, rel=1e-9)
    for found, row in zip(seen(compiled)[0], seen(plain)[0], strict=True):
        assert found == pytest.approx(row, rel=1e-9)
    assert compiled.stopped == plain.stopped
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        assert q.data.flat == pytest.approx(p.data.flat, rel=1e-9, abs=1e-12)


def test_digits_have_the_same_losses_compiled():
    train, val, _ = data.random_split(data.load_digits(), [200, 60, 1537], rng=random.Random(0))
    runs = []
    for compile in (False, True):
        random.seed(3)  # one dropout draws from the global generator
        rng = random.Random(0)
        model = nn.Sequential(
            nn.Dropout(0.1, rng=rng), nn.Linear(64, 16, rng=rng), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(16, 10, rng=rng),
        )  # fmt: skip
        make = lambda ps: optim.Adam(ps, lr=0.01)  # noqa: E731
        runs.append(quick(model, make, train=train, val=val, batch_size=32, compile=compile)[0])
    plain, compiled = runs
    assert compiled.step_losses == pytest.approx(plain.step_losses, rel=1e-9)
    assert compiled["val_accuracy"] == plain["val_accuracy"]
    assert compiled["accuracy"] == plain["accuracy"]


# ---- when


def test_a_program_takes_over_after_so_many_batches_of_its_size(marked):
    val = moons(5, seed=1)
    plain = quick(make=lambda ps: optim.SGD(ps, lr=0.0), val=val, compile=False)[0]
    found = quick(make=lambda ps: optim.SGD(ps, lr=0.0), val=val)[0]
    raised = [b - a for a, b in zip(plain.step_losses, found.step_losses, strict=True)]
    assert [round(x) for x in raised] == [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1]  # 8, 8, 4 each epoch
    in_validation = zip(plain["val_loss"], found["val_loss"], strict=True)
    assert [round(b - a) for a, b in in_validation] == [0, 0, 1, 1]
    assert [line.rpartition(", in ")[0] for line in found.compiled] == [
        "compiled for batches of 8", "compiled for validation batches of 5",
        "compiled for batches of 4",
    ]  # fmt: skip


@pytest.mark.parametrize(("compile", "expected"), [(True, [1] * 12), (False, [0] * 12)])
def test_compile_says_from_the_first_step_on_or_never(marked, compile, expected):
    still = lambda ps: optim.SGD(ps, lr=0.0)  # noqa: E731
    plain = quick(make=still, epochs=4, compile=False)[0]
    found = quick(make=still, epochs=4, compile=compile)[0]
    raised = [b - a for a, b in zip(plain.step_losses, found.step_losses, strict=True)]
    assert [round(x) for x in raised] == expected


@pytest.mark.parametrize("compile", [None, True])
@pytest.mark.parametrize("step", range(1, 12))
def test_a_resumed_run_takes_over_at_the_same_step(marked, step, compile, tmp_path):
    options = {"val": moons(5, seed=1), "compile": compile}
    whole = seen(quick(**options)[0])
    path = tmp_path / "c.json"
    quick(**options, checkpoint=path, max_steps=step)
    assert seen(quick(**options, checkpoint=path, resume=True)[0]) == whole


def test_a_resumed_run_sees_what_a_callback_changed(marked, tmp_path):
    path, scale = tmp_path / "c.json", {"of the loss": 1.0}

    def loss_fn(output, y):
        return cross_entropy(output, y) * scale["of the loss"]

    def halve(history):
        scale["of the loss"] = 0.5 if len(history) >= 2 else 1.0

    def run(**limits):
        return quick(loss_fn=loss_fn, callbacks=[halve], compile=True, **limits)[0]

    whole = run(epochs=5)
    scale["of the loss"] = 1.0
    run(epochs=2, checkpoint=path)
    compiling = load_checkpoint(path)["callbacks"]["Compiling"]
    assert compiling["training"] == [[8, 4], [4, 2]]  # batches of each size
    assert seen(run(epochs=5, checkpoint=path, resume=True)) == seen(whole)


def test_real_programs_resume_to_the_same_bits(monkeypatch, tmp_path):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 3)
    whole, path = seen(quick()[0]), tmp_path / "c.json"
    for step in (2, 5, 9):
        quick(max_steps=step, checkpoint=path, resume=step > 2)
    history, _ = quick(checkpoint=path, resume=True)
    assert seen(history) == whole
    made = [line.rpartition(", in ")[0] for line in history.compiled]
    assert made == ["compiled for batches of 8", "compiled for batches of 4"]


def test_a_compiled_run_calls_the_loss_only_to_trace_and_to_check_it(capsys):
    def loss_fn(output, y):
        print(len(y))  # a check puts back what a function sets, and prints what it prints
        return cross_entropy(output, y)

    quick(loss_fn=loss_fn, compile=True, val=moons(5, seed=1))
    # 8: traced twice, checked at calls 1, 2, 4, 8; 4: traced twice, checked at 1, 2, 4, and once at
    # the end; 5, in validation: a row before all, traced twice, checked at 1, 2, 4
    sizes = sorted(map(int, capsys.readouterr().out.split()))
    assert sizes == [1] + [4] * 6 + [5] * 5 + [8] * 6


def test_a_loss_that_counts_its_calls_runs_as_it_is(monkeypatch):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    calls = []

    def loss_fn(output, y):
        calls.append(len(y))
        return cross_entropy(output, y)

    history, _ = quick(loss_fn=loss_fn)
    assert calls == [8, 8, 4] * 4 and history.compiled == [PLAIN]


# ---- what changes


class Scaled(nn.Module):
    """A net whose output is multiplied by a plain number."""

    def __init__(self):
        self.net, self.scale = classifier(), 1.0

    def forward(self, x):
        return self.net(x) * self.scale


@pytest.mark.parametrize("compile", [None, True])
def test_a_number_that_a_callback_changes_is_seen(monkeypatch, compile):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 3)
    runs = []
    for choice in (False, compile):
        model = Scaled()

        def grow(history, model=model):
            model.scale = 1.0 if len(history) < 3 else 2.0

        runs.append(quick(model, callbacks=[grow], epochs=6, val=moons(5), compile=choice)[0])
    plain, compiled = runs
    assert compiled.step_losses == pytest.approx(plain.step_losses, rel=1e-9)
    assert compiled["val_loss"] == pytest.approx(plain["val_loss"], rel=1e-9)
    assert (compiled.compiled == [PLAIN]) == (compile is None)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model[0], "p", 0.9),
        lambda model: delattr(model, "4"),
        lambda model: setattr(model, "5", nn.Tanh()),
        lambda model: setattr(model, "4", nn.Sigmoid()),
        lambda model: setattr(model[1], "weight", nn.Linear(2, 3, rng=random.Random(7)).weight),
        lambda model: setattr(model[1], "forward", lambda x: mo.zeros(len(x), 3) + 2.0),
        lambda model: setattr(model[2], "training", False),
        lambda model: setattr(model[3], "activation", "sigmoid"),
        lambda model: model[3].layers.pop(),
        lambda model: model[3].layers.append(nn.Linear(3, 3, rng=random.Random(7))),
    ],
)
@pytest.mark.parametrize("compile", [None, True])
def test_a_change_in_a_model_of_the_librarys_modules_is_seen(monkeypatch, change, compile):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    runs = []
    for choice in (False, compile):
        rng = random.Random(1)
        model = nn.Sequential(
            nn.Dropout(0.1, rng=rng), nn.Linear(2, 3, rng=rng), nn.Dropout(0.3, rng=rng),
            nn.MLP(3, [4, 3, 3], rng=rng), nn.ReLU(),
        )  # fmt: skip

        def change_once(history, model=model):
            if len(history) == 3:
                change(model)

        make = lambda ps: optim.SGD(ps, lr=0.0)  # noqa: E731
        options = {"callbacks": [change_once], "epochs": 6, "compile": choice}
        runs.append(quick(model, make, **options)[0])
    assert runs[1].step_losses == pytest.approx(runs[0].step_losses, rel=1e-9)
    assert any(line.startswith("compiled for batches of 8") for line in runs[1].compiled)


@pytest.mark.parametrize("compile", [False, None, True])
def test_a_class_of_the_library_that_is_changed_is_the_librarys_no_more(monkeypatch, compile):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    monkeypatch.setattr(nn.Tanh, "forward", nn.Tanh.forward)  # put back at the end
    rng = random.Random(1)
    model = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng))

    def change(history):
        if len(history) == 3:
            nn.Tanh.forward = lambda self, x: x * 0.0

    def run():
        make = lambda ps: optim.SGD(ps, lr=0.0)  # noqa: E731
        return quick(model, make, callbacks=[change], epochs=6, compile=compile)[0]

    if compile:
        with pytest.raises(StaleProgramError):
            run()
    else:
        b = model[2].bias.data
        _, y = moons(20).tensors
        expected = cross_entropy(mo.zeros(20, 2) + mo.Tensor(b), y).item()
        assert run()["loss"][3:] == pytest.approx([expected] * 3, rel=1e-9)


def test_a_layer_that_is_set_free_learns(monkeypatch):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    for compile in (None, True):
        model = classifier()
        first = model.layers[0].weight
        first.requires_grad = False
        make = lambda ps: optim.SGD(ps[2:], lr=0.1)  # noqa: E731
        gradients = []

        def free(history, first=first, gradients=gradients):
            first.requires_grad = True
            gradients.append(first.grad)

        quick(model, make, callbacks=[free], compile=compile)
        assert gradients[0] is None and gradients[-1] is not None


def test_a_model_that_keeps_what_it_computed_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)

    class Keeping(Scaled):
        def forward(self, x):
            self.last = self.net(x)
            return self.last

    model, kept = Keeping(), []
    history, _ = quick(model, callbacks=[lambda history: kept.append(model.last.tolist())])
    assert history.compiled == [PLAIN]
    assert len({repr(x) for x in kept}) == 4


# ---- where it cannot


def normed():
    rng = random.Random(0)
    return nn.Sequential(nn.Linear(2, 4, rng=rng), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=rng))


def test_what_cannot_be_compiled_runs_as_it_is_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    plain, _ = quick(normed(), compile=False)
    history, _ = quick(normed(), progress=True)
    assert seen(history) == seen(plain)
    why = "the function reads the number in a traced Tensor"
    assert len(history.compiled) == 2  # batches of 8 and of 4
    assert history.compiled[0].startswith(f"not compiled for batches of 8: {why}")
    assert f"\n{history.compiled[0]}\n" in capsys.readouterr().err


def test_compile_true_is_an_error_where_it_cannot_be_and_changes_nothing(tmp_path):
    model = normed()
    before, path = model.state_dict(), tmp_path / "c.json"
    loader = data.DataLoader(moons(20), 8, shuffle=True, rng=random.Random(0))
    drawn = loader.rng.getstate()
    with pytest.raises(TypeError, match="compile: the function reads the number"):
        quick(model, train=loader, compile=True, checkpoint=path)
    assert model.state_dict() == before and loader.rng.getstate() == drawn
    assert not path.exists() and model.training


def test_newton_differentiates_the_loss_twice_so_its_steps_are_never_compiled(monkeypatch):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 1)
    make = lambda ps: optim.Lookahead(optim.Newton(ps, damping=1.0))  # noqa: E731
    history, _ = quick(make=make, batch_size=20)
    assert history.compiled == [] and history["loss"][-1] < history["loss"][0]
    with pytest.raises(ValueError, match="Newton takes second derivatives"):
        quick(make=make, compile=True)


@pytest.mark.parametrize("wrong", [1, 0, "yes", max])
def test_compile_is_true_false_or_none(wrong):
    with pytest.raises(TypeError, match="fit: compile must be True or False, got "):
        quick(compile=wrong)


def test_a_net_of_values_runs_as_it_is(monkeypatch):
    monkeypatch.setattr("micrograd_opt.training.forward.TRAINING", 2)
    net = nn.scalar.MLP(2, [3, 1], rng=random.Random(0))
    history = fit(lambda x: [net(row) for row in x.tolist()],
                  lambda output, y: functional.hinge_loss(output, 2 * y - 1),
                  optim.SGD(net.parameters(), lr=0.1), moons(8), epochs=4, batch_size=4,
                  progress=False)  # fmt: skip
    assert history["loss"][-1] < history["loss"][0]
    assert history.compiled == [PLAIN]


# ---- as without


def test_a_loss_that_is_not_finite_stops_before_the_update(tmp_path):
    model, (x, y) = classifier(), moons(16).tensors
    path = tmp_path / "c.json"
    infinite = lambda output, y: (output * output).sum() * 1e300 * 1e300  # noqa: E731
    history, _ = quick(model, loss_fn=infinite, train=(x, y), compile=True, checkpoint=path)
    assert history.stopped == "diverged" and len(history.step_losses) == 1
    assert model.state_dict() == classifier().state_dict() and not path.exists()


def test_ctrl_c_lets_a_compiled_step_finish_and_saves(tmp_path):
    class Interrupting(optim.SGD):
        def step(self, closure):
            super().step(closure)
            if self.steps == 5:
                os.kill(os.getpid(), signal.SIGINT)

    path = tmp_path / "c.json"
    options = {"checkpoint": path, "compile": True}
    whole, model = quick(make=lambda ps: optim.SGD(ps, lr=0.1), compile=True)
    stopped, _ = quick(make=lambda ps: Interrupting(ps, lr=0.1), **options)
    assert stopped.stopped == "interrupted" and len(stopped.step_losses) == 5
    history, other = quick(make=lambda ps: Interrupting(ps, lr=0.1), **options, resume=True)
    assert seen(history) == seen(whole) and other.state_dict() == model.state_dict()


def test_a_label_out_of_range_is_an_error_too():
    x, y = moons(20).tensors
    bad = (x, [*y.tolist()[:-1], 7.0])
    for compile in (False, True):
        with pytest.raises(ValueError, match="7 .*is not one of 0 … 1"):
            quick(train=bad, compile=compile)


def test_it_says_what_it_compiled(capsys):
    quick(progress=True, compile=True, epochs=1, batch_size=20)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("compiled for batches of 20, in 0.") and first.endswith(" s")
    assert second.startswith("epoch 1/1")


def test_a_loss_that_is_compiled_already_may_be_given():
    loss_fn = compiler.compile(cross_entropy)
    history, _ = quick(loss_fn=loss_fn)
    assert history["loss"] == pytest.approx(quick()[0]["loss"], rel=1e-9)


def test_a_compiled_loss_of_a_computed_output_reaches_the_parameters():
    model, (x, y) = classifier(), moons(8).tensors
    compiler.compile(cross_entropy)(model(x), y).backward()
    found = [p.grad.flat for p in model.parameters()]
    model.zero_grad()
    cross_entropy(model(x), y).backward()
    for flat, p in zip(found, model.parameters(), strict=True):
        assert flat == pytest.approx(p.grad.flat, rel=1e-12)
