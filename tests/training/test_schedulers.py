"""A scheduler that a callback steps is saved with the run, however it is held; one that cannot be
seen is no silent loss; and a schedule that has run out is said."""

import functools
import sys
import types
import warnings

import pytest

from micrograd_opt import functional, nn, optim
from micrograd_opt.files.checkpoint import load_checkpoint, save_checkpoint
from micrograd_opt.optim import lr_scheduler
from micrograd_opt.training.callbacks import Callback
from micrograd_opt.training.fit import fit
from micrograd_opt.training.schedulers import schedulers_in


class Attribute(Callback):
    def __init__(self, scheduler):
        self.inside = {"all": [scheduler]}

    def on_epoch(self, run):
        for scheduler in self.inside["all"]:
            scheduler.step()


class Slotted:
    __slots__ = ("scheduler",)

    def __init__(self, scheduler):
        self.scheduler = scheduler

    def step(self, history):
        self.scheduler.step()


class Owner:
    def __init__(self, scheduler):
        self.scheduler = scheduler

    def step(self, history):
        self.scheduler.step()

    def __call__(self, history):
        self.scheduler.step()


class OfModule(Callback):
    def on_epoch(self, run):
        named_scheduler.step()


def step_it(scheduler, history):
    scheduler.step()


def named(scheduler):
    global named_scheduler
    named_scheduler = scheduler
    return lambda history: named_scheduler.step()


def named_in_a_method(scheduler):
    named(scheduler)
    return OfModule()


def of_a_class(scheduler):
    class Settings:
        at = scheduler

    return lambda history: Settings.at.step()


def of_a_module(scheduler):
    settings = sys.modules["settings_of_this_test"] = types.ModuleType("settings_of_this_test")
    settings.scheduler = scheduler
    return lambda history: settings.scheduler.step()


def far_away(scheduler):
    inside = [[[[[[scheduler]]]]]]
    return lambda history: inside[0][0][0][0][0][0].step()


def beyond_many(scheduler):
    many = [*range(20_000), scheduler]
    return lambda history: many[-1].step()


WAYS = {
    "a variable around it": lambda s: lambda history: s.step(),
    "a default": lambda s: lambda history, s=s: s.step(),
    "a default by keyword": lambda s: lambda history, *, s=s: s.step(),
    "a method of a default": lambda s: lambda history, step=s.step: step(),
    "a partial": lambda s: functools.partial(step_it, s),
    "a keyword of a partial": lambda s: functools.partial(lambda history, s: s.step(), s=s),
    "a method": lambda s: Owner(s).step,
    "an object that can be called": Owner,
    "an attribute": Attribute,
    "a variable of the module": named,
    "a variable of the module in a method": named_in_a_method,
    "a list": lambda s: lambda history, all=[[s]]: all[0][0].step(),  # noqa: B006
    "a class": of_a_class,
}
SCHEDULERS = {
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.5),
    "steps": lambda o: lr_scheduler.StepLR(o, 2, 0.1),
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda k: 1.0 / (k + 1)),
}


class Line(nn.Module):
    def __init__(self):
        self.w = nn.Parameter([0.0])

    def forward(self, x):
        return x * self.w


def run(path, way, scheduler=SCHEDULERS["exponential"], lr=0.25, **options):
    """A run of one step an epoch, whose rate the scheduler sets."""
    model = Line()
    optimizer = optim.SGD([model.w], lr=lr)
    callback = way(scheduler(optimizer))
    return fit(model, functional.mse_loss, optimizer, ([1.0, 2.0], [3.0, 5.0]), progress=False,
               callbacks=[callback], checkpoint=path, **options)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_scheduler_of_a_callback_is_saved_however_it_is_held(way, scheduler, tmp_path):
    arguments = (WAYS[way], SCHEDULERS[scheduler])
    whole = run(tmp_path / "whole.json", *arguments, epochs=6)
    assert len(set(whole["lr"])) > 2
    run(tmp_path / "c.json", *arguments, epochs=3)
    resumed = run(tmp_path / "c.json", *arguments, epochs=6, resume=True)
    assert resumed["lr"] == whole["lr"] and resumed.step_losses == whole.step_losses


def test_a_plateau_is_saved_with_what_it_waits_for(tmp_path):
    def plateau(optimizer):
        return lr_scheduler.ReduceLROnPlateau(optimizer, patience=2, factor=0.5)

    def way(scheduler):
        return lambda history: scheduler.step(5.0)

    whole = run(tmp_path / "whole.json", way, plateau, epochs=9)
    for epochs in range(1, 9):
        run(tmp_path / "c.json", way, plateau, epochs=epochs)
        resumed = run(tmp_path / "c.json", way, plateau, epochs=9, resume=True)
        assert resumed["lr"] == whole["lr"]


@pytest.mark.parametrize("way", [of_a_module, lambda s: Slotted(s).step, far_away, beyond_many])
def test_a_scheduler_that_is_not_found_is_not_resumed_from_its_start(way, tmp_path):
    path = tmp_path / "c.json"
    assert run(path, way, epochs=2)["lr"] == [0.25, 0.125]
    before = path.read_bytes()
    with pytest.raises(ValueError, match="a scheduler set its learning rates that no callback"):
        run(path, way, epochs=4, resume=True)
    assert path.read_bytes() == before


class Saving(Callback):
    """Saves a scheduler itself, which it reaches through a module."""

    def __init__(self, scheduler):
        of_a_module(scheduler)

    @property
    def scheduler(self):
        return sys.modules["settings_of_this_test"].scheduler

    def on_epoch(self, run):
        self.scheduler.step()

    def state_dict(self):
        return self.scheduler.state_dict()

    def load_state_dict(self, state):
        self.scheduler.load_state_dict(state)


def test_a_callback_that_saves_its_scheduler_itself_is_resumed(tmp_path):
    path = tmp_path / "c.json"
    run(path, Saving, epochs=2)
    assert load_checkpoint(path)["schedulers"] == []
    assert run(path, Saving, epochs=4, resume=True)["lr"] == [0.25, 0.125, 0.0625, 0.03125]


def test_a_rate_that_a_callback_writes_needs_no_scheduler(tmp_path):
    def halved(path, **options):
        model = Line()
        optimizer = optim.SGD([model.w], lr=0.25)

        def halve(history):
            optimizer.param_groups[0]["lr"] *= 0.5

        return fit(model, functional.mse_loss, optimizer, ([1.0], [3.0]), callbacks=[halve],
                   progress=False, checkpoint=path, **options)  # fmt: skip

    halved(tmp_path / "c.json", epochs=2)
    rates = halved(tmp_path / "c.json", epochs=4, resume=True)["lr"]
    assert rates == [0.25, 0.125, 0.0625, 0.03125]


def test_other_schedulers_than_before_are_refused_by_name(tmp_path):
    path, way = tmp_path / "c.json", WAYS["an attribute"]
    run(path, way, epochs=2)
    with pytest.raises(ValueError, match="callbacks were ExponentialLR, are StepLR"):
        run(path, way, SCHEDULERS["steps"], epochs=4, resume=True)
    with pytest.raises(ValueError, match="callbacks were ExponentialLR, are none"):
        run(path, lambda s: lambda history: None, epochs=4, resume=True)


@pytest.mark.parametrize(
    "wrong", [3, [3], [["ExponentialLR"]], [["ExponentialLR", {}]], [["ExponentialLR", None]], {}]
)
def test_an_impossible_state_of_a_scheduler_is_refused(wrong, tmp_path):
    path, way = tmp_path / "c.json", WAYS["an attribute"]
    run(path, way, epochs=2)
    save_checkpoint(path, load_checkpoint(path) | {"schedulers": wrong})
    with pytest.raises(ValueError, match="does not fit this run"):
        run(path, way, epochs=4, resume=True)


def test_schedulers_of_other_optimizers_are_not_the_runs():
    one, other = (optim.SGD([Line().w], lr=0.1) for _ in range(2))
    schedulers = [lr_scheduler.ExponentialLR(o, 0.5) for o in (one, other)]
    assert schedulers_in([Attribute(s) for s in schedulers], other) == schedulers[1:]


def test_a_wrapped_optimizers_scheduler_is_found_from_outside_and_inside():
    inner = optim.SGD([Line().w], lr=0.1)
    for outer in (optim.SAM(inner), optim.Lookahead(inner)):
        scheduler = lr_scheduler.ExponentialLR(outer, 0.5)
        assert schedulers_in([Attribute(scheduler)], inner) == [scheduler]


# ---- a schedule that has run out


def twice(optimizer, epochs=3, **options):
    """Two runs of three steps with one optimizer; the warnings of the second."""
    model = Line()
    optimizer = optimizer([model.w])
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit(model, functional.mse_loss, optimizer, ([1.0], [3.0]), epochs=epochs,
                progress=False, **options)  # fmt: skip
    return caught


def test_a_second_run_on_a_schedule_that_has_run_out_is_warned_of():
    (caught,) = twice(lambda p: optim.SGD(p, lr=optim.schedules.cosine_annealing(0.1, 3)))
    assert str(caught.message) == (
        "fit: cosine_annealing(lr=0.1, max_steps=3, lr_min=0.0) has run out after 3 steps: the "
        "learning rate is 0, so nothing is learnt until something raises it; make an optimizer "
        "with a new one"
    )
    assert caught.filename == __file__


def test_so_it_is_through_a_wrapper_and_with_a_scheduler():
    assert twice(lambda p: optim.SAM(optim.SGD(p, lr=optim.schedules.linear_decay(0.1, 3))))
    kept = []

    def scheduled(p):
        optimizer = optim.SGD(p, lr=0.1)
        kept.append(lr_scheduler.CosineAnnealingLR(optimizer, 3))
        return optimizer

    (caught,) = twice(scheduled, callbacks=[lambda history: kept[0].step()])
    assert "the optimizer's scheduler has run out after 3 steps" in str(caught.message)


@pytest.mark.parametrize(
    "lr",
    [
        0.0,
        0.1,
        optim.schedules.cosine_annealing(0.1, 9),
        optim.schedules.cosine_annealing(0.1, 3, 1e-4),
        lambda i: 0.0 if i == 3 else 0.1,
        lambda i: 0.0 if i < 3 else 0.1,
    ],
)
def test_a_rate_that_is_above_0_or_0_in_passing_or_by_wish_is_not(lr):
    assert twice(lambda p: optim.SGD(p, lr=lr)) == []


def test_a_finished_run_that_is_resumed_is_not(tmp_path, recwarn):
    for resume in (False, True):
        model = Line()
        optimizer = optim.SGD([model.w], lr=optim.schedules.linear_decay(0.1, 3))
        fit(model, functional.mse_loss, optimizer, ([1.0], [3.0]), epochs=3, progress=False,
            checkpoint=tmp_path / "c.json", resume=resume)  # fmt: skip
    assert not recwarn.list
